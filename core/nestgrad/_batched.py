"""Diagonals and Laplacians of many points at once: u of N rows gives N numbers, each of its own row alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._choose import candidates
from ._definition import Comparison, Differentiated
from ._diagonal import Diagonal
from ._errors import DependentRowsError, NonScalarOutputError, StructureMismatchError, in_a_line
from ._inputs import REAL, check_outputs
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._products import product_at, sum_of, without_aux
from ._unit_vectors import Row, at_once, count, mapped, squares
from ._user_function import AnyFunction
from .typing import Array, Function, Leaves, Tree

if TYPE_CHECKING:
    import numpy as np


class BatchedDiagonal(Diagonal):
    """The diagonals of ∇²uₙ in row n of x. Law: D²uₙ(xₙ)[eᵢ, eᵢ], by d derivatives for all N rows of d numbers."""

    function = AnyFunction

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return candidates(offers, "auto") if self._asked == "auto" else super().nestings(offers)

    def comparison(self, at: Differentiated) -> Comparison | None:
        return super().comparison(at._replace(f=_summed(at.offers, at.f, at.x)))

    def look(self, offers: Offers, f: Function, x: Leaves) -> bool:
        u = _OfRows(offers, f, x)
        if Mode.REVERSE not in offers.modes:
            return True  # by forward mode alone it would take a pass for each row
        if any(_values(offers, leaf) is None for leaf in x):
            return False
        for row in {u.rows // 2, u.rows - 1} if u.rows else ():
            for leaf in _pulled(offers, u, x, row):
                others = _values(offers, leaf)
                if others is not None:
                    _check_others_are_zero(others, row)
        return True

    @staticmethod
    def _along(
        offers: Offers, nesting: Nesting, f: Function, x: Leaves, has_aux: bool = False
    ) -> tuple[Row, Sequence[Any]]:
        """`second(*e)` for a unit vector e of one row: D²uₙ(xₙ)[e, e], of shape (N,)."""
        u, aux = without_aux(f, x, has_aux)
        of_rows, xp = _second(offers, nesting, _OfRows(offers, u, x), x), offers.backend.xp
        return lambda *e: of_rows(*(xp.ones_like(leaf) * part for leaf, part in zip(x, e, strict=True))), aux

    def _mapped(self, offers: Offers, row: Row, x: Leaves) -> Any:
        one_row = tuple(offers.backend.xp.sum(leaf, axis=0) for leaf in x)  # whose unit vectors are those of every row
        return mapped(offers, row, one_row, self._chunk_size or _at_once(x))

    def _found(self, offers: Offers, entries: Any, x: Leaves, layout: Layout) -> Tree:
        by_row = offers.backend.xp.permute_dims(entries, (1, 0))
        end, found = 0, []
        for leaf in x:
            begin, end = end, end + math.prod(leaf.shape[1:])
            found.append(offers.backend.xp.reshape(by_row[:, begin:end], _of_rows(leaf.shape)))
        return layout.shaped(tuple(found))[0]


class BatchedLaplacian(BatchedDiagonal):
    """The Laplacian of uₙ in row n of x. Law: Σᵢ D²uₙ(xₙ)[eᵢ, eᵢ]."""

    name = "laplacian"

    def _found(self, offers: Offers, entries: Any, x: Leaves, layout: Layout) -> Tree:
        return offers.backend.xp.sum(entries, axis=0)


class _OfRows:
    """u, its output checked: a number for each row.

    Raises:
        StructureMismatchError: the arrays have no rows, or not the same number of them.
    """

    def __init__(self, offers: Offers, f: Function, x: Leaves) -> None:
        shapes = [tuple(leaf.shape) for leaf in x]
        if any(not shape or shape[0] != shapes[0][0] for shape in shapes):
            raise StructureMismatchError(f"With batched=True the first axis is that of the rows; got shapes {shapes}.")
        self._offers, self._f, self.rows = offers, f, shapes[0][0]

    def __call__(self, *x: Array) -> Array:
        value = self._f(*x)
        (value,) = check_outputs(self._offers.backend, [value], REAL)
        if tuple(value.shape) != (self.rows,):
            raise NonScalarOutputError(
                f"With batched=True the function returns a number for each row, of shape ({self.rows},); "
                f"it returned shape {tuple(value.shape)}."
            )
        return value


def _at_once(x: Leaves) -> int | None:
    """How many directions of all rows are taken together; None where a graph does not know how many rows there are."""
    is_known = all(size is not None for leaf in x for size in leaf.shape)
    return at_once(count(x)) if is_known else None


def _of_rows(shape: Sequence[int | None]) -> tuple[int, ...]:
    """A shape to give an array, of as many rows as it has where nobody knows yet."""
    return tuple(-1 if size is None else size for size in shape)


def _second(offers: Offers, nesting: Nesting, u: _OfRows, x: Leaves) -> Row:
    """`second(*e)`, of shape (N,): D²uₙ(xₙ)[eₙ, eₙ] for directions with a row eₙ for each row of x."""
    xp = offers.backend.xp
    if nesting.code == "FF":
        push = offers.modes[Mode.FORWARD]

        def forward_over_forward(*e: Array) -> tuple[Sequence[Array], Array]:
            (value, _), (_, second) = push(lambda *x: push(u, x, e), x, e)
            return squares(offers, (value,)), second

        return forward_over_forward
    product, _ = product_at(offers, nesting, _summed(offers, u, x), x)

    def second(*e: Array) -> tuple[Sequence[Array], Array]:
        same, found = product(*e)
        terms = (p * q for p, q in zip(found, e, strict=True))
        rows = (xp.reshape(term, _of_rows((u.rows, math.prod(term.shape[1:])))) for term in terms)
        return same, sum_of([xp.sum(row, axis=1) for row in rows])

    return second


def _summed(offers: Offers, f: Function, x: Leaves) -> Function:
    """Σₙ uₙ, whose gradient has ∇uₙ in row n."""
    u, total = f if isinstance(f, _OfRows) else _OfRows(offers, f, x), offers.backend.xp.sum
    return lambda *x: total(u(*x))


def _pulled(offers: Offers, u: _OfRows, x: Leaves, row: int) -> Leaves:
    """The derivative of the output of a row, shaped like x.

    Raises:
        DependentRowsError: reverse mode fails, so that nobody knows whether the rows are independent.
    """
    try:
        value, pullback = offers.modes[Mode.REVERSE](u, *x)
        found: Leaves = pullback(_unit(offers, value, row))
    except Exception as error:
        u(*x)  # what this raises is the user's
        raise DependentRowsError(
            "With batched=True each output is of its own row alone. Whether it is cannot be told here: reverse mode "
            f"fails: {in_a_line(error)}. Take the operator of one row, without batched=True."
        ) from error
    return found


def _unit(offers: Offers, value: Array, row: int) -> Array:
    """An array like a value of shape (N,) that is 1 at a row, and 0 elsewhere."""
    xp = offers.backend.xp
    ones = xp.ones_like(value)
    return xp.concat([0 * ones[:row], ones[row : row + 1], 0 * ones[row + 1 :]])


def _check_others_are_zero(pulled: np.ndarray[Any, Any], row: int) -> None:
    """Of the derivative of the output of a row, of shape (N, …).

    Raises:
        DependentRowsError: it is not zero in another row.
    """
    found = [other for other in range(len(pulled)) if other != row and pulled[other].any()]
    if found:
        raise DependentRowsError(
            f"With batched=True each output is of its own row alone; of {len(pulled)} rows, output {row} depends on "
            f"row {found[0]}. A normalisation over the batch does that, or a sum over rows: evaluate it apart, or take "
            "the operator of one row, without batched=True."
        )


def _values(offers: Offers, leaf: Array) -> np.ndarray[Any, Any] | None:
    """The values of an array, of which what is not finite is 0; `None` inside of a trace, where there are none."""
    import numpy as np  # as in `_numpy`

    try:
        return np.nan_to_num(np.asarray(offers.backend.to_numpy(leaf), np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    except Exception:  # tracers have none
        return None
