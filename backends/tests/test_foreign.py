"""Functions of one engine in another: every pair, every nesting of orders 1 to 3, against closed forms."""

import itertools

import numpy as np
import pytest

import nestgrad as ng

ENGINES = ["autograd", "jax", "tensorflow", "torch"]
PAIRS = list(itertools.permutations(ENGINES, 2))
A = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 1.0]])
X = np.array([0.3, -0.7, 1.1])
V, W, U = np.array([[1.0, 0.5, -2.0], [-0.4, 1.2, 0.3], [0.7, -0.1, 0.9]])


@pytest.fixture(params=PAIRS, ids="+".join)
def pair(request, x64):
    """(outer, inner), with 64 bits."""
    for engine in request.param:
        pytest.importorskip(engine)
    return tuple(map(ng.get_backend, request.param))


@pytest.fixture(params=ENGINES)
def outer(request, x64):
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def another(backend):
    """A backend with another engine, that is always there."""
    if backend.name != "autograd":
        return ng.get_backend("autograd")
    pytest.importorskip("torch")
    return ng.get_backend("torch")


def exponential(inner, a=A):
    """f(x) = Σ exp(Ax), whose Dᵏf(x)[v…, ·] is Aᵀ(exp(Ax) ∏ Av)."""
    return lambda x: inner.xp.sum(inner.xp.exp(inner.xp.matmul(inner.asarray(a), x)))


def derivative(nesting, *directions):
    """Dᵏf(x)[v…, ·], or the number if all letters are F."""
    held = np.exp(A @ X)
    for v in directions[: nesting.directions]:
        held = held * (A @ v)
    return A.T @ held if "R" in nesting.code else held.sum()


def test_each_nesting_of_each_pair(pair, nestings):
    outer, inner = pair
    crossed = ng.foreign(exponential(inner), inner)
    for code in nestings(1, 2, 3):
        nesting = ng.Nesting(code)
        directions = [outer.asarray(v) for v in (V, W, U)[: nesting.directions]]
        found = ng.derivative(crossed, nesting, backend=outer)(outer.asarray(X), *directions)
        expected = derivative(nesting, V, W, U)
        np.testing.assert_allclose(outer.to_numpy(found), expected, rtol=1e-13, err_msg=code)


def test_each_letter_runs_the_same_mode_of_the_inner_engine(outer, nestings):
    """But for two F of TensorFlow's own, which its backend emulates by reverse mode."""
    inner = another(outer)
    modes = []

    class Counting(type(inner)):
        def jvp(self, *args, **kwargs):
            modes.append("F")
            return super().jvp(*args, **kwargs)

        def vjp(self, *args, **kwargs):
            modes.append("R")
            return super().vjp(*args, **kwargs)

    for code in nestings(1, 2, 3):
        if outer.name == "tensorflow" and code.count("F") > 1:
            continue
        modes.clear()
        nesting = ng.Nesting(code)
        crossed = ng.foreign(exponential(inner), Counting())
        directions = [outer.asarray(v) for v in (V, W, U)[: nesting.directions]]
        ng.derivative(crossed, nesting, backend=outer)(outer.asarray(X), *directions)
        assert "".join(modes).endswith(code), code


def test_one_evaluation_and_one_for_each_r(pair, nestings):
    """A tangent comes with its value."""
    outer, inner = pair
    calls = []
    f = exponential(inner)

    def counted(x):
        calls.append(x)
        return f(x)

    crossed = ng.foreign(counted, inner)
    for code in nestings(1, 2, 3):
        if outer.name == "tensorflow" and code.count("F") > 1:  # emulated by reverse mode
            continue
        nesting = ng.Nesting(code)
        operator = ng.derivative(crossed, nesting, backend=outer)
        arguments = [outer.asarray(v) for v in (X, V, W, U)[: 1 + nesting.directions]]
        for _ in range(2):
            operator(*arguments)
        calls.clear()
        operator(*arguments)
        assert len(calls) == 1 + code.count("R"), code


def test_called_with_its_own_arrays_it_is_f(outer):
    seen = []
    crossed = ng.foreign(lambda x: seen.append(x) or x, outer)
    x = outer.asarray(X)
    assert crossed(x) is x
    assert seen[0] is x


