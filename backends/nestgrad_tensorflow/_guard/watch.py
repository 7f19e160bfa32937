"""The look-out for operations that TensorFlow differentiates wrongly where they are: repaired, rerouted or refused.

TensorFlow calls back after each operation of a thread, with the outputs. In eager execution it has recorded the
operation by then, and other outputs may be put in its place; in a graph they are returned. What happens inside an
inner function or control flow is read from its definition when it is called. All this is scoped to a call and to
its thread.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context

from nestgrad.extend import UnsupportedNestingError, emulated
from nestgrad_tensorflow._faults.table import TABLE, wrong_under
from nestgrad_tensorflow._inner_functions import (
    CONTROL_FLOW,
    FORWARD_RULES,
    TRANSPOSED_RULES,
    Node,
    announcing,
    functions_in,
    nodes,
)
from nestgrad_tensorflow._ledger import FAULTS, covers
from nestgrad_tensorflow._levels import Rerouted, here, may_be_differentiated
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._sight import Seen
from nestgrad_tensorflow._unseen import here as own

from .callbacks import calling_back
from .closed import close
from .own_rules import tell_rule
from .rules import fault_of_rule
from .slices import GATHERING

_IDENTITIES = ("Identity", "IdentityN")
_NAMES = {*TABLE, *CONTROL_FLOW, *GATHERING, "StopGradient", *_IDENTITIES}
_MINDED = frozenset(_NAMES | {name.encode() for name in _NAMES})
"""The operations of which there is anything to say, as either path of TensorFlow calls them."""


class _Counts(threading.local):
    """What this thread has seen.

    Attributes:
        stopped: how many `tf.stop_gradient`.
        with_code: how much whose pullback may run code that is not TensorFlow's own: calls of functions, and, as each
            `tf.custom_gradient` leaves one behind, identities.
        gathering: how many operations whose rules give IndexedSlices.
        refusal: the one that is on its way out.
    """

    stopped = 0
    with_code = 0
    gathering = 0
    comparing = False
    watching = False
    refusal: UnsupportedNestingError | None = None


counts = _Counts()


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """A context in which operations that are wrong under the present nesting are seen to."""
    if counts.watching:
        yield
        return
    engine = context.context()
    options = engine.function_call_options
    scope = tf.compat.v1.get_variable_scope()
    caching = scope.caching_device
    counts.watching, counts.refusal = True, None
    engine.function_call_options = announcing(_called, options)
    try:
        with calling_back(_seen):
            yield
    except Exception as error:  # autograph makes its own of every exception
        if counts.refusal is None or isinstance(error, UnsupportedNestingError):
            raise
        raise counts.refusal from error
    finally:
        engine.function_call_options = options
        scope._caching_device = caching  # map_fn and scan leave theirs behind when they are refused inside
        counts.watching, counts.refusal = False, None  # whose traceback holds f, its inputs, and all that they hold


def _seen(
    name: str | bytes, inputs: Any, attrs: Any, outputs: Any, op_name: str | None = None, graph: Any = None
) -> list[Any] | None:
    """After an operation: the outputs to put in place of its own, or None."""
    if name not in _MINDED:  # most operations
        return None
    if name == "IdentityN" and graph is not None:
        if (fault := fault_of_rule(outputs[0].op, graph)) is not None:
            raise _refused(fault.refusal("tensorflow", here.nesting))
        tell_rule()
        return None
    if graph is not here.graph or own.unseen:  # a function being traced: its definition is looked at when it is called
        return None
    is_slow = isinstance(name, bytes)
    op = name.decode() if isinstance(name, bytes) else name
    if op == "StopGradient":
        counts.stopped += 1
    elif op in _IDENTITIES:
        counts.with_code += 1
        tell_rule()
        return None
    elif op in GATHERING:
        counts.gathering += 1
        return None
    if graph is None and not may_be_differentiated():
        return None
    if op in CONTROL_FLOW:
        for function in functions_in(attrs):
            _inspect(function)
        return None
    call = Call(inputs, attrs, outputs)
    for wrong in wrong_under(here.nesting).get(op, ()):
        if wrong.sight.when(call):
            return _repaired(wrong, call, outputs, is_slow)
    return None


def _repaired(wrong: Seen, call: Call, outputs: Any, is_slow: bool) -> list[Any] | None:
    in_graph = here.graph is not None
    if here.accumulators and (in_graph or wrong.sight.by_two_pullbacks or wrong.sight.closes):
        raise Rerouted(wrong.operation, wrong.fault.reason)
    if wrong.sight.by_two_pullbacks:
        return None
    if wrong.sight.closes and not (in_graph and here.is_taped):
        close(wrong, call, outputs)
        return None
    if wrong.sight.repair is None:
        raise _refused(wrong.refusal(here.nesting))
    if in_graph and here.is_taped:
        raise _refused(
            wrong.refusal(here.nesting, "A tape inside a graph would look past a repair: put the tape outside of it.")
        )
    if is_slow:
        raise _refused(
            wrong.refusal(here.nesting, "Called with a list or tuple it cannot be repaired: pass it tensors.")
        )
    emulated(wrong.operation, wrong.fault.reason)
    repaired = wrong.sight.repair(call)
    if not in_graph:
        outputs[:] = repaired
    return repaired


def _called(function: str) -> None:
    """Before a function is called."""
    counts.with_code += 1
    if here.accumulators and TRANSPOSED_RULES.search(function):
        raise Rerouted("jvp", FAULTS["two_accumulators"].reason)
    if FORWARD_RULES.search(function):
        return
    if here.graph is (None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()):
        _inspect(function)


def _inspect(function: str) -> None:
    """Look into a function before it is called."""
    dropped = FAULTS["inner_function"]
    if here.accumulators and covers(dropped.id, here.nesting, compiled=here.graph is not None):
        raise Rerouted("inner function", dropped.reason)
    for wrong, node in _suspects(function, here.nesting):
        if wrong.sight.when_inside(node):
            raise _refused(
                wrong.refusal(here.nesting, "It is inside an inner function or control flow, out of reach of a repair.")
            )


@functools.lru_cache(maxsize=1024)
def _suspects(function: str, nesting: str) -> tuple[tuple[Seen, Node], ...]:
    table = wrong_under(nesting)
    return tuple((wrong, node) for node in nodes(function) for wrong in table.get(node.definition.op, ()))


def _refused(refusal: UnsupportedNestingError) -> UnsupportedNestingError:
    counts.refusal = refusal
    return refusal
