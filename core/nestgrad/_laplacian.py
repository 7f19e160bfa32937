"""What users import of second derivatives without mixed ones: of one point, or of each row of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from ._batched import BatchedDiagonal, BatchedLaplacian
from ._diagonal import Diagonal, Laplacian
from ._nesting import Nesting
from ._operator import Operator, Options
from ._unit_vectors import checked_size
from .typing import P


def hessian_diagonal(
    f: Callable[P, Any],
    nesting: str | Nesting = "auto",
    *,
    batched: bool = False,
    chunk_size: int | None = None,
    **options: Unpack[Options],
) -> Callable[P, Any]:
    """The diagonal of ∇²f(x), shaped like x: `hessian_diagonal(f)(x, *args, **kwargs)`.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: of order 2, `"FF"` too, or `"auto"`.
        batched: f takes N rows, x of shape (N, d), and returns a number for each, of shape (N,), each of its own row
            alone. The result is the diagonal of each row's own Hessian, of shape (N, d), by d derivatives for all rows.
            At the first call that has values, the middle row and the last are looked at.
        chunk_size: how many entries are computed at a time; see `hessian`. The whole Hessian is never held.
        **options: `backend`, `compile`, `has_aux`, `verify`; see `Options`.

    Law: its entry at i is D²f(x)[eᵢ, eᵢ], eᵢ being the unit vector.

    Raises:
        As `hessian`. DependentRowsError: with `batched`, an output depends on another row than its own.

    Example:
        >>> import numpy as np
        >>> hessian_diagonal(lambda x: (x**3).sum() + x[0] * x[1], backend="autograd")(np.array([1.0, 2.0]))
        array([ 6., 12.])
    """
    made = BatchedDiagonal if batched else Diagonal
    return Operator(f, made(nesting, checked_size(chunk_size)), **options)


def laplacian(
    f: Callable[P, Any],
    nesting: str | Nesting = "auto",
    *,
    batched: bool = False,
    chunk_size: int | None = None,
    **options: Unpack[Options],
) -> Callable[P, Any]:
    """Δf(x), the trace of ∇²f(x), a number: `laplacian(f)(x, *args, **kwargs)`.

    Arguments and errors are those of `hessian_diagonal`. With `batched` there is a number for each row, of shape (N,).

    Law: Σᵢ D²f(x)[eᵢ, eᵢ].

    Example:
        >>> import numpy as np
        >>> float(laplacian(lambda x: (x**3).sum() + x[0] * x[1], backend="autograd")(np.array([1.0, 2.0])))
        18.0
        >>> u = lambda x: (x**2).sum(1) * x[:, 0]
        >>> laplacian(u, batched=True, backend="autograd")(np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([ 8., 24.])
    """
    made = BatchedLaplacian if batched else Laplacian
    return Operator(f, made(nesting, checked_size(chunk_size)), **options)
