"""The plan: which cells a run consists of."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from nestgrad.extend import Descriptor
from nestgrad_conformance.pairs import Pair
from nestgrad_conformance.scenarios import Scenario

from .profiles import EXECUTIONS, nestings_of


class Task(msgspec.Struct, frozen=True, tag=True):
    """One cell to measure, as it is sent to a worker."""

    scenario: str
    nesting: str
    execution: str
    dtype: str
    seed: int


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a plan: every `of`-th scenario, from `number` on.

    A scenario stays whole, since its cells share a truth.
    """

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"there is no shard {self}")

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that is written `2/4`.

        Raises:
            ValueError: no such shard.
        """
        number, _, of = text.partition("/")
        return cls(int(number), int(of))


WHOLE = Shard()


@dataclass(frozen=True)
class Selection:
    """The part of the suite to run: what a profile has, narrowed; an empty field narrows nothing.

    Attributes:
        tiers: names of tiers.
        scenarios: glob patterns on scenario ids.
        nestings: codes, or `auto`.
        executions: names of executions.
        seed: of inputs and directions.
        profile: the profile's name.
        shard: the part of the plan, for each engine.
    """

    tiers: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    nestings: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    seed: int = 0
    profile: str = "full"
    shard: Shard = WHOLE

    def tasks(self, scenarios: Iterable[Scenario], backend: Descriptor) -> list[Task]:
        """The cells of one backend: scenario by scenario, so that a worker needs one truth at a time."""
        planned = [tasks for scenario in scenarios if (tasks := self._of(scenario, backend))]
        return [task for tasks in planned[self.shard.number - 1 :: self.shard.of] for task in tasks]

    @property
    def narrowing(self) -> dict[str, list[str]]:
        """What narrows the profile, by the name of the option; the shard is told apart."""
        named = {
            "tier": self.tiers,
            "scenario": self.scenarios,
            "nesting": self.nestings,
            "execution": self.executions,
        }
        return {option: list(values) for option, values in named.items() if values}

    def _of(self, scenario: Scenario, backend: Descriptor) -> list[Task]:
        if bool(scenario.pieces) != isinstance(backend, Pair) or scenario.engine not in (None, backend.engine):
            return []
        if not self._names(scenario):
            return []
        return [
            Task(scenario.id, nesting, execution, scenario.dtype, self.seed)
            for execution in scenario.executions or EXECUTIONS
            if not self.executions or execution in self.executions
            for nesting in nestings_of(self.profile, scenario, execution, backend)
            if any(fnmatch.fnmatchcase(nesting, pattern) for pattern in scenario.nestings.split())
            and (not self.nestings or nesting in self.nestings)
        ]

    def _names(self, scenario: Scenario) -> bool:
        by_tier = not self.tiers or scenario.tier in self.tiers
        return by_tier and (
            not self.scenarios or any(fnmatch.fnmatchcase(scenario.id, glob) for glob in self.scenarios)
        )
