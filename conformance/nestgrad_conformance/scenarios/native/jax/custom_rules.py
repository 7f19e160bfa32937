"""Custom rules, checkpoints and callbacks of jax."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.experimental.ode import odeint as integrate

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(4), "checkpoint")
def checkpoint(x: Any) -> Any:
    """jax.checkpoint."""
    return jnp.sum(jax.checkpoint(lambda y: jnp.sin(y) * y)(x) ** 2)


@row(normal(3), "custom_rule")
def custom_root(x: Any) -> Any:
    """lax.custom_root: the root of y³ + y = x, by Newton's method."""

    def newton(f: Any, guess: Any) -> Any:
        return lax.fori_loop(0, 40, lambda _, y: y - f(y) / (3 * y**2 + 1), guess)

    root = lax.custom_root(lambda y: y**3 + y - x, jnp.zeros_like(x), newton, lambda g, y: y / g(jnp.ones_like(y)))
    return _weighted(root)


@row(normal(2), "custom_rule", "custom_vjp", "odeint")
def odeint(x: Any) -> Any:
    """jax.experimental.ode.odeint, whose rule is a custom_vjp."""
    times = jnp.linspace(0.0, 0.1, 3)  # short: the rule is exact to the solver's tolerance alone
    return _weighted(integrate(lambda y, t: -jnp.sin(t) * y, x, times, rtol=1e-13, atol=1e-13)[-1])


@jax.custom_jvp
def _softplus(x: Any) -> Any:
    return jnp.log1p(jnp.exp(-jnp.abs(x))) + jnp.maximum(x, 0)


@_softplus.defjvp
def _softplus_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return _softplus(x), t / (1 + jnp.exp(-x))


@row(normal(3), "custom_rule", order=3, sample=True)
def custom_jvp(x: Any) -> Any:
    """A rule by jax.custom_jvp."""
    return jnp.sum(_softplus(x) ** 2)


@jax.custom_vjp
def _sine(x: Any) -> Any:
    return jnp.sin(x)


_sine.defvjp(lambda x: (_sine(x), jnp.cos(x)), lambda cosine, g: (g * cosine,))


@row(normal(3), "custom_rule", "custom_vjp", "custom_vjp_recursive")
def custom_vjp(x: Any) -> Any:
    """A rule by jax.custom_vjp whose forward part calls the function itself, as the documentation shows."""
    return jnp.sum(_sine(x) ** 2)


@jax.custom_vjp
def _cosine(x: Any) -> Any:
    return jnp.cos(x)


_cosine.defvjp(lambda x: (jnp.cos(x), jnp.sin(x)), lambda sine, g: (-g * sine,))


@row(normal(3), "custom_rule", "custom_vjp")
def custom_vjp_plain(x: Any) -> Any:
    """A rule by jax.custom_vjp whose forward part does not call the function."""
    return jnp.sum(_cosine(x) ** 2)


