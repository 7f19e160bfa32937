"""What an operator computes: a rule, and the problem that one call of it poses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._inputs import split_aux
from ._nesting import Nesting
from ._spec import Backend
from ._trees import unflatten
from .typing import Function, Leaves, Tree


class Layout(NamedTuple):
    """Which arguments of f are differentiated, and which of the flat leaves are theirs.

    Attributes:
        places: the positions of the differentiated arguments among f's, each once.
        slots: for each of the rule's argnums, its index among `places`.
        structures: for each place, the argument's structure and how many leaves it has.
    """

    places: tuple[int, ...]
    slots: tuple[int, ...]
    structures: tuple[tuple[Any, int], ...]

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return sum(count for _, count in self.structures)

    def leaves_of(self, indices: tuple[int, ...]) -> tuple[int, ...]:
        """Where among all leaves those of some arguments are, given by index among `places`."""
        ends = list(itertools.accumulate(count for _, count in self.structures))
        return tuple(leaf for i in indices for leaf in range(ends[i] - self.structures[i][1], ends[i]))

    def trees(self, backend: Backend, leaves: Leaves, indices: tuple[int, ...]) -> tuple[Tree, ...]:
        """The leaves of some arguments, in a row, put back into their structures."""
        trees, taken = [], 0
        for i in indices:
            structure, count = self.structures[i]
            trees.append(unflatten(backend, structure, leaves[taken : taken + count]))
            taken += count
        return tuple(trees)


@dataclass(frozen=True)
class Problem:
    """One call, opened: a scalar function of a flat tuple of arrays, where, and along what.

    Attributes:
        backend: the backend to solve it with.
        f: takes `*x`, returns a checked scalar, or `(scalar, aux)` if `has_aux`.
        x: the leaves of all differentiated arguments, one after the other.
        directions: for each direction, its leaves.
        layout: to whom the leaves belong.
        has_aux: whether f returns aux.
    """

    backend: Any
    f: Function
    x: Leaves
    directions: tuple[Leaves, ...]
    layout: Layout
    has_aux: bool

    def shaped(self, leaves: Leaves) -> tuple[Tree, ...]:
        """A gradient's leaves as one tree for each of the rule's argnums."""
        trees = self.layout.trees(self.backend, leaves, tuple(range(len(self.layout.places))))
        return tuple(trees[slot] for slot in self.layout.slots)


@dataclass(frozen=True)
class Rule:
    """What an operator computes, apart from f.

    Attributes:
        name: the operator's name, for messages.
        directions: how many directions follow the primal.
        argnums: which arguments of f are differentiated.
        nesting: the nesting to use on a backend; raises where the backend cannot run it.
        solve: the derivative of a problem by that nesting, and behind it what else there is, such as f's aux.
        result: what the user gets, made of what `solve` gave.
        evaluate: calls the user's functions on the same inputs, undifferentiated as far as can be, and returns
            f's value: what this raises is the user's.
    """

    name: str
    directions: int
    argnums: tuple[int, ...]
    nesting: Callable[[Backend], Nesting]
    solve: Callable[[Problem, Nesting], tuple[Any, ...]]
    result: Callable[..., Any] = lambda derivative, *aux: (derivative, *aux) if aux else derivative
    evaluate: Callable[[Problem], Any] = lambda problem: split_aux(problem.f(*problem.x), problem.has_aux)[0]
