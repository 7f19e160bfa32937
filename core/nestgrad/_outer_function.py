"""The g of ∇(g∘∇f): what it takes besides ∇f, and how it becomes a function of leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ._argnums import numbers
from ._compose import at, gradient
from ._layout import Layout
from ._offers import Offers
from ._user_function import UserFunction
from .typing import Array, Function, Leaves

Places = tuple[int, ...]

G_ARGS = "g_args"


class BesideG(UserFunction):
    """The user's f in a call that has arguments for g as well, by the keyword `g_args`.

    Attributes:
        g_args: those.
    """

    __slots__ = ("g_args",)

    def __init__(
        self,
        function: Function,
        layout: Layout,
        others: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *options: Any,
    ) -> None:
        self.g_args: Sequence[Any] = ()
        if kwargs and G_ARGS in kwargs:
            kwargs = dict(kwargs)
            self.g_args = kwargs.pop(G_ARGS)
            if not isinstance(self.g_args, (tuple, list)):
                raise TypeError(f"{G_ARGS} is a tuple of arguments of g; got a {type(self.g_args).__name__}.")
        super().__init__(function, layout, others, kwargs, *options)


class Side:
    """Some of the differentiated arguments. 0 and -1 may be the same one, so its leaves are taken once."""

    def __init__(self, layout: Layout, slots: tuple[int, ...]) -> None:
        once = tuple(dict.fromkeys(slots))
        self.leaves: Places = layout.leaves_of(once)
        self.places: Places = tuple(layout.places[slot] for slot in once)
        structures = tuple(layout.structures[slot] for slot in once)
        self.layout = Layout(tuple(range(len(once))), tuple(map(once.index, slots)), structures, layout.offers)


class OuterFunction:
    """g(∇f, …), as the user wrote it.

    Args:
        function: what the user wrote. It takes the gradients in a tuple where `inner_argnums` is a sequence.
        g_argnums: which of f's arguments it takes behind ∇f.
    """

    def __init__(self, function: Function, inner_argnums: int | Sequence[int], g_argnums: int | Sequence[int]) -> None:
        self.function, self._taken = function, numbers(g_argnums) if g_argnums != () else ()
        self._of_trees = function if isinstance(inner_argnums, int) else _of_a_tuple(function, len(inner_argnums))

    def of(self, f: Any, x: Leaves, outer: Side, inner: Side) -> OuterCall:
        """The function of leaves that it is in one call of f, a `BesideG`, at the leaves x."""
        layout, count = inner.layout, len(inner.places)
        if not (self._taken or f.g_args):
            return OuterCall(self._on(layout, (), f), (), ())
        arguments = f.layout.arguments(x, f.others)
        taken = self._places(len(arguments))
        moving = Side(f.layout, tuple(f.layout.places.index(place) for place in taken if place in f.layout.places))
        places = (*layout.places, *(count + taken.index(place) for place in moving.places))
        structures = (*layout.structures, *moving.layout.structures)
        held = tuple(arguments[place] for place in taken if place not in moving.places)
        of_all = Layout(places, layout.slots, structures, layout.offers)
        added_to = tuple(outer.leaves.index(leaf) if leaf in outer.leaves else None for leaf in moving.leaves)
        return OuterCall(self._on(of_all, (*held, *f.g_args), f), at(x, moving.leaves), added_to)

    def _places(self, count: int) -> list[int]:
        """The arguments of f that g takes, of `count`."""
        try:
            taken = [range(count)[i] for i in self._taken]
        except IndexError:
            taken = []
        if len(set(taken)) < len(self._taken):
            raise TypeError(
                f"nested_gradient: g_argnums {self._taken} are not different ones of the {count} argument(s) of f."
            )
        return taken

    def _on(self, layout: Layout, others: tuple[Any, ...], f: Any) -> UserFunction:
        is_plain = layout.slots == tuple(range(len(layout.slots)))
        of_trees = self._of_trees if is_plain else _of_repeated(self._of_trees, layout.slots)
        return UserFunction(of_trees, layout, others, verify=f.verify, name="g")


def _of_a_tuple(g: Function, count: int) -> Function:
    """G, whose first argument is a tuple, as a function of its entries."""
    return lambda *trees: g(trees[:count], *trees[count:])


def _of_repeated(g: Function, slots: tuple[int, ...]) -> Function:
    """G as a function of its different arguments, the first of which are repeated."""
    count = len(set(slots))
    return lambda *trees: g(*(trees[slot] for slot in slots), *trees[count:])


class OuterCall(NamedTuple):
    """G in one call.

    Attributes:
        of_leaves: a function of the leaves of ∇f, and of those of differentiated arguments of f that g takes.
        moving: the values of the latter.
        added_to: where they are among the leaves in which h is differentiated; None for one that is not.
    """

    of_leaves: UserFunction
    moving: Leaves
    added_to: tuple[int | None, ...]


class Weight:
    """∇g, in the leaves of ∇f; and what g contributes by itself, through the arguments that it shares with f."""

    def __init__(self, offers: Offers, call: OuterCall) -> None:
        self._offers, self._call = offers, call
        self._direct: Leaves = ()

    def __call__(self, *y: Array) -> Leaves:
        """The gradient of g at the leaves of ∇f."""
        native, leaves = self._offers.value_and_gradient, (*y, *self._call.moving)
        of_leaves = self._call.of_leaves
        found = gradient(self._offers.backend, of_leaves)(*leaves) if native is None else native(of_leaves, *leaves)[1]
        self._direct = tuple(found[len(y) :])
        return tuple(found[: len(y)])

    def added(self, result: Leaves) -> Leaves:
        """The leaves of a result, with what g contributes by itself."""
        return self._with(result, lambda leaf, direct: leaf + direct)

    def without(self, result: Leaves) -> Leaves:
        """The same without it."""
        return self._with(result, lambda leaf, direct: leaf - direct)

    def _with(self, result: Leaves, put: Function) -> Leaves:
        if not self._direct:
            return result
        leaves = list(result)
        for place, direct in zip(self._call.added_to, self._direct, strict=True):
            if place is not None:
                leaves[place] = put(leaves[place], direct)
        return tuple(leaves)
