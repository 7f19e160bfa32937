"""`nestgrad bench`: what a derivative costs beside the same one written by hand."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console

import nestgrad as ng
from nestgrad.internal import INSTALL, descriptor, engine_installed, require_engine
from nestgrad_conformance.bench.catalogue import STARTUP, Case, cases, listed
from nestgrad_conformance.report.keeping import check_page_file

from .errors import Refused, usage_errors
from .notes import notes
from .report import FILE
from .selecting import check_globs
from .status import FINDING


@click.command()
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
@click.option("--case", "globs", multiple=True, metavar="GLOB", help="Only cases like this; repeatable.")
@click.option("--json", "file", type=FILE, help="Write what was measured, as pyperf does.")
@click.option("--gate", is_flag=True, help="Fail if a figure is beyond its bound.")
def bench(backends: tuple[str, ...], globs: tuple[str, ...], file: Path | None, gate: bool) -> None:
    """Measure what derivatives cost beside the same ones by hand. Without BACKEND: every one, and what starting costs.

    Exit status 1: a case failed, as by a wrong value, or with --gate a figure is beyond its bound.
    """
    console = notes()
    with usage_errors():
        for name in backends:
            require_engine(descriptor(name))
        names = dict.fromkeys(backends) if backends else _installed()
        known = [name for name in names if name in listed() or name == STARTUP]
        selected = _selected(known, globs)
        if file is not None:
            check_page_file(file)
        without = [name for name in names if name not in known]
        for name in without:
            told = f"{name}: nobody has written its routes by hand, so there is nothing to compare it with."
            console.print(told, style="yellow", highlight=False, markup=False, soft_wrap=True)
        status = _run(selected, file, gate, console)
    sys.exit(FINDING if without else status)


def _installed() -> Sequence[str]:
    """The engines with routes by hand that are installed, and what needs none."""
    known = [info.name for info in ng.backends() if info.name in listed() and info.bundled]
    return [STARTUP, *(name for name in known if engine_installed(descriptor(name)))]


def _selected(names: Sequence[str], globs: Sequence[str]) -> dict[str, list[Case]]:
    planned = {name: cases(name) for name in names}
    check_globs(globs if names else (), [case.id for some in planned.values() for case in some], "case")
    chosen = {name: [case for case in some if _is_like(case.id, globs)] for name, some in planned.items()}
    return {name: some for name, some in chosen.items() if some}


def _is_like(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def _run(selected: Mapping[str, Sequence[Case]], file: Path | None, gate: bool, console: Console) -> int:
    try:
        from .benching import run  # it imports pyperf, which no other command does
    except ModuleNotFoundError as error:
        if error.name != "pyperf":
            raise
        raise Refused(f"nestgrad bench needs {error.name!r}, which is not installed: {INSTALL}") from error
    return run(selected, file, gate, console)
