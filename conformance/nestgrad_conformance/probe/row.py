"""What there is to say of a registered backend: of its metadata and limits, and of a probe where there was one."""

from __future__ import annotations

from typing import Literal

import msgspec

from nestgrad import BackendInfo
from nestgrad_conformance.judge.verdict import Outcome
from nestgrad_conformance.limits.limit import LimitsError
from nestgrad_conformance.limits.standing import Standing, standing

State = Literal["ok", "wrong", "broken", "absent"]
FAILING = ("wrong", "broken")


class Try(msgspec.Struct):
    """One derivative: what came of it, how far it is off, and what was said."""

    outcome: Outcome
    error: float | None
    message: str | None


class Probe(msgspec.Struct):
    """A registered backend, and what a probe has shown of it.

    Attributes:
        name: the backend's.
        module: the plug-in's module.
        distribution: the distribution that registers it.
        version: that distribution's version.
        state: `ok` (each mode that it has is right or refused, one is right, and its namespace has what nestgrad
            needs), `wrong` (a number is), `broken`, `absent` (its engine is not installed); None if not probed.
        message: why it is not ok.
        engines: versions of the engine and of what it computes with, by distribution.
        forward: the derivative of 1/‖x‖ in forward mode; None if there is none. `reverse`: the same in reverse mode.
        lacks: what nestgrad needs of the namespace `xp` and it does not have.
        lacks_for_f: what 1/‖x‖ is written with and `xp` does not have; nothing is differentiated then.
        standing: the engine as it is installed; None of a backend that is not bundled and was not probed.
    """

    name: str
    module: str
    distribution: str
    version: str
    state: State | None = None
    message: str | None = None
    engines: dict[str, str] = msgspec.field(default_factory=dict)
    forward: Try | None = None
    reverse: Try | None = None
    lacks: list[str] = msgspec.field(default_factory=list)
    lacks_for_f: list[str] = msgspec.field(default_factory=list)
    standing: Standing | None = None

    @classmethod
    def unprobed(cls, info: BackendInfo) -> Probe:
        """What the metadata tell, and of a bundled backend its limits."""
        row = cls(info.name, info.module, info.distribution, info.version)
        return with_standing(row, info) if info.bundled else row


def with_standing(row: Probe, info: BackendInfo) -> Probe:
    """The row with the engine as it is installed; a limits file that cannot be read is the state of its backend."""
    try:
        row.standing = standing(info)
    except LimitsError as error:
        row.state, row.message = "broken", str(error)
    return row
