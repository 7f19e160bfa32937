"""`nestgrad measured`: the operations of an engine that a full run has seen in correct cells."""

from __future__ import annotations

import warnings
from pathlib import Path

import click

from nestgrad import get_backend
from nestgrad_conformance.diagnose.check_worker import prepared
from nestgrad_conformance.report import operations
from nestgrad_conformance.scenarios import load

from .errors import Refused, usage_errors
from .report import FILE, read


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--backend", "name", metavar="NAME", help="Needed where the reports have several.")
def measured(files: tuple[Path, ...], name: str | None) -> None:
    """Write which operations of an engine were measured, from the reports of full runs, to standard output.

    It is the file that a backend's descriptor names as `measured`. Each function with a correct cell is evaluated
    once, in this process; the engine must be the version that was measured.
    """
    report = read(files)
    names = sorted(report.environments)
    if name is None and len(names) != 1:
        raise Refused(f"The reports are of {', '.join(names) or 'no backend'}: name one by --backend.")
    backend = name or names[0]
    if backend not in names:
        raise Refused(f"The reports are of {', '.join(names)}, not of {backend!r}.")
    with usage_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that functions hide
        click.echo(operations.text(operations.found(report, prepared(get_backend(backend)), load())), nl=False)
