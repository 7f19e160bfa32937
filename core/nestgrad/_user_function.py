"""The user's function as backends get it: of flat leaves, its output checked."""

from __future__ import annotations

from typing import Any

from ._inputs import check_scalar, split_aux
from ._layout import Layout
from .typing import Array, Function, Leaves, Tree


class OfTuple:
    """A function of a tuple of leaves, as native methods of second order take it.

    Attributes:
        of_leaves: the same function of leaves in a row.

    Example:
        >>> OfTuple(lambda x, y: x * y)((2.0, 3.0))
        6.0
    """

    __slots__ = ("of_leaves",)

    def __init__(self, of_leaves: Function) -> None:
        self.of_leaves = of_leaves

    def __call__(self, leaves: Leaves) -> Any:
        """What the function gives for these leaves."""
        return self.of_leaves(*leaves)


def by_leaves(method: Function, f: Function, primal: Tree, *directions: Tree) -> tuple[Any, Any]:
    """A native method of second order, for a primal that is an array or a tuple of them, by one of leaves.

    `method(f, x, *directions)` takes tuples of arrays and gives two; each comes back in the shape of the primal.

    Example:
        >>> by_leaves(lambda f, x, v: (x, v), sum, 3.0, 1.0)
        (3.0, 1.0)
    """
    if isinstance(primal, tuple):
        found: tuple[Any, Any] = method(f.of_leaves if isinstance(f, OfTuple) else lambda *x: f(x), primal, *directions)
        return found
    (first,), (second,) = method(f, (primal,), *((direction,) for direction in directions))
    return first, second


class UserFunction:
    """A scalar function of the leaves of what is differentiated, the other arguments held.

    Attributes:
        function: what the user wrote.
        others, kwargs: the arguments that are held. For a backend that remembers what it has seen of a function:
            with the same ones, and inputs of the same structures and shapes, the same thing may be expected of it.
        layout: to which arguments the leaves belong.
        verify: `"always"` if nothing that was seen of the function may be relied upon.

    Example:
        >>> import nestgrad as ng, numpy as np
        >>> seen = []
        >>> class Spy(type(ng.get_backend("autograd"))):
        ...     def vjp(self, f, *primals, has_aux=False):
        ...         seen.append(f)
        ...         return super().vjp(f, *primals, has_aux=has_aux)
        >>> def cubes(x, scale):
        ...     return scale * (x**3).sum()
        >>> ng.gradient(cubes, backend=Spy())(np.array([1.0, 2.0]), 2.0)
        array([ 6., 24.])
        >>> seen[0].function is cubes, seen[0].others
        (True, (2.0,))
    """

    __slots__ = ("_has_aux", "_name", "function", "kwargs", "layout", "others", "verify")

    def __init__(
        self,
        function: Function,
        layout: Layout,
        others: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        has_aux: bool = False,
        verify: bool | str | None = None,
        name: str = "The function",
    ) -> None:
        self.function, self.layout, self.others, self.kwargs = function, layout, others, kwargs or {}
        self._has_aux, self.verify, self._name = has_aux, verify, name

    def __call__(self, *leaves: Array) -> Any:
        """What the function returns for these leaves: a scalar, or `(scalar, aux)`."""
        layout = self.layout
        arguments = (leaves[0], *self.others) if layout.bare else layout.arguments(leaves, self.others)
        as_called = layout.offers.as_called
        function = self.function if as_called is None else as_called(self.function)
        output = function(*arguments, **self.kwargs)
        value = split_aux(output, self._has_aux)[0] if self._has_aux else output
        like = leaves[0].dtype
        if not (hasattr(value, "dtype") and (value.dtype is like or value.dtype == like) and len(value.shape) == 0):
            check_scalar(layout.offers.backend, value, self._name)
        return output


class AnyFunction(UserFunction):
    """The same of a function that may return any tree of arrays, which is not checked."""

    __slots__ = ()

    def __call__(self, *leaves: Array) -> Any:
        """What the function returns for these leaves."""
        as_called = self.layout.offers.as_called
        function = self.function if as_called is None else as_called(self.function)
        return function(*self.layout.arguments(leaves, self.others), **self.kwargs)


class WithoutAux:
    """A function that returns `(scalar, aux)`, as one that returns the scalar; it has the attributes of the other."""

    def __init__(self, f: UserFunction) -> None:
        self._f = f

    def __call__(self, *leaves: Array) -> Any:
        """The scalar."""
        return self._f(*leaves)[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._f, name)
