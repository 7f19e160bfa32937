"""Profiles: how much of the suite a run measures, as data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nestgrad.extend import COMPILERS
from nestgrad_conformance.scenarios import TIERS, Scenario

EXECUTIONS = ("eager", *COMPILERS)
SLOW = {("torch", "compiled")}
"""An engine and an execution of many seconds a cell."""


@dataclass(frozen=True)
class Part:
    """Scenarios of some tiers, in some executions.

    Attributes:
        tiers: names of tiers.
        executions: names of executions.
        of: which of the tiers' scenarios: all of them, their sample, or a third that no other scenario changes.
        slow: whether the executions that are slow on an engine are among them.
    """

    tiers: tuple[str, ...]
    executions: tuple[str, ...]
    of: Literal["all", "sample", "third"] = "all"
    slow: bool = True

    def has(self, scenario: Scenario, execution: str, engine: str) -> bool:
        """Whether a scenario in an execution belongs to this part."""
        return (
            scenario.tier in self.tiers
            and execution in self.executions
            and (self.slow or (engine, execution) not in SLOW)
            and _CHOICE[self.of](scenario)
        )


PROFILES: Mapping[str, tuple[Part, ...]] = {
    "quick": (
        Part(("ops",), ("eager",), of="third"),
        Part(("programs",), ("eager",), of="sample"),
    ),
    "standard": (
        Part(TIERS, ("eager", "compiled", "traced"), slow=False),
        Part(("programs",), EXECUTIONS, of="sample"),
    ),
    "full": (Part(TIERS, EXECUTIONS),),
}


def selects(profile: str, scenario: Scenario, execution: str, engine: str) -> bool:
    """Whether a profile measures a scenario in an execution of an engine."""
    return any(part.has(scenario, execution, engine) for part in PROFILES[profile])


def _third(scenario: Scenario) -> bool:
    return hashlib.sha256(scenario.id.encode()).digest()[0] % 3 == 0


_CHOICE: Mapping[str, Callable[[Scenario], bool]] = {
    "all": lambda scenario: True,
    "sample": lambda scenario: scenario.sample,
    "third": _third,
}
