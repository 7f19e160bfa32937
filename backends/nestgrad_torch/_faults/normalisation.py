"""Normalisations, whose rules take saved or running statistics for constants.

Of what Python calls, some are repaired by `_repairs.normalisation`; the sights are of what is out of its reach.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from nestgrad_torch._arguments import differentiated, varies
from nestgrad_torch._sight import Arguments, Sight


def _in_training(arguments: Arguments) -> bool:
    return bool(arguments.get("training", True))


_BATCH_NORM = ("native_batch_norm", "_native_batch_norm_legit", "_batch_norm_with_update", "cudnn_batch_norm")

_WEIGHT_NORM = (
    *(torch._weight_norm, torch._weight_norm_interface),
    *(torch.ops.aten._weight_norm, torch.ops.aten._weight_norm_interface),
)

SIGHTS = {
    "layer_norm": (Sight(aten=("native_layer_norm",)),),
    "batch_norm": (Sight(aten=_BATCH_NORM, when=_in_training),),
    "weight_norm": (
        Sight(functions=_WEIGHT_NORM, nodes=("WeightNormInterfaceBackward",), when=differentiated(v=0, g=1)),
    ),
    "running_statistics": tuple(
        Sight(functions=functions, when=varies(position, name))
        for functions, first in (((functional.batch_norm, functional.instance_norm), 1), ((torch.batch_norm,), 3))
        for position, name in ((first, "running_mean"), (first + 1, "running_var"))
    ),
    "returned_statistics": (
        Sight(functions=(torch.native_layer_norm, torch.native_group_norm, torch.native_batch_norm)),
    ),
}
