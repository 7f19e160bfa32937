"""What a backend is: protocols that say what each method takes, gives back, and which law it obeys.

A backend needs one of `jvp` and `vjp`; every nesting is composed of them. A method of a second-order
protocol overrides the composition. Capabilities are read off the class with `provides`, never by
`isinstance`, which would evaluate properties.

Arrays are the engine's own. A *primal* is a real floating array; tangents, cotangents and
directions have the shape, dtype and device of what they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

from ._methods import COMPILERS as COMPILERS
from ._methods import Batch as Batch
from ._methods import Compile as Compile
from ._methods import ForwardMode as ForwardMode
from ._methods import ForwardOverForward as ForwardOverForward
from ._methods import ForwardOverReverse as ForwardOverReverse
from ._methods import GradientVjp as GradientVjp
from ._methods import Held as Held
from ._methods import Lift as Lift
from ._methods import Linearize as Linearize
from ._methods import ReverseMode as ReverseMode
from ._methods import ReverseOverForward as ReverseOverForward
from ._methods import ReverseOverReverse as ReverseOverReverse
from ._methods import ValueAndGradient as ValueAndGradient
from ._nesting import Nesting
from ._refusal import Refusal
from .typing import Array, Function, Tree

SPEC_VERSION = "1.1"
"""The version of these protocols, major.minor. A backend of an older minor version still runs."""


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
    """One engine behind nestgrad's spelling; what else one may have is in `Abilities`."""

    name: str
    """The name that the descriptor has, which selects this backend."""

    xp: Any
    """The engine's namespace in the sense of the Array API standard."""

    def asarray(self, value: Any, like: Array | None = None) -> Array:
        """The engine's array of a NumPy array, a Python number or an array of the engine.

        A NumPy array keeps its dtype. A Python number takes the dtype and device of `like`, or the
        engine's default. An array of the engine is returned as it is.

        What happens to a NumPy array later does not happen to the engine's, unless NumPy's are the engine's own.

        Raises:
            PrecisionLossError: the engine would keep fewer bits than a NumPy array has.
            NotDifferentiableError: the value is no array for this engine, or it has a mask (see `plain_numpy`).
        """

    def to_numpy(self, array: Array) -> Any:
        """The values as a NumPy array of the same shape and dtype."""