def test_called_with_arrays_of_numpy_it_gives_such(pair):
    _, inner = pair
    found = ng.foreign(lambda x: {"square": x * x, "sum": inner.xp.sum(x)}, inner)(X)
    assert {type(array) for array in found.values()} <= {np.ndarray, np.float64}
    np.testing.assert_array_equal(found["square"], X * X)
    np.testing.assert_allclose(found["sum"], X.sum())


def test_operators_take_its_engine_where_arrays_say_nothing(outer):
    types = []

    def f(x):
        types.append(type(x))
        return outer.xp.sum(x * x * x)

    found = ng.hvp(ng.foreign(f, outer))(X, V)
    np.testing.assert_allclose(outer.to_numpy(found), 6 * X * V)
    assert type(found) is type(outer.asarray(X))
    (gradient,) = ng.vjp(ng.foreign(f, outer), X)[1](1.0)
    assert type(gradient) is type(outer.asarray(X))
    pushed = ng.jvp(ng.foreign(f, outer), (X,), (V,))[1]
    np.testing.assert_allclose(outer.to_numpy(pushed), 3 * X @ (X * V))


def test_containers_and_what_is_no_array(pair):
    outer, inner = pair

    def f(state, *, power, mode):
        assert mode == "sum"
        x, (y,) = state["x"], state["rest"]
        return {"value": inner.xp.sum(x**power * y), "rest": (x, None)}

    crossed = ng.foreign(f, inner)
    state = {"x": outer.asarray(X), "rest": (outer.asarray(W),)}
    value = crossed(state, power=3, mode="sum")
    np.testing.assert_allclose(outer.to_numpy(value["value"]), (X**3 * W).sum())
    assert value["rest"][1] is None
    found = ng.gradient(lambda s: crossed(s, power=3, mode="sum")["value"], backend=outer)(state)
    np.testing.assert_allclose(outer.to_numpy(found["x"]), 3 * X**2 * W)
    np.testing.assert_allclose(outer.to_numpy(found["rest"][0]), X**3)
    # another power is another function
    np.testing.assert_allclose(outer.to_numpy(crossed(state, power=2, mode="sum")["value"]), (X**2 * W).sum())


def test_integers_go_along(pair):
    """Indices as an argument, and an index beside the value."""
    outer, inner = pair
    places = np.array([2, 0, 2])

    def f(x, places):
        return inner.xp.sum(inner.xp.take(x, places) ** 3), inner.xp.argmax(x)

    crossed = ng.foreign(f, inner)
    x, i, v = (outer.asarray(one) for one in (X, places, V))
    assert int(crossed(x, i)[1]) == 2

    def scalar(x):
        return crossed(x, i)[0]

    counts = np.array([1, 0, 2])
    np.testing.assert_allclose(outer.to_numpy(ng.gradient(scalar, backend=outer)(x)), 3 * counts * X**2)
    for nesting in ("FR", "RF", "RR"):
        product = ng.derivative(scalar, nesting, backend=outer)(x, v)
        np.testing.assert_allclose(outer.to_numpy(product), 6 * counts * X * V, err_msg=nesting)


def test_dtypes_are_kept(pair):
    outer, inner = pair
    crossed = ng.foreign(lambda x: x * x, inner)
    x = outer.asarray(X.astype(np.float32))
    assert outer.to_numpy(crossed(x)).dtype == np.float32
    assert outer.to_numpy(ng.vjp(crossed, x, backend=outer)[1](x)[0]).dtype == np.float32
    assert outer.to_numpy(crossed(outer.asarray(X))).dtype == np.float64
    two = ng.foreign(lambda x: (x, inner.xp.astype(x, inner.xp.float64)), inner)(x)
    assert [outer.to_numpy(one).dtype for one in two] == [np.float32, np.float64]


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (2, 1, 3)], ids=str)
def test_shapes(pair, shape):
    outer, inner = pair
    x = np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)
    crossed = ng.foreign(lambda x: inner.xp.sum(x * x * x), inner)
    found = ng.gradient(crossed, backend=outer)(outer.asarray(x))
    np.testing.assert_allclose(outer.to_numpy(found), 3 * x**2)
    product = ng.hvp(crossed, backend=outer)(outer.asarray(x), outer.asarray(x))
    assert tuple(product.shape) == shape
    np.testing.assert_allclose(outer.to_numpy(product), 6 * x**2)


