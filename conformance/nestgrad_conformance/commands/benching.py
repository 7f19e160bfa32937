"""A benchmark from its first case to its exit status: what was finished is kept and shown, whatever ends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import click
from pyperf import Benchmark, BenchmarkSuite
from rich.console import Console

from nestgrad_conformance.bench import bounds, storage
from nestgrad_conformance.bench.catalogue import Case
from nestgrad_conformance.bench.figures import Figure, figures
from nestgrad_conformance.bench.run import run as measured
from nestgrad_conformance.bench.table import line, table
from nestgrad_conformance.bench.timing import Effort
from nestgrad_conformance.bench.worker import Failed

from .signals import as_interrupts
from .status import FINDING

EFFORT = Effort()


def run(selected: Mapping[str, Sequence[Case]], file: Path | None, gate: bool, console: Console) -> int:
    """Measure, show and keep; gives the exit status.

    Raises:
        ReportError: the file cannot be written.
    """
    kept: list[Benchmark] = []
    status = 0
    with as_interrupts():
        try:
            for chosen in selected.values():
                for found in _shown(chosen, console):
                    kept += found
                    status = status if found else FINDING
        except KeyboardInterrupt:
            console.print("Interrupted; what was finished is kept.", style="yellow")
            status = FINDING
    if not kept:
        return status
    suite = BenchmarkSuite(kept)
    if file is not None:
        storage.write(suite, file)
        console.print(f"Written: {file}", highlight=False, markup=False, soft_wrap=True)
    return _gated(figures(suite)) or status if gate else status


def _shown(cases: Sequence[Case], console: Console) -> Iterator[list[Benchmark]]:
    """The benchmarks of each case of one engine, none of one that failed; shown as they come, or in a table."""
    screen, whole = Console(), list[Figure]()
    with closing(measured(cases, EFFORT)) as stream, console.status("Starting") as status:
        for number, (case, reply) in enumerate(stream, 1):
            status.update(f"{case.id}: {number} of {len(cases)}")
            if isinstance(reply, Failed):
                told = f"failed: {case.id}: {reply.message}"
                console.print(told, style="red", highlight=False, markup=False, soft_wrap=True)
                yield []
                continue
            found = storage.benchmarks(case, reply)
            own = figures(BenchmarkSuite(found))
            whole += own
            if not screen.is_terminal:
                click.echo("\n".join(map(line, own)))
            yield found
    if screen.is_terminal:
        screen.print(table(whole))


def _gated(shown: Sequence[Figure]) -> int:
    """Tell what is beyond its bound, and give the exit status."""
    found = bounds.beyond(shown)
    for one in found:
        click.echo(f"beyond: {one}")
    bounded = sum(bounds.bound_of(figure) is not None for figure in shown)
    click.echo(f"{bounded - len(found)} of {bounded} bounded figures are within {bounds.MARGIN} times their bound.")
    return FINDING if found else 0
