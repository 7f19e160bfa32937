"""What is declared of the cells of a backend; of a pair by both: the outer speaks of how it runs what is foreign to it.

All that a foreign function itself consists of is the inner engine's matter, which evaluates eagerly in whatever
execution the outer one has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from nestgrad.extend import Descriptor
from nestgrad_conformance.limits.declared import written
from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.limits.names import check_names
from nestgrad_conformance.pairs import Pair
from nestgrad_conformance.report.schema import Environment
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.versions import UNKNOWN, version_of


@dataclass(frozen=True)
class Declaration:
    """The limits of one engine.

    Attributes:
        backend: whose they are.
        limits: the limits.
    """

    backend: Descriptor
    limits: tuple[Limit, ...]

    def check(self, scenarios: Iterable[Scenario]) -> None:
        """Hold them to the scenarios that there are; raises `LimitsError`."""
        files = " and ".join(filter(None, (self.backend.limits, self.backend.faults)))
        check_names(self.limits, scenarios, self.backend.engine, f"{self.backend.name}: {files}")

    def limit(self, scenario: Scenario, nesting: str, execution: str, where: Environment | None) -> Limit | None:
        """The first that speaks of a nesting of a scenario, in the versions that are measured."""
        version = UNKNOWN if where is None else version_of(self.backend.engine, self._engines(where))
        known = (self._asked(scenario, nesting), scenario.id, self._features(scenario), version, execution)
        return next((one for one in self.limits if one.covers(*known)), None)

    def _asked(self, scenario: Scenario, nesting: str) -> str:
        return nesting

    def _engines(self, where: Environment) -> dict[str, str]:
        return where.engines

    def _features(self, scenario: Scenario) -> frozenset[str]:
        return scenario.features


class InnerDeclaration(Declaration):
    """The same of the inner engine of a pair."""

    def _asked(self, scenario: Scenario, nesting: str) -> str:
        return nesting + scenario.letters_inside

    def _engines(self, where: Environment) -> dict[str, str]:
        return where.inner

    def _features(self, scenario: Scenario) -> frozenset[str]:
        return scenario.features_inside


def declarations(backend: Descriptor) -> tuple[Declaration, ...]:
    """What is declared of a backend, or of both of a pair.

    Raises:
        LimitsError: a limits file cannot be read.
    """
    if not isinstance(backend, Pair):
        return (Declaration(backend, written(backend.name)),)
    outer, inner = backend.both
    return Declaration(outer, written(outer.name)), InnerDeclaration(inner, _eager(written(inner.name)))


def _eager(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """Those that hold where an engine evaluates eagerly, for any execution of another one."""
    held = (one for one in limits if not one.executions or "eager" in one.executions)
    return tuple(msgspec.structs.replace(one, executions=(), compiled=None) for one in held)
