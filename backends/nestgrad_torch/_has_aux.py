"""What f returns beside its value, past torch.func, which takes tensors alone there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from . import _trees


def apart(f: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """F with the tensors of its aux for an aux, and what makes f's own of them when f has run."""
    kept: list[Any] = []

    def opened(*x: Any) -> tuple[Any, tuple[Any, ...]]:
        output, aux = f(*x)
        leaves, structure = _trees.flatten(aux)
        kept[:] = [structure, [None if isinstance(leaf, torch.Tensor) else (leaf,) for leaf in leaves]]
        return output, tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))

    def joined(tensors: Any) -> Any:
        structure, others = kept
        left = list(tensors)
        return structure.filled([left.pop(0) if other is None else other[0] for other in others])

    return opened, joined
