"""What the suite does not ask: aux, tuples, constants, refusals that say why, threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nestgrad as ng

dualpy = ng.get_backend("dualpy")
xp = dualpy.xp
X, V, W = np.array([0.5, -1.5, 2.0]), np.array([1.0, -2.0, 0.5]), np.array([0.3, 1.0, -1.0])


def derivative(f, nesting, *directions):
    return ng.derivative(f, nesting, backend="dualpy")(X, *directions)


def test_first_and_second_order():
    def f(x):
        return xp.sum(xp.sin(x) * x)

    assert derivative(f, "F", V) == pytest.approx(np.sum((np.cos(X) * X + np.sin(X)) * V))
    assert derivative(f, "FF", V, W) == pytest.approx(np.sum((2 * np.cos(X) - np.sin(X) * X) * V * W))


def test_jvp_of_a_tuple_with_aux_and_a_constant():
    value, tangent, aux = ng.jvp(lambda x: ((x**2, np.ones(2)), "seen"), (X,), (V,), has_aux=True, backend="dualpy")
    np.testing.assert_allclose(value[0], X**2)
    np.testing.assert_allclose(tangent[0], 2 * X * V)
    np.testing.assert_array_equal(tangent[1], np.zeros(2))
    assert aux == "seen"


@pytest.mark.parametrize("nesting", ["F", "FF"])
def test_float32_stays_float32(nesting):
    x, v = X.astype(np.float32), V.astype(np.float32)
    found = ng.derivative(lambda x: xp.sum(0.5 * x**3), nesting, backend="dualpy")(x, *[v] * len(nesting))
    assert found.dtype == np.float32
    assert found == pytest.approx(np.sum(1.5 * X**2 * V if nesting == "F" else 3 * X * V**2), rel=1e-6)


def test_copysign_knows_the_sign_of_both():
    f = lambda x: xp.sum(xp.copysign(x, -x) ** 3)  # noqa: E731 - that is -x³ summed
    assert derivative(f, "F", V) == pytest.approx(np.sum(-3 * X**2 * V))
    assert derivative(f, "FF", V, W) == pytest.approx(np.sum(-6 * X * V * W))


def test_reverse_mode_is_refused():
    with pytest.raises(ng.UnsupportedNestingError, match=r"no reverse mode.*Use 'F'"):
        ng.gradient(xp.sum, backend="dualpy")(X)
    with pytest.raises(ng.UnsupportedNestingError, match="no reverse mode"):
        derivative(xp.sum, "RR", V)


def test_a_derivative_inside_is_refused_rather_than_confused():
    def f(x):  # d/dα Σ x(x + α)² at α = 0 is 2Σx², and captures x
        return ng.derivative(lambda y: xp.sum(x * y**2), "F", backend="dualpy")(x, np.ones(3))

    assert f(X) == pytest.approx(2 * np.sum(X**2))
    with pytest.raises(ng.UnsupportedNestingError, match="nested derivative"):
        derivative(f, "F", V)
    assert derivative(xp.sum, "F", V) == pytest.approx(np.sum(V))  # and the next call is not inside any more


def test_an_operation_without_a_rule_is_named():
    with pytest.raises(ng.UnsupportedNestingError, match="blocked by 'nextafter'"):
        derivative(lambda x: xp.sum(np.nextafter(x, 1.0)), "F", V)
    with pytest.raises(ng.UnsupportedNestingError, match="blocked by 'astype'"):
        derivative(lambda x: xp.sum(x.astype(np.float64)), "F", V)


@pytest.mark.parametrize("order", [1, 2, 3, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_vector_norm(order, axis, keepdims):
    array = np.linspace(-1, 2, 24).reshape(2, 3, 4)
    expected = np.linalg.vector_norm(array, ord=order, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(xp.linalg.vector_norm(array, ord=order, axis=axis, keepdims=keepdims), expected)


def test_threads():
    def task(i):
        return derivative(lambda x: xp.sum(x**2 * i), "FF", V, W)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(task, range(200)))
    np.testing.assert_allclose(found, [2 * i * np.sum(V * W) for i in range(200)])


def test_inside_of_another_engine():
    """autograd differentiates a function of dualpy's forwards; its reverse mode is refused, and dualpy is named."""
    crossed = ng.foreign(lambda x: xp.sum(xp.exp(x) * x), "dualpy")
    found = ng.derivative(crossed, "FF", backend="autograd")(X, V, W)
    np.testing.assert_allclose(found, np.sum(np.exp(X) * (2 + X) * V * W), rtol=1e-13)
    with pytest.raises(ng.UnsupportedNestingError, match="dualpy refuses 'R'"):
        ng.gradient(crossed, backend="autograd")(X)
