import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nestgrad as ng
from nestgrad import InvalidNestingError

X, V, W = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -1.0]), np.array([2.0, 0.25, 1.0])
Autograd = type(ng.get_backend("autograd"))
HVP = {"FR": ng.forward_over_reverse, "RF": ng.reverse_over_forward, "RR": ng.reverse_over_reverse}


def inverse_norm(x):
    return 1 / (x * x).sum() ** 0.5


def hessian_of_inverse_norm(x):
    r = np.linalg.norm(x)
    return 3 * np.outer(x, x) / r**5 - np.eye(len(x)) / r**3


@pytest.mark.parametrize("nesting", HVP)
def test_named_nestings_against_the_closed_form(engine, nesting):
    result = HVP[nesting](inverse_norm, backend=engine.name)(engine.array(X), engine.array(V))
    np.testing.assert_allclose(result, hessian_of_inverse_norm(X) @ V, rtol=1e-12)


@pytest.mark.parametrize("nesting", ["auto", "FR", "RF", "RR", "reverse_over_forward", ng.Nesting("RR")])
def test_hvp_by_every_nesting(engine, nesting):
    x, v = engine.array(X), engine.array(V)
    product = ng.hvp(inverse_norm, nesting, backend=engine.name)(x, v)
    np.testing.assert_allclose(product, hessian_of_inverse_norm(X) @ V, rtol=1e-12)
    gradient, product = ng.gradient_and_hvp(inverse_norm, nesting, backend=engine.name)(x, v)
    np.testing.assert_allclose(gradient, -X / np.linalg.norm(X) ** 3, rtol=1e-12)
    np.testing.assert_allclose(product, hessian_of_inverse_norm(X) @ V, rtol=1e-12)


def test_the_closed_form_against_differences():
    step = 1e-5

    def gradient(x):
        return -x / np.linalg.norm(x) ** 3

    np.testing.assert_allclose(
        hessian_of_inverse_norm(X) @ V, (gradient(X + step * V) - gradient(X - step * V)) / (2 * step), rtol=1e-8
    )


def test_forward_over_forward(engine):
    result = ng.forward_over_forward(inverse_norm, backend=engine.name)(*map(engine.array, (X, V, W)))
    assert result.shape == ()
    np.testing.assert_allclose(result, V @ hessian_of_inverse_norm(X) @ W, rtol=1e-12)


@pytest.mark.parametrize("nesting", ["FFR", "FRF", "RFF", "FRR", "RFR", "RRF", "RRR", "FFF"])
def test_third_order(engine, nesting):
    """(c·x)³ + Σx⁴: the first term mixes all coordinates and directions."""
    c = W + 1
    directions = [V, W, X][: ng.Nesting(nesting).directions]
    result = ng.derivative(lambda x: (engine.array(c) * x).sum() ** 3 + (x**4).sum(), nesting, backend=engine.name)(
        engine.array(X), *map(engine.array, directions)
    )
    expected = 6 * (c @ V) * (c @ W) * c + 24 * X * V * W
    np.testing.assert_allclose(result, expected if "R" in nesting else expected @ X, rtol=1e-12)


@pytest.mark.parametrize("nesting", ["F", "R", "forward", "reverse"])
def test_first_order_nestings(engine, nesting):
    directions = [engine.array(V)] if nesting[0] in "Ff" else []
    result = ng.derivative(inverse_norm, nesting, backend=engine.name)(engine.array(X), *directions)
    gradient = -X / np.linalg.norm(X) ** 3
    np.testing.assert_allclose(result, gradient @ V if directions else gradient, rtol=1e-12)


entries = st.lists(st.floats(-3, 3), min_size=3, max_size=3).map(np.array)


