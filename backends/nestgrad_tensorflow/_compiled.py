"""tf.function, which decides in each call anew which of its programs to run: half of what a small one costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.ops import EagerTensor

_MAX_KEPT = 128


def compiled(f: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """F by tf.function; a program of eager tensors is looked up by their dtypes and shapes.

    Called eagerly with tensors alone, and outside of a distribution strategy, tf.function goes by those as well and by
    nothing else. In any other call it is asked itself.
    """
    function = tf.function(f, autograph=False, **options)
    programs: dict[Any, Callable[..., Any]] = {}

    def call(*arguments: Any, **kwargs: Any) -> Any:
        if kwargs or not _is_plain(arguments):
            return function(*arguments, **kwargs)
        key = tuple([(tensor.dtype, tensor.shape) for tensor in arguments])
        program = programs.get(key)
        if program is not None:
            return program(*arguments)
        found = function(*arguments)
        if len(programs) >= _MAX_KEPT:
            programs.clear()
        programs[key] = function.get_concrete_function(*arguments)
        return found

    return call


def _is_plain(arguments: tuple[Any, ...]) -> bool:
    """Whether arguments are eager tensors alone, and nothing else has a say in what is run."""
    if not tf.executing_eagerly() or tf.config.functions_run_eagerly() or tf.distribute.has_strategy():
        return False
    return set(map(type, arguments)) == {EagerTensor}
