"""Reverse mode by the tape: torch's own double backward, two to four times as fast as torch.func.

It also takes what torch.func does not: checkpoints, autograd.Function in its old style, running statistics.
It knows nothing of the transforms of torch.func, of forward mode's levels and of the compiler: where one of
these is at work, `is_usable` says no.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import optree
import torch
from torch.autograd import forward_ad

Arrays = tuple[Any, ...]


class _Depth(threading.local):
    """How many tapes the present thread is recording f on."""

    value = 0


_depth = _Depth()


def depth() -> int:
    """How many tapes record what happens here."""
    return _depth.value


def is_usable() -> bool:
    """Whether the tape sees everything that happens to a tensor here."""
    return not (
        torch._C._are_functorch_transforms_active()
        or torch.compiler.is_dynamo_compiling()
        or forward_ad._current_level >= 0  # on a detached tensor, its tangent would be lost
    )


def vjp(f: Callable[..., Any], x: Arrays, has_aux: bool) -> Arrays:
    """The value of f, its pullback, and its aux.

    Results carry a graph iff grad mode is on and something in x, the cotangent or captured by f requires grad.
    """
    recording = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    inputs, output = _record(f, x, recording)
    value, *aux = output if has_aux else (output,)
    keep = recording and (any(map(_requires_grad, x)) or _captures_leaf(value, inputs))

    def pullback(cotangent: Any) -> Arrays:
        further = torch.is_grad_enabled() and (keep or _is_traced(cotangent))
        return _pulled(_entries(value), inputs, _entries(cotangent), keep=further, again=True)

    shown, *aux = (value, *aux) if keep else _detached((value, *aux))
    return shown, pullback, *aux


def reverse_over_reverse(f: Callable[..., Any], x: Arrays, v: Arrays) -> tuple[Arrays, Arrays]:
    """(∇f(x), ∇²f(x)v): the gradient of ⟨∇f(x), v⟩. The graph is kept as in `vjp`."""
    recording = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    inputs, value = _record(f, x, recording)
    keep = recording and (any(map(_requires_grad, (*x, *v))) or _captures_leaf(value, inputs))
    with torch.inference_mode(False):
        one = torch.ones_like(value) if isinstance(value, torch.Tensor) else None
    slope = _pulled((value,), inputs, (one,), keep=True, again=True)
    return (slope if keep else _detached(slope)), _pulled(slope, inputs, v, keep=keep, again=keep)


def _record(f: Callable[..., Any], x: Arrays, recording: bool) -> tuple[Arrays, Any]:
    """Variables of f's own, so that an x that f also captures stays a constant, and what f makes of them."""
    with _taping():
        inputs = tuple(
            entry.view_as(entry) if recording and entry.requires_grad else _normal(entry).detach().requires_grad_()
            for entry in x
        )
        return inputs, f(*inputs)


@contextlib.contextmanager
def _taping() -> Iterator[None]:
    _depth.value += 1
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        _depth.value -= 1


def _pulled(outputs: Arrays, inputs: Arrays, cotangents: Arrays, *, keep: bool, again: bool) -> Arrays:
    """The gradient of ⟨outputs, cotangents⟩: zero, not an error, where nothing depends on the inputs."""
    pairs = [pair for pair in zip(outputs, cotangents, strict=True) if _requires_grad(pair[0])]
    with torch.inference_mode(False):
        if not pairs:
            return tuple(torch.zeros_like(entry, requires_grad=False) for entry in inputs)
        return torch.autograd.grad(
            [output for output, _ in pairs],
            inputs,
            [_watched(cotangent) if keep else _normal(cotangent) for _, cotangent in pairs],
            create_graph=keep,
            retain_graph=again,
            materialize_grads=True,
        )


def _watched(cotangent: Any) -> Any:
    """A cotangent that requires grad: only of such a one does a rule marked once_differentiable say so later.

    With a constant one its result would look like a constant, and its derivative like a structural zero.
    """
    if cotangent.requires_grad:
        return cotangent
    leaf = _normal(cotangent).detach().requires_grad_()
    leaf.is_cotangent = True
    return leaf


def _entries(value: Any) -> Arrays:
    return value if isinstance(value, tuple) else (value,)


def _normal(x: Any) -> Any:
    """The tensor itself, or a copy that may be recorded if it is an inference tensor."""
    return x.clone() if x.is_inference() else x


def _detached(tree: Any) -> Any:
    return optree.tree_map(lambda leaf: leaf.detach() if isinstance(leaf, torch.Tensor) else leaf, tree)


def _requires_grad(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def _is_traced(cotangent: Any) -> bool:
    """Whether somebody differentiates with respect to the cotangent."""
    return torch._C._are_functorch_transforms_active() or any(map(_requires_grad, _entries(cotangent)))


def _captures_leaf(value: Any, inputs: Arrays) -> bool:
    """Whether the graph of `value` reaches a leaf that is none of the inputs, such as a module's parameter."""
    roots = [entry.grad_fn for entry in _entries(value) if _requires_grad(entry)]
    return any(all(leaf is not entry for entry in inputs) for leaf in _leaves(roots))


def _leaves(roots: list[Any]) -> Iterator[Any]:
    """The leaf tensors that graphs accumulate into."""
    seen, pending = set(), roots
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable") and not hasattr(node.variable, "is_cotangent"):
            yield node.variable
        pending += (parent for parent, _ in node.next_functions)
