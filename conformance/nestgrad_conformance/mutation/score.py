"""The mutation score: how many faulty backends the suite finds, and which it does not."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from nestgrad.extend import Backend, provides
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.verdict import FAILING, verdict
from nestgrad_conformance.limits.declared import written
from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.nestings import order_of
from nestgrad_conformance.run.plan import Selection, Task
from nestgrad_conformance.scenarios import Scenario, load
from nestgrad_conformance.truth.oracle import Oracle

from .engine import described, engine_version
from .equivalence import proof
from .names import DTYPE
from .situation import Situated
from .uses import used_by

SEED = 0


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A backend with one fault.

    Attributes:
        family: what kind of fault.
        name: the operation, or the fault itself where it is of no operation.
        make: a fresh backend.
        limits: what it declares.
        executions: those to measure it in.
        dtype: of the scenarios in which the fault may show.
        operation: the name in the namespace of the operation at fault.
        features: the tags of the scenarios in which the fault may show.
    """

    family: str
    name: str
    make: Callable[[], Backend]
    limits: tuple[Limit, ...]
    executions: tuple[str, ...] = ("eager",)
    dtype: str = DTYPE
    operation: str | None = None
    features: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Attributes:
        mutant: it.
        killer: the cell that found it, or None.
        proof: why it cannot be told from a sound backend, or None.
    """

    mutant: Mutant
    killer: str | None = None
    proof: str | None = None


def fate(mutant: Mutant) -> Fate:
    """Measure a mutant, its operation's own scenarios first, until a cell fails that a sound backend passes.

    Nestings of order 3 are left out: what they find, those of order 2 find sooner.
    """
    reason = proof_of(mutant)
    if reason is not None:
        return Fate(mutant, proof=reason)
    warnings.simplefilter("ignore")  # numbers are judged, not their warnings
    for scenario in _suspects(mutant):
        subject = _subject(scenario, mutant.make())
        for task in Selection(executions=mutant.executions).tasks([scenario], described()):
            if order_of(task.nesting) > 2:
                continue
            if _fails(subject, task, mutant.limits) and not _sound_fails(scenario, task):
                return Fate(mutant, killer=f"{scenario.id}/{task.nesting}/{task.execution}")
    return Fate(mutant)


def proof_of(mutant: Mutant) -> str | None:
    """Why a mutant cannot be told from a sound backend, or None if it can: see `equivalence`."""
    if mutant.operation is None:
        return None
    own = [one for one in _suspects(mutant) if one.operation == mutant.operation]
    return proof(mutant.family, mutant.operation, own, declared(), engine_version())


def declared() -> tuple[Limit, ...]:
    """What the backend without a fault declares."""
    return written(described().name)


def _suspects(mutant: Mutant) -> list[Scenario]:
    """The scenarios that may find a fault: those of its operation, then all others that call it."""
    measured = [one for one in _scenarios().values() if one.engine in (None, described().engine) and not one.probe]
    measured = [one for one in measured if one.capability is None or provides(Situated(), one.capability)]
    measured = [one for one in measured if one.dtype == mutant.dtype and not one.pieces]  # those are of two engines
    operation = mutant.operation
    if operation is None:
        return [one for one in measured if mutant.features <= one.features]
    own = [one for one in measured if one.operation == operation]
    return own + [one for one in measured if one.operation != operation and operation in used_by(one)]


@functools.cache
def _scenarios() -> dict[str, Scenario]:
    return load()


def _subject(scenario: Scenario, backend: Backend) -> Subject:
    """A subject with the truth of the sound backend's, which is not found again for each mutant."""
    subject = Subject(scenario, backend, SEED)
    subject.oracle = _oracle(scenario)
    return subject


@functools.cache
def _oracle(scenario: Scenario) -> Oracle:
    return Subject(scenario, Situated(), SEED).oracle


@functools.cache
def _sound_subject(scenario: Scenario) -> Subject:
    return _subject(scenario, Situated())


@functools.cache
def _sound_fails(scenario: Scenario, task: Task) -> bool:
    return _fails(_sound_subject(scenario), task, declared())


def _fails(subject: Subject, task: Task, limits: tuple[Limit, ...]) -> bool:
    scenario = subject.scenario
    found = measure(subject, task.nesting, task.execution)
    known = (found.nesting, scenario.id, scenario.features, engine_version(), task.execution)
    limit = next((one for one in limits if one.covers(*known)), None)
    declared = limit.declares(task.execution) if limit else "supported"
    return verdict(declared, found.outcome, found.route) in FAILING
