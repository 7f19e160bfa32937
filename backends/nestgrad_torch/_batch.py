"""The vectorising map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.compiler import is_dynamo_compiling
from torch.utils._pytree import tree_map_only

from ._structural_zeros import dense


def vmap(f: Callable[..., Any], in_axes: Any) -> Callable[..., Any]:
    """torch.func.vmap of one function: what it draws, it draws once for all rows.

    Of several maps in one program nobody sees whether they drew the same; there drawing is an error.
    """
    batched = torch.func.vmap(f, in_axes, randomness="error" if is_dynamo_compiling() else "same")
    return lambda *args: tree_map_only(torch.Tensor, dense, batched(*args))
