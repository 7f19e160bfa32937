"""`torch.func.linearize`: refused around an operator, as the program that it records is wrong for some functions.

Inside f it is refused too: there that program keeps f's variables as constants. It traces with `make_fx`, which is
sound by itself and works around an operator, and then folds what it takes for constants.
"""

from __future__ import annotations

import sys

import torch

_PROXY, _mode = torch._C._TorchDispatchModeKey.PROXY, torch._C._get_dispatch_mode


def is_traced() -> bool:
    """Whether operations are recorded by make_fx, where tensors have no values."""
    return _mode(_PROXY) is not None


@torch.compiler.assume_constant_result
def is_linearized() -> bool:
    """Whether this is called inside of torch.func.linearize; asked at each operation of f, so quick to say no."""
    if _mode(_PROXY) is None:
        return False
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "linearize" and frame.f_code.co_filename.endswith("eager_transforms.py"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
