"""A user's own function as a case to judge: any callable of the engine's arrays, at the user's point."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import Backend
from nestgrad.internal import check_scalar, of_arrays, offers, open_primal
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.truth.oracle import Oracle, Source
from nestgrad_conformance.truth.truth import PRECISIONS, Precision

from .scenario_case import Malformed, Vector

_SOURCES = ("R", "F", "RR", "FR", "RF", "FF")
SEED = 8  # of directions: for this one, few entries of the first are small and few cancel
_CLOSE = 1e-3  # how far float32 may take a value from the one in float64, relatively


class OwnFunction:
    """f(x, *args) on a backend, where x is the user's; see `Case` for the attributes.

    Its truth is known by f's values alone: on arrays of float64, even where x is float32, if f takes them and gives
    the same number; else in float32.

    Attributes:
        dtype: the narrowest dtype in x: `float32` or `float64`.
        values: the dtype in which f's values are taken for the truth.
    """

    inner: Backend | None = None
    is_probe = False
    times = 1

    def __init__(self, f: Callable[..., Any], x: Any, args: tuple[Any, ...], backend: Backend) -> None:
        f, (x,) = of_arrays(offers(backend), f, (x,))
        self._f, self._args, self.backend, self.calls = f, args, backend, 0
        self._leaves, self._structure = open_primal(offers(backend), "x", x)
        points = [np.asarray(backend.to_numpy(leaf)) for leaf in self._leaves]
        self._shapes, self._dtypes = [point.shape for point in points], [point.dtype for point in points]
        self.dtype = _narrowest(self._dtypes)
        self.precision: Precision = PRECISIONS[self.dtype]
        self.x: Vector = np.concatenate([np.ravel(point).astype(np.float64) for point in points])
        self.vectors: dict[int, Vector] = {}
        self.scalars: dict[int, Vector] = {}
        value = f(self._tree(self.x, self._dtypes), *args)
        check_scalar(backend, value)
        self.values = "float64" if self.dtype == "float64" or self._takes_float64(value) else self.dtype

    def direction(self, number: int) -> Vector:
        """A random direction, the same in every run."""
        return self._rounded(np.random.default_rng([SEED, number]).standard_normal(self.x.size))

    def operator(self, nesting: str, execution: str = "eager") -> Callable[..., Vector]:
        """The public operator for a nesting, or for `"auto"`, on flat vectors.

        Raises, when called:
            Malformed: the result has another shape or dtype than the law says.
        """
        return self._operator(nesting, execution, self._dtypes)

    @functools.cached_property
    def oracle(self) -> Oracle:
        """The truth at x; derivatives to difference are the engine's, each checked before."""
        wide = self._wide
        sources = [Source(nesting, self._operator(nesting, "eager", wide)) for nesting in _SOURCES]
        return Oracle(self._value, self.x, sources=sources, precision=PRECISIONS[self.values])

    @property
    def _wide(self) -> list[Any]:
        return [np.dtype(np.float64)] * len(self._dtypes) if self.values == "float64" else self._dtypes

    def _counted(self, x: Any) -> Any:
        self.calls += 1
        return self._f(x, *self._args)

    def _uncounted(self, x: Any) -> Any:
        """For compilers: torch's compiles again whenever a counter has another value."""
        return self._f(x, *self._args)

    def _operator(self, nesting: str, execution: str, dtypes: list[Any]) -> Callable[..., Vector]:
        options: Any = {"backend": self.backend, "compile": execution != "eager" and execution}
        f = self._counted if execution == "eager" else self._uncounted
        apply = ng.hvp(f, **options) if nesting == AUTO else ng.derivative(f, nesting, **options)
        is_vector = nesting == AUTO or "R" in nesting

        def evaluate(x: Vector, *directions: Vector) -> Vector:
            result = apply(self._tree(x, dtypes), *(self._tree(v, dtypes) for v in directions))
            return self._flat(result, dtypes) if is_vector else self._scalar(result)

        return evaluate

    def _tree(self, flat: Vector, dtypes: list[Any]) -> Any:
        """A flat vector in the structure of x, on the devices of x."""
        leaves = tuple(
            self.backend.asarray(part.reshape(shape).astype(dtype), like)
            for part, shape, dtype, like in zip(self._parts(flat), self._shapes, dtypes, self._leaves, strict=True)
        )
        return offers(self.backend).unflatten(self._structure, leaves)

    def _parts(self, flat: Vector) -> Iterator[Vector]:
        start = 0
        for shape in self._shapes:
            yield flat[start : start + math.prod(shape)]
            start += math.prod(shape)

    def _rounded(self, flat: Vector) -> Vector:
        """A vector that every leaf's dtype can hold, so that float32 and float64 mean the same direction."""
        rounded = [part.astype(dtype) for part, dtype in zip(self._parts(flat), self._dtypes, strict=True)]
        return np.concatenate([part.astype(np.float64) for part in rounded])

    def _flat(self, result: Any, dtypes: list[Any]) -> Vector:
        leaves = [np.asarray(self.backend.to_numpy(leaf)) for leaf in offers(self.backend).flatten(result)[0]]
        found = [(leaf.shape, str(leaf.dtype)) for leaf in leaves]
        wanted = [(shape, str(dtype)) for shape, dtype in zip(self._shapes, dtypes, strict=True)]
        if found != wanted:
            raise Malformed(f"the result is {found}, it should be {wanted}")
        return np.concatenate([np.ravel(leaf).astype(np.float64) for leaf in leaves])

    def _scalar(self, result: Any) -> Vector:
        value = np.asarray(self.backend.to_numpy(result), dtype=np.float64)
        if value.shape != ():
            raise Malformed(f"the result has shape {value.shape}, it should have ()")
        return value

    def _value(self, x: Vector) -> float:
        """The value of f without differentiation; nan where it raises, as an engine may outside the domain."""
        try:
            return self._number(self._f(self._tree(x, self._wide), *self._args))
        except MemoryError:
            raise
        except Exception:
            return math.nan

    def _number(self, value: Any) -> float:
        return value if type(value) is float else float(self.backend.to_numpy(value))

    def _takes_float64(self, narrow: Any) -> bool:
        """Whether f gives a value of float64 for x in float64, and the same one but for rounding."""
        try:
            value = self._f(self._tree(self.x, [np.dtype(np.float64)] * len(self._dtypes)), *self._args)
            wide = np.asarray(self.backend.to_numpy(value))
        except MemoryError:
            raise
        except Exception:  # the engine stores no float64, or does not mix the two
            return False
        return bool(wide.dtype == np.float64 and np.isclose(self._number(narrow), wide, rtol=_CLOSE, atol=_CLOSE**2))


def _narrowest(dtypes: list[Any]) -> str:
    names = [str(dtype) for dtype in dtypes]
    other = next((name for name in names if name not in PRECISIONS), None)
    if other is not None:
        raise ng.NotDifferentiableError(f"x has dtype {other}; numbers of float32 and float64 can be judged.")
    return "float32" if "float32" in names else "float64"
