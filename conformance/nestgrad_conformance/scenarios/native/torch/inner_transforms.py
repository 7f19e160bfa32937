"""Transforms of torch that f takes itself."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3, 3))
def vmapped(x: Any) -> Any:
    """torch.func.vmap inside."""
    return torch.sum(torch.func.vmap(lambda row: torch.sin(row).sum() * row[0])(x) ** 2)


@row(normal(3), "nested_transform")
def grad_inside(x: Any) -> Any:
    """torch.func.grad inside."""
    return torch.sum(torch.func.grad(lambda y: torch.sum(y**3 * torch.sin(x)))(x) * x)


@row(normal(3), "linearize_inside", "untraceable")
def linearize_inside(x: Any) -> Any:
    """torch.func.linearize inside."""
    _, push = torch.func.linearize(lambda y: torch.sum(y**3), x)
    return push(x) + torch.sum(x**2)


@row(normal(4), "autograd_inside", "untraceable")
def autograd_inside(x: Any) -> Any:
    """torch.autograd.grad with create_graph inside: a gradient penalty."""
    y = x if x.requires_grad else x.clone().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(torch.sum(torch.sin(y) * y**2), y, create_graph=True)
    return torch.sum(slope**2)


@row(normal(4), "nested_transform")
def transforms_inside(x: Any) -> Any:
    """torch.func.jvp, vjp and jacrev inside."""
    _, tangent = torch.func.jvp(torch.sin, (x,), (x**2,))
    _, pull = torch.func.vjp(torch.tanh, x)
    return torch.sum(tangent + pull(x**2)[0]) + _weighted(torch.func.jacrev(lambda y: torch.sin(y) * y.sum())(x))


def _energy(y: Any) -> Any:
    return torch.sum(torch.sin(y) * y**2)


@row(normal(3), "autograd_inside", "without_graph", "untraceable")
def gradient_without_graph(x: Any) -> Any:
    """A gradient penalty whose author forgot create_graph."""
    y = x if x.requires_grad else x.clone().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(_energy(y), y)
    return torch.sum(slope**2) + torch.sum(x**3)


@row(normal(3), "without_graph", "untraceable")
def functional_without_graph(x: Any) -> Any:
    """The same by torch.autograd.functional, which has the same default."""
    return torch.sum(torch.autograd.functional.jacobian(_energy, x) ** 2) + torch.sum(x**3)


@row(normal(3), "autograd_inside", "without_graph", "untraceable")
def hvp_without_graph(x: Any) -> Any:
    """A loss on a Hessian-vector product of parameters x, whose author forgot create_graph at the outer level."""
    y = x if x.requires_grad else x.clone().requires_grad_()
    z = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(torch.sum(torch.exp(y * z)), z, create_graph=True)
        (product,) = torch.autograd.grad(torch.sum(slope), z)
    return torch.sum(product**2) + torch.sum(x**3)


@row(normal(4), "held")
def held_shifts(x: Any) -> Any:
    """Shifts that cancel, held in every way: so the values tell the derivative."""
    with torch.no_grad():
        largest, total = torch.max(x**2), torch.zeros(())
        total += torch.sum(x)
    return sum(_weighted(torch.softmax(x - shift, 0)) for shift in (largest, total, x.data[1], x.detach()[2]))


@row(normal(4), "without_gradients")
@torch.no_grad()
def without_gradients(x: Any) -> Any:
    """All of it where gradients are off."""
    return _weighted(x)


@row(normal(4), "gradient_without_gradients", "nested_transform")
def gradient_without_gradients(x: Any) -> Any:
    """A shift that cancels, from a gradient that is taken where gradients are off."""
    with torch.no_grad():
        shift = torch.max(torch.func.grad(_energy)(x))
    return _weighted(torch.softmax(x - shift, 0))
