"""Mutants that no suite can find, and the proof: where the changed rule gives the same number as the right one."""

from __future__ import annotations

from collections.abc import Callable

from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.scenarios.ops import elementwise

from .names import names

_STEPS = names("ceil floor floor_divide round sign trunc")
"""Constant almost everywhere: every rule gives zero, and so does its multiple."""

_SHAPES = names(
    "astype broadcast_arrays broadcast_to concat expand_dims flip linalg.diagonal linalg.matrix_transpose "
    "matrix_transpose meshgrid moveaxis permute_dims repeat reshape roll squeeze stack take take_along_axis tile tril "
    "triu unstack"
)
_LINEAR = (
    _STEPS
    | _SHAPES
    | names(
        "add clip conj copysign cumulative_sum diff imag linalg.trace max maximum mean min minimum negative "
        "positive real remainder sort subtract sum where"
    )
)
"""Linear, or linear around almost every point: the derivative does not depend on where it is taken."""

_ELEMENTWISE = frozenset(one.operation for one in elementwise.SCENARIOS)
_SYMMETRIC = names("astype flip linalg.matrix_transpose matrix_transpose tril triu")
"""Linear maps that are their own transpose: a projection, or a permutation that undoes itself."""

_FOURIER = names("fft.fft fft.fftn fft.ifft fft.ifftn")
_HALF_FOURIER = names("fft.hfft fft.ihfft fft.irfft fft.irfftn fft.rfft fft.rfftn")

_OTHER_SHAPE = names(
    "broadcast_arrays broadcast_to concat expand_dims linalg.det linalg.diagonal linalg.eigvalsh linalg.matrix_norm "
    "linalg.outer linalg.slogdet linalg.svdvals linalg.trace linalg.vector_norm max mean meshgrid min prod reshape "
    "squeeze stack std sum tile unstack var"
)
"""No output has the shape of an argument, unless entry by entry: elsewhere the transpose would not fit."""

_SCALED = ("sign", "factor", "relative_1e-5", "above_two_entries", "compiled_only", "second_call_only", "float32_only")


def proof(family: str, operation: str, own: list[Scenario], limits: tuple[Limit, ...], version: str) -> str | None:
    """Why a fault of this family in an operation cannot be told from none, or None if it can.

    Args:
        family: the family's name.
        operation: the operation at fault.
        own: its scenarios.
        limits: what the sound backend declares, which is measured to be what it refuses.
        version: the engine's.
    """

    def refused(nesting: str) -> bool:
        return all(any(limit.covers(nesting, one.id, one.features, version) for limit in limits) for one in own)

    if refused("R") and refused("F"):
        return "the engine refuses the operation in every nesting, so no rule of it gives a number"
    if family == "saved_intermediate_constant" and refused("F"):
        return "the engine refuses forward mode, and the fault is in the forward rule"
    return next((reason for reason, holds in _PROOFS.get(family, ()) if holds(operation)), None)


def _within(operations: frozenset[str | None] | frozenset[str]) -> Callable[[str], bool]:
    return lambda operation: operation in operations


_ZERO = ("its derivative is zero", _within(_STEPS))
_FLAT = ("its derivative does not depend on where it is taken", _within(_LINEAR))
_TRANSFORM = ("a Fourier transform is linear", lambda operation: operation.startswith("fft."))
_PROOFS: dict[str, tuple[tuple[str, Callable[[str], bool]], ...]] = {
    **dict.fromkeys(_SCALED, (_ZERO,)),
    "second_order_dropped": (_FLAT, _TRANSFORM),
    "saved_intermediate_constant": (_FLAT, _TRANSFORM),
    "zeros_through_nested_calls": (_ZERO,),
    "transposed_jacobian": (
        ("the Jacobian of an elementwise function is diagonal", _within(_ELEMENTWISE)),
        ("the map is its own transpose", _within(_SYMMETRIC)),
        ("no output has the shape of an argument, unless entry by entry", _within(_OTHER_SHAPE)),
        ("the Fourier matrix is symmetric", _within(_FOURIER)),
        ("of the input and the output one is real and one complex", _within(_HALF_FOURIER)),
    ),
    "wrong_argument": (
        ("the derivatives in both arguments are equal", _within(frozenset({"add"}))),
        ("the derivative in both arguments is zero", _within(_STEPS)),
    ),
}
