"""What limits may name: operations, features and scenarios that exist. A limit on nothing is never held to its word."""

from __future__ import annotations

from collections.abc import Iterable

from nestgrad.internal import did_you_mean
from nestgrad_conformance.scenarios import Scenario

from .limit import Limit, LimitsError


def check_names(limits: Iterable[Limit], scenarios: Iterable[Scenario], engine: str, where: str) -> None:
    """Hold limits to the scenarios that a backend of this engine is measured on; `where` is how errors call the file.

    Raises:
        LimitsError: a limit names what no scenario has, or things that no scenario has together.
    """
    own = [scenario for scenario in scenarios if scenario.engine in (None, engine)]
    features, ids = {name for one in own for name in one.features}, {one.id for one in own}
    for number, limit in enumerate(limits, 1):
        entry = f"{where}: entry {number} ({limit.nesting!r}, {limit.reason!r})"
        named = (("operation", limit.operation), ("feature", limit.feature), ("feature", limit.unless))
        for kind, name, known in (*((kind, name, features) for kind, name in named), ("id", limit.scenario, ids)):
            if name is not None and name not in known:
                raise LimitsError(f"{entry}: no scenario has the {kind} {name!r}. {did_you_mean(name, known)}")
        if not any(limit.speaks_of(one.id, one.features) for one in own):
            raise LimitsError(f"{entry}: no scenario has all that it names together.")
