"""Custom rules, checkpoints, control flow, in-place code and transforms, as users of torch write them.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint as checkpointed
from torch.utils.checkpoint import checkpoint_sequential

from .layers import _weighted


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Any) -> Any:
        return cotangent * torch.cos(ctx.saved_tensors[0])


def custom_function_once(x: Any) -> Any:
    """An autograd.Function whose backward is once_differentiable."""
    return torch.sum(_Once.apply(x) ** 2)


class _Root(_Once):
    @staticmethod
    def forward(x: Any) -> Any:
        return torch.sqrt(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return cotangent / (2 * ctx.saved_tensors[0])

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        return tangent / (2 * ctx.saved_tensors[0])


def custom_function_saved_output(x: Any) -> Any:
    """An autograd.Function with both rules that saves its output."""
    return torch.sum(_Root.apply(x) ** 3)


@torch.library.custom_op("nestgrad_conformance::sine", mutates_args=())
def _library_sine(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x)


_library_sine.register_fake(torch.empty_like)
_library_sine.register_autograd(
    lambda ctx, cotangent: cotangent * torch.cos(ctx.saved_tensors[0]),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
)


def custom_op(x: Any) -> Any:
    """A torch.library.custom_op with a registered reverse rule."""
    return torch.sum(_library_sine(x) ** 2)


def gradient_hook(x: Any) -> Any:
    """A tensor hook that leaves the cotangent as it is."""
    y = torch.sin(x)
    if y.requires_grad:
        y.register_hook(lambda cotangent: cotangent * 1)
    return torch.sum(y**2)


def checkpoint_reentrant(x: Any) -> Any:
    """torch.utils.checkpoint, reentrant."""
    return torch.sum(checkpointed(lambda y: torch.sin(y) * y, x, use_reentrant=True) ** 2)


def checkpoint_of_a_sequence(x: Any) -> Any:
    """torch.utils.checkpoint.checkpoint_sequential."""
    return torch.sum(checkpoint_sequential([torch.sin, torch.tanh, torch.cos], 2, x, use_reentrant=False) ** 2)


def cond(x: Any) -> Any:
    """torch.cond."""
    return torch.cond(x.sum() > -99, lambda y: torch.sum(torch.sin(y)), lambda y: torch.sum(y**3), (x,))


def views_in_place(x: Any) -> Any:
    """In-place operations on views: slices, transposes, diagonals."""
    y = x * 1
    y[0].mul_(x[1])
    y.t()[1].add_(x[:, 0] ** 2)
    y.diagonal().sin_()
    return _weighted(y)


def in_place_family(x: Any) -> Any:
    """addcmul_, clamp_, copy_, fill_, masked_fill_, index_add_, relu_."""
    y = x.clone().addcmul_(x, x, value=0.5).clamp_(-9, 9)
    y[1:3].copy_(x[:2] ** 2)
    y.index_add_(0, torch.tensor([0, 1, 0]), x[:3] ** 3).masked_fill_(
        torch.tensor([False, False, False, True, False]), 0.3
    )
    return _weighted(y) + torch.sum(torch.relu_(x * 1) ** 3)


def detached_shift(x: Any) -> Any:
    """A detach and a no_grad of a shift that cancels, so that the values tell the derivative."""
    with torch.no_grad():
        top = x.max()
    return _weighted(torch.softmax(x - top, 0)) + _weighted(torch.softmax(x - x.detach().max(), 0))


def autograd_inside(x: Any) -> Any:
    """torch.autograd.grad with create_graph inside: a gradient penalty."""
    y = x if x.requires_grad else x.clone().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(torch.sum(torch.sin(y) * y**2), y, create_graph=True)
    return torch.sum(slope**2)


def transforms_inside(x: Any) -> Any:
    """torch.func.jvp, vjp and jacrev inside."""
    _, tangent = torch.func.jvp(torch.sin, (x,), (x**2,))
    _, pull = torch.func.vjp(torch.tanh, x)
    return torch.sum(tangent + pull(x**2)[0]) + _weighted(torch.func.jacrev(lambda y: torch.sin(y) * y.sum())(x))
