"""Globals of TensorFlow that have other values while any thread is inside, and their own again after the last."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Swapped:
    """How many threads are inside; the first one swaps, and the last one puts back.

    Every thread sees what was swapped in, so it has to be the same as before for those that are not inside.
    """

    def __init__(self, swap: Callable[[], Callable[[], None]]) -> None:
        self._swap = swap
        self._lock, self._count = threading.Lock(), 0

    def enter(self) -> None:
        """One thread more."""
        with self._lock:
            if self._count == 0:
                self._put_back = self._swap()
            self._count += 1

    def leave(self) -> None:
        """One thread less."""
        with self._lock:
            self._count -= 1
            if self._count == 0:
                self._put_back()
