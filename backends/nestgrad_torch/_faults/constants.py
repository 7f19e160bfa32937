"""What torch takes for a constant: functions without a derivative, values that are read, copied, drawn or written over.

They leave no mark in torch's graph, so they are seen where Python calls them.
"""

from __future__ import annotations

import torch

from nestgrad_torch._arguments import any_varies, varies
from nestgrad_torch._ledger import FAULTS
from nestgrad_torch._sight import Arguments, Sight


def _of_a_list(arguments: Arguments) -> bool:
    """Whether it puts a tensor together from numbers; of a tensor it would keep the derivative."""
    data = (
        arguments["args"][0] if arguments["args"] else arguments["kwargs"].get("data", arguments["kwargs"].get("obj"))
    )
    return isinstance(data, (list, tuple)) and any_varies(arguments)


def _by_negative_integers(arguments: Arguments) -> bool:
    exponents = arguments.get("other", arguments["kwargs"].get("other"))
    if not isinstance(exponents, torch.Tensor) or exponents.is_floating_point() or exponents.is_complex():
        return False
    return bool((exponents < 0).any())


def _of_extrema_without_self(arguments: Arguments) -> bool:
    args, kwargs = arguments["args"], arguments["kwargs"]
    return kwargs.get("include_self") is False and (kwargs.get("reduce", args[-1]) in ("amax", "amin"))


def _of_products(arguments: Arguments) -> bool:
    return bool(arguments["reduce"] == "prod")


_METHODS = (
    "item",
    "tolist",
    "numpy",
    "is_nonzero",
    *(f"__{kind}__" for kind in ("float", "int", "index", "bool", "complex")),
)
READERS = (torch.is_nonzero, *(getattr(torch.Tensor, name) for name in (*_METHODS, "__format__", "__repr__")))
"""What is called for a value. Every other function that reads one takes a tensor for a number."""

_SPECIAL = tuple(getattr(torch.special, name) for name in FAULTS["without_derivative"].operations)
_SCATTER_REDUCE = (torch.scatter_reduce, torch.Tensor.scatter_reduce, torch.Tensor.scatter_reduce_)

SIGHTS = {
    "without_derivative": (Sight(functions=_SPECIAL, when=any_varies),),
    "linspace": (Sight(functions=(torch.linspace, torch.logspace), when=any_varies),),
    "number_arguments": (Sight(),),  # in `_guard.watch`
    "copied_values": (
        Sight(functions=(torch.tensor, torch.Tensor.new_tensor), when=any_varies),
        Sight(functions=(torch.as_tensor, torch.asarray), when=_of_a_list),
    ),
    "ldexp": (
        Sight(
            functions=(torch.ldexp, torch.Tensor.ldexp, torch.Tensor.ldexp_, torch.ops.aten.ldexp),
            when=_by_negative_integers,
        ),
    ),
    "drawn": tuple(
        Sight(functions=(torch.normal,), when=varies(position, name)) for position, name in ((0, "mean"), (1, "std"))
    ),
    "sparse_values": (Sight(functions=(torch.sparse_coo_tensor,), when=any_varies),),
    "scatter_reduce": (Sight(aten=("scatter_reduce", "scatter_reduce_"), when=_of_products),),
    "scatter_extrema": (Sight(functions=_SCATTER_REDUCE, when=_of_extrema_without_self),),
    "as_strided_scatter": (
        Sight(functions=(torch.as_strided_scatter, torch.Tensor.as_strided_scatter), when=varies(0, "input")),
    ),
}
