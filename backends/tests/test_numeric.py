"""Derivatives by differences of values, against derivatives that are written out, over every engine."""

import pickle
import threading

import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng
from nestgrad_numeric import _impl

X, V = np.array([0.3, 0.7, 1.1]), np.array([1.0, -0.5, 0.25])


def product(x, v):
    """The Hessian of (Σ x³)² at x, times v."""
    s = np.sum(x**3)
    return 18 * x**2 * (x**2 @ v) + 12 * s * x * v


def close(found, expected, rtol=1e-6):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=rtol, atol=rtol * np.max(np.abs(expected), initial=0))


def numeric(f, x, v, **options):
    return ng.jvp(f, (x,), (v,), backend="numeric", **options)


def counted(f):
    """F, and a list that grows with each of its evaluations."""
    points = []

    def g(x):
        points.append(x)
        return f(x)

    return g, points


@pytest.fixture
def f(backend):
    return lambda x: backend.xp.sum(x**3) ** 2


def test_a_hessian_vector_product_over_every_engine(backend, f):
    x, v = backend.asarray(X), backend.asarray(V)
    gradient, found = numeric(ng.gradient(f), x, v)
    assert type(found) is type(gradient) is type(x)
    assert found.dtype == x.dtype
    close(found, product(X, V))
    close(gradient, 6 * np.sum(X**3) * X**2)


def test_f_gets_arrays_like_x(backend):
    x, v = backend.asarray(X.astype("float32")), backend.asarray(V.astype("float32"))
    f, points = counted(lambda x: x * x)
    _, found = numeric(f, x, v)
    assert {(type(point), point.dtype, tuple(point.shape)) for point in points} == {(type(x), x.dtype, (3,))}
    assert found.dtype == x.dtype
    close(found, 2 * X * V, 1e-3)


def test_numpy_arrays_are_of_the_engine_of_f(backend, f):
    if backend.name == "torch":
        with pytest.raises(ng.BackendNotFoundError, match="pass arrays of the engine") as caught:
            numeric(lambda x: x.sin().sum(), X, V)
        assert "'numeric'" not in str(caught.value)
        return
    _, found = numeric(f, X, V)
    assert type(found) is type(f(backend.asarray(X)))
    close(found, 6 * np.sum(X**3) * X**2 @ V)


def test_a_direction_of_numpy_beside_an_engines_x(backend, f):
    close(numeric(f, backend.asarray(X), V)[1], 6 * np.sum(X**3) * X**2 @ V)


def test_the_operators_that_push(backend, f):
    x, v = backend.asarray(X), backend.asarray(V)
    close(ng.derivative(f, "F", backend="numeric")(x, v), 6 * np.sum(X**3) * X**2 @ V)
    hessian = ng.jacobian(ng.gradient(f), nesting="F", backend="numeric")(x)
    close(hessian, np.stack([product(X, e) for e in np.eye(3)]))


def test_containers_several_primals_and_an_aux(backend):
    x, v = backend.asarray(X), backend.asarray(V)

    def f(p, q):
        return {"a": p["w"] * q, "b": (backend.xp.sum(q * q),)}, "aux"

    value, found, aux = ng.jvp(f, ({"w": x}, x), ({"w": v}, 2 * v), has_aux=True, backend="numeric")
    assert aux == "aux"
    close(value["a"], X * X)
    close(found["a"], V * X + X * 2 * V)
    close(found["b"][0], 4 * X @ V)


def test_a_direction_of_zero_is_exact(backend, f):
    x = backend.asarray(X)
    value, found = numeric(f, x, 0 * x)
    assert np.asarray(found) == 0.0
    assert np.asarray(value) == np.asarray(f(x))


def test_empty_arrays(backend):
    x = backend.asarray(np.zeros((0, 3)))
    assert numeric(lambda x: 2 * x, x, x)[1].shape == (0, 3)
    assert numeric(lambda x: backend.xp.sum(x), x, x)[1].shape == ()


def test_a_number_of_shape_nothing(backend):
    x = backend.asarray(np.asarray(0.5))
    f, points = counted(lambda x: x * x)
    assert float(numeric(f, x, x)[1]) == pytest.approx(0.5, rel=1e-9)
    assert {type(point) for point in points} == {type(x)}


