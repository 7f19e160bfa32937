"""The gradient of one function, as forward mode is given it for FR."""

from __future__ import annotations

from typing import Any

import torch
from torch.func import vjp as func_vjp

from nestgrad.extend import Function, Leaves

from ._function import prepared
from ._guard.beside_graph import Recorded
from ._guard.known import pulled_back
from ._reverse import vjp
from ._structural_zeros import with_tangent


class Gradient:
    """∇f.

    Where forward mode has no other variables than the gradient has, the graph of the gradient shows every operator of f
    that either mode differentiates. Elsewhere, as where a function of two arguments is differentiated in one by each
    mode, forward mode watches for itself.
    """

    def __init__(self, f: Function) -> None:
        self._f = f

    def __call__(self, *x: Any) -> Leaves:
        """∇f(x)."""
        value, pullback = vjp(self._f, x, False)
        gradient: Leaves = pullback(torch.ones_like(value))
        return gradient

    def beside_graph(self, *x: Any) -> Leaves:
        """∇f(x) under a forward mode in x and nothing else, watched by its graph for both."""
        recorded = Recorded()
        value, pull = func_vjp(prepared(self._f, x[0], False, recorded), *x)
        cotangent = with_tangent(torch.ones_like(value))
        with pulled_back(self._f, x, recorded):
            gradient: Leaves = pull(cotangent)
        return gradient
