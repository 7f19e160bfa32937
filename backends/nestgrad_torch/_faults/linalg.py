"""Linear algebra: factorisations that are taken for constants, and points where a formula does not hold."""

from __future__ import annotations

import torch

from nestgrad_torch._sight import Arguments, Sight


def _of_factors_in_a_batch(arguments: Arguments) -> bool:
    batch = arguments["self"].shape[:-2]
    return bool(torch.broadcast_shapes(batch, arguments["input2"].shape[:-2]) != batch)


def _singular(arguments: Arguments) -> bool:
    return bool((torch.linalg.det(arguments["self"].detach()) == 0).any())


def _with_close_singular_values(arguments: Arguments) -> bool:
    values = torch.linalg.svdvals(arguments["self"].detach())
    return bool((values[..., :-1] - values[..., 1:] < 1e-6 * values[..., :1]).any())


_DET = (torch.linalg.det, torch.det, torch.Tensor.det)

SIGHTS = {
    "det": (Sight(aten=("_linalg_det",)),),
    "det_third_order": (Sight(aten=("_linalg_det",)),),
    "det_singular": (Sight(functions=_DET, when=_singular),),
    "det_close_singular_values": (Sight(functions=_DET, when=_with_close_singular_values),),
    "slogdet": (Sight(aten=("_linalg_slogdet",)),),
    "solve": (Sight(aten=("_linalg_solve_ex",)),),
    "cholesky_inverse": (Sight(aten=("cholesky_inverse",)),),
    "cholesky_solve": (Sight(aten=("cholesky_solve",), when=_of_factors_in_a_batch),),
    "eigh": (Sight(functions=(torch.linalg.eigh,)),),
    "eigvalsh": (Sight(aten=("_linalg_eigh",)),),
    "householder_product": (Sight(aten=("linalg_householder_product",)),),
    "triangular_solve": (Sight(aten=("triangular_solve",)),),
    "one_triangle": (Sight(),),  # in `_repairs.one_triangle`
}
