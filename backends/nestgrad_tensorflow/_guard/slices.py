"""IndexedSlices, in which TensorFlow keeps the gradient of what was gathered: some rows, and which ones they are.

Most of its rules fail where they are given them. Here no rule is: what comes as IndexedSlices is made a tensor before
it is handed on. Graphs add up what they give to a rule in `gradients_util._AggregatedGrads`; tapes alone find their
rules in `ops._gradient_registry`. Both are global, and for a thread that is not inside the same as before.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops

from .swapped import Swapped

_REDUCTIONS = ("Sum", "Mean", "SqrtN")
GATHERING = frozenset(
    (
        *("Gather", "GatherV2", "GatherNd", "ResourceGather", "ResourceGatherNd"),
        *(f"SparseSegment{kind}" for kind in _REDUCTIONS),
        *(f"SparseSegment{kind}WithNumSegments" for kind in _REDUCTIONS),
    )
)
"""The operations whose rules give IndexedSlices."""


class _Here(threading.local):
    """Whether the tapes of this thread are inside `dense_rules`."""

    inside = False


_here = _Here()


def _dense(gradient: Any) -> Any:
    if not isinstance(gradient, tf.IndexedSlices) or gradient.dense_shape is None:
        return gradient
    return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, gradient.dense_shape[0])


def dense_sums(own: Callable[..., Any], is_inside: Callable[[], bool]) -> Callable[..., Any]:
    """TensorFlow's function that adds up what the rule of an operation in a graph is given; inside as tensors."""

    def aggregated(*args: Any, **kwargs: Any) -> Any:
        gradients = own(*args, **kwargs)
        if is_inside():
            gradients[:] = map(_dense, gradients)
        return gradients

    return aggregated


class _DenseRules:
    """TensorFlow's rules of operations, which inside take tensors and give tensors."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def lookup(self, operation: str) -> Callable[..., Any] | None:
        rule: Callable[..., Any] | None = self._own.lookup(operation)
        if rule is None or not _here.inside:
            return rule

        def dense_rule(op: Any, *cotangents: Any) -> Any:
            found = rule(op, *map(_dense, cotangents))
            return list(map(_dense, found)) if isinstance(found, (list, tuple)) else _dense(found)

        return dense_rule


def _swap() -> Callable[[], None]:
    own = ops._gradient_registry
    ops._gradient_registry = _DenseRules(own)

    def put_back() -> None:
        ops._gradient_registry = own

    return put_back


_swapped = Swapped(_swap)


@contextlib.contextmanager
def dense_rules() -> Iterator[None]:
    """A context in which the tapes of this thread give tensors alone to the rules of operations."""
    before, _here.inside = _here.inside, True
    _swapped.enter()
    try:
        yield
    finally:
        _swapped.leave()
        _here.inside = before
