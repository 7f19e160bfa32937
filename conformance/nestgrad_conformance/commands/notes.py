"""Standard error, where a run says how it goes: it may be gone, and takes no run with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from rich.console import Console


def notes() -> Console:
    """A console on standard error."""
    return Console(stderr=True) if sys.stderr is None else Console(file=cast(IO[str], _Lossy(sys.stderr)))


class _Lossy:
    """A stream that loses what it cannot write, on a full disk or a terminal that is gone.

    A broken pipe is not among these: its reader has seen enough, and the run ends.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        with _lost():
            return int(self._stream.write(text))
        return 0

    def flush(self) -> None:
        """Flush, if that is possible."""
        with _lost():
            self._stream.flush()


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError:
        pass
