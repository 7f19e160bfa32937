"""TorchScript, which is deprecated and much used."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _F64, _filled, _weighted


def _gated(x: torch.Tensor) -> torch.Tensor:
    y = torch.sigmoid(x) * torch.tanh(x)
    for _ in range(2):
        y = torch.exp(-y) * x + y * y
    return y * y * y


class _Layer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(x)
        return torch.tanh(y) * torch.sigmoid(y) * y


def _fixed(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x) * x * torch.exp(x)


with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    _SCRIPTED = torch.jit.script(_gated)
    _MODULE = torch.jit.script(_filled(_Layer()).requires_grad_(False))
    _TRACED = torch.jit.trace(_gated, torch.ones(4, dtype=_F64))
    _PLANNED = torch.jit.script(_fixed)
    _PLANNED_MODULE = torch.jit.script(_filled(_Layer()))
for _ in range(3):
    _PLANNED(torch.ones(4, dtype=_F64, requires_grad=True)).sum().backward()
    _PLANNED_MODULE(torch.ones(4, dtype=_F64))


@row(normal(4), "scripted")
def scripted(x: Any) -> Any:
    """A function in torch.jit.script."""
    return _weighted(_SCRIPTED(x))


@row(normal(4), "scripted", "untraceable")
def scripted_module(x: Any) -> Any:
    """A module in torch.jit.script."""
    return _weighted(_MODULE(x))


@row(normal(4), "scripted")
def jit_traced(x: Any) -> Any:
    """A function in torch.jit.trace."""
    return _weighted(_TRACED(x))


@row(normal(4), "scripted_plan")
def scripted_plan(x: Any) -> Any:
    """A function that TorchScript has made a plan of, in a training loop of the user's."""
    return _weighted(_PLANNED(x))


@row(normal(4), "scripted_plan_of_a_module", "untraceable")
def scripted_plan_of_a_module(x: Any) -> Any:
    """A module that TorchScript has made a plan of, from its values alone."""
    return _weighted(_PLANNED_MODULE(x))
