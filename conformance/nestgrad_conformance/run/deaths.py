"""A worker's death: as the outcome of the cell that it was measuring, and as the reason why it did not start."""

from __future__ import annotations

from collections.abc import Mapping

from nestgrad import NestgradError
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.judge.verdict import Outcome
from nestgrad_conformance.processes.worker import Died

_OUTCOME: Mapping[str, Outcome] = {"crash": "crash", "exit": "crash", "timeout": "timeout"}


def measurement_of(death: Died, nesting: str) -> Ran:
    """What is known of a cell whose worker gave no answer."""
    last_line = death.tail.strip().splitlines()[-1:] if death.kind in ("exit", "startup") else []
    return Ran(
        nesting=nesting,
        outcome=_OUTCOME.get(death.kind, "error"),
        exception="MemoryError" if death.kind == "memory" else death.kind,
        message="; ".join([death.detail, *last_line]),
    )


def why_it_did_not_start(what: str, death: Died) -> str:
    """Why a worker is not there, which is for `what`, in one line; nestgrad's own errors say all of it themselves."""
    said = death.raised.message if death.raised is not None and death.raised.is_a(NestgradError) else None
    return " ".join((said or f"{what} does not load: {death.detail}").split())
