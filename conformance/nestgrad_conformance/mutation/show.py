"""The two figures of the suite itself, shown: its mutation score and its false alarms."""

from __future__ import annotations

import collections
import warnings

import click
from rich.console import Console
from rich.table import Table

from nestgrad.internal import did_you_mean

from .alarms import false_alarms
from .mutants import family_names, mutants, operations
from .score import Fate, fate


def _known(asked: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in asked:
        if name not in known:
            raise click.UsageError(f"{name!r} is none of: {', '.join(known)}. {did_you_mean(name, known)}")


def score(families: tuple[str, ...], named: tuple[str, ...]) -> bool:
    """Measure mutants and show the score; whether one was not found."""
    _known(families, family_names())
    _known(named, operations())
    fates: dict[str, list[Fate]] = collections.defaultdict(list)
    chosen = list(mutants(families=families, operations=named))
    if not chosen:
        raise click.UsageError("No mutant is of one of these families in one of these operations.")
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
    Console().print(table)
    return any(one.killer is None and one.proof is None for one in everything)


def _row(fates: list[Fate]) -> tuple[str, str, str, str]:
    """Found, how many could be, proven equivalent, and the names of the rest."""
    equivalent = sum(one.proof is not None for one in fates)
    survivors = [one.mutant.name for one in fates if one.killer is None and one.proof is None]
    possible = len(fates) - equivalent
    return str(possible - len(survivors)), str(possible), str(equivalent), " ".join(survivors)


def alarms(name: str, seeds: int) -> bool:
    """Measure a sound backend and show the alarms; whether there was one."""
    with Console(stderr=True).status(f"False alarms on {name}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers are judged, not their warnings
        found = false_alarms(name, range(seeds))
    console, cells = Console(), found.counts.total()
    console.print(f"{name}: {len(found.alarms)} alarms in {cells} cells, {seeds} seeds")
    for cell, said in found.alarms.items():
        console.print(f"  {cell}: {said}", highlight=False)
    return bool(found.alarms)
