"""The same as `held`, of a graph that Dynamo has made: `.data` becomes `detach`, and all else is left uncompiled."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.fx import Node

_DATA = torch._C._autograd._get_data_attr


def holds(body: Sequence[tuple[Node, str]], varying: set[Node]) -> bool:
    """Whether a function holds what not every level of transforms takes for a constant, or all of its value.

    Args:
        body: the nodes of the function, each with its nesting.
        varying: those that come from what a transform differentiates in.
    """
    outside = body[0][1]
    is_off = of_value = False
    for node, nesting in body:
        if node.target is torch._C._set_grad_enabled and nesting == outside:
            is_off = not node.args[0]
        if node.target is _DATA:
            node.op, node.target = "call_method", "detach"
        if node in varying:
            of_value = is_off
            if is_off and "F" in outside:
                return True
            if node.target == "detach_" and len(nesting) > 1:
                return True
    return of_value
