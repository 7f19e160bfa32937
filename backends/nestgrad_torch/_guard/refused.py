"""What is refused under a nesting, by operator and by function."""

from __future__ import annotations

import functools
import re
from typing import Any

import torch

from nestgrad_torch._faults.table import TABLE
from nestgrad_torch._sight import Seen

Refused = dict[Any, list[Seen]]
"""What is refused, by operator or function; one of them may be wrong for several reasons."""

_OWNERS = (torch, torch.Tensor, torch._C._nn, torch.ops.aten)
_IN_PLACE = re.compile(r"__i\w+__|\w*[^_]_").fullmatch


@functools.lru_cache(maxsize=256)
def refused(nesting: str, compiled: bool, direction: bool = False) -> tuple[Refused, Refused]:
    """The operators and the functions that are refused under a nesting, run at once or traced by torch.compile."""
    operators: Refused = {}
    functions: Refused = {}
    for wrong in TABLE:
        if wrong.covers(nesting, compiled=compiled, in_direction=direction):
            for name in wrong.sight.aten:
                operators.setdefault(getattr(torch.ops.aten, name), []).append(wrong)
                if hasattr(torch.ops.aten, f"{name}_"):  # the same, in place
                    operators.setdefault(getattr(torch.ops.aten, f"{name}_"), []).append(wrong)
            for function in wrong.sight.functions:
                functions.setdefault(function, []).append(wrong)
    return operators, functions


@functools.lru_cache(maxsize=256)
def without_a_node(nesting: str) -> Refused:
    """The functions that are refused under a nesting for what no node of a graph shows, or may not show."""
    _, functions = refused(nesting, False)
    hiding = hidden_by_views(nesting)
    shown = {
        function: wrongs if function in hiding else [wrong for wrong in wrongs if not wrong.sight.nodes]
        for function, wrongs in functions.items()
    }
    return {function: wrongs for function, wrongs in shown.items() if wrongs} | {
        function: shown.get(function, []) for function in hiding
    }


@functools.lru_cache(maxsize=256)
def hidden_by_views(nesting: str) -> frozenset[Any]:
    """The functions that do in place what is refused: of a write into a view a graph shows no more than that."""
    operators, functions = refused(nesting, False)
    names = {operator.__name__ for operator in operators if operator.__name__.endswith("_")}
    in_place = {getattr(owner, name) for owner in _OWNERS for name in names if hasattr(owner, name)}
    return frozenset(in_place | {function for function in functions if _IN_PLACE(function.__name__)})
