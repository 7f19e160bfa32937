"""Which calls tell f a value, so that its next call may take another path with the same shapes and arguments."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_torch._faults.constants import READERS

_OWNERS = (torch, torch.Tensor)
_TAGS = (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape)
_BY_MASK = "index"
"""The operator of `x[mask]`, which torch tags; `x[1:]` is the same function of Python."""

_COMPARED = ("equal", "allclose", "argwhere", "__contains__", "__array__", "__dlpack__", "data_ptr")
_SIZED = (torch.arange, torch.range)


def _is_tagged(name: str) -> bool:
    """Whether torch says of an operator that it gives a value, or that the shape of what it gives depends on one."""
    packet: Any = getattr(torch.ops.aten, name)
    overloads = packet.overloads() if hasattr(packet, "overloads") else ()
    return any(tag in getattr(packet, overload).tags for overload in overloads for tag in _TAGS)


READS = frozenset(
    {
        *READERS,
        *(getattr(owner, name) for owner in _OWNERS for name in _COMPARED if hasattr(owner, name)),
        *(
            getattr(owner, name)
            for owner in _OWNERS
            for name in dir(torch.ops.aten)
            if name != _BY_MASK and hasattr(owner, name) and _is_tagged(name)
        ),
        *(getattr(torch, name) for name in ("unique", "unique_consecutive")),  # written in Python, above the operators
        *(getattr(torch.Tensor, name) for name in ("unique", "unique_consecutive")),
    }
)
"""Functions that tell a value, or a shape that depends on one."""

ASKED = frozenset({torch.Tensor.__getitem__, *_SIZED})
"""Functions that do so for some arguments."""


def reads(func: Any, args: Any) -> bool:
    """Whether one of `ASKED` does so for these arguments."""
    if func in _SIZED:
        return any(isinstance(value, torch.Tensor) for value in args)
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    return any(isinstance(value, torch.Tensor) and value.dtype in (torch.bool, torch.uint8) for value in index)
