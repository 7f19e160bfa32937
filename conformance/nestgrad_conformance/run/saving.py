"""Saving as it goes: a run that is killed can be resumed from its report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

from nestgrad_conformance.report import schema
from nestgrad_conformance.report.schema import Cell

from .supervisor import Supervisor
from .worker import Absent

EVERY = 5.0
"""Seconds: what a killed run loses."""


def saved(supervisor: Supervisor, file: Path, tell: Callable[[str], object]) -> Generator[Cell | Absent]:
    """Run the cells of a supervisor, and write its report while it is partial, whole each time.

    A disk that is full is told once; the run goes on, and tries again.

    Raises:
        ReportError: the run cannot be resumed.
    """
    with closing(supervisor.cells()) as cells, _Saver(supervisor, file, tell):
        yield from cells


class _Saver(threading.Thread):
    """Writes what has come since it last wrote; a thread, since the next cell may hang."""

    def __init__(self, supervisor: Supervisor, file: Path, tell: Callable[[str], object]) -> None:
        super().__init__(daemon=True)
        self._supervisor, self._file, self._tell, self._over = supervisor, file, tell, threading.Event()

    def __enter__(self) -> _Saver:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        written, told = self._supervisor.finished, False
        while not self._over.wait(EVERY):
            if (finished := self._supervisor.finished) == written:
                continue
            try:
                schema.write(self._supervisor.report(), self._file)
                written = finished
            except schema.NotWrittenError as error:
                if not told:
                    told = True
                    self._tell(f"{error} The run goes on, and tries again.")
