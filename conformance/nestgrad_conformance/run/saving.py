"""Saving as it goes: a run that is killed can be resumed from its report."""

from __future__ import annotations

import threading
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
    with closing(supervisor.cells()) as cells, _Saver(supervisor, file) as saver:
        for cell in cells:
            if saver.error is not None:
                raise saver.error
            yield cell


class _Saver(threading.Thread):
    """Writes what has come since it last wrote; a thread, since the next cell may hang."""

    def __init__(self, supervisor: Supervisor, file: Path) -> None:
        super().__init__(daemon=True)
        self.error: schema.ReportError | None = None
        self._supervisor, self._file, self._over = supervisor, file, threading.Event()

    def __enter__(self) -> _Saver:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        written = self._supervisor.finished
        while self.error is None and not self._over.wait(_EVERY):
            if (finished := self._supervisor.finished) == written:
                continue
            try:
                schema.write(self._supervisor.report(), self._file)
                written = finished
            except schema.ReportError as error:
                self.error = error
