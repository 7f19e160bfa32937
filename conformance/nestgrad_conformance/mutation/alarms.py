"""False alarms: what the suite says of an engine that is held to be right, at many seeds."""

from __future__ import annotations

import collections
import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import nestgrad as ng
from nestgrad.extend import provides
from nestgrad_conformance.judge.measure import Measurement, measure
from nestgrad_conformance.judge.subject import Subject
from nestgrad_conformance.run.plan import words_of
from nestgrad_conformance.scenarios import Scenario, bundled

SILENT = ("correct", "refused", "probe")


@dataclass(frozen=True)
class Alarms:
    """What was measured on one backend.

    Attributes:
        scenarios: how many.
        counts: the outcomes, counted over all cells.
        alarms: each cell that is neither right nor refused, with what is said of it.
    """

    scenarios: int
    counts: collections.Counter[str]
    alarms: dict[str, str]


def false_alarms(name: str, seeds: Iterable[int], patterns: tuple[str, ...] = ("*",)) -> Alarms:
    """The alarms on a backend in eager execution, all words of each scenario, in this process.

    Args:
        name: the backend, whose engine is prepared as in a worker: 64 bits are switched on.
        seeds: of inputs and directions.
        patterns: globs on the scenarios' ids.
    """
    backend: Any = ng.get_backend(name)
    if provides(backend, "prepare_worker"):
        backend.prepare_worker()
    scenarios = [
        one
        for one in bundled()
        if one.engine in (None, name) and any(fnmatch.fnmatchcase(one.id, pattern) for pattern in patterns)
    ]
    counts: collections.Counter[str] = collections.Counter()
    alarms = {}
    for cell, found in _measured(backend, scenarios, list(seeds)):
        counts[found.outcome] += 1
        if found.outcome not in SILENT:
            alarms[cell] = f"{found.outcome}: {found.message}; off by {found.error} where {found.tolerance} is allowed"
    return Alarms(len(scenarios), counts, alarms)


def _measured(backend: Any, scenarios: list[Scenario], seeds: list[int]) -> Iterator[tuple[str, Measurement]]:
    """Each cell's name with its measurement."""
    for scenario in scenarios:
        for seed in seeds:
            subject = Subject(scenario, backend, seed)
            for word in words_of(scenario.order):
                yield f"{scenario.id}/{word}/{seed}", measure(subject, word)
