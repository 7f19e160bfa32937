"""Modules, and classes that are registered as containers, as x: f becomes a function of the arrays in them.

A module is opened by its backend, into its parameters by name. In a registered class what is no real floating array is
held, and its place is empty in what is differentiated, in directions and in results.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import optree

from ._arguments import places_of, split
from ._claims import is_neutral
from ._definition import Definition
from ._errors import NotDifferentiableError
from ._inputs import REAL, is_differentiable
from ._offers import Offers
from ._spec import Backend
from ._unconverted import unconverted
from .typing import Array, Function, Tree

HELD = "nestgrad_held"
"""The keyword by which what is held is handed to f's stand-in, as an argument that is not differentiated."""


class Parted(NamedTuple):
    """A tree, in two.

    Attributes:
        arrays: the tree, with parameters by name in the place of a module, and nothing in that of what is held.
        fillers: what makes the tree of those again: a module, `Static`, or a tree of such; False where it is as it was.
        held: for each `Static` the arrays that are held in it.
    """

    arrays: Tree
    fillers: Any
    held: list[list[Array]]


def part(offers: Offers, tree: Tree, kinds: tuple[str, ...] = REAL) -> Parted | None:
    """The tree in two, if there is a module in it, or a registered class that holds something else than x."""
    if is_neutral(tree):
        return None
    is_x = functools.partial(_is_x, offers.backend, kinds)
    if all(map(is_x, offers.flatten(tree)[0])):
        return None
    nodes, structure = optree.tree_flatten(tree, is_leaf=_is_registered)
    parts = [_part_of_node(offers, node, is_x) for node in nodes]
    if not any(parts):
        return None
    found = [one or Parted(node, False, []) for one, node in zip(parts, nodes, strict=True)]
    held = [arrays for one in found for arrays in one.held]
    if structure.is_leaf():
        return found[0]
    arrays, fillers = ([one[i] for one in found] for i in (0, 1))
    return Parted(structure.unflatten(arrays), structure.unflatten(fillers), held)


def _is_registered(node: Any) -> bool:
    entry = optree.register_pytree_node.get(type(node))
    return entry is not None and entry.kind == optree.PyTreeKind.CUSTOM


def _is_x(backend: Backend, kinds: tuple[str, ...], leaf: Any) -> bool:
    return _is_array(leaf) and is_differentiable(backend, leaf, kinds)


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def _part_of_node(offers: Offers, node: Any, is_x: Callable[[Any], bool]) -> Parted | None:
    if is_neutral(node):
        return None
    opened = offers.open_module(node)
    if opened is not None:
        return Parted(opened[0], node, [])
    leaves, structure = offers.flatten(node)
    if all(map(is_x, leaves)) or (len(leaves) == 1 and leaves[0] is node):
        return None
    arrays = offers.unflatten(structure, tuple(one if is_x(one) else None for one in leaves))
    held = {i: leaf for i, leaf in enumerate(leaves) if not is_x(leaf)}
    kept = {i: leaf for i, leaf in held.items() if not _is_array(leaf)}
    static = Static(offers, structure, kept, tuple(i for i in held if i not in kept), len(leaves))
    return Parted(arrays, static, [[held[i] for i in static.places]])


class Static:
    """What of a registered class is no array: a part of a compiled program, which is another one for another.

    Attributes:
        places: those of the arrays that are held, among all leaves.
    """

    def __init__(
        self, offers: Offers, structure: Any, kept: dict[int, Any], places: tuple[int, ...], count: int
    ) -> None:
        self._offers, self._structure, self._kept, self.places, self._count = offers, structure, kept, places, count

    def __call__(self, tree: Tree, held: Sequence[Array]) -> Tree:
        """The class again, of a tree of what is differentiated and of the arrays that are held."""
        known = self._kept | dict(zip(self.places, held, strict=True))
        rest = iter(self._offers.flatten(tree)[0])
        leaves = tuple(known[i] if i in known else next(rest) for i in range(self._count))
        return self._offers.unflatten(self._structure, leaves)

    def _told(self) -> tuple[Any, ...]:
        return self._structure, self.places, tuple((i, type(leaf), leaf) for i, leaf in self._kept.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())


