"""What really ran: code that emulates says so here, and nowhere else.

A letter of a nesting is *native* when the engine's own transform of that mode computes it, and
*emulated* when it is computed by other means. `emulated` is the only source of that word in reports.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Emulation:
    """One declaration that an operation or mode was computed by other means, and why."""

    operation: str
    reason: str


_record: ContextVar[list[Emulation] | None] = ContextVar("nestgrad_emulations", default=None)


def emulated(operation: str, reason: str) -> None:
    """Declare that `operation` is now computed by other means than the engine's transform.

    Costs one context-variable read where nobody listens.

    Example:
        >>> with recorded() as emulations:
        ...     emulated("prod", "the engine's rule divides by the factors")
        >>> emulations
        [Emulation(operation='prod', reason="the engine's rule divides by the factors")]
    """
    record = _record.get()
    if record is not None:
        record.append(Emulation(operation, reason))


@contextlib.contextmanager
def recorded() -> Iterator[list[Emulation]]:
    """Collect the emulations that are declared inside the block, in this thread or task."""
    emulations: list[Emulation] = []
    token = _record.set(emulations)
    try:
        yield emulations
    finally:
        _record.reset(token)
