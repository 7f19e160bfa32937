"""Several reports as one: those of the engines, each run in an environment of its own."""

from __future__ import annotations

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
        shard=_together([report.run.shard for report in reports]),
    )
    return Report(environments=environments, run=run, cells=list(cells.values()))


def _together(shards: Sequence[str | None]) -> str | None:
    """The shards that a merged report consists of; null if they make up the whole.

    Example:
        >>> _together(["1/3", "3/3"]), _together(["1/2", "2/2"])
        ('1/3+3/3', None)
    """
    found = sorted({part for shard in shards if shard is not None for part in shard.split("+")})
    numbers, totals = zip(*(part.split("/") for part in found), strict=True) if found else ((), ())
    return None if len(set(totals)) < 2 and len(numbers) == int(totals[0] if totals else 0) else "+".join(found)


def _check_same_run(one: Run, other: Run) -> None:
    for field in ("profile", "seeds", "raw"):
        if getattr(one, field) != getattr(other, field):
            raise ReportError(f"The reports differ in {field}: {getattr(one, field)!r} and {getattr(other, field)!r}.")
