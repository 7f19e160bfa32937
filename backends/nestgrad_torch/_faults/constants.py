"""Arguments and results that torch takes for constants though they vary: a part of the derivative is lost."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from nestgrad_torch._variables import is_variable

from .fault import Arguments, Wrong


def _varies(position: int, name: str) -> Callable[[Arguments], bool]:
    """Whether a derivative is taken in this argument."""

    def when(arguments: Arguments) -> bool:
        args = arguments["args"]
        return is_variable(args[position] if position < len(args) else arguments["kwargs"].get(name))

    return when


def _in_chunks(arguments: Arguments) -> bool:
    return arguments["kwargs"].get("options") is not None


_WEIGHT = "forward mode takes its weight for a constant, and reverse mode has no rule: multiply by the weight yourself."
_STATISTICS = "forward mode takes the running mean and variance for constants, and reverse mode has no rule."
_RETURNED = "torch takes the mean and the deviation that it returns for constants: compute them by torch.var_mean."
_losses = torch._C._nn  # what torch.compile knows the losses by

CONSTANT = (
    *(
        Wrong(function.__name__, ("*F*",), _WEIGHT, functions=(function,), when=_varies(2, "weight"))
        for function in (
            functional.cross_entropy,
            functional.nll_loss,
            functional.binary_cross_entropy,
            _losses.cross_entropy_loss,
            _losses.nll_loss_nd,
            _losses.binary_cross_entropy,
        )
    ),
    *(
        Wrong("batch_norm", ("*F*",), _STATISTICS, functions=functions, when=_varies(position, name))
        for functions, first in (((functional.batch_norm, functional.instance_norm), 1), ((torch.batch_norm,), 3))
        for position, name in ((first, "running_mean"), (first + 1, "running_var"))
    ),
    Wrong(
        "linear_cross_entropy",
        ("*F*", "??*"),
        "with `options` torch computes it in chunks, whose derivative is right once, by reverse mode.",
        use=("R",),
        functions=(functional.linear_cross_entropy,),
        when=_in_chunks,
    ),
    Wrong(
        "linear_cross_entropy",
        ("*",),
        _WEIGHT,
        functions=(functional.linear_cross_entropy,),
        when=_varies(9, "weight"),
    ),
    *(
        Wrong(function.__name__, ("*",), _RETURNED, functions=(function,))
        for function in (torch.native_layer_norm, torch.native_group_norm, torch.native_batch_norm)
    ),
    *(
        Wrong(
            "normal",
            ("*",),
            "torch takes what it draws for a constant: write mean + std * torch.randn_like(mean).",
            functions=(torch.normal,),
            when=_varies(position, name),
        )
        for position, name in ((0, "mean"), (1, "std"))
    ),
    Wrong(
        "as_strided_scatter",
        ("*R*",),
        "torch's reverse rule also gives a derivative to the entries that are overwritten.",
        use=("F", "FF", "FFF"),
        functions=(torch.as_strided_scatter, torch.Tensor.as_strided_scatter),
        when=_varies(0, "input"),
    ),
)