def test_the_result_is_differentiated_by_the_engine(backend, f):
    x, v = backend.asarray(X), backend.asarray(V)
    if backend.name == "torch":
        x.requires_grad_()
        numeric(f, x, v)[1].backward()
        found = x.grad
    elif backend.name == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            pushed = numeric(f, x, v)[1]
        found = tape.gradient(pushed, x)
    else:  # their tracers have no values
        with pytest.raises(ng.UnsupportedExecutionError, match="outside of it"):
            ng.gradient(lambda x: numeric(f, x, v)[1])(x)
        return
    close(found, product(X, V))


def test_where_there_are_no_values(x64):
    jax, torch, tf = (pytest.importorskip(name) for name in ("jax", "torch", "tensorflow"))

    def pushed(x):
        return numeric(lambda x: x * x, x, x)[1]

    for transform, x in (
        (jax.jit, jax.numpy.asarray(X)),
        (jax.vmap, jax.numpy.asarray(X)),
        (lambda f: tf.function(f, autograph=False), tf.constant(X)),
        (torch.vmap, torch.tensor(X)),
        (torch.func.jacrev, torch.tensor(X)),
    ):
        with pytest.raises(ng.UnsupportedExecutionError, match="numeric looks at numbers"):
            transform(pushed)(x)


def test_half_precision_is_refused():
    torch = pytest.importorskip("torch")
    x = torch.tensor([0.5], dtype=torch.bfloat16)
    with pytest.raises(ng.UnsupportedExecutionError, match="convert x"):
        numeric(torch.sin, x, x)
    with pytest.raises(ng.UncertainError, match="float64"):
        numeric(torch.sin, x.half(), x.half())


def test_a_module():
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(3, 1, dtype=torch.float64)
    y = torch.tensor(X)
    found = ng.derivative(lambda m, y: m(y).sum() ** 2, "F", backend="numeric")(layer, layer, y)
    assert found.item() == pytest.approx(2 * layer(y).sum().item() ** 2, rel=1e-9)  # it is homogeneous, of degree 2


def test_complex_numbers():
    z, w = np.array([1 + 2j, 0.5 - 1j]), np.array([1j, 2.0 + 0j])
    close(numeric(lambda z: z * z, z, w)[1], 2 * z * w)


# smooth functions, against their derivatives by the chain rule

RULES = (
    (np.sin, np.cos),
    (np.cos, lambda u: -np.sin(u)),
    (np.exp, np.exp),
    (np.tanh, lambda u: 1 / np.cosh(u) ** 2),
    (lambda u: np.log(1 + u * u), lambda u: 2 * u / (1 + u * u)),
    (lambda u: np.sqrt(2 + u * u), lambda u: u / np.sqrt(2 + u * u)),
    (lambda u: 1 / (1 + u * u), lambda u: -2 * u / (1 + u * u) ** 2),
    (np.arctan, lambda u: 1 / (1 + u * u)),
    (lambda u: u**3, lambda u: 3 * u * u),
)


def composed(number, dtype):
    """A random function of up to 5 variables, a point of a size of 1e-4 to 1e4, a direction, and the derivative."""
    rng = np.random.default_rng(number)
    n, outputs, depth = (int(rng.integers(1, most)) for most in (6, 4, 4))
    size = 10.0 ** rng.uniform(-4, 4) if number % 2 else 1.0
    x, v = (rng.standard_normal(n) * scale for scale in (size, 10.0 ** rng.uniform(-8, 8)))
    matrix, shift = rng.standard_normal((outputs, n)) / size, rng.standard_normal((depth, outputs))
    factor, rules = rng.uniform(0.2, 1.5, (depth, outputs)), [RULES[i] for i in rng.integers(0, len(RULES), depth)]
    x, v, matrix, shift, factor = (one.astype(dtype) for one in (x, v, matrix, shift, factor))

    def f(x):
        u = matrix @ x
        for (function, _), a, b in zip(rules, factor, shift, strict=True):
            u = function(a * u + b)
        return u

    u, derivative = (matrix.astype("float64") @ one.astype("float64") for one in (x, v))
    for (function, slope), a, b in zip(rules, factor.astype("float64"), shift.astype("float64"), strict=True):
        u, derivative = a * u + b, a * derivative
        u, derivative = function(u), slope(u) * derivative
    return f, x, v, derivative


