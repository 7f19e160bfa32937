"""What a loaded backend can do: read off its class once, with nestgrad's own way where it lacks one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import optree

from ._nesting import Mode, Nesting, nestings
from ._refusal import Refusal
from ._spec import COMPILERS, Backend, provides
from .typing import Array, Function, Leaves, Tree

_PREFERRED = ("FR", "RR", "RF")

OVER_A_BASIS = Nesting("FF")
"""A Hessian-vector product where no nesting with an R is right: D²f[eᵢ, v] for each unit vector eᵢ."""


@dataclass(frozen=True, eq=False)
class Offers:
    """A backend, and its abilities as typed functions; see `Abilities` and the protocols of the spec for each.

    Attributes:
        backend: the backend itself.
        modes: `jvp` and `vjp`, those that there are.
        native: its methods for nestings of second order. These and the next two are left out where a subclass has a
            `jvp` or `vjp` of its own, for which they do not stand.
        value_and_gradient, gradient_vjp: the gradient with the value, and with its pullback, in one go, if it has that.
        preferred: nestings for a Hessian-vector product, best first.
        diagonals: those for D²f[eᵢ, eᵢ] along each unit vector that it has the modes for, best first.
        candidates: those of them that it has the modes for, and `OVER_A_BASIS` behind them.
        max_order: the order of its longest nesting; `None` for no limit.
        flat_only: native methods take one array, never a tuple of them.
        run: evaluates a route, behind the backend's guards.
        classify: what an exception of the engine means.
        flatten, unflatten: open and close the engine's containers.
        open_module, evaluate_module: take a module's arrays out of it, and evaluate a function of it with others.
        device: where an array is, or `None`.
        finite: whether an array can be seen to hold a number that is not finite.
        linearize: evaluates a function and gives the linear map of tangents, if it has that.
        vmap: maps a function over the rows of arrays, if it has that.
        as_called: a function of the user's as the engine would call it, if that is another one.
        conjugates: pullbacks of complex arrays are conjugate transposes.
        evaluate_closed: evaluates what may not depend on captured arrays that ask for their gradients.
        draws: evaluates, and tells whether random numbers were drawn, as far as is known.
        lift: takes a function of another engine for a primitive of its own, if it has that.
        attempts: gives what tries several ways of evaluating one thing, or None where there is one way alone.
        compilers: by execution, what compiles a function.
        compiles_containers: the compiled function takes containers and numbers by itself.
        openings: how arguments that are arrays by themselves are opened, by their types; see `_opening`.
    """

    backend: Backend
    modes: Mapping[Mode, Function]
    native: Mapping[Nesting, Function]
    value_and_gradient: Function | None
    gradient_vjp: Function | None
    preferred: tuple[Nesting, ...]
    candidates: tuple[Nesting, ...]
    diagonals: tuple[Nesting, ...]
    max_order: int | None
    flat_only: bool
    run: Callable[..., tuple[Any, ...]]
    classify: Callable[[Exception, Nesting], Refusal | None]
    flatten: Callable[[Tree], tuple[list[Any], Any]]
    unflatten: Callable[[Any, Leaves], Tree]
    open_module: Callable[[Any], tuple[dict[str, Array], dict[str, Array]] | None]
    evaluate_module: Callable[..., tuple[Any, dict[str, Array]]]
    device: Callable[[Array], Any]
    finite: Callable[[Array], bool] | None
    linearize: Function | None
    vmap: Function | None
    as_called: Callable[[Function], Function] | None
    conjugates: bool
    evaluate_closed: Callable[[Callable[[], Any]], Any]
    draws: Callable[[Callable[[], Any]], bool]
    lift: Function | None
    attempts: Callable[[], Function | None]
    compilers: Mapping[str, Callable[[Function], Function]]
    compiles_containers: bool
    openings: dict[Any, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The backend's name, for messages."""
        return self.backend.name


