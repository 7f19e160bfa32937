"""`torch.func.linearize` around an operator: refused, since the program that it records is wrong for some functions.

It traces with `make_fx`, which is sound by itself and works around an operator, and then folds what it takes for
constants.
"""

from __future__ import annotations

import sys

import torch

from ._wrong import Wrong

LINEARIZED = Wrong(
    "torch.func.linearize",
    ("*",),
    "the program that it makes of a derivative is wrong for some functions; torch.func.jvp is right.",
)
_PROXY = torch._C._TorchDispatchModeKey.PROXY


def is_traced() -> bool:
    """Whether operations are recorded by make_fx, where tensors have no values."""
    return torch._C._get_dispatch_mode(_PROXY) is not None


def is_linearized() -> bool:
    """Whether this is called inside of torch.func.linearize."""
    if not is_traced():
        return False
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "linearize" and frame.f_code.co_filename.endswith("eager_transforms.py"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
