"""What reads one triangle of a matrix: torch differentiates it as if it read the other one too.

A gradient then has entries of which the value is independent, and along a tangent that is not symmetric reverse and
forward mode give different numbers. Here the function is given a matrix that is what it reads: the triangle and its
mirror image, or the triangle and zeros. The value stays, and torch's rules are right. Where the matrix is symmetric by
its making, as a covariance is, the derivative stays too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode

from nestgrad.extend import emulated
from nestgrad_torch._ledger import FAULTS
from nestgrad_torch._variables import is_variable

_WHY = FAULTS["one_triangle"].reason


def _mirrored(matrix: torch.Tensor, upper: bool) -> torch.Tensor:
    if upper:
        return torch.triu(matrix) + torch.triu(matrix, 1).mH
    return torch.tril(matrix) + torch.tril(matrix, -1).mH


def _cut(matrix: torch.Tensor, upper: bool) -> torch.Tensor:
    return torch.triu(matrix) if upper else torch.tril(matrix)


class _Reader(NamedTuple):
    """A matrix that is what is read of it, where the matrix is among the arguments, and where the triangle is told."""

    read: Callable[[torch.Tensor, bool], torch.Tensor]
    matrix: tuple[int, str] = (0, "input")
    side: tuple[int, str] | None = (1, "upper")


_MATRIX, _EIGEN = _Reader(_mirrored), _Reader(_mirrored, side=(1, "UPLO"))
_FACTOR, _SOLVE = _Reader(_cut), _Reader(_cut, (1, "input2"), (2, "upper"))
_READERS = {
    torch.linalg.cholesky: _MATRIX,
    torch.linalg.cholesky_ex: _MATRIX,
    torch.linalg.eigh: _EIGEN,
    torch.linalg.eigvalsh: _EIGEN,
    torch.cholesky: _MATRIX,
    torch.Tensor.cholesky: _MATRIX,
    torch.cholesky_inverse: _FACTOR,
    torch.Tensor.cholesky_inverse: _FACTOR,
    torch.linalg.pinv: _Reader(_mirrored, side=None),
    torch.cholesky_solve: _SOLVE,
    torch.Tensor.cholesky_solve: _SOLVE,
}

REPAIRED = frozenset(_READERS)
"""The functions that read one triangle."""


def as_read(function: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments, the matrix among them being what the function reads of it."""
    reader = _READERS.get(function)
    if reader is None or (function is torch.linalg.pinv and not kwargs.get("hermitian")):
        return args, kwargs
    position, name = reader.matrix
    given = position < len(args)
    matrix = args[position] if given else kwargs.get(name)
    if not isinstance(matrix, torch.Tensor) or not (torch.compiler.is_dynamo_compiling() or is_variable(matrix)):
        return args, kwargs
    matrix = reader.read(matrix, _is_upper(reader.side, args, kwargs))
    _tell(function.__name__)
    if given:
        return (*args[:position], matrix, *args[position + 1 :]), kwargs
    return args, {**kwargs, name: matrix}


class AsRead(TorchFunctionMode):
    """A context in which matrices are what is read of them; Dynamo can trace it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _is_repaired(func):  # Dynamo traces every call from here, at its price
            args, kwargs = as_read(func, args, kwargs)
        return func(*args, **kwargs)


@torch.compiler.assume_constant_result
def _is_repaired(func: Any) -> bool:
    """Asked of each function while it is traced, and not in each call of what was compiled."""
    return func in REPAIRED


def _is_upper(side: tuple[int, str] | None, args: Any, kwargs: Any) -> bool:
    if side is None:
        return False
    position, name = side
    told = args[position] if position < len(args) else kwargs.get(name)
    return told in (True, "U", "u")


@torch.compiler.assume_constant_result
def _tell(name: str) -> None:
    emulated(name, _WHY)
