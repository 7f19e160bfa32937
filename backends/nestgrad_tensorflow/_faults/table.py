"""The table of what TensorFlow differentiates wrongly, without an error, under some nestings.

Measured with TensorFlow 2.21, by the suite and by running its public operations under every nesting up to
order 3 against differences of values.
"""

from __future__ import annotations

from collections.abc import Iterable

from nestgrad_tensorflow._guard.call import (
    Call,
    any_differentiated,
    any_varies_inside,
    differentiated,
    has_small,
    has_zero,
    is_complex,
    is_complex_in_xla,
    is_complex_inside,
    is_double_in_xla,
    is_floating,
    is_of_moments,
    is_without_rule,
    varies_inside,
)
from nestgrad_tensorflow._repairs import (
    cross_entropy,
    cumulative,
    hidden_kinks,
    isotonic_regression,
    logarithms,
    one_triangle,
    powers,
    roots,
    singular_points,
)

from . import silu
from .fault import Wrong


def _by_op(wrongs: Iterable[Wrong]) -> dict[str, tuple[Wrong, ...]]:
    table: dict[str, tuple[Wrong, ...]] = {}
    for wrong in wrongs:
        for op in wrong.ops:
            table[op] = (*table.get(op, ()), wrong)
    return table


_DIVIDES = "TensorFlow's rule divides by the factors, of which one is zero or small (tensorflow#119430)."
_POWER = "TensorFlow's rule gives nan for those derivatives of x**n at 0 that are zero."
_CONJUGATE = "TensorFlow's rule for complex numbers forgets to conjugate."
_XLA_CONJUGATE = "XLA's rule for complex numbers forgets to conjugate."
_DECLARED = "TensorFlow declares it to have no derivative, and takes it for a constant."
_IMPUTED = "TensorFlow's rules put a constant in the place of a quotient at one point."
_KINKS = "It is made of operations with kinks, whose derivatives do not cancel as the kinks do (tensorflow#127230)."
_MISSING = "TensorFlow has no derivative in this argument, and takes it for a constant."


def _needs_care(call: Call) -> bool:
    """Whether a product meets the mistakes of cumprod, by which TensorFlow differentiates it."""
    return is_complex(call) or has_small(call)


