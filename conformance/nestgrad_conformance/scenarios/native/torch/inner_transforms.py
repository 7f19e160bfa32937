"""What torch takes for a constant, or for read, though it is not: weights, statistics, draws, gradients, intermediates.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from .layers import _ramp, _weighted

_CLASSES = torch.tensor([2, 0, 1])


def class_weights(x: Any) -> Any:
    """The weights of the classes in a cross-entropy, learned with the scores."""
    return functional.cross_entropy(_ramp(3, 3) * torch.sin(x), _CLASSES, weight=torch.exp(x)) + torch.sum(x**3)


def running_statistics(x: Any) -> Any:
    """The running mean and variance of a batch norm in evaluation."""
    return torch.sum(functional.batch_norm(_ramp(4, 3), x, torch.exp(x)) ** 2) + torch.sum(x**3)


def chunked_cross_entropy(x: Any) -> Any:
    """linear_cross_entropy in chunks, which spares the matrix of all scores."""
    options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=2)
    return functional.linear_cross_entropy(x, torch.sin(x), _CLASSES, options=options)


def returned_statistics(x: Any) -> Any:
    """The mean and the deviation that native_layer_norm returns."""
    y, mean, deviation = torch.native_layer_norm(x, x.shape[-1:], None, None, 1e-5)
    return _weighted(y) + torch.sum(mean**2) + torch.sum(deviation)


def drawn(x: Any) -> Any:
    """torch.normal around a mean that varies; of one seed, so that values are a function of x."""
    draw = torch.normal(x, torch.ones_like(x), generator=torch.Generator().manual_seed(0))
    return torch.sum(draw**2) + torch.sum(x**3)


def as_strided_scatter(x: Any) -> Any:
    """Values written over a part of a tensor, by strides."""
    return torch.sum(torch.as_strided_scatter(x**2, x[:2] ** 3, (2,), (2,), 1) ** 2)


def _energy(y: Any) -> Any:
    return torch.sum(torch.sin(y) * y**2)


def gradient_without_graph(x: Any) -> Any:
    """A gradient penalty whose author forgot create_graph."""
    y = x if x.requires_grad else x.clone().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(_energy(y), y)
    return torch.sum(slope**2) + torch.sum(x**3)


def functional_without_graph(x: Any) -> Any:
    """The same by torch.autograd.functional, which has the same default."""
    return torch.sum(torch.autograd.functional.jacobian(_energy, x) ** 2) + torch.sum(x**3)


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


def custom_op_saved_intermediate(x: Any) -> Any:
    """A torch.library.custom_op that saves what is neither its input nor its output."""
    return torch.sum(_sine_of_exp(x) ** 2) + torch.sum(x**3)


def cholesky_of_one_triangle(x: Any) -> Any:
    """torch.linalg.cholesky of a matrix of which it reads the lower triangle alone."""
    return _weighted(torch.linalg.cholesky(x))


def eigenvectors_of_one_triangle(x: Any) -> Any:
    """torch.linalg.eigh of a matrix of which it reads the upper triangle alone; signs do not matter."""
    values, vectors = torch.linalg.eigh(x, UPLO="U")
    return _weighted(values) + _weighted(vectors**2)


def factor_of_one_triangle(x: Any) -> Any:
    """torch.cholesky_solve by a factor of which it reads the lower triangle alone."""
    return _weighted(torch.cholesky_solve(_ramp(3, 2), x))


def hvp_without_graph(x: Any) -> Any:
    """A loss on a Hessian-vector product of parameters x, whose author forgot create_graph at the outer level."""
    y = x if x.requires_grad else x.clone().requires_grad_()
    z = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(torch.sum(torch.exp(y * z)), z, create_graph=True)
        (product,) = torch.autograd.grad(torch.sum(slope), z)
    return torch.sum(product**2) + torch.sum(x**3)
