"""Functions of other engines as one primitive of autograd's, with the node as its first argument.

One for all nodes: autograd keeps the rules of a primitive for ever, and with them what they hold. And none of those
that `autograd.extend.primitive` makes, which evaluate the value before the tangents are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from autograd.core import JVPNode
from autograd.extend import defvjp_argnums
from autograd.tracer import find_top_boxed_args, getval, isbox, new_box
from autograd.util import subvals

from nestgrad.extend import Node, with_tangents


def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    found = foreign(node, *arrays)
    values = [_unboxed(one) for one in _unboxed(found)]
    return tuple([found[i] if _moves(value) else value for i, value in enumerate(values)])  # integers are constants


def foreign(node: Node, *arrays: Any) -> Any:
    """What the node gives: a tuple of arrays, or of boxes, or a box of either."""
    boxes, trace, kind, _ = find_top_boxed_args(arrays)
    if not boxes:
        return node(*map(np.asarray, arrays))
    inputs, parents = zip(*[(place, box._node) for place, box in boxes], strict=True)
    values = subvals(arrays, [(place, box._value) for place, box in boxes])
    if issubclass(kind, JVPNode):
        found = lift(node.value_and_jvp(inputs), *values, *[parent.g for parent in parents])
        roots = [(y, None if t is None else kind.new_root(t)) for y, t in with_tangents(found, _moves)]
        return tuple([y if root is None else new_box(y, trace, root) for y, root in roots])
    found = foreign(node, *values)
    argnums = tuple(1 + place for place in inputs)
    return new_box(found, trace, kind(found, foreign, (node, *values), {}, argnums, parents))


def _unboxed(value: Any) -> Any:
    while isbox(value):
        value = getval(value)
    return value


def _moves(array: Any) -> bool:
    return np.issubdtype(array.dtype, np.inexact)


def _pull(argnums: Sequence[int], ans: Any, args: tuple[Any, ...], kwargs: Any) -> Callable[[Any], Any]:
    node, *x = args
    inputs = tuple(i - 1 for i in argnums)
    outputs = tuple(i for i, one in enumerate(_unboxed(ans)) if _moves(_unboxed(one)))
    return lambda u: iter(lift(node.vjp(inputs, outputs), *x, *[u[i] for i in outputs]))


defvjp_argnums(foreign, _pull)
