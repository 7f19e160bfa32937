"""What a scenario is: a smooth function, where to evaluate it, and how it is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import optree

from nestgrad.extend import COMPILERS

from ._source import source

Tree = Any
Inputs = Callable[[np.random.Generator], Tree]

TIERS = ("ops", "programs", "native", "transforms", "foreign")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One function to differentiate, as data: importing it imports no engine.

    Attributes:
        id: a stable name, unique in the suite.
        function: `function(xp, x)` against an array namespace, giving a scalar; or for an engine's own
            calls `"module:name"`, resolved in the worker, a function of x alone.
        inputs: x, float64 NumPy arrays in any container, from a random generator; inside the domain
            where the function is smooth.
        tier: one of `TIERS`.
        features: tags, among them the operations that limits may name.
        nested: the function takes a third argument, `inner(f, nesting)`, which differentiates f on the
            backend under test: for functions that differentiate inside.
        pieces: functions of `(xp, *args)` that run on the inner engine of a pair; `function` takes them, without xp,
            after x. Empty for a function of one engine.
        features_inside: tags of the pieces, for what the inner engine declares; `features` are for the outer one.
        letters_inside: by which the function itself differentiates its pieces: the inner engine is asked for nestings
            with these behind.
        reference: `reference(np, x)` with the same values, where NumPy cannot evaluate the function.
        closed_form: `closed_form(x, *directions)`: Dᵏf(x)[*directions, ·], or None where it has none.
        operation: the function of the namespace that it is about, such as `linalg.det`; a namespace that lacks it
            makes the cell absent.
        order: the highest order that the suite measures; the function is smooth at least to it.
        sample: one of the few that stand for all where measuring all would take too long: with a slow
            compiler, and in order 3 with any.
        probe: f is not smooth at x; what an engine takes for the derivative is reported, and not judged.
        setting: `"module:name"` of how the operator is called, or None as usual: see the folder `settings`.
        base: the id of the scenario whose function this is, in a setting or in another dtype.
        plain: the row that stands for its operation, with nothing special about the call or the inputs.
        capability: a method of the backend without which the cell is absent.
        nestings: patterns on the codes of those that are measured, as fnmatch reads them, with spaces between.
        executions: those that it is measured in; all if empty.
        dtype: the format of inputs and results; the truth is computed in float64, at inputs that this format holds.
        engine: the one engine this scenario is for, or None.
        revision: rises when function, inputs or domain change.
        since: the version of the backend spec in which it came.
    """

    id: str
    function: Callable[..., Any] | str
    inputs: Inputs
    tier: str = "programs"
    features: frozenset[str] = frozenset()
    nested: bool = False
    pieces: tuple[Callable[..., Any], ...] = ()
    features_inside: frozenset[str] = frozenset()
    letters_inside: str = ""
    reference: Callable[..., Any] | None = None
    closed_form: Callable[..., Any] | None = None
    operation: str | None = None
    order: int = 2
    sample: bool = False
    probe: bool = False
    setting: str | None = None
    base: str | None = None
    plain: bool = False
    capability: str | None = None
    nestings: str = "*"
    executions: tuple[str, ...] = ()
    dtype: str = "float64"
    engine: str | None = None
    revision: int = 1
    since: str = "1.0"

    def __post_init__(self) -> None:
        wrong = [name for name, fits in self._fits().items() if not fits]
        if wrong:
            raise TypeError(f"Scenario {self.id!r}: of another type or value than it may have: {', '.join(wrong)}.")

    def _fits(self) -> dict[str, bool]:
        """Whether the fields by which a run is planned can be used, so that a wrong one ends no run."""
        names = ("operation", "setting", "base", "capability", "engine")
        return {
            "id": isinstance(self.id, str),
            "function": callable(self.function) or isinstance(self.function, str),
            "inputs": callable(self.inputs),
            "tier": self.tier in TIERS,
            "features": _are_tags(self.features),
            "pieces": isinstance(self.pieces, tuple) and all(map(callable, self.pieces)),
            "features_inside": _are_tags(self.features_inside),
            **{name: isinstance(getattr(self, name), (str, type(None))) for name in names},
            "order": isinstance(self.order, int) and self.order >= 1,
            "letters_inside": isinstance(self.letters_inside, str) and set(self.letters_inside) <= {"F", "R"},
            "nestings": isinstance(self.nestings, str),
            "executions": isinstance(self.executions, tuple) and {"eager", *COMPILERS}.issuperset(self.executions),
            "dtype": isinstance(self.dtype, str),
            "revision": isinstance(self.revision, int),
        }

    def x(self, seed: int) -> Tree:
        """The inputs for a seed; the same on every machine."""
        return self.inputs(generator(seed, self.id, "x"))

    def direction(self, seed: int, number: int) -> Tree:
        """The direction of this number for a seed: random, and different for every number."""
        rng = generator(seed, self.id, f"v{number}")
        return optree.tree_map(lambda leaf: np.asarray(rng.standard_normal(np.shape(leaf))), self.x(seed))

    @property
    def by_numpy(self) -> Callable[[Tree], Any] | None:
        """The values by NumPy alone, of arrays of NumPy; None where it cannot evaluate the function."""
        if self.reference is not None:
            return partial(self.reference, np)
        if isinstance(self.function, str) or self.nested:
            return None
        function, pieces = self.function, [partial(piece, np) for piece in self.pieces]
        return lambda x: function(np, x, *pieces)

    @property
    def digest(self) -> str:
        """Changes with what the scenario computes, so that a change needs a revision.

        It is of the texts of its functions and of all that they use in their package, the setting's in its own, of the
        inputs and of the value.

        Raises:
            ScenarioError: a function has no text in a file.
        """
        given = (self.inputs, self.reference, self.closed_form, *self.pieces)
        texts = [source(self.function, *(one for one in given if one is not None))]
        if self.setting is not None:
            texts.append(source(self.setting))
        parts = [*texts, *(f"{leaf.shape} {_rounded(leaf)}" for leaf in optree.tree_leaves(self.x(0)))]
        if self.by_numpy is not None:
            parts.append(_rounded(self.by_numpy(self.x(0))))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def scenario(inputs: Inputs, *features: str, **fields: Any) -> Callable[[Callable[..., Any]], Scenario]:
    """Decorate a function of `(xp, x)` into the scenario of its name."""
    return lambda f: Scenario(id=f.__name__, function=f, inputs=inputs, features=frozenset(features), **fields)


def collect(namespace: dict[str, Any]) -> tuple[Scenario, ...]:
    """The scenarios of a module, in the order of its text."""
    return tuple(value for value in namespace.values() if isinstance(value, Scenario))


def generator(seed: int, *key: str) -> np.random.Generator:
    """A random generator that depends on the seed and the key alone."""
    digest = hashlib.sha256("/".join((str(seed), *key)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def normal(*shape: int) -> Inputs:
    """Standard normal entries."""
    return lambda rng: np.asarray(rng.standard_normal(shape))


def uniform(low: float, high: float, *shape: int) -> Inputs:
    """Entries uniform in an interval."""
    return lambda rng: np.asarray(rng.uniform(low, high, shape))


def _are_tags(value: Any) -> bool:
    return isinstance(value, Set) and all(isinstance(tag, str) for tag in value)


def _rounded(values: Any) -> str:
    """Values to seven digits: the same whatever the machine rounds."""
    return " ".join(f"{value:.6e}" for value in np.asarray(values, dtype=np.float64).ravel())
