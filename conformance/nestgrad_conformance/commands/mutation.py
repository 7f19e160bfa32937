"""`nestgrad mutation`: how many faulty backends the suite finds, and how often it accuses a sound one."""

from __future__ import annotations

import collections
import sys
import warnings

import click
from rich.console import Console
from rich.table import Table

from nestgrad_conformance.mutation.alarms import false_alarms
from nestgrad_conformance.mutation.mutants import family_names, mutants, operations
from nestgrad_conformance.mutation.score import Fate, fate


@click.command()
@click.option("--family", "families", multiple=True, metavar="NAME", help="Only these faults; repeatable.")
@click.option("--operation", "named", multiple=True, metavar="NAME", help="Only in this operation; repeatable.")
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(0), help="For false alarms; 0: none.")
@click.option("--sound", "sound", multiple=True, metavar="BACKEND", default=("autograd",), show_default=True)
@click.option("--score/--no-score", default=True, help="Measure mutants, or false alarms only.")
def mutation(
    families: tuple[str, ...], named: tuple[str, ...], seeds: int, sound: tuple[str, ...], score: bool
) -> None:
    """Measure the suite itself: backends with one fault each, which it must find, and sound ones.

    Exit status 1: a fault was not found that is not proven to be none, or a sound backend was accused.
    """
    _known(families, family_names())
    _known(named, operations())
    console, failed = Console(), False
    if score:
        failed |= _score(console, families, named)
    for name in sound if seeds else ():
        failed |= _alarms(console, name, seeds)
    sys.exit(int(failed))


def _known(asked: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in asked:
        if name not in known:
            raise click.UsageError(f"{name!r} is none of: {', '.join(known)}.")


def _score(console: Console, families: tuple[str, ...], named: tuple[str, ...]) -> bool:
    """Measure mutants and show the score; whether one was not found."""
    fates: dict[str, list[Fate]] = collections.defaultdict(list)
    chosen = list(mutants(families=families, operations=named))
    with Console(stderr=True).status("") as status:
        for number, mutant in enumerate(chosen, 1):
            status.update(f"{number} of {len(chosen)} mutants: {mutant.family} of {mutant.name}")
            fates[mutant.family].append(fate(mutant))
    table = Table("family", "found", "of", "equivalent", "not found")
    for family, found in fates.items():
        table.add_row(family, *_row(found))
    everything = [one for found in fates.values() for one in found]
    table.add_section()
    table.add_row("all", *_row(everything)[:3], "")
    console.print(table)
    return any(one.killer is None and one.proof is None for one in everything)


def _row(fates: list[Fate]) -> tuple[str, str, str, str]:
    """Found, how many could be, proven equivalent, and the names of the rest."""
    equivalent = sum(one.proof is not None for one in fates)
    survivors = [one.mutant.name for one in fates if one.killer is None and one.proof is None]
    possible = len(fates) - equivalent
    return str(possible - len(survivors)), str(possible), str(equivalent), " ".join(survivors)


def _alarms(console: Console, name: str, seeds: int) -> bool:
    """Measure a sound backend and show the alarms; whether there was one."""
    with Console(stderr=True).status(f"False alarms on {name}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers are judged, not their warnings
        found = false_alarms(name, range(seeds))
    cells = found.counts.total()
    console.print(f"{name}: {len(found.alarms)} alarms in {cells} cells, {seeds} seeds")
    for cell, said in found.alarms.items():
        console.print(f"  {cell}: {said}", highlight=False)
    return bool(found.alarms)
