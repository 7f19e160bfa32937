"""What the watch over jax repairs or refuses, against the same function written otherwise."""

import numpy as np
import pytest
from scipy import special

import nestgrad as ng
from nestgrad._routes import recorded

jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.array([[1.0, 2.0, -1.5, 0.3], [1.0, -2.0, 1.5, 0.7]])
V = np.cos(3 * X)

CALLS = {
    "alone": lambda hypot, x: hypot(x[0], x[1]),
    "broadcast": lambda hypot, x: hypot(x[0], x[1, :1]),
    "jit": lambda hypot, x: jax.jit(lambda x: hypot(x[0], x[1]))(x),
    "vmap": lambda hypot, x: jax.vmap(hypot, in_axes=(1, 0))(jnp.stack([x[0], x[1]]), jnp.stack([x[1], x[0]], 1)),
    "scan": lambda hypot, x: jax.lax.scan(lambda s, t: (s + hypot(t[0], t[1]) ** 2, t[0]), 0.0, x.T)[0],
    "cond": lambda hypot, x: jax.lax.cond(x[0, 0] > 0, lambda x: hypot(x[0], x[1]), lambda x: x[0], x),
}


def unless_right(name):
    """What is repaired, unless jax itself is right, as it was measured to be from 0.12.0.1 on."""
    return set() if jax.__version_info__ >= (0, 12, 0, 1) else {name}


def plain(a, b):
    return jnp.sqrt(a * a + b * b)


@pytest.mark.parametrize("nesting", ["F", "R", "FF", "FR", "RF", "RR", "RRF"])
@pytest.mark.parametrize("name", CALLS)
def test_it_is_the_norm_of_two(name, nesting, x64):
    def found(hypot):
        f = lambda x: jnp.sum(CALLS[name](hypot, x) ** 3)  # noqa: E731
        return ng.derivative(f, nesting, compile=True)(
            jnp.asarray(X), *[jnp.asarray(V)] * ng.Nesting(nesting).directions
        )

    np.testing.assert_allclose(found(jnp.hypot), found(plain), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_eagerly_it_is_declared(nesting, x64):
    x, v = jnp.ones(2), jnp.array([1.0, -1.0])
    with recorded() as emulations:
        product = ng.hvp(lambda x: jnp.hypot(x[0], x[1]), nesting)(x, v)
    np.testing.assert_allclose(product, v / np.sqrt(2), rtol=1e-12)  # (I - x xT / |x|^2) v / |x|
    assert {emulation.operation for emulation in emulations} == unless_right("hypot")


def test_elsewhere_it_is_as_jax_has_it(x64):
    f = lambda x: jnp.hypot(x[0], x[1])  # noqa: E731
    for x in ([0.0, 0.0], [0.0, 1.0], [jnp.inf, 1.0], [jnp.nan, 0.0], [1e-200, 1e200]):
        x = jnp.array(x)
        expected = jax.grad(f)(x)
        if jnp.isfinite(x).all() and not jnp.isfinite(expected).all():  # of some versions at the kink
            with pytest.raises(ng.NotFiniteError):
                ng.gradient(f)(x)
        else:
            np.testing.assert_array_equal(ng.gradient(f)(x), expected)


def test_a_function_of_that_name_is_left_alone(x64):
    @jax.jit
    def hypot(a, b):
        return jnp.maximum(a, b) ** 2

    f = lambda x: hypot(x[0], x[1])  # noqa: E731
    with recorded() as emulations:
        assert ng.gradient(f)(jnp.ones(2)).tolist() == [1, 1]
    assert not emulations


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_what_needs_values_or_named_parameters_works_as_before(nesting, x64):
    x, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, -1.0, 0.5])

    def f(x):
        chosen = x[x > 1.5] if x[0] > 0 else x
        return jnp.sum(chosen**2) + jnp.sum(x.at[np.array([True, False, False])].set(0.0) ** 3) + jnp.sum(x[::2] ** 2)

    np.testing.assert_allclose(
        ng.hvp(f, nesting)(x, v), (jnp.array([2.0, 2.0, 4.0]) + 6 * x * jnp.array([0, 1, 1])) * v
    )


