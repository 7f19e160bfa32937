"""Which of TensorFlow's operations a function runs, with those of its inner functions and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflow.python.framework.func_graph import FuncGraph


def operations(f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
    """See `nestgrad.extend.Abilities.operations`; a function that needs values has no graph."""
    with FuncGraph("nestgrad_operations").as_default() as graph:
        f(*inputs)
    return operations_in(graph) - _ENDS


def operations_in(graph: Any, first: int = 0) -> frozenset[str]:
    """The names of a graph's operations from this one on, with those of the functions that they call."""
    whole, wanted = graph.as_graph_def(), {operation.name for operation in graph.get_operations()[first:]}
    bodies = {function.signature.name: function.node_def for function in whole.library.function}
    found, pending = set(), [node for node in whole.node if node.name in wanted]
    while pending:
        node = pending.pop()
        found.add(node.op)
        called = (one.name for value in node.attr.values() for one in (value.func, *value.list.func))
        pending += (inside for name in (node.op, *called) for inside in bodies.pop(name, ()))
    return frozenset(found)


_ENDS = {"Placeholder", "NoOp"}
"""What a graph has for the values that it is given, and for the order in which it runs."""
