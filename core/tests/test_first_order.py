import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nestgrad as ng

X, V = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -1.0])
A = np.array([[1.0, 2.0, -1.0], [0.0, 3.0, 0.5]])


def smooth(engine):
    """A map of R³ into R² with dense derivatives, and its Jacobian in NumPy."""
    xp, a = engine.xp, engine.array(A)
    return lambda x: xp.sin(a @ x) * x[0]


def jacobian_of_smooth(x):
    return (x[0] * np.cos(A @ x))[:, None] * A + np.outer(np.sin(A @ x), [1.0, 0.0, 0.0])


def test_jvp_against_its_closed_form(engine):
    value, tangent = ng.jvp(smooth(engine), (engine.array(X),), (engine.array(V),), backend=engine.name)
    np.testing.assert_allclose(value, np.sin(A @ X) * X[0], rtol=1e-12)
    np.testing.assert_allclose(tangent, jacobian_of_smooth(X) @ V, rtol=1e-12)


def test_vjp_against_its_closed_form(engine):
    u = np.array([2.0, -3.0])
    value, pullback = ng.vjp(smooth(engine), engine.array(X), backend=engine.name)
    np.testing.assert_allclose(value, np.sin(A @ X) * X[0], rtol=1e-12)
    result = pullback(engine.array(u))
    assert isinstance(result, tuple)
    np.testing.assert_allclose(result[0], jacobian_of_smooth(X).T @ u, rtol=1e-12)


def test_gradient_against_its_closed_form(engine):
    f = smooth(engine)
    value, gradient = ng.value_and_gradient(lambda x: (f(x) ** 2).sum(), backend=engine.name)(engine.array(X))
    output = np.sin(A @ X) * X[0]
    np.testing.assert_allclose(value, output @ output, rtol=1e-12)
    np.testing.assert_allclose(gradient, 2 * jacobian_of_smooth(X).T @ output, rtol=1e-12)


def test_the_closed_form_against_differences():
    step = 1e-6
    columns = [
        (np.sin(A @ (X + step * e)) * (X + step * e)[0] - np.sin(A @ (X - step * e)) * (X - step * e)[0]) / (2 * step)
        for e in np.eye(3)
    ]
    np.testing.assert_allclose(jacobian_of_smooth(X), np.transpose(columns), rtol=1e-8, atol=1e-9)


entries = st.lists(st.floats(-2, 2), min_size=3, max_size=3)


@settings(database=None, deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=entries, v=entries, u=entries)
def test_jvp_and_vjp_are_transposes(engine, x, v, u):
    def f(d):
        y = engine.xp.sin(d["a"] * d["b"])
        return {"y": y[:2], "z": (y * d["a"]).sum() ** 2}

    def tree(entries):
        return {"a": engine.array(entries), "b": engine.array(entries[0])}

    _, tangent = ng.jvp(f, (tree(x),), (tree(v),), backend=engine.name)
    cotangent = {"y": engine.array(u[:2]), "z": engine.array(u[2])}
    (pulled,) = ng.vjp(f, tree(x), backend=engine.name)[1](cotangent)
    forward = sum(float((cotangent[k] * tangent[k]).sum()) for k in "yz")
    reverse = sum(float((pulled[k] * tree(v)[k]).sum()) for k in "ab")
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-9)


def test_pytrees_go_in_and_come_out(engine):
    def f(p, q):
        return {"sum": p["a"] + q[0], "product": [p["a"] * q[0]]}

    array = engine.array
    p, q = {"a": array(X)}, (array(V),)
    value, tangent = ng.jvp(f, (p, q), ({"a": array(V)}, (array(X),)), backend=engine.name)
    np.testing.assert_allclose(value["product"][0], X * V)
    np.testing.assert_allclose(tangent["sum"], X + V)
    np.testing.assert_allclose(tangent["product"][0], V * V + X * X)
    value, pullback = ng.vjp(f, p, q, backend=engine.name)
    np.testing.assert_allclose(value["sum"], X + V)
    into_p, into_q = pullback({"sum": array(X), "product": [array(V)]})
    np.testing.assert_allclose(into_p["a"], X + V * V)
    np.testing.assert_allclose(into_q[0], X + V * X)


