"""What f does to variables and to the state of random numbers, so that a refused attempt leaves nothing behind.

TensorFlow tells of an operation when it has run: what a variable held before is known where it was read before, as
moving averages and the seeds of layers are, or where the change can be taken back. What a `tf.function` inside of f
writes is not seen. Inside a graph nothing can be taken out again: an attempt is made in a graph of its own first.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import op_def_registry
from tensorflow.python.framework.func_graph import FuncGraph

from ._guard.callbacks import calling_back
from ._levels import here

T = TypeVar("T")

_READ, _WRITE, _DRAW = "ReadVariableOp", "AssignVariableOp", "RngReadAndSkip"
_TAKEN_BACK = {
    "AssignAddVariableOp": tf.raw_ops.AssignSubVariableOp,
    "AssignSubVariableOp": tf.raw_ops.AssignAddVariableOp,
}
_OF_PARTS = {"ResourceStridedSliceAssign", *(name for name in dir(tf.raw_ops) if name.startswith("ResourceScatter"))}
"""What writes into a part of a variable."""
_WRITES = {_WRITE, *_TAKEN_BACK}
_NAMES = {_READ, _WRITE, _DRAW, *_TAKEN_BACK, *_OF_PARTS}


def draws(operation: str) -> bool:
    """Whether an operation of this name draws random numbers by a state that it changes."""
    known = op_def_registry.get(operation)
    return operation == _DRAW or (known is not None and any(one.name == "seed2" for one in known.attr))


def draws_random_numbers(evaluate: Callable[[], Any]) -> bool:
    """See `nestgrad.extend.Abilities.draws`. A `tf.function` inside is not looked into."""
    ran: list[str] = []
    with calling_back(lambda name, *_: ran.append(name if isinstance(name, str) else name.decode())):
        evaluate()
    # a layer that draws keeps its seed in a variable
    is_seeded = any(name.startswith("Stateless") for name in ran) and not _WRITES.isdisjoint(ran)
    return is_seeded or any(map(draws, ran))


_current: ContextVar[Effects | None] = ContextVar("nestgrad_tensorflow_effects", default=None)


def attempt(evaluate: Callable[[], T]) -> T:
    """`evaluate()` in eager execution; see `nestgrad.extend.Abilities.attempts`."""
    outer, effects = _current.get(), Effects()
    token = _current.set(effects)
    try:
        if outer is None:
            with calling_back(_seen):
                found = evaluate()
        else:
            found = evaluate()
    except BaseException:
        effects.undo()
        raise
    finally:
        _current.reset(token)
    if outer is not None:
        outer.add(effects)
    return found


def _seen(
    name: str | bytes, inputs: Any, attrs: Any, outputs: Any, op_name: str | None = None, graph: Any = None
) -> Any:
    """An operation that has run; in a graph the next callback is given what this one returns."""
    effects = _current.get()
    if graph is not None:
        return outputs
    if effects is not None:
        effects.seen(name if isinstance(name, str) else name.decode(), inputs, attrs, outputs)
    return None


class Effects:
    """What one attempt has written and drawn."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}  # by handle, which is kept, so that its number is no other's
        self._undo: list[Callable[[], Any]] = []
        self._seeds = _Seeds()

    def add(self, later: Effects) -> None:
        """What an attempt inside of this one has done, and leaves."""
        self._known |= later._known
        self._undo += later._undo
        self._seeds.drawn += later._seeds.drawn

    def undo(self) -> None:
        """Put all back that it has changed."""
        for undo in reversed(self._undo):
            undo()
        self._seeds.undo()

    def seen(self, operation: str, inputs: Any, attrs: Any, outputs: Any) -> None:
        """An operation that has run."""
        if operation not in _NAMES:
            self._seeds.drawn += "seed2" in attrs
            return
        handle = inputs[0]
        _, before = self._known.get(id(handle), (handle, None))
        if operation == _READ:
            self._known[id(handle)] = handle, outputs[0]
        elif operation == _DRAW:
            self._put_back(handle, outputs[0])
        else:
            self._known.pop(id(handle), None)
            if before is not None:
                self._put_back(handle, before)
            elif operation in _TAKEN_BACK:
                value = inputs[1]
                self._undo.append(lambda: _TAKEN_BACK[operation](resource=handle, value=value))
            if operation == _WRITE:
                self._known[id(handle)] = handle, inputs[1]

    def _put_back(self, handle: Any, value: Any) -> None:
        self._undo.append(lambda: tf.raw_ops.AssignVariableOp(resource=handle, value=value))


class _Seeds:
    """The numbers that TensorFlow seeds each drawing operation with, once `tf.random.set_seed` was called.

    They are set back if nobody else has drawn one. What the same seeds give is another number the second time: that
    the kernel of an operation knows, and nobody can set it back.

    Attributes:
        drawn: how many.
    """

    def __init__(self) -> None:
        self.drawn = 0
        self._source = getattr(context.context(), "_rng", None)
        self._before: Any = self._source and self._source.getstate()

    def undo(self) -> None:
        if self._source is None:
            return
        alone = random.Random()
        alone.setstate(self._before)
        for _ in range(self.drawn):
            alone.randint(0, context._MAXINT32)
        if self._source.getstate() == alone.getstate():
            self._source.setstate(self._before)


def attempted_in_a_graph(evaluate: Callable[[], T]) -> T:
    """`evaluate()`, once it has not raised in a graph that is thrown away."""
    if not here.nesting:  # else this is part of another derivative, which looks at one graph alone
        with FuncGraph("nestgrad_attempt").as_default():
            evaluate()
    return evaluate()
