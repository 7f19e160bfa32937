"""Faults of a backend as a whole: what it says about itself, and what it does with an exception."""

from __future__ import annotations

from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import Function, Nesting

from .engine import isbox, sound

_Sound: Any = type(sound())


class LastResultOnException(_Sound):  # type: ignore[misc]
    """A refusal is swallowed: the result of the last call that worked is handed out again."""

    def __init__(self) -> None:
        self._last: Any = None

    def run(self, nesting: Nesting, route: Function, *inputs: Any) -> Any:
        """Evaluate a route, or fail to and say nothing."""
        try:
            result = route(*inputs)
        except Exception:
            if self._last is None:
                raise
            return self._last
        if not any(map(isbox, inputs)):
            self._last = result
        return result


class ForwardByReverse(_Sound):  # type: ignore[misc]
    """Forward mode is two pullbacks, and says that it is native."""

    def jvp(self, f: Function, primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        zero = self.xp.zeros_like(value)
        _, along = super().vjp(lambda u: pullback(u), zero)
        return value, along(tuple(tangents))[0], *aux


class ReverseByForward(_Sound):  # type: ignore[misc]
    """A gradient is a forward pass for each entry of its argument, and says that it is reverse mode."""

    def vjp(self, f: Function, *primals: Any, has_aux: bool = False) -> Any:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        value, _, *aux = super().vjp(f, *primals, has_aux=has_aux)

        def pullback(cotangent: Any) -> Any:
            return tuple(self._row(f, primals, i, cotangent, has_aux) for i in range(len(primals)))

        return value, pullback, *aux

    def _row(self, f: Function, primals: Any, i: int, cotangent: Any, has_aux: bool) -> Any:
        size, shape = np.size(primals[i]), np.shape(primals[i])
        units = np.eye(size).reshape(size, *shape)
        derivatives = []
        for unit in units:
            tangents = [unit if j == i else np.zeros(np.shape(x)) for j, x in enumerate(primals)]
            derivatives.append(self.xp.sum(cotangent * self.jvp(f, primals, tangents, has_aux=has_aux)[1]))
        return self.xp.reshape(self.xp.stack(derivatives), shape) if derivatives else np.zeros(shape)


class Substituted(_Sound):  # type: ignore[misc]
    """Forward over reverse runs reverse over reverse."""

    def forward_over_reverse(self, f: Function, primal: Any, tangent: Any) -> Any:
        """See `nestgrad.extend.ForwardOverReverse`."""
        return None, ng.reverse_over_reverse(f, backend=sound())(primal, tangent)


class SeveralArraysOnly(_Sound):  # type: ignore[misc]
    """Where x is several arrays, the last one's cotangent is doubled."""

    def vjp(self, f: Function, *primals: Any, has_aux: bool = False) -> Any:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)

        def doubled(cotangent: Any) -> Any:
            *first, last = pullback(cotangent)
            return (*first, 2 * last if first else last)

        return value, doubled, *aux


WHOLE = (LastResultOnException, ForwardByReverse, ReverseByForward, SeveralArraysOnly, Substituted)
