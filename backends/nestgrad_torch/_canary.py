"""A function whose rules count their calls: exp, whose derivative is itself, so every order counts."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad.extend import Canary


def make_canary() -> Canary:
    """Σ exp(x), with its forward and its backward rule counted."""

    class Counted(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.exp()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            canary.backward += 1
            (x,) = ctx.saved_tensors
            return cotangent * Counted.apply(x)

        @staticmethod
        def jvp(ctx: Any, tangent: Any) -> Any:
            canary.forward += 1
            (x,) = ctx.saved_tensors
            return tangent * Counted.apply(x)

    canary = Canary(lambda x: Counted.apply(x).sum())
    return canary
