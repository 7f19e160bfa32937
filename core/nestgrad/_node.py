"""A function of one engine together with its derivatives, as another engine takes it for a primitive of its own.

The outer engine's forward rule calls a node's `jvp`, its reverse rule the `vjp`, and these are nodes again. So each
letter that the outer engine applies runs the inner engine's own transform of the same mode, in the same order: only
arrays cross.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, filterfalse
from typing import TYPE_CHECKING, Any

from ._choose import require
from ._compose import at, held
from ._crossed import remember
from ._crossing import to_engine, to_host
from ._errors import NestgradError
from ._evaluation import check_finite, checked
from ._inner import Inner, ShapeDtype
from ._nesting import Mode, Nesting
from ._weighted import Places, Weighted, check_told
from .typing import Array, Function, Leaves

if TYPE_CHECKING:
    from ._crossing import Host

Shapes = Callable[[Sequence[ShapeDtype]], tuple[ShapeDtype, ...]]


class Node:
    """A function of an inner engine's arrays, or a derivative of one, to be lifted into an outer engine: see `Lift`.

    Called with arrays that NumPy can read, of any shapes, it gives a tuple of NumPy's, computed by the inner engine.
    All are copies.

    Attributes:
        shapes: the shapes and dtypes of what it gives, from those of what it is given. A function of the user's may be
            evaluated for it, once for each.
        linear: in so many of its last arguments it is linear; 0 for a function of the user's.

    Example:
        >>> import nestgrad as ng, numpy as np
        >>> from nestgrad._inner import Inner
        >>> from nestgrad._offers import offers
        >>> f = Inner(offers(ng.get_backend("autograd")), lambda x: (x * x,), 1, "square")
        >>> square, x, one = Node(f, f.evaluate, tuple), np.array([3.0]), np.array([1.0])
        >>> square(x), square.jvp((0,), (0,))(x, one)
        ((array([9.]),), (array([6.]),))
        >>> square.vjp((0,), (0,)).jvp((0,), (0,))(x, one, one)
        (array([2.]),)
    """

    def __init__(
        self,
        f: Inner,
        run: Function,
        shapes: Shapes,
        code: str = "",
        linear: int = 0,
        transpose: Callable[[Places], Node] | None = None,
        gradient_of: Weighted | None = None,
    ) -> None:
        self._f, self._run, self.shapes, self._code, self.linear = f, run, shapes, code, linear
        self._transpose, self._gradient_of = transpose, gradient_of
        self._made: dict[Any, Node] = {}

    def __repr__(self) -> str:
        return f"<{self._code or 'value'} of {self._f.name} by {self._f.offers.name}>"

    def __call__(self, *arrays: Host) -> tuple[Host, ...]:
        """What the inner engine gives, behind its backend's guards; its errors are raised as they are."""
        try:
            return self._crossing(arrays)
        except NestgradError as error:
            remember(error)
            raise

    def _crossing(self, arrays: tuple[Host, ...]) -> tuple[Host, ...]:
        offers = self._f.offers
        found = offers.evaluate_closed(lambda: self._evaluated(tuple([to_engine(offers, array) for array in arrays])))
        return tuple([to_host(offers, array, f"What {self._f.name} gives") for array in found])

    def jvp(self, inputs: Places, outputs: Places) -> Node:
        """(x…, a tangent for each of these inputs) ↦ the tangents of these outputs, by the inner engine's jvp."""

        def push(*arrays: Array) -> Leaves:
            x, tangents = arrays[: -len(inputs)], arrays[-len(inputs) :]
            forward = self._f.offers.modes[Mode.FORWARD]
            found: Leaves = forward(self._between(x, inputs, outputs), at(x, inputs), tangents)[1]
            return found

        def shapes(given: Sequence[ShapeDtype]) -> tuple[ShapeDtype, ...]:
            found = self.shapes(given[: -len(inputs)])
            return tuple(found[i] for i in outputs)

        def transpose(some: Places) -> Node:
            return self.vjp(inputs, at(outputs, some))

        return self._kept(
            ("F", inputs, outputs),
            lambda: Node(self._f, push, shapes, f"F{self._code}", len(inputs), transpose),
        )

    def value_and_jvp(self, inputs: Places) -> Node:
        """(x…, a tangent for each of these inputs) ↦ each result, and behind it its tangent if it is no integer.

        One evaluation, where the value and `jvp` are two. It is not linear in the tangents: for an engine that has
        their numbers, and has not to keep apart what depends on them. See `with_tangents`.
        """
        moves = self._f.moves

        def push(*arrays: Array) -> Leaves:
            x, tangents = arrays[: -len(inputs)], arrays[-len(inputs) :]
            if self._gradient_of is not None:
                found = self._gradient_of.gradient_and_product(x, inputs, tangents)
                if found is not None:
                    return found
            f, order = held(self._run, x, inputs), list[bool]()

            def apart(*moving: Array) -> tuple[Leaves, Leaves]:
                found = f(*moving)
                order[:] = map(moves, found)
                something = tuple(filter(moves, found)) or moving  # engines want an output that moves
                return something, tuple(filterfalse(moves, found))

            values, pushed, rest = self._f.offers.modes[Mode.FORWARD](apart, at(x, inputs), tangents, has_aux=True)
            moved, others = zip(values, pushed, strict=True), zip(rest, strict=True)
            return tuple(chain.from_iterable(next(moved if moving else others) for moving in order))

        def shapes(given: Sequence[ShapeDtype]) -> tuple[ShapeDtype, ...]:
            found = self.shapes(given[: -len(inputs)])
            return tuple(chain.from_iterable((one, one) if one.moves else (one,) for one in found))

        return self._kept(("value and F", inputs), lambda: Node(self._f, push, shapes, f"F{self._code}"))

    def vjp(self, inputs: Places, outputs: Places) -> Node:
        """(x…, a cotangent for each of these outputs) ↦ the cotangents of these inputs, by the inner engine's vjp."""

        def pull(*arrays: Array) -> Leaves:
            x, cotangents = arrays[: -len(outputs)], arrays[-len(outputs) :]
            values, pullback = self._f.offers.modes[Mode.REVERSE](self._between(x, inputs, outputs), *at(x, inputs))
            check_told(self._f, values, cotangents)
            as_outside = self._f.as_outside
            return tuple(map(as_outside, pullback(tuple(map(as_outside, cotangents)))))

        def shapes(given: Sequence[ShapeDtype]) -> tuple[ShapeDtype, ...]:
            return tuple(given[i] for i in inputs)

        def transpose(some: Places) -> Node:
            return self.jvp(at(inputs, some), outputs)

        def make() -> Node:
            weighted = None if self._code else Weighted(self._f, self._run, inputs, outputs)
            return Node(self._f, pull, shapes, f"R{self._code}", len(outputs), transpose, weighted)

        return self._kept(("R", inputs, outputs), make)

    def transposed(self, outputs: Places) -> Node:
        """(x…, a cotangent for each of these outputs) ↦ those of the arguments in which it is linear."""
        assert self._transpose is not None
        return self._transpose(outputs)

    def batched(self) -> Node:
        """The same for each row along the first axis of every argument."""

        def shapes(given: Sequence[ShapeDtype]) -> tuple[ShapeDtype, ...]:
            of_row = self.shapes([ShapeDtype(one.shape[1:], one.dtype) for one in given])
            return tuple(ShapeDtype((given[0].shape[0], *one.shape), one.dtype) for one in of_row)

        def transpose(some: Places) -> Node:
            return self.transposed(some).batched()

        def make() -> Node:
            f = self._f.batched()
            return Node(f, f.mapped(self._run), shapes, self._code, self.linear, transpose)

        return self._kept("batched", make)

    def _kept(self, key: Any, make: Callable[[], Node]) -> Node:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _between(self, x: Leaves, inputs: Places, outputs: Places) -> Function:
        """These outputs as a function of these inputs, the others held at x."""
        f = held(self._run, x, inputs)
        return lambda *moving: at(f(*moving), outputs)

    def _evaluated(self, inputs: Leaves) -> Leaves:
        if not self._code:
            found: Leaves = self._run(*inputs)
            return found
        f, nesting = self._f, Nesting(self._code)
        require(f.offers, nesting)
        x = inputs[: f.count]
        f.check_repeats(nesting, x)

        def undifferentiated() -> Leaves:
            value: Leaves = f.evaluate(*x)
            return value

        def route(*arrays: Array) -> tuple[Leaves]:
            return (self._run(*arrays),)

        (derivative,) = checked(f.offers, nesting, undifferentiated, f.offers.run, nesting, route, *inputs)
        check_finite(f.offers, nesting, derivative, inputs, f.evaluate, undifferentiated)
        return tuple(derivative)


def with_tangents(found: Sequence[Array], moves: Callable[[Array], bool]) -> list[tuple[Array, Array | None]]:
    """What a node of `value_and_jvp` gives, in pairs of a value and its tangent: None for what does not move."""
    rest = iter(found)
    return [(one, next(rest) if moves(one) else None) for one in rest]
