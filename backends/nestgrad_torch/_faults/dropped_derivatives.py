"""Derivatives that torch drops without a word: the number is 0, or lacks a part.

They leave no mark in torch's graph, so they are seen where Python calls them.
"""

from __future__ import annotations

import torch
from torch.utils._pytree import tree_leaves  # knows the lists of a graph

from nestgrad_torch._variables import is_variable

from .fault import Arguments, Wrong

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
    return any(map(is_variable, tree_leaves((arguments["args"], arguments["kwargs"]))))


def _of_a_list(arguments: Arguments) -> bool:
    """Whether it puts a tensor together from numbers; of a tensor it would keep the derivative."""
    data = (
        arguments["args"][0] if arguments["args"] else arguments["kwargs"].get("data", arguments["kwargs"].get("obj"))
    )
    return isinstance(data, (list, tuple)) and _differentiated(arguments)


def _by_negative_integers(arguments: Arguments) -> bool:
    exponents = arguments.get("other", arguments["kwargs"].get("other"))
    return isinstance(exponents, torch.Tensor) and not exponents.is_floating_point() and bool((exponents < 0).any())


_METHODS = (
    "item",
    "tolist",
    "numpy",
    "is_nonzero",
    *(f"__{kind}__" for kind in ("float", "int", "index", "bool", "complex")),
)
READERS = (torch.is_nonzero, *(getattr(torch.Tensor, name) for name in (*_METHODS, "__format__", "__repr__")))
"""What is called for a value. Every other function that reads one takes a tensor for a number."""

_COPIES = "it copies values and drops their derivatives; torch.stack keeps them, and detach drops them by name."

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
    *(
        Wrong(
            function.__name__,
            ("*",),
            "torch reads the values of its ends and takes them for constants.",
            functions=(function,),
            when=_differentiated,
        )
        for function in (torch.linspace, torch.logspace)
    ),
    Wrong("tensor", ("*",), _COPIES, functions=(torch.tensor, torch.Tensor.new_tensor), when=_differentiated),
    Wrong("as_tensor", ("*",), _COPIES, functions=(torch.as_tensor, torch.asarray), when=_of_a_list),
    Wrong(
        "ldexp",
        ("*",),
        "torch's rule raises 2 to its power among integers, where a negative one gives 0 (pytorch#187460).",
        functions=(torch.ldexp, torch.Tensor.ldexp, torch.Tensor.ldexp_, torch.ops.aten.ldexp),
        when=_by_negative_integers,
        mended_in="2.14.1",
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
