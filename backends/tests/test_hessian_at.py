"""The Hessian at one point, linearised once, on every engine, against closed forms."""

import functools
import gc
import warnings
import weakref

import numpy as np
import pytest

import nestgrad as ng

ENGINES = ["autograd", "jax", "torch", "tensorflow"]
A = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 1.0]])
X = np.array([0.3, -0.7, 1.1])
V = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 2.0]])
COMPILED = {"autograd": (False,), "jax": (False, True), "torch": (False, "traced"), "tensorflow": (False, True)}


@pytest.fixture(params=ENGINES)
def backend(request, x64):
    """Each bundled backend in turn, with 64 bits."""
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def f(xp, a, x):
    """Σ sin(Ax) · x₀, whose Hessian is -x₀ Aᵀ diag(sin Ax) A + e₀ cᵀ + c e₀ᵀ with c = Aᵀ cos Ax."""
    return xp.sum(xp.sin(xp.matmul(a, x))) * x[0]


def hessian(x, a=A):
    found = -x[0] * a.T @ np.diag(np.sin(a @ x)) @ a
    found[0] += a.T @ np.cos(a @ x)
    found[:, 0] += a.T @ np.cos(a @ x)
    return found


GRADIENT = X[0] * A.T @ np.cos(A @ X) + np.array([np.sum(np.sin(A @ X)), 0.0, 0.0])


def of(backend):
    return functools.partial(f, backend.xp, backend.asarray(A))


def close(backend, found, expected):
    np.testing.assert_allclose(backend.to_numpy(found), expected, atol=1e-13)


@pytest.mark.parametrize("nesting", ["auto", "FR", "RF", "RR"])
def test_products_at_one_point(backend, nesting):
    for execution in COMPILED[backend.name]:
        product = ng.hvp(of(backend), nesting, backend=backend, compile=execution)
        for point in (X, X + 1.0):  # what was recorded at the first one is no use to the second
            at = product.at(backend.asarray(point))
            for v in (*V, V[0]):
                close(backend, at(backend.asarray(v)), hessian(point) @ v)
        close(backend, product.batch(backend.asarray(X), backend.asarray(V)), V @ hessian(X))


@pytest.mark.parametrize("name", ["forward_over_reverse", "reverse_over_forward", "reverse_over_reverse"])
def test_the_nestings_by_name(backend, name):
    at = getattr(ng, name)(of(backend), backend=backend).at(backend.asarray(X))
    close(backend, at(backend.asarray(V[0])), hessian(X) @ V[0])


def test_value_gradient_and_aux_come_with_it(backend):
    for nesting in ("auto", "RF"):
        at = ng.hvp(of(backend), nesting, backend=backend).at(backend.asarray(X))
        close(backend, at.value, np.sum(np.sin(A @ X)) * X[0])
        close(backend, at.gradient, GRADIENT)
        assert at.aux is None
        both = ng.hvp(lambda x: (of(backend)(x), {"twice": 2 * x}), nesting, has_aux=True, backend=backend)
        at = both.at(backend.asarray(X))
        close(backend, at.aux["twice"], 2 * X)
        close(backend, at(backend.asarray(V[1])), hessian(X) @ V[1])


def test_containers_and_other_arguments(backend):
    xp = backend.xp

    def g(parts, scale, *, shift):
        a, (b,) = parts["a"], parts["b"]
        return scale * xp.sum(a * a) * b + shift

    def arrays(tree):
        return {"a": backend.asarray(tree[0]), "b": [backend.asarray(tree[1])]}

    a, b = np.array([1.0, -2.0]), np.array(0.5)
    da, db = np.array([[0.0, 1.0], [2.0, 1.0], [0.0, 0.0]]), np.array([2.0, 0.0, 1.0])
    expected_a, expected_b = 2.0 * (2 * b * da + 2 * a * db[:, None]), 2.0 * 2 * da @ a
    at = ng.hvp(g, backend=backend).at(arrays((a, b)), 2.0, shift=1.0)
    found = at(arrays((da[0], db[0])))
    close(backend, found["a"], expected_a[0])
    close(backend, found["b"][0], expected_b[0])
    rows = at.batch(arrays((da, db)))
    close(backend, rows["a"], expected_a)
    close(backend, rows["b"][0], expected_b)


def test_f_is_evaluated_once(backend):
    calls = []

    def counted(x):
        calls.append(1)
        return of(backend)(x)

    product = ng.hvp(counted, backend=backend)
    at = product.at(backend.asarray(X))
    made, once = len(calls), 1 + (backend.name == "jax")  # which has the value by itself
    at(backend.asarray(V[0]))
    at.batch(backend.asarray(V))
    assert (made, len(calls)) == (once, once)
    product.at(backend.asarray(X))
    assert len(calls) == 2 * once