@row(normal(3), "pure_callback")
def pure_callback(x: Any) -> Any:
    """A callback to the host."""
    import numpy as np

    return jnp.sum(jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential"))


@jax.custom_jvp
def _product(x: Any, y: Any) -> Any:
    return jnp.sin(x) * y


_product.defjvps(lambda t, ans, x, y: t * jnp.cos(x) * y, lambda t, ans, x, y: t * jnp.sin(x))


@row(normal(3), "custom_rule")
def custom_jvp_per_argument(x: Any) -> Any:
    """jax.custom_jvp with defjvps, one rule for each argument."""
    return jnp.sum(_product(x, x**2) ** 2)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _applied(f: Any, x: Any) -> Any:
    return f(x)


@_applied.defjvp
def _applied_jvp(f: Any, primals: Any, tangents: Any) -> Any:
    return jax.jvp(f, primals, tangents)


@row(normal(3), "custom_rule")
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


@row(normal(3), "custom_rule", "custom_vjp")
def custom_vjp_nondiff(x: Any) -> Any:
    """jax.custom_vjp with nondiff_argnums."""
    return jnp.sum(_powered(3, x) * x)


@jax.custom_vjp
def _root(x: Any) -> Any:
    return jnp.sqrt(x)


_root.defvjp(lambda x: (jnp.sqrt(x),) * 2, lambda saved, g: (g / (2 * saved),))


@row(uniform(0.5, 1.5, 3), "custom_rule", "custom_vjp")
def custom_vjp_saved_output(x: Any) -> Any:
    """jax.custom_vjp that saves its output: differentiated again through what it saved."""
    return jnp.sum(_root(x) ** 3)


@jax.custom_vjp
def _clipped_gradient(x: Any) -> Any:
    return x * 1.0


_clipped_gradient.defvjp(lambda x: (x * 1.0, None), lambda _, g: (jnp.clip(g, -1e3, 1e3),))


@row(normal(3), "custom_rule", "custom_vjp")
def custom_vjp_clip(x: Any) -> Any:
    """jax.custom_vjp that clips the cotangent, here to bounds that are never reached."""
    return jnp.sum(jnp.sin(_clipped_gradient(x)) * x)


@row(uniform(0.5, 1.5, 3), "custom_rule", "custom_vjp", "control_flow")
def custom_vjp_in_scan(x: Any) -> Any:
    """A jax.custom_vjp function inside lax.scan."""
    last, _ = lax.scan(lambda y, _: (_root(y) + x, None), x, None, length=3)
    return jnp.sum(last**2)


@row(normal(3), "custom_rule", "custom_vjp")
def custom_gradient(x: Any) -> Any:
    """jax.custom_gradient."""
    rule = jax.custom_gradient(lambda y: (jnp.sin(y), lambda g: g * jnp.cos(y)))
    return jnp.sum(rule(x) ** 2)


@row(normal(3), "closure_convert")
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


@row(normal(3), "custom_rule")
def callback_with_a_rule(x: Any) -> Any:
    """A callback to the host with a rule by jax.custom_jvp."""
    return jnp.sum(_host_sine(x) ** 2)


@row(normal(3), "callback")
def debug_print(x: Any) -> Any:
    """jax.debug.callback, as jax.debug.print uses it, does not touch the number."""
    jax.debug.callback(lambda _: None, x)
    return jnp.sum(jnp.sin(x))


@row(normal(3, 3), "custom_rule", "linalg")
def custom_linear_solve(x: Any) -> Any:
    """lax.custom_linear_solve of a symmetric matrix that is a part of x."""
    matrix = x @ x.T + 2 * jnp.eye(3)
    solution = lax.custom_linear_solve(
        lambda y: matrix @ y, x[0] ** 2, lambda _, b: jnp.linalg.solve(matrix, b), symmetric=True
    )
    return _weighted(solution)


@row(normal(3, 3), "custom_rule", "linalg")
def conjugate_gradients(x: Any) -> Any:
    """jax.scipy.sparse.linalg.cg, differentiated implicitly."""
    matrix = x @ x.T + 2 * jnp.eye(3)
    solution, _ = jax.scipy.sparse.linalg.cg(lambda y: matrix @ y, x[0] ** 2, tol=1e-14, atol=1e-14)
    return _weighted(solution)


@row(normal(3, 3), "custom_rule", "linalg")
def gmres(x: Any) -> Any:
    """jax.scipy.sparse.linalg.gmres, differentiated implicitly."""
    matrix = x / 4 + 2 * jnp.eye(3)
    solution, _ = jax.scipy.sparse.linalg.gmres(lambda y: matrix @ y, x[0] ** 2, tol=1e-14, atol=1e-14)
    return _weighted(solution)


@row(normal(2, 3), "checkpoint")
def checkpoint_policy(x: Any) -> Any:
    """jax.checkpoint that saves dots alone."""
    block = jax.checkpoint(lambda y: jnp.tanh(y @ _ramp(3, 3)) * y, policy=jax.checkpoint_policies.dots_saveable)
    return jnp.sum(block(block(x)) ** 2)


@row(normal(4), "checkpoint")
def checkpoint_named(x: Any) -> Any:
    """jax.checkpoint that saves what has a name."""
    policy = jax.checkpoint_policies.save_only_these_names("kept")
    block = jax.checkpoint(lambda y: checkpoint_name(jnp.sin(y), "kept") * y, policy=policy)
    return jnp.sum(block(x) ** 2)


@row(normal(3), "checkpoint", "control_flow")
def checkpoint_in_scan(x: Any) -> Any:
    """jax.checkpoint of the body of lax.scan."""
    body = jax.checkpoint(lambda y, _: (jnp.sin(y) + x * y, None), prevent_cse=False)
    return jnp.sum(lax.scan(body, x, None, length=3)[0] ** 2)


@row(normal(4), "stop_gradient")
def stop_gradient(x: Any) -> Any:
    """lax.stop_gradient of a constant and of a shift that cancels, so that the values tell the derivative."""
    constant = lax.stop_gradient(jnp.exp(_ramp(*x.shape)))
    return _weighted(jax.nn.softmax(x - lax.stop_gradient(jnp.max(x)))) + jnp.sum(jnp.sin(constant * x))


def _bisected(x: Any) -> Any:
    """The root of y³ + y = x between 0 and 3, by bisection."""

    def step(_: Any, bracket: Any) -> Any:
        middle = (bracket[0] + bracket[1]) / 2
        is_low = middle**3 + middle < x
        return jnp.where(is_low, middle, bracket[0]), jnp.where(is_low, bracket[1], middle)

    return lax.fori_loop(0, 60, step, (jnp.zeros_like(x), jnp.full_like(x, 3.0)))[0]


_anew, _itself = jax.custom_jvp(_bisected), jax.custom_jvp(_bisected)


@_anew.defjvp
def _anew_jvp(primals: Any, tangents: Any) -> Any:
    y = _bisected(*primals)
    return y, tangents[0] / (3 * y**2 + 1)


@_itself.defjvp
def _itself_jvp(primals: Any, tangents: Any) -> Any:
    y = _itself(*primals)
    return y, tangents[0] / (3 * y**2 + 1)


@row(uniform(1.0, 4.0, 3), "custom_rule", "bisected_anew")
def custom_jvp_computed_anew(x: Any) -> Any:
    """A root by bisection, whose rule does not call the function itself."""
    return _weighted(_anew(x) ** 2)


@row(uniform(1.0, 4.0, 3), "custom_rule")
def custom_jvp_of_a_loop(x: Any) -> Any:
    """A root by bisection, whose rule calls the function itself."""
    return _weighted(_itself(x) ** 2)
