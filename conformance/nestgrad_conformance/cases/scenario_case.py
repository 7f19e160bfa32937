"""A scenario on a backend, at the inputs of one seed: what there is to differentiate and to judge by.

Inside, points, directions and results are flat float64 vectors; the container that the scenario asks for
is rebuilt around them at the door.
"""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Set
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import optree
from optree.integrations.numpy import tree_ravel

import nestgrad as ng
from nestgrad.extend import COMPILERS, Backend, Compile
from nestgrad.internal import candidates, descriptor, embedded, offers, open_primal, operations_of
from nestgrad_conformance.nestings import AUTO
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.scenarios.settings import Use
from nestgrad_conformance.truth.oracle import Oracle, Source
from nestgrad_conformance.truth.truth import PRECISIONS

Vector = npt.NDArray[np.float64]

_SOURCES = ("R", "F", "RR", "FR", "RF", "FF")


class Malformed(Exception):
    """A result that is not shaped, or not typed, like what was differentiated."""


class Subject:
    """One function on one backend.

    Attributes:
        scenario: the function and its inputs.
        backend: what differentiates it.
        inner: whose functions are differentiated, if it is the other one of a pair.
        seed: of the inputs and directions.
        x: the inputs, flat.
        calls: how often the function was evaluated on the backend, not compiled and in no setting.
        vectors: the first result of each order that is a vector; `scalars`: that is a scalar.
        precision: that of the results.
    """

    def __init__(self, scenario: Scenario, backend: Backend, seed: int, inner: Backend | None = None) -> None:
        self.scenario, self.backend, self.inner, self.seed, self.calls = scenario, backend, inner, seed, 0
        flat, self._rebuild = tree_ravel(scenario.x(seed))
        self.x, self.precision = self._rounded(flat), PRECISIONS[scenario.dtype]
        self.vectors: dict[int, Vector] = {}
        self.scalars: dict[int, Vector] = {}

    @property
    def is_probe(self) -> bool:
        """Whether f is not smooth at x: there is no truth to compare with."""
        return self.scenario.probe

    @property
    def times(self) -> int:
        """Three calls of what stands for all, and of scripted code, for which torch makes a plan at the third."""
        return 3 if self.scenario.sample or "scripted" in self.scenario.features else 1

    def direction(self, number: int) -> Vector:
        """The direction of this number, flat."""
        return self._rounded(tree_ravel(self.scenario.direction(self.seed, number))[0])

    def f(self, x: Any) -> Any:
        """The function on arrays of the backend, counted."""
        self.calls += 1
        return self._function(x)

    def _seen_by(self, execution: str) -> Callable[[Any], Any]:
        """A compiler is not shown the counter: torch's compiles again whenever it has another value."""
        function = self._function  # now: its module is not to be imported inside of a transform
        return self.f if execution == "eager" else function

    def operator(self, nesting: str, execution: str = "eager") -> Callable[..., Vector]:
        """The public operator for a nesting, or for `"auto"`, on flat vectors.

        Raises, when called:
            Malformed: the result has another shape or dtype than the law says.
        """
        if self.scenario.setting is None:
            return self._plain(nesting, execution, self.scenario.dtype)
        setting = pkgutil.resolve_name(self.scenario.setting)
        code = candidates(offers(self.backend), AUTO)[0].code if nesting == AUTO else nesting

        def derive(f: Callable[..., Any], asked: str) -> Any:
            return self._derived(f, AUTO if nesting == AUTO and asked == code else asked, execution)

        use = Use(self.backend, self._function, code, derive, nesting, execution != "eager" and execution)
        return self._on_vectors(setting(use), code, self.scenario.dtype)

    def operations(self) -> Set[str] | None:
        """The engine's operations that the function runs at `x`, or `None` where they cannot be told."""
        offered, function = offers(self.backend), self._function
        tree = optree.tree_map(lambda leaf: leaf.astype(self.scenario.dtype), self._rebuild(self.x))
        leaves, structure = open_primal(offered, "x", tree)
        return operations_of(offered, lambda *leaves: function(offered.unflatten(structure, leaves)), leaves)

    def _plain(self, nesting: str, execution: str = "eager", dtype: str = "float64") -> Callable[..., Vector]:
        """The operator called as usual; the oracle's sources are in float64 whatever the scenario's dtype."""
        return self._on_vectors(self._derived(self._seen_by(execution), nesting, execution), nesting, dtype)

    def _derived(self, f: Callable[..., Any], nesting: str, execution: str) -> Any:
        options: Any = {"backend": self.backend, "compile": execution != "eager" and execution}
        return ng.hvp(f, **options) if nesting == AUTO else ng.derivative(f, nesting, **options)

    def _on_vectors(self, apply: Callable[..., Any], nesting: str, dtype: str) -> Callable[..., Vector]:
        scalar = nesting != AUTO and "R" not in nesting

        def evaluate(x: Vector, *directions: Vector) -> Vector:
            trees = [optree.tree_map(lambda leaf: leaf.astype(dtype), self._rebuild(flat)) for flat in (x, *directions)]
            return self._flat(apply(*trees), [np.zeros((), dtype)] if scalar else optree.tree_leaves(trees[0]), scalar)

        return evaluate

    @functools.cached_property
    def oracle(self) -> Oracle:
        """The truth about this function at `x`."""
        closed = self.scenario.closed_form
        sources = [
            Source(nesting, self._plain(nesting, "compiled" if self._compiles else "eager")) for nesting in _SOURCES
        ]
        if not isinstance(self.scenario.function, str):
            reference = Subject(self.scenario, ng.get_backend(embedded()), self.seed)
            sources = [Source(nesting, reference._plain(nesting)) for nesting in ("R", "RR")] + sources
        return Oracle(
            self._value,
            self.x,
            sources=sources,
            closed_form=None if closed is None else lambda x, *vs: closed(self._rebuild(x), *map(self._rebuild, vs)),
            seed=self.seed,
        )

    @functools.cached_property
    def _function(self) -> Callable[[Any], Any]:
        function, xp, further = self.scenario.function, self.backend.xp, [*map(self._by_inner, self.scenario.pieces)]
        if self.scenario.nested:
            further.append(lambda f, nesting: ng.derivative(f, nesting, backend=self.backend))
        if isinstance(function, str):
            native: Callable[..., Any] = pkgutil.resolve_name(function)
            return (lambda x: native(x, *further)) if further else native
        return lambda x: function(xp, x, *further)

    def _by_inner(self, piece: Callable[..., Any]) -> Callable[..., Any]:
        """A piece of the function on the inner engine; where there is none, on the one that there is."""
        if self.inner is None:
            return functools.partial(piece, self.backend.xp)
        return ng.foreign(functools.partial(piece, self.inner.xp), self.inner)

    def _value(self, x: Vector) -> float:
        """The function's value without differentiation: by NumPy where NumPy can, else by the engine."""
        if (values := self.scenario.by_numpy) is not None:
            return float(values(self._rebuild(x)))
        return float(self.backend.to_numpy(self._forward(optree.tree_map(self.backend.asarray, self._rebuild(x)))))

    @property
    def _compiles(self) -> bool:
        """Whether values and sources are compiled: the oracle asks for dozens, and they are checked anyway."""
        is_uncompiled = self.scenario.setting is None and "compiled" not in (self.scenario.executions or COMPILERS)
        return not is_uncompiled and _is_slow(self.backend.name)

    @functools.cached_property
    def _forward(self) -> Callable[[Any], Any]:
        return cast(Compile, self.backend).compile(self._function) if self._compiles else self._function

    def _rounded(self, flat: Vector) -> Vector:
        """A vector that the scenario's dtype can hold: the truth in float64 is at the same point."""
        return flat.astype(self.scenario.dtype).astype(np.float64)

    def _flat(self, result: Any, like: list[Any], scalar: bool) -> Vector:
        leaves = [self.backend.to_numpy(leaf) for leaf in optree.tree_leaves(result)]
        found, wanted = ([(np.shape(leaf), str(np.asarray(leaf).dtype)) for leaf in side] for side in (leaves, like))
        if found != wanted:
            raise Malformed(f"the result is {found}, it should be {wanted}")
        return np.concatenate([np.ravel(leaf) for leaf in leaves], dtype=np.float64).reshape(() if scalar else -1)


def _is_slow(backend: str) -> bool:
    """Whether what is not compiled takes long. A backend that was made by hand, and is not registered, is fast."""
    try:
        return descriptor(backend).speed("eager") != "fast"
    except ng.BackendNotFoundError:
        return False
