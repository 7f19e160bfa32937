"""By hand on autograd."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.scipy.special import logsumexp

from nestgrad_conformance.bench.catalogue import FLAT, Case
from nestgrad_conformance.bench.programs import Function, Names, Problem

from .engine import Engine, Maker


def _log_softmax(h: Any) -> Any:
    return h - logsumexp(h, axis=-1, keepdims=True)


def _rr(f: Function) -> Function:
    product = autograd.make_hvp(f)
    return lambda x, v: product(x)[0](v)


def _fr(f: Function) -> Function:
    along = autograd.make_jvp(autograd.grad(f))
    return lambda x, v: along(x)(v)[1]


class _Autograd(Engine):
    names = Names(anp.sqrt, anp.tanh, anp.sum, _log_softmax)
    options = {"backend": "autograd"}  # noqa: RUF012

    def array(self, numbers: np.ndarray) -> Any:
        return numbers

    def linearised(self) -> dict[str, Maker]:
        return {"make_hvp": lambda f: lambda x: autograd.make_hvp(f)(x)[0]}

    def by_hand(self, case: Case, problem: Problem) -> dict[str, Maker]:
        if case.call == "gradient":
            return {"R": autograd.grad}
        if case.call == "hessian":
            return {"autograd.hessian": autograd.hessian}
        if problem.g is not None:
            g = problem.g
            return {"RR": lambda f: _of_gradient(g, f, problem.argnums)}
        products: dict[str, Maker] = {"RR": _rr, "FR": _fr}
        if case.program in FLAT:  # it multiplies arrays alone
            products["hessian_vector_product"] = autograd.hessian_vector_product
        return products


def _of_gradient(g: Function, f: Function, argnums: int) -> Function:
    inner = autograd.grad(f)
    derivative: Function = autograd.grad(lambda *x: g(inner(*x)), argnums)
    return derivative


ENGINE = _Autograd()