@pytest.mark.parametrize("outer", [lambda f: f, jax.jit], ids=["alone", "jit"])
@pytest.mark.parametrize("nesting", ["F", "R", "FF", "RR"])
def test_eigenvalues_by_bisection_are_refused(nesting, outer, x64):
    f = outer(lambda d: jnp.sum(jax.scipy.linalg.eigh_tridiagonal(d, d[1:] / 4, eigvals_only=True) ** 2))
    d = jnp.array([1.0, 2.0, 0.5])
    with pytest.raises(ng.UnsupportedNestingError, match=r"eigh_tridiagonal.*constants"):
        ng.derivative(f, nesting)(d, *[d] * ng.Nesting(nesting).directions)


BESSEL = {
    "scipy i0": (jax.scipy.special.i0, 0),
    "numpy i0": (jnp.i0, 0),
    "i1": (jax.scipy.special.i1, 1),
    "i0e": (lambda x: jax.scipy.special.i0e(x) * jnp.exp(jnp.abs(x)), 0),
    "jit": (jax.jit(lambda x: jax.scipy.special.i0(x)), 0),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", BESSEL)
def test_bessel_functions_at_zero_too(name, compiled, x64):
    f, order = BESSEL[name]
    x, v = np.array([0.0, -0.3, 4.0, 12.0]), np.array([1.0, 2.0, -1.0, 0.5])
    for nesting in ("R", "F", "RR", "FR", "RF", "RRF"):
        operator = ng.derivative(lambda x: jnp.sum(f(x)), nesting, compile=compiled, backend="jax")
        number = operator(x, *[v] * ng.Nesting(nesting).directions)
        truth = special.ivp(order, x, len(nesting)) * v ** ng.Nesting(nesting).directions
        np.testing.assert_allclose(number, truth if "R" in nesting else truth.sum(), rtol=1e-12, atol=1e-14)
    far = ng.gradient(jax.scipy.special.i0e, compile=compiled, backend="jax")(800.0)
    assert far == pytest.approx(special.i1e(800.0) - special.i0e(800.0), rel=1e-9)


ERFCX = {
    "alone": jax.scipy.special.erfcx,
    "jit": jax.jit(jax.scipy.special.erfcx),
    "vmap": jax.vmap(jax.scipy.special.erfcx),
    "columns": lambda x: jax.vmap(jax.scipy.special.erfcx, in_axes=1, out_axes=1)(x.reshape(2, 2)).ravel(),
}


@pytest.mark.parametrize("name", ERFCX)
def test_erfcx_of_arrays_twice(name, x64):
    x, v = np.array([-1.5, 0.0, 0.7, 3.0]), np.array([1.0, 2.0, -1.0, 0.5])
    rate = 2 * x * special.erfcx(x) - 2 / np.sqrt(np.pi)
    for nesting in ("R", "F", "RR", "FR", "RF"):
        number = ng.derivative(lambda x: jnp.sum(ERFCX[name](x)), nesting, backend="jax")(
            x, *[v] * ng.Nesting(nesting).directions
        )
        truth = rate if len(nesting) == 1 else (2 * special.erfcx(x) + 2 * x * rate) * v
        np.testing.assert_allclose(number, truth if "R" in nesting else truth @ v, rtol=1e-9)


@pytest.mark.parametrize("compiled", [False, True])
def test_ldexp_at_zero_too(compiled, x64):
    powers, x = jnp.array([1, -2, 1000]), jnp.array([0.0, 0.0, 1e-3])
    with recorded() as emulations:
        gradient = ng.gradient(lambda x: jnp.sum(jnp.ldexp(x, powers)), compile=compiled, backend="jax")(x)
    assert gradient.tolist() == [2, 0.25, 2.0**1000]
    assert {emulation.operation for emulation in emulations} == unless_right("ldexp")


PAIRS = {
    "alone": lambda f, x: f(x),
    "jit": lambda f, x: jax.jit(f)(x),
    "cond": lambda f, x: jax.lax.cond(x[0] > 0, f, lambda x: x[0], x),
    "vmap": lambda f, x: jnp.sum(jax.vmap(f)(jnp.stack([x, x]))) / 2,
}


def logarithm_of_beta(x):
    return jax.scipy.special.betaln(x[0], x[1])


def in_parts(x):
    return jnp.sum(jax.scipy.special.gammaln(x)) - jax.scipy.special.gammaln(jnp.sum(x))


def weighted_sum(x):
    entries, weights = jnp.stack([x, x**2], 1), jnp.stack([x, jnp.array([1.0, 0.0])])
    return jnp.sum(jax.scipy.special.logsumexp(entries, b=weights, axis=1) ** 2)


def written_out(x):
    entries, weights = jnp.stack([x, x**2], 1), jnp.stack([x, jnp.array([1.0, 0.0])])
    return jnp.sum(jnp.log(jnp.sum(weights * jnp.exp(entries), axis=1)) ** 2)


NESTINGS = [("alone", nesting) for nesting in ("R", "F", "FR", "RF", "RR", "FF")]


@pytest.mark.parametrize("x", [(1.5, 1.5), (1.0, 0.0)], ids=["betaln", "logsumexp"])
@pytest.mark.parametrize(("around", "nesting"), [*NESTINGS, ("jit", "RF"), ("cond", "RF"), ("vmap", "RF")])
def test_equal_arguments_and_weights_that_are_zero(around, nesting, x, x64):
    f, same = (logarithm_of_beta, in_parts) if x[1] else (weighted_sum, written_out)
    x, vs = jnp.array(x), [jnp.array([1.0, -2.0])] * ng.Nesting(nesting).directions
    truth = ng.derivative(same, nesting, compile=True)(x, *vs)
    for compiled in (False, True):
        with recorded() as emulations:
            number = ng.derivative(lambda x: PAIRS[around](f, x), nesting, compile=compiled)(x, *vs)
        np.testing.assert_allclose(number, truth, rtol=1e-9, atol=1e-12)
        repaired = unless_right("betaln") if f is logarithm_of_beta else {"logsumexp"}
        assert {emulation.operation for emulation in emulations} == repaired


def test_a_mask_in_logsumexp_hides_what_is_not_finite(x64):
    x, mask = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, 0.0, 0.0])
    f = lambda x: jax.scipy.special.logsumexp(jnp.array([1.0, 1e9, 1e300]) * x, b=mask)  # noqa: E731
    for around in (f, jax.jit(f)):
        assert ng.gradient(around)(x).tolist() == [1, 0, 0]
        assert ng.hvp(around, "RR", compile=True)(x, x).tolist() == [0, 0, 0]


