"""By hand on jax."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nestgrad_conformance.bench.catalogue import FLAT, Case
from nestgrad_conformance.bench.programs import Function, Names, Problem

from .engine import Engine, Maker

_SMALL = 1_000
"""Numbers of x, up to which a Hessian is formed."""


def _fr(f: Function) -> Function:
    gradient = jax.grad(f)
    return lambda x, v: jax.jvp(gradient, (x,), (v,))[1]


def _rr(f: Function) -> Function:
    gradient = jax.grad(f)
    return lambda x, v: jax.vjp(gradient, x)[1](v)[0]


def _linearised(f: Function) -> Function:
    record, push = jax.jit(lambda x: jax.linearize(jax.grad(f), x)[1]), jax.jit(lambda linear, v: linear(v))
    return lambda x: partial(push, record(x))


def _hessian(f: Function) -> Function:
    hessian = jax.hessian(f)
    return lambda x, v: hessian(x) @ v


def _diagonal(f: Function) -> Function:
    def along(x: Any, e: Any) -> Any:
        return jax.jvp(lambda x: jax.jvp(f, (x,), (e,))[1], (x,), (e,))[1]

    return lambda x: jax.vmap(along, (None, 0))(x, jnp.eye(x.size))


def _laplacian(f: Function) -> Function:
    diagonal = _diagonal(f)
    return lambda x: jnp.sum(diagonal(x))


def _of_gradient(g: Function, f: Function, argnums: int) -> Function:
    gradient = jax.grad(f)
    derivative: Function = jax.grad(lambda *x: g(gradient(*x)), argnums)
    return derivative


class _Jax(Engine):
    names = Names(jnp.sqrt, jnp.tanh, jnp.sum, jax.nn.log_softmax)

    def array(self, numbers: np.ndarray) -> Any:
        return jnp.asarray(numbers)

    def finished(self, value: Any) -> Any:
        return jax.block_until_ready(value)

    def compiled(self, route: Function, execution: str) -> Function:
        found: Function = jax.jit(route)
        return found

    def linearised(self) -> dict[str, Maker]:
        return {"jax.linearize": _linearised}

    def by_hand(self, case: Case, problem: Problem) -> dict[str, Maker]:
        if case.call == "gradient":
            return {"R": jax.grad}
        if case.program == "rows":
            return {"FF": lambda u: jax.vmap(_laplacian(lambda x: u(x[None])[0]))}
        if case.call in _ALONG_ALL:
            return _ALONG_ALL[case.call]
        if problem.g is not None:
            g = problem.g
            return {"RR": lambda f: _of_gradient(g, f, problem.argnums)}
        products: dict[str, Maker] = {"FR": _fr, "RR": _rr}
        if case.program in FLAT and float(case.size) <= _SMALL:
            products["jax.hessian"] = _hessian
        return products


_ALONG_ALL: dict[str, dict[str, Maker]] = {
    "hessian": {"jax.hessian": jax.hessian},
    "hessian_diagonal": {"FF": _diagonal},
    "laplacian": {"FF": _laplacian},
}
ENGINE = _Jax()
