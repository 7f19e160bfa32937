"""Several reports as one: those of the engines, each run in an environment of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .schema import Report, ReportError, Run


def merge(reports: Sequence[Report]) -> Report:
    """One report with the cells of all.

    Raises:
        ReportError: two reports measured one backend in different environments, hold one cell with
            different results, or were run differently.
    """
    first = reports[0]
    for report in reports[1:]:
        _check_same_run(first.run, report.run)
    environments = dict(first.environments)
    cells = {cell.id: cell for cell in first.cells}
    for report in reports[1:]:
        for backend, environment in report.environments.items():
            if environments.setdefault(backend, environment) != environment:
                raise ReportError(f"Backend {backend!r} was measured in two environments; merge runs of one only.")
        for cell in report.cells:
            if (known := cells.setdefault(cell.id, cell)).outcome != cell.outcome:
                raise ReportError(f"Cell {cell.id} is {known.outcome!r} in one report and {cell.outcome!r} in another.")
    repeated = sum(len(report.cells) for report in reports) - len(cells)
    run = Run(
        profile=first.run.profile,
        seeds=first.run.seeds,
        raw=first.run.raw,
        expected=sum(report.run.expected for report in reports) - repeated,
        finished=len(cells),
        absent=sum(report.run.absent for report in reports),
        shard=_together(reports),
        selection=_selection([report.run for report in reports]),
    )
    return Report(environments=environments, run=run, cells=list(cells.values()))


def _together(reports: Sequence[Report]) -> str | None:
    """The shards that a merged report consists of; null if they make up the whole of every backend.

    Where backends have different ones, each is told with its backend, as in `jax:1/2+torch:2/2`.
    """
    shards: dict[str, set[str] | None] = {}  # None: the whole
    for report in reports:
        for backend in report.environments:
            found = _shards(report.run.shard, backend)
            known = shards.setdefault(backend, found)
            shards[backend] = None if found is None or known is None else _completed(known | found)
    parts = [sorted(found) for found in shards.values() if found is not None]
    if len(parts) == len(shards) and all(part == parts[0] for part in parts):
        return "+".join(parts[0]) if parts else None
    told = (f"{backend}:{part}" for backend, found in shards.items() if found is not None for part in found)
    return "+".join(sorted(told)) or None


def _shards(told: str | None, backend: str) -> set[str] | None:
    """Those of one backend in what a report tells."""
    parts = [part.rpartition(":") for part in told.split("+")] if told is not None else []
    return {shard for name, _, shard in parts if name in ("", backend)} or None


def _completed(shards: set[str]) -> set[str] | None:
    """The same, or None if they make up the whole.

    Example:
        >>> sorted(_completed({"1/3", "3/3"})), _completed({"1/2", "2/2"})
        (['1/3', '3/3'], None)
    """
    of = Counter(shard.partition("/")[2] for shard in shards)
    return None if any(count == int(total) for total, count in of.items()) else shards


def _selection(runs: Sequence[Run]) -> dict[str, list[str]] | None:
    """What narrowed one of the runs at least; null if one does not say."""
    union: dict[str, list[str]] = {}
    for run in runs:
        if run.selection is None:
            return None
        for option, values in run.selection.items():
            union[option] = sorted({*union.get(option, ()), *values})
    return union


def _check_same_run(one: Run, other: Run) -> None:
    for field in ("profile", "seeds", "raw"):
        if getattr(one, field) != getattr(other, field):
            raise ReportError(f"The reports differ in {field}: {getattr(one, field)!r} and {getattr(other, field)!r}.")
