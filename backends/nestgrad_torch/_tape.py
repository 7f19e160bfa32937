"""Reverse over reverse by the tape: torch's double backward, two to four times as fast as torch.func.

The tape knows nothing of the transforms of torch.func, of forward mode's levels and of the compiler; where
one of these is at work, `is_usable` says no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.autograd import forward_ad

Arrays = tuple[Any, ...]


def is_usable() -> bool:
    """Whether the tape sees everything that happens to a tensor here."""
    return not (
        torch._C._are_functorch_transforms_active()
        or torch.compiler.is_dynamo_compiling()
        or forward_ad._current_level >= 0  # on a detached tensor, its tangent would be lost
    )


def reverse_over_reverse(f: Callable[..., Any], x: Arrays, v: Arrays) -> tuple[Arrays, Arrays]:
    """(∇f(x), ∇²f(x)v): the gradient of ⟨∇f(x), v⟩.

    The results carry a graph iff grad mode is on and something in x, in v or captured by f requires grad.
    """
    recording = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    with torch.inference_mode(False), torch.enable_grad():
        inputs = tuple(_input(entry, recording) for entry in x)
        value = f(*inputs)
        if not _requires_grad(value):
            return tuple(map(torch.zeros_like, x)), tuple(map(torch.zeros_like, x))
        keep = recording and (any(map(_requires_grad, (*x, *v))) or _captures_leaf(value, inputs))
        slope = torch.autograd.grad(value, inputs, create_graph=True, materialize_grads=True)
        product = _pulled(slope, inputs, tuple(map(_normal, v)), keep)
        return (slope if keep else tuple(entry.detach() for entry in slope)), product


def _pulled(slope: Arrays, inputs: Arrays, v: Arrays, keep: bool) -> Arrays:
    """The gradient of ⟨slope, v⟩ with v held: zero where the slope does not depend on the inputs."""
    pairs = [(entry, along) for entry, along in zip(slope, v, strict=True) if entry.requires_grad]
    if not pairs:
        return tuple(map(torch.zeros_like, inputs))
    outputs, cotangents = zip(*pairs, strict=True)
    return torch.autograd.grad(
        outputs, inputs, cotangents, create_graph=keep, retain_graph=keep or None, materialize_grads=True
    )


def _input(x: Any, recording: bool) -> Any:
    """What f is evaluated on: a variable of its own, so that an x that f also captures stays a constant."""
    if recording and x.requires_grad:
        return x.view_as(x)
    return _normal(x).detach().requires_grad_()


def _normal(x: Any) -> Any:
    """The tensor itself, or a copy that may be recorded if it is an inference tensor."""
    return x.clone() if x.is_inference() else x


def _requires_grad(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def _captures_leaf(value: Any, inputs: Arrays) -> bool:
    """Whether the graph of `value` reaches a leaf that is none of the inputs, such as a module's parameter."""
    return any(all(leaf is not entry for entry in inputs) for leaf in _leaves(value.grad_fn))


def _leaves(root: Any) -> Iterator[Any]:
    """The leaf tensors that a graph accumulates into."""
    seen, pending = set(), [root]
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        pending += (parent for parent, _ in node.next_functions)
