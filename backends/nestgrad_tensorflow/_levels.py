"""Under which nesting this line runs, thread by thread, and the way back out of a forward mode that cannot go on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record


class Rerouted(BaseException):
    """Unwinds to the outermost `tf.autodiff.ForwardAccumulator`, whose jvp then starts over by two tapes.

    No `Exception`: the user's function, which it passes through, must not take it for one of its own.
    """

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(operation, reason)
        self.operation, self.reason = operation, reason


class _Here(threading.local):
    """The present thread's levels.

    Attributes:
        word: the letters of all levels, outermost first. What the user's own tape or accumulator records
            counts as an R before them.
        natives: how many accumulators of ours are at work.
        emulating: whether forward mode is to be emulated from here inwards.
        graph: the graph that the outermost level was entered in, None for eager execution.
    """

    word = ""
    natives = 0
    emulating = False
    graph: Any = None


here = _Here()


@contextlib.contextmanager
def level(letter: str, *, native: bool = True) -> Iterator[None]:
    """One more letter inside those that are there.

    Raises:
        Rerouted: an accumulator is at work that is unreliable with one more letter inside it.
    """
    before = here.word, here.natives, here.emulating, here.graph
    if not here.word:
        here.graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
        here.word = "R" if record.could_possibly_record() else ""
    here.word += letter
    here.natives += letter == "F" and native
    here.emulating |= letter == "F" and not native
    try:
        if here.natives and is_unreliable(here.word):
            raise Rerouted("jvp", UNRELIABLE)
        yield
    finally:
        here.word, here.natives, here.emulating, here.graph = before


UNRELIABLE = "ForwardAccumulator raises or is wrong under two forward modes and a third letter"


def is_unreliable(word: str) -> bool:
    """Whether accumulators cannot be trusted with this nesting, whatever the function."""
    return len(word) > 2 and word.count("F") > 1