@pytest.mark.parametrize("nesting", HVP)
@settings(database=None, deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=entries, u=entries, v=entries, scale=st.floats(-2, 2))
def test_symmetric_and_linear(engine, nesting, x, u, v, scale):
    def f(x):
        return (engine.xp.sin(x) * x[0]).sum() ** 2

    hvp = HVP[nesting](f, backend=engine.name)

    def product(v):
        return engine.backend.to_numpy(hvp(engine.array(x), engine.array(v)))

    assert u @ product(v) == pytest.approx(v @ product(u), rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(product(u + scale * v), product(u) + scale * product(v), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("nesting", ["FF", "R", "FFR", "F"])
@pytest.mark.parametrize("operator", [ng.hvp, ng.gradient_and_hvp])
def test_no_hessian_vector_product(operator, nesting):
    with pytest.raises(InvalidNestingError, match=f"'{nesting}' is not"):
        operator(inverse_norm, nesting)


@pytest.mark.parametrize("operator", [ng.hvp, ng.gradient_and_hvp, ng.derivative])
def test_misspelt_nesting_is_an_error_before_the_first_call(operator):
    with pytest.raises(InvalidNestingError, match="forward_over_reverse"):
        operator(inverse_norm, "foward_over_reverse")


COUNTS = {
    "gradient": (ng.gradient, 0, 1),
    "value_and_gradient": (ng.value_and_gradient, 0, 1),
    "FR": (ng.forward_over_reverse, 1, 1),
    "RF": (ng.reverse_over_forward, 1, 1),
    "RR": (ng.reverse_over_reverse, 1, 1),
    "FF": (ng.forward_over_forward, 2, 1),
    "RRR": (lambda f, **options: ng.derivative(f, "RRR", **options), 2, 1),
    "gradient and FR": (lambda f, **options: ng.gradient_and_hvp(f, "FR", **options), 1, 1),
    "gradient and RF": (lambda f, **options: ng.gradient_and_hvp(f, "RF", **options), 1, 2),
    "gradient and RR": (lambda f, **options: ng.gradient_and_hvp(f, "RR", **options), 1, 1),
}


@pytest.mark.parametrize("n", [3, 300])
@pytest.mark.parametrize(("operator", "directions", "expected"), COUNTS.values(), ids=COUNTS)
def test_evaluations_of_f_do_not_depend_on_the_size(engine, operator, directions, expected, n):
    calls = []
    op = operator(lambda x: calls.append(1) or (x**3).sum(), backend=engine.name)
    x = engine.array(np.ones(n))
    for _ in range(2):
        calls.clear()
        op(x, *[x] * directions)
        assert len(calls) == expected


FIRST = {
    "reverse": lambda f, name: ng.gradient(f, backend=name),
    "forward": lambda f, name: lambda x: ng.jvp(f, (x,), (1.0,), backend=name)[1],
}
first = pytest.mark.parametrize("inner", FIRST)
second = pytest.mark.parametrize("outer", FIRST)


class TestNestedOperators:
    """Perturbation confusion: each derivative takes its own variable, even when two are one array."""

    @first
    @second
    def test_inner_variable_is_not_the_outer(self, engine, outer, inner):
        def f(x):
            return x * FIRST[inner](lambda y: x + y, engine.name)(engine.array(1.0))  # x · 1

        assert float(FIRST[outer](f, engine.name)(engine.array(5.0))) == 1.0

    @first
    @second
    def test_aliased(self, engine, outer, inner):
        def f(x):
            return x * FIRST[inner](lambda y: x * y, engine.name)(x)  # x · x

        assert float(FIRST[outer](f, engine.name)(engine.array(5.0))) == 10.0

    @first
    @second
    def test_three_deep(self, engine, outer, inner):
        name = engine.name

        def f(x):
            def g(y):
                return y * FIRST[outer](lambda z: x * y * z * z, name)(y)  # 2xy³

            return x * FIRST[inner](g, name)(x)  # 6x⁴

        assert float(FIRST[outer](f, name)(engine.array(2.0))) == 24 * 2.0**3

    @pytest.mark.parametrize("nesting", HVP)
    def test_hvp_inside_a_gradient(self, engine, nesting):
        """d/dx and d/dv of ⟨v, ∇²f(x)v⟩ = 6 Σxv² for f = Σx³."""
        op = HVP[nesting](lambda x: (x**3).sum(), backend=engine.name)
        gradients = ng.gradient(lambda x, v: (v * op(x, v)).sum(), (0, 1), backend=engine.name)
        np.testing.assert_allclose(gradients(engine.array(X), engine.array(V)), [6 * V**2, 12 * X * V], rtol=1e-12)

    @pytest.mark.parametrize("nesting", HVP)
    def test_hvp_with_respect_to_what_f_captures(self, engine, nesting):
        def f(s):
            return HVP[nesting](lambda x: s * (x**3).sum(), backend=engine.name)(engine.array(X), engine.array(V)).sum()

        np.testing.assert_allclose(ng.gradient(f, backend=engine.name)(engine.array(2.0)), 6 * X @ V, rtol=1e-12)

    def test_hvp_of_an_hvp(self, engine):
        """∇²(Σ 6xv) v = 0 and ∇² of ⟨v, ∇²Σx⁴ v⟩ = 12 Σx²v² is 24 v²."""
        x, v, w = map(engine.array, (X, V, W))
        inner = ng.hvp(lambda x: (x**4).sum(), backend=engine.name)
        outer = ng.hvp(lambda x: (v * inner(x, v)).sum(), backend=engine.name)
        np.testing.assert_allclose(outer(x, w), 24 * V**2 * W, rtol=1e-12)


class Native(Autograd):
    """Its gradients and products are 7, so that it shows who was asked."""

    def value_and_gradient(self, f, *primals):
        return f(*primals), tuple(np.full_like(x, 7) for x in primals)

    def reverse_over_reverse(self, f, primal, tangent):
        return np.full_like(primal, 7), np.full_like(primal, 7)


class NativeBelowAVjp(Native):
    def vjp(self, f, *primals, has_aux=False):
        return super().vjp(f, *primals, has_aux=has_aux)


class NativeAgain(NativeBelowAVjp):
    def value_and_gradient(self, f, *primals):
        return super().value_and_gradient(f, *primals)


@pytest.mark.parametrize(
    ("backend", "gradient", "product"),
    [(Native, 7, 7), (NativeBelowAVjp, 3 * X**2, 6 * X * V), (NativeAgain, 7, 6 * X * V)],
)
def test_a_native_method_stands_for_no_vjp_of_a_subclass(backend, gradient, product):
    def f(x):
        return (x**3).sum()

    np.testing.assert_allclose(ng.gradient(f, backend=backend())(X), gradient)
    np.testing.assert_allclose(ng.value_and_gradient(f, backend=backend())(X)[1], gradient)
    np.testing.assert_allclose(ng.reverse_over_reverse(f, backend=backend())(X, V), product)


def test_a_native_method_stands_for_no_vjp_of_one_object():
    backend, called = Native(), []
    backend.vjp = lambda *args, **kwargs: called.append(args) or Autograd.vjp(backend, *args, **kwargs)
    np.testing.assert_allclose(ng.gradient(lambda x: (x**3).sum(), backend=backend)(X), 3 * X**2)
    assert called
