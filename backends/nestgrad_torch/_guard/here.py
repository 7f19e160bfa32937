"""The nesting under which a line runs."""

from __future__ import annotations

import torch
from torch._C._functorch import TransformType, get_interpreter_stack

from nestgrad_torch._recording import depth

_LETTERS = {TransformType.Grad: "R", TransformType.Jvp: "F"}


@torch.compiler.assume_constant_result
def nesting_here() -> str:
    """The code of the nesting under which this line runs: nestgrad's transforms and the user's own."""
    return "R" * depth() + transforms(0)


def transforms(outside: int) -> str:
    """The letters of torch.func's transforms around this line, but for so many of the outermost transforms."""
    return "".join([_LETTERS.get(level.key(), "") for level in (get_interpreter_stack() or ())[outside:]])
