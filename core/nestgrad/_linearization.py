"""The gradient, linearised at one point: recorded once, for products with many directions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ._choose import candidates
from ._compose import compose_gradient_vjp, gradient
from ._definition import Comparison, Definition, Differentiated, Solve
from ._errors import NestgradError
from ._generic import generic
from ._inputs import split_aux
from ._layout import Layout
from ._nesting import Nesting
from ._offers import Offers
from ._products import without_aux
from .typing import Function, Leaves


class NothingToHoldError(NestgradError):
    """No nesting that was asked for records anything that would serve for a second direction."""


class WithValue:
    """The user's function with its value as aux, in front of its own aux."""

    def __init__(self, f: Function, has_aux: bool) -> None:
        self._f, self._has_aux = f, has_aux

    def __call__(self, *arguments: Any, **kwargs: Any) -> tuple[Any, tuple[Any, ...]]:
        """`(value, (value,))`, or `(value, (value, aux))`."""
        found = split_aux(self._f(*arguments, **kwargs), self._has_aux)
        return found[0], found


class Linearization(Definition):
    """(∇f(x), push): the linear map `push` of directions to products ∇²f(x)v, of a function `WithValue`.

    By RR it is the pullback of the gradient. By FR it is what the engine's `linearize` gives, if it has that. By other
    nestings there is nothing that would serve again.
    """

    name, is_verified, takes_auto = "hvp", True, True

    def __init__(self, nesting: str | Nesting, *, compiled: bool) -> None:
        self._asked, self._compiled = nesting, compiled

    def by(self, nesting: Nesting) -> Definition | None:
        return None  # what is recommended is another nesting of the product

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        held = {"FR"} if offers.linearize else set()
        if not self._compiled:
            held.add("RR")  # a pullback comes out of no program
        found = tuple(nesting for nesting in candidates(offers, self._asked) if nesting.code in held)
        if not found:
            raise NothingToHoldError
        return found

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, nesting, f, x, result = at.offers, at.nesting, at.f, at.x, at.result
        along, (_, push) = generic(offers, x), result
        return Comparison(gradient(offers.backend, f), along, pushed(nesting, push, along))

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        record = _by_linearize(offers) if nesting.code == "FR" else _by_pullback(offers)
        return record if self._compiled else _tried(offers, nesting, record)

    def result(self, derivative: Any, *others: Any) -> Any:
        (found, *_), (push, aux) = derivative, others
        return (found, push), aux


def pushed(nesting: Nesting, push: Callable[..., Any], v: Leaves) -> Leaves:
    """The leaves of ∇²f(x)v by what a `Linearization` by this nesting gave."""
    found: Leaves = push(*v) if nesting.code == "FR" else push(v)
    return found


def _by_linearize(offers: Offers) -> Solve:
    assert offers.linearize is not None
    linearize = offers.linearize

    def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        scalar, (aux,) = without_aux(f, x, True)
        found, push = linearize(gradient(offers.backend, scalar), *x)
        return (found,), push, aux

    return solve


def _by_pullback(offers: Offers) -> Solve:
    of_gradient = offers.gradient_vjp or functools.partial(compose_gradient_vjp, offers.backend)

    def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        places = tuple(range(len(x)))
        found, pullback, aux = of_gradient(f, x, places, places, has_aux=True)
        return (found,), pullback, aux

    return solve


def _tried(offers: Offers, nesting: Nesting, record: Solve) -> Solve:
    """The same, with a product of ones at the first call: what is wrong with one is to be seen before it is needed."""
    is_tried: list[bool] = []

    def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        (found,), push, aux = record(f, x, directions)
        if is_tried:
            return (found,), push, aux
        product = pushed(nesting, push, tuple(map(offers.backend.xp.ones_like, x)))
        is_tried.append(True)
        return (found, product), push, aux

    return solve
