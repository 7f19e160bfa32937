"""`nestgrad backends`: those that are registered, and with `--probe` whether they work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

import nestgrad as ng
from nestgrad_conformance.probe.row import FAILING, Probe, Try

from .status import FINDING

if TYPE_CHECKING:
    from rich.console import Console

Columns = dict[str, Callable[[Probe], str]]
"""What there is to say of a backend, by the heading."""

_NAMED: Columns = {
    "backend": lambda row: row.name,
    "distribution": lambda row: f"{row.distribution} {row.version}",
    "module": lambda row: row.module,
}
_ENGINE: Columns = {"engine": lambda row: str(row.standing or "")}
LISTED: Columns = {**_NAMED, **_ENGINE}
PROBED: Columns = {
    **_NAMED,
    "state": lambda row: row.state or "",
    **_ENGINE,
    "forward": lambda row: _outcome(row.forward),
    "reverse": lambda row: _outcome(row.reverse),
    "namespace lacks": lambda row: ", ".join((*row.lacks, *row.lacks_for_f)) or ("nothing" if row.engines else ""),
}


@click.command("backends")
@click.option("--probe", "probing", is_flag=True, help="Load each in a process of its own, and differentiate 1/‖x‖.")
@click.option("--timeout", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for each step.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_backends(probing: bool, timeout: float, as_json: bool) -> None:
    """List the registered backends, and whether anything was measured on the engine's version that is installed.

    Without --probe nothing is imported, so that the engine is told of bundled backends alone. With it the exit status
    is 1 if a backend whose engine is installed is broken, or gives a wrong number.
    """
    rows = _probed(timeout) if probing else [Probe.unprobed(info) for info in ng.backends()]
    if as_json:
        click.echo(msgspec.json.encode(rows))
    elif probing:
        _tell(rows)
    else:
        _print(rows, LISTED)
    sys.exit(FINDING if any(row.state in FAILING for row in rows) else 0)


def _probed(timeout: float) -> list[Probe]:
    from rich.console import Console  # here and below: what a list without a probe does not need

    from nestgrad_conformance.probe.probe import probe

    rows = []
    with Console(stderr=True).status("") as status:
        for info in ng.backends():
            status.update(f"Probing {info.name}")
            rows.append(probe(info, timeout))
    return rows


def _tell(rows: Sequence[Probe]) -> None:
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        _show(rows, console)
    else:
        _print(rows, PROBED)


def _show(rows: Sequence[Probe], console: Console) -> None:
    """A table, the engines side by side, and below it what is not ok."""
    from rich.table import Column, Table

    columns = {heading: cell for heading, cell in PROBED.items() if heading != "module"}
    table = Table(*(Column(heading, overflow="fold") for heading in columns), box=None)
    for row in rows:
        table.add_row(*(cell(row) for cell in columns.values()), style="red" if row.state in FAILING else None)
    console.print(table)
    for row in rows:
        if row.message is not None:
            console.print(f"{row.name}: {_line(row.message)}", highlight=False, markup=False, soft_wrap=True)


def _print(rows: Sequence[Probe], columns: Columns) -> None:
    """A line for each backend; what is found by a probe has its heading before it."""
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        cells = {heading: text for heading, cell in columns.items() if (text := cell(row))}
        name = cells.pop("backend")
        said = [text if heading in (*LISTED, "state") else f"{heading}: {text}" for heading, text in cells.items()]
        click.echo("  ".join((f"{name:<{width}}", *said, *([_line(row.message)] if row.message else ()))))


def _outcome(found: Try | None) -> str:
    return "" if found is None else found.outcome


def _line(text: str) -> str:
    return " ".join(text.split())
