"""A plan: all of an operator's call that its backend decides, decided once."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from ._arguments import Call, opened
from ._definition import Definition
from ._errors import UnsupportedExecutionError, did_you_mean
from ._evaluation import is_finite, refuse_infinite
from ._layout import Layout
from ._nesting import Nesting
from ._numpy import unshared
from ._offers import Offers
from ._spec import COMPILERS
from ._whole import WholeCall
from .typing import Function, Leaves

MAX_KEPT = 128
"""How many openings an operator keeps, and how many layouts a plan: bounded, should every call bring new ones."""


def execution_of(compile: bool | str) -> str:  # noqa: A002
    """The name of the execution that the keyword `compile` asks for.

    Raises:
        UnsupportedExecutionError: no execution has this name.
    """
    if isinstance(compile, str) and compile not in COMPILERS:
        raise UnsupportedExecutionError(f"compile={compile!r} is no execution. {did_you_mean(compile, COMPILERS)}")
    return compile if isinstance(compile, str) else "compiled" if compile else "eager"


class Plan:
    """How one backend evaluates an operator by one nesting: native or composed, compiled by what.

    What it raises is not told to the user as it is; see `Attempts`.
    """

    def __init__(
        self,
        f: Function,
        definition: Definition,
        offers: Offers,
        nesting: Nesting,
        *,
        execution: str,
        has_aux: bool,
        verify: bool | str | None,
    ) -> None:
        self._f, self._definition, self.offers, self.nesting, self._has_aux = f, definition, offers, nesting, has_aux
        self._compile = None if execution == "eager" else _compiler(offers, execution)
        self._prepared = functools.partial(_prepared, f, definition, offers, nesting, has_aux, verify)
        self.whole: WholeCall | None = None
        """The call compiled with its containers, where the engine's compiler takes them."""
        if self._compile and offers.compiles_containers:
            self.whole = WholeCall(_whole(self._prepared, definition, offers), definition, offers, self._compile)
        self._routes: dict[Layout, Function] = {}
        self._last: tuple[Layout, Function] | None = None

    def __call__(self, call: Call, kwargs: dict[str, Any]) -> Any:
        """The operator's result for opened arguments."""
        if self.whole is not None:
            return self.whole.program(call.arguments(), kwargs)()
        flat = call.x
        for direction in call.directions:
            flat += direction
        last, eager = self._last, self._compile is None
        route = last[1] if last is not None and last[0] is call.layout else self._route(call.layout)
        found = route(flat, call.others, kwargs) if eager else route(*flat, *call.others, **kwargs)
        if eager and not is_finite(self.offers, found[0], flat[0]):
            functions = self._f, *self._definition.functions
            refuse_infinite(self.offers, self.nesting, flat, functions, self.undifferentiated(call, kwargs))
        return self._definition.result(*found)

    def undifferentiated(self, call: Call, kwargs: dict[str, Any]) -> Callable[[], Any]:
        """What evaluates the user's functions without a derivative."""
        f = self._definition.function(self._f, call.layout, call.others, kwargs, self._has_aux)
        of_definition = self._definition.undifferentiated
        return lambda: of_definition(self.offers, f, unshared(call.x), call.layout, self._has_aux)

    def _route(self, layout: Layout) -> Function:
        """What evaluates calls of this layout; compiled, it takes all in a row, as compilers want it."""
        route = self._routes.get(layout)
        if route is None:
            if len(self._routes) >= MAX_KEPT:
                self._routes.clear()
            route = self._compile(self._to_compile(layout)) if self._compile else self._prepared(layout)
            self._routes[layout] = route
        self._last = layout, route
        return route

    def _to_compile(self, layout: Layout) -> Function:
        """The same, told what it differentiates and how: see `Compile`."""
        prepared, end = self._prepared(layout), layout.size * (1 + self._definition.directions)

        def evaluate(*arguments: Any, **kwargs: Any) -> tuple[Any, ...]:
            found: tuple[Any, ...] = prepared(arguments[:end], arguments[end:], kwargs)
            return found

        others = map(weakref.ref, self._definition.functions)
        way = self._definition.name, self.nesting, self._definition.argnums, layout.structures, self._has_aux, *others
        told: Any = evaluate
        told.differentiates = self._f, way
        return evaluate


# These close over what they need, and not over the plan: it dies with its operator, without a collection.


def _prepared(
    function: Function,
    definition: Definition,
    offers: Offers,
    nesting: Nesting,
    has_aux: bool,
    verify: bool | str | None,
    layout: Layout,
) -> Function:
    """What evaluates calls of one layout, as a function of all leaves, f's other arguments and its keywords."""
    solve = definition.prepare(offers, nesting, layout, has_aux)
    run, size, end = offers.run, layout.size, layout.size * (1 + definition.directions)
    as_told = definition.function

    def given(others: tuple[Any, ...], kwargs: dict[str, Any]) -> Function:
        f = as_told(function, layout, others, kwargs, has_aux, verify)
        if end == size:
            return lambda *x: solve(f, x, ())
        return lambda *flat: solve(f, flat[:size], tuple([flat[i : i + size] for i in range(size, end, size)]))

    alone = given((), {})

    def evaluate(flat: Leaves, others: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        return run(nesting, given(others, kwargs) if others or kwargs else alone, *flat)

    return evaluate


def _whole(prepared: Callable[[Layout], Function], definition: Definition, offers: Offers) -> Function:
    """A whole call, its arguments opened and its result put together, as a function of the user's arguments."""

    def evaluate(*arguments: Any, **kwargs: Any) -> Any:
        call = opened(definition, offers, arguments)
        flat = (*call.x, *(leaf for direction in call.directions for leaf in direction))
        return definition.result(*prepared(call.layout)(flat, call.others, kwargs))

    return evaluate


def _compiler(offers: Offers, execution: str) -> Callable[[Function], Function]:
    if execution in offers.compilers:
        return offers.compilers[execution]
    known = f"It has: {', '.join(map(repr, offers.compilers))}." if offers.compilers else "Leave compile=False."
    raise UnsupportedExecutionError(f"Backend {offers.name!r} has no compiler for the execution {execution!r}. {known}")
