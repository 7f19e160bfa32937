"""What a registered backend declares: its limits file, and what follows from its ledger of faults."""

from __future__ import annotations

import nestgrad as ng
from nestgrad.internal import descriptor

from .ledger import of_faults
from .limit import Limit, read


def written(backend: str) -> tuple[Limit, ...]:
    """The limits that a registered backend declares; its engine is not imported.

    Raises:
        LimitsError: its limits file cannot be read.
        NestgradError: as in `nestgrad.get_backend`, but for the engine.
    """
    described = descriptor(backend)
    module = next(info.module for info in ng.backends() if info.name == backend)
    return read(module, described.limits) + of_faults(module, described.faults)
