"""The methods of a backend that differentiate, compile and map: what each takes and gives, and which law it obeys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from .typing import Array, Function, Tree


class ForwardMode(Protocol):
    """Forward mode: pushes tangents along with values. Signature as in jax and torch.func."""

    def jvp(
        self, f: Function, primals: Sequence[Array], tangents: Sequence[Array], *, has_aux: bool = False
    ) -> tuple[Any, ...]:
        """The value `f(*primals)` and its derivative along the tangents.

        f takes arrays and returns an array or a tuple of arrays; both results have that structure.
        With `has_aux`, f returns `(output, aux)` and the result is `(value, derivative, aux)`.
        May be called inside other transforms of the backend, to any depth.

        Law: linear in the tangents; ⟨u, jvp(v)⟩ = ⟨vjp(u), v⟩.
        """


class ReverseMode(Protocol):
    """Reverse mode: records f and pulls cotangents back. Signature as in jax and torch.func."""

    def vjp(self, f: Function, *primals: Array, has_aux: bool = False) -> tuple[Any, ...]:
        """The value `f(*primals)` and a pullback u ↦ (u·∂f/∂primal, one entry per primal).

        f takes arrays and returns an array or a tuple of arrays; a cotangent has that structure. With
        `has_aux`, f returns `(output, aux)` and the result is `(value, pullback, aux)`. The pullback
        may be called many times and inside other transforms; it always returns a tuple.

        Law: the pullback is linear, and the transpose of jvp.
        """


class ValueAndGradient(Protocol):
    """A faster gradient than vjp and the pullback of one."""

    def value_and_gradient(self, f: Function, *primals: Array) -> tuple[Array, tuple[Array, ...]]:
        """(f(x), ∇f(x)) for scalar f, the gradient with an entry for each primal.

        f takes `*primals`. May be called inside other transforms of the backend, to any depth.

        Law: with `value, pullback = vjp(f, *primals)`, the pair `(value, pullback(ones_like(value)))`.
        """


class ForwardOverReverse(Protocol):
    """A faster FR than the composition of jvp and vjp."""

    def forward_over_reverse(self, f: Function, primal: Tree, tangent: Tree) -> tuple[Tree, Tree]:
        """(∇f(x), ∇²f(x)v) for scalar f: jvp of the gradient. Both shaped like the primal.

        Law: `jvp(grad(f), (x,), (v,))`.
        """


class ReverseOverForward(Protocol):
    """A faster RF than the composition of vjp and jvp."""

    def reverse_over_forward(self, f: Function, primal: Tree, tangent: Tree) -> tuple[Array, Tree]:
        """(Df(x)[v], ∇²f(x)v) for scalar f: gradient of the directional derivative.

        Law: `value_and_grad(x ↦ jvp(f, (x,), (v,))[1])(x)`.
        """


class ReverseOverReverse(Protocol):
    """A faster RR than the composition of two vjps."""

    def reverse_over_reverse(self, f: Function, primal: Tree, tangent: Tree) -> tuple[Tree, Tree]:
        """(∇f(x), ∇²f(x)v) for scalar f: gradient of ⟨∇f(x), v⟩ with v held.

        Law: with `g, pull = vjp(grad(f), x)`, the pair `(g, pull(v)[0])`.
        """


class ForwardOverForward(Protocol):
    """A faster FF than the composition of two jvps."""

    def forward_over_forward(self, f: Function, primal: Tree, t1: Tree, t2: Tree) -> tuple[Array, Array, Array]:
        """(f(x), Df(x)[t1], D²f(x)[t1, t2]) for scalar f.

        Law: symmetric in t1 and t2 in its last entry.
        """


class GradientVjp(Protocol):
    """A faster way to pull something back through a gradient than two vjps: f is recorded once."""

    def gradient_vjp(
        self, f: Function, x: Sequence[Array], inner: Sequence[int], outer: Sequence[int], *, has_aux: bool = False
    ) -> tuple[Any, ...]:
        """The gradient of scalar f at the places `inner` of x, and the pullback of that gradient to the places `outer`.

        f takes `*x`. Gradient, cotangents and what the pullback gives are tuples with an entry for each place. With
        `has_aux`, f returns `(value, aux)`, and aux is behind the pullback, which may be called many times.

        Law: `vjp(lambda *outer: grad(f, inner)(…), *outer)`; with all places at both sides, the pullback of v is RR.
        """


class Compile(Protocol):
    """The engine's compiler. An engine with more than one has a method of this kind for each: see `COMPILERS`."""

    def compile(self, f: Function) -> Function:
        """A function with the values of f, traced and compiled by the engine on first use.

        Arguments are pytrees of arrays; what f captures is frozen at the first call, as in the
        engine's own jit. What an operator compiles has the attribute `differentiates`, a pair of the user's function
        and something hashable: of two that are equal, one program will do.
        """


class Lift(Protocol):
    """Functions of other engines as primitives of this one: what makes a backend an outer one for `foreign`.

    The inner engine's backend needs nothing for it.
    """

    def lift(self, node: Any, *arrays: Array) -> tuple[Array, ...]:
        """`node(*arrays)`, with arrays of this engine, on the device of the first, as one primitive.

        The primitive's rules are `node.jvp(inputs, outputs)`, `node.vjp(inputs, outputs)` and `node.batched()`, which
        are nodes to be lifted in turn: `inputs` are the places of what is differentiated, `outputs` those of the
        results whose derivatives are wanted, floating arrays all. The first takes the arguments and a tangent for each
        input, and gives the tangents of these outputs; the second the arguments and a cotangent for each output, and
        gives those of the inputs. `node.value_and_jvp(inputs)` gives values and tangents by one evaluation, to a rule
        that need not keep them apart. `node.shapes` tells an engine that traces what comes back.

        Law: `derivative(f, nesting)` of both engines, for any nesting: each letter runs the same mode of the inner one.
        """


COMPILERS = {"compiled": "compile", "traced": "compile_traced", "xla": "compile_xla"}
"""The executions besides eager, and the method of a backend that offers each: the engine's usual compiler, one
that traces without generating code (which is quick to compile), and XLA where that is not the usual one."""


class Batch(Protocol):
    """The engine's vectorising map."""

    def vmap(self, f: Function, in_axes: Any = 0) -> Function:
        """A function that maps f over an axis of its arguments. Law: equal to a loop over that axis.

        What f draws at random it draws once for all of the axis. Where it does not, and no value can be seen, it raises
        `DrawnAnew`: rows are to be derivatives of one function.
        """


class Linearize(Protocol):
    """The engine's linearisation: f is traced once, its derivative applied many times."""

    def linearize(self, f: Function, *primals: Array) -> tuple[Any, Function]:
        """The value `f(*primals)` and the linear map of tangents. Law: that map is `jvp` at the primals.

        If what is compiled may return the map, it may be an argument of something else that is compiled.
        """


class Held(Protocol):
    """What a linear map holds, for later calls.

    The pullback of `vjp` or `gradient_vjp` and the map of `linearize` may have it as their attribute `held`, which is
    read once, right after they were made. Without it nobody notices a write, and what is held is not told.
    """

    nbytes: int
    """How many bytes, at most."""

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Whether an array that f captured was written since, as by the step of an optimiser.

        It is asked before each call, and once more where that has raised something.
        """
