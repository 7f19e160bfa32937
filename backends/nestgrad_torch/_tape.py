"""Reverse mode by the tape: torch's own double backward, two to four times as fast as torch.func.

It also takes what torch.func does not: checkpoints, autograd.Function in its old style, running statistics.
It knows nothing of the transforms of torch.func, of forward mode's levels and of the compiler: where one of
these is at work, `is_usable` says no.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch._C._functorch import TransformType, get_interpreter_stack
from torch.autograd import forward_ad

from nestgrad.extend import Function, Leaves

from ._engine import ends, pulled
from ._faults.linearize import is_traced
from ._faults.saved_intermediates import SAVED, saves_hidden
from ._function import as_tensors
from ._graph import INNER, Graph
from ._guard.known import recorded
from ._guard.recorded import Look
from ._held import HeldGraph
from ._ledger import refusal
from ._recording import depth, detached, entries, nodes, requires_grad, taping
from ._structural_zeros import in_memory

_transforms_are_active = torch._C._are_functorch_transforms_active


class CompiledInside(RuntimeError):
    """A part of f was compiled by itself, which torch.func takes as if it were not."""


def is_usable() -> bool:
    """Whether the tape sees everything that happens to a tensor here."""
    return not (
        _transforms_are_active()
        or torch.compiler.is_dynamo_compiling()
        or forward_ad._current_level >= 0  # on a detached tensor, its tangent would be lost
    )


def is_alone(x: Leaves) -> bool:
    """Whether it does, and there is no other that could record what is computed from x."""
    if depth() or not (torch.is_grad_enabled() and is_usable()) or torch.is_inference_mode_enabled():
        return False
    for entry in x:  # noqa: SIM110  # a generator takes longer
        if entry.requires_grad or entry.is_inference():
            return False
    return True


def vjp(f: Function, x: Leaves, has_aux: bool) -> Leaves:
    """The value of f, its pullback, and its aux.

    Results carry a graph iff grad mode is on and something in x, the cotangent or captured by f requires grad.
    """
    tape = _record(f, x, has_aux, "R")
    if tape.keep:
        return tape.value, _pullback(tape), *tape.aux
    return detached(tape.value), _pullback(tape), *map(detached, tape.aux)


def _pullback(tape: _Tape) -> Function:
    hidden = tape.keep and any(saves_hidden(tape.graph.nodes[place]) for place in tape.look.rules)
    outputs, inputs = entries(tape.value), ends(tape.inputs)
    if tape.keep:
        outputs = tuple(map(_apart, outputs))

    def pullback(cotangent: Any) -> Leaves:
        further = torch.is_grad_enabled() and (tape.keep or _is_traced(cotangent))
        if further and depth():  # inside another tape
            return in_memory(_gradient(outputs, inputs, entries(cotangent)))
        gradient = tape.pulled(outputs, inputs, entries(cotangent), keep=further, again=True)
        return in_memory(_guarded(gradient) if further and hidden else gradient)

    return pullback


def value_and_gradient(f: Function, x: Leaves) -> tuple[Any, Leaves]:
    """What `vjp` and the pullback of one give, where this tape `is_alone`."""
    inputs = tuple([entry.detach().requires_grad_() for entry in x])
    with taping(inputs):
        value, graph, look = recorded("R", f, inputs, x, False)
    if type(value) is not torch.Tensor:
        value = as_tensors(value, x[0])
    cotangent = torch.ones_like(value)
    if look.is_plain:
        gradient = pulled((value,), inputs, (cotangent,), create_graph=False, retain_graph=False)
        return value.detach(), in_memory(gradient)
    tape = _Tape(inputs, value, (), graph, look, True, bool(look.captured))
    return value if tape.keep else value.detach(), _pullback(tape)(cotangent)


def reverse_over_reverse(f: Function, x: Leaves, v: Leaves) -> tuple[Leaves, Leaves]:
    """(∇f(x), ∇²f(x)v): what `gradient_vjp` and its pullback give, where this tape `is_alone`."""
    inputs = tuple([entry.detach().requires_grad_() for entry in x])
    with taping(inputs):
        value, graph, look = recorded("RR", f, inputs, x, False)
    value = as_tensors(value, x[0])
    if look.is_plain:
        gradient = pulled((value,), inputs, (torch.ones_like(value),), create_graph=True, retain_graph=True)
        product = pulled(gradient, inputs, v, create_graph=False, retain_graph=False)
        return in_memory(detached(gradient)), in_memory(product)
    places = tuple(range(len(x)))
    first, pullback = _gradient_vjp(_Tape(inputs, value, (), graph, look, True, bool(look.captured)), places, places)
    return first, pullback(v, again=False)


def gradient_vjp(
    f: Function, x: Leaves, inner: tuple[int, ...], outer: tuple[int, ...], has_aux: bool, more: Leaves = ()
) -> tuple[Any, ...]:
    """The gradient of f at some places, its pullback to others, and its aux. f is recorded once.

    `more` is what the pullback will be called with, if that is known: the graph is kept if it requires grad.
    """
    return _gradient_vjp(_record(f, x, has_aux, "RR", more), inner, outer)


def _gradient_vjp(tape: _Tape, inner: tuple[int, ...], outer: tuple[int, ...]) -> tuple[Any, ...]:
    to = ends(tuple([tape.inputs[place] for place in outer]))
    start = tuple([tape.inputs[place] for place in inner])
    gradient = _gradient((tape.value,), start, (torch.ones_like(tape.value),), tape)
    pullback = _GradientPullback(tape, gradient, to)
    if tape.keep:  # what is given away may get a hook that refuses: none that the pullback goes through
        return in_memory(tuple([entry.view_as(entry) for entry in gradient])), pullback, *tape.aux
    return in_memory(detached(gradient)), pullback, *map(detached, tape.aux)


class _Tape(NamedTuple):
    """What f has recorded, from inputs of the tape's own.

    Attributes:
        inputs: variables in the place of x.
        value: what f returned, a tensor or a tuple of them.
        aux: f's aux, in a tuple, empty if it has none.
        graph: the graph behind the value.
        look: what is looked at in it.
        recording: whether the caller records.
        keep: whether results carry a graph.
    """

    inputs: Leaves
    value: Any
    aux: tuple[Any, ...]
    graph: Graph
    look: Look
    recording: bool
    keep: bool

    def _is_singular(self) -> bool:
        return any(bool((self.graph.nodes[i]._saved_result == 0).any()) for i in self.look.determinants)

    def pulled(self, outputs: Leaves, inputs: Leaves, cotangents: Leaves, *, keep: bool, again: bool) -> Leaves:
        """The gradient of ⟨outputs, cotangents⟩.

        torch's rule gives 0 for a determinant that is zero, unless the gradient is recorded: for that it has another
        formula, which is right.
        """
        exact = not keep and bool(self.look.determinants) and self._is_singular()
        found = pulled(outputs, inputs, cotangents, create_graph=keep or exact, retain_graph=again or exact)
        return detached(found) if exact else found


class _GradientPullback(NamedTuple):
    """The pullback of a gradient to some of the inputs of its tape."""

    tape: _Tape
    gradient: Leaves
    to: Leaves

    def __call__(self, cotangent: Leaves, *, again: bool = True) -> Leaves:
        tape = self.tape
        keep = tape.keep or (tape.recording and any(map(requires_grad, cotangent)))
        return in_memory(tape.pulled(self.gradient, self.to, cotangent, keep=keep, again=again or keep))

    @property
    def held(self) -> HeldGraph | None:
        """See `nestgrad.extend.Held`; what make_fx traces has no values, and nobody writes it."""
        if is_traced():
            return None
        tape = self.tape
        captured = [tape.graph.nodes[place].variable for place in tape.look.captured]
        return HeldGraph(self.gradient, [*captured, *tape.inputs])


def _record(f: Function, x: Leaves, has_aux: bool, nesting: str, more: Leaves = (), *, recording: bool = True) -> _Tape:
    """Variables of f's own, so that an x that f also captures stays a constant, and what f makes of them."""
    if not torch.is_grad_enabled() or torch.is_inference_mode_enabled():
        with torch.inference_mode(False), torch.enable_grad():
            return _record(f, x, has_aux, nesting, more, recording=False)
    inputs = tuple([entry.view_as(entry) if recording and entry.requires_grad else _variable(entry) for entry in x])
    under = "R" * depth() + nesting
    with taping(inputs):
        output, graph, look = recorded(under, f, inputs, x, has_aux)
    value, *aux = output if has_aux else (output,)
    keep = recording and (bool(look.captured) or any(map(requires_grad, (*x, *more))))
    return _Tape(inputs, as_tensors(value, x[0]), tuple(aux), graph, look, recording, keep)