class Abilities(Protocol):
    """What a backend may have besides. Each is optional by itself; where it is missing, nestgrad does as is said.

    A function is defined by the class: capabilities are read off it. Numbers and flags are plain class attributes.
    """

    spec_version: str
    """The version of the spec that the class is written for; the current one where it is missing."""

    flat_only: bool
    """Native second-order methods take a single array, never a tuple of them. Default: `False`."""

    compiles_containers: bool
    """What a compiler of the backend gives takes containers, Python numbers and keywords, traces the numbers, and
    compiles anew by itself where structures, shapes or dtypes are new: an operator is then compiled whole. Default:
    `False`; what is compiled is a function of arrays."""

    max_order: int | None
    """The order of the longest nesting that the engine can run. Default: `None`, no limit."""

    preferred: Sequence[str]
    """Nestings for a Hessian-vector product, best first. Default: `("FR", "RR", "RF")`."""

    preferred_diagonal: Sequence[str]
    """Nestings for the diagonal of a Hessian and for a Laplacian, best first; `FF` may be one. Default: those of
    `preferred`, and `FF` behind them."""

    def over(self, engine: Backend) -> Backend:
        """This backend for the arrays of another engine: the backend that a call would run on without `backend=`.

        For one that takes arrays of any engine, as by differences of values; asked for wherever it is given as
        `backend=`. The same object for the same engine. Default: arrays are of its own engine.
        """

    def flatten(self, tree: Tree) -> tuple[Sequence[Any], Any]:
        """The leaves of one of the engine's own pytrees, and its structure, which can be compared and hashed.

        `None` is an empty subtree. Default: optree's.
        """

    def unflatten(self, structure: Any, leaves: Sequence[Any]) -> Tree:
        """The inverse of `flatten`."""

    def open_module(self, module: Any) -> tuple[dict[str, Array], dict[str, Array]] | None:
        """The parameters of one of the engine's modules that are trained, and its state: all other arrays, by name.

        What is used in several places is there once. `None` for what is no module. Default: there are none.

        Raises:
            NotDifferentiableError: its parameters are not there yet, or cannot be replaced.
        """

    def evaluate_module(self, module: Any, f: Function, values: Mapping[str, Array]) -> tuple[Any, dict[str, Array]]:
        """`f(module)` where the module has these values in the place of its own, and the state that it then has.

        The module itself is left as it is, for other threads as well. May be called inside transforms of the backend.
        """

    def sample_module(self) -> tuple[Any, tuple[Any, ...]]:
        """A new module that writes into its state, and inputs that it takes, for the laws of these methods."""

    conjugates: bool
    """A pullback of complex arrays is the conjugate transpose, as torch's and TensorFlow's; `False`, the default: it is
    the transpose, as jax's and autograd's. Asked where complex arrays go from one engine to another."""

    def evaluate_closed(self, evaluate: Callable[[], Any]) -> Any:
        """`evaluate()`, in which nothing may be differentiated but what is given: another engine could not do it.

        Asked where a function goes from one engine to another. Default: `evaluate()`.

        Raises:
            NotDifferentiableError: what it gives depends on a trained parameter, or another array that asks for its
                gradient, that the function captures.
        """

    def untraced(self, evaluate: Function, *arguments: Any) -> Any:
        """`evaluate(*arguments)`, outside of the program where a compiler of the engine traces this.

        Default: it is traced.
        """

    def draws(self, evaluate: Callable[[], Any]) -> bool:
        """Evaluate, and tell whether the engine's random numbers were drawn in it. Default: that is not known.

        Asked where a function goes from one engine to another, which evaluates it more than once. NumPy's are seen to.
        """

    def device(self, array: Array) -> Any:
        """Where an array lives, compared between primal and direction; `None` where unknown. Default: not compared."""

    def finite(self, value: Array) -> bool:
        """Whether an array holds finite numbers alone.

        `True` where that cannot be seen (a tracer) or only by waiting (an accelerator). Default: results are not
        looked at.
        """

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """What an exception of the engine means, if it means "not this nesting". Default: it is an `EngineError`."""

    def run(self, nesting: Nesting, route: Function, *inputs: Array) -> tuple[Any, ...]:
        """Evaluate `route(*inputs)`, with a look at the traced program before, or at the result.

        A route gives the derivative first, a tree of arrays, and behind it whatever else there is, which comes back
        untouched. Among the inputs are the primals. Every operator, `jvp`, `vjp` and each pullback pass here; of `vjp`
        itself, before its pullback is called, the tree is empty.
        """

    def as_called(self, f: Function) -> Function:
        """A function of the user's as the engine would call it, where it rewrites what it calls.

        As TensorFlow's AutoGraph does in a `tf.function`. nestgrad's own functions are not rewritten, so that those of
        the user would not be either. Default: the function itself.
        """

    def attempts(self) -> Function | None:
        """What evaluates one thing in several ways, until one of them does not raise: `attempt(evaluate)`.

        What an `evaluate` that raises has written into arrays of the engine is as it was before, and what it has drawn
        at random is what the next one draws. `None` where there is no way back, and so one way alone. Default: nothing
        is undone.
        """

    def operations(self, f: Function, *inputs: Array) -> Set[str]:
        """The names of the engine's operations that `f(*inputs)` runs, with those in its loops and inner programs.

        Operations on constants may be left out, since they are not differentiated. It raises where they cannot be told,
        as where only a trace could tell and f needs values. Default: they are not known.
        """

    def prepare_worker(self) -> None:
        """Prepare a process of the conformance suite, once; there alone engine-wide switches (64 bits) may be set.

        The environment variable `NESTGRAD_CACHE` names a folder for compiled programs that the next run can use.
        """

    def canary(self) -> Canary:
        """A function that counts its rules' calls, for the proof that a route is native."""

    def raw(self) -> Backend:
        """The engine's own transforms, without repairs, refusals and detours, for the measurement of the raw engine."""


NAMESPACE = ("arange", "astype", "concat", "isdtype", "ones_like", "permute_dims", "reshape", "stack", "sum")
"""The functions of `Backend.xp` that nestgrad itself calls; all others are there for whoever writes f with them.

`isdtype` and `ones_like` are called for every function, the others where many directions are taken at one point, or
where a derivative is compared with differences. Where complex arrays go to another engine, `conj` is as well.
"""


def provides(backend: object, capability: str) -> bool:
    """Whether the class of `backend` defines the method `capability`.

    Example:
        >>> class Engine:
        ...     def jvp(self): ...
        >>> provides(Engine(), "jvp"), provides(Engine(), "vjp")
        (True, False)
    """
    return callable(getattr(type(backend), capability, None))