@unconverted
class OfArrays:
    """A function of the user's as one of the arrays in the arguments at some places.

    Example:
        >>> import nestgrad as ng
        >>> from nestgrad._offers import offers
        >>> OfArrays(lambda x, y: x * y, offers(ng.get_backend("autograd")), (0,))(2.0, 3.0, nestgrad_held=(False,))
        6.0
    """

    def __init__(self, f: Function, offers: Offers, places: tuple[int, ...]) -> None:
        self._f, self._offers, self._places = f, offers, places
        self.__qualname__ = getattr(f, "__qualname__", repr(f))

    def __call__(self, *arguments: Any, nestgrad_held: Sequence[Any], **kwargs: Any) -> Any:
        """What the function gives for arguments that are put together again."""
        return self._filled(arguments, kwargs, [*zip(self._places, nestgrad_held, strict=True)])

    def _filled(self, arguments: tuple[Any, ...], kwargs: dict[str, Any], rest: list[Any]) -> Any:
        if not rest:
            as_called = self._offers.as_called
            return (self._f if as_called is None else as_called(self._f))(*arguments, **kwargs)
        (place, held), *rest = rest
        if held is False:
            return self._filled(arguments, kwargs, rest)

        def then(tree: Tree) -> Any:
            return self._filled((*arguments[:place], tree, *arguments[place + 1 :]), kwargs, rest)

        return _filled(self._offers, Parted(arguments[place], *held), then)


def _filled(offers: Offers, parted: Parted, then: Callable[[Tree], Any]) -> Any:
    """`then(tree)`, evaluated while the modules of the tree have these arrays."""
    if optree.tree_is_leaf(parted.fillers):
        return _each(offers, [(parted.fillers, parted.arrays)], iter(parted.held), lambda nodes: then(nodes[0]))
    fillers, structure = optree.tree_flatten(parted.fillers)
    pairs = [*zip(fillers, structure.flatten_up_to(parted.arrays), strict=True)]
    return _each(offers, pairs, iter(parted.held), lambda nodes: then(structure.unflatten(nodes)))


def _each(
    offers: Offers, pairs: list[tuple[Any, Tree]], held: Iterator[list[Array]], then: Callable[[list[Tree]], Any]
) -> Any:
    if not pairs:
        return then([])
    (filler, tree), *rest = pairs

    def following(node: Tree) -> Any:
        return _each(offers, rest, held, lambda nodes: then([node, *nodes]))

    if filler is False:
        return following(tree)
    if isinstance(filler, Static):
        return following(filler(tree, next(held)))
    return offers.evaluate_module(filler, following, tree)[0]


def open_modules(
    definition: Definition, offers: Offers, arguments: tuple[Any, ...]
) -> tuple[tuple[int, ...], tuple[Any, ...], tuple[Any, ...]] | None:
    """Where modules or registered classes are differentiated: the places, the arguments as arrays, and what is held.

    Directions may be such as well. None where all is arrays already.
    """
    inputs, directions = split(definition, arguments)
    places, _ = places_of(definition, len(inputs))
    opened = open_trees(offers, [inputs[place] for place in places])
    if opened is None:
        return None
    arrays, held = opened
    given = dict(zip(places, arrays, strict=True))
    x, *others = (given.get(i, one) for i, one in enumerate(inputs))
    return places, (x, *without_modules(offers, directions), *others), held


def open_trees(
    offers: Offers, trees: Sequence[Tree], kinds: tuple[str, ...] = REAL
) -> tuple[tuple[Tree, ...], tuple[Any, ...]] | None:
    """The trees as arrays, and for each what is held, or False; None where all is arrays already.

    Raises:
        NotDifferentiableError: two modules in them are one, or have a part in common.
    """
    parts = [part(offers, tree, kinds) for tree in trees]
    if not any(parts):
        return None
    _check_apart(offers, [one.fillers for one in parts if one])
    arrays = tuple(tree if one is None else one.arrays for one, tree in zip(parts, trees, strict=True))
    return arrays, tuple(one is not None and (one.fillers, one.held) for one in parts)


def _check_apart(offers: Offers, fillers: Any) -> None:
    modules = [one for one in optree.tree_leaves(fillers) if one is not False and not isinstance(one, Static)]
    if len(modules) < 2:
        return
    owners: dict[int, int] = {}
    for number, module in enumerate(modules):
        for array in (offers.open_module(module) or ({}, {}))[0].values():
            if owners.setdefault(id(array), number) != number:
                raise NotDifferentiableError(
                    f"Two modules that are differentiated, the last of them a {type(module).__name__}, hold the same "
                    "arrays. Pass what they have in common once, or a copy of one of them."
                )


def without_modules(offers: Offers, trees: Sequence[Tree], kinds: tuple[str, ...] = REAL) -> tuple[Tree, ...]:
    """The trees as arrays: directions, of which nothing is held."""
    opened = open_trees(offers, trees, kinds)
    return tuple(trees) if opened is None else opened[0]


def of_arrays(
    offers: Offers, f: Function, arguments: Sequence[Tree], kinds: tuple[str, ...] = REAL
) -> tuple[Function, tuple[Tree, ...]]:
    """A function, and its first arguments, of the arrays in them where they are modules or registered classes."""
    opened = open_trees(offers, arguments, kinds)
    if opened is None:
        return f, tuple(arguments)
    arrays, held = opened
    return functools.partial(OfArrays(f, offers, tuple(range(len(arrays)))), **{HELD: held}), arrays
