"""A derivative that f itself takes by jax, of functions that nestgrad repairs: refused; by nestgrad it is right."""

import pytest

import nestgrad as ng

jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax.scipy import special  # noqa: E402

U = np.array([1.0, 2.0])
# At these points the second derivative of jax is wrong.
MENDED = {
    "hypot": (lambda y: jnp.hypot(y[0], y[1]), [0.7, 0.7]),
    "betaln": (lambda y: special.betaln(y[0], y[1]), [0.7, 0.7]),
    "ldexp": (lambda y: jnp.sum(jnp.ldexp(y, 3) ** 2), [0.0, 1.0]),
    "i0": (lambda y: jnp.sum(jnp.i0(y)), [0.0, 1.0]),
    "sinc": (lambda y: jnp.sum(jnp.sinc(y)), [1e-9, 1.0]),
    "spence": (lambda y: jnp.sum(special.spence(y)), [1.0, 0.5]),
    "fresnel": (lambda y: jnp.sum(special.fresnel(y)[1]), [1.0, -1.0]),
    "boxcox": (lambda y: jnp.sum(special.boxcox(jnp.array([2.0, 3.0]), y)), [0.0, 1.0]),
    "logsumexp": (lambda y: special.logsumexp(jnp.array([0.1, 0.2]), b=y), [0.0, 1.0]),
    "det": (lambda y: jnp.linalg.det(jnp.diag(jnp.concatenate([y, y]))), [0.0, 1.0]),
}
RIGHT_SINCE = dict.fromkeys(("hypot", "betaln", "ldexp", "i0", "sinc"), (0, 12, 0, 1))  # in jax itself, as measured
RIGHT = {
    "logsumexp": special.logsumexp,
    "constant weights": lambda y: special.logsumexp(y, b=jnp.array([1.0, 0.0])),
    "log_softmax": lambda y: jax.nn.log_softmax(y)[0],
    "norm": jnp.linalg.norm,
    "cholesky": lambda y: jnp.sum(jnp.linalg.cholesky(jnp.eye(2) + jnp.outer(y, y))),
    "maximum": lambda y: jnp.maximum(y[0], 3.0) * y[1] + jnp.max(y) ** 3,
}


def gradient(f):
    return lambda x: jax.grad(f)(x) @ U


CONTEXTS = {
    "grad": gradient,
    "jvp": lambda f: lambda x: jax.jvp(f, (x,), (U,))[1],
    "hessian": lambda f: lambda x: jnp.sum(jax.hessian(f)(x)),
    "a jit inside": lambda f: gradient(jax.jit(f)),
    "a jit around": lambda f: jax.jit(gradient(f)),
    "checkpoint": lambda f: jax.checkpoint(gradient(f)),
    "vmap": lambda f: lambda x: jnp.sum(jax.vmap(gradient(f))(jnp.stack([x, x]))),
    "cond": lambda f: lambda x: jax.lax.cond(x[1] < 9, gradient(f), lambda x: x[0], x),
    "scan": lambda f: lambda x: jax.lax.scan(lambda total, _: (total + gradient(f)(x), None), 0.0, length=2)[0],
}


@pytest.mark.parametrize(
    ("name", "context"),
    [
        *((name, context) for name in ("hypot", "betaln") for context in CONTEXTS),  # a jit of jax, and none
        *((name, context) for name in list(MENDED)[2:] for context in ("grad", "a jit inside", "a jit around")),
    ],
)
def test_what_is_hidden_is_refused(x64, name, context):
    if jax.__version_info__ >= RIGHT_SINCE.get(name, (99,)):
        pytest.skip("this jax is right")
    f, x = MENDED[name]
    for options in ({}, {"compile": True}):
        with pytest.raises(ng.UnsupportedNestingError, match=r"f itself takes the first.*ng\.gradient") as refusal:
            ng.gradient(CONTEXTS[context](f), **options)(jnp.array(x))
        assert refusal.value.operation == name


@pytest.mark.parametrize("context", ["grad", "hessian", "a jit around"])
@pytest.mark.parametrize("name", RIGHT_SINCE)
def test_what_jax_has_mended_is_not_refused(x64, name, context):
    if jax.__version_info__ < RIGHT_SINCE[name]:
        pytest.skip("this jax is wrong")
    (f, x), around = MENDED[name], jnp.array([0.01, -0.02])
    h = CONTEXTS[context](f)
    beside = (ng.gradient(h)(jnp.array(x) + around) + ng.gradient(h)(jnp.array(x) - around)) / 2
    np.testing.assert_allclose(ng.gradient(h)(jnp.array(x)), beside, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("around", [lambda f: f, jax.jit], ids=["alone", "jit"])
@pytest.mark.parametrize("name", MENDED)
def test_by_nestgrad_it_is_right(x64, name, around):
    f, x = MENDED[name][0], jnp.array(MENDED[name][1])
    h = around(lambda x: ng.gradient(f)(x) @ U)
    step = 1e-5
    differences = [(h(x + step * e) - h(x - step * e)) / (2 * step) for e in jnp.eye(2)]
    if name == "spence":  # jax gives nan above 1, so that h has no value there
        differences[0] = (h(x) - h(x - jnp.array([step, 0.0]))) / step
    found = ng.gradient(h)(x)
    np.testing.assert_allclose(found, differences, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("context", ["grad", "hessian", "a jit inside", "a jit around"])
@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_refused(x64, name, context):
    f, x = CONTEXTS[context](RIGHT[name]), jnp.array([0.3, 0.6])
    np.testing.assert_allclose(ng.gradient(f)(x), jax.grad(f)(x), rtol=1e-12, atol=1e-14)


def test_another_derivative_by_jax_around_one_by_nestgrad_is_right(x64):
    f, x = MENDED["hypot"][0], jnp.array(MENDED["hypot"][1])
    h = lambda x: jax.grad(lambda z: ng.gradient(f)(z) @ U)(x)[0]  # noqa: E731
    exact = lambda x: jax.grad(lambda z: jax.grad(lambda y: jnp.sqrt(y @ y))(z) @ U)(x)[0]  # noqa: E731
    np.testing.assert_allclose(ng.gradient(h)(x), jax.grad(exact)(x), rtol=1e-12)
