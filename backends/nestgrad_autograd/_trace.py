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
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np
import optree
from autograd.core import add_outgrads, vspace
from autograd.tracer import isbox, new_box, trace_stack

from nestgrad.extend import Function, Leaves

from ._rules import ForwardNode, ReverseNode, innermost

_GAP = 2**32

_numbers = itertools.count(1)
_numbering = threading.Lock()


class Traced(NamedTuple):
    """What a trace of f found.

    Attributes:
        entries: the arrays of its value.
        nodes: what computed each of them, `None` where no input did.
        is_tuple: whether the value is a tuple of them, or the one that there is.
        aux: f's aux.
    """

    entries: Leaves
    nodes: tuple[Any, ...]
    is_tuple: bool
    aux: Any

    def shaped(self, entries: Leaves) -> Any:
        """Arrays like those of the value, in its structure."""
        return entries if self.is_tuple else entries[0]


def jvp(f: Function, primals: Leaves, tangents: Leaves, has_aux: bool) -> tuple[Any, Any, Any]:
    """The value of f, an array or a tuple of arrays, its derivative along the tangents, and its aux."""
    traced = record(f, primals, [ForwardNode.new_root(tangent) for tangent in tangents], has_aux)
    pushed = [
        vspace(entry).zeros() if node is None else own(_like(node.g, entry))
        for entry, node in zip(traced.entries, traced.nodes, strict=True)
    ]
    return traced.shaped(traced.entries), traced.shaped(tuple(pushed)), traced.aux


def vjp(f: Function, primals: Leaves, has_aux: bool) -> tuple[Any, Callable[[Any], Leaves], Any]:
    """The value of f, an array or a tuple of arrays, its pullback, and its aux."""
    roots = [ReverseNode.root(primal) for primal in primals]
    traced = record(f, primals, roots, has_aux)

    def pullback(cotangent: Any) -> Leaves:
        found = _backward(traced.nodes, cotangent if traced.is_tuple else (cotangent,))
        return tuple(
            _shaped(*found[root], primal) if root in found else vspace(primal).zeros()
            for root, primal in zip(roots, primals, strict=True)
        )

    return traced.shaped(traced.entries), pullback, traced.aux


def _backward(ends: tuple[Any, ...], cotangents: Leaves) -> dict[Any, tuple[Any, bool]]:
    """The cotangents of the roots that the ends depend on, each with whether it may be added to in place.

    autograd's `backward_pass` has one end and one root: several arrays are to it a tuple, and to take one out or put
    one in makes nodes at every level. Here the latest node goes first, so that all that was computed from a node has
    gone before it.
    """
    found: dict[Any, tuple[Any, bool]] = {}
    pending: list[tuple[int, Any]] = []  # a heap

    def add(node: Any, part: Any) -> None:
        if node not in found:
            heappush(pending, (-node.number, node))
        found[node] = _sum(found.get(node), part)

    for end, cotangent in zip(ends, cotangents, strict=True):
        if end is not None:
            add(end, cotangent)
    while pending:
        _, node = heappop(pending)
        if node.parents:
            held, _ = found.pop(node)
            for parent, part in zip(node.parents, node.pull(held), strict=True):
                add(parent, part)
    return found


def _sum(before: tuple[Any, bool] | None, part: Any) -> tuple[Any, bool]:
    """What autograd's `add_outgrads` gives, which takes a detour for two arrays that no trace is about."""
    if before is None or type(part) is not np.ndarray or type(before[0]) is not np.ndarray:
        return add_outgrads(before, part)
    held, is_own = before
    if is_own:
        held += part
        return held, True
    return held + part, True


def _shaped(cotangent: Any, is_own: bool, primal: Any) -> Any:
    """The cotangent as an array like the primal: rules widen float32 where they meet a 0-d constant.

    Raises:
        TypeError, ValueError: it is complex though the primal is real, or of another shape.
    """
    inner, like = innermost(cotangent), innermost(primal)
    is_array = type(inner) is np.ndarray is type(like)
    # without axes it may be a NumPy scalar, in a box or not
    if is_array and inner.dtype == like.dtype and inner.shape == like.shape != ():
        return cotangent if is_own else own(cotangent)
    return vspace(primal).mut_add(None, cotangent)


def _like(tangent: Any, value: Any) -> Any:
    """The tangent as an array of the value's type.

    Raises:
        TypeError: it is complex though the value is real.
    """
    if not hasattr(value, "dtype"):
        return tangent
    if not isbox(tangent):
        tangent = np.asarray(tangent) if type(value) is np.ndarray else np.asarray(tangent)[()]
    if tangent.dtype == value.dtype:
        return tangent
    if tangent.dtype.kind == "c" and value.dtype.kind != "c":
        raise TypeError("a forward rule gives a complex tangent of a real value")
    return tangent.astype(value.dtype)


def record(f: Function, values: Leaves, roots: list[Any], has_aux: bool) -> Traced:
    """F evaluated on boxes whose nodes these roots are; nodes of their class record it."""
    number = _next_number()
    output = f(*(new_box(value, number, root) for value, root in zip(values, roots, strict=True)))
    aux = None
    if has_aux:
        output, aux = output[0], optree.tree_map(lambda a: _opened(a, number), output[1])
    is_tuple = type(output) is tuple
    entries = output if is_tuple else (output,)
    nodes = tuple(entry._node if isbox(entry) and entry._trace == number else None for entry in entries)
    return Traced(tuple(_opened(entry, number) for entry in entries), nodes, is_tuple, aux)


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
