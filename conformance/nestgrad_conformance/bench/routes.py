"""From a case to calls that can be timed: nestgrad's and those by hand, each made as the case says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import engines
from .catalogue import STARTUP, Case
from .engines import startup
from .engines.engine import Engine, Maker
from .programs import Function, Problem

NESTGRAD = "nestgrad"
"""What nestgrad's own route is called."""

Call = Callable[[], Any]


@dataclass(frozen=True)
class Routes:
    """What is timed.

    Attributes:
        calls: by name, nestgrad's first.
        before: what is done before each call, untimed.
        clocked: calls give their own seconds, and no values.
    """

    calls: dict[str, Call]
    before: Callable[[], None] | None = None
    clocked: bool = False


def routes(case: Case) -> Routes:
    """The routes of a case, in the process of its engine."""
    if case.engine == STARTUP:
        return Routes(dict(startup.routes(case)), clocked=True)
    engine = engines.load(case.engine)
    engine.forget()
    problem = engine.problem(case)
    made = {NESTGRAD: _made(case, engine, problem, engine.operator(case, problem), ours=True)}
    others = [*(engine.linearised() if case.made == "at" else engine.by_hand(case, problem)).items()]
    for name, maker in others if case.made == "held" else others[:1]:
        made[name] = _made(case, engine, problem, maker, ours=False)
    calls = {name: _call(engine, route, problem) for name, route in made.items()}
    return Routes(calls, engine.forget if case.made == "first" else None)


def _made(case: Case, engine: Engine, problem: Problem, maker: Maker, ours: bool) -> Function:
    """The derivative as the case makes it; what is by hand is compiled by hand."""
    by_hand = case.execution != "eager" and not ours
    make: Maker = (lambda f: engine.compiled(maker(f), case.execution)) if by_hand else maker
    f = problem.f
    if case.made == "at":
        return _at_one_point(maker(f).at if ours else maker(f))  # type: ignore[attr-defined]
    if case.made == "held":
        return make(f)
    if case.made == "inside":
        return engine.compiled(lambda *x: maker(f)(*x), case.execution)
    if case.made == "anew":
        return lambda *x: make(f)(*x)
    return lambda *x: make(lambda *y: f(*y))(*x)


def _at_one_point(linearise: Function) -> Function:
    """Products at the point of the first call, whatever x is later."""
    kept: list[Function] = []

    def product(x: Any, v: Any) -> Any:
        if not kept:
            kept.append(linearise(x))
        return kept[0](v)

    return product


def _call(engine: Engine, route: Function, problem: Problem) -> Call:
    if type(engine).finished is Engine.finished:
        return partial(route, *problem.arguments)
    return lambda: engine.finished(route(*problem.arguments))
