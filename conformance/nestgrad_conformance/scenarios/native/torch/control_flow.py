"""Control flow in torch."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted

_COMPILED = torch.compile(lambda x: torch.tanh(x) * x, backend="aot_eager")


@row(normal(4), "compiled_inside")
def compiled_inside(x: Any) -> Any:
    """A function compiled by torch.compile, as a part."""
    return _weighted(_COMPILED(x))


@row(normal(4), "control_flow", "untraceable")
def while_values(x: Any) -> Any:
    """A Python loop whose length depends on values."""
    y = x
    while float(torch.sum(y.detach() ** 2)) < 20:
        y = y * (1.5 + torch.cos(x) ** 2)
    return torch.sum(y)


@row(normal(3), "control_flow", "cond")
def cond(x: Any) -> Any:
    """torch.cond."""
    return torch.cond(x.sum() > -99, lambda y: torch.sum(torch.sin(y)), lambda y: torch.sum(y**3), (x,))
