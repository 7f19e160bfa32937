"""The Jacobian of a function with any outputs: one mode along all unit vectors, some at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ._argnums import numbers, shaping
from ._choose import require
from ._definition import Definition, Solve
from ._errors import InvalidNestingError, NotDifferentiableError
from ._inputs import REAL, check_outputs, split_aux
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._operator import Operator, Options
from ._unit_vectors import checked_size, mapped, parts, squares
from ._user_function import AnyFunction
from .typing import Array, Function, Leaves, P

_REVERSE, _FORWARD = Nesting("R"), Nesting("F")


def jacobian(
    f: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    nesting: str | Nesting = "auto",
    *,
    chunk_size: int | None = None,
    **options: Unpack[Options],
) -> Callable[P, Any]:
    """The derivative of all outputs in all inputs: `jacobian(f)(x, *args, **kwargs)`, as `jax.jacrev` gives it.

    Args:
        f: returns real floating arrays, in any container.
        argnums: which argument to differentiate; a sequence gives a tuple in the place of each derivative.
        nesting: `"R"`, a pass for each output; `"F"`, one for each input; or `"auto"`: R, and F where f has no R.
        chunk_size: how many passes are made at a time. By default so many that their directions have 2²⁰ numbers at
            most (8 MiB of float64): what the derivative of f holds is held that often, at most.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    For an array f(x) of shape r and an array x of shape s the result is an array of shape r + s. Containers are nested,
    that of f(x) outside: its entry `[a][b]` is the derivative of output a in input b.

    Law: its product with v is `jvp(f, (x,), (v,))[1]`; from the other side, that with u is `vjp(f, x)[1](u)`.

    Raises:
        InvalidNestingError: the nesting is not one of those above.
        NotDifferentiableError: x, or what f returns, is not made of real floating arrays.
        ValueError: `chunk_size` is no positive integer.
        UnsupportedNestingError: the backend refuses this mode of f; says why and what to use.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> import numpy as np
        >>> jacobian(lambda x: x**2 * x[0], backend="autograd")(np.array([1.0, 2.0]))
        array([[3., 0.],
               [4., 4.]])
    """
    return Operator(f, Jacobian(argnums, nesting, checked_size(chunk_size)), **options)


class Jacobian(Definition):
    """Df. Law: its product with v is Df(x)[v]."""

    name, function, takes_auto = "jacobian", AnyFunction, True

    def __init__(self, argnums: int | Sequence[int], nesting: str | Nesting, chunk_size: int | None = None) -> None:
        self._as_given, self.argnums, self._chunk_size = argnums, numbers(argnums), chunk_size
        self._asked = None if nesting == "auto" else Nesting(nesting)
        if self._asked is not None and self._asked.order != 1:
            raise InvalidNestingError(f"A Jacobian is by 'R', 'F' or 'auto'; {self._asked.code!r} is not.")

    def by(self, nesting: Nesting) -> Definition | None:
        return Jacobian(self._as_given, nesting, self._chunk_size)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        if self._asked is not None:
            return (require(offers, self._asked),)
        return tuple(one for one in (_REVERSE, _FORWARD) if one.outer in offers.modes)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        by_rows, shaped = nesting == _REVERSE, shaping(self._as_given, layout)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            outputs = _Outputs(offers, f, has_aux)
            blocks, aux = (self._rows if by_rows else self._columns)(offers, outputs, x)
            return outputs.shaped(tuple(shaped(tuple(row)) for row in blocks)), *aux

        return solve

    def _rows(self, offers: Offers, f: _Outputs, x: Leaves) -> tuple[list[list[Array]], list[Any]]:
        """By output the derivatives in each leaf of x, by a pullback of each unit vector of the outputs."""
        value, pullback, *aux = offers.modes[Mode.REVERSE](f, *x, has_aux=f.has_aux)
        rows = mapped(offers, lambda *e: ((), pullback(e)), value, self._chunk_size)
        by_input = [parts(rows_of_leaf, value) for rows_of_leaf in rows]
        reshape = offers.backend.xp.reshape
        blocks = [
            [reshape(block, (*output.shape, *leaf.shape)) for block, leaf in zip(row, x, strict=True)]
            for row, output in zip(zip(*by_input, strict=True), value, strict=True)
        ]
        return blocks, aux

    def _columns(self, offers: Offers, f: _Outputs, x: Leaves) -> tuple[list[list[Array]], list[Any]]:
        """The same by a push of each unit vector of x."""
        aux = split_aux(f(*x), True)[1:] if f.has_aux else ()

        def push(*e: Array) -> tuple[Sequence[Array], Leaves]:
            same, column, *_ = offers.modes[Mode.FORWARD](f, x, e, has_aux=f.has_aux)
            return squares(offers, same), column

        columns = mapped(offers, push, x, self._chunk_size)
        turned = lambda column: [_turned(offers, *pair) for pair in zip(parts(column, x), x, strict=True)]  # noqa: E731
        return list(map(turned, columns)), [*aux]


def _turned(offers: Offers, block: Array, leaf: Array) -> Array:
    """Of shape (leaf's size, *output's shape), as an array of the output's shape and that of the leaf, of its dtype."""
    xp, (size, *output) = offers.backend.xp, block.shape
    flat = xp.permute_dims(xp.reshape(block, (size, math.prod(output))), (1, 0))
    found = xp.reshape(flat, (*output, *leaf.shape))
    return found if found.dtype == leaf.dtype else xp.astype(found, leaf.dtype)


class _Outputs:
    """f with its outputs in a tuple; remembers their container when it has run."""

    def __init__(self, offers: Offers, f: Function, has_aux: bool) -> None:
        self._offers, self._f, self.has_aux = offers, f, has_aux
        self.shaped: Callable[[tuple[Any, ...]], Any] = tuple

    def __call__(self, *leaves: Any) -> Any:
        output, *aux = split_aux(self._f(*leaves), self.has_aux)
        flat, structure = self._offers.flatten(output)
        if not flat:
            raise NotDifferentiableError("The function returns no array, so there is nothing to differentiate.")
        is_bare = len(flat) == 1 and flat[0] is output
        self.shaped = (lambda trees: trees[0]) if is_bare else (lambda trees: self._offers.unflatten(structure, trees))
        value = tuple(check_outputs(self._offers.backend, flat, REAL))
        return (value, *aux) if aux else value
