"""A plan: all of a call that does not change between calls with arguments of the same types."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from ._errors import UnsupportedExecutionError, did_you_mean
from ._evaluation import checked, run
from ._inputs import check_scalar, open_direction, open_primal, split_aux
from ._problem import Layout, Problem, Rule
from ._spec import COMPILERS, Backend, provides
from .typing import Function, Leaves

MAX_KEPT = 128
"""How many plans an operator keeps, and how many layouts a plan: bounded, should every call bring new ones."""


def execution_of(compile: bool | str) -> str:  # noqa: A002
    """The name of the execution that the keyword `compile` asks for.

    Raises:
        UnsupportedExecutionError: no execution has this name.
    """
    if isinstance(compile, str) and compile not in COMPILERS:
        raise UnsupportedExecutionError(f"compile={compile!r} is no execution. {did_you_mean(compile, COMPILERS)}")
    return compile if isinstance(compile, str) else "compiled" if compile else "eager"


class _Call(NamedTuple):
    """The arguments of one call, opened: flat arrays, the rest, and what puts them together again."""

    flat: Leaves
    others: tuple[Any, ...]
    layout: Layout


class Plan:
    """How to evaluate one operator for arguments of these types."""

    def __init__(self, f: Function, rule: Rule, backend: Backend, *, execution: str, has_aux: bool) -> None:
        self._f, self._rule, self._backend, self._has_aux = f, rule, backend, has_aux
        self._compile = None if execution == "eager" else _compiler(backend, execution)
        self._nesting = rule.nesting(backend)
        self._count = 1 + rule.directions
        self._evaluators: dict[Layout, Function] = {}
        self._bare: Layout | None = None  # the layout of calls with nothing to open, once one was seen
        self._dtypes: set[Any] = set()  # those that were found differentiable

    def __call__(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operator's result for these arguments."""
        if self._bare is not None and self._needs_no_opening(arguments):
            call = _Call(arguments[: self._count], arguments[self._count :], self._bare)
        else:
            call = self._open(arguments)
        evaluate = self._evaluators.get(call.layout) or self._make_evaluator(call.layout)

        def undifferentiated() -> Any:
            self._open(arguments)  # a mismatch that only the engine noticed, such as of devices
            f = self._scalar(call.layout, call.others, kwargs)
            return self._rule.evaluate(self._problem(f, call.flat, call.layout))

        found = checked(
            self._backend,
            self._nesting,
            call.flat,
            lambda: evaluate(*call.flat, *call.others, **kwargs),
            undifferentiated,
        )
        return self._rule.result(*found)

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
        places, slots = self._places(len(inputs))
        opened = [open_primal(self._backend, "x" if i == 0 else f"args[{i - 1}]", inputs[i]) for i in places]
        x = tuple(leaf for leaves, _ in opened for leaf in leaves)
        names = ["v"] if len(trees) == 1 else [f"v{i}" for i in range(1, len(trees) + 1)]
        directions = (
            open_direction(self._backend, name, tree, x, opened[0][1]) for name, tree in zip(names, trees, strict=True)
        )
        flat = (*x, *(leaf for leaves in directions for leaf in leaves))
        layout = Layout(places, slots, tuple((structure, len(leaves)) for leaves, structure in opened))
        if self._rule.argnums == (0,) and len(flat) == self._count and all(map(operator.is_, flat, arguments)):
            self._bare = layout
            self._dtypes.add(x[0].dtype)
        return _Call(flat, tuple(value for i, value in enumerate(inputs) if i not in places), layout)

    def _split(self, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The arguments of f, and the directions, which follow the first."""
        if len(arguments) < self._count:
            raise TypeError(
                f"{self._rule.name}(f) takes x, {self._count - 1} direction(s) and f's other arguments; "
                f"got {len(arguments)} argument(s)."
            )
        return arguments[:1] + arguments[self._count :], arguments[1 : self._count]

    def _places(self, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Which of f's `count` arguments are differentiated, and which of those each argnum is."""
        try:
            chosen = [range(count)[i] for i in self._rule.argnums]  # negative argnums count from the last
        except IndexError:
            raise TypeError(
                f"{self._rule.name}: argnums {self._rule.argnums}, but f is given {count} argument(s)."
            ) from None
        places = tuple(dict.fromkeys(chosen))
        return places, tuple(map(places.index, chosen))

    def _make_evaluator(self, layout: Layout) -> Function:
        """The evaluation for this layout, a function of arrays and other arguments; compiled if asked for."""
        end = self._count * layout.size

        def evaluate(*arguments: Any, **kwargs: Any) -> tuple[Any, ...]:
            f = self._scalar(layout, arguments[end:], kwargs)

            def route(*flat: Any) -> tuple[Any, ...]:
                return self._rule.solve(self._problem(f, flat, layout), self._nesting)

            return run(self._backend, self._nesting, route, *arguments[:end])

        if len(self._evaluators) >= MAX_KEPT:
            self._evaluators.clear()
        self._evaluators[layout] = self._compile(evaluate) if self._compile else evaluate
        return self._evaluators[layout]

    def _problem(self, f: Function, flat: Leaves, layout: Layout) -> Problem:
        """The problem of a function of flat leaves, from those of x and of the directions in a row."""
        x, *directions = (flat[i : i + layout.size] for i in range(0, len(flat), layout.size))
        return Problem(self._backend, f, x, tuple(directions), layout, self._has_aux)

    def _scalar(self, layout: Layout, others: tuple[Any, ...], kwargs: dict[str, Any]) -> Function:
        """The user's function of the flat leaves alone, its output checked."""

        def scalar(*leaves: Any) -> Any:
            inputs = list(others)
            trees = layout.trees(self._backend, leaves, tuple(range(len(layout.places))))
            for place, tree in sorted(zip(layout.places, trees, strict=True), key=operator.itemgetter(0)):
                inputs.insert(place, tree)
            output = self._f(*inputs, **kwargs)
            check_scalar(self._backend, split_aux(output, self._has_aux)[0])
            return output

        return scalar


def _compiler(backend: Backend, execution: str) -> Callable[[Function], Function]:
    if provides(backend, COMPILERS[execution]):
        compiler: Callable[[Function], Function] = getattr(backend, COMPILERS[execution])
        return compiler
    offered = [name for name, method in COMPILERS.items() if provides(backend, method)]
    known = f"It has: {', '.join(map(repr, offered))}." if offered else "Leave compile=False."
    raise UnsupportedExecutionError(
        f"Backend {backend.name!r} has no compiler for the execution {execution!r}. {known}"
    )
