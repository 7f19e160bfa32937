"""Reverse mode by the tape: torch's own double backward, two to four times as fast as torch.func.

It also takes what torch.func does not: checkpoints, autograd.Function in its old style, running statistics.
It knows nothing of the transforms of torch.func, of forward mode's levels and of the compiler: where one of
these is at work, `is_usable` says no.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree
import torch
from torch.autograd import forward_ad
from torch.autograd.function import BackwardCFunction

from nestgrad.extend import Leaves

from ._faults.saved_intermediates import SAVED, saves_hidden
from ._ledger import refusal
from ._recording import depth, entries, nodes, requires_grad, taping


class CompiledInside(RuntimeError):
    """A part of f was compiled by itself, which torch.func takes as if it were not."""


def is_usable() -> bool:
    """Whether the tape sees everything that happens to a tensor here."""
    return not (
        torch._C._are_functorch_transforms_active()
        or torch.compiler.is_dynamo_compiling()
        or forward_ad._current_level >= 0  # on a detached tensor, its tangent would be lost
    )


def vjp(f: Callable[..., Any], x: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its pullback, and its aux.

    Results carry a graph iff grad mode is on and something in x, the cotangent or captured by f requires grad.
    """
    recording = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    inputs, output = _record(f, x, recording)
    value, *aux = output if has_aux else (output,)
    graph = tuple(nodes(value))
    keep = recording and (any(map(requires_grad, x)) or _captures_leaf(graph, inputs))
    exact = _holds_singular_det(graph)
    hidden = keep and any(isinstance(node, BackwardCFunction) and saves_hidden(node) for node in graph)

    def pullback(cotangent: Any) -> Leaves:
        further = torch.is_grad_enabled() and (keep or _is_traced(cotangent))
        if further and depth():  # inside another tape
            return _gradient(entries(value), inputs, entries(cotangent))
        gradient = _pulled(entries(value), inputs, entries(cotangent), keep=further, again=True, exact=exact)
        return _guarded(gradient) if further and hidden else gradient

    shown, *aux = (value, *aux) if keep else _detached((value, *aux))
    return shown, pullback, *aux


def reverse_over_reverse(f: Callable[..., Any], x: Leaves, v: Leaves) -> tuple[Leaves, Leaves]:
    """(∇f(x), ∇²f(x)v): the gradient of ⟨∇f(x), v⟩. The graph is kept as in `vjp`."""
    recording = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    inputs, value = _record(f, x, recording)
    graph = tuple(nodes(value))
    keep = recording and (any(map(requires_grad, (*x, *v))) or _captures_leaf(graph, inputs))
    with torch.inference_mode(False):
        one = torch.ones_like(value) if isinstance(value, torch.Tensor) else None
    gradient = _gradient((value,), inputs, (one,))
    product = _pulled(gradient, inputs, v, keep=keep, again=keep, exact=_holds_singular_det(graph))
    return (gradient if keep else _detached(gradient)), product


def _guarded(gradient: Leaves) -> Leaves:
    """A gradient whose own derivative would be wrong: the user's `backward()` through it raises."""

    def refuse(cotangent: Any) -> None:
        raise refusal(SAVED, "RR")

    for entry in gradient:
        if entry.requires_grad:
            entry.register_hook(refuse)
    return gradient


def _record(f: Callable[..., Any], x: Leaves, recording: bool) -> tuple[Leaves, Any]:
    """Variables of f's own, so that an x that f also captures stays a constant, and what f makes of them."""
    with torch.inference_mode(False), torch.enable_grad():
        inputs = tuple(entry.view_as(entry) if recording and entry.requires_grad else _variable(entry) for entry in x)
        with taping(inputs):
            return inputs, f(*inputs)


def _pulled(
    outputs: Leaves, inputs: Leaves, cotangents: Leaves, *, keep: bool, again: bool, exact: bool = False
) -> Leaves:
    """The gradient of ⟨outputs, cotangents⟩: zero, not an error, where nothing depends on the inputs.

    With `exact` it is recorded even if its graph is not kept, see `_holds_singular_det`.
    """
    pairs = [pair for pair in zip(outputs, cotangents, strict=True) if requires_grad(pair[0])]
    with torch.inference_mode(False):
        if not pairs:
            return tuple(torch.zeros_like(entry, requires_grad=False) for entry in inputs)
        found = torch.autograd.grad(
            [output for output, _ in pairs],
            inputs,
            [_normal(cotangent) for _, cotangent in pairs],
            create_graph=keep or exact,
            retain_graph=again,
            materialize_grads=True,
        )
        return found if keep or not exact else _detached(found)


def _gradient(outputs: Leaves, inputs: Leaves, cotangents: Leaves) -> Leaves:
    """The gradient of ⟨outputs, cotangents⟩, to be differentiated again.

    What a rule marked once_differentiable returns looks to torch like a constant, and its derivative like a
    structural zero, unless the cotangent requires grad: then there is a node that says so.
    """
    rules = [node for node in nodes(outputs) if isinstance(node, BackwardCFunction)]
    custom = bool(rules)
    for rule in rules:
        _check_rule(rule)
    if custom and not torch._C._are_functorch_transforms_active():
        cotangents = tuple(entry if entry.requires_grad else _variable(entry) for entry in cotangents)
    gradient = _pulled(outputs, inputs, cotangents, keep=True, again=True)
    if custom and any(node.name() == "torch::autograd::Error" for node in nodes(gradient)):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
    return gradient


def _check_rule(rule: Any) -> None:
    """Raise where a rule that is written in Python cannot be differentiated again."""
    if rule.name() == "CompiledFunctionBackward":
        raise CompiledInside("what torch.compile made has no double backward")
    if rule._forward_cls.__module__.startswith("torch._higher_order_ops"):
        # its backward rule leaves no graph, and so looks like a constant
        raise RuntimeError(f"trying to differentiate twice the higher-order operator {rule.name()}")
    if saves_hidden(rule):
        raise refusal(SAVED, "RR")


def _variable(x: Any) -> Any:
    """The tensor as a leaf of its own."""
    return _normal(x).detach().requires_grad_()


def _normal(x: Any) -> Any:
    """The tensor itself, or a copy that may be recorded if it is an inference tensor."""
    return x.clone() if x.is_inference() else x


def _detached(tree: Any) -> Any:
    return optree.tree_map(lambda leaf: leaf.detach() if isinstance(leaf, torch.Tensor) else leaf, tree)


def _is_traced(cotangent: Any) -> bool:
    """Whether somebody differentiates with respect to the cotangent."""
    return torch._C._are_functorch_transforms_active() or any(map(requires_grad, entries(cotangent)))


def _captures_leaf(graph: Leaves, inputs: Leaves) -> bool:
    """Whether the nodes of a graph reach a leaf that is none of the inputs, such as a module's parameter."""
    leaves = (node.variable for node in graph if hasattr(node, "variable"))
    return any(all(leaf is not entry for entry in inputs) for leaf in leaves)


def _holds_singular_det(graph: Leaves) -> bool:
    """Whether a determinant that is zero is among the nodes of a graph.

    torch's rule then gives 0, unless the gradient is recorded: for that it has another formula, which is right.
    """
    return any(node.name() == "LinalgDetBackward0" and bool((node._saved_result == 0).any()) for node in graph)
