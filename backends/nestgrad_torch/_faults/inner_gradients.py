"""Gradients that f takes of itself without a graph of them: torch takes them for constants.

Such a call does what torch documents. But `create_graph=False` is a default, which nobody wrote to say that a constant
is meant: a gradient penalty loses its whole derivative by it, without a word.
"""

from __future__ import annotations

import sys
from types import CodeType

import torch
from torch.autograd import functional

from nestgrad_torch._arguments import is_differentiated
from nestgrad_torch._sight import Arguments, Sight

_copy: CodeType = functional._grad_preprocess.__code__
"""Where `torch.autograd.functional` makes copies of its inputs, detached unless there is to be a graph."""
_DISTANCE = 8  # frames between the copy and `_detached_by_torch`, at most


def _without_graph(arguments: Arguments) -> bool:
    if arguments["kwargs"].get("create_graph"):
        return False
    outputs = arguments["args"][0]
    return any(map(is_differentiated, outputs if isinstance(outputs, (tuple, list)) else (outputs,)))


def _detached_by_torch(arguments: Arguments) -> bool:
    frame = sys._getframe(1)
    for _ in range(_DISTANCE):
        if frame.f_code is _copy:
            return is_differentiated(arguments["args"][0])
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


SIGHTS = {
    "inner_gradient": (
        Sight(
            functions=(torch.autograd.grad, torch.autograd.backward, torch.Tensor.backward),
            when=_without_graph,
        ),
    ),
    "functional_gradient": (Sight(functions=(torch.Tensor.detach,), when=_detached_by_torch),),
    "linearize": (Sight(),),  # in `linearize`
    "linearize_inside": (Sight(),),
    "held": (Sight(),),  # in `_guard.held`
    "held_compiled": (Sight(),),
    "held_inside": (Sight(),),
    "captured": (Sight(),),  # in `_guard.captured`
    "written_base": (Sight(),),  # in `_written_bases`
    "scripted": (Sight(),),  # in `_scripted`
    "scripted_plan": (Sight(),),
    "compiled_forward": (Sight(),),  # in `_guard.graph`
}
