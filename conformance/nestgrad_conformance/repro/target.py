"""Which cell a script is of: looked up in a report, or else among the ids of all cells that scripts can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nestgrad.extend import Nesting
from nestgrad.internal import did_you_mean, nestings
from nestgrad_conformance.judge.verdict import WRONG
from nestgrad_conformance.nestings import AUTO, code_of
from nestgrad_conformance.report.schema import Cell, Report, ReportError
from nestgrad_conformance.run.profiles import EXECUTIONS
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.scenarios.settings import Interference

from .engines import Engine
from .place import Place
from .setting import by_itself

ORDERS = (1, 2, 3)
"""Of the nestings that scripts show."""


@dataclass(frozen=True)
class Target:
    """What a script shows.

    Attributes:
        id: the cell's id.
        backend: the engine's name.
        engine: its spelling.
        scenario: the function, by itself.
        nesting: the code of a nesting.
        execution: how it is run.
        seed: of inputs and directions.
        setting: what the operator is called in, None if it is called as usual.
    """

    id: str
    backend: str
    engine: Engine
    scenario: Scenario
    nesting: str
    execution: str
    seed: int
    setting: str | None

    @property
    def directions(self) -> list[str]:
        """The names of the nesting's directions."""
        return [f"v{number}" for number in range(Nesting(self.nesting).directions)]


def target_of(
    cell: str, scenarios: Mapping[str, Scenario], report: Report | None, engines: Mapping[str, Engine]
) -> Target:
    """What the script of a cell is of.

    Args:
        cell: the cell's id.
        scenarios: all there are, by id.
        report: the report that the cell is from, for its seed; without it the seed is 0.
        engines: how those are spelled that scripts can be written for, by name.

    Raises:
        ReportError: there is no such cell, or no script shows it.
    """
    place = _named(cell, scenarios, engines) if report is None else _reported(cell, scenarios, report)
    scenario, engine = place.scenario, engines.get(place.backend)
    if scenario.pieces:
        raise ReportError(f"{cell}: {scenario.id} is for a pair of engines, and a script is for one alone.")
    if engine is None:
        hint = did_you_mean(place.backend, engines)
        raise ReportError(f"{cell}: scripts are for {', '.join(engines)}, not for {place.backend!r}. {hint}")
    if place.execution not in engine.executions:
        hint = did_you_mean(place.execution, engine.executions)
        raise ReportError(f"{cell}: {place.backend} has no execution {place.execution!r}. {hint}")
    if scenario.engine not in (None, place.backend):
        raise ReportError(f"{cell}: {scenario.id} is for {scenario.engine} alone.")
    if place.nesting == AUTO:
        raise ReportError(f"{cell}: `auto` is a choice of nestgrad's; name the nesting.")
    if len(place.nesting) not in ORDERS:
        raise ReportError(f"{cell}: scripts show derivatives up to order {max(ORDERS)}.")
    base = by_itself(place, engine, scenarios, report)
    seed = report.run.seeds[0] if report is not None else 0
    return Target(cell, place.backend, engine, base, place.nesting, place.execution, seed, scenario.setting)


def _reported(cell: str, scenarios: Mapping[str, Scenario], report: Report) -> Place:
    """The place of a cell of a report, which has something to show."""
    found = next((one for one in report.cells if one.id == cell), None)
    if found is None:
        hint = did_you_mean(cell, [one.id for one in report.cells])
        raise ReportError(f"The report has no cell {cell!r}. {hint}")
    _check_that_it_shows(found)
    if found.scenario not in scenarios:
        raise ReportError(f"{cell}: no scenario is {found.scenario!r}. {did_you_mean(found.scenario, scenarios)}")
    place = Place(found.backend, scenarios[found.scenario], code_of(found.nesting), found.execution)
    if place.id != cell:
        raise ReportError(f"{cell}: the suite has another revision of this scenario by now: {place.id}.")
    return place


def _check_that_it_shows(found: Cell) -> None:
    by_number = found.outcome != "wrong" or (found.error or 0) > (found.tolerance or 0)
    if found.outcome in WRONG and not by_number and found.exception != Interference.__name__:
        raise ReportError(f"{found.id}: no single number shows what is wrong: {found.message}")


def _named(cell: str, scenarios: Mapping[str, Scenario], engines: Iterable[str]) -> Place:
    """The place whose id this is, whatever the engine lacks."""
    engines = [*engines]
    near = [scenario for scenario in scenarios.values() if scenario.id in cell]  # of all others no id is made
    places = {place.id: place for scenario in near for place in _places(scenario, engines)}
    if cell in places:
        return places[cell]
    hint = did_you_mean(cell, places) if places else f"No scenario is in it. {did_you_mean(cell, scenarios)}"
    raise ReportError(
        f"{cell!r} is no cell that a script can show: scripts are for {', '.join(engines)}, for derivatives up to "
        f"order {max(ORDERS)}, and for the scenarios in their present revisions and dtypes. {hint}"
    )


def _places(scenario: Scenario, engines: Iterable[str]) -> Iterator[Place]:
    """All that scripts could be of."""
    for engine in engines:
        for code in (*(nesting.code for order in ORDERS for nesting in nestings(order)), AUTO):
            for execution in EXECUTIONS:
                yield Place(engine, scenario, code, execution)
