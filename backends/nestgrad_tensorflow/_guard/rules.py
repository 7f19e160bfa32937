"""`tf.custom_gradient` in a graph: an IdentityN of what it computes, which tf.gradients knows to have its rule.

An accumulator takes the IdentityN for what it is and pushes tangents through what was computed. tf.vectorized_map puts
an IdentityN in its place that is not known to have the rule. A rule of TensorFlow's own is that of what it computes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tensorflow.python.eager import forwardprop_util
from tensorflow.python.framework import ops

from nestgrad.extend import Fault
from nestgrad_tensorflow._ledger import FAULTS
from nestgrad_tensorflow._levels import Rerouted, here

_OWN = ("tensorflow.", "keras.", "nestgrad_tensorflow.")
_MAPPED = re.compile(r"(^|/)loop_body(_\d+)?/")
"""The scope in which tf.vectorized_map traces its function."""


def fault_of_rule(operation: Any, graph: Any) -> Fault | None:
    """Why the rule of an IdentityN that was just added to a graph is not followed there; None if it is, or is none.

    Raises:
        Rerouted: an accumulator of ours does not follow it.
    """
    rule = _rule_of(operation)
    if rule is None or _is_of_tensorflow(rule):
        return None
    if _is_mapped(operation, graph):
        return FAULTS["custom_gradient_in_a_map"]
    if graph is not here.graph:  # a function, for which TensorFlow asks the rule
        return None
    if here.accumulators:
        raise Rerouted("custom_gradient", FAULTS["custom_gradient"].reason)
    is_pushed = here.is_taped and forwardprop_util.pack_tangents(list(operation.inputs)).tangents
    return FAULTS["custom_gradient"] if is_pushed else None


def _rule_of(operation: Any) -> Callable[..., Any] | None:
    try:
        name = operation.get_attr("_gradient_op_type").decode()
    except ValueError:
        return None
    rule: Callable[..., Any] | None = ops.gradient_registry.lookup(name)
    return rule


def _is_mapped(operation: Any, graph: Any) -> bool:
    """Whether it is in a map that a level is outside of."""
    scope = here.scope if graph is here.graph else ""
    return _MAPPED.search(operation.name, len(scope)) is not None


def _is_of_tensorflow(rule: Callable[..., Any]) -> bool:
    """Whether none of what a registered rule calls is somebody else's, or passes gradients through what has others."""
    return all(
        function.__module__.startswith(_OWN) and "grad_pass_through" not in function.__qualname__
        for function in _called_by(rule)
    )


def _called_by(rule: Any) -> Iterator[Any]:
    """The functions in the closures of TensorFlow's wrappers of a rule, down to the rule."""
    yield rule
    if rule.__module__ == "tensorflow.python.ops.custom_gradient":
        for cell in rule.__closure__ or ():
            if callable(cell.cell_contents) and hasattr(cell.cell_contents, "__qualname__"):
                yield from _called_by(cell.cell_contents)
