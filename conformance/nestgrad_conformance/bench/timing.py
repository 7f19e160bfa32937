"""CPU time of calls that take turns.

A figure says little beside one that was taken at another time. So all routes of a case run in every round, and figures
are of rounds.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping

import msgspec

from .clock import clock
from .routes import Call, Routes

_MOST = 20_000  # calls in a round


class Effort(msgspec.Struct, frozen=True):
    """How much is measured.

    Attributes:
        stretch: seconds of one route in one round, reached by repeated calls.
        seconds: of all rounds of a case, within these bounds on their number.
        fewest: rounds at least.
        most: rounds at most.
    """

    stretch: float = 0.02
    seconds: float = 0.9
    fewest: int = 5
    most: int = 15


class Timed(msgspec.Struct, frozen=True):
    """One route: how many calls a round had, and the seconds of one call, round by round."""

    loops: int
    seconds: tuple[float, ...]


def timed(routes: Routes, effort: Effort) -> dict[str, Timed]:
    """Time all routes, which have run before; every second round goes backwards."""
    gc.collect()
    first = {name: _seconds(call, 1, routes) for name, call in routes.calls.items()}
    loops = {name: 1 if routes.before or routes.clocked else _loops(one, effort) for name, one in first.items()}
    one_round = sum(first[name] * loops[name] for name in loops)
    rounds = min(max(int(effort.seconds / one_round), effort.fewest), effort.most)
    found: dict[str, list[float]] = {name: [] for name in loops}
    for number in range(rounds):
        for name in _in_turn(routes.calls, number):
            found[name].append(_seconds(routes.calls[name], loops[name], routes))
    return {name: Timed(loops[name], tuple(seconds)) for name, seconds in found.items()}


def _in_turn(calls: Mapping[str, Call], number: int) -> list[str]:
    return [*calls][:: -1 if number % 2 else 1]


def _loops(seconds: float, effort: Effort) -> int:
    return min(max(1, int(effort.stretch / seconds)), _MOST)


def _seconds(call: Callable[[], object], loops: int, routes: Routes) -> float:
    """The seconds of one call, where so many are timed together."""
    if routes.before is not None:
        routes.before()
    if routes.clocked:
        return float(call())  # type: ignore[arg-type]
    start = clock()
    for _ in range(loops):
        call()
    return (clock() - start) / loops
