"""Custom rules, checkpoints, control flow and transforms as users of jax write them.

The functions of the scenarios in `native`, of one array x each.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name

from .normalisation import _ramp, _weighted


@jax.custom_jvp
def _product(x: Any, y: Any) -> Any:
    return jnp.sin(x) * y


_product.defjvps(lambda t, ans, x, y: t * jnp.cos(x) * y, lambda t, ans, x, y: t * jnp.sin(x))


def custom_jvp_per_argument(x: Any) -> Any:
    """jax.custom_jvp with defjvps, one rule for each argument."""
    return jnp.sum(_product(x, x**2) ** 2)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _applied(f: Any, x: Any) -> Any:
    return f(x)


@_applied.defjvp
def _applied_jvp(f: Any, primals: Any, tangents: Any) -> Any:
    return jax.jvp(f, primals, tangents)


def custom_jvp_nondiff(x: Any) -> Any:
    """jax.custom_jvp with a function among its arguments."""
    return jnp.sum(_applied(jnp.tanh, x) ** 2)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _powered(exponent: Any, x: Any) -> Any:
    return x**exponent


_powered.defvjp(
    lambda exponent, x: (x**exponent, x),
    lambda exponent, x, g: (g * exponent * x ** (exponent - 1),),
)


def custom_vjp_nondiff(x: Any) -> Any:
    """jax.custom_vjp with nondiff_argnums."""
    return jnp.sum(_powered(3, x) * x)


@jax.custom_vjp
def _root(x: Any) -> Any:
    return jnp.sqrt(x)


_root.defvjp(lambda x: (jnp.sqrt(x),) * 2, lambda saved, g: (g / (2 * saved),))


def custom_vjp_saved_output(x: Any) -> Any:
    """jax.custom_vjp that saves its output: differentiated again through what it saved."""
    return jnp.sum(_root(x) ** 3)


@jax.custom_vjp
def _clipped_gradient(x: Any) -> Any:
    return x * 1.0


_clipped_gradient.defvjp(lambda x: (x * 1.0, None), lambda _, g: (jnp.clip(g, -1e3, 1e3),))


def custom_vjp_clip(x: Any) -> Any:
    """jax.custom_vjp that clips the cotangent, here to bounds that are never reached."""
    return jnp.sum(jnp.sin(_clipped_gradient(x)) * x)


def custom_vjp_in_scan(x: Any) -> Any:
    """A jax.custom_vjp function inside lax.scan."""
    last, _ = lax.scan(lambda y, _: (_root(y) + x, None), x, None, length=3)
    return jnp.sum(last**2)


def custom_gradient(x: Any) -> Any:
    """jax.custom_gradient."""
    rule = jax.custom_gradient(lambda y: (jnp.sin(y), lambda g: g * jnp.cos(y)))
    return jnp.sum(rule(x) ** 2)


def closure_converted(x: Any) -> Any:
    """jax.closure_convert of a function that captures x."""
    function, captured = jax.closure_convert(lambda y: jnp.sum(jnp.sin(y) * x), x)
    return function(x**2, *captured) + jnp.sum(x**3)


@jax.custom_jvp
def _host_sine(x: Any) -> Any:
    return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")


@_host_sine.defjvp
def _host_sine_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return _host_sine(x), t * jnp.sin(x + np.pi / 2)


def callback_with_a_rule(x: Any) -> Any:
    """A callback to the host with a rule by jax.custom_jvp."""
    return jnp.sum(_host_sine(x) ** 2)


def debug_print(x: Any) -> Any:
    """jax.debug.callback, as jax.debug.print uses it, does not touch the number."""
    jax.debug.callback(lambda _: None, x)
    return jnp.sum(jnp.sin(x))


def custom_linear_solve(x: Any) -> Any:
    """lax.custom_linear_solve of a symmetric matrix that is a part of x."""
    matrix = x @ x.T + 2 * jnp.eye(3)
    solution = lax.custom_linear_solve(
        lambda y: matrix @ y, x[0] ** 2, lambda _, b: jnp.linalg.solve(matrix, b), symmetric=True
    )
    return _weighted(solution)


def conjugate_gradients(x: Any) -> Any:
    """jax.scipy.sparse.linalg.cg, differentiated implicitly."""
    matrix = x @ x.T + 2 * jnp.eye(3)
    solution, _ = jax.scipy.sparse.linalg.cg(lambda y: matrix @ y, x[0] ** 2, tol=1e-14, atol=1e-14)
    return _weighted(solution)


def gmres(x: Any) -> Any:
    """jax.scipy.sparse.linalg.gmres, differentiated implicitly."""
    matrix = x / 4 + 2 * jnp.eye(3)
    solution, _ = jax.scipy.sparse.linalg.gmres(lambda y: matrix @ y, x[0] ** 2, tol=1e-14, atol=1e-14)
    return _weighted(solution)


def checkpoint_policy(x: Any) -> Any:
    """jax.checkpoint that saves dots alone."""
    block = jax.checkpoint(lambda y: jnp.tanh(y @ _ramp(3, 3)) * y, policy=jax.checkpoint_policies.dots_saveable)
    return jnp.sum(block(block(x)) ** 2)


def checkpoint_named(x: Any) -> Any:
    """jax.checkpoint that saves what has a name."""
    policy = jax.checkpoint_policies.save_only_these_names("kept")
    block = jax.checkpoint(lambda y: checkpoint_name(jnp.sin(y), "kept") * y, policy=policy)
    return jnp.sum(block(x) ** 2)


def checkpoint_in_scan(x: Any) -> Any:
    """jax.checkpoint of the body of lax.scan."""
    body = jax.checkpoint(lambda y, _: (jnp.sin(y) + x * y, None), prevent_cse=False)
    return jnp.sum(lax.scan(body, x, None, length=3)[0] ** 2)


def stop_gradient(x: Any) -> Any:
    """lax.stop_gradient of a constant and of a shift that cancels, so that the values tell the derivative."""
    constant = lax.stop_gradient(jnp.exp(_ramp(*x.shape)))
    return _weighted(jax.nn.softmax(x - lax.stop_gradient(jnp.max(x)))) + jnp.sum(jnp.sin(constant * x))


def scan_in_reverse(x: Any) -> Any:
    """lax.scan from the end, unrolled in part, over a tree."""
    pairs = {"a": x, "b": x**2}
    last, history = lax.scan(
        lambda c, e: (c * jnp.cos(e["a"]) + e["b"], c**2), jnp.float64(0.5), pairs, reverse=True, unroll=2
    )
    return last**2 + _weighted(history)


def scan_of_cond(x: Any) -> Any:
    """lax.cond inside lax.scan: the branch depends on the state's sign."""
    step = lambda c, e: (lax.cond(c > 0, lambda y: jnp.sin(y) * e, lambda y: y**2 + e, c), c)  # noqa: E731
    last, history = lax.scan(step, jnp.float64(1.0), x)
    return last**2 + _weighted(history)