def test_bad_directions_are_refused(backend):
    at = ng.hvp(of(backend), backend=backend).at(backend.asarray(X))
    for v in (np.ones(2), np.ones((3, 1)), [1.0, 2.0, 3.0], None, np.ones(3, np.float32)):
        with pytest.raises(ng.StructureMismatchError, match="v must"):
            at(v if isinstance(v, (list, type(None))) else backend.asarray(v))
    for rows in (V[0], V[:, :2], V[None], V.astype(np.float32), {"x": V}):
        with pytest.raises(ng.StructureMismatchError, match="V"):
            at.batch({"x": backend.asarray(V)} if isinstance(rows, dict) else backend.asarray(rows))
    assert backend.to_numpy(at.batch(backend.asarray(V[:0]))).shape == (0, 3)
    with pytest.raises(ng.NotDifferentiableError):
        ng.hvp(of(backend), backend=backend).at(backend.asarray(np.array([1, 2, 3])))


def captured(backend):
    """A matrix that can be written, and what writes it."""
    if backend.name == "torch":
        import torch

        a = torch.nn.Parameter(torch.tensor(A))

        def step():
            with torch.no_grad():
                a.mul_(2.0)

        return a, step
    if backend.name == "tensorflow":
        import tensorflow as tf

        variable = tf.Variable(A)
        return variable, lambda: variable.assign(2.0 * variable)
    a = A.copy()
    return a, lambda: np.multiply(a, 2.0, out=a)


@pytest.mark.parametrize("engine", ["autograd", "torch", "tensorflow"])
@pytest.mark.parametrize("nesting", ["auto", "FR", "RF"])
def test_what_f_captured_may_not_be_written_in_between(engine, nesting, x64):
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    for execution in COMPILED[engine]:
        a, step = captured(backend)
        product = ng.hvp(functools.partial(f, backend.xp, a), nesting, backend=backend, compile=execution)
        at, v = product.at(backend.asarray(X)), backend.asarray(V[0])
        close(backend, at(v), hessian(X) @ V[0])
        step()
        for call in (lambda: at(v), lambda: at.batch(backend.asarray(V))):  # noqa: B023
            with pytest.raises(ng.StaleLinearizationError, match=r"\.at\(x\) again"):
                call()
        close(backend, product.at(backend.asarray(X))(v), hessian(X, 2 * A) @ V[0])


@pytest.mark.parametrize("write", ["data", "swap"])
def test_writes_that_torch_does_not_count(write):
    torch = pytest.importorskip("torch")
    a = torch.nn.Parameter(torch.tensor(A))
    at = ng.hvp(functools.partial(f, torch, a)).at(torch.tensor(X))
    if write == "data":
        a.data.mul_(2.0)
    else:
        a.data = 2.0 * a.data
    with pytest.raises(ng.StaleLinearizationError):
        at(torch.tensor(V[0]))


def test_a_bias_that_no_product_needs_is_watched_as_well():
    torch = pytest.importorskip("torch")
    bias = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    at = ng.hvp(lambda x: torch.sin(torch.tensor(A) @ x + bias).sum()).at(torch.tensor(X))
    with torch.no_grad():
        bias.add_(1.0)
    with pytest.raises(ng.StaleLinearizationError):
        at(torch.tensor(V[0]))


@pytest.mark.parametrize("write", ["add", "data"])
@pytest.mark.parametrize("requires_grad", [False, True])
def test_an_x_that_was_written_is_refused(write, requires_grad):
    torch = pytest.importorskip("torch")
    for g in (of(ng.get_backend("torch")), lambda x: (x**3).sum(), lambda x: (x**2).sum()):
        x = torch.tensor(X, requires_grad=requires_grad)
        at = ng.hvp(g).at(x)
        at(torch.tensor(V[0]))
        if write == "add":
            with torch.no_grad():
                x.add_(1.0)
        else:
            x.data.add_(1.0)
        with pytest.raises(ng.StaleLinearizationError):
            at(torch.tensor(V[0]))


def test_an_array_that_was_written_is_of_the_past():
    x, backend = X.copy(), ng.get_backend("autograd")
    at = ng.hvp(of(backend), backend=backend).at(x)
    x += 1.0
    close(backend, at(V[0]), hessian(X) @ V[0])


def test_random_numbers_are_those_of_the_recording(backend):
    draws = np.random.default_rng(3)

    def noisy(x):
        return of(backend)(x) * float(draws.normal())

    v = backend.asarray(V[0])
    at = ng.hvp(noisy, backend=backend).at(backend.asarray(X))
    np.testing.assert_array_equal(backend.to_numpy(at(v)), backend.to_numpy(at(v)))
    with pytest.raises(ng.StaleLinearizationError, match="random"):
        ng.hvp(noisy, "RF", backend=backend).at(backend.asarray(X))(v)


