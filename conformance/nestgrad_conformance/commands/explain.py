"""`nestgrad explain`: what each nesting does with a function of yours, and what to do where one is refused."""

from __future__ import annotations

import os
import sys

import click
import msgspec

import nestgrad as ng
from nestgrad_conformance.diagnose.check_worker import Unusable, prepared, resolved
from nestgrad_conformance.diagnose.diagnosis import chosen
from nestgrad_conformance.diagnose.point import PointError, from_file, from_text

from .errors import Refused


@click.command()
@click.argument("target", metavar="MODULE:FUNCTION")
@click.option("--at", metavar="JSON", help='The point: "[1.0, 2.0]", or an object of arrays by name.')
@click.option("--at-file", type=click.Path(exists=True, dir_okay=False), help="The point: an NPY or NPZ file.")
@click.option("--backend", "name", metavar="NAME", help="By default by what the function returns.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def explain(target: str, at: str | None, at_file: str | None, name: str | None, as_json: bool) -> None:
    """Explain what each nesting of MODULE:FUNCTION does at a point: it runs, is repaired or refused, by what and where.

    The function takes one array, or one dictionary of arrays, of the backend. It runs in this process. Whether the
    numbers are right is measured by `nestgrad check`.
    """
    if (at is None) == (at_file is None):
        raise click.UsageError("Give the point by one of --at and --at-file.")
    sys.path.insert(0, os.getcwd())  # as `python -m` does
    try:
        named = prepared(ng.get_backend(name)) if name else None
        x = from_text(at) if at is not None else from_file(at_file or "")
        f = resolved(target)
        found = ng.explain(f, x, backend=named or prepared(chosen(f, x, ())))
    except (ng.NestgradError, PointError, Unusable) as error:
        raise Refused(str(error)) from error
    except Exception as error:
        raise Refused(f"{target} raises {type(error).__name__} at this point: {error}") from error
    click.echo(msgspec.json.encode(found.to_dict()) if as_json else str(found))
