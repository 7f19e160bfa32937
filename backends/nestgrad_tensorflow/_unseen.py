"""What a repair computes of its own, which the look-out is to pass over: it may use the operation that it repairs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class _Here(threading.local):
    """Whether this thread is at such work."""

    unseen = False


here = _Here()


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """A context in which nothing is repaired or refused."""
    before, here.unseen = here.unseen, True
    try:
        yield
    finally:
        here.unseen = before
