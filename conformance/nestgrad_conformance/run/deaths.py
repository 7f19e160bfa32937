"""A worker's death as the outcome of the cell that it was measuring."""

from __future__ import annotations

from collections.abc import Mapping

from nestgrad_conformance.judge.measure import Measurement
from nestgrad_conformance.judge.verdict import Outcome

from .worker import Died

_OUTCOME: Mapping[str, Outcome] = {"crash": "crash", "exit": "crash", "timeout": "timeout"}


def measurement_of(death: Died, word: str) -> Measurement:
    """What is known of a cell whose worker gave no answer."""
    last_words = death.tail.strip().splitlines()[-1:] if death.kind in ("exit", "startup") else []
    return Measurement(
        word=word,
        outcome=_OUTCOME.get(death.kind, "error"),
        exception="MemoryError" if death.kind == "memory" else death.kind,
        message="; ".join([death.detail, *last_words]),
    )
