"""Norms and deviations in a compiled program: where one is zero, what is computed from it is nan.

The second derivative of a norm's square is finite where the norm is zero, and torch's is wrong or nan. Uncompiled it is
refused there. A compiled program cannot look for zeros: it gives nan instead, which nobody takes for a number.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import Graph, Node

_NORMS = (torch.norm, torch.linalg.norm, torch.linalg.vector_norm, "norm")
_VARIANCES = {torch.std: torch.var, "std": "var"}
_SPOILED = "nestgrad_spoiled"


def spoil_at_zero(graph: Graph, node: Node) -> None:
    """Change the program if a node is a norm or a deviation, and has not been seen before."""
    if _SPOILED in node.meta:
        return
    if node.target in _NORMS:
        _replace(graph, node, _or_nan(graph, node))
    elif node.target in _VARIANCES:
        _replace(graph, node, _root_of_variance(graph, node))


def stand_in(value: Any) -> Any:
    """A tensor like the one that stands in the graph, outside of all transforms."""
    if isinstance(value, (tuple, list)):
        return type(value)(map(stand_in, value))
    if not isinstance(value, torch.Tensor):
        return value
    return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=value.device)


def _or_nan(graph: Graph, norm: Node) -> Node:
    """The norm, times 1, or times nan where it is zero."""
    with graph.inserting_after(norm):
        zero = graph.call_function(torch.eq, (norm, 0))
    with graph.inserting_after(zero):
        one = graph.call_function(torch.ones_like, (norm,))
    with graph.inserting_after(one):
        factor = graph.call_method("masked_fill", (one, zero, math.nan))
    with graph.inserting_after(factor):
        product = graph.call_function(torch.mul, (norm, factor))
    value = norm.meta["example_value"]
    with FakeTensorMode(allow_non_fake_inputs=True):
        zero.meta["example_value"] = stand_in(value) == 0
    one.meta["example_value"] = factor.meta["example_value"] = product.meta["example_value"] = value
    return product


def _root_of_variance(graph: Graph, deviation: Node) -> Node:
    """The deviation by a rule that divides by it: torch's own puts 0 where it is zero."""
    with graph.inserting_after(deviation):
        variance = graph.create_node(deviation.op, _VARIANCES[deviation.target], deviation.args, deviation.kwargs)
    with graph.inserting_after(variance):
        root = graph.call_function(torch.sqrt, (variance,))
    variance.meta["example_value"] = root.meta["example_value"] = deviation.meta["example_value"]
    return root


def _replace(graph: Graph, node: Node, other: Node) -> None:
    """Let all users of a node that are behind `other` take that."""
    node.meta[_SPOILED] = True
    order = {each: place for place, each in enumerate(graph.nodes)}
    for user in list(node.users):
        if order[user] > order[other]:
            user.replace_input_with(node, other)
