"""What an operator computes: one class for each operator, with its law."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from ._inputs import split_aux
from ._layout import Layout
from ._nesting import Nesting
from ._offers import Offers
from ._user_function import UserFunction
from .typing import Function, Leaves

Solve: TypeAlias = Callable[[Function, Leaves, tuple[Leaves, ...]], tuple[Any, ...]]
"""`solve(f, x, directions)`: the derivative of a checked scalar function of leaves, as the user gets it, and behind it
what else there is, such as f's value and its aux."""


class Comparison(NamedTuple):
    """What a derivative can be compared with: differences of values along a direction.

    Attributes:
        values: a function of the leaves of x that gives leaves, or a scalar.
        direction: for each leaf of x the direction in which it moves, None for one that does not.
        found: what is said to be the derivative of `values` along it.
        values_along, found_along: what each is contracted with first, or None.
    """

    values: Function
    direction: tuple[Any, ...]
    found: Any
    values_along: Leaves | None = None
    found_along: Leaves | None = None


class Differentiated(NamedTuple):
    """What a nesting has given: `result`, of a scalar function of leaves at x, along these directions."""

    offers: Offers
    nesting: Nesting
    f: Function
    x: Leaves
    directions: tuple[Leaves, ...]
    layout: Layout
    result: Any


class Definition(ABC):
    """What an operator computes, apart from f.

    Attributes:
        name: the operator's name, for messages.
        directions: how many directions follow the primal.
        argnums: which arguments of f are differentiated.
        keywords: those of a call that are not f's.
        functions: functions of the user's besides f.
        function: what f is for a backend, a class; by default f must return a scalar.
        is_verified: whether a result can be compared with differences.
        takes_auto: whether `nesting="auto"` can be asked for.
    """

    name: str
    directions: int = 0
    argnums: tuple[int, ...] = (0,)
    keywords: tuple[str, ...] = ()
    functions: tuple[Function, ...] = ()
    function: type[UserFunction] = UserFunction
    is_verified: bool = False
    takes_auto: bool = False

    @abstractmethod
    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        """The nestings to try on a backend, best first, one if it was named; raises where it cannot run the first."""

    def by(self, nesting: Nesting) -> Definition | None:
        """The same operator by another nesting; None where it has one alone."""
        return None

    def comparison(self, at: Differentiated) -> Comparison | None:
        """What the result of a nesting can be compared with, for a scalar function; None where not `is_verified`."""
        return None

    look: Callable[[Offers, Function, Leaves], bool] | None = None
    """A look at f itself, a function of leaves without aux, at the first call that has values; undone afterwards. It
    gives whether they could be seen, and raises where f is not what this operator takes."""

    @abstractmethod
    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        """How to compute it by this nesting, native or composed: decided here, once, for all calls of one layout.

        f is a function of leaves that returns a checked scalar, or `(scalar, aux)` if `has_aux`.
        """

    def result(self, derivative: Any, *others: Any) -> Any:
        """What the user gets, made of what `Solve` gave."""
        return (derivative, *others) if others else derivative

    def undifferentiated(self, offers: Offers, f: Function, x: Leaves, layout: Layout, has_aux: bool) -> Any:
        """F's value: calls all functions of the user's, as far as can be without a derivative.

        What this raises is the user's.
        """
        return split_aux(f(*x), has_aux)[0]
