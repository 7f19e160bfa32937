"""Reverse mode: a persistent tape in eager execution, tf.gradients inside a graph.

A tape that records inside a graph goes by the names of operations, and so looks past one that was repaired;
tf.gradients follows the graph itself, and through control flow.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import gradients_util

from nestgrad.extend import Function, Leaves

from ._guard.slices import dense_rules
from ._guard.unconnected import check_constant
from ._guard.watch import counts, watched
from ._held import HeldTape, accessed
from ._levels import here, level, may_be_differentiated
from ._outputs import dense, entries, one_or_list, outputs_of, own
from ._repairs.xla import overriding

_OURS = ("tensorflow.", __name__.partition(".")[0])
"""The packages whose rules run no tape of their own."""


def vjp(f: Function, primals: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its pullback, and its aux."""
    with level("R"), watched(), accessed() as variables:
        recording = Recording(f, primals, has_aux)
    return recording.value, _Pullback(recording, variables), *recording.aux


class _Pullback(NamedTuple):
    """The pullback of a recording, during which these variables were read."""

    recording: Recording
    variables: list[Any]

    def __call__(self, cotangent: Any) -> Leaves:
        with level("R"), _watched_if_needed(self.recording):
            return self.recording.pull(entries(cotangent))

    @property
    def held(self) -> HeldTape | None:
        """See `nestgrad.extend.Held`; in a graph values are what they are."""
        return HeldTape(self.recording.evaluate, self.variables) if tf.executing_eagerly() else None


def value_and_gradient(f: Function, primals: Leaves) -> tuple[Any, Leaves]:
    """The value of scalar f and its gradient."""
    return _pulled(f, primals, None)


def reverse_over_reverse(f: Function, x: Leaves, v: Leaves) -> tuple[Leaves, Leaves]:
    """(∇f(x), ∇²f(x)v) for scalar f."""
    return _pulled(lambda *x: value_and_gradient(f, x)[1], x, v)


def _pulled(f: Function, primals: Leaves, cotangents: Leaves | None) -> tuple[Any, Leaves]:
    """The value of f and the gradient of ⟨value, cotangents⟩, None for ones, by a recording that serves once."""
    with level("R"):
        outside = here.inputs
        with watched():
            recording = Recording(f, primals, has_aux=False, is_kept=False)
        here.inputs = outside  # what a pullback computes is differentiated by other levels alone
        with _watched_if_needed(recording):
            return recording.value, recording.pull(cotangents)


def _watched_if_needed(recording: Recording) -> AbstractContextManager[None]:
    """The look-out for a pullback, where something in it may be differentiated: its operations, or in code of f's."""
    has_code = recording.has_code or _has_rules_of_others(len(ops.gradient_registry.list()))
    is_needed = has_code or not tf.executing_eagerly() or may_be_differentiated()
    return watched() if is_needed else contextlib.nullcontext()


@functools.lru_cache(maxsize=1)
def _has_rules_of_others(count: int) -> bool:
    """Whether somebody else has registered a rule for an operation, as far as there are so many rules."""
    rules = map(ops.gradient_registry.lookup, ops.gradient_registry.list())
    return any(rule is not None and not rule.__module__.startswith(_OURS) for rule in rules)


class Recording:
    """One evaluation of f, recorded.

    Attributes:
        value: what f returned, an array or a tuple of arrays.
        aux: f's aux as a tuple of one, or the empty tuple.
        has_code: whether its pullback may run code that is not TensorFlow's own; to be recorded under the look-out.
        has_slices: whether a rule may give IndexedSlices to another one in it.
    """

    def __init__(self, f: Function, primals: Leaves, has_aux: bool, is_kept: bool = True) -> None:
        self._f, self._has_aux = f, has_aux
        gathering, with_code = counts.gathering, counts.with_code
        self._inputs = tuple(map(own, primals))
        counts.with_code = with_code  # these identities are ours
        here.inputs = (*here.inputs, *self._inputs)
        if tf.executing_eagerly():
            self.value, self.aux, self._backward = _on_tape(f, self._inputs, has_aux, is_kept)
        else:
            self.value, self.aux, self._backward = _in_graph(f, self._inputs, has_aux)
        self.has_code = counts.with_code > with_code
        self.has_slices = self.has_code or counts.gathering > gathering

    def evaluate(self) -> Any:
        """F once more, at the same point."""
        return self._f(*self._inputs)

    def pull(self, cotangents: Leaves | None) -> Leaves:
        """The gradient of ⟨value, cotangents⟩, one entry per primal; None for ones."""
        with dense_rules() if self.has_slices else contextlib.nullcontext():
            gradient = self._backward(cotangents)
        unseen = [part is None for part in gradient]
        if any(unseen):
            still = [True] * len(entries(self.value))
            check_constant(self._f, self._inputs, self.value, self._has_aux, unseen, still)
        return tuple(map(dense, gradient, self._inputs))


def _on_tape(f: Function, inputs: Leaves, has_aux: bool, is_kept: bool) -> tuple[Any, Leaves, Function]:
    with tf.GradientTape(persistent=is_kept, watch_accessed_variables=False) as tape:
        tape.watch(one_or_list(inputs))
        value, aux = outputs_of(f, inputs, has_aux)
    target, sources = one_or_list(entries(value)), one_or_list(inputs)

    def backward(cotangents: Leaves | None) -> Leaves:
        given = None if cotangents is None else one_or_list(cotangents)
        gradient = tape.gradient(target, sources, output_gradients=given)
        return tuple(gradient) if len(inputs) > 1 else (gradient,)

    return value, aux, backward


def _in_graph(f: Function, inputs: Leaves, has_aux: bool) -> tuple[Any, Leaves, Function]:
    value, aux = outputs_of(f, inputs, has_aux)
    targets, graph = list(entries(value)), tf.compat.v1.get_default_graph()

    def backward(cotangents: Sequence[Any] | None) -> Any:
        # tf.gradients, told which graph f is in: a pullback may be called in another, such as the body of a map
        held = None if cotangents is None else [tf.identity(cotangent) for cotangent in cotangents]
        with overriding():
            return gradients_util._GradientsHelper(targets, list(inputs), held, src_graph=graph)

    return value, aux, backward
