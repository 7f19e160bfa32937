"""The refusal of a nesting: why, and which word to use instead."""

from __future__ import annotations

from ._errors import NestgradError
from ._nesting import Nesting


class UnsupportedNestingError(NestgradError, NotImplementedError):
    """The backend refuses this nesting, for this function or altogether.

    Attributes:
        backend: the name of the backend.
        nesting: the word that was asked for.
        operation: the operation that blocks it, or `None` if the whole nesting is missing.
        reason: why, in one sentence.
        use: a word that works instead, or `None`.
    """

    def __init__(
        self,
        *,
        backend: str,
        nesting: Nesting,
        operation: str | None,
        reason: str,
        use: Nesting | None = None,
    ) -> None:
        self.backend, self.nesting, self.operation, self.reason, self.use = (
            backend,
            nesting,
            operation,
            reason,
            use,
        )
        blocker = f", blocked by {operation!r}" if operation else ""
        way_out = f" Use {use.code!r} ({use}) instead." if use else ""
        super().__init__(f"{backend} refuses {nesting.code!r} ({nesting}){blocker}: {reason}{way_out}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_refusal, (self.backend, self.nesting, self.operation, self.reason, self.use)


def _rebuild_refusal(
    backend: str, nesting: Nesting, operation: str | None, reason: str, use: Nesting | None
) -> UnsupportedNestingError:
    return UnsupportedNestingError(backend=backend, nesting=nesting, operation=operation, reason=reason, use=use)
