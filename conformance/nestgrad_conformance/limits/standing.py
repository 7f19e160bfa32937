"""Was anything measured on the version of an engine that is installed? Limits and ledgers tell, without the engine."""

from __future__ import annotations

from importlib.util import find_spec

import msgspec

from nestgrad import BackendInfo
from nestgrad.internal import descriptor, located
from nestgrad_conformance.limits.ledger import of_faults
from nestgrad_conformance.limits.limit import read
from nestgrad_conformance.versions import brought, version_of

LIMITS, FAULTS = "limits.toml", "faults.toml"
"""The files of a bundled backend. Most engines are called as their backend is: that is known without its descriptor."""


class Standing(msgspec.Struct, frozen=True):
    """An engine as it is installed.

    Attributes:
        engine: its import name.
        version: what is installed; None if nothing is.
        measured: whether one of the backend's limits was seen in that version.
    """

    engine: str
    version: str | None
    measured: bool

    def __str__(self) -> str:
        if self.version is None:
            return f"{self.engine} is not installed"
        return f"{self.engine} {self.version}, {'measured' if self.measured else 'not measured'}"


def standing(info: BackendInfo) -> Standing:
    """How the installed engine of a backend stands.

    The descriptor is imported of one that is not bundled, or where there is no package of the backend's name.

    Raises:
        LimitsError: the limits file is missing or malformed.
        BackendUnavailableError: the descriptor does not load.
    """
    described = None if info.bundled and find_spec(info.name) is not None else descriptor(info.name)
    if described:
        engine, limits, faults = described.engine, described.limits, described.faults
    else:
        engine, limits, faults = info.name, LIMITS, FAULTS if located(info.module, FAULTS).is_file() else None
    if find_spec(engine.partition(".")[0]) is None:
        return Standing(engine, None, False)
    version = version_of(engine, brought(engine))
    declared = (*read(info.module, limits), *of_faults(info.module, faults))
    return Standing(engine, version, any(version in limit.seen for limit in declared))
