"""Reverse mode: a persistent tape in eager execution, tf.gradients inside a graph.

A tape that records inside a graph goes by the names of operations, and so looks past one that was repaired;
tf.gradients follows the graph itself, and through control flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.ops import gradients_util

from nestgrad.extend import Function, Leaves

from ._guard.unconnected import check_constant
from ._guard.watch import watched
from ._levels import here, level
from ._outputs import dense, entries, one_or_list, outputs_of, own
from ._repairs.xla import overriding


def vjp(f: Function, primals: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its pullback, and its aux."""
    with level("R"), watched():
        recording = Recording(f, primals, has_aux)

    def pullback(cotangent: Any) -> Leaves:
        with level("R"), watched():
            return recording.pull(entries(cotangent))

    return recording.value, pullback, *recording.aux


class Recording:
    """One evaluation of f, recorded.

    Attributes:
        value: what f returned, an array or a tuple of arrays.
        aux: f's aux as a tuple of one, or the empty tuple.
    """

    def __init__(self, f: Function, primals: Leaves, has_aux: bool) -> None:
        self._f, self._has_aux = f, has_aux
        self._inputs = tuple(map(own, primals))
        here.inputs = (*here.inputs, *self._inputs)
        self.value, self.aux, self._backward = (_on_tape if tf.executing_eagerly() else _in_graph)(
            f, self._inputs, has_aux
        )

    def pull(self, cotangents: Leaves) -> Leaves:
        """The gradient of ⟨value, cotangents⟩, one entry per primal."""
        gradient = self._backward(cotangents)
        unseen = [part is None for part in gradient]
        if any(unseen):
            still = [True] * len(entries(self.value))
            check_constant(self._f, self._inputs, self.value, self._has_aux, unseen, still)
        return tuple(map(dense, gradient, self._inputs))


def _on_tape(f: Function, inputs: Leaves, has_aux: bool) -> tuple[Any, Leaves, Function]:
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(one_or_list(inputs))
        value, aux = outputs_of(f, inputs, has_aux)
    target, sources = one_or_list(entries(value)), one_or_list(inputs)

    def backward(cotangents: Leaves) -> Leaves:
        gradient = tape.gradient(target, sources, output_gradients=one_or_list(cotangents))
        return tuple(gradient) if len(inputs) > 1 else (gradient,)

    return value, aux, backward


def _in_graph(f: Function, inputs: Leaves, has_aux: bool) -> tuple[Any, Leaves, Function]:
    value, aux = outputs_of(f, inputs, has_aux)
    targets, graph = list(entries(value)), tf.compat.v1.get_default_graph()

    def backward(cotangents: Sequence[Any]) -> Any:
        # tf.gradients, told which graph f is in: a pullback may be called in another, such as the body of a map
        held = [tf.identity(cotangent) for cotangent in cotangents]
        with overriding():
            return gradients_util._GradientsHelper(targets, list(inputs), held, src_graph=graph)

    return value, aux, backward
