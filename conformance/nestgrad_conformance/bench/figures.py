"""What the rounds say: medians, and how far the middle half of the rounds is spread."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from pyperf import Benchmark, BenchmarkSuite

from .routes import NESTGRAD

_MICRO = 1e6


@dataclass(frozen=True)
class Spread:
    """A median, and both quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """That of some values."""
        known = [*values]
        if len(known) == 1:
            return cls(known[0], known[0], known[0])
        low, median, high = statistics.quantiles(known, n=4, method="inclusive")
        return cls(median, low, high)


@dataclass(frozen=True)
class Figure:
    """nestgrad beside one other route.

    Attributes:
        case: the id.
        beside: the other route.
        ours, theirs: microseconds of a call.
        ratio: ours by theirs, of each round.
        more: ours less theirs, of each round, in microseconds.
    """

    case: str
    beside: str
    ours: Spread
    theirs: Spread
    ratio: Spread
    more: Spread


def figures(suite: BenchmarkSuite) -> list[Figure]:
    """Those of all cases, in order."""
    found = []
    for case, group in itertools.groupby(suite, lambda one: one.get_metadata()["case"]):
        by_route = {one.get_metadata()["route"]: _microseconds(one) for one in group}
        ours = by_route.pop(NESTGRAD)
        found += [_figure(case, name, ours, theirs) for name, theirs in by_route.items()]
    return found


def _figure(case: str, beside: str, ours: list[float], theirs: list[float]) -> Figure:
    pairs = [*zip(ours, theirs, strict=True)]
    ratio, more = Spread.of(mine / other for mine, other in pairs), Spread.of(mine - other for mine, other in pairs)
    return Figure(case, beside, Spread.of(ours), Spread.of(theirs), ratio, more)


def _microseconds(one: Benchmark) -> list[float]:
    return [value * _MICRO for value in one.get_values()]
