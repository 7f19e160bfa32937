"""False alarms: what the suite says of an engine that is held to be right, at many seeds."""

from __future__ import annotations

import collections
import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import nestgrad as ng
from nestgrad.extend import provides
from nestgrad.internal import descriptor
from nestgrad_conformance.cases.scenario_case import Subject
from nestgrad_conformance.judge.measurement import Measurement
from nestgrad_conformance.run.plan import Selection
from nestgrad_conformance.run.worker import Absent, measured
from nestgrad_conformance.scenarios import bundled

QUICK = Selection(profile="quick")
SILENT = ("correct", "refused", "probe")


@dataclass(frozen=True)
class Alarms:
    """What was measured on one backend.

    Attributes:
        counts: the outcomes, counted over all cells.
        alarms: each cell that is neither right nor refused, with what is said of it.
    """

    counts: collections.Counter[str]
    alarms: dict[str, str]


def false_alarms(name: str, seeds: Iterable[int], selection: Selection = QUICK) -> Alarms:
    """The alarms on a backend, twins included, in this process.

    Args:
        name: the backend, whose engine is prepared as in a worker: 64 bits are switched on.
        seeds: of inputs and directions.
        selection: of cells; the same at every seed.
    """
    backend: Any = ng.get_backend(name)
    if provides(backend, "prepare_worker"):
        backend.prepare_worker()
    scenarios = {one.id: one for one in bundled()}
    described = descriptor(name)
    counts: collections.Counter[str] = collections.Counter()
    alarms = {}
    for seed in seeds:
        subject = functools.lru_cache(maxsize=1)(lambda one, seed: Subject(scenarios[one], backend, seed))
        for task in replace(selection, seed=seed).tasks(scenarios.values(), described):
            found = measured(task, backend, subject)
            if isinstance(found, Absent):
                continue
            counts[found.outcome] += 1
            if found.outcome not in SILENT:
                alarms[f"{task.scenario}/{task.nesting}/{task.execution}/{seed}"] = _said(found)
    return Alarms(counts, alarms)


def _said(found: Measurement) -> str:
    return f"{found.outcome}: {found.message}; off by {found.error} where {found.tolerance} is allowed"
