"""The level at which a backend conforms: first order, second order, any order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from nestgrad_conformance.judge.verdict import fails
from nestgrad_conformance.nestings import code_of, order_of

from .schema import Cell, Report

NAMES = ("none", "first order", "second order", "any order")
_RIGHT = ("supported", "emulated")


@dataclass(frozen=True)
class Level:
    """What a report shows of a backend.

    Attributes:
        name: one of `NAMES`.
        profile: how much was measured.
        scenarios: how many functions it rests on: those that were measured to this order.
        reason: why it is no higher.
    """

    name: str
    profile: str
    scenarios: int
    reason: str | None

    def __str__(self) -> str:
        what = f"conforms at {self.name}" if self.name != NAMES[0] else "conforms at no level"
        return f"{what} on {self.scenarios} scenarios of profile {self.profile}" + (
            f"; not higher: {self.reason}" if self.reason else ""
        )


def level(report: Report, backend: str) -> Level | None:
    """The level of one backend; None of a raw engine, which declares nothing, and of a run that is not whole.

    A level is reached if the one below it is and, in every cell of that order, what was declared is what was
    measured and no number is wrong; and if every scenario that is not refused has a right nesting. At second order
    and above that is a nesting with an R in it: one that gives a vector. At least one scenario must have one.
    """
    if report.run.raw or not report.run.whole:
        return None
    cells = [cell for cell in report.cells if cell.backend == backend and cell.verdict != "probe"]
    by_order = {order: [cell for cell in cells if order_of(cell.nesting) == order] for order in (1, 2, 3)}
    reasons = {order: reason for order, of_one in by_order.items() if (reason := _failure(of_one, order)) is not None}
    reached = min(reasons, default=len(NAMES)) - 1
    scenarios = len({cell.scenario for cell in (by_order[reached] if reached else cells)})
    return Level(NAMES[reached], report.run.profile, scenarios, reasons.get(reached + 1))


def _failure(cells: list[Cell], order: int) -> str | None:
    """Why these cells of one order do not make a level."""
    failing = next((cell for cell in cells if fails(cell)), None)
    if failing is not None:
        return f"{failing.id} is {failing.verdict.replace('_', ' ')}"
    nestings: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if order == 1 or "R" in code_of(cell.nesting):
            nestings[cell.scenario].append(cell)
    without = [name for name, of in nestings.items() if not _has_right(of) and not _is_refused(of)]
    if without:
        return f"no nesting of order {order} is known to be right for {without[0]}"
    if not any(map(_has_right, nestings.values())):
        return f"no scenario has a right nesting of order {order}" + (" with an R" if order > 1 else "")
    return None


def _has_right(cells: list[Cell]) -> bool:
    return any(cell.verdict in _RIGHT for cell in cells)


def _is_refused(cells: list[Cell]) -> bool:
    return all(cell.verdict in ("refused", "not_finite") for cell in cells)
