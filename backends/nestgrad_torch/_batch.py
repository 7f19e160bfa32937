"""The vectorising map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_map_only

from ._structural_zeros import dense


def vmap(f: Callable[..., Any], in_axes: Any) -> Callable[..., Any]:
    """torch.func.vmap of one function: what it draws, it draws once for all rows."""
    batched = torch.func.vmap(f, in_axes, randomness="same")
    return lambda *args: tree_map_only(torch.Tensor, dense, batched(*args))
