"""Linear algebra: factorisations that are taken for constants, and rules that are wrong."""

from __future__ import annotations

import torch

from nestgrad_torch._sight import Arguments, Sight


def _of_factors_in_a_batch(arguments: Arguments) -> bool:
    batch = arguments["self"].shape[:-2]
    return bool(torch.broadcast_shapes(batch, arguments["input2"].shape[:-2]) != batch)


SIGHTS = {
    "det": (Sight(aten=("_linalg_det",)),),
    "det_third_order": (Sight(aten=("_linalg_det",)),),
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
