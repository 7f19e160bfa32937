"""A step of training a module with a penalty on its input gradient: what nestgrad and users make of the module."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd import grad

import nestgrad as ng
from nestgrad_conformance.bench.programs import Function, Names, Problem, residual

_WIDTH, _POINTS = 64, 256


def problem(names: Names) -> Problem:
    """The penalty as a nested gradient of the module's functional call."""
    points = torch.linspace(-1, 1, 2 * _POINTS, dtype=torch.float64).reshape(_POINTS, 2)
    module = _module()
    parameters = {name: leaf.detach() for name, leaf in module.named_parameters()}

    def f(x: Any, p: Any) -> Any:
        return torch.func.functional_call(module, p, (x,)).sum()

    return Problem(f, (points, parameters), residual(names), argnums=1)


def by_hand(g: Function) -> Function:
    """The step with the module as it is, and its own parameters."""
    module = _module()
    parameters = dict(module.named_parameters())

    def step(points: Any, _: Any) -> Any:
        x = points.detach().requires_grad_()
        (y,) = grad(module(x).sum(), x, create_graph=True)
        return _gradients(g(y), parameters)

    return step


def in_loss(g: Function) -> Function:
    """The same, with nestgrad for the inner gradient alone."""
    module = _module()
    parameters, gradient = dict(module.named_parameters()), ng.gradient(lambda x: module(x).sum())

    def step(points: Any, _: Any) -> Any:
        return _gradients(g(gradient(points)), parameters)

    return step


def _gradients(loss: Any, parameters: Any) -> Any:
    found = grad(loss, [*parameters.values()], allow_unused=True, materialize_grads=True)
    return dict(zip(parameters, found, strict=True))


def _module() -> Any:
    """Always the same one."""
    generator = torch.Generator().manual_seed(0)
    linear, tanh = torch.nn.Linear, torch.nn.Tanh
    module = torch.nn.Sequential(linear(2, _WIDTH), tanh(), linear(_WIDTH, _WIDTH), tanh(), linear(_WIDTH, 1)).double()
    with torch.no_grad():
        for leaf in module.parameters():
            leaf.copy_(torch.randn(leaf.shape, generator=generator, dtype=leaf.dtype) / _WIDTH**0.5)
    return module
