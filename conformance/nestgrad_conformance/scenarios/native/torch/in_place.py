"""In-place code and detached values in torch."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(4))
def no_grad_region(x: Any) -> Any:
    """A part under no_grad: here of constants, so that the values tell the derivative."""
    with torch.no_grad():
        scale = torch.exp(_ramp(*x.shape))
    return torch.sum(torch.sin(scale * x) * scale)


@row(normal(4), "in_place")
def in_place(x: Any) -> Any:
    """Operations in place, on a tensor of f's own."""
    y = x**2
    y.mul_(x).add_(torch.sin(x))
    y[0] = x[1] * x[0]
    return torch.sum(y**2)


@row(normal(4), "in_place")
def out_of_buffer(x: Any) -> Any:
    """Results written into a buffer that f allocates."""
    buffer = x.new_zeros(x.shape)
    for i in range(len(x)):
        buffer[i] = torch.sin(x[i]) * x[i - 1]
    return torch.sum(buffer**3)


@row(normal(3, 3), "in_place")
def views_in_place(x: Any) -> Any:
    """In-place operations on views: slices, transposes, diagonals."""
    y = x * 1
    y[0].mul_(x[1])
    y.t()[1].add_(x[:, 0] ** 2)
    y.diagonal().sin_()
    return _weighted(y)


@row(normal(5), "in_place", "untraceable")
def in_place_family(x: Any) -> Any:
    """addcmul_, clamp_, copy_, fill_, masked_fill_, index_add_, relu_."""
    y = x.clone().addcmul_(x, x, value=0.5).clamp_(-9, 9)
    y[1:3].copy_(x[:2] ** 2)
    y.index_add_(0, torch.tensor([0, 1, 0]), x[:3] ** 3).masked_fill_(
        torch.tensor([False, False, False, True, False]), 0.3
    )
    return _weighted(y) + torch.sum(torch.relu_(x * 1) ** 3)


@row(normal(4), "stop_gradient")
def detached_shift(x: Any) -> Any:
    """A detach and a no_grad of a shift that cancels, so that the values tell the derivative."""
    with torch.no_grad():
        top = x.max()
    return _weighted(torch.softmax(x - top, 0)) + _weighted(torch.softmax(x - x.detach().max(), 0))
