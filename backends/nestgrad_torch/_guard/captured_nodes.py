"""The same as `captured`, of a graph that Dynamo has made: an x that f captures is the node of x itself."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch._functorch import eager_transforms, predispatch
from torch.fx import Graph, Node
from torch.nn import Parameter

from .captured import CONSTANTS

OPENS = {torch._C._functorch._wrap_for_grad, predispatch._make_dual}
"""What makes a variable of a transform, of what it is given first."""
_PREPARES = OPENS | {eager_transforms._set_tensor_requires_grad}
_NAMES = {function.__name__ for function in CONSTANTS}


def reads_captured(graph: Graph, body: Iterable[Node]) -> bool:
    """Whether the body of a function reads an x that it captures, and not its argument, or a parameter."""
    origin: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.target in _PREPARES and isinstance(node.args[0], Node):
            origin[node] = origin.get(node.args[0], node.args[0])
    passed = {node for node in origin.values() if node.op == "placeholder"}
    read, used = set(), set()
    for node in body:
        if node.target not in _PREPARES and getattr(node.target, "__name__", node.target) not in _NAMES:
            read |= passed.intersection(node.all_input_nodes)
            used |= {origin[given] for given in node.all_input_nodes if given in origin}
    return any(node.type is Parameter or node not in used for node in read)
