"""Functions of other engines as one primitive of autograd's, with the node as its first argument.

One for all nodes: autograd keeps the rules of a primitive for ever, and with them what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.builtins import tuple as traced_tuple
from autograd.extend import defjvp_argnums, defvjp_argnums, primitive
from autograd.tracer import getval, isbox

from nestgrad.extend import Node


def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    found = foreign(node, *arrays)
    values = _unboxed(found)
    moved = _moved(values)
    return tuple(found[i] if i in moved else values[i] for i in range(len(values)))  # integers are constants


@primitive
def foreign(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """What the node gives."""
    return node(*map(np.asarray, arrays))


def _unboxed(found: Any) -> tuple[Any, ...]:
    while isbox(found):
        found = getval(found)
    values: tuple[Any, ...] = found
    return values


def _moved(values: Sequence[Any]) -> tuple[int, ...]:
    return tuple(i for i in range(len(values)) if np.issubdtype(values[i].dtype, np.inexact))


def _pull(argnums: Sequence[int], ans: Any, args: tuple[Any, ...], kwargs: Any) -> Callable[[Any], Any]:
    node, *x = args
    inputs, outputs = tuple(i - 1 for i in argnums), _moved(ans)
    return lambda u: iter(lift(node.vjp(inputs, outputs), *x, *[u[i] for i in outputs]))


def _push(argnums: Sequence[int], tangents: Any, ans: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    node, *x = args
    inputs, outputs = tuple(i - 1 for i in argnums), _moved(ans)
    found = dict(zip(outputs, lift(node.jvp(inputs, outputs), *x, *tangents), strict=True))
    return traced_tuple([found[i] if i in found else anp.zeros(anp.shape(ans[i])) for i in range(len(ans))])


defvjp_argnums(foreign, _pull)
defjvp_argnums(foreign, _push)
