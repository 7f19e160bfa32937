"""First order: jvp and vjp, of functions of any trees."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from ._choose import require
from ._errors import EngineError, StructureMismatchError
from ._evaluation import check_finite, checked
from ._inputs import REAL_OR_COMPLEX, check_outputs, open_direction, open_primal, split_aux
from ._modules import of_arrays, without_modules
from ._nesting import Mode, Nesting
from ._numpy import unshared
from ._offers import Offers, offers
from ._outcome import of_outcome
from ._refusal import UnsupportedNestingError
from ._select import ABOUT_ARGUMENTS, Named, explain, select
from ._spec import Backend
from ._trying import undone
from ._unconverted import unconverted
from .typing import Array, Function, Leaves, Tree

_FORWARD, _REVERSE = Nesting("F"), Nesting("R")


@unconverted
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
        backend: a name or a backend; by default the one whose arrays appear in the call, or else in what f returns.

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
    door = _Door(backend, lambda: [("primals", primals), ("tangents", tangents)])
    offered = door.offers((primals, tangents), lambda: of_outcome(f, tuple(primals), {}, has_aux))
    require(offered, _FORWARD)
    f, primals = of_arrays(offered, f, primals, REAL_OR_COMPLEX)
    tangents = without_modules(offered, tangents, REAL_OR_COMPLEX)
    x, structure = door.opened(open_primal, "primals", tuple(primals), REAL_OR_COMPLEX)
    v = door.opened(open_direction, "tangents", tuple(tangents), x, structure)
    call = _Flat(offered, f, x, structure, has_aux)
    push = offered.modes[Mode.FORWARD]

    def route(*flat: Any) -> tuple[Any, ...]:
        value, tangent, *aux = push(call, flat[: len(x)], flat[len(x) :], has_aux=has_aux)
        return tangent, value, *aux

    tangent, value, *aux = call.derived(_FORWARD, route, *x, *v)
    return call.close(value), call.close(tangent), *aux


@unconverted
def vjp(f: Function, *primals: Tree, has_aux: bool = False, backend: str | Backend | None = None) -> tuple[Any, ...]:
    """The value `f(*primals)` and the pullback of cotangents, by reverse mode.

    Args:
        f: takes pytrees of arrays, returns a pytree of arrays of any shapes.
        *primals: real or complex floating arrays.
        has_aux: f returns `(output, aux)`; the result is `(value, pullback, aux)`.
        backend: a name or a backend; by default the one whose arrays appear in the call, or else in what f returns.

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
    door = _Door(backend, lambda: [("primals", primals)])
    offered = door.offers(primals, lambda: of_outcome(f, primals, {}, has_aux))
    require(offered, _REVERSE)
    f, primals = of_arrays(offered, f, primals, REAL_OR_COMPLEX)
    x, structure = door.opened(open_primal, "primals", primals, REAL_OR_COMPLEX)
    call = _Flat(offered, f, x, structure, has_aux)
    record = offered.modes[Mode.REVERSE]

    def route(*flat: Any) -> tuple[Any, ...]:
        # no derivative as yet: the pullback will give it
        return (), *record(call, *flat, has_aux=has_aux)

    _, value, pull, *aux = call.derived(_REVERSE, route, *x)

    @unconverted
    def pullback(cotangent: Tree) -> tuple[Tree, ...]:
        u = door.opened(open_direction, "cotangent", cotangent, call.leaves(value), call.structure)

        def route(*flat: Any) -> tuple[Any, ...]:  # behind the cotangent the primals, which a guard may ask for
            return (pull(flat[: len(u)] if call.is_tuple else flat[0]),)

        (pulled,) = call.derived(_REVERSE, route, *u, *x)
        trees: tuple[Tree, ...] = offered.unflatten(structure, pulled)
        return trees

    return call.close(value), pullback, *aux


_WORKS = {
    _FORWARD: "Reverse mode works here: ⟨u, jvp(v)⟩ = ⟨vjp(u), v⟩; of a scalar f that is ⟨gradient(f)(x), v⟩.",
    _REVERSE: "Forward mode works here: ⟨vjp(u), v⟩ = ⟨u, jvp(v)⟩; vjp(u) is that for each unit vector v.",
}


class _Door:
    """Where arguments come in: the backend is picked, and what is wrong with one says by what."""

    def __init__(self, given: str | Backend | None, named: Named) -> None:
        self._given, self._named = given, named
        self._offers: Offers | None = None

    def offers(self, values: Any, by_outcome: Callable[[], Backend]) -> Offers:
        self._offers = offers(select(self._given, values, self._named, by_outcome))
        return self._offers

    def opened(self, open_: Callable[..., Any], *arguments: Any) -> Any:
        assert self._offers is not None
        try:
            return open_(self._offers, *arguments)
        except ABOUT_ARGUMENTS as error:
            explain(error, self._given, self._offers.backend, self._named)
            raise


class _Flat:
    """f of a flat sequence of arrays, and where; remembers the structure of its output when it has run."""

    def __init__(self, offered: Offers, f: Function, x: Leaves, arguments: Any, has_aux: bool) -> None:
        self._offers, self._f, self._x, self._arguments, self._has_aux = offered, f, x, arguments, has_aux
        self.structure: Any = None
        self.is_tuple = True

    def __call__(self, *leaves: Any) -> Any:
        as_called = self._offers.as_called
        f = self._f if as_called is None else as_called(self._f)
        output, *aux = split_aux(f(*self._offers.unflatten(self._arguments, leaves)), self._has_aux)
        flat, self.structure = self._offers.flatten(output)
        self.is_tuple = not (len(flat) == 1 and flat[0] is output)
        arrays = check_outputs(self._offers.backend, flat)
        value = tuple(arrays) if self.is_tuple else arrays[0]
        return (value, *aux) if aux else value

    def derived(self, nesting: Nesting, route: Function, *inputs: Array) -> tuple[Any, ...]:
        """A derivative of f at x, by the way of every operator: `route(*inputs)`, the derivative first."""

        def undifferentiated() -> Any:
            return split_aux(self(*unshared(self._x)), self._has_aux)[0]

        run = self._offers.run
        try:
            found: tuple[Any, ...] = checked(self._offers, nesting, undifferentiated, run, nesting, route, *inputs)
            check_finite(self._offers, nesting, found[0], (*self._x, *inputs), self._f, undifferentiated)
        except (UnsupportedNestingError, EngineError) as refused:
            raise refused.advised(instead=self._by_the_other_mode(nesting)) from refused.__cause__
        return found

    def _by_the_other_mode(self, nesting: Nesting) -> str | None:
        """What to do instead, in a sentence, if it was tried and works."""
        attempt, modes = self._offers.attempts(), self._offers.modes
        if attempt is None or len(modes) == 1:
            return None

        def evaluate() -> None:
            if nesting is _FORWARD:
                value, pull, *_ = modes[Mode.REVERSE](self, *self._x, has_aux=self._has_aux)
                pull(value)
            else:
                modes[Mode.FORWARD](self, self._x, self._x, has_aux=self._has_aux)

        works = _WORKS[nesting]
        with contextlib.suppress(Exception):
            undone(attempt, evaluate)
            return works
        return None

    def leaves(self, value: Any) -> tuple[Any, ...]:
        return tuple(value) if self.is_tuple else (value,)

    def close(self, value: Any) -> Tree:
        return self._offers.unflatten(self.structure, self.leaves(value))
