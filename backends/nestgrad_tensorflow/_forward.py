"""Forward mode: tf.autodiff.ForwardAccumulator where it is right, else two reverse modes."""

from __future__ import annotations

import tensorflow as tf

from nestgrad.extend import Function, Leaves, UnsupportedNestingError, emulated

from ._guard.slices import dense_rules
from ._guard.unconnected import check_constant
from ._guard.watch import watched
from ._levels import Rerouted, here, level
from ._namespace.creation import ones_like
from ._outputs import dense, entries, like, outputs_of, own
from ._reverse import Recording


def jvp(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its derivative along the tangents, and its aux."""
    if here.emulating:
        return _by_two_pullbacks(f, primals, tangents, has_aux)
    if here.accumulators:
        return _by_accumulator(f, primals, tangents, has_aux)
    try:
        return _by_accumulator(f, primals, tangents, has_aux)
    except Rerouted as rerouted:
        operation, reason = rerouted.operation, rerouted.reason
    except UnsupportedNestingError:
        raise
    except Exception as error:  # f's own comes again
        operation, reason = "jvp", f"ForwardAccumulator raises {type(error).__name__}"
    emulated(operation, reason)
    return _by_two_pullbacks(f, primals, tangents, has_aux)


def _by_accumulator(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> Leaves:
    inputs = tuple(map(own, primals))
    accumulator = tf.autodiff.ForwardAccumulator(list(inputs), list(map(tf.identity, tangents)))
    with level("F", accumulator=accumulator), watched(), dense_rules(), accumulator:
        here.inputs = (*here.inputs, *inputs)
        value, aux = outputs_of(f, inputs, has_aux)
    pushed = accumulator.jvp(list(entries(value)))
    still = [part is None for part in pushed]
    if any(still):
        check_constant(f, inputs, value, has_aux, unseen=[True] * len(inputs), still=still)
    return value, like(value, list(map(dense, pushed, entries(value)))), *aux


def _by_two_pullbacks(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> Leaves:
    """The pullback is linear in its cotangent, and its transpose is the derivative, at any order.

    So it may be differentiated at any cotangent. Not at zero, by which some of TensorFlow's rules divide.
    """
    with level("F"), watched():
        recording = Recording(f, primals, has_aux)
        value = recording.value
        pulling = Recording(lambda *u: recording.pull(u), tuple(map(ones_like, entries(value))), False)
        return value, like(value, pulling.pull(tuple(tangents))), *recording.aux
