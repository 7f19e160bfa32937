"""Under which nesting this line runs, thread by thread, and the way back out of a forward mode that cannot go on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import record
from tensorflow.python.framework import ops

from ._ledger import FAULTS, covers


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
        nesting: the letters of all levels, outermost first. What the user's own tape or accumulator records
            counts as an R before them.
        accumulators: those of ours that are at work.
        emulating: whether forward mode is to be emulated from here inwards.
        graph: the graph that the outermost level was entered in, None for eager execution.
        scope: the name scope of that graph there.
        inputs: what the levels differentiate in.
        is_taped: whether a tape or accumulator of the user's was recording there.
    """

    nesting = ""
    accumulators: tuple[tf.autodiff.ForwardAccumulator, ...] = ()
    emulating = False
    graph: Any = None
    scope = ""
    inputs: tuple[Any, ...] = ()
    is_taped = False


here = _Here()


@contextlib.contextmanager
def level(letter: str, *, accumulator: Any = None) -> Iterator[None]:
    """One more letter inside those that are there; an F without an accumulator is emulated.

    Raises:
        Rerouted: an accumulator is at work that is unreliable with one more letter inside it.
    """
    before = dict(vars(here))
    if not here.nesting:
        if not tf.executing_eagerly():
            here.graph = tf.compat.v1.get_default_graph()
            here.scope = here.graph.get_name_scope()
        here.is_taped = record.could_possibly_record()
        here.nesting = "R" if here.is_taped else ""
    here.nesting += letter
    if accumulator is not None:
        here.accumulators = (*here.accumulators, accumulator)
    elif letter == "F":
        here.emulating = True
    try:
        if here.accumulators and (reason := _unreliable()):
            raise Rerouted("jvp", reason)
        yield
    finally:
        vars(here).clear()
        vars(here).update(before)


def _unreliable() -> str | None:
    """Why an accumulator cannot be trusted under this nesting, whatever the function."""
    faults = ("two_accumulators",) if here.graph is None else ("two_accumulators", "accumulator_in_graph")
    return next((FAULTS[name].reason for name in faults if covers(name, here.nesting)), None)


def may_be_differentiated() -> bool:
    """Whether an operation that is run now, eagerly, is recorded or pushed, or would be if recording were not stopped.

    In the pullback of an outermost R most are not: what they compute is a number, and right.
    """
    return bool(record.could_possibly_record() or pywrap_tfe.TFE_Py_TapeSetIsStopped())


def may_vary(tensor: Any) -> bool:
    """Whether a level here differentiates with respect to this tensor, as far as can be known."""
    if here.graph is not None:
        return here.is_taped or _depends_on_inputs(tensor)
    pushed = any(accumulator.jvp(tensor) is not None for accumulator in here.accumulators)
    return bool(pushed or record.should_record_backprop([tensor]))


def _depends_on_inputs(tensor: Any) -> bool:
    """Whether a tensor of a graph is computed from what the levels differentiate in."""
    wanted = {id(entry) for entry in here.inputs}
    has_variable = any(isinstance(entry, tf.Variable) for entry in here.inputs)
    seen, pending = set(), [tensor]
    while pending:
        found = pending.pop()
        if id(found) in wanted or (has_variable and found.dtype == tf.resource):
            return True
        if id(found.op) not in seen and _has_gradient(found.op):
            seen.add(id(found.op))
            pending += found.op.inputs
    return False


def _has_gradient(operation: Any) -> bool:
    try:
        return ops.get_gradient_function(operation) is not None
    except LookupError:  # a call, or what raises when it is differentiated
        return True
