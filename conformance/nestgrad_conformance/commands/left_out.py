"""What is broken and left out of a run: one line on standard error, and a reminder at its end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

import nestgrad as ng
from nestgrad.internal import left_out
from nestgrad_conformance.run.supervisor import Supervisor


def start(supervisor: Supervisor, all_are_wanted: bool, console: Console) -> list[str]:
    """Start a worker for each backend, before any cell is measured; say which are left out since they do not load.

    Raises:
        BackendUnavailableError: one does not load, and all are wanted; or none is left.
        ReportError: as `Supervisor.start`.
    """
    with console.status("Starting the engines"):
        broken = supervisor.start()
    if broken and all_are_wanted:
        raise next(iter(broken.values()))
    for name, error in broken.items():
        skipped(name, error, console)
    if not supervisor.expected:
        raise ng.BackendUnavailableError("No backend is left that has a cell to measure.")
    return [f"backend {name!r}" for name in broken]


def skipped(name: str, error: Exception, console: Console) -> None:
    """Say that a backend is left out, and why."""
    text = " ".join(f"Skipped {name}: {error}".split())
    console.print(text, style="yellow", highlight=False, markup=False, soft_wrap=True)


def remind(backends: Sequence[str], console: Console) -> None:
    """Say at the end of a run what it went without, which was told before it began."""
    if missing := (*left_out(), *backends):
        console.print(f"Left out: {', '.join(missing)}.", style="yellow", highlight=False, markup=False, soft_wrap=True)
