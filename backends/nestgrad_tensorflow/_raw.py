"""TensorFlow as it is: plain compositions of tapes and accumulators, for measuring it without nestgrad's care."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad.extend import NotDifferentiableError, PrecisionLossError, plain_numpy

from . import _modules, _namespace
from ._closed import evaluate_closed
from ._effects import draws_random_numbers
from ._lift import lift
from ._outputs import dense, entries, like


class RawTensorFlow:
    """Tensors and variables, tf.function, and tapes and accumulators as they come; None of theirs stands for zero."""

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

    def open_module(self, module: Any) -> Any:
        """See `nestgrad.extend.Abilities.open_module`."""
        return _modules.open_module(module)

    def evaluate_module(self, module: Any, f: Callable[[Any], Any], values: Any) -> tuple[Any, dict[str, Any]]:
        """See `nestgrad.extend.Abilities.evaluate_module`."""
        return _modules.evaluate_module(module, f, values)

    conjugates = True

    def lift(self, node: Any, *arrays: Any) -> tuple[Any, ...]:
        """See `nestgrad.extend.Lift.lift`."""
        return lift(node, *arrays)

    def evaluate_closed(self, evaluate: Callable[[], Any]) -> Any:
        """See `nestgrad.extend.Abilities.evaluate_closed`."""
        return evaluate_closed(evaluate)

    def draws(self, evaluate: Callable[[], Any]) -> bool:
        """See `nestgrad.extend.Abilities.draws`."""
        return draws_random_numbers(evaluate)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """The derivative that an accumulator has."""
        with tf.autodiff.ForwardAccumulator(list(primals), list(tangents)) as accumulator:
            output = f(*primals)
        value, *aux = output if has_aux else (output,)
        return value, like(value, [dense(accumulator.jvp(entry), entry) for entry in entries(value)]), *aux

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """The gradient that a tape has."""
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(primals)
            output = f(*primals)
        value, *aux = output if has_aux else (output,)

        def pullback(cotangent: Any) -> tuple[Any, ...]:
            gradient = tape.gradient(entries(value), primals, output_gradients=entries(cotangent))
            return tuple(map(dense, gradient, primals))

        return value, pullback, *aux

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
