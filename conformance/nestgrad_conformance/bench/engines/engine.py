"""What a file of routes by hand gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np

import nestgrad as ng
from nestgrad_conformance.bench.catalogue import Case
from nestgrad_conformance.bench.programs import Function, Names, Problem, problem

Maker = Callable[[Function], Function]
"""Makes a derivative of f, as `ng.hvp` does."""


class Engine(ABC):
    """An engine, and how its users write by hand what nestgrad does.

    Attributes:
        names: what programs are written with.
        options: nestgrad's keywords, where arrays do not tell the engine.
    """

    names: Names
    options: ClassVar[Mapping[str, Any]] = {}

    @abstractmethod
    def array(self, numbers: np.ndarray) -> Any:
        """An array of the engine."""

    @abstractmethod
    def by_hand(self, case: Case, problem: Problem) -> dict[str, Maker]:
        """Routes by what they are called: a nesting's code if written by hand, else the function of a library."""

    def linearised(self) -> dict[str, Maker]:
        """Routes to `x ↦ (v ↦ ∇²f(x)v)`, which record f once for many directions."""
        raise NotImplementedError

    def compiled(self, route: Function, execution: str) -> Function:
        """A route in the engine's own compiler."""
        raise NotImplementedError

    def finished(self, value: Any) -> Any:
        """The value, once it is computed."""
        return value

    def forget(self) -> None:  # noqa: B027
        """Give up what was compiled, where that would be in the way of what is compiled next."""

    def problem(self, case: Case) -> Problem:
        """What a case is about."""
        return problem(self.names, case.call, case.program, case.size, self.array)

    def operator(self, case: Case, problem: Problem) -> Maker:
        """The operator of nestgrad."""
        options = dict(self.options)
        if case.execution != "eager" and case.made != "inside":
            options["compile"] = case.execution
        if case.program == "rows":
            options["batched"] = True
        made: Callable[..., Function] = getattr(ng, case.call)
        if problem.g is not None:
            made = partial(made, problem.g, argnums=problem.argnums)
        return partial(made, **options)
