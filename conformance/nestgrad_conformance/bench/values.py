"""Routes of one case give the same numbers, or none of them is timed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_WITHIN = 1e-9  # of the largest number, in float64


class DifferError(Exception):
    """Two routes of a case give different numbers."""


def check(values: Mapping[str, Any]) -> None:
    """Make sure that all routes give what the first one gives.

    Raises:
        DifferError: one does not.
    """
    (first, *others) = ((name, [*_numbers(value)]) for name, value in values.items())
    for name, numbers in others:
        shapes = [[one.shape for one in leaves] for leaves in (first[1], numbers)]
        if shapes[0] != shapes[1]:
            raise DifferError(f"{first[0]} gives arrays of shapes {shapes[0]}, {name} of {shapes[1]}.")
        off = max(map(_off, first[1], numbers))
        if not off <= _WITHIN:
            raise DifferError(f"{name} differs from {first[0]} by {off:.1e} of the largest number.")


def _off(one: np.ndarray, other: np.ndarray) -> float:
    largest = max(np.max(np.abs(one)), np.max(np.abs(other)), np.finfo(float).tiny)
    return float(np.max(np.abs(one - other)) / largest)


def _numbers(value: Any) -> Iterator[np.ndarray]:
    """The arrays of a value; those of a dictionary by name, as engines do not keep its order."""
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from _numbers(value[name])
    else:
        yield np.asarray(value.detach() if hasattr(value, "detach") else value, dtype=float)
