"""torch.func and torch.compile as they are, for `nestgrad conformance torch --raw`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat.torch
import torch


class BareTorch:
    """The engine's own transforms: without look-out, tape, lock or detour."""

    name = "torch"
    xp: ModuleType = array_api_compat.torch

    def __init__(self, backend: Any) -> None:
        self.asarray, self.to_numpy = backend.asarray, backend.to_numpy

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """torch.func.jvp."""
        result: tuple[Any, ...] = torch.func.jvp(f, tuple(primals), tuple(tangents), has_aux=has_aux)
        return result

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """torch.func.vjp."""
        result: tuple[Any, ...] = torch.func.vjp(f, *primals, has_aux=has_aux)
        return result

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """torch.compile with inductor."""
        return torch.compile(f, fullgraph=True)

    def compile_traced(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """torch.compile with aot_eager."""
        return torch.compile(f, backend="aot_eager", fullgraph=True)

    def prepare_worker(self) -> None:
        """Constants without a dtype in 64 bits, in a process of the conformance suite."""
        torch.set_default_dtype(torch.float64)
