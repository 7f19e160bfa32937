"""Forward and reverse mode on autograd's tracer, safe in threads and after exceptions.

autograd numbers nested traces by one counter of the process: it goes up when a trace begins and down
when it ends. A thread that leaves a trace can so hand its own number to another thread's inner trace,
which then takes the outer variable for the inner one. The traces made here take numbers that only
rise, so an inner trace is above its outer one whatever other threads do. A lock is held while a number
is taken, and not while a function runs: that may wait for other threads which differentiate as well.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import optree
from autograd.builtins import tuple as traced_tuple
from autograd.core import add_outgrads, vspace
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import isbox, new_box, toposort, trace_stack

from nestgrad.extend import Function, Leaves

from ._rules import ForwardNode, ReverseNode

_GAP = 2**32

_numbers = itertools.count(1)
_numbering = threading.Lock()


class Traced(NamedTuple):
    """What a trace of f found: its value, the node that computed it (`None` if no input did), its aux."""

    value: Any
    node: Any
    aux: Any


def jvp(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> tuple[Any, Any, Any]:
    """The value of f, an array or a tuple of arrays, its derivative along the tangents, and its aux."""
    traced = _trace(f, primals, [ForwardNode.new_root(tangent) for tangent in tangents], has_aux)
    tangent = vspace(traced.value).zeros() if traced.node is None else traced.node.g
    return traced.value, tangent, traced.aux


def vjp(f: Function, primals: Leaves, has_aux: bool) -> tuple[Any, Callable[[Any], Leaves], Any]:
    """The value of f, an array or a tuple of arrays, its pullback, and its aux."""
    roots = [ReverseNode.new_root() for _ in primals]
    traced = _trace(f, primals, roots, has_aux)

    def pullback(cotangent: Any) -> Leaves:
        found = {} if traced.node is None else _backward(cotangent, traced.node)
        return tuple(
            _shaped(*found[root], primal) if root in found else vspace(primal).zeros()
            for root, primal in zip(roots, primals, strict=True)
        )

    return traced.value, pullback, traced.aux


def _backward(cotangent: Any, end: Any) -> dict[Any, tuple[Any, bool]]:
    """The cotangents of the roots that the end depends on, each with whether it may be added to in place.

    autograd's `backward_pass` has one root: it takes an array to be the element of a tuple, at four nodes an array.
    """
    found = {end: (cotangent, False)}
    for node in toposort(end):
        if node.parents:
            held, _ = found.pop(node)
            for parent, part in zip(node.parents, node.vjp(held), strict=True):
                found[parent] = add_outgrads(found.get(parent), part)
    return found


def _shaped(cotangent: Any, is_own: bool, primal: Any) -> Any:
    """The cotangent as an array like the primal: rules widen float32 where they meet a 0-d constant.

    Raises:
        TypeError, ValueError: it is complex though the primal is real, or of another shape.
    """
    is_array = type(cotangent) in (np.ndarray, ArrayBox)
    if is_array and cotangent.dtype == primal.dtype and cotangent.shape == primal.shape:
        return cotangent if is_own else own(cotangent)
    return vspace(primal).mut_add(None, cotangent)


def _trace(f: Function, values: Leaves, roots: list[Any], has_aux: bool) -> Traced:
    number = _next_number()
    output = f(*(new_box(value, number, root) for value, root in zip(values, roots, strict=True)))
    aux: Any
    output, aux = output if has_aux else (output, None)
    if type(output) is tuple:
        output = traced_tuple(output)
    own = isbox(output) and output._trace == number
    if has_aux:
        aux = optree.tree_map(lambda a: _opened(a, number), aux)
    return Traced(_opened(output, number), output._node if own else None, aux)


def _opened(value: Any, number: int) -> Any:
    """The value without this trace's box, and apart from the one that rules keep."""
    return own(value._value) if isbox(value) and value._trace == number else value


def own(value: Any) -> Any:
    """Copies of NumPy arrays: two that are equal may not be one, since whoever is given an array may change it."""
    if isinstance(value, tuple):
        return tuple(map(own, value))
    return value.copy() if type(value) is np.ndarray else value


def _next_number() -> int:
    """A number above every enclosing trace's, with room above it for traces that raw autograd begins inside."""
    with _numbering:
        number = next(_numbers) * _GAP
        # numbers rise, but another thread's raw trace may have raised or lowered the top
        trace_stack.top = max(trace_stack.top, number + _GAP // 2)
    return number
