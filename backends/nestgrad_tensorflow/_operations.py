"""Which of TensorFlow's operations a function runs, with those of its inner functions and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflow.python.framework.func_graph import FuncGraph


def operations(f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
    """See `nestgrad.extend.Abilities.operations`; a function that needs values has no graph."""
    with FuncGraph("nestgrad_operations").as_default() as graph:
        f(*inputs)
    whole = graph.as_graph_def()
    inner = (node for function in whole.library.function for node in function.node_def)
    return frozenset(node.op for node in (*whole.node, *inner)) - _ENDS


_ENDS = {"Placeholder", "NoOp"}
"""What a graph has for the values that it is given, and for the order in which it runs."""
