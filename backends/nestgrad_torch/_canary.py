"""A function that counts the tangents and cotangents which really pass through it.

A custom rule would be the natural place to count, but torch loses the derivative of one under two forward
modes. So the function looks at its value, level by level: for a tangent on it, and by a hook for cotangents.
"""

from __future__ import annotations

from typing import Any

from torch._C._functorch import get_unwrapped, is_functorch_wrapped_tensor
from torch._functorch.pyfunctorch import temporarily_pop_interpreter_stack
from torch.autograd import forward_ad

from nestgrad.extend import Canary


def make_canary() -> Canary:
    """Σ exp(x), with the tangents pushed and the cotangents pulled through exp counted."""

    def counted(x: Any) -> Any:
        value = x.exp()
        look(value)
        return value.sum()

    def look(value: Any) -> None:
        if forward_ad._current_level >= 0 and forward_ad.unpack_dual(value).tangent is not None:
            canary.forward += 1
        if value.requires_grad:
            value.register_hook(pulled)
        if is_functorch_wrapped_tensor(value):
            with temporarily_pop_interpreter_stack():
                look(get_unwrapped(value))

    def pulled(cotangent: Any) -> None:
        canary.backward += 1

    canary = Canary(counted)
    return canary
