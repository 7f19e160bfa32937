"""What a TensorFlow backend has besides its transforms: arrays and compilers."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad.extend import NotDifferentiableError, PrecisionLossError, plain_numpy

from . import _namespace


class Arrays:
    """Tensors and variables, and tf.function."""

    name = "tensorflow"
    xp: ModuleType = _namespace

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`. A Python number makes 64 bits."""
        if isinstance(value, (tf.Tensor, tf.Variable)):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            value = plain_numpy(value)
            try:
                return tf.constant(value)
            except (TypeError, ValueError) as error:  # longdouble
                raise PrecisionLossError(f"tensorflow has no dtype for NumPy's {value.dtype}.") from error
        if isinstance(value, (int, float, complex)):
            return _namespace.asarray(value) if like is None else tf.constant(value, like.dtype)
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for tensorflow.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)

    def device(self, array: Any) -> Any:
        """Where a tensor is; None in a graph, which may place it anywhere."""
        return array.device or None

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`: a graph, by tf.function."""
        compiled: Callable[..., Any] = tf.function(f, autograph=False)
        return compiled

    def compile_xla(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """The same, compiled by XLA."""
        compiled: Callable[..., Any] = tf.function(f, autograph=False, jit_compile=True)
        return compiled

    def prepare_worker(self) -> None:
        """No warnings that tf.function traces again, in a process of the conformance suite, which has it do so."""
        tf.get_logger().setLevel("ERROR")
