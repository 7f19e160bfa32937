"""What a pullback holds for later calls: copies of the arrays that f captured, as these may be written before."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from autograd.numpy.numpy_boxes import ArrayBox


class Kept:
    """Copies of constants, one for each, and the memory of what was computed; see `nestgrad.extend.Held`."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[Any, Any]] = {}  # the originals too, so that no other array has their address
        self._own: dict[int, Any] = {}  # as long as they are told by their addresses
        self.nbytes = 0

    def arguments(self, args: Any, kwargs: dict[str, Any], argnums: Any) -> tuple[Any, dict[str, Any]]:
        """The arguments of an operation with copies of those that are constant: all but the ones at these places."""
        for i, arg in enumerate(args):
            if type(arg) not in _IMMUTABLE and i not in argnums:
                args = tuple([arg if i in argnums else self.own(arg) for i, arg in enumerate(args)])
                break
        return args, {name: self.own(given) for name, given in kwargs.items()} if kwargs else kwargs

    def own(self, value: Any) -> Any:
        """The copy of an argument of an operation, as it is now; whatever else it is, itself."""
        if type(value) is tuple or type(value) is list:  # an index, or arrays of a primitive of the user's
            return type(value)(map(self.own, value))
        if not isinstance(value, np.ndarray) or id(value) in self._own:
            return value
        pair = self._copies.get(id(value))
        if pair is None or not _are_equal(*pair):  # f may have written into it since, as into memory that it uses again
            self._copies[id(value)] = pair = value, value.copy()
            self._own[id(pair[1])] = pair[1]
            self.nbytes += value.nbytes
        return pair[1]

    def settled(self) -> Kept:
        """The same, after the recording: what differs by then was no array of f's, but one that is added to there."""
        self._copies = {place: pair for place, pair in self._copies.items() if _are_equal(*pair)}
        self._own = {}
        return self

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Whether one of the originals was written."""
        return any(not _are_equal(*pair) for pair in self._copies.values())


_IMMUTABLE = {float, int, bool, str, slice, type(None), ArrayBox}
"""Types of which nothing is copied, for a quick look; a box is of an array that a trace has to itself."""


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
