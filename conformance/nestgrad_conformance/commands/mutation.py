"""`nestgrad mutation`: how many faulty backends the suite finds, and how often it accuses a sound one."""

from __future__ import annotations

import sys

import click

from nestgrad.internal import embedded


@click.command()
@click.option("--family", "families", multiple=True, metavar="NAME", help="Only these faults; repeatable.")
@click.option("--operation", "named", multiple=True, metavar="NAME", help="Only in this operation; repeatable.")
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(0), help="For false alarms; 0: none.")
@click.option(
    "--sound", "sound", multiple=True, metavar="BACKEND", default=lambda: (embedded(),), show_default="the embedded one"
)
@click.option("--score/--no-score", default=True, help="Measure mutants, or false alarms only.")
def mutation(
    families: tuple[str, ...], named: tuple[str, ...], seeds: int, sound: tuple[str, ...], score: bool
) -> None:
    """Measure the suite itself: backends with one fault each, which it must find, and sound ones.

    Exit status 1: a fault was not found that is not proven to be none, or a sound backend was accused.
    """
    if not score and not (seeds and sound):
        raise click.UsageError("With --no-score nothing is measured without --seeds.")
    from nestgrad_conformance.mutation import show  # it imports autograd, which no other command does

    failed = score and show.score(families, named)
    for name in sound if seeds else ():
        failed |= show.alarms(name, seeds)
    sys.exit(int(failed))
