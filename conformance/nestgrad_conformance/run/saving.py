"""Saving as it goes: a run that is killed can be resumed from its report."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from nestgrad_conformance.report import schema
from nestgrad_conformance.report.schema import Cell

from .handler import Absent
from .supervisor import Supervisor

_EVERY = 5.0  # seconds; what a killed run loses


def saved(supervisor: Supervisor, file: Path) -> Generator[Cell | Absent]:
    """Run the cells of a supervisor, and write its report while it is partial, whole each time.

    Raises:
        ReportError: the file cannot be written, or the run cannot be resumed.
    """
    last = time.monotonic()
    with closing(supervisor.cells()) as cells:
        for cell in cells:
            if time.monotonic() - last >= _EVERY:
                schema.write(supervisor.report(), file)
                last = time.monotonic()
            yield cell
