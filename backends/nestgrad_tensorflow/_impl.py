"""The TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad.extend import Canary, Nesting, NotDifferentiableError, PrecisionLossError, Refusal

from . import _forward, _namespace, _reverse
from ._batch import vmap
from ._canary import make_canary
from ._messages import recognised


class TensorFlow:
    """TensorFlow tensors and variables, on whatever device they are.

    Results are differentiable by the user's own tape with respect to primals, directions and captured variables.
    RR comes first: the fastest nesting and the one with the fewest gaps. A tf.Variable as primal is watched as
    it is, so a function that reads the variable itself sees the same one. In eager execution FR, RF and FF start
    over, and evaluate f again, where they meet an operation that tf.autodiff.ForwardAccumulator has wrong; then
    two tapes push the tangents. Safe to use from several threads at once.
    """

    name = "tensorflow"
    xp: ModuleType = _namespace
    preferred = ("RR", "FR", "RF")

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`."""
        if isinstance(value, (tf.Tensor, tf.Variable)):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            try:
                return tf.constant(value)
            except (TypeError, ValueError) as error:  # longdouble and what has no tensor
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

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        return _forward.jvp(f, tuple(primals), tuple(tangents), has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        return _reverse.vjp(f, primals, has_aux)

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`: a graph, by tf.function."""
        return tf.function(f, autograph=False)

    def compile_xla(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """The same, compiled by XLA."""
        return tf.function(f, autograph=False, jit_compile=True)

    def vmap(self, f: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
        """See `nestgrad.extend.Batch.vmap`."""
        return vmap(f, in_axes)

    def classify(self, exception: Exception, word: Nesting) -> Refusal | None:
        """TensorFlow's refusals, by message; tested with the version that constraints.txt names."""
        return recognised(exception, word)

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()
