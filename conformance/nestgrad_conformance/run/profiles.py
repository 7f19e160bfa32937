"""Profiles: how much of the suite a run measures, as data.

The budget on two cores is a minute an engine for `quick` and six for `standard`. How long an engine takes in an
execution its backend's descriptor tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nestgrad.extend import COMPILERS, Descriptor, Mode
from nestgrad.internal import nestings
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.scenarios import TIERS, Scenario

EXECUTIONS = ("eager", *COMPILERS)
FAST = "fast"
"""Stands for the execution in which a backend is measured fastest."""

_COSTS: Mapping[str, int] = {"fast": 0, "slow": 1, "hours": 2}
"""At 1 all scenarios take longer than `standard` may."""


@dataclass(frozen=True)
class Part:
    """Scenarios of some tiers, in some executions.

    Attributes:
        tiers: names of tiers.
        executions: names of executions, or `FAST`.
        of: which of the tiers' scenarios: all of them, the plain one of each operation, their sample, or a third
            or a sixth that no other scenario changes.
        orders: of the nestings.
        cost: of the executions that are among them, the highest.
        auto: whether `auto` is a nesting too. What it chooses is the same in every execution.
    """

    tiers: tuple[str, ...]
    executions: tuple[str, ...]
    of: Literal["all", "plain", "sample", "third", "sixth"] = "all"
    orders: tuple[int, ...] = (1, 2, 3)
    cost: int = 2
    auto: bool = True

    def has(self, scenario: Scenario, execution: str, backend: Descriptor) -> bool:
        """Whether a scenario in an execution of a backend belongs to this part."""
        fast = FAST in self.executions and execution == _fastest(backend)
        return (
            scenario.tier in self.tiers
            and (fast or execution in self.executions)
            and _cost(backend, execution) <= self.cost
            and _CHOICE[self.of](scenario)
        )


PROFILES: Mapping[str, tuple[Part, ...]] = {
    "quick": (
        Part(("ops",), (FAST,), of="third", orders=(1, 2), cost=0),
        Part(("ops",), (FAST,), of="third", orders=(1, 2), auto=False),
        Part(("programs",), (FAST,), of="sample", orders=(1, 2), cost=0),
        Part(("foreign",), ("eager",), of="sample", orders=(1, 2)),
    ),
    "standard": (
        Part(("foreign",), EXECUTIONS, orders=(1, 2)),
        Part(("foreign",), EXECUTIONS, of="sample"),
        Part(TIERS, ("eager", "compiled"), orders=(1, 2), cost=0),
        Part(("ops",), (FAST,), orders=(1, 2)),
        Part(("ops",), ("eager", "compiled", "traced"), of="plain", orders=(2,), cost=1, auto=False),
        Part(("native",), (FAST,), of="sixth", orders=(1, 2)),
        Part(("programs",), ("eager", "compiled"), of="sample", orders=(1, 2), auto=False),
        Part(("programs", "native"), (FAST,), of="sample", cost=0),
    ),
    "full": (
        Part(TIERS, EXECUTIONS, cost=1),
        Part(("programs", "foreign"), ("compiled",), of="sample"),
    ),
}


def nestings_of(profile: str, scenario: Scenario, execution: str, backend: Descriptor) -> list[str]:
    """The nestings that a profile measures of a scenario in an execution of a backend.

    Of a compiled function the third order is measured on the sample alone. Of each order the nestings with a vector for
    result come first: others are compared with it. `auto` is one more nesting of order 2.
    """
    parts = [part for part in PROFILES[profile] if part.has(scenario, execution, backend)]
    most = scenario.order if execution == "eager" or scenario.sample else min(scenario.order, 2)
    orders = sorted({order for part in parts for order in part.orders if order <= most})
    planned = (sorted(nestings(order), key=lambda nesting: Mode.REVERSE not in nesting) for order in orders)
    chosen = [AUTO] * (2 in orders and any(part.auto for part in parts))
    return [nesting.code for of_one_order in planned for nesting in of_one_order] + chosen


def _cost(backend: Descriptor, execution: str) -> int:
    return _COSTS[backend.speed(execution)]


def _fastest(backend: Descriptor) -> str:
    """Eager, unless the engine's usual compiler saves more than it takes."""
    return min(("eager", "compiled"), key=lambda execution: _cost(backend, execution))


def _one_of(number: int) -> Callable[[Scenario], bool]:
    return lambda scenario: hashlib.sha256(scenario.id.encode()).digest()[0] % number == 0


_CHOICE: Mapping[str, Callable[[Scenario], bool]] = {
    "all": lambda scenario: True,
    "plain": lambda scenario: scenario.plain,
    "sample": lambda scenario: scenario.sample,
    "third": _one_of(3),
    "sixth": _one_of(6),
}
