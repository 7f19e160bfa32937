"""How the arguments of a call are taken apart, with all checks."""

from __future__ import annotations

from typing import Any, NamedTuple

from ._definition import Definition
from ._inputs import open_direction, open_primal
from ._layout import Layout
from ._offers import Offers
from .typing import Leaves


class Call(NamedTuple):
    """The arguments of one call, opened: arrays, what f is given besides, and what puts them together again."""

    x: Leaves
    directions: tuple[Leaves, ...]
    others: tuple[Any, ...]
    layout: Layout

    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the operator, put together again."""
        x, *others = self.layout.arguments(self.x, self.others)
        return x, *(self.layout.trees(v, (0,))[0] for v in self.directions), *others


def opened(definition: Definition, offers: Offers, arguments: tuple[Any, ...]) -> Call:
    """The arguments of an operator, checked and taken apart.

    Raises:
        TypeError: too few of them.
        NotDifferentiableError, PrecisionLossError: what is differentiated is no real floating array.
        StructureMismatchError: a direction does not fit.
    """
    inputs, trees = split(definition, arguments)
    places, slots = places_of(definition, len(inputs))
    primals = [open_primal(offers, "x" if i == 0 else f"args[{i - 1}]", inputs[i]) for i in places]
    x = tuple(leaf for leaves, _ in primals for leaf in leaves)
    names = ["v"] if len(trees) == 1 else [f"v{i}" for i in range(1, len(trees) + 1)]
    directions = tuple(
        open_direction(offers, name, tree, x, primals[0][1]) for name, tree in zip(names, trees, strict=True)
    )
    structures = tuple(
        (None if _is_array(offers, inputs[i], leaves, structure) else structure, len(leaves))
        for i, (leaves, structure) in zip(places, primals, strict=True)
    )
    layout = Layout(places, slots, structures, offers)
    return Call(x, directions, tuple(value for i, value in enumerate(inputs) if i not in places), layout)


def _is_array(offers: Offers, given: Any, leaves: Leaves, structure: Any) -> bool:
    """Whether an argument is an array by itself, or becomes one, and no container of one."""
    return len(leaves) == 1 and (leaves[0] is given or bool(structure == offers.flatten(leaves[0])[1]))


def split(definition: Definition, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The arguments of f, and the directions, which follow the first."""
    count = 1 + definition.directions
    if len(arguments) < count:
        raise TypeError(
            f"{definition.name}(f) takes x, {count - 1} direction(s) and f's other arguments; "
            f"got {len(arguments)} argument(s)."
        )
    return arguments[:1] + arguments[count:], arguments[1:count]


def places_of(definition: Definition, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Which of f's `count` arguments are differentiated, and which of those each argnum is."""
    if definition.argnums == (0,):
        return (0,), (0,)
    try:
        chosen = [range(count)[i] for i in definition.argnums]  # negative argnums count from the last
    except IndexError:
        raise TypeError(
            f"{definition.name}: argnums {definition.argnums}, but f is given {count} argument(s)."
        ) from None
    places = tuple(dict.fromkeys(chosen))
    return places, tuple(map(places.index, chosen))


def named_arguments(
    definition: Definition, arguments: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[tuple[str, Any]]:
    """The arguments of a call under the names that messages use."""
    names = ["x", *(f"v{i}" for i in range(1, definition.directions + 1))]
    names += [f"args[{i}]" for i in range(len(arguments) - len(names))]
    return [*zip(names, arguments, strict=False), *kwargs.items()]
