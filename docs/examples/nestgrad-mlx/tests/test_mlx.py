"""What the suite does not ask: precision, aux, pullbacks, the graph's loose ends, messages, threads."""

import math
from concurrent.futures import ThreadPoolExecutor

import mlx.core as mx
import numpy as np
import pytest

import nestgrad as ng

mlx = ng.get_backend("mlx")
xp = mlx.xp
NUMBERS = np.array([0.5, -1.5, 2.0])
X, V = mlx.asarray(NUMBERS), mlx.asarray(np.array([1.0, -2.0, 0.5]))
SECOND_ORDER = ("FR", "RF", "RR")


@pytest.fixture(autouse=True)
def _on_the_cpu():
    with mx.stream(mx.cpu):
        yield


def close(found, expected):
    np.testing.assert_allclose(mlx.to_numpy(found), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool", "complex64"])
def test_arrays_keep_dtype_and_values(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    for view in (array, array[::-1, ::2], array[0, 1], array.astype(array.dtype.newbyteorder(">"))):
        there_and_back = mlx.to_numpy(mlx.asarray(view))
        np.testing.assert_array_equal(there_and_back, view)
        assert there_and_back.dtype == dtype


@pytest.mark.parametrize("dtype", [np.longdouble, np.complex128])
def test_precision_is_not_lost_silently(dtype):
    with pytest.raises(ng.PrecisionLossError, match="no dtype for NumPy's"):
        mlx.asarray(np.ones(2, dtype))


def test_a_number_is_like_its_neighbour():
    assert mlx.asarray(0.1, like=X).item() == 0.1
    assert mlx.asarray(0.1, like=X.astype(mx.float32)).dtype == mx.float32


@pytest.mark.parametrize("name", ["exp", "expm1", "sin", "cos", "tan"])
def test_the_namespace_has_64_bits(name):
    points = np.concatenate([np.linspace(-30, 30, 41), [0.0, math.pi, -math.pi / 2]])
    close(getattr(xp, name)(mlx.asarray(points)), getattr(np, name)(points))
    single = getattr(xp, name)(mx.array([0.5]))
    assert single.dtype == mx.float32


@pytest.mark.parametrize("nesting", SECOND_ORDER)
def test_derivatives_of_the_namespace_have_64_bits(nesting):
    v = mlx.to_numpy(V)
    second = {
        "exp": np.exp(NUMBERS),
        "expm1": np.exp(NUMBERS),
        "sin": -np.sin(NUMBERS),
        "cos": -np.cos(NUMBERS),
        "tan": 2 * np.tan(NUMBERS) / np.cos(NUMBERS) ** 2,
    }
    for name, expected in second.items():
        close(ng.hvp(lambda x, name=name: xp.sum(getattr(xp, name)(x)), nesting=nesting)(X, V), expected * v)


@pytest.mark.parametrize("nesting", SECOND_ORDER)
def test_a_derivative_inside_that_captures_the_outer_variable(nesting):
    def f(x):  # x · ∇(Σ x y²) at y = x is 2Σx³
        return mx.sum(x * ng.gradient(lambda y: mx.sum(x * y**2))(x))

    close(ng.hvp(f, nesting=nesting)(X, V), 12 * NUMBERS * mlx.to_numpy(V))


def test_a_derivative_inside_mlx_own():
    def f(x):  # Σ of the gradient of Σx³, whose gradient is 6x
        return mx.sum(ng.gradient(lambda y: mx.sum(y**3))(x))

    close(mx.grad(f)(X), 6 * NUMBERS)


@pytest.mark.parametrize(("axis", "keepdims"), [(None, False), (1, True), ((0, -1), False), ((0, 2), True)])
def test_reductions(axis, keepdims):
    array = np.linspace(-1, 2, 24).reshape(2, 3, 4)
    for name in ("max", "min", "prod"):
        expected = getattr(np, name)(array, axis=axis, keepdims=keepdims)
        close(getattr(xp, name)(xp.asarray(array), axis=axis, keepdims=keepdims), expected)


def test_a_pullback_is_called_many_times_and_inside_other_transforms():
    value, pullback = ng.vjp(lambda x, y: (x * y, mx.sum(x)), X, V)
    for scale in (1.0, 2.0):
        by_x, by_y = pullback((scale * mx.ones_like(X), mlx.asarray(np.array(scale))))
        close(by_x, scale * (mlx.to_numpy(V) + 1))
        close(by_y, scale * NUMBERS)
    close(
        ng.gradient(lambda u: mx.sum(pullback((u, value[1]))[0] ** 2))(X),
        2 * (NUMBERS * [1, -2, 0.5] + 1) * [1, -2, 0.5],
    )


def test_aux_and_a_constant():
    value, derivative, aux = ng.jvp(lambda x: ((x**2, 2.5), x + 1), (X,), (V,), has_aux=True)
    close(derivative[0], 2 * NUMBERS * mlx.to_numpy(V))
    assert (value[1].item(), derivative[1].item(), derivative[1].dtype) == (2.5, 0.0, mx.float64)
    close(aux, NUMBERS + 1)
    gradient, aux = ng.gradient(lambda x: (mx.sum(x**2), x + 1), has_aux=True)(X)
    close(gradient, 2 * NUMBERS)
    close(aux, NUMBERS + 1)


def test_compiled():
    product = ng.hvp(lambda x: mx.sum(x**3), compile=True)
    close(product(X, V), 6 * NUMBERS * mlx.to_numpy(V))
    close(product(2 * X, V), 12 * NUMBERS * mlx.to_numpy(V))


@pytest.mark.parametrize(
    ("function", "nesting", "blocker", "way_out"),
    [
        (lambda x: mx.sum(mx.cumprod(x)), "FR", "cumulative prod/min/max", "Use 'RR'"),
        (lambda x: mx.max(x) ** 2, "RF", "gather_axis", "Use 'RR'"),
        (lambda x: mx.sum(x[mx.array([0, 0])] ** 2), "FR", "scatter", "Use 'RR'"),
        (lambda x: mx.sum(mx.linalg.inv(mx.outer(x, x) + mx.eye(3, dtype=x.dtype))), "RF", "Inverse", "$"),
        (lambda x: mx.sum(mx.linalg.inv(mx.outer(x, x) + mx.eye(3, dtype=x.dtype))), "RR", "Inverse", "$"),
    ],
)
def test_a_refusal_names_the_operation_and_no_false_way_out(function, nesting, blocker, way_out):
    with pytest.raises(ng.UnsupportedNestingError, match=f"blocked by '{blocker}'.*{way_out}") as caught:
        ng.hvp(function, nesting=nesting)(X, V)
    assert ("Use" in str(caught.value)) == (way_out != "$")


def test_the_third_order_that_is_refused_is_wrong_in_mlx():
    def derivative(f):
        return lambda x: mx.vjp(f, [x], [mx.ones_like(x)])[1][0]

    def power(x):
        return mx.power(mx.array(2.0, dtype=mx.float64), x)

    third = derivative(derivative(derivative(power)))(mx.array(1.5, dtype=mx.float64)).item()
    assert third != pytest.approx(math.log(2) ** 3 * 2**1.5)  # once this fails, max_order can go
    with pytest.raises(ng.UnsupportedNestingError, match="order 2"):
        ng.derivative(lambda x: mx.sum(power(x)), "RRR")(X, V, V)


@pytest.mark.parametrize("order", [1, 2, 3, math.inf, -math.inf])
@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_vector_norm(order, axis, keepdims):
    array = np.linspace(-1, 2, 24).reshape(2, 3, 4)
    expected = np.linalg.vector_norm(array, ord=order, axis=axis, keepdims=keepdims)
    close(xp.linalg.vector_norm(xp.asarray(array), ord=order, axis=axis, keepdims=keepdims), expected)


def test_complex_numbers_are_refused_and_wrong_in_mlx():
    def f(a, complex64):  # Im (a + i)² = 2a
        return mx.sum(mx.imag((a.astype(complex64) + 1j) ** 2))

    assert mx.grad(lambda a: f(a, mx.complex64))(mx.array([3.0])).item() != 2  # once this fails, the refusal can go
    with pytest.raises(ng.UnsupportedNestingError, match="blocked by 'complex'"):
        ng.gradient(lambda a: f(a, xp.complex64))(X)


def test_what_the_repairs_are_for():
    """Raw MLX loses digits, and derivatives. Once this fails, a repair can go."""

    def composite(raw):  # x · ∇(Σ x y²) at y = x, twice differentiated by the same means
        def inner(f, x):
            return raw.vjp(f, x)[1](mlx.asarray(np.array(1.0)))[0]

        gradient = lambda x: inner(lambda x: mx.sum(x * inner(lambda y: mx.sum(x * y**2), x)), x)  # noqa: E731
        return mlx.to_numpy(raw.jvp(gradient, (X,), (V,))[1])

    raw = mlx.raw()
    np.testing.assert_allclose(composite(mlx), 12 * NUMBERS * mlx.to_numpy(V))
    assert not composite(raw).any()
    assert 1e-9 < np.abs(mlx.to_numpy(raw.xp.exp(X)) / np.exp(NUMBERS) - 1).max() < 1e-6


def test_no_default_is_changed():
    before = mx.default_device(), mx.default_stream(mx.cpu)
    ng.hvp(lambda x: mx.sum(x**3))(X, V)
    assert (mx.default_device(), mx.default_stream(mx.cpu)) == before


def test_threads():
    def task(i):
        with mx.stream(mx.cpu):
            x = mlx.asarray(NUMBERS + i)
            nesting = SECOND_ORDER[i % 3]
            return mlx.to_numpy(ng.hvp(lambda x: mx.sum(x**3), nesting=nesting)(x, mlx.asarray(np.ones(3))))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(task, range(200)))
    np.testing.assert_allclose(found, [6 * (NUMBERS + i) for i in range(200)])


def test_the_sum_of_nothing_is_zero_and_not_waited_for():
    nothing = mlx.asarray(np.zeros((0, 3)))
    for _ in range(1000):  # MLX's own hangs within a few thousand
        assert xp.sum(nothing, axis=0).tolist() == [0.0, 0.0, 0.0]
        assert mlx.finite(nothing)
    assert xp.sum(nothing, axis=-1, keepdims=True).shape == (0, 1)
    assert xp.sum(nothing).shape == ()


@pytest.mark.parametrize("nesting", SECOND_ORDER)
def test_inside_of_another_engine(nesting):
    """autograd differentiates a function of MLX's: this plug-in needs nothing for it."""
    crossed = ng.foreign(lambda x: mx.sum(x * x * x), "mlx")
    found = ng.derivative(crossed, nesting, backend="autograd")(NUMBERS, np.ones(3))
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, 6 * NUMBERS, rtol=1e-13)
    close(ng.derivative(crossed, nesting)(X, mlx.asarray(np.ones(3))), 6 * NUMBERS)


def test_it_is_no_outer_engine():
    crossed = ng.foreign(lambda x: x, "autograd")
    with pytest.raises(ng.UnsupportedExecutionError, match="mlx cannot take functions of other engines"):
        crossed(X)
