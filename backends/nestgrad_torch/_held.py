"""What a recorded gradient holds in memory, and whether what it was recorded from is still the same."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad.extend import Leaves

from ._recording import nodes


class HeldGraph:
    """See `nestgrad.extend.Held`.

    torch counts the writes into a tensor, but not those through its `.data`: where that can be seen without waiting, a
    captured leaf is known by its norm as well.
    """

    def __init__(self, gradient: Leaves, captured: list[Any]) -> None:
        self._gradient = gradient
        self._captured = [(leaf, *_told(leaf)) for leaf in captured]

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Whether a captured leaf was written, or given other memory; or a saved tensor, as torch says."""
        for leaf, *before in self._captured:
            if _told(leaf) != tuple(before):
                return True
        return raised is not None and "modified by an inplace operation" in str(raised)

    @property
    def nbytes(self) -> int:
        """The memory of all tensors that the graph has saved, each once, without the captured leaves."""
        theirs = {leaf.untyped_storage().data_ptr() for leaf, *_ in self._captured}
        saved = [tensor.untyped_storage() for node in nodes(self._gradient) for tensor in _saved(node)]
        return sum({one.data_ptr(): one.nbytes() for one in saved if one.data_ptr() not in theirs}.values())


def _told(leaf: Any) -> tuple[int, int, str]:
    norm = torch.linalg.vector_norm(leaf.detach()).item() if leaf.is_cpu and leaf.layout is torch.strided else 0.0
    return leaf._version, leaf.data_ptr(), repr(norm)  # in which nan is nan


def _saved(node: Any) -> list[torch.Tensor]:
    names = [name for name in dir(node) if name.startswith("_saved_")] or ["saved_tensors"]
    found: list[torch.Tensor] = []
    for value in (getattr(node, name, None) for name in names):
        entries = value if isinstance(value, (tuple, list)) else [value]
        found += [entry for entry in entries if type(entry) in (torch.Tensor, torch.nn.Parameter)]
    return [tensor for tensor in found if tensor.layout is torch.strided]