TABLE = _by_op(
    (
        Wrong(
            "moments",
            ("StopGradient",),
            ("*",),
            "TensorFlow takes the mean inside the variance for a constant (tensorflow#19609).",
            repair=lambda call: [call.inputs[0]],
            when=is_of_moments,
            when_inside=lambda node: "moments/" in node.definition.name,
        ),
        Wrong(
            "cholesky",
            ("Cholesky",),
            ("*",),
            "TensorFlow's rule is that of a symmetric matrix, of which one triangle is read.",
            repair=one_triangle.cholesky,
            when=differentiated(0),
            when_inside=lambda node: False,
        ),
        Wrong("cumprod", ("Cumprod",), ("*",), _DIVIDES, repair=cumulative.cumprod, when=has_small),
        Wrong(
            "cumprod",
            ("Cumprod",),
            ("*",),
            _CONJUGATE,
            repair=cumulative.cumprod,
            when=is_complex,
            when_inside=is_complex_inside,
        ),
        Wrong(
            "reduce_prod",
            ("Prod",),
            ("?*F*",),
            _DIVIDES,
            by_two_pullbacks=True,
            when=_needs_care,
            when_inside=lambda node: False,
        ),
        # inside a function the cumulative products of its rule are out of reach
        Wrong("reduce_prod", ("Prod",), ("??*",), _DIVIDES, when=lambda call: False),
        *(
            Wrong("pow", ("Pow",), ("?" * (exponent + 1) + "*",), _POWER, **powers.power(exponent))
            for exponent in range(3)
        ),
        Wrong(
            "softmax_cross_entropy_with_logits",
            ("SoftmaxCrossEntropyWithLogits",),
            ("*",),
            "TensorFlow's rule takes the labels for constants that add up to 1.",
            repair=cross_entropy.softmax_cross_entropy,
            when=cross_entropy.needs_its_definition,
            when_inside=varies_inside(1),
        ),
        Wrong(
            "zeta",
            ("Zeta",),
            ("*",),
            _MISSING,
            when=differentiated(0),
            when_inside=varies_inside(0),
        ),
        Wrong(
            "polygamma",
            ("Polygamma",),
            ("*",),
            _MISSING,
            when=differentiated(0),
            when_inside=varies_inside(0),
        ),
        Wrong("betainc", ("Betainc",), ("*",), _MISSING, when=differentiated(0, 1), when_inside=varies_inside(0, 1)),
        *(
            Wrong(name, ops, ("*",), _CONJUGATE, when=is_complex, when_inside=is_complex_inside)
            for name, ops in (
                ("det", ("MatrixDeterminant",)),
                ("slogdet", ("LogMatrixDeterminant",)),
                ("sqrtm", ("MatrixSquareRoot",)),
                ("segment_prod", ("SegmentProd", "UnsortedSegmentProd")),
            )
        ),
        *(
            Wrong(name, (op,), ("*",), reason, repair=repair, when=when, when_inside=when_inside)
            for name, op, repair in (
                ("xlogy", "Xlogy", logarithms.xlogy),
                ("xlog1py", "Xlog1py", logarithms.xlog1py),
                ("xdivy", "Xdivy", logarithms.xdivy),
            )
            for reason, when, when_inside in (
                (_CONJUGATE, is_complex, is_complex_inside),
                ("TensorFlow's rule gives 0 wherever x is 0 (tensorflow#127240).", has_zero, is_floating),
            )
        ),
        Wrong(
            "reduce_euclidean_norm",
            ("EuclideanNorm",),
            ("??*",),
            "TensorFlow's rule divides by the cotangent, which gives nan where that is zero.",
            repair=roots.euclidean_norm,
        ),
        Wrong(
            "reduce_euclidean_norm",
            ("EuclideanNorm",),
            ("*",),
            _CONJUGATE,
            repair=roots.euclidean_norm,
            when=is_complex,
            when_inside=is_complex_inside,
        ),
        Wrong(
            "complex sqrt and reciprocal",
            ("Sqrt", "Rsqrt", "Reciprocal"),
            ("*F*",),
            _XLA_CONJUGATE,
            by_two_pullbacks=True,
            when=is_complex_in_xla,
            when_inside=lambda node: False,
        ),
        *(
            Wrong(
                name,
                (op,),
                ("*",),
                _XLA_CONJUGATE,
                repair=repair,
                when=is_complex_in_xla,
                when_inside=lambda node: False,
            )
            for name, op, repair in (
                ("sqrt", "SqrtGrad", roots.sqrt_rule),
                ("rsqrt", "RsqrtGrad", roots.rsqrt_rule),
                ("reciprocal", "ReciprocalGrad", roots.reciprocal_rule),
            )
        ),
        *(
            Wrong(
                name,
                (op,),
                ("*",),
                "XLA computes it to about six digits, whatever the dtype.",
                when=is_double_in_xla,
                when_inside=lambda node: False,
            )
            for name, op in (("svd", "Svd"), ("eigh", "SelfAdjointEigV2"))
        ),
        Wrong(
            "cumulative_logsumexp",
            ("CumulativeLogsumexp",),
            ("??*",),
            "TensorFlow's rule takes logarithms of derivatives, which gives nan.",
            repair=cumulative.cumulative_logsumexp,
        ),
        *(
            Wrong(name, (op,), (pattern,), _IMPUTED, repair=series.repair, when=series.is_near)
            for name, op, pattern, series in singular_points.SERIES
        ),
        *(
            Wrong(name, (op,), ("*",), _KINKS, repair=repair, when=when, when_inside=lambda node: False)
            for name, op, repair, when in (
                ("logaddexp", "Abs", hidden_kinks.absolute, hidden_kinks.has_hidden_kink("logaddexp", "logaddexp2")),
                ("hypot", "Abs", hidden_kinks.absolute, hidden_kinks.has_hidden_kink("hypot")),
                ("hypot", "Minimum", hidden_kinks.minimum, hidden_kinks.has_hidden_tie("hypot")),
                ("fmod", "Abs", hidden_kinks.absolute, hidden_kinks.has_hidden_kink("fmod")),
                ("fmod", "Sign", hidden_kinks.sign, hidden_kinks.has_hidden_kink("fmod")),
            )
        ),
        Wrong(
            "sinc",
            ("SelectV2",),
            ("*",),
            _IMPUTED,
            repair=hidden_kinks.sinc,
            when=hidden_kinks.is_sinc,
            when_inside=lambda node: False,
        ),
        Wrong(
            "isotonic_regression",
            ("IsotonicRegression",),
            ("*",),
            "TensorFlow's rule is that of a matrix of rows (tensorflow#127234).",
            repair=isotonic_regression.isotonic_regression,
            when=isotonic_regression.is_no_matrix,
        ),
        Wrong(
            "silu",
            ("Sigmoid",),
            ("*",),
            "TensorFlow's rule adds up the derivatives in a beta that is an array (tensorflow#127690): "
            "write x * tf.sigmoid(beta * x).",
            when=silu.is_summed,
            when_inside=lambda node: False,
        ),
        Wrong("segment_prod", ("SegmentProd", "UnsortedSegmentProd"), ("??*",), _DIVIDES, when=has_small),
        Wrong(
            "numpy_function",
            ("PyFunc", "PyFuncStateless"),
            ("*",),
            "TensorFlow cannot look inside it, and takes it for a constant; tf.custom_gradient gives it a rule.",
            when=is_without_rule,
        ),
        *(
            Wrong(name, (op,), ("*",), _DECLARED, when=any_differentiated, when_inside=any_varies_inside)
            for name, op in (
                ("image.hsv_to_rgb", "HSVToRGB"),
                ("range", "Range"),
                ("ragged.range", "RaggedRange"),
                ("linspace", "LinSpace"),
                ("sparse.concat", "SparseConcat"),
                ("image.extract_glimpse", "ExtractGlimpse"),
                ("image.draw_bounding_boxes", "DrawBoundingBoxes"),
                ("image.draw_bounding_boxes", "DrawBoundingBoxesV2"),
            )
        ),
        *(
            Wrong(
                name,
                (op,),
                ("F", "??*"),  # forward mode differentiates the reverse rule
                "TensorFlow declares its rule to have no derivative, and takes that for a constant.",
                use=("R",),
                when=any_differentiated,
                when_inside=any_varies_inside,
            )
            for name, op in (("sparse.add", "SparseAdd"), ("image.resize", "ResizeBilinear"))
        ),
        Wrong("py_function", ("EagerPyFunc",), ("??*",), "TensorFlow does not differentiate its rule."),
    )
)
