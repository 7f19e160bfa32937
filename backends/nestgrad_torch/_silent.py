"""Derivatives that torch drops without a word: the number is 0, or lacks a part.

They leave no mark in torch's graph, so they are seen where Python calls them.
"""

from __future__ import annotations

from typing import Any

import optree
import torch
from torch._C._functorch import is_functorch_wrapped_tensor
from torch._subclasses.fake_tensor import FakeTensor

from ._wrong import Arguments, Wrong

_WITHOUT_DERIVATIVE = (
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "spherical_bessel_j0",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    *(f"{shifted}chebyshev_polynomial_{kind}" for shifted in ("", "shifted_") for kind in "tuvw"),
)


def _differentiated(arguments: Arguments) -> bool:
    return any(map(_is_differentiated, optree.tree_leaves((arguments["args"], arguments["kwargs"]))))


def _is_differentiated(value: Any) -> bool:
    """Whether a derivative may be taken with respect to it; a fake tensor stands for any."""
    return isinstance(value, torch.Tensor) and (
        value.requires_grad or is_functorch_wrapped_tensor(value) or isinstance(value, FakeTensor)
    )


SILENT = (
    *(
        Wrong(
            name,
            ("*",),
            "torch has no derivative for it and takes its result for a constant (pytorch#189872).",
            functions=(getattr(torch.special, name),),
            when=_differentiated,
        )
        for name in _WITHOUT_DERIVATIVE
    ),
    Wrong(
        "torch.library.custom_op",
        ("*F*",),
        "forward mode passes by its register_autograd, and its tangent is 0 (pytorch#131116).",
        use=("R", "RR", "RRR"),
        functions=(torch.library.custom_op,),
        when=_differentiated,
    ),
    Wrong(
        "sparse_coo_tensor",
        ("RR", "???"),
        "the reverse rule of making it dense leaves no graph, and a part of the number is lost.",
        functions=(torch.sparse_coo_tensor,),
        when=_differentiated,
    ),
)
