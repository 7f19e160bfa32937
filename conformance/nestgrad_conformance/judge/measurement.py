"""What a measurement shows: the fields that a worker fills, and that a cell of a report has."""

from __future__ import annotations

from typing import Any

import msgspec

from nestgrad import UnsupportedNestingError

from .verdict import Outcome, Route


class Refusal(msgspec.Struct, frozen=True):
    """What an `UnsupportedNestingError` says.

    Attributes:
        operation: the one that blocks the nesting, null if the whole nesting is missing.
        reason: why, in one sentence.
        use: the code of a nesting that works instead, or null.
        backend: who refuses, of a pair one of the two; null in reports of an older nestgrad.
    """

    operation: str | None
    reason: str
    use: str | None
    backend: str | None = None

    @classmethod
    def of(cls, error: UnsupportedNestingError) -> Refusal:
        """The fields of an error."""
        return cls(error.operation, error.reason, None if error.use is None else error.use.code, error.backend)


class Measurement(msgspec.Struct, kw_only=True):
    """What an evaluation showed, wherever it was.

    Attributes:
        outcome: what was measured.
        route: `native`, `emulated` or `substituted`; null where no number came.
        repairs: operations that were computed by other means than the engine's rule.
        error: the largest difference from the truth; `tolerance`: what was allowed there.
        oracle: where the truth came from.
        seconds: of the first evaluation, tracing included.
        f_calls: evaluations of the function in it; None where they are not counted, as in a compiled one.
        exception: the type of the exception, of a refusal too; `message`: its text.
        refusal: what a refusal says, field by field; null of other outcomes, and in reports of an older nestgrad.
    """

    outcome: Outcome
    route: Route | None = None
    repairs: list[str] = msgspec.field(default_factory=list)
    error: float | None = None
    tolerance: float | None = None
    oracle: str | None = None
    seconds: float | None = None
    f_calls: int | None = None
    exception: str | None = None
    message: str | None = None
    refusal: Refusal | None = None


class Ran(Measurement, kw_only=True, tag=True):
    """The measurement of a nesting, as a worker tells it.

    Attributes:
        nesting: the code of the nesting that ran: of the backend's first choice if `auto` was asked for.
        otherwise: what `auto` takes where that is refused.
    """

    nesting: str
    otherwise: list[str] = msgspec.field(default_factory=list)


def fields_of(found: Measurement) -> dict[str, Any]:
    """What of a measurement a cell has too, by name."""
    return {name: getattr(found, name) for name in Measurement.__struct_fields__}
