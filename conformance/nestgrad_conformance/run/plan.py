"""The plan: which cells a run consists of."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from nestgrad._nesting import words
from nestgrad.extend import COMPILERS, Mode, Nesting
from nestgrad_conformance.judge.subject import AUTO
from nestgrad_conformance.scenarios import Scenario

EXECUTIONS = ("eager", *COMPILERS)
DTYPE = "float64"
SLOW = {("torch", "compiled")}  # an engine and an execution of many seconds a cell


class Task(msgspec.Struct, frozen=True, tag=True):
    """One cell to measure, as it is sent to a worker."""

    scenario: str
    word: str
    execution: str
    dtype: str
    seed: int


@dataclass(frozen=True)
class Selection:
    """The part of the suite to run; an empty field selects everything.

    Attributes:
        tiers: names of tiers.
        scenarios: glob patterns on scenario ids.
        nestings: words, or `auto`.
        executions: names of executions; one that is named is measured on every scenario, a slow one
            otherwise on the sample.
        seed: of inputs and directions.
    """

    tiers: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    nestings: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    seed: int = 0

    def tasks(self, scenarios: Iterable[Scenario], engine: str) -> list[Task]:
        """The cells of one engine: scenario by scenario, so that a worker needs one truth at a time."""
        return [
            Task(scenario.id, word, execution, DTYPE, self.seed)
            for scenario in scenarios
            if scenario.engine in (None, engine) and self._selects(scenario)
            for execution in EXECUTIONS
            if self._runs(scenario, execution, engine)
            for word in _words(scenario.order if execution == "eager" or scenario.sample else min(scenario.order, 2))
            if not self.nestings or word in self.nestings
        ]

    def _runs(self, scenario: Scenario, execution: str, engine: str) -> bool:
        if self.executions:
            return execution in self.executions
        return scenario.sample or (engine, execution) not in SLOW

    def _selects(self, scenario: Scenario) -> bool:
        by_tier = not self.tiers or scenario.tier in self.tiers
        return by_tier and (
            not self.scenarios or any(fnmatch.fnmatchcase(scenario.id, glob) for glob in self.scenarios)
        )


def cell_id(backend: str, scenario: Scenario, task: Task) -> str:
    """A name that stays the same as long as the cell means the same."""
    return f"{backend}/{scenario.id}@{scenario.revision}/{task.word}/{task.execution}/{task.dtype}"


def long_name(word: str) -> str:
    """The word as reports spell it."""
    return word if word == AUTO else str(Nesting(word))


def _words(highest_order: int) -> list[str]:
    """The words of each order, those with a vector for result first: others are compared with it.

    `auto` is one more word of order 2.
    """
    orders = (sorted(words(order), key=lambda word: Mode.REVERSE not in word) for order in range(1, highest_order + 1))
    return [word.code for of_one_order in orders for word in of_one_order] + [AUTO] * (highest_order > 1)