def test_lists_of_primals_are_tuples_of_them(engine):
    value, tangent = ng.jvp(lambda x, y: x * y, [engine.array(3.0), engine.array(4.0)], [1.0, 2.0], backend=engine.name)
    assert (float(value), float(tangent)) == (12.0, 10.0)


def test_aux_of_value_and_gradient_is_not_looked_at(engine):
    aux = {"text": "text", "missing": engine.array([np.nan])}
    operator = ng.value_and_gradient(lambda x: (engine.xp.sum(x**2), aux), has_aux=True, backend=engine.name)
    (value, found), gradient = operator(engine.array(X))
    np.testing.assert_allclose(value, np.sum(X**2))
    np.testing.assert_allclose(gradient, 2 * X)
    assert found["text"] == "text"
    assert np.isnan(found["missing"]).all()


def test_aux(engine):
    def f(x):
        return x * x, {"seen": x + 1, "label": "text"}

    x = engine.array(X)
    value, tangent, aux = ng.jvp(f, (x,), (engine.array(V),), has_aux=True, backend=engine.name)
    np.testing.assert_allclose([value, tangent, aux["seen"]], [X * X, 2 * X * V, X + 1])
    value, pullback, aux = ng.vjp(f, x, has_aux=True, backend=engine.name)
    np.testing.assert_allclose([value, pullback(x)[0], aux["seen"]], [X * X, 2 * X * X, X + 1])
    assert type(aux["seen"]) is type(x)
    assert aux["label"] == "text"


def test_pullback_may_be_called_many_times(engine):
    calls = []
    _, pullback = ng.vjp(lambda x: calls.append(1) or x**3, engine.array(X), backend=engine.name)
    for scale in (1.0, 2.0, -3.0):
        np.testing.assert_allclose(pullback(engine.array(scale * V))[0], 3 * X**2 * scale * V, rtol=1e-12)
    assert len(calls) == 1


def test_pullback_inside_other_transforms(engine):
    _, pullback = ng.vjp(lambda x: x**3, engine.array(X), backend=engine.name)

    def f(u):
        return (pullback(u)[0] ** 2).sum()  # Σ (3x² u)²

    np.testing.assert_allclose(ng.gradient(f, backend=engine.name)(engine.array(V)), 18 * X**4 * V, rtol=1e-12)
    np.testing.assert_allclose(
        ng.forward_over_reverse(f, backend=engine.name)(engine.array(V), engine.array(X)), 18 * X**5, rtol=1e-12
    )
    _, tangent = ng.jvp(lambda u: pullback(u)[0], (engine.array(V),), (engine.array(X),), backend=engine.name)
    np.testing.assert_allclose(tangent, 3 * X**3, rtol=1e-12)


def test_vjp_and_jvp_inside_a_gradient(engine):
    """What they give is differentiable again, in the primal and in the direction."""
    array, name = engine.array, engine.name

    def through_vjp(x):
        return (ng.vjp(lambda x: x**3, x, backend=name)[1](x)[0]).sum()  # Σ 3x³

    def through_jvp(x):
        return (ng.jvp(lambda x: x**3, (x,), (x,), backend=name)[1]).sum()

    for f in (through_vjp, through_jvp):
        np.testing.assert_allclose(ng.gradient(f, backend=name)(array(X)), 9 * X**2, rtol=1e-12)
        np.testing.assert_allclose(ng.jvp(f, (array(X),), (array(V),), backend=name)[1], 9 * X**2 @ V, rtol=1e-12)


@pytest.mark.parametrize("output", [lambda x: 1.0, lambda x: np.float64(1), lambda x: np.ones(3)])
def test_constant_functions(engine, output):
    x = engine.array(X)
    value, tangent = ng.jvp(output, (x,), (x,), backend=engine.name)
    np.testing.assert_array_equal(value, 1)
    np.testing.assert_array_equal(tangent, np.zeros(np.shape(value)))
    value, pullback = ng.vjp(output, x, backend=engine.name)
    np.testing.assert_array_equal(pullback(engine.array(np.ones(np.shape(value))))[0], np.zeros(3))


def test_python_numbers_as_cotangents(engine):
    _, pullback = ng.vjp(lambda x, y: x * y, 3.0, 4.0, backend=engine.name)
    assert [float(entry) for entry in pullback(2.0)] == [8.0, 6.0]
    assert [float(entry) for entry in pullback(2)] == [8.0, 6.0]


