"""What can be measured: a function on a backend, at a point, with a truth to compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from nestgrad.extend import Backend
from nestgrad_conformance.truth.oracle import Oracle
from nestgrad_conformance.truth.truth import Precision

from .scenario_case import Vector


class Case(Protocol):
    """A scenario's function, or a user's own.

    Attributes:
        backend: what differentiates it.
        inner: whose functions are differentiated, if it is the other one of a pair.
        x: the point, flat.
        calls: how often the function was evaluated on the backend, not compiled.
        vectors: the first result of each order that is a vector; `scalars`: that is a scalar.
        precision: that of the results.
        oracle: the truth about this function at `x`.
    """

    backend: Backend
    inner: Backend | None
    x: Vector
    calls: int
    vectors: dict[int, Vector]
    scalars: dict[int, Vector]
    precision: Precision

    @property
    def is_probe(self) -> bool:
        """Whether it is known that f is not smooth at x, so that there is no truth to compare with."""

    @property
    def times(self) -> int:
        """How often an operator is called: an engine may go another way in a later call."""

    @property
    def oracle(self) -> Oracle: ...  # noqa: D102

    def direction(self, number: int) -> Vector:
        """The direction of this number, flat."""

    def operator(self, nesting: str, execution: str = "eager") -> Callable[..., Vector]:
        """The public operator for a nesting, or for `"auto"`, on flat vectors."""
