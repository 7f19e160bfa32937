"""One operation that TensorFlow has just run or added to a graph, and who called it."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf

_DEPTH = 12


@dataclass(frozen=True)
class Call:
    """What TensorFlow's op callback tells.

    Attributes:
        inputs: its input tensors.
        attrs: names and values of its attributes, in turn.
        outputs: its output tensors.
    """

    inputs: tuple[Any, ...]
    attrs: tuple[Any, ...]
    outputs: Any = ()

    @functools.cached_property
    def first(self) -> Any:
        """The values of the first input as by `value_of`, read once whoever asks."""
        return value_of(self.inputs[0])

    @functools.cached_property
    def second(self) -> Any:
        """The same of the second input."""
        return value_of(self.inputs[1])

    def flag(self, name: str) -> bool:
        """An attribute that is true or false."""
        value = self.attrs[self.attrs.index(name) + 1]
        return bool(value.b if isinstance(value, tf.compat.v1.AttrValue) else value)


def value_of(tensor: Any) -> Any:
    """The values of a tensor, None if a graph will know them later."""
    return np.asarray(tensor) if hasattr(tensor, "numpy") else tf.get_static_value(tensor)


def caller(file: str | tuple[str, ...], *names: str, depth: int = _DEPTH) -> FrameType | None:
    """The frame of the innermost of these functions, in a file that ends so, that the present line is called by."""
    frame: FrameType | None = sys._getframe(2)
    for _ in range(depth):
        if frame is None:
            break
        if frame.f_code.co_name in names and frame.f_code.co_filename.endswith(file):
            return frame
        frame = frame.f_back
    return None
