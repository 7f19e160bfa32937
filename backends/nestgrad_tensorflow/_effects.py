"""What f does to variables and to the state of random numbers, so that a refused attempt leaves nothing behind.

TensorFlow tells of an operation when it has run: what a variable held before is known where it was read before, as
moving averages and the seeds of layers are, or where the change can be taken back. What a `tf.function` inside of f
writes is not seen. Inside a graph nothing can be taken out again: an attempt is made in a graph of its own first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework.func_graph import FuncGraph

from ._levels import here
from ._unseen import unseen

T = TypeVar("T")

_READ, _WRITE, _DRAW = "ReadVariableOp", "AssignVariableOp", "RngReadAndSkip"
_TAKEN_BACK = {
    "AssignAddVariableOp": tf.raw_ops.AssignSubVariableOp,
    "AssignSubVariableOp": tf.raw_ops.AssignAddVariableOp,
}
NAMES = frozenset({_READ, _WRITE, _DRAW, *_TAKEN_BACK})


class _Current(threading.local):
    """The attempt of this thread."""

    effects: Effects | None = None


current = _Current()


class Effects:
    """Attempts at one thing, in eager execution: what each writes and draws is undone if it raises."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._undo: list[Callable[[], Any]] = []

    def __call__(self, evaluate: Callable[[], T]) -> T:
        """`evaluate()`; see `nestgrad.extend.Abilities.attempts`."""
        outer, current.effects = current.effects, self
        seeds = _Seeds()
        try:
            return evaluate()
        except BaseException:
            with unseen():
                for undo in reversed(self._undo):
                    undo()
            seeds.undo()
            raise
        finally:
            current.effects = outer
            self._known, self._undo = {}, []

    def seen(self, operation: str | bytes, inputs: Any, outputs: Any) -> None:
        """An operation that has run, on a variable or on something else."""
        name = operation if isinstance(operation, str) else operation.decode()
        if name not in NAMES:
            return
        handle = inputs[0]
        before = self._known.get(id(handle))
        if name == _READ:
            self._known[id(handle)] = outputs[0]
        elif name == _WRITE:
            self._known[id(handle)] = inputs[1]
            if before is not None:
                self._undo.append(lambda: tf.raw_ops.AssignVariableOp(resource=handle, value=before))
        elif name == _DRAW:
            state = tf.identity(outputs[0])
            self._undo.append(lambda: tf.raw_ops.AssignVariableOp(resource=handle, value=state))
        else:
            self._known.pop(id(handle), None)
            value = inputs[1]
            self._undo.append(lambda: _TAKEN_BACK[name](resource=handle, value=value))


class _Seeds:
    """The numbers that TensorFlow seeds an operation with, once `tf.random.set_seed` was called."""

    def __init__(self) -> None:
        self._source = getattr(context.context(), "_rng", None)
        self._before = self._source and self._source.getstate()

    def undo(self) -> None:
        if self._source is not None:
            self._source.setstate(self._before)


def attempted_in_a_graph(evaluate: Callable[[], T]) -> T:
    """`evaluate()`, once it has not raised in a graph that is thrown away."""
    if not here.nesting:  # else this is part of another derivative, which looks at one graph alone
        with FuncGraph("nestgrad_attempt").as_default():
            evaluate()
    return evaluate()