TAKEN_OUT = {
    "unique": lambda x: jnp.unique(x),
    "union1d": lambda x: jnp.union1d(x, x + 1),
    "arange": lambda x: jnp.arange(x[0], x[0] + 3),
    "r_": lambda x: jnp.r_[x[0] : x[1]],
}


@pytest.mark.parametrize("nesting", ["R", "F", "FR", "RR"])
@pytest.mark.parametrize("name", TAKEN_OUT)
def test_values_that_are_taken_out_are_refused(name, nesting, x64):
    x = jnp.array([1.0, 3.0, 2.0])
    f = lambda x: jnp.sum(TAKEN_OUT[name](x) ** 2)  # noqa: E731
    with pytest.raises(ng.UnsupportedNestingError, match=rf"'{name}'.*takes the values out"):
        ng.derivative(f, nesting)(x, *[x] * ng.Nesting(nesting).directions)


def test_a_derivative_inside_f_takes_no_values_out_either(x64):
    f = lambda x: jnp.sum(jax.grad(lambda y: jnp.sum(jnp.unique(y) ** 3))(x) ** 2)  # noqa: E731
    with pytest.raises(ng.UnsupportedNestingError, match="unique"):
        ng.gradient(f)(jnp.array([1.0, 3.0, 2.0]))


