"""Points where a formula of torch does not hold: the truth is finite, and torch leaves a part of it out.

Where it gives nan in some nestings and a wrong number in others, all are refused by name.
"""

from __future__ import annotations

import torch

from .fault import Arguments, Wrong

_SECOND, _REVERSE = ("??", "???"), ("R", "RR")


def _singular(arguments: Arguments) -> bool:
    return bool((torch.linalg.det(arguments["self"].detach()) == 0).any())


def _with_close_singular_values(arguments: Arguments) -> bool:
    values = torch.linalg.svdvals(arguments["self"].detach())
    return bool((values[..., :-1] - values[..., 1:] < 1e-6 * values[..., :1]).any())


def _of_zero_norm(arguments: Arguments) -> bool:
    norm = arguments.get("result")  # as the graph has saved it
    if norm is None:
        norm = torch.linalg.vector_norm(arguments["self"], arguments.get("ord", 2), arguments.get("dim"))
    return bool((norm == 0).any())


def _without_deviation(arguments: Arguments) -> bool:
    deviation = arguments.get("result")
    if deviation is None:
        deviation = torch.std(arguments["self"], arguments.get("dim"), correction=0)
    return bool((deviation == 0).any())


def _near_zero(arguments: Arguments) -> bool:
    return bool((arguments["self"].abs() < 1e-3).any())


def _of_extrema_without_self(arguments: Arguments) -> bool:
    args, kwargs = arguments["args"], arguments["kwargs"]
    return kwargs.get("include_self") is False and (kwargs.get("reduce", args[-1]) in ("amax", "amin"))


_DET = (torch.linalg.det, torch.det, torch.Tensor.det)

POINTS = (
    Wrong(
        "det",
        ("F", "FR"),
        "torch's forward rule gives 0 for a singular matrix.",
        use=_REVERSE,
        functions=_DET,
        when=_singular,
    ),
    Wrong(
        "det",
        ("FR",),
        "torch's rule divides by the gaps between singular values, and one is 0 or small (pytorch#192521).",
        use=_REVERSE,
        functions=_DET,
        when=_with_close_singular_values,
    ),
    Wrong(
        "norm",
        _SECOND,
        "torch's rules divide by the norm, and it is zero.",
        aten=("linalg_vector_norm",),
        when=_of_zero_norm,
        eager=True,
    ),
    Wrong(
        "std",
        _SECOND,
        "torch's rules divide by the deviation, and it is zero.",
        aten=("std", "std_mean"),
        when=_without_deviation,
        eager=True,
    ),
    Wrong(
        "sinc",
        _SECOND,
        "torch's rules divide by the argument, and it is zero or so small that the digits are lost.",
        aten=("sinc",),
        when=_near_zero,
    ),
    Wrong(
        "scatter_reduce",
        ("*R*", "?F", "???"),
        "torch's rules for extrema count a value of self that include_self=False leaves out (as in pytorch#168358).",
        use=("F",),
        functions=(torch.scatter_reduce, torch.Tensor.scatter_reduce, torch.Tensor.scatter_reduce_),
        when=_of_extrema_without_self,
    ),
)
