"""A point to differentiate at, as text or in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np


class PointError(ValueError):
    """Text or a file that holds no point; the message says why."""


def from_text(text: str) -> Any:
    """A float64 array from JSON: a number, a list (nested for more dimensions), or an object of those by name.

    Raises:
        PointError: not JSON, ragged, empty, or with entries that are no finite numbers.

    Example:
        >>> from_text("[1, 2]"), from_text('{"w": 0.5}')
        (array([1., 2.]), {'w': array(0.5)})
    """
    try:
        return _point(json.loads(text), text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise PointError(f"{text!r} is no array: {error}. Write [1.0, 2.0], or an object of arrays.") from error


def from_file(path: str) -> Any:
    """The array in an NPY file, or the arrays of an NPZ file by name; never unpickled.

    Raises:
        PointError: the file cannot be read.
    """
    try:
        found = np.load(Path(path), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PointError(f"{path} holds no array: {error}.") from error
    return found if isinstance(found, np.ndarray) else dict(found)


def _point(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: _point(entry, text) for name, entry in value.items()}
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise PointError(f"{text!r} is no array: its rows have different lengths.") from error
    if array.dtype.kind not in "if" or not array.size or not np.all(np.isfinite(array)):
        raise PointError(f"{text!r} is no array: its entries should be finite numbers, one at least.")
    return array.astype(np.float64)
