"""A function of another engine, for arguments of one structure: arrays move, all else is as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ._described import name_of
from ._errors import NotDifferentiableError, StructureMismatchError
from ._inner import Inner, ShapeDtype
from ._node import Node
from ._offers import Offers
from ._plan import MAX_KEPT
from .typing import Array, Function, Leaves, Tree


def is_array(leaf: Any) -> bool:
    """Whether a leaf is an array, of whichever engine."""
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def _kind(leaf: Any) -> Any:
    """What leaves that are equal have to have in common besides: 1 is True, and 0.0 is -0.0."""
    return (type(leaf), repr(leaf)) if isinstance(leaf, (float, complex)) else type(leaf)


class Arguments(NamedTuple):
    """What a function is given: a structure, in which an engine has arrays, and leaves that are none, by place."""

    opened_by: Offers
    structure: Any
    arrays: int
    static: tuple[tuple[int, Any, Any], ...]

    @classmethod
    def of(cls, opened_by: Offers, leaves: Sequence[Any], structure: Any) -> Arguments:
        """The arguments with these leaves."""
        static = [(i, _kind(leaf), leaf) for i, leaf in enumerate(leaves) if not is_array(leaf)]
        return cls(opened_by, structure, len(leaves) - len(static), tuple(static))

    def filled(self, arrays: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with these in the places of the arrays."""
        rest, known = iter(arrays), {i: leaf for i, _, leaf in self.static}
        count = self.arrays + len(known)
        leaves = tuple(known[i] if i in known else next(rest) for i in range(count))
        args, kwargs = self.opened_by.unflatten(self.structure, leaves)
        return args, kwargs


def _shape_dtype(array: Any) -> ShapeDtype:
    import numpy as np  # as in `_numpy`

    dtype = array.dtype
    if not isinstance(dtype, (np.dtype, type)):  # one of an engine's own, such as torch.float64
        dtype = str(getattr(dtype, "name", dtype)).rpartition(".")[2]
    return ShapeDtype(tuple(array.shape), np.dtype(dtype))


class ForeignCall:
    """A function of the inner engine for such arguments.

    Attributes:
        node: the function of the arrays among them, in a row.
        structure: that of what it returns, once it was evaluated, or its shapes were asked for.
    """

    def __init__(self, f: Function, inner: Offers, shapes: Callable[..., Any] | None, arguments: Arguments) -> None:
        self._f, self._offers, self._told, self._arguments = f, inner, shapes, arguments
        self._name = name_of(f)
        self.structure: Any = None
        self._seen: dict[tuple[ShapeDtype, ...], tuple[ShapeDtype, ...]] = {}
        conjugates = arguments.opened_by.conjugates != inner.conjugates
        evaluated = Inner(inner, self._evaluate, arguments.arrays, self._name, conjugates)
        self.node = Node(evaluated, self._evaluate, self._shapes)

    def _evaluate(self, *arrays: Array) -> Leaves:
        args, kwargs = self._arguments.filled(arrays)
        leaves = self._opened(self._f(*args, **kwargs))
        found = tuple([self._as_array(leaf) for leaf in leaves])
        self._see(arrays, found)
        return found

    def _see(self, given: Sequence[Array], found: Sequence[Array]) -> None:
        """What was evaluated for its values is not evaluated again for its shapes."""
        try:
            arguments, results = (tuple(map(_shape_dtype, arrays)) for arrays in (given, found))
        except (TypeError, ValueError):  # a dtype that NumPy has not, a rank that is not known
            return
        if len(self._seen) < MAX_KEPT and not any(None in one.shape for one in (*arguments, *results)):
            self._seen[arguments] = results

    def _opened(self, output: Tree) -> Sequence[Any]:
        leaves, structure = self._offers.flatten(output)
        if self.structure is not None and structure != self.structure:
            raise StructureMismatchError(
                f"{self._name} returned {structure} now, and {self.structure} before, or by shapes=, for arguments of "
                "one structure."
            )
        self.structure = structure
        return leaves

    def _as_array(self, leaf: Any) -> Array:
        if is_array(leaf) or isinstance(leaf, (int, float, complex)):
            return self._offers.backend.asarray(leaf)
        raise NotDifferentiableError(f"{self._name} must return arrays; it returned a {type(leaf).__name__}.")

    def _shapes(self, given: Sequence[ShapeDtype]) -> tuple[ShapeDtype, ...]:
        key = tuple(given)
        if key not in self._seen:
            if len(self._seen) >= MAX_KEPT:
                self._seen.clear()
            self._seen[key] = self._on_ones(key) if self._told is None else self._as_told(self._told, key)
        return self._seen[key]

    def _as_told(self, shapes: Callable[..., Any], given: tuple[ShapeDtype, ...]) -> tuple[ShapeDtype, ...]:
        args, kwargs = self._arguments.filled(given)
        return tuple([self._shape_of(leaf) for leaf in self._opened(shapes(*args, **kwargs))])

    def _shape_of(self, leaf: Any) -> ShapeDtype:
        if not is_array(leaf):
            raise StructureMismatchError(
                f"shapes= of {self._name} must return what has a shape and a dtype; "
                f"it returned a {type(leaf).__name__}."
            )
        return _shape_dtype(leaf)

    def _on_ones(self, given: tuple[ShapeDtype, ...]) -> tuple[ShapeDtype, ...]:
        import numpy as np  # as in `_numpy`

        known = [tuple(size for size in one.shape if size is not None) for one in given]
        if any(len(shape) < len(one.shape) for shape, one in zip(known, given, strict=True)):
            raise StructureMismatchError(
                f"Nobody knows what {self._name} returns for {[one.shape for one in given]}, with axes of unknown "
                f"sizes, where nothing can be evaluated. {_SHAPES}"
            )
        try:
            found = self.node(*[np.ones(shape, one.dtype) for shape, one in zip(known, given, strict=True)])
        except Exception as error:
            error.add_note(f"{self._name} was evaluated on ones, to see what it returns. {_SHAPES}")
            raise
        return tuple([ShapeDtype(array.shape, array.dtype) for array in found])


_SHAPES = "Tell it by shapes=, a function of the arguments as objects with shape and dtype that gives such objects."
