"""Two reports compared: what an upgrade of an engine, or of nestgrad, mended and broke."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from nestgrad_conformance.judge.verdict import Outcome, fails

from .schema import Cell, Report, ReportError

_RANKS: tuple[tuple[Outcome, ...], ...] = (
    ("correct", "probe"),
    ("refused",),
    ("uncertain", "error", "timeout"),
    ("not_finite",),
    ("crash",),
    ("wrong", "silent_zero"),
)
"""From the best outcome to the worst: an error is better than nan, which is better than a number that is wrong."""


class Sides(msgspec.Struct, frozen=True):
    """The same thing of both reports."""

    old: bool
    new: bool


class Change(msgspec.Struct, frozen=True):
    """One cell; a side is None where a report does not have it."""

    id: str
    old_verdict: str | None
    old_outcome: str | None
    new_verdict: str | None
    new_outcome: str | None


class Difference(msgspec.Struct, frozen=True):
    """Two reports, cell by cell.

    Attributes:
        engines: by backend, the old and the new versions of what it computes with; of one that was measured
            once, None on the other side.
        partial: whether a report lacks cells that were planned.
        mended: cells that became better: a right number before a refusal, a refusal before an error, an error
            before a result that is not finite, and that before a wrong number.
        broken: cells that became worse, or that fail though what was measured is the same.
        changed: cells that fail or pass as before, but differently.
        new: cells of the new report alone.
        gone: cells of the old report alone.
        same: how many cells are as they were.
    """

    engines: dict[str, tuple[dict[str, str] | None, dict[str, str] | None]]
    partial: Sides
    mended: list[Change]
    broken: list[Change]
    changed: list[Change]
    new: list[Change]
    gone: list[Change]
    same: int

    @property
    def compared(self) -> int:
        """How many cells are in both reports."""
        return self.same + len(self.mended) + len(self.broken) + len(self.changed)


def diff(old: Report, new: Report) -> Difference:
    """Compare the cells that have one id.

    Raises:
        ReportError: one report is of raw engines, the other is not.
    """
    if old.run.raw != new.run.raw:
        raise ReportError("One report is of raw engines, the other is not; their verdicts mean different things.")
    before, after = ({cell.id: cell for cell in report.cells} for report in (old, new))
    both = [(cell, after[cell.id]) for cell in old.cells if cell.id in after]

    def those(condition: Callable[[Cell, Cell], bool]) -> list[Change]:
        return [_change(one, other) for one, other in both if condition(one, other)]

    return Difference(
        engines={
            name: tuple(r.environments[name].versions if name in r.environments else None for r in (old, new))  # type: ignore[misc]
            for name in dict.fromkeys([*old.environments, *new.environments])
        },
        partial=Sides(old.run.partial, new.run.partial),
        mended=those(lambda one, other: _badness(other) < _badness(one)),
        broken=those(lambda one, other: _badness(other) > _badness(one)),
        changed=those(lambda one, other: _badness(one) == _badness(other) and _state(one) != _state(other)),
        new=[_change(None, cell) for cell in new.cells if cell.id not in before],
        gone=[_change(cell, None) for cell in old.cells if cell.id not in after],
        same=len(those(lambda one, other: _state(one) == _state(other))),
    )


def text(found: Difference) -> str:
    """A difference for people: versions, what is missing, one line of counts, every change."""
    lines = [f"{name}: {_versions(*versions)}" for name, versions in found.engines.items()]
    lines += [
        f"The {side} report is PARTIAL: cells that were planned are missing."
        for side in ("old", "new")
        if getattr(found.partial, side)
    ]
    count = len(found.mended)
    lines.append(
        f"{count} {'cell' if count == 1 else 'cells'} mended, {len(found.broken)} broken, {len(found.changed)} "
        f"changed, {len(found.new)} new, {len(found.gone)} gone, {found.same} the same"
    )
    for name in ("broken", "mended", "changed", "new", "gone"):
        changes: list[Change] = getattr(found, name)
        lines += [f"\n{name}:", *(f"  {_line(change)}" for change in changes)] if changes else []
    return "\n".join(lines) + "\n"


def _badness(cell: Cell) -> tuple[int, bool]:
    rank = next(place for place, outcomes in enumerate(_RANKS) if cell.outcome in outcomes)
    return rank, fails(cell)


def _state(cell: Cell) -> tuple[str, str]:
    return cell.verdict, cell.outcome


def _change(old: Cell | None, new: Cell | None) -> Change:
    one, other = (_state(cell) if cell is not None else (None, None) for cell in (old, new))
    cell = new if new is not None else old
    assert cell is not None
    return Change(cell.id, *one, *other)


def _line(change: Change) -> str:
    old, new = _told(change.old_verdict, change.old_outcome), _told(change.new_verdict, change.new_outcome)
    return f"{change.id}: {' → '.join(side for side in (old, new) if side)}"


def _told(verdict: str | None, outcome: str | None) -> str:
    """A verdict, with the outcome where it says more."""
    if verdict is None:
        return ""
    name = verdict.replace("_", " ")
    return name if verdict in (outcome, "supported", "emulated") else f"{name} ({outcome})"


def _versions(old: dict[str, str] | None, new: dict[str, str] | None) -> str:
    sides = [
        "not measured" if side is None else ", ".join(f"{name} {version}" for name, version in side.items())
        for side in (old, new)
    ]
    return sides[0] if old == new else " → ".join(sides)
