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

from .call import Call, Repair, any_may_vary, tell


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


def _as_read(nesting: str, call: Call) -> Call:
    """The call with the matrix among its arguments being what the function reads of it."""
    function, args, kwargs = call
    reader = _READERS[function]
    if function is torch.linalg.pinv and not kwargs.get("hermitian"):
        return call
    position, name = reader.matrix
    given = position < len(args)
    matrix = args[position] if given else kwargs.get(name)
    if not any_may_vary(matrix):
        return call
    matrix = reader.read(matrix, _is_upper(reader.side, args, kwargs))
    tell("one_triangle", function.__name__)
    if given:
        return call._replace(args=(*args[:position], matrix, *args[position + 1 :]))
    return call._replace(kwargs={**kwargs, name: matrix})


def _is_upper(side: tuple[int, str] | None, args: Any, kwargs: Any) -> bool:
    if side is None:
        return False
    position, name = side
    told = args[position] if position < len(args) else kwargs.get(name)
    return told in (True, "U", "u")


REPAIRS: dict[Any, Repair] = dict.fromkeys(_READERS, _as_read)
