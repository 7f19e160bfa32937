"""Losses and attention."""

from __future__ import annotations

import torch
from torch.nn import functional

from nestgrad_torch._arguments import varies
from nestgrad_torch._sight import Arguments, Sight


def _of_a_mean(arguments: Arguments) -> bool:
    return bool(arguments.get("reduction", 1) == 1)


def _masks_a_row(arguments: Arguments) -> bool:
    weights = arguments.get("result")  # as the graph has saved them; those of a row add up to 1, or are all 0
    masked = arguments["self"] == -float("inf") if weights is None else weights == 0
    return bool(masked.all(arguments["dim"]).any())


def _in_chunks(arguments: Arguments) -> bool:
    return arguments["kwargs"].get("options") is not None


_losses = torch._C._nn  # what torch.compile knows the losses by
_WEIGHTED = (
    *(functional.cross_entropy, functional.nll_loss, functional.binary_cross_entropy),
    *(_losses.cross_entropy_loss, _losses.nll_loss_nd, _losses.binary_cross_entropy),
)

_KERNELS = tuple(
    f"_scaled_dot_product_{kernel}_attention{where}"
    for kernel, where in (("flash", ""), ("flash", "_for_cpu"), ("efficient", ""), ("cudnn", ""))
)

SIGHTS = {
    "mse_loss": (Sight(aten=("mse_loss",), when=_of_a_mean),),
    "cosine_embedding_loss": (Sight(functions=(functional.cosine_embedding_loss, torch.cosine_embedding_loss)),),
    "masked_attention": (Sight(aten=("_safe_softmax",), when=_masks_a_row),),
    "flash_kernel": (Sight(aten=_KERNELS),),
    "chunked_cross_entropy": (Sight(functions=(functional.linear_cross_entropy,), when=_in_chunks),),
    "class_weights": (
        Sight(functions=_WEIGHTED, when=varies(2, "weight")),
        Sight(functions=(functional.linear_cross_entropy,), when=varies(9, "weight")),
    ),
}