class TestComplex:
    """jvp and vjp keep the engine's convention: for both engines here, no conjugation of a holomorphic gradient."""

    Z, W = np.array([1 + 2j]), np.array([0.5 - 1j])

    def test_jvp_of_a_holomorphic_function(self, engine):
        z, w = engine.array(self.Z, "complex128"), engine.array(self.W, "complex128")
        value, tangent = ng.jvp(lambda z: z * z, (z,), (w,), backend=engine.name)
        np.testing.assert_allclose([value, tangent], [self.Z**2, 2 * self.Z * self.W])

    def test_vjp_of_a_holomorphic_function(self, engine):
        z, w = engine.array(self.Z, "complex128"), engine.array(self.W, "complex128")
        _, pullback = ng.vjp(lambda z: z * z, z, backend=engine.name)
        np.testing.assert_allclose(pullback(w)[0], 2 * self.Z * self.W)

    def test_vjp_of_a_real_part(self, engine):
        _, pullback = ng.vjp(
            lambda z: engine.xp.real(z * z * z), engine.array(self.Z, "complex128"), backend=engine.name
        )
        np.testing.assert_allclose(pullback(engine.array([1.0]))[0], [-9 + 12j])  # 3 z²

    def test_python_numbers(self, engine):
        value, tangent = ng.jvp(lambda z: z * z, (1 + 2j,), (1j,), backend=engine.name)
        assert (complex(value), complex(tangent)) == (-3 + 4j, -4 + 2j)
        assert complex(ng.vjp(lambda z: z * z, 1 + 2j, backend=engine.name)[1](1j)[0]) == -4 + 2j

    def test_complex_intermediates_of_a_real_function(self, engine):
        def f(x):
            z = x * (1 + 2j)
            return engine.xp.real(z * engine.xp.conj(z)).sum()  # 5 Σx²

        gradient, product = ng.gradient_and_hvp(f, backend=engine.name)(engine.array(X), engine.array(V))
        assert gradient.dtype == product.dtype == np.float64
        np.testing.assert_allclose([gradient, product], [10 * X, 10 * V])


class TestInsideTheEnginesOwnTransforms:
    def test_autograd_over_nestgrad(self):
        gradient = autograd.grad(lambda x: anp.sum(ng.gradient(lambda y: anp.sum(x * y**3))(x) ** 2))
        np.testing.assert_allclose(gradient(X), 54 * X**5, rtol=1e-12)  # ∇ Σ(3x³)²

    def test_nestgrad_over_autograd(self):
        f = ng.gradient(lambda x: anp.sum(autograd.grad(lambda y: anp.sum(x * y**3))(x) ** 2), backend="autograd")
        np.testing.assert_allclose(f(X), 54 * X**5, rtol=1e-12)

    def test_jax_over_nestgrad(self, jax):
        def f(x):
            return (ng.gradient(lambda y: (x * y**3).sum())(x) ** 2).sum()

        x, expected = jax.numpy.asarray(X), 54 * X**5
        np.testing.assert_allclose(jax.grad(f)(x), expected, rtol=1e-12)
        np.testing.assert_allclose(jax.jit(jax.grad(f))(x), expected, rtol=1e-12)
        rows = jax.numpy.stack([x, 2 * x])
        np.testing.assert_allclose(jax.vmap(ng.gradient(f))(rows), [expected, 32 * expected], rtol=1e-12)

    def test_jax_boolean_index_under_an_outer_gradient(self, jax):
        def f(x):
            return (x[x > 0] ** 3).sum()  # needs values: legal under jax.grad, where x has them

        x, v = jax.numpy.asarray(X), jax.numpy.asarray(V)
        np.testing.assert_allclose(jax.grad(lambda x: ng.hvp(f)(x, v).sum())(x), np.where(X > 0, 6 * V, 0), rtol=1e-12)

    def test_jax_aux_that_is_no_array(self, jax):
        def gradient(x):
            return ng.gradient(lambda x: ((x**3).sum(), "text"), has_aux=True)(x)[0]

        np.testing.assert_allclose(jax.vmap(gradient)(jax.numpy.ones((2, 3))), np.full((2, 3), 3.0))
