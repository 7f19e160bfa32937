"""A plan: all of a call that does not change between calls with arguments of the same types."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._errors import NonScalarOutputError, UnsupportedExecutionError
from ._failures import guarded
from ._inputs import Leaves, check_scalar, open_direction, open_primal
from ._nesting import Nesting
from ._spec import Function, Tree, provides
from ._trees import unflatten


@dataclass(frozen=True)
class Rule:
    """What an operator computes, apart from f.

    Attributes:
        name: the operator's name, for messages.
        directions: how many directions follow the primal.
        argnums: which arguments of f are differentiated.
        word: the nesting to use on a backend; raises where the backend cannot run it.
        solve: the derivative of a problem by that nesting, as `(result, *aux)`.
    """

    name: str
    directions: int
    argnums: tuple[int, ...]
    word: Callable[[Any], Nesting]
    solve: Callable[[Problem, Nesting], tuple[Any, ...]]


@dataclass(frozen=True)
class Problem:
    """One call, opened: a scalar function of a flat tuple of arrays, where, and along what.

    Attributes:
        backend: the backend to solve it with.
        f: takes `*x`, returns a checked scalar, or `(scalar, aux)` if `has_aux`.
        x: the leaves of all differentiated arguments, one after the other.
        directions: for each direction, its leaves.
        structures: for each differentiated argument, its structure and how many leaves it has.
        has_aux: whether f returns aux.
    """

    backend: Any
    f: Function
    x: Leaves
    directions: tuple[Leaves, ...]
    structures: tuple[tuple[Any, int], ...]
    has_aux: bool

    def leaves_of(self, arguments: tuple[int, ...]) -> tuple[int, ...]:
        """Where among the leaves those of the chosen differentiated arguments are."""
        ends = list(itertools.accumulate(count for _, count in self.structures))
        return tuple(place for i in arguments for place in range(ends[i] - self.structures[i][1], ends[i]))

    def trees(self, leaves: Leaves, arguments: tuple[int, ...] | None = None) -> tuple[Tree, ...]:
        """Leaves put back into the structures of the chosen differentiated arguments, or of all."""
        rest = iter(leaves)
        chosen = self.structures if arguments is None else [self.structures[i] for i in arguments]
        return tuple(
            unflatten(self.backend, structure, tuple(itertools.islice(rest, count))) for structure, count in chosen
        )


class _Call(NamedTuple):
    """The arguments of one call, opened."""

    x: Leaves
    directions: tuple[Leaves, ...]
    others: tuple[Any, ...]
    structures: tuple[tuple[Any, int], ...]


class Plan:
    """How to evaluate one operator for arguments of these types."""

    def __init__(self, f: Function, rule: Rule, backend: Any, *, compiled: bool, has_aux: bool) -> None:
        if compiled and not provides(backend, "compile"):
            raise UnsupportedExecutionError(
                f"{rule.name}(…, compile=True): backend {backend.name!r} has no compiler. Leave compile=False."
            )
        self._f, self._rule, self._backend, self._has_aux = f, rule, backend, has_aux
        self._word = rule.word(backend)
        self._compiled: dict[Any, Function] | None = {} if compiled else None

    def __call__(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operator's result for these arguments."""
        call = self._open(arguments)
        evaluate = self._evaluator(call.structures)
        result, *aux = guarded(
            self._backend,
            self._word,
            lambda: evaluate(call.x, call.directions, call.others, kwargs),
            lambda: self._scalar(call.structures, call.others, kwargs)(*call.x),
        )
        return (result, *aux) if aux else result

    def _open(self, arguments: tuple[Any, ...]) -> _Call:
        """The arguments, checked and taken apart."""
        inputs, trees = self._split(arguments)
        chosen = self._chosen(len(inputs))
        opened = [open_primal(self._backend, "x" if i == 0 else f"argument {i}", inputs[i]) for i in chosen]
        x = tuple(leaf for leaves, _ in opened for leaf in leaves)
        names = ["v"] if len(trees) == 1 else [f"v{i}" for i in range(1, len(trees) + 1)]
        return _Call(
            x,
            tuple(
                open_direction(self._backend, name, tree, x, opened[0][1])
                for name, tree in zip(names, trees, strict=True)
            ),
            tuple(None if i in chosen else value for i, value in enumerate(inputs)),
            tuple((structure, len(leaves)) for leaves, structure in opened),
        )

    def _split(self, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The arguments of f, and the directions, which follow the first."""
        count = self._rule.directions
        if len(arguments) <= count:
            raise TypeError(
                f"{self._rule.name}(f) takes x, {count} direction(s) and f's other arguments; "
                f"got {len(arguments)} argument(s)."
            )
        return arguments[:1] + arguments[1 + count :], arguments[1 : 1 + count]

    def _chosen(self, count: int) -> tuple[int, ...]:
        """Which of f's `count` arguments are differentiated; negative argnums count from the last."""
        try:
            return tuple(range(count)[i] for i in self._rule.argnums)
        except IndexError:
            raise TypeError(
                f"{self._rule.name}: argnums {self._rule.argnums}, but f is given {count} argument(s)."
            ) from None

    def _evaluator(self, structures: Any) -> Function:
        """The evaluation for these structures, compiled if asked for."""
        if self._compiled is None:
            return lambda *call: self._evaluate(structures, *call)
        if structures not in self._compiled:
            self._compiled[structures] = self._backend.compile(lambda *call: self._evaluate(structures, *call))
        return self._compiled[structures]

    def _evaluate(self, structures: Any, x: Leaves, directions: Any, others: Any, kwargs: Any) -> Any:
        f = self._scalar(structures, others, kwargs)

        def route(*flat: Any) -> tuple[Any, ...]:
            parts = tuple(flat[i : i + len(x)] for i in range(0, len(flat), len(x)))
            problem = Problem(self._backend, f, parts[0], parts[1:], structures, self._has_aux)
            return self._rule.solve(problem, self._word)

        flat = (*x, *(leaf for leaves in directions for leaf in leaves))
        return self._backend.run(self._word, route, *flat) if provides(self._backend, "run") else route(*flat)

    def _scalar(self, structures: Any, others: tuple[Any, ...], kwargs: dict[str, Any]) -> Function:
        """The user's function of the flat leaves alone, its output checked."""

        def scalar(*leaves: Any) -> Any:
            inputs, rest = list(others), iter(leaves)
            for i, (structure, count) in zip(self._chosen(len(others)), structures, strict=True):
                inputs[i] = unflatten(self._backend, structure, tuple(itertools.islice(rest, count)))
            output = self._f(*inputs, **kwargs)
            check_scalar(self._backend, self._value(output))
            return output

        return scalar

    def _value(self, output: Any) -> Any:
        if not self._has_aux:
            return output
        if not isinstance(output, tuple) or len(output) != 2:
            raise NonScalarOutputError(
                f"With has_aux=True the function must return (value, aux); it returned {output!r}."
            )
        return output[0]
