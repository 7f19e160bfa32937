"""The laws of the protocols, on each bundled backend."""

import subprocess
import sys

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._registry import descriptor
from nestgrad.extend import Nesting, Refusal, provides

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 3)), RNG.standard_normal(3)
U, V, W = RNG.standard_normal((2, 3)), RNG.standard_normal((2, 3)), RNG.standard_normal(3)


@pytest.fixture
def arrays(backend):
    return lambda *values: tuple(map(backend.asarray, values))


@pytest.fixture
def f(backend):
    """R²ˣ³ × R³ → R²ˣ³ × R."""
    xp = backend.xp
    return lambda x, y: (xp.sin(x) * y, xp.sum(x**2 * xp.exp(y)))


def _inner(one, other):
    return sum(float(np.sum(np.asarray(a) * np.asarray(b))) for a, b in zip(one, other, strict=True))


def _close(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_jvp_is_linear_and_has_the_structure_of_the_value(backend, arrays, f):
    x = arrays(X, Y)

    def jvp(*v):
        return backend.jvp(f, x, arrays(*v))

    value, tangent = jvp(V, W)
    assert type(value) is type(tangent) is tuple
    assert [np.shape(part) for part in value] == [np.shape(part) for part in tangent] == [(2, 3), ()]
    _close(value, f(X, Y))
    other = jvp(U, 0 * W)[1]
    _close(jvp(2 * V - 3 * U, 2 * W)[1], [2 * a - 3 * b for a, b in zip(tangent, other, strict=True)])
    _close(tangent, [np.cos(X) * V * Y + np.sin(X) * W, np.sum(2 * X * V * np.exp(Y) + X**2 * np.exp(Y) * W)])


def test_the_pullback_is_the_transpose_of_jvp(backend, arrays, f):
    x, v, u = arrays(X, Y), arrays(V, W), arrays(U, 0.7)
    value, pullback = backend.vjp(f, *x)
    _close(value, f(X, Y))
    pulled = pullback(u)
    assert type(pulled) is tuple
    assert [np.shape(part) for part in pulled] == [(2, 3), (3,)]
    assert _inner(pulled, v) == pytest.approx(_inner(u, backend.jvp(f, x, v)[1]), rel=1e-12)


def test_a_pullback_of_one_primal_is_a_tuple_still(backend, arrays):
    (x,) = arrays(X)
    _, pullback = backend.vjp(lambda x: x**2, x)
    (pulled,) = pullback(backend.asarray(U))
    np.testing.assert_allclose(pulled, 2 * X * U)
    _, pullback = backend.vjp(lambda x: x, x)
    np.testing.assert_allclose(pullback(backend.asarray(U))[0], U)


def test_a_pullback_can_be_called_again_and_is_linear(backend, arrays, f):
    _, pullback = backend.vjp(f, *arrays(X, Y))
    first, other = pullback(arrays(U, 0.7)), pullback(arrays(V, 0.0))
    _close(pullback(arrays(U, 0.7)), first)
    _close(pullback(arrays(2 * U - V, 1.4)), [2 * a - b for a, b in zip(first, other, strict=True)])


def test_a_pullback_works_inside_other_transforms(backend, arrays):
    xp = backend.xp
    x, u, v = arrays(X, U, V)
    _, pullback = backend.vjp(lambda x: xp.sin(x), x)

    def pull(u):
        return pullback(u)[0]

    # linear, so its derivative is itself; its transpose as well, as it is diagonal
    np.testing.assert_allclose(backend.jvp(pull, (u,), (v,))[1], np.cos(X) * V)
    np.testing.assert_allclose(backend.vjp(pull, u)[1](v)[0], np.cos(X) * V)

    # a pullback made inside a transform depends on its primal
    def made_inside(x):
        return backend.vjp(lambda x: xp.sin(x), x)[1](u)[0]

    np.testing.assert_allclose(backend.jvp(made_inside, (x,), (v,))[1], -np.sin(X) * U * V)
    np.testing.assert_allclose(backend.vjp(made_inside, x)[1](v)[0], -np.sin(X) * U * V)


def test_what_f_ignores_has_a_zero_derivative(backend, arrays):
    x = arrays(X, Y)
    _close(backend.vjp(lambda x, y: x * 2, *x)[1](backend.asarray(U)), (2 * U, 0 * Y))
    constant = backend.asarray(np.asarray(2.5))
    _close(backend.vjp(lambda x, y: constant, *x)[1](backend.asarray(np.asarray(1.0))), (0 * X, 0 * Y))
    value, tangent = backend.jvp(lambda x, y: constant, x, arrays(V, W))
    assert (float(value), float(tangent)) == (2.5, 0)


def test_aux(backend, arrays):
    def g(x):
        return (backend.xp.sum(x**3), {"square": x**2})

    x, v = arrays(X, V)
    value, tangent, aux = backend.jvp(g, (x,), (v,), has_aux=True)
    assert float(tangent) == pytest.approx(np.sum(3 * X**2 * V))
    np.testing.assert_allclose(aux["square"], X**2)
    value, pullback, aux = backend.vjp(g, x, has_aux=True)
    np.testing.assert_allclose(pullback(backend.xp.ones_like(value))[0], 3 * X**2)
    np.testing.assert_allclose(aux["square"], X**2)


def test_linearize(backend, arrays, f):
    if not provides(backend, "linearize"):
        pytest.skip(f"{backend.name} has none")
    x, v = arrays(X, Y), arrays(V, W)
    value, linear = backend.linearize(f, *x)
    expected = backend.jvp(f, x, v)
    _close(value, expected[0])
    _close(linear(*v), expected[1])
    _close(linear(*v), expected[1])


def test_vmap(backend, arrays):
    if not provides(backend, "vmap"):
        pytest.skip(f"{backend.name} has none")

    def g(x, y):
        return backend.xp.sum(x * backend.xp.sin(y))

    x, y = arrays(X, Y)
    loop = [float(g(x[i], y)) for i in range(2)]
    np.testing.assert_allclose(backend.vmap(g, (0, None))(x, y), loop)
    np.testing.assert_allclose(backend.vmap(g)(x, backend.xp.stack([y, y])), loop)

    def slope(x):
        return backend.vjp(lambda x: g(x, y), x)[1](backend.xp.ones_like(y[0]))[0]

    np.testing.assert_allclose(backend.vmap(slope)(x), np.stack([np.sin(Y)] * 2))


def test_compile(backend, arrays, f):
    if not provides(backend, "compile"):
        with pytest.raises(ng.UnsupportedExecutionError, match=backend.name):
            ng.gradient(lambda x: x**2, backend=backend, compile=True)(1.0)
        return
    x, calls = arrays(X, Y), []
    compiled = backend.compile(lambda x, y: (calls.append(1), f(x, y))[1])
    _close(compiled(*x), f(X, Y))
    _close(compiled(*x), f(X, Y))
    assert len(calls) == 1
    _close(backend.jvp(compiled, x, arrays(V, W))[1], backend.jvp(f, x, arrays(V, W))[1])


def test_composition_equals_the_named_operators(backend, arrays):
    def g(x):
        return backend.xp.sum(backend.xp.sin(x) * x**2)

    x, v = arrays(X, V)
    expected = (2 * np.sin(X) + 4 * X * np.cos(X) - X**2 * np.sin(X)) * V
    for word in ("FR", "RF", "RR"):
        named = getattr(ng, str(Nesting(word)))
        np.testing.assert_allclose(named(g, backend=backend)(x, v), expected)
        np.testing.assert_allclose(ng.gradient_and_hvp(g, word, backend=backend)(x, v)[1], expected)
        np.testing.assert_allclose(
            ng.nested_gradient(lambda y: backend.xp.sum(y * v), g, nesting=word, backend=backend)(x), expected
        )
    assert float(ng.forward_over_forward(g, backend=backend)(x, v, v)) == pytest.approx(np.sum(expected * V))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_arrays_go_there_and_back(backend, dtype, shape):
    values = np.asarray(RNG.standard_normal(shape), dtype)
    array = backend.asarray(values)
    back = backend.to_numpy(array)
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (values.dtype, values.shape)
    np.testing.assert_array_equal(back, values)
    assert backend.asarray(array) is array or backend.asarray(array).dtype == array.dtype
    number = backend.asarray(1.5, like=array)
    assert (number.dtype, np.shape(number)) == (array.dtype, ())
    assert backend.to_numpy(backend.asarray(2.0)).dtype == np.float64


def test_what_is_no_array_is_said_to_be_none(backend):
    for value in (object(), [object()], "text") if backend.name == "jax" else (object(), [object()]):
        with pytest.raises(ng.NotDifferentiableError):
            backend.asarray(value)
    for x in ("text", np.array(["text"]), np.array([1, 2]), np.array([True]), 3, None):
        with pytest.raises(ng.NotDifferentiableError, match=r"x|argument"):
            ng.gradient(lambda x: x, backend=backend)(x)


def test_classify_does_not_claim_what_it_does_not_know(backend):
    for error in (ValueError("mine"), TypeError("mine"), KeyError("mine"), RuntimeError()):
        assert backend.classify(error, Nesting("FR")) is None
    assert isinstance(Refusal("op", "why."), Refusal)


def test_the_preferred_words_are_hessian_vector_products(backend):
    assert {*backend.preferred} <= {"FR", "RF", "RR"}
    x = backend.asarray(X)

    def g(x):
        return backend.xp.sum(x**3)

    np.testing.assert_allclose(ng.hvp(g, backend=backend)(x, x), ng.hvp(g, backend.preferred[0], backend=backend)(x, x))


def test_the_descriptor_tells_what_the_backend_is(backend):
    described = descriptor(backend.name)
    assert described.name == backend.name
    assert described.limits == "limits.toml"
    assert ng.get_backend(backend.name) is backend


@pytest.mark.parametrize("name", ["autograd", "jax", "tensorflow", "torch"])
def test_the_descriptor_imports_no_engine(name):
    program = (
        f"import sys, nestgrad_{name} as plugin; plugin.nestgrad_backend(); import nestgrad; nestgrad.backends(); "
        "print(*{'autograd', 'jax', 'jaxlib', 'torch', 'tensorflow'} & {m.partition('.')[0] for m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("name", ["autograd", "jax", "tensorflow"])
def test_the_limits_are_readable_and_give_a_link(name):
    limits = pytest.importorskip("nestgrad_conformance.judge.limits")
    found = limits.read(f"nestgrad_{name}", "limits.toml")
    assert found
    for limit in found:
        assert limit.link.startswith("https://")
        assert limit.operation or limit.feature
        assert limit.reason.endswith(".")
