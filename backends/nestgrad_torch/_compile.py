"""torch.compile, such that its number is the eager one or none."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch._dynamo.exc import TorchDynamoException

from nestgrad.extend import Function

from ._dynamo import left_as_found, with_its_own_code
from ._forward import forward_mode

_MAX_PROGRAMS = 64  # of one plan, should every call bring another shape


def compiled(f: Function, compiler: str) -> Function:
    """F compiled whole by one of Dynamo's compilers, anew for every shape.

    While Dynamo traces it enters torch's one level of forward mode, so other threads wait with theirs. What it
    cannot compile is evaluated without it, to be refused for a reason of its own if there is one.
    """
    programs: dict[Any, Function] = {}

    @functools.wraps(f)
    def run(*args: Any, **kwargs: Any) -> Any:
        shapes = tuple(value.shape for value in args if isinstance(value, torch.Tensor))
        with forward_mode:
            if shapes not in programs:
                if len(programs) >= _MAX_PROGRAMS:
                    programs.clear()
                programs[shapes] = torch.compile(with_its_own_code(f), backend=compiler, fullgraph=True, dynamic=False)
            try:
                with left_as_found():
                    return programs[shapes](*args, **kwargs)
            except TorchDynamoException:
                f(*args, **kwargs)
                raise

    return run
