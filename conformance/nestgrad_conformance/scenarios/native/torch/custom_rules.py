"""Custom rules, checkpoints and callbacks of torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint as checkpointed
from torch.utils.checkpoint import checkpoint_sequential

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row


@row(normal(3), "custom_rule", "custom_function", order=3)
def custom_function(x: Any) -> Any:
    """An autograd.Function with a backward and a jvp rule."""
    return torch.sum(_Sine.apply(x) ** 2)


@row(normal(3), "custom_rule", "custom_function", "custom_function_backward")
def custom_function_backward(x: Any) -> Any:
    """An autograd.Function with a backward rule alone."""
    return torch.sum(_SineBackward.apply(x) ** 2)


@row(normal(3), "custom_rule", "custom_function", "custom_function_old")
def custom_function_old(x: Any) -> Any:
    """An autograd.Function in the old style, whose forward takes ctx."""
    return torch.sum(_SineOld.apply(x) ** 2)


class _SineBackward(torch.autograd.Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return cotangent * torch.cos(ctx.saved_tensors[0])


class _Sine(_SineBackward):
    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        return tangent * torch.cos(ctx.saved_tensors[0])


class _SineOld(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return cotangent * torch.cos(ctx.saved_tensors[0])


@row(normal(4), "checkpoint", "untraceable")
def checkpoint(x: Any) -> Any:
    """torch.utils.checkpoint, not reentrant."""
    return torch.sum(checkpointed(lambda y: torch.sin(y) * y, x, use_reentrant=False) ** 2)


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


@row(normal(3), "custom_rule", "custom_function", "custom_function_once")
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


@row(uniform(0.5, 1.5, 3), "custom_rule", "custom_function")
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


@row(normal(3), "custom_rule", "custom_op", "untraceable")
def custom_op(x: Any) -> Any:
    """A torch.library.custom_op with a registered reverse rule."""
    return torch.sum(_library_sine(x) ** 2)


@row(normal(4), "hooks")
def gradient_hook(x: Any) -> Any:
    """A tensor hook that leaves the cotangent as it is."""
    y = torch.sin(x)
    if y.requires_grad:
        y.register_hook(lambda cotangent: cotangent * 1)
    return torch.sum(y**2)


@row(normal(4), "checkpoint_reentrant")
def checkpoint_reentrant(x: Any) -> Any:
    """torch.utils.checkpoint, reentrant."""
    return torch.sum(checkpointed(lambda y: torch.sin(y) * y, x, use_reentrant=True) ** 2)


@row(normal(4), "checkpoint", "untraceable")
def checkpoint_of_a_sequence(x: Any) -> Any:
    """torch.utils.checkpoint.checkpoint_sequential."""
    return torch.sum(checkpoint_sequential([torch.sin, torch.tanh, torch.cos], 2, x, use_reentrant=False) ** 2)


class _Intermediate(torch.autograd.Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return torch.sin(torch.exp(x))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(torch.exp(inputs[0]))
        ctx.save_for_forward(torch.exp(inputs[0]))

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        (power,) = ctx.saved_tensors
        return cotangent * torch.cos(power) * power

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        (power,) = ctx.saved_tensors
        return tangent * torch.cos(power) * power


@row(normal(3), "custom_rule", "custom_function", "saved_intermediate")
def custom_function_saved_intermediate(x: Any) -> Any:
    """An autograd.Function with both rules that saves what is neither its input nor its output."""
    return torch.sum(_Intermediate.apply(x) ** 2) + torch.sum(x**3)


@torch.library.custom_op("nestgrad_conformance::sine_of_exp", mutates_args=())
def _sine_of_exp(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(torch.exp(x))


_sine_of_exp.register_fake(torch.empty_like)


_sine_of_exp.register_autograd(
    lambda ctx, cotangent: cotangent * torch.cos(ctx.saved_tensors[0]) * ctx.saved_tensors[0],
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(torch.exp(inputs[0])),
)


@row(normal(3), "custom_rule", "custom_op", "saved_intermediate", "untraceable")
def custom_op_saved_intermediate(x: Any) -> Any:
    """A torch.library.custom_op that saves what is neither its input nor its output."""
    return torch.sum(_sine_of_exp(x) ** 2) + torch.sum(x**3)


class _Quartic(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return x**4

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return 4 * ctx.saved_tensors[0] ** 3 * cotangent

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        return 4 * ctx.saved_tensors[0] ** 3 * tangent


class _Fourth(_Quartic):
    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        return 4 * tangent * ctx.saved_tensors[0] * _Squared.apply(ctx.saved_tensors[0])


class _Squared(_Quartic):
    @staticmethod
    def forward(x: Any) -> Any:
        return x**2

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        return 2 * ctx.saved_tensors[0] * cotangent

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        return 2 * ctx.saved_tensors[0] * tangent


@row(normal(3), "custom_rule", "custom_function", order=3)
def custom_function_in_a_rule(x: Any) -> Any:
    """A Function whose jvp rule calls another Function."""
    return torch.sum(_Fourth.apply(x) * x)


@row(normal(3), "custom_rule", "batched_function", "untraceable")
def custom_function_batched(x: Any) -> Any:
    """A Function in torch.func.vmap."""
    return torch.sum(torch.func.vmap(_Quartic.apply)(x) * x)
