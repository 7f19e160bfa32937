"""Inner functions and control flow: the operations that call them, and what is inside."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context

CONTROL_FLOW = frozenset(("If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile"))
"""The operations of a graph that run functions, other than calls."""

FORWARD_RULES = re.compile("_jvp_(exact|relaxed)_shapes_")
"""How TensorFlow names the functions in which it pushes tangents."""

TRANSPOSED_RULES = re.compile("_backward_.*_jvp_(exact|relaxed)_shapes_")
"""And those that differentiate them: while an accumulator records, the work of another one inside it."""


def announcing(called: Callable[[str], None], options: Any) -> Any:
    """The options of this thread for calls of functions, made to tell the name of each function before it runs.

    No op callback sees the call of a function, but each call reads these options first.
    """
    return _Announcing(called, options)


class _Announcing:
    def __init__(self, called: Callable[[str], None], options: Any) -> None:
        self._called, self._options = called, options

    def __getattr__(self, name: str) -> Any:
        return getattr(self._options, name)

    def as_attrs(self) -> Any:
        calling = sys._getframe(1).f_locals  # of Context.call_function, or of AtomicFunction.call_flat in a graph
        name = calling["name"] if "name" in calling else calling["self"].name
        self._called(name.decode())
        return self._options.as_attrs()


def functions_in(attrs: Any) -> Iterator[str]:
    """The names of the functions that the attributes of an operation refer to."""
    for value in attrs:
        if isinstance(value, tf.compat.v1.AttrValue):
            if value.HasField("func"):
                yield value.func.name
            yield from (function.name for function in value.list.func)


@dataclass(frozen=True)
class Node:
    """An operation inside a function.

    Attributes:
        definition: its name, op, inputs and attributes.
        constants: the constants of its function, by name.
    """

    definition: Any
    constants: dict[str, Any]


def nodes(function: str) -> Iterator[Node]:
    """Everything that a function computes, inside the functions that it calls as well."""
    seen, pending = set(), [function]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        definitions = _definition(name).node_def
        constants = {node.name: node for node in definitions if node.op == "Const"}
        for node in definitions:
            yield Node(node, constants)
            pending += functions_in(node.attr.values())


def _definition(name: str) -> Any:
    graph = tf.compat.v1.get_default_graph()
    while graph is not None:
        if graph._is_function(name):
            return graph._get_function(name).cached_definition
        graph = getattr(graph, "outer_graph", None)
    return context.context().get_function_def(name)