def test_what_is_held_is_said_and_freed(backend):
    sizes = []
    for n in (100, 200):
        x = backend.asarray(np.linspace(0.5, 1.5, n))
        at = ng.hvp(lambda x: backend.xp.sum(backend.xp.sin(x) * x**3), backend=backend).at(x)
        assert at.nbytes >= 8 * n
        sizes.append(at.nbytes)
    assert 1.8 < sizes[1] / sizes[0] <= 2.0

    gone = recorded(backend)
    gc.collect()
    assert [one() for one in gone] == [None, None, None]


def recorded(backend):
    """References to what a recording had to do with."""

    class Function:
        def __call__(self, x):
            return of(backend)(x)

    function = Function()
    product = ng.hvp(function, backend=backend)
    at = product.at(backend.asarray(X))
    at(backend.asarray(V[0]))
    return weakref.ref(function), weakref.ref(at), weakref.ref(product)


def test_a_nesting_that_is_refused_gives_way(x64):
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def sine(x):
        return jax.numpy.sin(x)

    sine.defvjp(lambda x: (sine(x), x), lambda x, u: (u * jax.numpy.cos(x),))
    backend = ng.get_backend("jax")
    for execution in (False, True):
        product = ng.hvp(lambda x: jax.numpy.sum(sine(x) ** 2), compile=execution)
        for _ in range(2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ng.NestingFallbackWarning)
                close(backend, product.at(backend.asarray(X))(backend.asarray(V[0])), 2 * np.cos(2 * X) * V[0])
        with pytest.raises(ng.UnsupportedNestingError, match="custom_vjp"):
            ng.hvp(lambda x: jax.numpy.sum(sine(x) ** 2), "FR", compile=execution).at(backend.asarray(X))


def test_a_rule_that_is_wrong_is_found_at_the_point():
    torch = pytest.importorskip("torch")

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, u):
            (x,) = ctx.saved_tensors
            return u * 3 * x.detach() ** 2

    with pytest.raises(ng.VerificationError):
        ng.hvp(lambda x: Cube.apply(x).sum()).at(torch.tensor(X))


def test_products_can_be_differentiated(x64):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    tf = pytest.importorskip("tensorflow")
    expected = 2 * hessian(X) @ V[0]  # of Σ (Hv)² in v, half of it

    a, v = torch.nn.Parameter(torch.tensor(A)), torch.tensor(V[0], requires_grad=True)
    found = ng.hvp(functools.partial(f, torch, a)).at(torch.tensor(X))(v)
    (found**2).sum().backward()
    np.testing.assert_allclose(v.grad, hessian(X) @ expected, atol=1e-12)
    assert a.grad is not None

    x, v = jax.numpy.asarray(X), jax.numpy.asarray(V[0])
    product = ng.hvp(functools.partial(f, jax.numpy, A))
    found = jax.jit(jax.grad(lambda v: jax.numpy.sum(product.at(x)(v) ** 2)))(v)
    np.testing.assert_allclose(found, hessian(X) @ expected, atol=1e-12)

    variable, v = tf.Variable(A), tf.constant(V[0])
    with tf.GradientTape() as tape:
        tape.watch(v)
        loss = tf.reduce_sum(ng.hvp(functools.partial(f, ng.get_backend("tensorflow").xp, variable)).at(X)(v) ** 2)
    found, of_variable = tape.gradient(loss, [v, variable])
    np.testing.assert_allclose(found, hessian(X) @ expected, atol=1e-12)
    assert of_variable is not None


def test_inside_of_what_the_user_traces(x64):
    jax, tf = pytest.importorskip("jax"), pytest.importorskip("tensorflow")
    backend = ng.get_backend("jax")
    product = ng.hvp(of(backend))
    found = jax.jit(lambda x, v: product.at(x)(v) + product.at(x).batch(v[None])[0])(X, V[0])
    np.testing.assert_allclose(found, 2 * hessian(X) @ V[0], atol=1e-13)
    found = jax.vmap(lambda x: product.at(x)(backend.asarray(V[0])))(np.stack([X, 2 * X]))
    np.testing.assert_allclose(found, [hessian(X) @ V[0], hessian(2 * X) @ V[0]], atol=1e-13)

    tensorflow = ng.get_backend("tensorflow")
    product = ng.hvp(of(tensorflow))
    step = tf.function(lambda x, v: product.at(x)(v) + product.batch(x, v[None])[0])
    np.testing.assert_allclose(step(tf.constant(X), tf.constant(V[0])), 2 * hessian(X) @ V[0], atol=1e-13)