def switch_by_value(x: Any) -> Any:
    """lax.switch on an index computed from x, constant around the inputs."""
    index = jnp.clip(jnp.sum(x > -99).astype(int), 0, 2)
    return jnp.sum(lax.switch(index, (jnp.sin, jnp.cos, lambda y: y**3), x))


def vmapped_cond(x: Any) -> Any:
    """jax.vmap of lax.cond, which becomes a select."""
    return jnp.sum(jax.vmap(lambda y: lax.cond(y > 0, jnp.sin, lambda z: z**3, y))(x) ** 2)


def map_in_batches(x: Any) -> Any:
    """lax.map with a batch size that leaves a remainder."""
    return jnp.sum(lax.map(lambda row: jnp.sin(row) * row[0], x, batch_size=2) ** 2)


def associative_scan_of_matrices(x: Any) -> Any:
    """lax.associative_scan by products of matrices."""
    return _weighted(lax.associative_scan(jnp.matmul, x.reshape(4, 2, 2)))


def fori_loop_by_index(x: Any) -> Any:
    """lax.fori_loop that reads and writes by its index."""
    body = lambda i, y: y.at[i].set(jnp.sin(y[i - 1]) * x[i])  # noqa: E731
    return _weighted(lax.fori_loop(1, 4, body, x**2))


def jvp_inside(x: Any) -> Any:
    """jax.jvp, jax.linearize and jax.vjp inside."""
    _, tangent = jax.jvp(jnp.sin, (x,), (x**2,))
    _, push = jax.linearize(jnp.cos, x)
    _, pull = jax.vjp(jnp.tanh, x)
    return jnp.sum(tangent + push(x) + pull(x**2)[0])


def hessian_inside(x: Any) -> Any:
    """jax.hessian inside."""
    return _weighted(jax.hessian(lambda y: jnp.sum(jnp.sin(y)) * jnp.sum(y**2))(x))


def optimisation_barrier(x: Any) -> Any:
    """lax.optimization_barrier."""
    return jnp.sum(lax.optimization_barrier(jnp.sin(x)) ** 2)


def reduce_precision(x: Any) -> Any:
    """lax.reduce_precision to the bits that float64 has."""
    return jnp.sum(lax.reduce_precision(jnp.sin(x), 11, 52) ** 2)


def composite(x: Any) -> Any:
    """lax.composite."""
    return jnp.sum(lax.composite(lambda y: jnp.sin(y) * y, name="nestgrad.test")(x) ** 2)
