"""How the arguments of a call are taken apart with few looks, once it was done with all checks."""

from __future__ import annotations

import enum
import operator
from typing import Any

import optree

from ._arguments import Call, opened
from ._definition import Definition
from ._offers import Offers
from .typing import Tree

_MAX_KEPT = 256  # kinds of arrays of one backend
_STATIC = (str, bytes, bool, enum.Enum)


def is_static(kind: type) -> bool:
    """Whether values of a type are part of a program: strings, bools, enums and callables, which no engine traces.

    `None` is so as well, by being no leaf.

    Example:
        >>> [is_static(kind) for kind in (str, bool, type(len), float, int)]
        [True, True, True, False, False]
    """
    return issubclass(kind, _STATIC) or any("__call__" in vars(base) for base in kind.__mro__)


class Opening:
    """How arguments of these types are opened, known from a call that was checked.

    What does not look as it did then is opened with all checks, which say why.
    """

    def __init__(self, call: Call, definition: Definition, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.layout = layout = call.layout
        self._offers = layout.offers
        self._count = 1 + definition.directions
        self._primals = [place and place + definition.directions for place in layout.places]
        given = [*(arguments[i] for i in self._primals), *arguments[1 : self._count]]
        raw = [leaf for tree in given for leaf in self._offers.flatten(tree)[0]]
        flat = [*call.x, *(leaf for direction in call.directions for leaf in direction)]
        self.fits = len(raw) == len(flat) and all(map(operator.is_, raw, flat))
        """Whether the arguments were arrays of the engine already, so that nothing was made of them."""
        self._types = set(map(type, flat))
        self._dtypes = {leaf.dtype for leaf in call.x} if self.fits else set()
        opened = {*self._primals, *range(1, self._count)}
        self._others = [i for i in range(len(arguments)) if i not in opened]
        self._containers = [i for i in (*self._primals, *range(1, self._count)) if _is_container(arguments[i])]
        self._held = [i for i in self._others if _is_container(arguments[i])]
        self._named = [name for name, value in kwargs.items() if _is_container(value)]
        self._passed = set(map(type, self._held_leaves(arguments, kwargs)))
        held = {*self._passed, *(type(arguments[i]) for i in self._others), *map(type, kwargs.values())}
        self.is_static = any(map(is_static, held))
        """Whether what f is given besides is, or may hold, what no engine traces."""

    def __call__(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        """The arguments, opened; None where they want a closer look."""
        if (self._held or self._named) and not self._holds(arguments, kwargs):
            return None
        if not self.layout.bare:
            return self._in_containers(arguments)
        x, count = arguments[0], self._count
        if x.dtype not in self._dtypes:
            return None
        if count == 1:
            return Call((x,), (), arguments[1:], self.layout)
        directions = arguments[1:count]
        for v in directions:
            if not self._fit(v, x):
                return None
        return Call((x,), tuple([(v,) for v in directions]), arguments[count:], self.layout)

    def is_of_types(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether all leaves are of types that were seen; no look at their dtypes and shapes."""
        if (self._held or self._named) and not self._holds(arguments, kwargs):
            return False
        if not self._containers:
            return True
        return self._types.issuperset(map(type, self._offers.flatten([arguments[i] for i in self._containers])[0]))

    def _holds(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether what is held in containers is of types that were seen: by them the backend was selected."""
        return self._passed.issuperset(map(type, self._held_leaves(arguments, kwargs)))

    def _in_containers(self, arguments: tuple[Any, ...]) -> Call | None:
        x: list[Any] = []
        for i, (structure, _) in zip(self._primals, self.layout.structures, strict=True):
            leaves = self._leaves(arguments[i], structure)
            if leaves is None:
                return None
            x += leaves
        if not self._dtypes.issuperset([leaf.dtype for leaf in x]):
            return None
        directions = []
        for tree in arguments[1 : self._count]:
            leaves = self._leaves(tree, self.layout.structures[0][0])
            if leaves is None or not all(map(self._fit, leaves, x)):
                return None
            directions.append(tuple(leaves))
        return Call(tuple(x), tuple(directions), tuple([arguments[i] for i in self._others]), self.layout)

    def _leaves(self, tree: Tree, structure: Any) -> list[Any] | None:
        if structure is None:
            return [tree] if type(tree) in self._types else None
        leaves, found = self._offers.flatten(tree)
        return list(leaves) if found == structure and self._types.issuperset(map(type, leaves)) else None

    def _fit(self, v: Any, x: Any) -> bool:
        device = self._offers.device
        same = v.dtype is x.dtype or v.dtype == x.dtype
        return bool(same and v.shape == x.shape and device(v) == device(x))

    def _held_leaves(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        held: Any = [arguments[i] for i in self._held], [kwargs[name] for name in self._named]
        return optree.tree_leaves(held)


def open_and_learn(
    definition: Definition,
    offers: Offers,
    kinds: Any,
    arguments: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    again: bool,
) -> tuple[Call, Opening | None]:
    """The arguments of a call, opened with all checks; and how such are opened from now on, if that was learnt.

    `kinds` are their types. How arrays by themselves are opened is kept with the backend, for operators that are made
    anew. What else there is, is learnt of when an operator is called `again`: one that is called once learns in vain.
    """
    openings, key = offers.openings, (definition.directions, definition.argnums, kinds)
    common: Opening | None = openings.get(key)
    call = common(arguments, kwargs) if common is not None else None
    if call is not None:
        return call, common
    call = opened(definition, offers, arguments)
    arrays = call.layout.bare and not (call.others or kwargs)
    opening = Opening(call, definition, arguments, kwargs) if again or arrays else None
    if opening is None or not opening.fits:
        return call, None
    if arrays:
        if len(openings) >= _MAX_KEPT:
            openings.clear()
        openings[key] = opening
    return call, opening


def _is_container(value: Any) -> bool:
    return not optree.tree_is_leaf(value)
