"""Op callbacks of the present thread, for every way in which TensorFlow runs an operation.

Most operations call back by themselves. Those called with a Python list where a tensor is meant take a slower
path, which calls back only while `execute.execute` is TensorFlow's `execute_with_callbacks`. Uncompiled,
`tf.numpy_function` is no operation at all: it reads its tensors and calls the user's function. Here it calls back
too, and in a graph no rule is given IndexedSlices, see `slices`. All three are global, and for a thread without
callbacks the same as before. TensorFlow's own `add_op_callback` sets the first back when one thread is done, whatever
the others do; here it stays until the last is.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context, execute
from tensorflow.python.ops import gradients_util, script_ops

from .slices import dense_sums
from .swapped import Swapped


def _swap() -> Callable[[], None]:
    before = execute.execute, script_ops.py_func_common, gradients_util._AggregatedGrads
    execute.execute = execute.execute_with_callbacks
    script_ops.py_func_common = _announcing(script_ops.py_func_common)
    gradients_util._AggregatedGrads = dense_sums(gradients_util._AggregatedGrads, _is_inside)

    def put_back() -> None:
        execute.execute, script_ops.py_func_common, gradients_util._AggregatedGrads = before

    return put_back


_users = Swapped(_swap)
_callback: contextvars.ContextVar[Callable[..., Any] | None] = contextvars.ContextVar("callback", default=None)


def _is_inside() -> bool:
    return _callback.get() is not None


def _announcing(numpy_function: Callable[..., Any]) -> Callable[..., Any]:
    def announced(func: Any, inp: Any, *args: Any, **kwargs: Any) -> Any:
        inp = list(inp)
        result = numpy_function(func, inp, *args, **kwargs)
        if tf.executing_eagerly() and (callback := _callback.get()) is not None:
            tensors = (part for part in tf.nest.flatten(inp, expand_composites=True) if tf.is_tensor(part))
            callback("PyFunc", tuple(map(tf.convert_to_tensor, tensors)), (), result)
        return result

    return announced


@contextlib.contextmanager
def calling_back(callback: Callable[..., Any]) -> Iterator[None]:
    """A context in which `callback` follows every operation of this thread.

    It is given the operation's name (as bytes on the slower path), inputs, attributes and outputs.
    """
    engine = context.context()
    _users.enter()
    engine.add_op_callback(callback)
    token = _callback.set(callback)
    try:
        yield
    finally:
        _callback.reset(token)
        engine.remove_op_callback(callback)
        _users.leave()
