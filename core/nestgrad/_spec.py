"""What a backend is: protocols that say what each method takes, gives back, and which law it obeys.

A backend needs one of `jvp` and `vjp`; every nesting is composed of them. A method of a second-order
protocol overrides the composition. Capabilities are read off the class with `provides`, never by
`isinstance`, which would evaluate properties.

Arrays are the engine's own. A *primal* is a real floating array; tangents, cotangents and
directions have the shape, dtype and device of what they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SPEC_VERSION = "1.0"
"""The version of these protocols, major.minor. A backend of an older minor version still runs."""

Array = Any
Tree = Any
Function = Callable[..., Any]
Pullback = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Refusal:
    """What a backend recognises in an exception of its engine.

    Attributes:
        operation: the operation that blocks the nesting, as users of the engine know it.
        reason: why, in one sentence.
        use: the code of a word that works for this operation, or `None`.
    """

    operation: str | None
    reason: str
    use: str | None = None


@dataclass
class Canary:
    """A function with a custom rule that counts how often each mode really ran.

    Attributes:
        function: a smooth function of one vector, of order 3 at least, with a scalar result.
        forward: calls of the rule's forward part (tangents pushed) since `reset`.
        backward: calls of its backward part (cotangents pulled) since `reset`.
    """

    function: Function
    forward: int = 0
    backward: int = 0

    def reset(self) -> None:
        """Set both counts to zero."""
        self.forward = self.backward = 0


class Backend(Protocol):
    """One engine behind nestgrad's spelling.

    Optional attributes, with the value that is used where they are missing:

    - `flatten(tree) -> (leaves, structure)`, `unflatten(structure, leaves)`: the engine's own pytrees;
      optree's otherwise. `None` is an empty subtree.
    - `flat_only = False`: native second-order methods take a single array, never a tuple of them.
    - `max_order = None`: the longest word the engine can run.
    - `preferred = ("FR", "RR", "RF")`: words for a Hessian-vector product, best first.
    - `slow_eager = False`: what is not compiled costs milliseconds, so the conformance suite compiles f where
      it needs nothing but its values.
    - `device(array)`: where an array lives, compared between primal and direction; `None` where unknown.
    - `finite(value)`: whether an array holds finite numbers alone; `True` where that cannot be seen (a tracer) or
      only by waiting (an accelerator). Without it, results are not looked at.
    - `classify(exception, word) -> Refusal | None`: engine messages that mean "not this nesting".
    - `run(word, route, *inputs)`: evaluate `route(*inputs)`, which gives the derivative first, a tree of arrays, and
      behind it whatever else there is; the place to look at the traced program first, or at the result. Every
      operator, `jvp`, `vjp` and each pullback pass here; of `vjp` itself, before its pullback, the tree is empty.
    - `prepare_worker()`: called once in a process of the conformance suite; may set the engine's global
      switches there (64 bits), which nothing else may. The environment variable `NESTGRAD_CACHE` names a folder
      for compiled programs that the next run can use.
    - `canary() -> Canary`: for the proof that a route is native.
    - `bare() -> Backend`: the engine's own transforms, without repairs, refusals and detours. The conformance
      suite measures it when asked for the raw engine.
    """

    name: str
    xp: Any
    """The engine's namespace in the sense of the Array API standard."""

    def asarray(self, value: Any, like: Array | None = None) -> Array:
        """The engine's array of a NumPy array, a Python number or an array of the engine.

        A NumPy array keeps its dtype. A Python number takes the dtype and device of `like`, or the
        engine's default. An array of the engine is returned as it is.

        Raises:
            PrecisionLossError: the engine would keep fewer bits than a NumPy array has.
            NotDifferentiableError: the value is no array for this engine.
        """

    def to_numpy(self, array: Array) -> Any:
        """The values as a NumPy array of the same shape and dtype."""


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


class Compile(Protocol):
    """The engine's compiler. An engine with more than one has a method of this kind for each: see `COMPILERS`."""

    def compile(self, f: Function) -> Function:
        """A function with the values of f, traced and compiled by the engine on first use.

        Arguments are pytrees of arrays; what f captures is frozen at the first call, as in the
        engine's own jit.
        """


COMPILERS = {"compiled": "compile", "traced": "compile_traced", "xla": "compile_xla"}
"""The executions besides eager, and the method of a backend that offers each: the engine's usual compiler, one
that traces without generating code (which is quick to compile), and XLA where that is not the usual one."""


class Batch(Protocol):
    """The engine's vectorising map."""

    def vmap(self, f: Function, in_axes: Any = 0) -> Function:
        """A function that maps f over an axis of its arguments. Law: equal to a loop over that axis."""


class Linearize(Protocol):
    """The engine's linearisation: f is traced once, its derivative applied many times."""

    def linearize(self, f: Function, *primals: Array) -> tuple[Any, Function]:
        """The value `f(*primals)` and the linear map of tangents. Law: that map is `jvp` at the primals."""


def provides(backend: object, capability: str) -> bool:
    """Whether the class of `backend` defines the method `capability`.

    Example:
        >>> class Engine:
        ...     def jvp(self): ...
        >>> provides(Engine(), "jvp"), provides(Engine(), "vjp")
        (True, False)
    """
    return callable(getattr(type(backend), capability, None))
