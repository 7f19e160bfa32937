"""The order of an exponential integral is a constant for jax: where it varies, nestgrad refuses.

jax 0.12.0.1 cuts an order off to a whole number, so that it is a constant, rightly; and its rule can be differentiated.
"""

import mpmath
import numpy as np
import pytest

import nestgrad as ng

jax = pytest.importorskip("jax")
jnp = jax.numpy
expn = jax.scipy.special.expn

pytestmark = pytest.mark.usefixtures("x64")

X, V = np.array([0.7, 1.3]), np.array([1.0, -2.0])


def total(f):
    return lambda x: jnp.sum(f(x))


def scanned(step):
    return lambda x: jax.lax.scan(lambda carry, t: (carry + step(t), 0.0), 0.0, x)[0]


VARYING = {
    "alone": total(lambda x: expn(x + 1, 1.5)),
    "with the argument": total(lambda x: expn(x + 1, x)),
    "jit": total(jax.jit(lambda x: expn(x + 1, 1.5))),
    "vmap": total(jax.vmap(lambda t: expn(t, 1.5))),
    "vmap of vmap": lambda x: total(jax.vmap(jax.vmap(lambda t: expn(t, 1.5))))(jnp.outer(x, x)),
    "scan": scanned(lambda t: expn(t, 1.5)),
    "checkpoint": jax.checkpoint(total(lambda x: expn(x, 1.5))),
}
CONSTANT = {
    "integer": (total(lambda x: expn(2, x)), [2]),
    "real": (total(lambda x: expn(2.0, x)), [2]),
    "orders": (total(lambda x: expn(jnp.full(2, 3), x)), [3]),
    "integers of f": (total(lambda x: expn(jnp.ones_like(x, int), x)), [1]),
    "stopped": (total(lambda x: expn(jax.lax.stop_gradient(2 + 0 * x), x)), [2]),
    "exp1": (total(jax.scipy.special.exp1), [1]),
    "jit": (total(jax.jit(lambda x: expn(2, x))), [2]),
    "vmap over orders": (total(lambda x: jax.vmap(lambda n: expn(n, x))(jnp.array([2.0, 3.0]))), [2, 3]),
    "scan": (scanned(lambda t: expn(2.0, t)), [2]),
    "checkpoint": (jax.checkpoint(total(lambda x: expn(2, x))), [2]),
}


@pytest.fixture(scope="module")
def is_cut_off():
    return bool(expn(2.5, 1.0) == expn(2.0, 1.0))


@pytest.mark.parametrize("nesting", ["F", "RF"])
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("where", VARYING)
def test_an_order_that_varies_is_refused(where, compiled, nesting, is_cut_off):
    if is_cut_off:
        pytest.skip("this jax cuts orders off")
    with pytest.raises(ng.UnsupportedNestingError, match=r"expn.*order"):
        ng.derivative(VARYING[where], nesting, compile=compiled, backend="jax")(
            X, *[V] * ng.Nesting(nesting).directions
        )


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("where", CONSTANT)
def test_a_constant_order_is_not(where, compiled):
    f, orders = CONSTANT[where]
    gradient = [sum(-mpmath.expint(n - 1, x) for n in orders) for x in X]
    number = ng.derivative(f, "R", compile=compiled, backend="jax")(X)
    np.testing.assert_allclose(number, np.array(gradient, float), rtol=1e-12)


def test_what_jax_raises_at_second_order_is_a_refusal(is_cut_off):
    if is_cut_off:
        pytest.skip("this jax differentiates the rule")
    with pytest.raises(ng.UnsupportedNestingError, match="leaks a traced value"):
        ng.derivative(total(lambda x: expn(2, x)), "FR", backend="jax")(X, V)


@pytest.mark.parametrize("nesting", ["FR", "RF"])
def test_an_order_that_is_cut_off_is_a_constant_and_the_rule_has_a_derivative(nesting, is_cut_off):
    if not is_cut_off:
        pytest.skip("this jax has real orders")
    curvature = np.array([mpmath.expint(1, x) for x in X + 1], float)  # E_3'' = E_1
    for where in ("alone", "jit", "vmap", "scan"):
        f = lambda x, g=VARYING[where]: g(x) + jnp.sum(expn(3, x + 1))  # noqa: E731
        number = ng.derivative(f, nesting, backend="jax")(X, V)
        np.testing.assert_allclose(number, curvature * V, rtol=1e-12)
