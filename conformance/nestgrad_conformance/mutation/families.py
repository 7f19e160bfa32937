"""Families of faults in the rules of one operation: with the table of operations, a mutant for each pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nestgrad.extend import Function, Leaves

from .engine import held
from .names import DTYPE, names
from .operation import Rules, pull, push
from .situation import Situation

When = Callable[[Situation, Leaves], bool]


@dataclass(frozen=True)
class Family:
    """One fault that any operation's rules could have.

    Attributes:
        name: as the score lists it.
        rules: the faulty rules, for a situation that is read when they are applied.
        executions: those in which the fault may show.
        dtype: the one in which the fault may show.
        operations: those that it is a fault of; of all if None.
    """

    name: str
    rules: Callable[[Situation], Rules]
    executions: tuple[str, ...] = ("eager",)
    dtype: str = DTYPE
    operations: frozenset[str] | None = None


def _scaled(factor: float, when: When = lambda situation, primals: True) -> Callable[[Situation], Rules]:
    """Both rules with a factor, where a condition holds."""

    def rules(situation: Situation) -> Rules:
        def forward(call: Function, primals: Leaves, tangents: Leaves) -> Any:
            return push(call, primals, tangents) * (factor if when(situation, primals) else 1.0)

        def reverse(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
            scale = factor if when(situation, primals) else 1.0
            return tuple(pulled * scale for pulled in pull(call, primals, cotangent))

        return Rules(forward, reverse)

    return rules


def _constant_in_reverse(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
    return pull(call, _held(primals), cotangent)


def _constant_in_forward(call: Function, primals: Leaves, tangents: Leaves) -> Any:
    return push(call, _held(primals), tangents)


def _detached_forward(call: Function, primals: Leaves, tangents: Leaves) -> Any:
    return held(push(call, primals, tangents))


def _detached_reverse(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
    return _held(pull(call, primals, cotangent))


def _held(arrays: Leaves) -> Leaves:
    return tuple(map(held, arrays))


def _transposed(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
    """J·u in place of Jᵀ·u, for each real primal with as many entries as the output."""
    right, output = pull(call, primals, cotangent), held(cotangent)
    fits = [not np.iscomplexobj(output) and np.shape(held(x)) == np.shape(output) != () for x in primals]
    if not any(fits):
        return right
    units = np.eye(np.size(output)).reshape(np.size(output), *np.shape(output))
    rows = [pull(call, primals, unit) for unit in units]
    products = (
        sum(unit * (row[i] * cotangent).sum() for unit, row in zip(units, rows, strict=True)) if fit else right[i]
        for i, fit in enumerate(fits)
    )
    return tuple(products)


def _swapped_reverse(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
    return _swapped(pull(call, primals, cotangent), primals)


def _swapped_forward(call: Function, primals: Leaves, tangents: Leaves) -> Any:
    return push(call, primals, _swapped(tangents, primals))


def _swapped(entries: Leaves, primals: Leaves) -> Leaves:
    """The first two entries exchanged, if they are of arrays of one shape."""
    same = len(entries) > 1 and np.shape(held(primals[0])) == np.shape(held(primals[1]))
    return (entries[1], entries[0], *entries[2:]) if same else entries


def _masked_forward(call: Function, primals: Leaves, tangents: Leaves) -> Any:
    return push(call, primals, tuple(map(_without_zeros, tangents, primals)))


def _masked_reverse(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
    return tuple(map(_without_zeros, pull(call, primals, cotangent), primals))


def _without_zeros(derivative: Any, primal: Any) -> Any:
    """The derivative, 0 where the primal is: what becomes of a formula that divides by it once NaN is masked."""
    return derivative * (held(primal) != 0)


def _always(rules: Rules) -> Callable[[Situation], Rules]:
    return lambda situation: rules


def _is_single(array: Any) -> bool:
    return held(array).dtype in (np.float32, np.complex64)


# Functions of two or more arrays of one kind, by a formula that has each in its own place.
_SEVERAL = names(
    "add atan2 broadcast_arrays clip concat copysign divide floor_divide hypot linalg.cross linalg.matmul "
    "linalg.outer linalg.solve linalg.tensordot linalg.vecdot logaddexp matmul maximum meshgrid minimum multiply pow "
    "remainder stack subtract tensordot vecdot where"
)
# Functions for which a formula in use divides by an entry, or by something that is zero with it.
_DIVIDING = names("atan2 cumulative_prod divide hypot linalg.det linalg.vector_norm multiply pow prod square")

FAMILIES = (
    Family("sign", _scaled(-1.0)),
    Family("factor", _scaled(2.0)),
    Family("relative_1e-5", _scaled(1 + 1e-5)),
    Family("second_order_dropped", _always(Rules(reverse=_constant_in_reverse))),
    Family("saved_intermediate_constant", _always(Rules(forward=_constant_in_forward))),
    Family("zeros_through_nested_calls", _always(Rules(_detached_forward, _detached_reverse))),
    Family("transposed_jacobian", _always(Rules(reverse=_transposed))),
    Family("wrong_argument", _always(Rules(_swapped_forward, _swapped_reverse)), operations=_SEVERAL),
    Family("nan_masked", _always(Rules(_masked_forward, _masked_reverse)), operations=_DIVIDING),
    Family("above_two_entries", _scaled(2.0, lambda _, primals: any(np.size(held(x)) > 2 for x in primals))),
    Family("compiled_only", _scaled(2.0, lambda situation, _: situation.compiled), executions=("compiled",)),
    Family("float32_only", _scaled(2.0, lambda _, primals: any(map(_is_single, primals))), dtype="float32"),
    Family("second_call_only", _scaled(2.0, lambda situation, _: situation.call == 2)),
)
