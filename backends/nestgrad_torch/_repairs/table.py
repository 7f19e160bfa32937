"""What is called in the place of functions that torch differentiates wrongly, or not at all."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from . import attention, normalisation, one_triangle, powers
from .call import Call, Repair

REPAIRS: dict[Any, Repair] = {**attention.REPAIRS, **normalisation.REPAIRS, **one_triangle.REPAIRS, **powers.REPAIRS}
"""What repairs a function, by what Python calls it."""

_IN_ORDER = tuple(dict.fromkeys(REPAIRS.values()))


class Repairing(TorchFunctionMode):
    """A context in which functions are repaired for the nesting of this code; Dynamo can trace it."""

    def __init__(self, nesting: str) -> None:
        super().__init__()
        self._nesting = nesting

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        place = _place(func)
        if place is not None:  # Dynamo traces every call from here, at its price
            func, args, kwargs = _IN_ORDER[place](self._nesting, Call(func, args, kwargs))
        elif _is_unflatten(func):  # written in Python, in a way that Dynamo cannot trace
            func = torch.unflatten
        return func(*args, **kwargs)


@torch.compiler.assume_constant_result
def _place(func: Any) -> int | None:
    """Where what repairs a function stands: asked while it is traced, and not in each call of what was compiled.

    Dynamo looks up no function that is written in Python, and takes none for a constant.
    """
    return _IN_ORDER.index(REPAIRS[func]) if func in REPAIRS else None


@torch.compiler.assume_constant_result
def _is_unflatten(func: Any) -> bool:
    return func is torch.Tensor.unflatten
