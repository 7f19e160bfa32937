"""torch.func and torch.compile as they are, for `nestgrad conformance torch --raw`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat.torch
import torch

from . import _trees
from ._compile import left_as_found, with_its_own_code


class RawTorch:
    """The engine's own transforms: without look-out, tape, lock or detour."""

    name = "torch"
    xp: ModuleType = array_api_compat.torch

    def __init__(self, backend: Any) -> None:
        self.asarray, self.to_numpy = backend.asarray, backend.to_numpy

    def flatten(self, tree: Any) -> tuple[list[Any], Any]:
        """Containers such that torch.compile gets past them."""
        return _trees.flatten(tree)

    def unflatten(self, structure: Any, leaves: Any) -> Any:
        """The inverse of `flatten`."""
        return structure.filled(leaves)

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
        return _compiled(f, "inductor")

    def compile_traced(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """torch.compile with aot_eager."""
        return _compiled(f, "aot_eager")

    def prepare_worker(self) -> None:
        """Constants without a dtype in 64 bits, in a process of the conformance suite."""
        torch.set_default_dtype(torch.float64)


def _compiled(f: Callable[..., Any], compiler: str) -> Callable[..., Any]:
    """As torch compiles a function that is the only one: neither earlier functions nor their failures count."""
    return left_as_found()(torch.compile(with_its_own_code(f), backend=compiler, fullgraph=True))
