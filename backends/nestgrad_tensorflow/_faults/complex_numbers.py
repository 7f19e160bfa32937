"""Rules for complex numbers that forget to conjugate: TensorFlow's, and XLA's where it compiles."""

from __future__ import annotations

from nestgrad_tensorflow._arguments import has_zero, in_xla, is_complex, is_complex_inside, never
from nestgrad_tensorflow._levels import here, may_vary
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._repairs import cumulative, logarithms, roots
from nestgrad_tensorflow._sight import Sight


def _is_complex_in_xla(call: Call) -> bool:
    """Whether XLA computes it."""
    return in_xla() and is_complex(call)


def _is_pushed(call: Call) -> bool:
    """Whether the rule of a product is what forward mode differentiates."""
    return is_complex(call) and "F" in here.nesting[1:]


def _is_zero(call: Call) -> bool:
    """Whether an entry that varies is zero; in a graph there is nothing to see."""
    return here.graph is None and has_zero(call) and may_vary(call.inputs[0])


def _is_unseen(call: Call) -> bool:
    """Whether one may be, in a graph without a tape of the user's, which would look past a repair."""
    return here.graph is not None and not here.is_taped


_REFUSED = (
    ("det", ("MatrixDeterminant",)),
    ("slogdet", ("LogMatrixDeterminant",)),
    ("sqrtm", ("MatrixSquareRoot",)),
    ("segment_prod", ("SegmentProd", "UnsortedSegmentProd")),
)
_REPAIRED = (
    ("cumprod", "Cumprod", cumulative.cumprod),
    ("reduce_euclidean_norm", "EuclideanNorm", roots.euclidean_norm),
    ("xlogy", "Xlogy", logarithms.xlogy),
    ("xlog1py", "Xlog1py", logarithms.xlog1py),
    ("xdivy", "Xdivy", logarithms.xdivy),
)
_OF_XLA = (
    ("sqrt", "Sqrt", roots.sqrt_rule),
    ("rsqrt", "Rsqrt", roots.rsqrt_rule),
    ("reciprocal", "Reciprocal", roots.reciprocal_rule),
)

SIGHTS = {
    "complex_rules": tuple(Sight(ops, name, when=is_complex, when_inside=is_complex_inside) for name, ops in _REFUSED),
    "complex_products": (
        *(
            Sight((op,), name, repair=repair, when=is_complex, when_inside=is_complex_inside)
            for name, op, repair in _REPAIRED
        ),
        # its rule calls cumprod
        Sight(("Prod",), "reduce_prod", by_two_pullbacks=True, when=_is_pushed, when_inside=never),
    ),
    "complex_abs": (
        Sight(("ComplexAbs",), when=_is_zero, when_inside=never),
        Sight(("ComplexAbs",), repair=roots.magnitude, when=_is_unseen, when_inside=never),
    ),
    "xla_complex_roots": tuple(
        sight
        for name, op, rule in _OF_XLA
        for sight in (
            Sight((op,), name, by_two_pullbacks=True, when=_is_complex_in_xla, when_inside=never),
            Sight((f"{op}Grad",), name, repair=rule, when=_is_complex_in_xla, when_inside=never),
        )
    ),
}
