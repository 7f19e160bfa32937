"""Points where a formula of torch does not hold: the truth is finite, and torch leaves a part of it out.

Where it gives nan in some nestings and a wrong number in others, all are refused by name.
"""

from __future__ import annotations

import torch

from nestgrad_torch._sight import Arguments, Sight


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


def _singular(arguments: Arguments) -> bool:
    return bool((torch.linalg.det(arguments["self"].detach()) == 0).any())


def _with_close_singular_values(arguments: Arguments) -> bool:
    values = torch.linalg.svdvals(arguments["self"].detach())
    return bool((values[..., :-1] - values[..., 1:] < 1e-6 * values[..., :1]).any())


_DET = (torch.linalg.det, torch.det, torch.Tensor.det)

SIGHTS = {
    "norm": (Sight(aten=("linalg_vector_norm",), when=_of_zero_norm, eager=True),),
    "std": (Sight(aten=("std", "std_mean"), when=_without_deviation, eager=True),),
    "sinc": (Sight(aten=("sinc",), when=_near_zero),),
    "det_singular": (Sight(functions=_DET, when=_singular),),
    "det_close_singular_values": (Sight(functions=_DET, when=_with_close_singular_values),),
}
