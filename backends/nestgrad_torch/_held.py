"""What a recorded gradient holds in memory, and whether what it was recorded from is still the same."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad.extend import Leaves

from ._recording import nodes


class HeldGraph:
    """See `nestgrad.extend.Held`.

    What was given is watched: x, and captured leaves. Once it was written, a tape that begins with a view of it leads
    nowhere. torch counts the writes into a tensor, but not those through its `.data`: where that can be seen without
    waiting, a tensor is known by its norm as well.
    """

    def __init__(self, gradient: Leaves, given: list[Any]) -> None:
        self._gradient = gradient
        self._given = [(tensor, *_told(tensor)) for tensor in given]

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Whether what was given was written, or has other memory; or a saved tensor was written, as torch says."""
        for tensor, *before in self._given:
            if _told(tensor) != tuple(before):
                return True
        return raised is not None and "modified by an inplace operation" in str(raised)

    @property
    def nbytes(self) -> int:
        """The memory of all tensors that the graph has saved, each once, without what was given."""
        theirs = {tensor.untyped_storage().data_ptr() for tensor, *_ in self._given}
        saved = [tensor.untyped_storage() for node in nodes(self._gradient) for tensor in _saved(node)]
        return sum({one.data_ptr(): one.nbytes() for one in saved if one.data_ptr() not in theirs}.values())


def _told(tensor: Any) -> tuple[int, int, str]:
    is_seen = tensor.is_cpu and tensor.layout is torch.strided
    norm = torch.linalg.vector_norm(tensor.detach()).item() if is_seen else 0.0
    return tensor._version, tensor.data_ptr(), repr(norm)  # in which nan is nan


def _saved(node: Any) -> list[torch.Tensor]:
    names = [name for name in dir(node) if name.startswith("_saved_")] or ["saved_tensors"]
    found: list[torch.Tensor] = []
    for value in (getattr(node, name, None) for name in names):
        entries = value if isinstance(value, (tuple, list)) else [value]
        found += [entry for entry in entries if type(entry) in (torch.Tensor, torch.nn.Parameter)]
    return [tensor for tensor in found if tensor.layout is torch.strided]
