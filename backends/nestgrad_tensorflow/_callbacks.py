"""Op callbacks of the present thread, for every way in which TensorFlow runs an operation.

Most operations call back by themselves. Those called with a Python list where a tensor is meant take a slower
path, which calls back only while `execute.execute` is TensorFlow's `execute_with_callbacks`. This is global, and
for a thread without callbacks the same. TensorFlow's own `add_op_callback` sets it back when one thread is done,
whatever the others do; here it stays until the last is.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tensorflow.python.eager import context, execute


class _Users:
    """How many threads are inside `calling_back`."""

    def __init__(self) -> None:
        self._lock, self._count, self._before = threading.Lock(), 0, execute.execute

    def enter(self) -> None:
        with self._lock:
            if self._count == 0:
                self._before, execute.execute = execute.execute, execute.execute_with_callbacks
            self._count += 1

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0:
                execute.execute = self._before


_users = _Users()


@contextlib.contextmanager
def calling_back(callback: Callable[..., Any]) -> Iterator[None]:
    """A context in which `callback` follows every operation of this thread.

    It is given the operation's name (as bytes on the slower path), inputs, attributes and outputs.
    """
    engine = context.context()
    _users.enter()
    engine.add_op_callback(callback)
    try:
        yield
    finally:
        engine.remove_op_callback(callback)
        _users.leave()
