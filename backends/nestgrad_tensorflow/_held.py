"""What a tape holds in memory, and whether the variables that it has read are still the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.framework.func_graph import FuncGraph


@contextlib.contextmanager
def accessed() -> Iterator[list[Any]]:
    """A context that puts the trainable variables that were read in it into a list, eagerly."""
    found: list[Any] = []
    if not tf.executing_eagerly():
        yield found
        return
    with record.VariableWatcher() as watcher:
        yield found
    found += watcher.watched_variables()


class HeldTape:
    """See `nestgrad.extend.Held`. `evaluate()` is what was recorded."""

    def __init__(self, evaluate: Callable[[], Any], variables: list[Any]) -> None:
        self._evaluate = evaluate
        with record.stop_recording():
            self._before = [(variable, variable.read_value()) for variable in variables]

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Whether a variable has another value. One that was not assigned has it in the same memory."""
        with record.stop_recording():
            return any(not _is_same(variable.read_value(), before) for variable, before in self._before)

    @property
    def nbytes(self) -> int:
        """The memory of all that is computed while it is recorded, which a tape may hold: f is traced for it."""
        with FuncGraph("nestgrad_held").as_default() as graph:
            self._evaluate()
        tensors = [tensor for operation in graph.get_operations() for tensor in operation.outputs]
        sizes = [(tensor.shape.num_elements(), tensor.dtype.size) for tensor in tensors if tensor.op.inputs]
        return sum(count * size for count, size in sizes if count is not None)


def _is_same(now: Any, before: Any) -> bool:
    a, b = np.asarray(now), np.asarray(before)
    same_memory = a.__array_interface__["data"] == b.__array_interface__["data"]
    return same_memory or bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
