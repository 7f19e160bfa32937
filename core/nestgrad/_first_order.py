"""First order: jvp, vjp, gradient, value_and_gradient."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from . import _compose
from ._choose import require
from ._errors import StructureMismatchError
from ._evaluation import checked, run
from ._inputs import REAL_OR_COMPLEX, check_outputs, open_direction, open_primal, split_aux
from ._nesting import Nesting
from ._operator import Operator, Options, leaves_of
from ._problem import Problem, Rule
from ._select import select
from ._spec import Backend
from ._trees import flatten, unflatten
from .typing import Array, Function, Leaves, Tree

_FORWARD, _REVERSE = Nesting("F"), Nesting("R")


def jvp(
    f: Function,
    primals: Sequence[Tree],
    tangents: Sequence[Tree],
    *,
    has_aux: bool = False,
    backend: str | Backend | None = None,
) -> tuple[Any, ...]:
    """The value `f(*primals)` and its derivative along the tangents, by forward mode.

    Args:
        f: takes pytrees of arrays, returns a pytree of arrays of any shapes.
        primals: one entry per argument of f; real or complex floating arrays.
        tangents: the same structure, shapes, dtypes and devices.
        has_aux: f returns `(output, aux)`; the result is `(value, derivative, aux)`.
        backend: a name or a backend; by default the one whose arrays appear.

    Complex arrays follow the engine's own convention.

    Law: linear in the tangents, and ⟨u, jvp(v)⟩ = ⟨vjp(u), v⟩. The signature is that of `jax.jvp` and
    `torch.func.jvp`. See Griewank and Walther, Evaluating Derivatives (2008), chapter 3.

    Raises:
        NotDifferentiableError, StructureMismatchError: bad primals or tangents, with the path.
        UnsupportedNestingError: no forward mode, or none for an operation of f.
        NotFiniteError: the derivative is not finite, though primals, tangents and value are.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> value, derivative = jvp(lambda x: x * x, (3.0,), (1.0,), backend="autograd")
        >>> float(value), float(derivative)
        (9.0, 6.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise StructureMismatchError("jvp(f, primals, tangents) takes two tuples, one entry per argument of f.")
    backend = select(backend, leaves_of([("primals", primals), ("tangents", tangents)]))
    require(backend, _FORWARD)
    x, structure = open_primal(backend, "primals", tuple(primals), REAL_OR_COMPLEX)
    v = open_direction(backend, "tangents", tuple(tangents), x, structure)
    call = _Flat(backend, f, x, structure, has_aux)

    def route(*flat: Any) -> tuple[Any, ...]:
        value, tangent, *aux = backend.jvp(call, flat[: len(x)], flat[len(x) :], has_aux=has_aux)  # type: ignore[attr-defined]
        return tangent, value, *aux

    tangent, value, *aux = call.derived(_FORWARD, route, *x, *v)
    return call.close(value), call.close(tangent), *aux


def vjp(f: Function, *primals: Tree, has_aux: bool = False, backend: str | Backend | None = None) -> tuple[Any, ...]:
    """The value `f(*primals)` and the pullback of cotangents, by reverse mode.

    Args:
        f: takes pytrees of arrays, returns a pytree of arrays of any shapes.
        *primals: real or complex floating arrays.
        has_aux: f returns `(output, aux)`; the result is `(value, pullback, aux)`.
        backend: a name or a backend; by default the one whose arrays appear.

    Returns:
        The value and a function that takes a cotangent, shaped like the value, and returns a tuple
        with one entry per primal. It may be called many times, and inside other transforms.

    Complex arrays follow the engine's own convention.

    Law: the pullback is linear, and the transpose of `jvp`. The signature is that of `jax.vjp` and
    `torch.func.vjp`. See Griewank and Walther, Evaluating Derivatives (2008), chapter 3.

    Raises:
        NotDifferentiableError, StructureMismatchError: bad primals or cotangent, with the path.
        UnsupportedNestingError: no reverse mode, or none for an operation of f.
        NotFiniteError: what the pullback gives is not finite, though primals, cotangent and value are.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> value, pullback = vjp(lambda x, y: x * y, 3.0, 4.0, backend="autograd")
        >>> [float(entry) for entry in pullback(1.0)]
        [4.0, 3.0]
    """
    backend = select(backend, leaves_of([("primals", primals)]))
    require(backend, _REVERSE)
    x, structure = open_primal(backend, "primals", primals, REAL_OR_COMPLEX)
    call = _Flat(backend, f, x, structure, has_aux)

    def route(*flat: Any) -> tuple[Any, ...]:
        # no derivative as yet: the pullback will give it
        return (), *backend.vjp(call, *flat, has_aux=has_aux)  # type: ignore[attr-defined]

    _, value, pull, *aux = call.derived(_REVERSE, route, *x)

    def pullback(cotangent: Tree) -> tuple[Tree, ...]:
        u = open_direction(backend, "cotangent", cotangent, call.leaves(value), call.structure)

        def route(*flat: Any) -> tuple[Any, ...]:  # behind the cotangent the primals, which a guard may ask for
            return (pull(flat[: len(u)] if call.is_tuple else flat[0]),)

        (pulled,) = call.derived(_REVERSE, route, *u, *x)
        trees: tuple[Tree, ...] = unflatten(backend, structure, pulled)
        return trees

    return call.close(value), pullback, *aux


class _Flat:
    """f of a flat sequence of arrays, and where; remembers the structure of its output when it has run."""

    def __init__(self, backend: Backend, f: Function, x: Leaves, arguments: Any, has_aux: bool) -> None:
        self._backend, self._f, self._x, self._arguments, self._has_aux = backend, f, x, arguments, has_aux
        self.structure: Any = None
        self.is_tuple = True

    def __call__(self, *leaves: Any) -> Any:
        output, *aux = split_aux(self._f(*unflatten(self._backend, self._arguments, leaves)), self._has_aux)
        flat, self.structure = flatten(self._backend, output)
        self.is_tuple = not (len(flat) == 1 and flat[0] is output)
        arrays = check_outputs(self._backend, flat)
        value = tuple(arrays) if self.is_tuple else arrays[0]
        return (value, *aux) if aux else value

    def derived(self, nesting: Nesting, route: Function, *inputs: Array) -> tuple[Any, ...]:
        """A derivative of f at x, by the way of every operator: `route(*inputs)`, the derivative first."""

        def undifferentiated() -> Any:
            return split_aux(self(*self._x), self._has_aux)[0]

        inspected = (*self._x, *inputs)
        return checked(
            self._backend, nesting, inspected, lambda: run(self._backend, nesting, route, *inputs), undifferentiated
        )

    def leaves(self, value: Any) -> tuple[Any, ...]:
        return tuple(value) if self.is_tuple else (value,)

    def close(self, value: Any) -> Tree:
        return unflatten(self._backend, self.structure, self.leaves(value))


def gradient(
    f: Function,
    argnums: int | Sequence[int] = 0,
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """∇f by reverse mode: `gradient(f)(x, *args, **kwargs)` is shaped like x.

    Args:
        f: returns a real floating scalar of shape `()`.
        argnums: which argument to differentiate; a sequence gives a tuple of gradients.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    Law: ⟨∇f(x), v⟩ = d/dα f(x + αv) at α = 0. One evaluation of f, whatever the size of x.

    Raises:
        NotDifferentiableError: x is not made of real floating arrays; the path is named.
        NonScalarOutputError: f does not return a scalar of shape `()`.
        UnsupportedNestingError: no reverse mode, or none for an operation of f.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> import numpy as np
        >>> gradient(lambda x: (x**2).sum(), backend="autograd")(np.array([1.0, 2.0]))
        array([2., 4.])
    """

    def solve(problem: Problem, nesting: Nesting) -> tuple[Any, ...]:
        (_, gradient), *aux = _compose.value_and_gradient(problem.backend, problem.f, problem.x, problem.has_aux)
        return selected(argnums, problem.shaped(gradient)), *aux

    rule = Rule("gradient", 0, numbers(argnums), _reverse, solve)
    return Operator(f, rule, **options)


def value_and_gradient(
    f: Function,
    argnums: int | Sequence[int] = 0,
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """(f(x), ∇f(x)) by reverse mode, with one evaluation of f.

    Arguments, law and errors are those of `gradient`. With `has_aux` the result is
    `((value, aux), gradient)`, as in `jax.value_and_grad`.

    Example:
        >>> import numpy as np
        >>> value, gradient = value_and_gradient(lambda x: (x**2).sum(), backend="autograd")(np.array([1.0, 2.0]))
        >>> float(value), gradient
        (5.0, array([2., 4.]))
    """

    def solve(problem: Problem, nesting: Nesting) -> tuple[Any, ...]:
        (value, gradient), *aux = _compose.value_and_gradient(problem.backend, problem.f, problem.x, problem.has_aux)
        return selected(argnums, problem.shaped(gradient)), value, *aux

    def result(gradient: Tree, value: Any, *aux: Any) -> tuple[Any, Tree]:
        return ((value, *aux) if aux else value), gradient

    rule = Rule("value_and_gradient", 0, numbers(argnums), _reverse, solve, result)
    return Operator(f, rule, **options)


def numbers(argnums: int | Sequence[int]) -> tuple[int, ...]:
    """Argnums as a tuple of distinct integers."""
    try:
        chosen = tuple(map(operator.index, argnums if isinstance(argnums, Sequence) else (argnums,)))
    except TypeError:
        chosen = ()
    if not chosen or len(set(chosen)) < len(chosen):
        raise TypeError(f"argnums is an integer or a sequence of different integers; got {argnums!r}.")
    return chosen


def selected(argnums: int | Sequence[int], trees: tuple[Tree, ...]) -> Tree:
    """One tree for one argnum, the tuple of them for a sequence."""
    return trees if isinstance(argnums, Sequence) else trees[0]


def _reverse(backend: Backend) -> Nesting:
    return require(backend, _REVERSE)
