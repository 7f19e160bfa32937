"""What cannot be done, in one line on standard error: exit status 2 if it was wrong to ask, 1 if it was not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

import nestgrad as ng
from nestgrad_conformance.limits.limit import LimitsError
from nestgrad_conformance.report.schema import NotWrittenError, ReportError

from .status import FINDING, USAGE


class Failed(click.ClickException):
    """One line: what was asked for is right, and does not succeed."""

    exit_code = FINDING


class Refused(click.ClickException):
    """One line, without the usage of the command: that was right."""

    exit_code = USAGE


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn errors in what was asked for into `Refused`, and a full disk into `Failed`."""
    try:
        yield
    except NotWrittenError as error:
        raise Failed(_line(error)) from error
    except (ng.NestgradError, LimitsError, ReportError) as error:
        raise Refused(_line(error)) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
