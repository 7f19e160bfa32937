"""The Hessian at one point, as a linear map of directions: what `.at(x)` gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NoReturn

from ._described import name_of
from ._errors import StaleLinearizationError, StructureMismatchError
from ._evaluation import is_finite, refuse_infinite, tell
from ._inputs import open_direction, open_primal
from ._layout import Layout
from ._linearization import pushed
from ._modules import without_modules
from ._nesting import Nesting
from ._offers import Offers
from ._spec import Held
from ._unconverted import unconverted
from ._unit_vectors import at_once, by_vmap, count
from .typing import Array, Function, Leaves, Tree


class Point:
    """The point at which a Hessian is taken.

    Attributes:
        offers: what differentiates.
        layout: the structure of x.
        x: its leaves.
        structure: the structure of a direction, as the backend's `flatten` gives it.
        value: evaluates f at it, undifferentiated.
        f: the user's function.
        kind, like: the type of a leaf; the dtype, shape and device of each.
    """

    def __init__(
        self, offers: Offers, layout: Layout, x: Leaves, tree: Tree, value: Callable[[], Any], f: Function
    ) -> None:
        self.offers, self.layout, self.x, self.value, self.f = offers, layout, x, value, f
        self.structure = offers.flatten(tree)[1]
        self.kind = type(x[0])
        self.like = [(leaf.dtype, leaf.shape, offers.device(leaf)) for leaf in x]

    def open(self, v: Tree) -> Leaves:
        """The leaves of a direction."""
        if self.layout.bare and type(v) is self.kind:  # one array, which is looked at in few steps
            dtype, shape, device = self.like[0]
            if v.dtype == dtype and v.shape == shape and self.offers.device(v) == device:
                return (v,)
        (v,) = without_modules(self.offers, (v,))
        return open_direction(self.offers, "v", v, self.x, self.structure)

    def opened_rows(self, rows: Tree) -> Leaves:
        """The leaves of many directions, which have one axis more, in front."""
        leaves, structure = open_primal(self.offers, "V", rows)
        sizes = {leaf.shape[:1] for leaf in leaves}
        if structure != self.structure or len(sizes) != 1 or () in sizes:
            raise StructureMismatchError(
                f"V has the structure of x, {self.structure}, and one axis more in front of each shape, of one length."
            )
        first = tuple(leaf[0] for leaf in leaves) if leaves[0].shape[0] else None
        if first is not None:
            open_direction(self.offers, "V[0]", self.offers.unflatten(structure, first), self.x, structure)
        return leaves

    def shaped(self, leaves: Leaves) -> Tree:
        """What is shaped like x."""
        return leaves[0] if self.layout.bare else self.layout.shaped(leaves)[0]


class Linear(ABC):
    """∇²f(x)· as a map of leaves."""

    nbytes: int | None

    @abstractmethod
    def __call__(self, v: Leaves) -> Leaves:
        """The product with one direction."""

    @abstractmethod
    def of_rows(self, rows: Leaves) -> Leaves:
        """The products with many, which are stacked."""


@unconverted
class HessianAt:
    """∇²f(x), linearised once at x: `H(v)` is ∇²f(x)v, shaped like x. Made by `hvp(f).at(x)`.

    Attributes:
        value: f(x).
        gradient: ∇f(x), shaped like x.
        aux: f's aux, where `has_aux`; else None.

    What is recorded is held as long as this object is: see `nbytes`. Results can be differentiated again as those of
    `hvp`.

    Law: `H(v)` is `hvp(f)(x, v)`; linear in v.

    Raises:
        StructureMismatchError: v does not have the structure, shapes, dtypes and devices of x.
        StaleLinearizationError: what f captured was written since, as by the step of an optimiser.

    Example:
        >>> import nestgrad as ng, numpy as np
        >>> H = ng.hvp(lambda x: (x**3).sum(), backend="autograd").at(np.array([1.0, 2.0]))
        >>> H(np.array([1.0, 0.0])), H.gradient, float(H.value)
        (array([6., 0.]), array([ 3., 12.]), 9.0)
    """

    def __init__(self, point: Point, linear: Linear, value: Array, gradient: Tree, aux: Any) -> None:
        self._point, self._linear = point, linear
        self.value, self.gradient, self.aux = value, gradient, aux

    def __repr__(self) -> str:
        return f"<nestgrad.HessianAt of {name_of(self._point.f)}>"

    def __call__(self, v: Tree) -> Tree:
        """∇²f(x)v."""
        point = self._point
        return point.shaped(self._linear(point.open(v)))

    @unconverted
    def batch(self, rows: Tree) -> Tree:
        """The products with many directions, stacked: each has one axis more in front, as the directions have.

        They are taken by the engine's vmap where it has one, so many at a time that these have 2²⁰ numbers at most.
        """
        point = self._point
        return point.shaped(self._linear.of_rows(point.opened_rows(rows)))

    @property
    def nbytes(self) -> int | None:
        """How many bytes are held for later products, besides x and f; 0 where f is evaluated for each.

        None where the backend does not say.
        """
        return self._linear.nbytes


class Recorded(Linear):
    """By what was recorded once: see `Linearization`."""

    def __init__(self, point: Point, nesting: Nesting, push: Callable[..., Any], compiled: Function | None) -> None:
        self._point, self._nesting, self._push, self._compiled = point, nesting, push, compiled
        self._held: Held | None = getattr(push, "held", None)

    @property
    def nbytes(self) -> int | None:  # type: ignore[override]
        """What the backend says."""
        return None if self._held is None else self._held.nbytes

    def __call__(self, v: Leaves) -> Leaves:
        self._check()
        point, nesting, size = self._point, self._nesting, len(v)
        try:
            if self._compiled is not None:
                return self._pushed(*v)
            found: Leaves = point.offers.run(nesting, lambda *flat: (self._pushed(*flat[:size]),), *v, *point.x)[0]
            if not _are_finite(point.offers, found, v):
                refuse_infinite(point.offers, nesting, (*point.x, *v), (point.f,), point.value)
        except Exception as error:
            self._tell(error)
        return found

    def of_rows(self, rows: Leaves) -> Leaves:
        self._check()
        point, size, chunk = self._point, len(rows), at_once(count(self._point.x))
        together = lambda *flat: (by_vmap(point.offers, self._pushed, flat[:size], chunk),)  # noqa: E731
        try:
            found: Leaves | None = point.offers.run(self._nesting, together, *rows, *point.x)[0]
        except Exception as error:
            self._tell(error)
        if found is None or not (self._compiled or _are_finite(point.offers, found, rows)):
            return by_loop(point.offers, self, rows)  # which tells what is wrong with a row
        return found

    def _pushed(self, *v: Array) -> Leaves:
        return tuple(pushed(self._nesting, self._push, v) if self._compiled is None else self._compiled(self._push, v))

    def _check(self) -> None:
        if self._held is not None and self._held.has_changed():
            raise _stale()

    def _tell(self, error: Exception) -> NoReturn:
        try:
            if self._held is not None and self._held.has_changed(error):
                raise _stale() from error
            tell(error, self._point.offers, self._nesting, self._point.value)
        finally:
            del error  # as in `tell`


class Evaluated(Linear):
    """By the operator itself, which evaluates f for each direction.

    The gradient that comes with each product tells whether f is still the function that it was.

    Attributes:
        gradient: the last one.
    """

    nbytes = 0

    def __init__(self, point: Point, both: Callable[[Leaves], tuple[Leaves, Leaves]]) -> None:
        self._point, self._both = point, both
        self.gradient: Leaves = ()
        self._first: Any = None

    def __call__(self, v: Leaves) -> Leaves:
        self.gradient, product = self._both(v)
        seen = _seen(self._point.offers, self.gradient)
        if self._first is None:
            self._first = None if seen is None else [array.copy() for array in seen]
        elif seen is not None and not _same(self._first, seen):
            raise _stale()
        return product

    def of_rows(self, rows: Leaves) -> Leaves:
        return by_loop(self._point.offers, self, rows)


def by_loop(offers: Offers, linear: Linear, rows: Leaves) -> Leaves:
    """The products with the rows of leaves, one by one, stacked."""
    total, xp = rows[0].shape[0], offers.backend.xp
    if not total:
        return rows
    found = [linear(tuple(leaf[i] for leaf in rows)) for i in range(total)]
    return tuple(xp.stack(leaves) for leaves in zip(*found, strict=True))


def _are_finite(offers: Offers, found: Leaves, like: Leaves) -> bool:
    return is_finite(offers, found[0] if len(found) == 1 else found, like[0])


def _seen(offers: Offers, gradient: Leaves) -> Any:
    """The numbers of a gradient, where they can be seen without waiting."""
    if offers.finite is None:
        return None
    try:
        return [offers.backend.to_numpy(leaf) for leaf in gradient]
    except Exception:  # tracers have none
        return None


def _same(first: Any, later: Any) -> bool:
    """Whether two gradients are equal, up to what one program may give for the same numbers."""
    import numpy as np  # as in `_numpy`

    def is_same(a: Any, b: Any) -> bool:
        within = 64 * np.finfo(a.dtype).eps * float(np.max(np.abs(a), initial=0.0))
        return bool(np.allclose(a, b, rtol=0.0, atol=within))

    return all(np.array_equal(a, b, equal_nan=True) or is_same(a, b) for a, b in zip(first, later, strict=True))


def _stale() -> StaleLinearizationError:
    return StaleLinearizationError(
        "hvp(f).at(x): what f captured was written since, as by the step of an optimiser, so that what was recorded "
        "belongs to another function; or f draws random numbers; or a backward of your own through a product has freed "
        "what was recorded, for want of retain_graph=True. Call .at(x) again after each step."
    )
