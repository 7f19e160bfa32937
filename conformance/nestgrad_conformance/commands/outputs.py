"""The files that a run writes: opened before it, and kept whatever ends it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from nestgrad_conformance.render import formats
from nestgrad_conformance.report import schema
from nestgrad_conformance.report.keeping import check_page_file, check_report_file, write_page
from nestgrad_conformance.report.schema import Report, ReportError
from nestgrad_conformance.run.supervisor import Supervisor

from .errors import Failed
from .rendering import rendered
from .signals import held


@dataclass(frozen=True)
class Outputs:
    """Where a run goes.

    Attributes:
        report: the JSON file.
        pages: by format, the other files.
    """

    report: Path | None
    pages: dict[str, Path | None]

    def check(self, supervisor: Supervisor) -> None:
        """Make sure that all can be written, and that nothing is lost by that; nothing is changed.

        Raises:
            ReportError: one cannot be written, or holds what would be lost.
        """
        files = [file.resolve() for file in (self.report, *self.pages.values()) if file is not None]
        if len(set(files)) < len(files):
            raise click.UsageError("Two of --report, --html and --markdown are one file.")
        if self.report is not None:
            check_report_file(self.report, supervisor.planned, supervisor.run)
        for file in self.pages.values():
            if file is not None:
                check_page_file(file)

    def keep(self, report: Report, console: Console) -> list[str]:
        """Write the report, which no signal ends, and say where it is; gives what went wrong, a line each."""
        if self.report is None:
            return []
        with held():
            try:
                written = schema.write(report, self.report)
            except ReportError as error:
                return [f"{error} What it held before is kept." if self.report.exists() else str(error)]
        console.print(f"Report: {written}", highlight=False, markup=False, soft_wrap=True)
        return []

    def render(self, report: Report) -> list[str]:
        """Write the pages; gives what went wrong, a line each."""
        failed = []
        for name, file in self.pages.items():
            if file is not None:
                try:
                    write_page(file, rendered(name, formats.BUNDLED[name], report))
                except (Failed, ReportError) as error:
                    failed.append(str(error))
        return failed
