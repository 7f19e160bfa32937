"""torch's engine of reverse mode, without what `torch.autograd.grad` does in Python around it.

That is half of the time of a small gradient: symbolic shapes are compared, defaults made, subclasses asked.
The engine itself compares shapes, dtypes and devices of what it is given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd.graph import GradientEdge
from torch.overrides import _len_torch_function_stack

from nestgrad.extend import Leaves

from ._faults.linearize import is_traced

_PLAIN = frozenset((torch.Tensor, torch.nn.Parameter))
_run: Callable[..., Any] = torch.autograd.Variable._execution_engine.run_backward


def pulled(outputs: Leaves, inputs: Leaves, cotangents: Leaves, *, create_graph: bool, retain_graph: bool) -> Leaves:
    """The gradient of ⟨outputs, cotangents⟩: zero, not an error, where nothing depends on the inputs.

    Outputs and cotangents are of the same shapes; the gradient has an entry for each input, of its shape. An input is a
    tensor, or the edge of a graph at which its gradient arrives: see `ends`.
    """
    for output in outputs:
        if not output.requires_grad:
            return _of_some(outputs, inputs, cotangents, create_graph, retain_graph)
    if torch.is_inference_mode_enabled() or any(map(torch.is_inference, cotangents)):
        with torch.inference_mode(False):
            cotangents = tuple(entry.clone() if entry.is_inference() else entry for entry in cotangents)
            return pulled(outputs, inputs, cotangents, create_graph=create_graph, retain_graph=retain_graph)
    if _is_known() and not _len_torch_function_stack() and _PLAIN.issuperset(map(type, inputs)):
        found: Leaves = _run(outputs, cotangents, retain_graph, create_graph, inputs, True, accumulate_grad=False)
    else:
        found = torch.autograd.grad(
            outputs, inputs, cotangents, retain_graph=retain_graph, create_graph=create_graph, allow_unused=True
        )
    for entry in found:
        if entry is None:
            return tuple(map(_or_zero, found, inputs))
    return found


def _of_some(outputs: Leaves, inputs: Leaves, cotangents: Leaves, create_graph: bool, retain_graph: bool) -> Leaves:
    """The same, by those outputs that depend on something."""
    pairs = [pair for pair in zip(outputs, cotangents, strict=True) if pair[0].requires_grad]
    if not pairs:
        with torch.inference_mode(False):
            return tuple(_or_zero(None, like) for like in inputs)
    some, theirs = zip(*pairs, strict=True)
    return pulled(some, inputs, theirs, create_graph=create_graph, retain_graph=retain_graph)


def ends(inputs: Leaves) -> Leaves:
    """The inputs for a later call of `pulled`. A view is told by its edge: once written, it is another one to torch.

    What make_fx traces is not written, and it knows of no edges.
    """
    if is_traced():
        return inputs
    return tuple([entry if entry.is_leaf else GradientEdge(entry.grad_fn, entry.output_nr) for entry in inputs])


def _or_zero(entry: Any, like: Any) -> Any:
    if entry is not None:
        return entry
    if isinstance(like, GradientEdge):
        told = like.node._input_metadata[like.output_nr]
        return torch.zeros(told.shape, dtype=told.dtype, device=told.device)
    return torch.zeros_like(like, requires_grad=False)


@functools.cache
def _is_known() -> bool:
    """Whether the private call is the one that torch 2.13.0 and 2.14.1 have: asked of x², at x = 3."""
    with torch.inference_mode(False), torch.enable_grad():
        x = torch.tensor(3.0, requires_grad=True, device="cpu")
        try:
            (gradient,) = _run((x * x,), (torch.ones_like(x),), False, False, (x,), True, accumulate_grad=False)
        except Exception:
            return False
    return isinstance(gradient, torch.Tensor) and gradient.item() == 6.0 and x.grad is None
