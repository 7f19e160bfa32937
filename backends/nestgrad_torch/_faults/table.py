"""The table of what torch differentiates wrongly, without an error, under some nestings.

Measured with torch 2.13, by the suite and by running torch's own list of operations (`op_db`) under every
nesting up to order 3 against differences. Most are one mistake: a forward rule that uses an intermediate
result which torch saves but does not differentiate again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._functorch.autograd_function import custom_function_call

from .constants import CONSTANT
from .dropped_derivatives import SILENT
from .fault import Arguments, Wrong
from .inner_gradients import INNER
from .singular_points import POINTS


def _in_training(arguments: Arguments) -> bool:
    return bool(arguments.get("training", True))


def _with_a_zero(arguments: Arguments) -> bool:
    return bool((arguments["self"] == 0).any())


def _with_factors_below(ratio: float) -> Callable[[Arguments], bool]:
    """A product in which a factor is not zero and smaller than that beside the largest."""

    def when(arguments: Arguments) -> bool:
        size = arguments["self"].abs()
        return bool(size.numel() and ((size > 0) & (size < ratio * size.max())).any())

    return when


def _of_a_mean(arguments: Arguments) -> bool:
    return bool(arguments.get("reduction", 1) == 1)


def _masks_a_row(arguments: Arguments) -> bool:
    return bool((arguments["self"] == -float("inf")).all(arguments["dim"]).any())


def _of_factors_in_a_batch(arguments: Arguments) -> bool:
    batch = arguments["self"].shape[:-2]
    return bool(torch.broadcast_shapes(batch, arguments["input2"].shape[:-2]) != batch)


def _of_products(arguments: Arguments) -> bool:
    return bool(arguments["reduce"] == "prod")


def _with_exponent(exponent: float) -> Callable[[Arguments], bool]:
    """A power of tensors in which this exponent occurs."""

    def when(arguments: Arguments) -> bool:
        return _is_power_of_tensors(arguments) and bool((_exponent(arguments) == exponent).any())

    return when


def _with_no_logarithm(arguments: Arguments) -> bool:
    return _is_power_of_tensors(arguments) and bool((arguments["self"] <= 0).any())


def _is_power_of_tensors(arguments: Arguments) -> bool:
    return isinstance(arguments["self"], torch.Tensor) and isinstance(_exponent(arguments), torch.Tensor)


def _exponent(arguments: Arguments) -> Any:
    return arguments.get("exponent", arguments.get("other"))


def _with_an_overflow(arguments: Arguments) -> bool:
    return bool(((arguments["self"] - arguments["other"]).abs() > 200).any())


_STATISTICS = "torch's rules take the saved mean and deviation for constants, and the number is wrong"
_FACTORS = "torch's forward rule takes the saved factorisation for a constant, and the number is wrong there"
_BELOW_TOP = ("?*F*",)  # every word with an F that is not its outermost letter
_REVERSE = ("R", "RR", "RRR")
_SMALL = "torch's rules divide by the factors, and one is so small that the digits are lost."
_EXACT = ("FR", "FRR")
# by what Python calls: torch's own rules for pow call the operator, and rightly
_POW = (
    *(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__, torch.ops.aten.pow, torch.ops.aten.pow.Tensor_Tensor),
    *(torch.float_power, torch.Tensor.float_power, torch.ops.aten.float_power),
    *(torch.Tensor.pow_, torch.Tensor.__ipow__, torch.Tensor.float_power_),
)
_POW_NODES = ("PowBackward",)
_EXPONENT = "torch's rules are wrong in the exponent, or give nan, where their own exponent is 0"

MEASURED = (
    *SILENT,
    *CONSTANT,
    *INNER,
    *POINTS,
    Wrong(
        "layer_norm",
        ("?F", "???*"),
        f"{_STATISTICS} (pytorch#196700, pytorch#175754).",
        use=("RR",),
        aten=("native_layer_norm",),
    ),
    Wrong(
        "batch_norm",
        ("?F", "???*"),
        f"{_STATISTICS} (as in pytorch#196700); instance_norm is computed by it.",
        use=("RR",),
        aten=("native_batch_norm", "_native_batch_norm_legit", "_batch_norm_with_update", "cudnn_batch_norm"),
        when=_in_training,
    ),
    Wrong(
        "cholesky_inverse",
        ("*F*",),
        "torch's forward rule multiplies its factors in the wrong order (pytorch#196682).",
        use=_REVERSE,
        aten=("cholesky_inverse",),
    ),
    Wrong(
        "cholesky_solve",
        ("*F*",),
        "torch's forward rule broadcasts wrongly where the factor has batch axes of its own (pytorch#196694).",
        use=_REVERSE,
        aten=("cholesky_solve",),
        when=_of_factors_in_a_batch,
    ),
    Wrong("det", (*_BELOW_TOP, "FRR"), f"{_FACTORS}.", use=_REVERSE, aten=("_linalg_det",)),
    Wrong("pow", ("??*",), f"{_EXPONENT}.", functions=_POW, nodes=_POW_NODES, when=_with_exponent(0)),
    Wrong(
        "pow",
        ("???*",),
        f"{_EXPONENT}; that of the second derivative.",
        functions=_POW,
        nodes=_POW_NODES,
        when=_with_exponent(1),
    ),
    Wrong(
        "pow",
        ("*RF*",),
        "torch's forward rule takes the logarithm of a base that has none, and gives nan.",
        use=_REVERSE,
        functions=_POW,
        nodes=_POW_NODES,
        when=_with_no_logarithm,
    ),
    Wrong(
        "logaddexp",
        ("??*",),
        "torch's rule squares an exponential that overflows, and gives nan.",
        aten=("logaddexp",),
        when=_with_an_overflow,
    ),
    Wrong("slogdet", _BELOW_TOP, f"{_FACTORS}.", use=_REVERSE, aten=("_linalg_slogdet",)),
    Wrong("solve", _BELOW_TOP, f"{_FACTORS}.", use=_REVERSE, aten=("_linalg_solve_ex",)),
    Wrong(
        "householder_product",
        _BELOW_TOP,
        "torch's forward rule is not differentiated completely, and the number is wrong.",
        use=_REVERSE,
        aten=("linalg_householder_product",),
    ),
    Wrong(
        "cumulative_prod",
        _BELOW_TOP,
        "torch's forward rule divides by the factors, and one is zero.",
        use=_REVERSE,
        # not by its operator: the rule of prod uses that one too, and rightly
        functions=(torch.cumprod, torch.Tensor.cumprod, torch.ops.aten.cumprod, torch.ops.aten.cumprod.default),
        when=_with_a_zero,
    ),
    Wrong(
        "prod",
        ("?F?",),
        "torch's rules divide by the factors, and one is zero.",
        directions=("FR",),
        use=_REVERSE,
        aten=("prod",),
        when=_with_a_zero,
    ),
    # torch divides by the factors: what is lost grows as 1/x, and as 1/x² in RRR
    Wrong("prod", ("RR", "RFR", "RRF", "?FF", "FFR"), _SMALL, _EXACT, aten=("prod",), when=_with_factors_below(1e-6)),
    Wrong("prod", ("RRR",), _SMALL, _EXACT, aten=("prod",), when=_with_factors_below(1e-3)),
    Wrong(
        "softmax",
        ("RF", "RF?", "?RF"),
        "torch's rule for attention that masks a whole row gives nan.",
        use=_REVERSE,
        aten=("_safe_softmax",),
        when=_masks_a_row,
    ),
    Wrong(
        "eigvalsh",
        ("RF?",),
        "torch's forward rule gives nan when it is differentiated twice more.",
        use=_REVERSE,
        aten=("_linalg_eigh",),
    ),
    Wrong(
        "eigh",
        ("RF", "RF?", "?RF"),
        "torch's forward rule for eigenvectors gives nan when it is differentiated.",
        use=_REVERSE,
        functions=(torch.linalg.eigh,),
    ),
    Wrong(
        "logcumsumexp",
        ("RRR",),
        "torch's rule gives nan when it is differentiated by reverse mode twice more.",
        use=("FFR",),
        aten=("logcumsumexp",),
    ),
    Wrong(
        "mse_loss",
        ("*F?*",),
        "torch's forward rule of its backward rule writes into a structural zero, which can crash the process.",
        use=_REVERSE,
        aten=("mse_loss",),
        when=_of_a_mean,
        compiled=("RF",),
    ),
    Wrong(
        "triangular_solve",
        ("*F*",),
        "torch's forward rule is wrong; torch.linalg.solve_triangular has a right one.",
        use=_REVERSE,
        aten=("triangular_solve",),
    ),
    Wrong(
        "scatter_reduce",
        ("*F*",),
        "torch's forward rule for products is wrong.",
        use=_REVERSE,
        aten=("scatter_reduce", "scatter_reduce_"),
        when=_of_products,
    ),
    Wrong(
        "autograd.Function",
        ("*F*F*",),
        "under two forward modes torch drops the derivative of its jvp rule, and the number is 0.",
        use=_REVERSE,
        functions=(custom_function_call,),
    ),
    Wrong(
        "cosine_embedding_loss",
        ("FRF",),
        "torch overwrites an intermediate result, and the number is wrong.",
        use=_REVERSE,
        functions=(torch.nn.functional.cosine_embedding_loss, torch.cosine_embedding_loss),
    ),
    # Torch raises here. Where the second R is the user's own, its error names neither nestgrad's nesting nor a way out.
    Wrong(
        "scaled_dot_product_attention",
        ("RR",),
        "torch chose the flash kernel, whose backward rule it does not differentiate: choose the math form, "
        "by torch.nn.attention.sdpa_kernel(SDPBackend.MATH).",
        aten=("_scaled_dot_product_flash_attention_for_cpu",),
    ),
)

TABLE = tuple(wrong for wrong in MEASURED if wrong.is_in(torch.__version__))
