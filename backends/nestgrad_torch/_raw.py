"""torch.func and torch.compile as they are, for `nestgrad conformance torch --raw`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat.torch
import numpy as np
import torch

from nestgrad.extend import NotDifferentiableError, PrecisionLossError, plain_numpy

from . import _modules, _trees
from ._closed import draws, evaluate_closed
from ._dynamo import left_as_found, with_code
from ._lift import lift, untraced


class RawTorch:
    """PyTorch tensors, and the engine's own transforms: without look-out, tape, lock or detour."""

    name = "torch"
    xp: ModuleType = array_api_compat.torch

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`."""
        if isinstance(value, torch.Tensor):
            return value
        device = None if like is None else like.device
        if isinstance(value, (np.ndarray, np.generic)):
            value = plain_numpy(value)
            try:
                return torch.tensor(np.asarray(value, order="C"), device=device)
            except TypeError as error:  # longdouble
                raise PrecisionLossError(f"torch has no dtype for NumPy's {value.dtype}.") from error
        if isinstance(value, (int, float, complex)):
            return torch.tensor(value, dtype=None if like is None else like.dtype, device=device)
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for torch.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return array.numpy(force=True)

    def device(self, array: Any) -> Any:
        """Where a tensor is."""
        return array.device

    def flatten(self, tree: Any) -> tuple[list[Any], Any]:
        """Containers as optree sees them."""
        return _trees.flatten(tree)

    def unflatten(self, structure: Any, leaves: Any) -> Any:
        """The inverse of `flatten`."""
        return structure.filled(leaves)

    def open_module(self, module: Any) -> Any:
        """See `nestgrad.extend.Abilities.open_module`."""
        return _modules.open_module(module)

    def evaluate_module(self, module: Any, f: Callable[[Any], Any], values: Any) -> tuple[Any, dict[str, Any]]:
        """See `nestgrad.extend.Abilities.evaluate_module`."""
        return _modules.evaluate_module(module, f, values)

    conjugates = True

    def lift(self, node: Any, *arrays: Any) -> tuple[Any, ...]:
        """See `nestgrad.extend.Lift.lift`."""
        return lift(node, *arrays)

    def evaluate_closed(self, evaluate: Callable[[], Any]) -> Any:
        """See `nestgrad.extend.Abilities.evaluate_closed`."""
        return evaluate_closed(evaluate)

    def untraced(self, evaluate: Callable[..., Any], *arguments: Any) -> Any:
        """See `nestgrad.extend.Abilities.untraced`: a graph break for torch.compile."""
        return untraced(evaluate, *arguments)

    def draws(self, evaluate: Callable[[], Any]) -> bool:
        """See `nestgrad.extend.Abilities.draws`."""
        return draws(evaluate)

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
    return left_as_found()(torch.compile(with_code(f), backend=compiler, fullgraph=True))
