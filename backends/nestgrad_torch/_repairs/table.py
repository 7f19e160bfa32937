"""What is called in the place of functions that torch differentiates wrongly, or not at all."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from . import attention, normalisation, one_triangle
from .call import Call, Repair

REPAIRS: dict[Any, Repair] = {**attention.REPAIRS, **normalisation.REPAIRS, **one_triangle.REPAIRS}
"""What repairs a function, by what Python calls it."""


class Repairing(TorchFunctionMode):
    """A context in which functions are repaired for the nesting of this code; Dynamo can trace it."""

    def __init__(self, nesting: str) -> None:
        super().__init__()
        self._nesting = nesting

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _is_repaired(func):  # Dynamo traces every call from here, at its price
            func, args, kwargs = REPAIRS[func](self._nesting, Call(func, args, kwargs))
        elif _is_unflatten(func):  # written in Python, in a way that Dynamo cannot trace
            func = torch.unflatten
        return func(*args, **kwargs)


@torch.compiler.assume_constant_result
def _is_repaired(func: Any) -> bool:
    """Asked of each function while it is traced, and not in each call of what was compiled."""
    return func in REPAIRS


@torch.compiler.assume_constant_result
def _is_unflatten(func: Any) -> bool:
    return func is torch.Tensor.unflatten
