"""The TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tensorflow as tf

from nestgrad.extend import Canary, Nesting, Refusal, by_leaves, recognised

from . import _forward, _modules, _reverse
from ._batch import vmap
from ._canary import make_canary
from ._compiled import compiled
from ._effects import attempt, attempted_in_a_graph
from ._messages import MESSAGES
from ._operations import operations
from ._raw import RawTensorFlow


class TensorFlow(RawTensorFlow):
    """TensorFlow tensors and variables, on whatever device they are.

    Results are differentiable by the user's own tape with respect to primals, directions and captured variables.
    RR comes first: the fastest nesting and the one with the fewest gaps. A tf.Variable as primal is watched as
    it is, so a function that reads the variable itself sees the same one. Nestings with an F start over, and
    evaluate f again, where they meet an operation that tf.autodiff.ForwardAccumulator has wrong: two pullbacks
    then push the tangents. Safe to use from several threads at once.
    """

    preferred = ("RR", "FR", "RF")

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; an eager tensor on the host alone is looked at."""
        if tf.is_symbolic_tensor(value) or "CPU" not in value.device:
            return True
        array = np.asarray(value)
        return bool(np.count_nonzero(np.isfinite(array)) == array.size)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        return _forward.jvp(f, tuple(primals), tuple(tangents), has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        return _reverse.vjp(f, primals, has_aux)

    def value_and_gradient(self, f: Any, *primals: Any) -> tuple[Any, tuple[Any, ...]]:
        """See `nestgrad.extend.ValueAndGradient`."""
        return _reverse.value_and_gradient(f, primals)

    def reverse_over_reverse(self, f: Any, primal: Any, tangent: Any) -> tuple[Any, Any]:
        """See `nestgrad.extend.ReverseOverReverse`."""
        return by_leaves(_reverse.reverse_over_reverse, f, primal, tangent)

    def attempts(self) -> Callable[[Callable[[], Any]], Any]:
        """See `nestgrad.extend.Abilities.attempts`."""
        return attempt if tf.executing_eagerly() else attempted_in_a_graph

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`: a graph, by tf.function."""
        return compiled(f)

    def compile_xla(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """The same, compiled by XLA."""
        return compiled(f, jit_compile=True)

    def vmap(self, f: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
        """See `nestgrad.extend.Batch.vmap`."""
        return vmap(f, in_axes)

    def as_called(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Abilities.as_called`: converted by AutoGraph, inside of a `tf.function` that is."""
        context = tf.__internal__.autograph.control_status_ctx()
        if context.status.name != "ENABLED":
            return f
        converted: Callable[..., Any] = tf.__internal__.autograph.tf_convert(f, context)
        return converted

    def operations(self, f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
        """See `nestgrad.extend.Abilities.operations`."""
        return operations(f, *inputs)

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """TensorFlow's refusals, by message; tested with the version that constraints.txt names."""
        return recognised(MESSAGES, exception, nesting)

    def sample_module(self) -> tuple[Any, tuple[Any, ...]]:
        """See `nestgrad.extend.Abilities.sample_module`."""
        return _modules.sample_module()

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()

    def raw(self) -> RawTensorFlow:
        """TensorFlow's own transforms, without repairs, refusals and detours."""
        return RawTensorFlow()


if TYPE_CHECKING:
    from nestgrad import extend

    class _Spec(
        extend.Backend,
        extend.ForwardMode,
        extend.ReverseMode,
        extend.ValueAndGradient,
        extend.ReverseOverReverse,
        extend.Batch,
        extend.Compile,
        Protocol,
    ): ...

    _: _Spec = TensorFlow()
