"""One cell measured: the backend's number against the truth."""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import provides
from nestgrad.internal import MOST, candidates, offers, recorded
from nestgrad_conformance.cases.case import Case
from nestgrad_conformance.cases.scenario_case import Malformed, Vector
from nestgrad_conformance.nestings import AUTO, directions_of, order_of
from nestgrad_conformance.scenarios.settings import Interference
from nestgrad_conformance.truth.truth import Truth, Uncertain, largest

from .laws import broken_law
from .measurement import Ran, Refusal
from .verdict import Outcome, Route


def measure(subject: Case, nesting: str, execution: str = "eager") -> Ran:
    """Evaluate one nesting of a subject by its public operator, and judge the number by the truth and by laws.

    An exception of the engine is an outcome; `MemoryError` is not caught, so that the worker is replaced.
    """
    return _measured(subject, nesting, execution, broken_law)


def compare(subject: Case, nesting: str) -> Ran:
    """The same, of one evaluation alone: the number is judged by the truth, and by no law."""
    return _measured(subject, nesting, "eager", _no_law)


def _no_law(*_: object) -> None:
    return None


def _measured(subject: Case, nesting: str, execution: str, law: Callable[..., str | None]) -> Ran:
    measurement = Ran(nesting=nesting, outcome="error")
    try:
        if nesting == AUTO:
            measurement.nesting, *measurement.otherwise = _choices(subject)
        _evaluate(subject, nesting, execution, measurement, law)
    except ng.UnsupportedNestingError as refusal:
        if measurement.nesting == AUTO:  # no nesting could be chosen; a refusal inside f speaks of f's own nesting
            measurement.nesting = refusal.nesting.code
        elif refusal.nesting.order > order_of(nesting):  # in the user's own backward: then the choice is made
            measurement.otherwise = []
        _end(measurement, "refused", refusal)
        measurement.refusal = Refusal.of(refusal)
    except ng.UncertainError as reason:
        _end(measurement, "uncertain", reason)
    except (Malformed, Interference) as reason:
        _end(measurement, "wrong", reason)
    except MemoryError:
        raise
    except Exception as error:
        _end(measurement, "error", error)
    if subject.is_probe:
        measurement.outcome = "probe"
    return measurement


def _choices(subject: Case) -> list[str]:
    """What `auto` tries, in this order, for a function of so many variables."""
    codes = [nesting.code for nesting in candidates(offers(subject.backend), AUTO)]
    return codes if subject.x.size <= MOST else [code for code in codes if "R" in code]


def _end(measurement: Ran, outcome: Outcome, error: Exception) -> None:
    measurement.outcome, measurement.exception, measurement.message = outcome, type(error).__name__, str(error)


def _evaluate(subject: Case, nesting: str, execution: str, measurement: Ran, law: Callable[..., str | None]) -> None:
    evaluate = subject.operator(nesting, execution)
    directions = [subject.direction(i) for i in range(directions_of(nesting))]
    calls, start = subject.calls, time.perf_counter()
    with recorded() as emulations, warnings.catch_warnings():
        warnings.simplefilter("ignore", ng.NestingFallbackWarning)
        found = evaluate(subject.x, *directions)
    measurement.seconds = time.perf_counter() - start
    measurement.f_calls = subject.calls - calls or None  # a compiler, and users' transforms, see no counter
    measurement.repairs = sorted({emulation.operation for emulation in emulations})
    measurement.route = "emulated" if emulations else _proven_route(subject, measurement.nesting)
    if subject.is_probe:
        measurement.message = f"takes {found.tolist()}"
        return
    rounding = _judge(subject, measurement, directions, found)
    if measurement.outcome == "correct":
        _call_again(subject, measurement, evaluate, directions)
    if measurement.outcome == "correct" or (measurement.outcome == "uncertain" and _has_laws(subject, found)):
        broken = law(subject, measurement.nesting, evaluate, directions, found, rounding)
        if broken is not None:
            measurement.outcome, measurement.message = "wrong", broken


def _call_again(subject: Case, measurement: Ran, evaluate: Callable[..., Vector], directions: list[Vector]) -> None:
    """The same call, as often as the subject asks for; the first number that is wrong ends it."""
    for call in range(2, subject.times + 1):
        _judge(subject, measurement, directions, evaluate(subject.x, *directions))
        if measurement.outcome != "correct":
            measurement.message = f"at call {call}, after numbers that were right"
            return


def _has_laws(subject: Case, found: Vector) -> bool:
    """Whether laws can tell a number of unknown truth to be wrong: not nan, nor those of a function that is unfit."""
    return bool(np.all(np.isfinite(found))) and subject.oracle.unfit() is None


def _judge(subject: Case, measurement: Ran, directions: list[Vector], found: Vector) -> float:
    """Compare with the truth, and say how far a right result may be from it by rounding."""
    try:
        truth = _truth(subject, measurement.nesting, directions)
    except Uncertain as reason:
        measurement.outcome, measurement.message = "uncertain", str(reason)
        return 0.0 if reason.truth is None else largest(reason.truth.tolerance(subject.precision))
    error, tolerance = truth.difference(found, subject.precision)
    measurement.oracle = truth.how
    if error.size:
        worst = int(np.argmax(error - tolerance))
        measurement.error, measurement.tolerance = _finite(error.flat[worst]), _finite(tolerance.flat[worst])
    measurement.outcome = _outcome(found, bool(np.all(error <= tolerance)))
    return subject.precision.slack * truth.scale


def _outcome(found: Vector, agrees: bool) -> Outcome:
    if agrees:
        return "correct"
    if not np.all(np.isfinite(found)):
        return "not_finite"
    return "wrong" if found.any() else "silent_zero"


def _truth(subject: Case, nesting: str, directions: list[Vector]) -> Truth:
    return (subject.oracle.vector if "R" in nesting else subject.oracle.scalar)(*directions)


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _proven_route(subject: Case, nesting: str) -> Route:
    """`native`, unless the backend's canary shows that a letter was computed by the other mode's rule."""
    backend: Any = subject.backend  # an ability of it is asked for
    engines = [backend] if subject.inner is None else [backend, subject.inner]
    known = (_is_native(backend, one, nesting, subject.precision.dtype) for one in engines if provides(one, "canary"))
    return "native" if all(known) else "substituted"


@functools.lru_cache(maxsize=64)  # asked for every cell, and the answer is of the nesting alone
def _is_native(backend: Any, inner: Any, nesting: str, dtype: str) -> bool:
    """Whether the rules that ran of a canary, which is perhaps another engine's, are those of the nesting's letters."""
    canary = inner.canary()
    f = canary.function if inner is backend else ng.foreign(canary.function, inner)
    x = backend.asarray(np.linspace(0.1, 0.5, 3, dtype=dtype))
    ng.derivative(f, nesting, backend=backend)(x, *[x] * directions_of(nesting))
    ran = {"F": canary.forward > 0, "R": canary.backward > 0}
    return all(ran[letter] == (letter in nesting) for letter in "FR")
