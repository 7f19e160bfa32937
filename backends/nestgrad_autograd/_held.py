"""What a pullback holds for later calls: copies of the arrays that f captured, as these may be written before."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np


class Kept:
    """Copies of constants, one for each, and the memory of what was computed; see `nestgrad.extend.Held`."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[Any, Any]] = {}  # the originals too, so that no other array has their address
        self._own: set[int] = set()
        self.nbytes = 0

    def count(self, value: Any) -> None:
        """Take note of what an operation gave."""
        self.nbytes += getattr(value, "nbytes", 0)

    def own(self, value: Any) -> Any:
        """The copy of an argument of an operation; whatever else it is, itself."""
        if type(value) is not np.ndarray or id(value) in self._own:
            return value
        if id(value) not in self._copies:
            copy = value.copy()
            self._copies[id(value)] = value, copy
            self._own.add(id(copy))
            self.count(copy)
        return self._copies[id(value)][1]

    def settled(self) -> Kept:
        """The same, after the recording: what differs by then was no array of f's, but one that is added to there."""
        self._copies = {place: pair for place, pair in self._copies.items() if _are_equal(*pair)}
        return self

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Whether one of the originals was written."""
        return any(not _are_equal(*pair) for pair in self._copies.values())


def _are_equal(original: Any, copy: Any) -> bool:
    return np.array_equal(original, copy, equal_nan=original.dtype.kind in "fc")


class _Keeping(threading.local):
    now: Kept | None = None


here = _Keeping()
"""What keeps the constants of what this thread records."""


@contextlib.contextmanager
def keeping() -> Iterator[Kept]:
    """A context in which what is recorded keeps copies of constants."""
    before, here.now = here.now, Kept()
    try:
        yield here.now
    finally:
        here.now = before
