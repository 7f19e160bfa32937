"""What functions of several themes use: weights, and layers filled with constants."""

from __future__ import annotations

from typing import Any

import torch

_F64 = torch.float64


def _ramp(*shape: int) -> Any:
    """Constants that are all different."""
    return torch.sin(torch.arange(1.0, 1.0 + torch.Size(shape).numel(), dtype=_F64)).reshape(shape)


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    return torch.sum(_ramp(*y.shape) * y * (1 + y))


def _filled(module: Any) -> Any:
    """A module whose parameters are known constants in float64."""
    module = module.to(_F64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(_ramp(*parameter.shape) / 2)
    return module
