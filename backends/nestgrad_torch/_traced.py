"""Double reverse mode as Dynamo traces it: in few frames of few names.

Each frame takes its time when it is traced, and each name is looked up again in each call of what was compiled, to see
whether it still is what it was. So torch's functions are imported one by one.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, ones_like, zeros_like
from torch.func import vjp

from nestgrad.extend import Function, Leaves

from ._function import as_tensors, check_compilable
from ._guard.dynamo_graph import looked_at


def double_reverse(f: Function, x: Leaves, v: Leaves) -> tuple[Leaves, Leaves]:
    """(∇f(x), ∇²f(x)v) by two pullbacks of torch.func.

    One look at f is enough: around it nothing is done but to pull back. No forward mode is around that would want
    tangents of the constants, as three letters are not compiled.
    """
    check_compilable("RR")

    def watched(*y: Any) -> Any:
        output = looked_at(f, y)
        return output if isinstance(output, Tensor) else as_tensors(output, y[0])

    def gradient(*y: Any) -> Any:
        value, pullback = vjp(watched, *y)
        return pullback(ones_like(value))

    first, pullback = vjp(gradient, *x)
    return _dense(first), _dense(pullback(v))


def _dense(leaves: Leaves) -> Leaves:
    """Each with memory of its own: Dynamo cannot ask whether one has none, or shares it."""
    return tuple([leaf + zeros_like(leaf) for leaf in leaves])
