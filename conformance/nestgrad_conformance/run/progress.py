"""What a person sees while a run goes on: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from nestgrad_conformance.judge.verdict import FAILING
from nestgrad_conformance.report.schema import Cell

from .supervisor import Supervisor

_EVERY = 100  # cells between two plain lines


def followed(supervisor: Supervisor, console: Console) -> None:
    """Run all cells; every failing one is told as it comes."""
    (_live if console.is_terminal else _plain)(supervisor, console)


def _live(supervisor: Supervisor, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        bar = progress.add_task("starting", total=supervisor.expected)
        for cell in supervisor.cells():
            progress.advance(bar)
            if isinstance(cell, Cell):
                progress.update(bar, description=f"{cell.backend} {cell.scenario}")
                _tell(cell, console)


def _plain(supervisor: Supervisor, console: Console) -> None:
    for number, cell in enumerate(supervisor.cells(), 1):
        if isinstance(cell, Cell):
            _tell(cell, console)
        if number % _EVERY == 0 or number == supervisor.expected:
            console.print(f"{number} of {supervisor.expected} cells", highlight=False)


def _tell(cell: Cell, console: Console) -> None:
    if cell.verdict in FAILING:
        console.print(f"{cell.verdict}: {cell.id}: {cell.outcome}", style="red", highlight=False)
