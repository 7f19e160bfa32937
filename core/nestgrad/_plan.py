"""A plan: all of a call that does not change between calls with arguments of the same types."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._errors import NestgradError, NonScalarOutputError, UnsupportedExecutionError
from ._failures import is_users, translated
from ._inputs import Leaves, check_scalar, open_direction, open_primal
from ._nesting import Nesting
from ._spec import Function, Tree, provides
from ._trees import unflatten

Structures = tuple[tuple[Any, int], ...]
"""For each differentiated argument, its structure and how many leaves it has."""


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
    structures: Structures
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
    """The arguments of one call, opened: flat arrays, the rest, and what puts them together again."""

    flat: Leaves
    others: tuple[Any, ...]
    structures: Structures


class Plan:
    """How to evaluate one operator for arguments of these types."""

    def __init__(self, f: Function, rule: Rule, backend: Any, *, compiled: bool, has_aux: bool) -> None:
        if compiled and not provides(backend, "compile"):
            raise UnsupportedExecutionError(
                f"{rule.name}(…, compile=True): backend {backend.name!r} has no compiler. Leave compile=False."
            )
        self._f, self._rule, self._backend, self._compiled, self._has_aux = f, rule, backend, compiled, has_aux
        self._word = rule.word(backend)
        self._count = 1 + rule.directions
        self._evaluators: dict[Structures, Function] = {}
        self._bare: Structures | None = None  # the structures of calls with nothing to open, once one was seen
        self._dtypes: set[Any] = set()  # those that were found differentiable

    def __call__(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operator's result for these arguments."""
        if self._bare is not None and self._needs_no_opening(arguments):
            call = _Call(arguments[: self._count], arguments[self._count :], self._bare)
        else:
            call = self._open(arguments)
        evaluate = self._evaluators.get(call.structures) or self._make_evaluator(call.structures)
        try:
            result, *aux = evaluate(*call.flat, *call.others, **kwargs)
        except NestgradError:
            raise
        except Exception as error:
            self._open(arguments)  # a mismatch that only the engine noticed, such as of devices
            x = call.flat[: sum(count for _, count in call.structures)]
            if is_users(error, lambda: self._scalar(call.structures, call.others, kwargs)(*x)):
                raise
            raise translated(error, self._backend, self._word) from error
        return (result, *aux) if aux else result

    def _needs_no_opening(self, arguments: tuple[Any, ...]) -> bool:
        """Whether these are bare arrays that fit each other; what does not is opened, which says why."""
        if len(arguments) < self._count:
            return False
        x = arguments[0]
        dtype, shape = x.dtype, x.shape
        return dtype in self._dtypes and all(v.dtype == dtype and v.shape == shape for v in arguments[1 : self._count])

    def _open(self, arguments: tuple[Any, ...]) -> _Call:
        """The arguments, checked and taken apart."""
        inputs, trees = self._split(arguments)
        chosen = self._chosen(len(inputs))
        opened = [open_primal(self._backend, "x" if i == 0 else f"argument {i}", inputs[i]) for i in chosen]
        x = tuple(leaf for leaves, _ in opened for leaf in leaves)
        names = ["v"] if len(trees) == 1 else [f"v{i}" for i in range(1, len(trees) + 1)]
        directions = (
            open_direction(self._backend, name, tree, x, opened[0][1]) for name, tree in zip(names, trees, strict=True)
        )
        flat = (*x, *(leaf for leaves in directions for leaf in leaves))
        structures = tuple((structure, len(leaves)) for leaves, structure in opened)
        if self._rule.argnums == (0,) and len(flat) == self._count and all(map(operator.is_, flat, arguments)):
            self._bare = structures
            self._dtypes.add(x[0].dtype)
        return _Call(flat, tuple(value for i, value in enumerate(inputs) if i not in chosen), structures)

    def _split(self, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The arguments of f, and the directions, which follow the first."""
        if len(arguments) < self._count:
            raise TypeError(
                f"{self._rule.name}(f) takes x, {self._count - 1} direction(s) and f's other arguments; "
                f"got {len(arguments)} argument(s)."
            )
        return arguments[:1] + arguments[self._count :], arguments[1 : self._count]

    def _chosen(self, count: int) -> tuple[int, ...]:
        """Which of f's `count` arguments are differentiated; negative argnums count from the last."""
        try:
            return tuple(range(count)[i] for i in self._rule.argnums)
        except IndexError:
            raise TypeError(
                f"{self._rule.name}: argnums {self._rule.argnums}, but f is given {count} argument(s)."
            ) from None

    def _make_evaluator(self, structures: Structures) -> Function:
        """The evaluation for these structures, a function of arrays and other arguments; compiled if asked for."""
        size = sum(count for _, count in structures)
        end = size * self._count

        def evaluate(*arguments: Any, **kwargs: Any) -> tuple[Any, ...]:
            f = self._scalar(structures, arguments[end:], kwargs)

            def route(*flat: Any) -> tuple[Any, ...]:
                x, *directions = (flat[i : i + size] for i in range(0, end, size))
                problem = Problem(self._backend, f, x, tuple(directions), structures, self._has_aux)
                return self._rule.solve(problem, self._word)

            flat = arguments[:end]
            return self._backend.run(self._word, route, *flat) if provides(self._backend, "run") else route(*flat)

        self._evaluators[structures] = self._backend.compile(evaluate) if self._compiled else evaluate
        return self._evaluators[structures]

    def _scalar(self, structures: Structures, others: tuple[Any, ...], kwargs: dict[str, Any]) -> Function:
        """The user's function of the flat leaves alone, its output checked."""

        def scalar(*leaves: Any) -> Any:
            inputs, rest = list(others), iter(leaves)
            chosen = self._chosen(len(others) + len(structures))
            trees = {
                i: unflatten(self._backend, structure, tuple(itertools.islice(rest, count)))
                for i, (structure, count) in zip(chosen, structures, strict=True)
            }
            for i in sorted(trees):
                inputs.insert(i, trees[i])
            output = self._f(*inputs, **kwargs)
            check_scalar(self._backend, self._value(output))
            return output

        return scalar

    def _value(self, output: Any) -> Any:
        """The output without aux."""
        if not self._has_aux:
            return output
        if not isinstance(output, tuple) or len(output) != 2:
            raise NonScalarOutputError(
                f"With has_aux=True the function must return (value, aux); it returned {output!r}."
            )
        return output[0]