def offers(backend: Backend) -> Offers:
    """What a backend offers.

    Example:
        >>> import nestgrad as ng
        >>> offered = offers(ng.get_backend("autograd"))
        >>> [mode.name for mode in offered.modes], [str(nesting) for nesting in offered.native]
        (['FORWARD', 'REVERSE'], [])
    """
    plain: Any = backend
    try:
        return _kept(plain)
    except TypeError:  # one that cannot be hashed, such as a dataclass
        return _read(plain)


def _read(backend: Any) -> Offers:
    def own(name: str, otherwise: Any = None) -> Any:
        return getattr(backend, name) if provides(backend, name) else otherwise

    def instead(name: str, *modes: Mode) -> Any:
        return own(name) if _stands_for(backend, name, [MODES[mode] for mode in modes]) else None

    modes = {mode: own(name) for mode, name in MODES.items() if provides(backend, name)}
    preferred = tuple(map(Nesting, getattr(backend, "preferred", _PREFERRED)))
    candidates = tuple(nesting for nesting in preferred if set(nesting) <= modes.keys())
    last = (OVER_A_BASIS,) if candidates and Mode.FORWARD in modes else ()
    diagonals = map(Nesting, getattr(backend, "preferred_diagonal", (*preferred, OVER_A_BASIS)))
    methods = {nesting: instead(str(nesting), *nesting) for nesting in nestings(2)}
    return Offers(
        backend=backend,
        modes=modes,
        native={nesting: method for nesting, method in methods.items() if method is not None},
        value_and_gradient=instead("value_and_gradient", Mode.REVERSE),
        gradient_vjp=instead("gradient_vjp", Mode.REVERSE),
        preferred=preferred,
        candidates=candidates + last,
        diagonals=tuple(nesting for nesting in diagonals if set(nesting) <= modes.keys()),
        max_order=getattr(backend, "max_order", None),
        flat_only=getattr(backend, "flat_only", False),
        run=own("run", _run),
        classify=own("classify", _unrecognised),
        flatten=own("flatten", optree.tree_flatten),
        unflatten=own("unflatten", optree.tree_unflatten),
        open_module=own("open_module", _no_module),
        evaluate_module=own("evaluate_module"),
        device=own("device", _nowhere),
        finite=own("finite"),
        linearize=instead("linearize", Mode.FORWARD),
        vmap=own("vmap"),
        as_called=own("as_called"),
        conjugates=getattr(backend, "conjugates", False),
        evaluate_closed=own("evaluate_closed", _attempt),
        draws=own("draws", _draws),
        lift=own("lift"),
        attempts=own("attempts", _attempts),
        compilers={name: own(method) for name, method in COMPILERS.items() if provides(backend, method)},
        compiles_containers=getattr(backend, "compiles_containers", False),
    )


def _stands_for(backend: Any, method: str, modes: list[str]) -> bool:
    """Whether a method is of the class that defines these modes, or of one below: it knows nothing of later ones."""
    owners = [getattr(backend, "__dict__", {}), *map(vars, type(backend).__mro__)]

    def definer(name: str) -> int:
        return next((i for i, names in enumerate(owners) if name in names), len(owners))

    return all(definer(method) <= definer(mode) for mode in modes)


_kept = functools.lru_cache(maxsize=64)(_read)

MODES = {Mode.FORWARD: "jvp", Mode.REVERSE: "vjp"}
"""The method of a backend that runs each mode."""


def _run(nesting: Nesting, route: Function, *inputs: Array) -> tuple[Any, ...]:
    result: tuple[Any, ...] = route(*inputs)
    return result


def _attempts() -> Function:
    return _attempt


def _attempt(evaluate: Callable[[], Any]) -> Any:
    return evaluate()


def _draws(evaluate: Callable[[], Any]) -> bool:
    evaluate()
    return False


def _unrecognised(exception: Exception, nesting: Nesting) -> None:
    return None


def _no_module(module: Any) -> None:
    return None


def _nowhere(array: Array) -> None:
    return None
