"""What a person sees while a run goes on: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from nestgrad_conformance.judge.verdict import fails
from nestgrad_conformance.report.schema import Cell

from .worker import Absent

_EVERY = 10.0  # seconds between two plain lines


def followed(cells: Iterable[Cell | Absent], finished: int, expected: int, console: Console) -> None:
    """Run all cells, where some may be finished already; every failing one is told as it comes."""
    (_live if console.is_terminal else _plain)(cells, finished, expected, console)


def _live(cells: Iterable[Cell | Absent], finished: int, expected: int, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    remaining = TimeRemainingColumn()
    with Progress(*columns, TextColumn("left:"), remaining, console=console, transient=True) as progress:
        bar = progress.add_task("starting", total=expected, completed=finished)
        for cell in cells:
            progress.advance(bar)
            if isinstance(cell, Cell):
                progress.update(bar, description=f"{cell.backend} {cell.scenario}")
                _tell(cell, console)


def _plain(cells: Iterable[Cell | Absent], finished: int, expected: int, console: Console) -> None:
    start = told = time.monotonic()
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, Cell):
            _tell(cell, console)
        now = time.monotonic()
        if now - told >= _EVERY or finished + number == expected:
            told = now
            console.print(line(finished + number, expected, number, now - start), highlight=False)


def line(finished: int, expected: int, number: int, seconds: float) -> str:
    """How far a run is that has measured `number` cells in so many seconds.

    Example:
        >>> line(60, 100, 20, 30.0)
        '60 of 100 cells, 0:00:30, 0:01:00 left'
    """
    left = seconds / number * (expected - finished)
    return f"{finished} of {expected} cells, {_clock(seconds)}, {_clock(left)} left"


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _tell(cell: Cell, console: Console) -> None:
    if fails(cell):
        console.print(f"{cell.verdict}: {cell.id}: {cell.outcome}", style="red", highlight=False)
