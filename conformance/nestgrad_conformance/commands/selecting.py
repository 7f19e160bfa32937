"""What is selected: every name must be of something, and something must be left."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from difflib import get_close_matches

import nestgrad as ng
from nestgrad.internal import did_you_mean
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.run.backend_run import Bench
from nestgrad_conformance.run.plan import WHOLE, Selection
from nestgrad_conformance.run.supervisor import Supervisor
from nestgrad_conformance.scenarios import Scenario, load

from .errors import Refused


def checked_code(text: str) -> str:
    """The code of a nesting, or `auto`.

    Raises:
        InvalidNestingError: it is neither.
    """
    if text == AUTO:
        return AUTO
    if get_close_matches(text, [AUTO]):
        raise ng.InvalidNestingError(f"{text!r} is no nesting. Did you mean {AUTO!r}?")
    return ng.Nesting(text).code


def check_globs(globs: Iterable[str], ids: Collection[str], what: str = "scenario") -> None:
    """Refuse a pattern that no scenario (or what else the ids are of) is like, and say which ids are closest."""
    for glob in globs:
        if not any(fnmatch.fnmatchcase(name, glob) for name in ids):
            raise Refused(f"No {what} is like {glob!r}. {did_you_mean(re.sub(r'[][*?!]', '', glob), ids)}")


def check_planned(supervisor: Supervisor, named: bool) -> None:
    """Refuse a run that plans no cell, or none of a backend that was asked for by name, and say what left none."""
    if not supervisor.benches:
        raise Refused("No backend is registered whose engine is installed; `nestgrad backends --probe` says why.")
    empty = [bench for bench in supervisor.benches if not bench.tasks]
    if (named and empty) or len(empty) == len(supervisor.benches):
        whose = f" of {empty[0].name}" if named else ""
        raise Refused(f"No cell{whose} is selected. {_way_out(supervisor, empty if not named else empty[:1])}")


def _way_out(supervisor: Supervisor, empty: list[Bench]) -> str:
    """How many cells there would be without one of the options."""
    selection, scenarios = supervisor.selection, load()
    wider = {
        "tier": replace(selection, tiers=()),
        "scenario": replace(selection, scenarios=()),
        "nesting": replace(selection, nestings=()),
        "execution": replace(selection, executions=()),
    }
    others = {f"without --{option}": wider[option] for option in selection.narrowing}
    if selection.shard != WHOLE:
        others["without --shard"] = replace(selection, shard=WHOLE)
    if selection.profile != "full":
        others["with --profile full"] = replace(selection, profile="full")
    found = {way: _count(other, scenarios, empty, supervisor.raw) for way, other in others.items()}
    if supervisor.raw:
        found["without --raw"] = _count(selection, scenarios, empty, raw=False)
    ways = [f"{way} there are {count}" for way, count in found.items() if count]
    return f"{', '.join(ways).capitalize()}." if ways else f"These exclude each other: {_told(selection)}."


def _count(selection: Selection, scenarios: dict[str, Scenario], benches: list[Bench], raw: bool) -> int:
    tasks = (task for bench in benches for task in selection.tasks(scenarios.values(), bench.described))
    return sum(not raw or task.nesting != AUTO for task in tasks)


def _told(selection: Selection) -> str:
    options = (f"--{option} {value}" for option, values in selection.narrowing.items() for value in values)
    return " ".join((f"--profile {selection.profile}", *options))