@pytest.mark.parametrize(("dtype", "refused"), [("float64", 0.01), ("float32", 0.1)])
@pytest.mark.filterwarnings("ignore")  # of functions that overflow
def test_no_number_is_farther_off_than_its_bar(dtype, refused, monkeypatch):
    last, counts, uncertain = [], [], 0
    climb = _impl.climb
    monkeypatch.setattr(_impl, "climb", lambda *arguments: last.append(climb(*arguments)) or last[-1])
    epsilon = float(np.finfo(dtype).eps)
    widest = 1e-6 if dtype == "float64" else 1e-3
    for number in range(1000):
        f, x, v, expected = composed(number, dtype)
        f, points = counted(f)
        try:
            _, found = numeric(f, x, v)
        except ng.UncertainError:
            uncertain += 1
            continue
        (estimate,) = last[-1].estimates
        assert np.all(np.abs(found - expected) <= estimate.bar + 4 * epsilon * np.abs(expected) + np.finfo(dtype).tiny)
        assert estimate.relative <= widest
        counts.append(len(points) - 1)  # one is for the engine of f
    assert uncertain <= refused * 1000
    assert 13 == min(counts) <= np.median(counts) <= 17 <= max(counts) <= 85


FITTING = 2 * np.pi * 16 / (2**0.5 - 1)
"""A frequency of which each of the first five steps is a whole number of periods."""


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (np.log, 1e-8, 1e8),
        (lambda x: 1 / x, 1e-30, -1e60),
        (lambda x: x + 1, 1e-30, 1.0),
        (lambda x: x**2, 1e10, 2e10),
        (np.sin, 1e-3, np.cos(1e-3)),
        (lambda x: np.exp(-x / 1e-6), 1e-6, -1e6 * np.exp(-1)),
        (lambda x: x + 1e-30 * np.tanh(x * 1e30), 1e-30, 1 + 1 / np.cosh(1) ** 2),
        (lambda x: np.maximum(x, 0), 1e-9, 1.0),
        (np.tanh, 0.0, 1.0),
        (lambda x: x + 0.1 * np.sin(FITTING * x), 0.0, 1 + 0.1 * FITTING),
    ],
)
def test_points_near_and_far(f, x, expected):
    assert numeric(f, np.asarray(x), np.asarray(1.0))[1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e-12, 1e12, 1e200])
def test_the_size_of_a_direction_does_not_matter(scale):
    close(numeric(np.sin, X, scale * V)[1] / scale, np.cos(X) * V)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x * 0 + 3.0, 1.0),
        (np.cos, 0.0),
        (lambda x: (x - 1) ** 2 + 5, 1.0),
        (lambda x: np.maximum(x, 0), -0.3),
        (lambda x: np.clip(x, -1.0, 1.0), 1.1),
    ],
)
def test_a_derivative_of_zero(f, x):
    assert abs(numeric(f, np.asarray(x), np.asarray(1.0))[1]) < 1e-9


def test_leaves_of_other_sizes():
    """Each leaf of x has a length of its own."""
    x, v = (np.array([1e12]), np.array([1e-9])), (np.array([1e12]), np.array([1e-9]))
    _, found = ng.jvp(lambda a, b: np.sin(a / 1e12) + np.cos(b * 1e9), x, v, backend="numeric")
    assert found == pytest.approx(np.cos(1) - np.sin(1), rel=1e-6)


@pytest.mark.parametrize(
    ("f", "x", "why"),
    [
        (np.abs, 0.0, "from the right and from the left"),
        (lambda x: np.maximum(x - 1, 0), 1 + 1e-9, "from the right and from the left"),
        (np.sqrt, 0.0, "edge of its domain"),
        (lambda x: x + 1e10, 1.0, "rounding"),
        (lambda x: 1 + np.abs(x), 1e-30, "from the right"),
        (lambda x: np.sin(x).astype("float32").astype("float64"), 1.0, "float32"),
        (lambda x: (1 + 0.001 * np.sin(x)).astype("float32").astype("float64"), 1.0, "float32"),
        (lambda x: x * np.random.default_rng().random(), 1.0, "random"),
        (lambda x: x if x > 1 else x + 1, 1.0, "another number|not smooth"),
        (lambda x: np.sin(1e9 * x), 1.0, "not smooth"),
    ],
)
def test_what_is_uncertain(f, x, why):
    f, points = counted(f)
    with pytest.raises(ng.UncertainError, match=why) as caught:
        numeric(f, np.asarray(x), np.asarray(1.0))
    assert caught.value.value.shape == caught.value.bar.shape == ()
    assert len(points) <= 86


