"""f as both modes take it: watched, and with outputs that are tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nestgrad.extend import Function, Leaves

from ._guard.dynamo_graph import UNCOMPILABLE, break_graph, is_compilable, looked_at
from ._guard.here import nesting_here
from ._guard.watch import watched

Watch = Callable[[Function, Leaves], Any]
"""`f(*x)`, with operations refused that are wrong here."""


def prepared(f: Function, like: Any, has_aux: bool, watch: Watch = watched) -> Function:
    """F, watched, with outputs that are tensors."""

    def f_as_tensors(*x: Any) -> Any:
        output = looked_at(f, x) if torch.compiler.is_dynamo_compiling() else watch(f, x)
        if has_aux:
            return as_tensors(output[0], like), output[1]
        return as_tensors(output, like)

    return f_as_tensors


def as_tensors(output: Any, like: Any) -> Any:
    """What f gave, as tensors: a function may return a constant as a Python number."""
    if isinstance(output, tuple):
        return tuple(as_tensors(entry, like) for entry in output)
    return output if isinstance(output, torch.Tensor) else torch.as_tensor(output, dtype=like.dtype, device=like.device)


def check_compilable(mode: str) -> None:
    """Break the graph where torch compiles derivatives wrongly, whatever f is."""
    if not is_compilable(nesting_here() + mode):
        break_graph(UNCOMPILABLE)