def _guarded(gradient: Leaves) -> Leaves:
    """A gradient whose own derivative would be wrong: the user's `backward()` through it raises."""

    def refuse(cotangent: Any) -> None:
        raise refusal(SAVED, "RR")

    for entry in gradient:
        if entry.requires_grad:
            entry.register_hook(refuse)
    return gradient


def _gradient(outputs: Leaves, inputs: Leaves, cotangents: Leaves, tape: _Tape | None = None) -> Leaves:
    """The gradient of ⟨outputs, cotangents⟩, to be differentiated again.

    What a rule marked once_differentiable returns looks to torch like a constant, and its derivative like a
    structural zero, unless the cotangent requires grad: then there is a node that says so.
    """
    if tape is None:
        rules = [node for node in nodes(outputs) if isinstance(node, torch.autograd.function.BackwardCFunction)]
    else:
        rules = [tape.graph.nodes[place] for place in tape.look.rules]
    for rule in rules:
        _check_rule(rule)
    if rules and not _transforms_are_active():
        cotangents = tuple(entry if entry.requires_grad else _variable(entry) for entry in cotangents)
    gradient = pulled(outputs, inputs, cotangents, create_graph=True, retain_graph=True)
    if rules and any(node.name() == "torch::autograd::Error" for node in nodes(gradient)):
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


def _apart(output: Any) -> Any:
    """The same tensor, not as a view: torch makes that another one once what it is a view of is written."""
    if not (output._is_view() and output.requires_grad):
        return output
    with torch.enable_grad():
        return torch.ops.aten._unsafe_view(output, output.shape)


def _variable(x: Any) -> Any:
    """The tensor as a leaf of its own; a copy that may be recorded if it is an inference tensor."""
    variable = (x.clone() if x.is_inference() else x).detach().requires_grad_()
    setattr(variable, INNER, True)
    return variable


def _is_traced(cotangent: Any) -> bool:
    """Whether somebody differentiates with respect to the cotangent; a vmap does not."""
    levels = (get_interpreter_stack() or ()) if _transforms_are_active() else ()
    return any(level.key() != TransformType.Vmap for level in levels) or any(map(requires_grad, entries(cotangent)))
