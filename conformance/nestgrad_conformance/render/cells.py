"""Cells one by one, as a table with figures: for the few of a diagnosis, not for a whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nestgrad_conformance.nestings import code_of
from nestgrad_conformance.report.schema import Cell

_STYLE = {"correct": "green", "refused": "yellow", "uncertain": "magenta"}
_ALARM = "bold red"
_HEADINGS = ("nesting", "outcome", "error", "allowed", "seconds", "calls", "route")


def table(cells: Sequence[Cell], title: str, caption: str) -> Group:
    """A row for each cell, and below what is to be said of some: refusals, errors, why there is no truth."""
    tables = [_rows([cell for cell in cells if cell.execution == run], run) for run in _executions(cells)]
    return Group(Text(title, style="bold"), *tables, *_notes(cells), Text(caption, style="dim"))


def _executions(cells: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.execution for cell in cells))


def _rows(cells: Sequence[Cell], execution: str) -> Table:
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=execution, title_justify="left")
    for heading in _HEADINGS:
        rows.add_column(heading, no_wrap=True)
    for cell in cells:
        rows.add_row(*_row(cell))
    return rows


def _row(cell: Cell) -> Sequence[str | Text]:
    calls = "" if cell.f_calls is None else str(cell.f_calls)
    figures = (_figure(cell.error), _figure(cell.tolerance), _figure(cell.seconds), calls)
    return code_of(cell.nesting), _outcome(cell), *figures, cell.route or ""


def _notes(cells: Sequence[Cell]) -> Iterator[RenderableType]:
    """Each message once, with the nestings that it is about."""
    for message in dict.fromkeys(cell.message for cell in cells if cell.message):
        nestings = dict.fromkeys(code_of(cell.nesting) for cell in cells if cell.message == message)
        yield Padding(Text(f"{', '.join(nestings)}: {message}"), (0, 0, 1, 0))


def _outcome(cell: Cell) -> Text:
    return Text(cell.outcome, style=_STYLE.get(cell.outcome, _ALARM))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}"