def test_values_may_be_looked_at(x64):
    x = jnp.array([1.0, 0.0, 3.0, 0.0])

    def f(x):
        assert x[0] > 0
        assert x[0]
        assert jnp.unique(x > 0.5).size == 2
        assert jnp.unique(jax.lax.stop_gradient(x)).size == 3
        head = x[: int(x[2])] * x[2].item() + jnp.arange(x.shape[0] - 1.0)
        return jnp.sum(head**2) + jnp.sum(jnp.trim_zeros(x) ** 2) + jnp.sum(x[jnp.nonzero(x)] ** 2)

    assert ng.gradient(f)(x).tolist() == [18 + 2 + 2, 6, 66 + 6 + 6, 0]  # 6 (3 x + i), 2 x, 2 x where not zero


def test_a_maximum_of_ones_own_stays_a_kink_whoever_called_it_first(x64):
    x = jnp.array([1.25, 1.25])
    ng.gradient(logarithm_of_beta)(x)  # jax's jit of maximum is traced here, and kept
    for f in (lambda x: jnp.maximum(x[0], x[1]), jax.jit(lambda x: jnp.maximum(x[0], x[1]))):
        with recorded() as emulations:
            assert ng.gradient(f)(x).tolist() == [0.5, 0.5]  # as jax has it
        assert not emulations


def test_what_follows_a_masked_logsumexp_is_left_alone(x64):
    x, mask = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, 0.0, 2.0])

    def f(total):
        return lambda x: jnp.sum(jax.lax.mul(jax.lax.sub(x, jnp.broadcast_to(total(x), x.shape)), x))

    found = ng.gradient(f(lambda x: jax.scipy.special.logsumexp(x, b=mask, return_sign=True)[0]))(x)
    truth = ng.gradient(f(lambda x: jnp.log(jnp.sum(mask * jnp.exp(x)))))(x)
    np.testing.assert_allclose(found, truth, rtol=1e-12)


NESTED = {
    "jit in jit": lambda f: jax.jit(jax.jit(f)),
    "checkpoint": jax.checkpoint,
    "scan in jit": lambda f: jax.jit(lambda x: jax.lax.scan(lambda s, _: (s + f(x), None), 0.0, None, 1)[0]),
}


@pytest.mark.parametrize("name", NESTED)
def test_programs_in_programs_are_looked_into(name, x64):
    x, v = jnp.ones(2), jnp.array([1.0, -1.0])
    f = NESTED[name](lambda x: jnp.hypot(x[0], x[1]))
    for nesting in ("FR", "RR"):
        np.testing.assert_allclose(ng.hvp(f, nesting)(x, v), v / np.sqrt(2), rtol=1e-12)


def test_under_vmap_axes_are_where_it_puts_them(x64):
    a, b = jnp.array([1.0, 2.0]), jnp.array([3.0, 4.0])
    f = lambda a: jnp.sum(jax.vmap(lambda t: jax.scipy.special.betaln(t, b))(a))  # noqa: E731
    digamma = jax.scipy.special.digamma
    np.testing.assert_allclose(ng.gradient(f)(a), jnp.sum(digamma(a[:, None]) - digamma(a[:, None] + b), 1), rtol=1e-9)

    def log_of_sums(total):
        return lambda a: jnp.sum(jax.vmap(total, in_axes=(1, 0))(jnp.outer(a, b), jnp.outer(b, a)))

    found = ng.gradient(log_of_sums(lambda e, w: jax.scipy.special.logsumexp(e, b=w)))(a)
    np.testing.assert_allclose(found, ng.gradient(log_of_sums(lambda e, w: jnp.log(jnp.sum(w * jnp.exp(e)))))(a))
    f = lambda a: jnp.sum(jax.vmap(lambda t: jnp.ldexp(t, jnp.array([1, 2])))(a))  # noqa: E731
    if unless_right("ldexp"):
        with pytest.raises(ng.UnsupportedNestingError, match=r"ldexp.*vmap"):
            ng.gradient(f)(a)
    else:
        assert ng.gradient(f)(0 * a).tolist() == [6, 6]


def test_a_reduction_that_starts_from_what_varies_is_none_from_its_value(x64):
    f = lambda x: jax.lax.reduce(jnp.ones(2), x[0] - 1, jax.lax.add, (0,))  # noqa: E731
    with pytest.raises(ng.EngineError, match="initial values"):  # jax itself gives 0
        ng.gradient(f)(jnp.array([1.0, 2.0]))