@pytest.mark.parametrize("x", [0.0, np.inf, np.nan])
def test_what_is_not_finite(x):
    with np.errstate(all="ignore"), pytest.raises(ng.UncertainError, match="not finite") as caught:
        numeric(lambda x: 1 / (x * x), np.asarray(x), np.asarray(1.0))
    assert np.isnan(caught.value.value)
    assert np.isinf(caught.value.bar)


def test_the_error_has_what_is_known_of_each_output_and_pickles():
    with pytest.raises(ng.UncertainError) as caught:
        numeric(lambda x: (np.sin(x), np.abs(x)), np.array([1.0, 0.0]), np.ones(2))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert isinstance(again, ng.NestgradError)
    for error in (caught.value, again):
        close(error.value[0], np.cos([1.0, 0.0]))
        assert np.all(error.bar[0] < 1e-6)
        assert error.value[1] == pytest.approx([1.0, 0.0])
        assert error.bar[1][1] == pytest.approx(1.0)


def test_what_f_raises_beside_x_is_the_users():
    def f(x):
        if x[0] != X[0]:
            raise ValueError("mine")
        return anp.sum(x)

    for call in (lambda: numeric(f, X, V), lambda: ng.derivative(f, "F", backend="numeric")(X, V)):
        with pytest.raises(ValueError, match=r"^mine$") as caught:
            call()
        assert type(caught.value) is ValueError


def test_what_an_engine_refuses_inside_is_told():
    def f(x):
        return anp.sum(anp.linalg.solve(anp.diag(x), anp.ones(3)))

    with pytest.raises(ng.UnsupportedNestingError, match="autograd refuses 'FR'"):
        numeric(lambda x: ng.forward_over_reverse(f)(x, V), X, V)


def test_an_f_that_writes_into_x_leaves_the_users():
    x = X.copy()

    def f(x):
        x *= 2
        return np.sum(x)

    close(numeric(f, x, V)[1], 2 * np.sum(V))
    np.testing.assert_array_equal(x, X)


def test_what_it_refuses():
    f = lambda x: anp.sum(x**3)  # noqa: E731
    with pytest.raises(ng.UnsupportedNestingError, match="no reverse mode"):
        ng.gradient(f, backend="numeric")(X)
    with pytest.raises(ng.UnsupportedNestingError, match="no reverse mode"):
        ng.vjp(f, X, backend="numeric")
    for order_2 in (ng.hvp(f, backend="numeric"), ng.reverse_over_forward(f, backend="numeric")):
        with pytest.raises(ng.UnsupportedNestingError, match=r"jvp\(gradient\(f\), \(x,\), \(v,\), backend='numeric'"):
            order_2(X, V)
    with pytest.raises(ng.UnsupportedNestingError, match=r"order 1.*jvp\(gradient\(f\)"):
        ng.forward_over_forward(f, backend="numeric")(X, V, V)
    with pytest.raises(ng.UnsupportedExecutionError, match="no compiler"):
        ng.derivative(f, "F", compile=True, backend="numeric")(X, V)


def test_not_inside_itself():
    with pytest.raises(ng.UnsupportedNestingError, match="differences of differences"):
        numeric(lambda x: numeric(np.sin, x, V)[1], X, V)
    close(numeric(np.sin, X, V)[1], np.cos(X) * V)  # and what was refused is forgotten


def test_arrays_of_two_engines(x64):
    jax, torch = (pytest.importorskip(name) for name in ("jax", "torch"))
    x = torch.tensor(X), jax.numpy.asarray(X)
    with pytest.raises(ng.BackendConflictError, match=r"primals\[0\] is an array of torch"):
        ng.jvp(lambda a, b: a, x, x, backend="numeric")


def test_one_operator_for_several_engines(x64):
    jax, torch = (pytest.importorskip(name) for name in ("jax", "torch"))
    pushed = ng.derivative(lambda x: (x**3).sum(), "F", backend="numeric")
    for _ in range(2):
        for make in (torch.tensor, jax.numpy.asarray, np.asarray):
            x, v = make(X), make(V)
            found = pushed(x, v)
            assert isinstance(found, type((x * x).sum()))
            close(found, 3 * X**2 @ V)


def test_never_picked_by_itself():
    assert ng.get_backend("numeric").name == "numeric"
    assert type(ng.gradient(lambda x: anp.sum(x**2))(X)) is np.ndarray  # which numeric refuses


def test_several_threads():
    found = {}

    def work(number):
        found[number] = [numeric(np.sin, X + number, V)[1] for _ in range(20)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, results in found.items():
        for result in results:
            close(result, np.cos(X + number) * V)
