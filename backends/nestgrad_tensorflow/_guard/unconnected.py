"""Is a derivative of None a zero, or did the engine lose sight of the function?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._ledger import FAULTS
from nestgrad_tensorflow._levels import here
from nestgrad_tensorflow._outputs import entries

from .watch import counts, watched

_STEP = 2.0**-10


def check_constant(
    f: Callable[..., Any], inputs: Sequence[Any], value: Any, has_aux: bool, unseen: list[bool], still: list[bool]
) -> None:
    """Raise if f changes with inputs that TensorFlow says it does not depend on.

    `unseen` tells which of the inputs those are, and `still` which entries of f's value do not depend on them.
    Eagerly f is evaluated once more, a step away in those inputs. In a graph there is no value to see, and
    TensorFlow sees all that it computes. What lies behind tf.stop_gradient is constant by the user's own will.
    The levels inside of f were asked for its value; not again while it is compared, or f were evaluated 2ᵏ times.
    """
    if counts.comparing or not tf.executing_eagerly():
        return
    moved = [_moved(entry) if alone else entry for entry, alone in zip(inputs, unseen, strict=True)]
    before, counts.comparing = counts.stopped, True
    try:
        with watched():
            output = f(*moved)
    finally:
        counts.comparing = False
    pairs = zip(entries(value), entries(output[0] if has_aux else output), strict=True)
    held = itertools.compress(pairs, still)
    if counts.stopped == before and not all(_equal(one, other) for one, other in held):
        raise FAULTS["lost_gradient"].refusal("tensorflow", here.nesting or "R")


def _moved(x: Any) -> Any:
    step = tf.constant(_STEP, x.dtype)
    return x * (1 + step) + step


def _equal(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True)
