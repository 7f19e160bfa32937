"""What was asked for cannot be done: one line on standard error, and exit status 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import nestgrad as ng
from nestgrad_conformance.judge.limits import LimitsError
from nestgrad_conformance.report.schema import ReportError

FINDING, USAGE = 1, 2


class Refused(click.ClickException):
    """One line, without the usage of the command: that was right."""

    exit_code = USAGE


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn errors in what was asked for into `Refused`."""
    try:
        yield
    except (ng.NestgradError, LimitsError, ReportError) as error:
        raise Refused(" ".join(str(error).split())) from error


def write_text(file: Path, text: str) -> None:
    """Write a text file."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{file}: cannot be written: {error.strerror}.") from error
