"""Does a backend work at all? Each is loaded in a process of its own, and differentiates 1/‖x‖ once in each mode."""

from __future__ import annotations

import msgspec

from nestgrad import BackendInfo
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.processes.room import Died, Replied, Room
from nestgrad_conformance.run.deaths import measurement_of
from nestgrad_conformance.run.worker import BACKEND

from .row import Probe, State, Try, with_standing
from .worker import Ask, Found, Reply, Unfit

_SILENT = ("wrong", "silent_zero", "not_finite")

_REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def probe(info: BackendInfo, timeout: float) -> Probe:
    """Load a backend in a fresh process, differentiate once in each mode, and say how that went.

    Args:
        info: the backend.
        timeout: seconds, for it to load and for each derivative.
    """
    environment = {BACKEND: info.name}
    handler = "nestgrad_conformance.probe.worker:make"
    with Room(handler, timeout=timeout, environment=environment) as room:
        row = _probed(Probe.unprobed(info), room)
    return with_standing(row, info) if row.engines else row


def _probed(row: Probe, room: Room) -> Probe:
    looked = _asked(room, Ask())
    if isinstance(looked, Died):
        row.state, row.message = "broken", f"it does not load: {measurement_of(looked, '').message}"
    elif isinstance(looked, Unfit):
        row.state, row.message = "broken" if looked.installed else "absent", looked.message
    elif isinstance(looked, Found):
        row.engines, row.lacks, row.lacks_for_f = looked.engines, looked.lacks, looked.lacks_for_f
        tries = {} if looked.lacks_for_f else {mode: _tried(room, mode) for mode in looked.modes}
        row.forward, row.reverse = tries.get("F"), tries.get("R")
        row.state, row.message = _judged(row, looked.modes)
    return row


def _tried(room: Room, mode: str) -> Try:
    found = _asked(room, Ask(mode))
    if isinstance(found, Died):
        found = measurement_of(found, mode)
    assert isinstance(found, Ran)
    told = f"{found.exception}: {found.message}" if found.outcome == "error" and found.exception else found.message
    return Try(found.outcome, found.error, told)


def _judged(row: Probe, modes: list[str]) -> tuple[State, str | None]:
    """The state, and why, of a backend that has loaded."""
    tries = {name: one for name, one in (("forward", row.forward), ("reverse", row.reverse)) if one is not None}
    for name, one in tries.items():
        if one.outcome in _SILENT:
            off = "" if one.error is None else f", off by {one.error:.1e}"
            return "wrong", f"in {name} mode the derivative of 1/‖x‖ is {one.outcome}{off}"
    for name, one in tries.items():
        if one.outcome not in ("correct", "refused"):
            return "broken", f"in {name} mode: {one.outcome}: {one.message}"
    if not modes:
        return "broken", "it has neither jvp nor vjp"
    if row.lacks:
        return "broken", f"its namespace lacks {', '.join(row.lacks)}, which nestgrad needs"
    if row.lacks_for_f:
        return "broken", f"1/‖x‖ cannot be written with its namespace, which lacks {', '.join(row.lacks_for_f)}"
    if "correct" not in {one.outcome for one in tries.values()}:
        return "broken", f"it refuses 1/‖x‖ in each mode: {next(iter(tries.values())).message}"
    return "ok", None


def _asked(room: Room, question: Ask) -> Reply | Died:
    answer = room.ask(msgspec.msgpack.encode(question))
    return _REPLY.decode(answer.payload) if isinstance(answer, Replied) else answer
