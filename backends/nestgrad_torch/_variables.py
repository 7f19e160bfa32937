"""Which tensors are variables of the transforms around this line: torch wraps constants too."""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch._C._functorch import (
    get_interpreter_stack,
    get_unwrapped,
    is_batchedtensor,
    is_functorch_wrapped_tensor,
    maybe_get_level,
)
from torch._functorch.pyfunctorch import temporarily_pop_interpreter_stack
from torch._subclasses.fake_tensor import FakeTensor
from torch.autograd import forward_ad

_CONSTANT = "nestgrad_constant"


def unwrapped(tensor: Any) -> Any:
    """The tensor below all transforms."""
    while isinstance(tensor, torch.Tensor) and is_functorch_wrapped_tensor(tensor):
        tensor = get_unwrapped(tensor)
    return tensor


def is_variable(value: Any) -> bool:
    """Whether a derivative is taken in it or in what it was computed from; a fake tensor is one, unless told."""
    while isinstance(value, torch.Tensor):
        if isinstance(value, FakeTensor):
            return not hasattr(value, _CONSTANT)
        if value.requires_grad:
            return True
        if not is_functorch_wrapped_tensor(value):
            return False
        if has_tangent(value):
            return True
        value = get_unwrapped(value)
    return False


def is_transformed(value: Any) -> bool:
    """Whether torch.func takes a derivative in it here; `is_variable` also says so of what a tape records."""
    while isinstance(value, torch.Tensor) and is_functorch_wrapped_tensor(value):
        if value.requires_grad or has_tangent(value):
            return True
        value = get_unwrapped(value)
    return isinstance(value, FakeTensor) and is_variable(value)


def as_constant(value: Any) -> Any:
    """A fake tensor, or several, told to be no variable."""
    for tensor in value if isinstance(value, (tuple, list)) else (value,):
        fake = tensor
        while isinstance(fake, torch.Tensor) and is_functorch_wrapped_tensor(fake):
            fake = get_unwrapped(fake)
        if isinstance(fake, FakeTensor):
            setattr(fake, _CONSTANT, True)
    return value


def has_tangent(wrapped: torch.Tensor) -> bool:
    """Whether forward mode has given it a tangent, which shows from its own level of transforms alone."""
    if is_batchedtensor(wrapped):  # it has that of what is inside
        return False
    with forward_ad._set_fwd_grad_enabled(True), contextlib.ExitStack() as popped:  # they are off in rules
        if torch.is_inference_mode_enabled() != wrapped.is_inference():
            popped.enter_context(torch.inference_mode(wrapped.is_inference()))
        for _ in range(len(get_interpreter_stack() or ()) - maybe_get_level(wrapped)):
            popped.enter_context(temporarily_pop_interpreter_stack())
        return forward_ad.unpack_dual(wrapped).tangent is not None
