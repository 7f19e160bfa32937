"""A report on the terminal."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nestgrad_conformance.report.levels import level
from nestgrad_conformance.report.schema import Report
from nestgrad_conformance.report.summary import (
    COLUMNS,
    DECLARED,
    Column,
    Marks,
    columns,
    fails,
    gaps,
    grid,
    legend,
    mark,
    marks,
    problems,
    verdict_line,
)

_STYLE = {"✓": "green", "e": "cyan", "–": "yellow", "∞": "blue", "?": "magenta"}
_ALARM = "bold red"
_HEADINGS = (*COLUMNS, "3+")
_HEADING = " ".join(_HEADINGS)
_PADDING = 1
_NO_BREAK = "\N{NO-BREAK SPACE}"


def show(report: Report, console: Console) -> None:
    """Print the matrix, what is refused and why, the findings, and the sum of it."""
    for backend, where in report.environments.items():
        engines = ", ".join(f"{name} {version}" for name, version in where.versions.items())
        console.print(f"[bold]{backend}[/]: {engines}; Python {where.python}, {where.device}", highlight=False)
        if reached := level(report, backend):
            console.print(f"  {reached}", highlight=False, markup=False)
    shown, fitting = columns(report), _fitting(report, console.width)
    for start in range(0, len(shown), fitting):
        console.print(_matrix(report, shown[start : start + fitting]))
    entries = (f"{sign} {name}".replace(" ", _NO_BREAK) for sign, name in legend(report))
    legend_text = textwrap.fill("  ".join(entries), console.width).replace(_NO_BREAK, " ")  # no entry is broken
    console.print(legend_text, style="dim", highlight=False)
    _show_gaps(report, console)
    for cell in problems(report):
        console.print(f"\n[bold red]{cell.verdict}[/] {cell.id}: {cell.outcome}", highlight=False)
        console.print(f"  {_figures(cell.error, cell.tolerance)}{cell.message or ''}", markup=False, highlight=False)
    console.print(f"\n{verdict_line(report)}", style="bold red" if fails(report) else "bold green", highlight=False)


def _fitting(report: Report, width: int) -> int:
    """How many columns fit beside the scenarios: a mark that is cut off would be missed."""
    names = max((len(cell.scenario) for cell in report.cells), default=0)
    return max(1, (width - names - 2 * _PADDING) // (len(_HEADING) + 2 * _PADDING + 1))


def _matrix(report: Report, shown: list[Column]) -> Table:
    table = Table(box=None, padding=(0, _PADDING), header_style="bold")
    table.add_column("scenario", no_wrap=True)
    for backend, execution in shown:
        table.add_column(f"{backend} {execution}\n{_HEADING}", no_wrap=True)
    for scenario, cells in grid(report).items():
        table.add_row(scenario, *(_marks(cells[column], marks(report)) if column in cells else "" for column in shown))
    return table


def _marks(verdicts: dict[str, list], marks: Marks) -> Text:  # type: ignore[type-arg]
    text = Text()
    for heading in _HEADINGS:
        sign = mark(verdicts.get(heading, []), marks)
        text.append(sign.ljust(len(heading) + 1), style=_STYLE.get(sign, _ALARM))
    return text


def _show_gaps(report: Report, console: Console) -> None:
    for verdict, heading in DECLARED.items():
        if found := gaps(report, verdict):
            console.print(f"\n{heading}:")
        for gap in found:
            where = ", ".join(gap.scenarios)
            console.print(f"  {gap.backend} {' '.join(gap.nestings)} in {where}", highlight=False)
            console.print(f"    {gap.limit} {gap.link or ''}", style="dim", highlight=False, markup=False)


def _figures(error: float | None, tolerance: float | None) -> str:
    if error is None or tolerance is None:
        return ""
    return f"off by {error:.1e} where {tolerance:.1e} is allowed. "