def test_no_engine_sees_what_another_writes(pair):
    """An f that keeps its argument and its result, and writes into both."""
    outer, inner = pair
    if inner.name not in ("torch", "autograd"):
        pytest.skip("its arrays cannot be written")
    kept = []

    def f(x):
        y = x * 2.0
        kept.extend([x, y])
        return y

    x = outer.asarray(X)
    found = ng.foreign(f, inner)(x)
    for array in kept:
        array[...] = 100.0
    np.testing.assert_array_equal(outer.to_numpy(x), X)
    np.testing.assert_array_equal(outer.to_numpy(found), 2 * X)


def test_what_the_caller_writes_is_not_seen_by_f(pair):
    outer, inner = pair
    if outer.name not in ("torch", "autograd"):
        pytest.skip("its arrays cannot be written")
    x, kept = outer.asarray(X.copy()), []
    ng.foreign(lambda x: kept.append(x) or x, inner)(x)
    x[...] = 100.0
    np.testing.assert_array_equal(inner.to_numpy(kept[0]), X)


def test_two_functions_and_an_outer_piece(pair, nestings):
    """h(x) = Σ f(sin x) f(x)², with f(x) = x³ of the inner engine: three pieces, the inner one called twice."""
    outer, inner = pair
    cube = ng.foreign(lambda x: x * x * x, inner)

    def h(x):
        return outer.xp.sum(cube(outer.xp.sin(x)) * cube(x) ** 2)

    s, c = np.sin(X), np.cos(X)
    second = 6 * s * c**2 * X**6 - 3 * s**3 * X**6 + 36 * s**2 * c * X**5 + 30 * s**3 * X**4
    for code in nestings(2):
        vectors = [outer.asarray(v) for v in (X, V, W)[: 1 + ng.Nesting(code).directions]]
        found = outer.to_numpy(ng.derivative(h, code, backend=outer)(*vectors))
        np.testing.assert_allclose(found, (second * V * W).sum() if code == "FF" else second * V, rtol=1e-12)


def test_in_two_arguments(pair):
    """f(x, y) = Σ x²y: derivatives in one, in both, and in one of the other."""
    outer, inner = pair
    crossed = ng.foreign(lambda x, y: inner.xp.sum(x * x * y), inner)
    x, y, v = (outer.asarray(one) for one in (X, W, V))
    gradient = ng.gradient(crossed, argnums=(0, 1), backend=outer)(x, y)
    np.testing.assert_allclose(outer.to_numpy(gradient[0]), 2 * X * W)
    np.testing.assert_allclose(outer.to_numpy(gradient[1]), X * X)
    product = ng.hvp(lambda p: crossed(*p), backend=outer)((x, y), (v, v))
    np.testing.assert_allclose(outer.to_numpy(product[0]), 2 * W * V + 2 * X * V)
    np.testing.assert_allclose(outer.to_numpy(product[1]), 2 * X * V)
    mixed = ng.gradient(lambda y: outer.xp.sum(ng.gradient(crossed, backend=outer)(x, y) * v), backend=outer)(y)
    np.testing.assert_allclose(outer.to_numpy(mixed), 2 * X * V)


def test_complex_numbers_in_the_outer_convention(pair):
    """Re z³ of the inner engine has the derivative that Re z³ of the outer one has; and so has a map of C to C."""
    outer, inner = pair
    z = outer.asarray(np.asarray(1.0 + 2.0j))
    for power in (lambda z, xp: xp.real(z**3), lambda z, xp: z**3 + xp.conj(z)):
        crossed = ng.foreign(lambda z, power=power: power(z, inner.xp), inner)
        value, by_outer = ng.vjp(lambda z, power=power: power(z, outer.xp), z, backend=outer)
        _, pullback = ng.vjp(crossed, z, backend=outer)
        cotangent = value * 0 + (2.0 - 1.0j if "complex" in str(value.dtype) else 1.0)
        np.testing.assert_allclose(outer.to_numpy(pullback(cotangent)[0]), outer.to_numpy(by_outer(cotangent)[0]))


