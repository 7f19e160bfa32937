"""Structural zeros: torch notes that something is zero, and has no memory for it; here they get some.

Such a note, a ZeroTensor, is immutable and cannot be read as NumPy. Nobody is handed one, whatever transform it comes
from: the rules of reverse mode multiply with the notes of a forward mode inside, and so make new ones.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._C._functorch import (
    _add_batch_dim,
    _unwrap_batched,
    get_interpreter_stack,
    get_unwrapped,
    is_functorch_wrapped_tensor,
)
from torch._functorch.pyfunctorch import retrieve_current_functorch_interpreter
from torch.autograd import forward_ad

from nestgrad.extend import Leaves


def dense(result: Any) -> Any:
    """A tensor, or a tuple of them, as ordinary ones: each entry has memory of its own, to be read and written."""
    if isinstance(result, tuple):
        return tuple(map(dense, result))
    if torch.compiler.is_dynamo_compiling():  # which cannot ask
        return result + torch.zeros_like(result)
    if is_functorch_wrapped_tensor(result):
        return result.clone() if _is_note(result) else result
    return result.clone() if result._is_zerotensor() or _is_expanded(result) else result


def in_memory(gradient: Leaves) -> Leaves:
    """The same of what a tape gives."""
    if torch._C._are_functorch_transforms_active():
        return tuple(map(dense, gradient))
    for entry in gradient:
        if entry.layout is not torch.strided or 0 in entry.stride() or entry._is_zerotensor():
            return tuple(map(dense, gradient))
    return gradient


def _is_note(tensor: Any) -> bool:
    while is_functorch_wrapped_tensor(tensor):
        tensor = get_unwrapped(tensor)
    return bool(tensor._is_zerotensor())


def _is_expanded(tensor: Any) -> bool:
    """Whether entries share memory, as those of a sum's gradient do; inside of transforms this is theirs to arrange."""
    if tensor.layout is not torch.strided:
        return False
    strides = tensor.stride()
    return 0 in strides and any(not stride and size > 1 for stride, size in zip(strides, tensor.shape, strict=True))


def with_tangent(constant: Any) -> Any:
    """A constant of the forward mode that is innermost here, if one is, with a tangent that is an explicit zero.

    Where torch is left to note that there is none, some of its rules write into the note, which raises or
    crashes the process: the backward rule of mse_loss does.
    """
    if isinstance(constant, tuple):
        return tuple(map(with_tangent, constant))
    innermost = _innermost()
    if innermost == "Vmap":
        return _below_vmap(constant)
    if innermost != "Jvp" or forward_ad.unpack_dual(constant).tangent is not None:
        return constant
    return forward_ad.make_dual(constant, torch.zeros_like(constant))


@torch.compiler.assume_constant_result
def _innermost() -> str:
    """The name of torch.func's transform that this line runs under first, if one of them is a forward mode."""
    names = [str(level.key().name) for level in get_interpreter_stack() or ()]
    return names[-1] if "Jvp" in names else ""


def _below_vmap(constant: Any) -> Any:
    """The same outside of the vmap that is innermost, which has no rule for tangents as such."""
    batch = retrieve_current_functorch_interpreter()
    outside, axis = _unwrap_batched(constant, batch.level())
    with batch.lower():
        outside = with_tangent(outside)
    return outside if axis is None else _add_batch_dim(outside, axis, batch.level())
