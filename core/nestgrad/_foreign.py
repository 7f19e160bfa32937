"""A function of one engine that is called from another, and differentiable there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import optree

from ._claims import claims, is_neutral, leaves_of
from ._crossing import takes_numpy
from ._described import name_of
from ._errors import BackendConflictError, UnsupportedExecutionError
from ._foreign_call import Arguments, ForeignCall, is_array
from ._node import Node
from ._offers import Offers, offers
from ._plan import MAX_KEPT
from ._registry import get_backend
from ._select import select
from ._spec import Backend, provides
from ._unconverted import unconverted
from .typing import Function


def foreign(f: Function, backend: str | Backend, *, shapes: Callable[..., Any] | None = None) -> Foreign:
    """F of one engine, to be called from any other and differentiable there to any order.

    Only arrays cross, as copies of the same dtype, by way of the host: the value and each derivative are computed by
    f's engine, in the mode that the other one asks for, behind its backend's guards. Errors of f and refusals of its
    backend are raised as they are. f is evaluated once, and once more for each R of the nesting. TensorFlow, whose
    backend emulates two forward modes by reverse modes, takes more for these.

    Args:
        f: takes and returns arrays of its own engine: pytrees of any shapes. What it captures is constant; what is to
            be differentiated is an argument. It may be evaluated twice more at the first point where it is
            differentiated, to see whether it draws random numbers.
        backend: the name or the backend of f's engine. It needs nothing for this; that of the outer engine has a
            `lift`.
        shapes: gives the shapes and dtypes of what f returns, from those of its arguments: objects with `shape` and
            `dtype` in the same structure, such as `jax.ShapeDtypeStruct`. Asked where the outer engine traces, as in
            `jax.jit` or `tf.function`; by default f is evaluated there once, on ones, for each new shape.

    Returns:
        The function of arrays of any engine. Called with arrays of f's own engine it is f. Called with NumPy's alone
        it is evaluated, and gives NumPy's; operators differentiate those by f's engine.

    Law: `derivative(foreign(f, B), nesting, backend=A)` equals `derivative(f, nesting, backend=B)`.

    Raises:
        TypeError: f cannot be called.
        BackendNotFoundError, BackendUnavailableError: as in `get_backend`.
        By the function that is returned: BackendConflictError: arrays of two engines are among its arguments.
        UnsupportedExecutionError: the outer engine's backend cannot lift functions, or not where it is called.
        PrecisionLossError: one of the engines would keep fewer bits of an array.
        NotDifferentiableError: what f returns depends on captured arrays that ask for their gradients, or is no array.
        UnsupportedNestingError: f's engine refuses; or f is differentiated and gives another number each time.

    Example:
        >>> import numpy as np
        >>> cubes = foreign(lambda x: (x["a"] ** 3).sum(), "autograd")
        >>> float(cubes({"a": np.array([1.0, 2.0])}))
        9.0
    """
    return Foreign(f, offers(get_backend(backend) if isinstance(backend, str) else backend), shapes)


@unconverted
class Foreign:
    """What `foreign` returns."""

    def __init__(self, f: Function, inner: Offers, shapes: Callable[..., Any] | None) -> None:
        if not callable(f):
            raise TypeError(f"foreign takes a function; got {f!r}.")
        functools.update_wrapper(self, f, updated=())
        self.backend = inner.backend
        """The backend of f's engine."""
        self._f, self._inner, self._shapes = f, inner, shapes
        self._called: dict[Arguments, ForeignCall] = {}
        self._takes_numpy = takes_numpy(inner)

    def __repr__(self) -> str:
        return f"<nestgrad.foreign of {name_of(self._f)}, {self._inner.name}>"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """What f gives, as arrays of the engine whose arrays it is given."""
        outer = self._outer(args, kwargs)
        if outer is self.backend:
            return self._f(*args, **kwargs)
        if not provides(outer, "untraced"):
            return self._by_inner(outer, args, kwargs)
        untraced: Function = getattr(outer, "untraced")  # noqa: B009  # what not every backend has
        return untraced(self._by_inner, outer, args, kwargs)

    def _by_inner(self, outer: Backend | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        opened_by = self._inner if outer is None else offers(outer)
        evaluate = opened_by.lift if outer is not None else _evaluated
        if evaluate is None:
            raise UnsupportedExecutionError(
                f"{opened_by.name} cannot take functions of other engines: its backend has no lift. Call "
                f"{name_of(self._f)} with NumPy's arrays, or from an engine whose backend has one."
            )
        leaves, structure = opened_by.flatten((args, kwargs))
        called = self._kept(Arguments.of(opened_by, leaves, structure))
        asarray = opened_by.backend.asarray  # which drops no bits of NumPy's arrays; the engine's own it leaves
        arrays = [asarray(leaf) if is_neutral(leaf) else leaf for leaf in leaves if is_array(leaf)]
        found = evaluate(called.node, *arrays)
        return self._inner.unflatten(called.structure, tuple(found))

    def _outer(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Backend | None:
        """The engine whose arrays are in the arguments; None where NumPy's are alone, and f's engine has others."""
        values: Any = (*args, *kwargs.values())
        has_arrays = [is_array(value) and not is_neutral(value) for value in values]
        if not any(has_arrays) and all(map(is_neutral, optree.tree_leaves(values))):
            return self.backend if self._takes_numpy else None

        def named() -> Sequence[tuple[str, Any]]:
            return [*((f"args[{i}]", value) for i, value in enumerate(args)), *kwargs.items()]

        try:
            return select(None, values, named, lambda: self.backend)
        except BackendConflictError as error:
            found = " and ".join(claims(leaves_of(named())).values())
            raise BackendConflictError(
                f"{name_of(self._f)} takes the arrays of one engine in a call, but {found}. Convert one of them."
            ) from error

    def _kept(self, arguments: Arguments) -> ForeignCall:
        try:
            found = self._called.get(arguments)
        except TypeError:  # one that is no array, and has no hash
            return ForeignCall(self._f, self._inner, self._shapes, arguments)
        if found is None:
            if len(self._called) >= MAX_KEPT:
                self._called.clear()
            found = self._called[arguments] = ForeignCall(self._f, self._inner, self._shapes, arguments)
        return found


def _evaluated(node: Node, *arrays: Any) -> Any:
    return node(*arrays)