def test_operators_over_it(pair):
    outer, inner = pair
    crossed = ng.foreign(exponential(inner), inner)
    hessian = A.T @ np.diag(np.exp(A @ X)) @ A
    x, v = outer.asarray(X), outer.asarray(V)

    def close(found, expected):
        np.testing.assert_allclose(outer.to_numpy(found), expected, rtol=1e-12, atol=1e-13)

    close(ng.hessian(crossed, backend=outer)(x), hessian)
    close(ng.hessian(crossed, chunk_size=2, backend=outer)(x), hessian)
    close(ng.laplacian(crossed, backend=outer)(x), np.trace(hessian))
    close(ng.hessian_diagonal(crossed, backend=outer)(x), np.diag(hessian))
    close(ng.jacobian(ng.gradient(crossed, backend=outer), backend=outer)(x), hessian)
    close(ng.hvp(crossed, backend=outer).at(x)(v), hessian @ V)
    close(
        ng.hvp(crossed, backend=outer).batch(x, outer.asarray(np.stack([V, W]))), np.stack([hessian @ V, hessian @ W])
    )
    np.testing.assert_allclose(ng.linear_operator(crossed, x, backend=outer) @ V, hessian @ V)


def test_nested_gradients_of_functions_of_two_engines(pair):
    """∇(g∘∇f) for f of one engine and g of the other, both ways."""
    one, other = pair
    hessian = A.T @ np.diag(np.exp(A @ X)) @ A
    expected = hessian @ (3 * (A.T @ np.exp(A @ X)) ** 2)

    def g(xp):
        return lambda y: xp.sum(y * y * y)

    x = one.asarray(X)
    for outer_g, f in (
        (g(one.xp), ng.foreign(exponential(other), other)),
        (ng.foreign(g(other.xp), other), exponential(one)),
        (ng.foreign(g(other.xp), other), ng.foreign(exponential(other), other)),
    ):
        found = ng.nested_gradient(outer_g, f, backend=one)(x)
        np.testing.assert_allclose(one.to_numpy(found), expected, rtol=1e-12)
    by_types = ng.nested_gradient(ng.foreign(g(other.xp), other), ng.foreign(exponential(one), one))(X)
    np.testing.assert_allclose(one.to_numpy(by_types), expected, rtol=1e-12)


def test_jacobians_of_what_is_no_scalar(pair):
    outer, inner = pair
    crossed = ng.foreign(lambda x: inner.xp.matmul(inner.asarray(A), x * x), inner)
    for nesting in ("F", "R"):
        found = ng.jacobian(crossed, nesting=nesting, backend=outer)(outer.asarray(X))
        np.testing.assert_allclose(outer.to_numpy(found), A * 2 * X, err_msg=nesting)


def test_three_engines(x64):
    """jax in torch in TensorFlow."""
    jax, torch, tensorflow = map(pytest.importorskip, ("jax", "torch", "tensorflow"))
    in_jax = ng.foreign(lambda x: jax.numpy.exp(x), "jax")
    in_torch = ng.foreign(lambda x: torch.sum(in_jax(x) * x), "torch")
    x = tensorflow.constant(X)
    for nesting in ("FR", "RF", "RR"):
        found = ng.derivative(in_torch, nesting)(x, tensorflow.constant(V))
        np.testing.assert_allclose(found.numpy(), np.exp(X) * (2 + X) * V, err_msg=nesting)
    np.testing.assert_allclose(jax.hessian(in_torch)(jax.numpy.asarray(X)), np.diag(np.exp(X) * (2 + X)))
    in_a_program = jax.jit(ng.foreign(lambda x: torch.sum(in_jax(x)), "torch", shapes=lambda x: jax.numpy.zeros(())))
    with pytest.raises(jax.errors.JaxRuntimeError, match="wait for each other for ever"):
        in_a_program(jax.numpy.asarray(X))
