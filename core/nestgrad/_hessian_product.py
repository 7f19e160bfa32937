"""What `hvp` and the nestings of a Hessian-vector product give: products, each at its point or many at one."""

from __future__ import annotations

import functools
from typing import Any

from ._arguments import Call
from ._attempts import Attempts
from ._derivative import Derivative
from ._errors import EngineError
from ._hessian_at import Evaluated, HessianAt, Point, Recorded
from ._hessian_vector import GradientAndHvp
from ._inputs import split_aux
from ._linearization import Linearization, NothingToHoldError, WithValue, pushed
from ._modules import HELD, open_modules
from ._nesting import Nesting
from ._numpy import unshared
from ._offers import Offers, offers
from ._operator import Operator
from ._refusal import UnsupportedNestingError
from ._unconverted import unconverted
from .typing import Function, Leaves, Tree


class HessianProduct(Operator):
    """x, v ↦ ∇²f(x)v."""

    _definition: Derivative

    @unconverted
    def at(self, x: Tree, /, *args: Any, **kwargs: Any) -> HessianAt:
        """The Hessian at x, for products with many directions: `hvp(f).at(x, *args, **kwargs)(v)`.

        f is recorded once, and each product goes over what was recorded. Where the nesting leaves nothing that would
        serve again (RF, FF, FR but on jax), and where the product is compiled but on jax, f is evaluated for each.

        Raises:
            As the operator itself, apart from what is said of v.

        Example:
            >>> import nestgrad as ng, numpy as np
            >>> H = ng.hvp(lambda x: (x**3).sum(), backend="autograd").at(np.array([1.0, 2.0]))
            >>> H(np.array([1.0, 0.0])), H(np.array([0.0, 1.0]))
            (array([6., 0.]), array([ 0., 12.]))
        """
        arguments = x, *args
        backend, _ = self._recorder._pick(arguments, kwargs)
        opened = open_modules(self._recorder._definition, offers(backend), arguments)
        if opened is not None:
            places, arguments, held = opened
            return self._of_arrays(backend, places).at(*arguments, **kwargs, **{HELD: held})
        try:
            return self._held(x, args, kwargs)
        except (NothingToHoldError, UnsupportedNestingError, EngineError):
            pass  # the product may be right by a nesting that holds nothing; if not, it says why
        return self._evaluated(x, args, kwargs)

    @unconverted
    def batch(self, x: Tree, rows: Tree, /, *args: Any, **kwargs: Any) -> Tree:
        """∇²f(x)v for many directions: `hvp(f).batch(x, V, *args, **kwargs)`.

        Each array of V has the shape of its array of x and one axis more, in front; so has the result. f is recorded
        once, as by `at`.

        Raises:
            As `at`. StructureMismatchError: V does not fit.

        Example:
            >>> import nestgrad as ng, numpy as np
            >>> ng.hvp(lambda x: (x**3).sum(), backend="autograd").batch(np.array([1.0, 2.0]), np.eye(2))
            array([[ 6.,  0.],
                   [ 0., 12.]])
        """
        return self.at(x, *args, **kwargs).batch(rows)

    def _held(self, x: Tree, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HessianAt:
        """By what is recorded at x."""
        attempts, call = _opened(self._recorder, (x, *args), kwargs)
        (gradient, push), (value, *aux) = attempts(call, kwargs)
        point, nesting = self._point(attempts.offers, call, x, kwargs), attempts.nesting(call)
        linear = self._recorded(point, nesting, push)
        return HessianAt(point, linear, value, point.shaped(gradient), *(aux or [None]))

    def _evaluated(self, x: Tree, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HessianAt:
        """By an evaluation of f for each direction, the first of which is of ones."""
        attempts, call = _opened(self._both, (x, x, *args), kwargs)
        offered = attempts.offers
        point = self._point(offered, call._replace(x=unshared(call.x)), x, kwargs)
        aux: list[Any] = []

        def both(v: Leaves) -> tuple[Leaves, Leaves]:
            found = attempts(Call(point.x, (v,), call.others, call.layout), kwargs)
            (gradient, product), *aux[:] = found if self._has_aux else (found,)
            return tuple(offered.flatten(gradient)[0]), tuple(offered.flatten(product)[0])

        linear, value = Evaluated(point, both), point.value()
        linear(tuple(map(offered.backend.xp.ones_like, point.x)))
        return HessianAt(point, linear, value, point.shaped(linear.gradient), *(aux or [None]))

    def _point(self, offered: Offers, call: Call, x: Tree, kwargs: dict[str, Any]) -> Point:
        f = self._definition.function(self._f, call.layout, call.others, kwargs, self._has_aux)
        value = lambda: split_aux(f(*unshared(call.x)), self._has_aux)[0]  # noqa: E731
        return Point(offered, call.layout, call.x, x, value, self._f)

    @property
    def _has_aux(self) -> bool:
        return bool(self._decided["has_aux"])

    @functools.cached_property
    def _recorder(self) -> Operator:
        definition = Linearization(self._definition.asked, compiled=self._decided["execution"] != "eager")
        return self._beside(Operator, WithValue(self._f, self._has_aux), definition, has_aux=True)

    @functools.cached_property
    def _both(self) -> Operator:
        return self._beside(Operator, self._f, GradientAndHvp(self._definition.asked), has_aux=self._has_aux)

    @functools.cached_property
    def _programs(self) -> dict[Any, Function | None]:
        return {}

    def _recorded(self, point: Point, nesting: Nesting, push: Function) -> Recorded:
        """The map of what was recorded, by a program where the execution is one, which is tried with ones at first.

        Raises:
            NothingToHoldError: it was tried before, and refused.
        """
        offered, execution = point.offers, self._decided["execution"]
        if execution == "eager":
            return Recorded(point, nesting, push, None)
        programs, key = self._programs, (id(offered), nesting)
        if key in programs:
            program = programs[key]
            if program is None:
                raise NothingToHoldError
            return Recorded(point, nesting, push, program)
        programs[key] = None
        compiled = offered.compilers[execution](lambda push, v: tuple(pushed(nesting, push, v)))
        linear = Recorded(point, nesting, push, compiled)
        linear(tuple(map(offered.backend.xp.ones_like, point.x)))
        programs[key] = compiled
        return linear


def _opened(operator: Operator, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Attempts, Call]:
    """What evaluates a call of an operator, and its arguments, opened."""
    key: Any = tuple(map(type, arguments))
    if kwargs:
        key = (key, *((name, type(value)) for name, value in kwargs.items()))
    return operator._checked(*operator._pick(arguments, kwargs), key, arguments, kwargs)
