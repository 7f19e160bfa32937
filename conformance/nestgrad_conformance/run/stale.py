"""Faults that an engine has no more: upstream bugs in a limits file that a raw run, of the engine alone, did not meet.

Entries that give one reason are one fault, since a pattern cannot say everything. It is stale if whatever its entries
cover is right in the raw run, and if the run could have shown it: of each entry it has one nesting, uncompiled, in
every scenario that the entry speaks of. Some right numbers show nothing, though a wrong one shows the fault:

- in a compiled program, in which a backend cannot look at values and refuses what they would tell;
- in a setting, in which the user's own transforms make another nesting of it, and another route;
- at a probe, where nothing is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from nestgrad.extend import Descriptor
from nestgrad.internal import descriptor
from nestgrad_conformance.limits.declared import written
from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.nestings import code_of
from nestgrad_conformance.report.schema import Report, ReportError
from nestgrad_conformance.run.plan import Selection
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.versions import version_of


class Stale(msgspec.Struct, frozen=True):
    """A fault that is gone: its entries in the limits file, and the cells that show it."""

    limits: tuple[Limit, ...]
    cells: tuple[str, ...]


class Faults(msgspec.Struct, frozen=True):
    """The upstream bugs that a backend declares, by what a raw run showed of them.

    Attributes:
        backend: its name.
        version: the engine's, as it was measured.
        met: how many are there: something that they cover is not right.
        unknown: how many the run cannot tell of.
        stale: those that are gone.
    """

    backend: str
    version: str
    met: int
    unknown: int
    stale: tuple[Stale, ...]


def faults(report: Report, scenarios: Mapping[str, Scenario]) -> list[Faults]:
    """What a raw run shows of the upstream bugs in the limits files of its backends.

    Raises:
        ReportError: the run was not raw: nestgrad refuses and repairs what the engine does wrongly.
        LimitsError: a limits file cannot be read.
    """
    if not report.run.raw:
        raise ReportError("This report is of nestgrad, not of an engine alone. Measure with --raw what is to be told.")
    return [_of(backend, report, scenarios) for backend in report.environments]


def text(found: Faults) -> str:
    """The same for people."""
    counts = f"{found.met} are there, {found.unknown} cannot be told by this run, {len(found.stale)} are stale"
    return "\n".join(
        (f"{found.backend} {found.version}: of the faults that are declared {counts}", *map(_told, found.stale))
    )


def _told(one: Stale) -> str:
    entries = (
        " ".join(filter(None, (limit.nesting, limit.operation, limit.feature, limit.scenario))) for limit in one.limits
    )
    return f"stale: {', '.join(entries)}: {one.limits[0].reason}\n  right: {', '.join(one.cells)}"


def _of(backend: str, report: Report, scenarios: Mapping[str, Scenario]) -> Faults:
    described = descriptor(backend)
    version = version_of(described.engine, report.environments[backend].engines)
    declared: dict[str, list[Limit]] = defaultdict(list)
    for limit in written(backend):
        if limit.kind == "upstream_bug" and limit.holds_in(version):
            declared[limit.reason].append(limit)
    run = _Run(described, version, report, scenarios)
    shown = {reason: run.shows(limits) for reason, limits in declared.items()}
    gone = tuple(Stale(tuple(declared[reason]), cells) for reason, cells in shown.items() if cells)
    met = sum(cells is None for cells in shown.values())
    return Faults(backend, version, met, len(declared) - met - len(gone), gone)


class _Run:
    """The raw cells of one backend, beside those that the suite has."""

    def __init__(self, backend: Descriptor, version: str, report: Report, scenarios: Mapping[str, Scenario]) -> None:
        self._version, self._features = version, {name: one.features for name, one in scenarios.items()}
        self._cells = [cell for cell in report.cells if cell.backend == backend.name and cell.outcome != "probe"]
        telling = (one for one in scenarios.values() if one.setting is None and not one.probe)
        self._planned = Selection(profile="full", executions=("eager",)).tasks(telling, backend)

    def shows(self, limits: list[Limit]) -> tuple[str, ...] | None:
        """None if the fault is there; else the cells that show that it is gone, none if the run cannot tell."""
        found = [
            cell
            for cell in self._cells
            if any(self._covers(limit, code_of(cell.nesting), cell.scenario, cell.execution) for limit in limits)
        ]
        if any(cell.outcome != "correct" for cell in found):
            return None
        right = {(code_of(cell.nesting), cell.scenario): cell.id for cell in found if cell.execution == "eager"}
        telling: dict[str, None] = {}  # in order, and each once
        for limit in limits:
            needed: dict[str, list[tuple[str, str]]] = defaultdict(list)
            for task in self._planned:
                if self._covers(limit, task.nesting, task.scenario, task.execution):
                    needed[task.nesting].append((task.nesting, task.scenario))
            whole = [places for places in needed.values() if right.keys() >= {*places}]
            if needed and not whole:
                return ()
            telling |= {right[place]: None for places in whole for place in places}
        return tuple(telling)

    def _covers(self, limit: Limit, nesting: str, scenario: str, execution: str) -> bool:
        return limit.covers(nesting, scenario, self._features.get(scenario, ()), self._version, execution)
