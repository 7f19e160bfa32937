"""By hand on TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_conformance.bench.catalogue import Case
from nestgrad_conformance.bench.programs import Function, Names, Problem

from .engine import Engine, Maker


def _gradient(f: Function) -> Function:
    def gradient(x: Any, *others: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x, *others)
        return tape.gradient(y, x)

    return gradient


def _rr(f: Function) -> Function:
    gradient = _gradient(f)

    def product(x: Any, v: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = gradient(x)
        return tape.gradient(y, x, output_gradients=v)

    return product


def _fr(f: Function) -> Function:
    gradient = _gradient(f)

    def product(x: Any, v: Any) -> Any:
        with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
            y = gradient(x)
        return accumulator.jvp(y)

    return product


def _kept(f: Function) -> Function:
    gradient = _gradient(f)

    def linearise(x: Any) -> Function:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = gradient(x)
        return lambda v: tape.gradient(y, x, output_gradients=v)

    return linearise


def _of_rows(u: Function) -> Function:
    """The Laplacian of each row, by d directions for all."""
    gradient = _gradient(lambda x: tf.reduce_sum(u(x)))

    def laplacian(x: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = gradient(x)
        directions = tf.eye(x.shape[1], dtype=x.dtype)[:, None] * tf.ones_like(x)
        found = tf.vectorized_map(lambda v: tape.gradient(y, x, output_gradients=v), directions)
        return tf.einsum("ini->n", found)

    return laplacian


def _mapped(read: Function) -> Maker:
    """What is read off the Hessian that `tf.vectorized_map` gives."""

    def make(f: Function) -> Function:
        gradient = _gradient(f)

        def derivative(x: Any) -> Any:
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = gradient(x)
            rows = tf.eye(x.shape[0], dtype=x.dtype)
            return read(tf.vectorized_map(lambda e: tape.gradient(y, x, output_gradients=e), rows))

        return derivative

    return make


_READ: dict[str, Function] = {
    "hessian": lambda hessian: hessian,
    "hessian_diagonal": tf.linalg.diag_part,
    "laplacian": tf.linalg.trace,
}


def _of_gradient(g: Function, f: Function, argnums: int) -> Function:
    gradient = _gradient(f)

    def derivative(*x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x[argnums])
            y = g(gradient(*x))
        return tape.gradient(y, x[argnums], unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return derivative


class _TensorFlow(Engine):
    names = Names(tf.sqrt, tf.tanh, tf.reduce_sum, tf.nn.log_softmax)

    def array(self, numbers: np.ndarray) -> Any:
        return tf.constant(numbers)

    def compiled(self, route: Function, execution: str) -> Function:
        found: Function = tf.function(route, jit_compile=execution == "xla")
        return found

    def linearised(self) -> dict[str, Maker]:
        return {"persistent tape": _kept}

    def by_hand(self, case: Case, problem: Problem) -> dict[str, Maker]:
        if case.call == "gradient":
            return {"R": _gradient}
        if case.program == "rows":
            return {"vectorized_map": _of_rows}
        if case.call in _READ:
            return {"vectorized_map": _mapped(_READ[case.call])}
        if problem.g is not None:
            g = problem.g
            return {"RR": lambda f: _of_gradient(g, f, problem.argnums)}
        return {"RR": _rr, "FR": _fr}


ENGINE = _TensorFlow()
