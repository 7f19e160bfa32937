"""What users of torch write around its layers: custom rules, checkpoints, in-place code, linear algebra.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.checkpoint import checkpoint as checkpointed

from .layers import _ramp, _weighted


def custom_function(x: Any) -> Any:
    """An autograd.Function with a backward and a jvp rule."""
    return torch.sum(_Sine.apply(x) ** 2)


def custom_function_backward(x: Any) -> Any:
    """An autograd.Function with a backward rule alone."""
    return torch.sum(_SineBackward.apply(x) ** 2)


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


def checkpoint(x: Any) -> Any:
    """torch.utils.checkpoint, not reentrant."""
    return torch.sum(checkpointed(lambda y: torch.sin(y) * y, x, use_reentrant=False) ** 2)


def no_grad_region(x: Any) -> Any:
    """A part under no_grad: here of constants, so that the values tell the derivative."""
    with torch.no_grad():
        scale = torch.exp(_ramp(*x.shape))
    return torch.sum(torch.sin(scale * x) * scale)


def in_place(x: Any) -> Any:
    """Operations in place, on a tensor of f's own."""
    y = x**2
    y.mul_(x).add_(torch.sin(x))
    y[0] = x[1] * x[0]
    return torch.sum(y**2)


def out_of_buffer(x: Any) -> Any:
    """Results written into a buffer that f allocates."""
    buffer = x.new_zeros(x.shape)
    for i in range(len(x)):
        buffer[i] = torch.sin(x[i]) * x[i - 1]
    return torch.sum(buffer**3)


def while_values(x: Any) -> Any:
    """A Python loop whose length depends on values."""
    y = x
    while float(torch.sum(y.detach() ** 2)) < 20:
        y = y * (1.5 + torch.cos(x) ** 2)
    return torch.sum(y)


def cumulative(x: Any) -> Any:
    """cumsum, cumprod, logcumsumexp and cummax."""
    parts = (torch.cumsum(x, 0), torch.cumprod(x, 0), torch.logcumsumexp(x, 0), torch.cummax(x, 0).values)
    return sum(_weighted(part) for part in parts)


def cumprod_with_a_zero(x: Any) -> Any:
    """A cumprod past an entry that is zero."""
    return torch.sum(torch.cumprod(torch.cat([x[:2], x.new_zeros(1), x[2:]]) + 0 * x.sum(), 0)) + torch.sum(x**3)


def scatter_products(x: Any) -> Any:
    """scatter_reduce by products."""
    index = torch.tensor([0, 1, 0, 1, 2])
    return _weighted(torch.scatter_reduce(x[:3], 0, index, x, "prod"))


def scatter_sums(x: Any) -> Any:
    """index_add and scatter_add."""
    index = torch.tensor([0, 1, 0, 1, 2])
    return _weighted(torch.index_add(x[:3], 0, index, x**2)) + _weighted(x[:3].scatter_add(0, index, x))


def slogdet(x: Any) -> Any:
    """torch.linalg.slogdet."""
    return torch.linalg.slogdet(x).logabsdet


def inverse(x: Any) -> Any:
    """torch.linalg.inv."""
    return _weighted(torch.linalg.inv(x))


def solve_triangular(x: Any) -> Any:
    """torch.linalg.solve_triangular."""
    return _weighted(torch.linalg.solve_triangular(torch.tril(x), x**2, upper=False))


def lu(x: Any) -> Any:
    """torch.linalg.lu_factor and lu_solve."""
    return _weighted(torch.linalg.lu_solve(*torch.linalg.lu_factor(x), x**2))


def qr(x: Any) -> Any:
    """torch.linalg.qr."""
    return _weighted(torch.linalg.qr(x).R)


def svdvals(x: Any) -> Any:
    """torch.linalg.svdvals: the singular values differ."""
    return _weighted(torch.linalg.svdvals(x))


def eigvalsh(x: Any) -> Any:
    """torch.linalg.eigvalsh: the eigenvalues differ."""
    return _weighted(torch.linalg.eigvalsh(x + x.mT))


def eigh(x: Any) -> Any:
    """torch.linalg.eigh, its eigenvectors squared: the eigenvalues differ, signs do not matter."""
    return _weighted(torch.linalg.eigh(x + x.mT).eigenvectors ** 2)


def matrix_exp(x: Any) -> Any:
    """torch.linalg.matrix_exp."""
    return _weighted(torch.linalg.matrix_exp(x / 4))


def householder(x: Any) -> Any:
    """torch.linalg.householder_product."""
    return _weighted(torch.linalg.householder_product(x, x[0] / 3))


def fourier(x: Any) -> Any:
    """A power spectrum by torch.fft.rfft: complex inside."""
    return _weighted(torch.fft.rfft(x).abs() ** 2)


def vmapped(x: Any) -> Any:
    """torch.func.vmap inside."""
    return torch.sum(torch.func.vmap(lambda row: torch.sin(row).sum() * row[0])(x) ** 2)


def grad_inside(x: Any) -> Any:
    """torch.func.grad inside."""
    return torch.sum(torch.func.grad(lambda y: torch.sum(y**3 * torch.sin(x)))(x) * x)


def linearize_inside(x: Any) -> Any:
    """torch.func.linearize inside."""
    _, push = torch.func.linearize(lambda y: torch.sum(y**3), x)
    return push(x) + torch.sum(x**2)
