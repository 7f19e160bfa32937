"""TorchScript as it is written: after some calls it makes a plan with rules of its own, out of sight of other levels.

Whether a thread makes such plans is a setting of that thread alone. One that is there already runs all the same, and
shows in the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._C._functorch import get_unwrapped, is_functorch_wrapped_tensor

from ._recording import entries

plans_are_on: Callable[[], bool] = torch._C._get_graph_executor_optimize
turn_plans: Callable[[bool], None] = torch._C._set_graph_executor_optimize
_UNNAMED = "CppFunction"
"""The type of nodes that have none of their own."""


def ran_plan(value: Any, since: int) -> bool:
    """Whether such a plan was run for a value, at whatever level, by an operation of this number or a later one."""
    for entry in entries(value):
        while isinstance(entry, torch.Tensor):
            if _has_plan([entry.grad_fn] if entry.requires_grad else [], since):
                return True
            if not is_functorch_wrapped_tensor(entry):
                break
            entry = get_unwrapped(entry)
    return False


def _has_plan(pending: list[Any], since: int) -> bool:
    seen = set()
    while pending:
        node = pending.pop()
        if node is None or node in seen or node._sequence_nr() < since:
            continue
        if type(node).__name__ == _UNNAMED and node.name().endswith("DifferentiableGraphBackward"):
            return True
        seen.add(node)
        pending += (parent for parent, _ in node.next_functions)
    return False
