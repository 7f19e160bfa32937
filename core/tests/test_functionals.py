import numpy as np
import pytest

import nestgrad as ng
from nestgrad import InvalidNestingError, NonScalarOutputError

NESTINGS = ["FR", "RF", "RR"]
X = np.array([1.0, -2.0, 0.5])
# jax is slow where it runs operation by operation
each_nesting_once_on_jax = pytest.mark.parametrize(
    ("engine", "nesting"), [*(("autograd", nesting) for nesting in NESTINGS), ("jax", "FR")], indirect=["engine"]
)
each_nesting = pytest.mark.parametrize("nesting", NESTINGS)


# the seed: f(x) = 1/‖x‖, g(y) = (Σy)³, h = g∘∇f


def f(x):
    return 1 / (x * x).sum() ** 0.5


def g(y):
    return y.sum() ** 3


def h(x):
    """∇f = -x/r³, so h = (-Σx/r³)³; in NumPy, without any engine."""
    return (-x.sum() / np.linalg.norm(x) ** 3) ** 3


def gradient_of_h(x):
    r, s = np.linalg.norm(x), x.sum()
    return 3 * (s / r**3) ** 2 * (3 * s * x / r**5 - np.ones_like(x) / r**3)


@pytest.mark.parametrize("nesting", ["auto", *NESTINGS, "forward_over_reverse"])
def test_seed_against_its_closed_form(engine, nesting):
    gradient = ng.nested_gradient(g, f, nesting=nesting, backend=engine.name)(engine.array(X))
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, gradient_of_h(X), rtol=0, atol=1e-10)
    np.testing.assert_allclose(gradient, gradient_of_h(X), rtol=1e-10)


@each_nesting
def test_seed_against_differences_to_their_own_error(engine, nesting):
    """h(x+δ) - h(x) - ∇h·δ is of second order: it falls by four when δ is halved."""
    gradient = engine.backend.to_numpy(ng.nested_gradient(g, f, nesting=nesting, backend=engine.name)(engine.array(X)))
    direction = np.array([0.3, -0.1, 0.4])
    remainders = [h(X + t * direction) - h(X) - gradient @ (t * direction) for t in (1e-3, 5e-4, 2.5e-4)]
    assert remainders[0] / remainders[1] == pytest.approx(4, rel=1e-2)
    assert remainders[1] / remainders[2] == pytest.approx(4, rel=1e-2)


@pytest.mark.parametrize("n", [3, 300])
@pytest.mark.parametrize("nesting", NESTINGS)
def test_evaluations_do_not_depend_on_the_size(engine, nesting, n):
    calls = {"f": 0, "g": 0}

    def counted(name, function):
        def call(x):
            calls[name] += 1
            return function(x)

        return call

    op = ng.nested_gradient(counted("g", g), counted("f", f), nesting=nesting, backend=engine.name)
    x = np.linspace(1, 2, n)
    np.testing.assert_allclose(op(engine.array(x)), gradient_of_h(x), rtol=1e-10)
    assert calls == {"f": {"FR": 2, "RF": 2, "RR": 1}[nesting], "g": 1}


# with parameters: e(x, p) = b Σ(wx)³, so ∇ₓe = 3b w³x², ∂e/∂w = 3b w²x³, ∂e/∂b = Σ(wx)³


def energy(x, p, power=3):
    return p["b"] * ((p["w"] * x) ** power).sum()


def inner_gradients(x, w, b):
    return 3 * b * w**3 * x**2, 3 * b * w**2 * x**3, ((w * x) ** 3).sum()


W, B = np.array([0.5, 1.0, -2.0]), np.array(0.7)


def parameters(engine):
    return {"w": engine.array(W), "b": engine.array(B)}


def differences(function, *arguments, step=1e-5):
    """The gradient of a NumPy function in each of its arguments, by central differences."""
    gradients = []
    for i, argument in enumerate(arguments):
        gradient = np.empty_like(argument)
        for index in np.ndindex(argument.shape):
            moved = [[np.array(a) for a in arguments] for _ in range(2)]
            moved[0][i][index] += step
            moved[1][i][index] -= step
            gradient[index] = (function(*moved[0]) - function(*moved[1])) / (2 * step)
        gradients.append(gradient)
    return gradients


@each_nesting
def test_gradient_penalty_trains_parameters(engine, nesting):
    """∇ₚ Σ(∇ₓe)² = ∇ₚ Σ 9b²w⁶x⁴, in closed form."""
    penalty = ng.nested_gradient(
        lambda y: (y**2).sum(), energy, argnums=1, inner_argnums=0, nesting=nesting, backend=engine.name
    )
    gradient = penalty(engine.array(X), parameters(engine))
    assert set(gradient) == {"w", "b"}
    np.testing.assert_allclose(gradient["w"], 54 * B**2 * W**5 * X**4, rtol=1e-12)
    np.testing.assert_allclose(gradient["b"], 18 * B * (W**6 * X**4).sum(), rtol=1e-12)


def test_argnums_that_are_integers_of_numpy():
    assert ng.gradient(lambda a, b: a * b, argnums=np.int64(1))(2.0, 3.0) == 2.0
    assert ng.nested_gradient(lambda y: y * y, lambda a, b: a * b, argnums=np.int64(1))(2.0, 3.0) == 6.0


@each_nesting_once_on_jax
@pytest.mark.parametrize("argnums", [0, 1, (0, 1), (1, 0)])
def test_inner_and_outer_argnums_against_differences(engine, nesting, argnums):
    """g of both inner gradients, in argument order (1, 0); the outer arguments overlap with them."""

    def outer(y):
        gradient_p, gradient_x = y
        return (gradient_x**2).sum() + gradient_p["b"] ** 2 * (gradient_p["w"] * gradient_x).sum()

    def value(x, w, b):
        into_x, into_w, into_b = inner_gradients(x, w, b)
        return (into_x**2).sum() + into_b**2 * (into_w * into_x).sum()

    op = ng.nested_gradient(outer, energy, argnums=argnums, inner_argnums=(1, 0), nesting=nesting, backend=engine.name)
    result = op(engine.array(X), parameters(engine))
    expected_x, expected_w, expected_b = differences(value, X, W, B)
    chosen = (argnums,) if isinstance(argnums, int) else argnums
    for number, gradient in zip(chosen, result if isinstance(argnums, tuple) else (result,), strict=True):
        if number == 0:
            np.testing.assert_allclose(gradient, expected_x, rtol=1e-7)
        else:
            np.testing.assert_allclose(gradient["w"], expected_w, rtol=1e-7)
            np.testing.assert_allclose(gradient["b"], expected_b, rtol=1e-7)


@pytest.mark.parametrize(("argnums", "inner_argnums"), [(-1, 0), (0, -1), (-1, -1), ((0, -1), 0)])
@pytest.mark.parametrize("f", [f, lambda *x: f(x[0])], ids=["one argument", "any arguments"])
@each_nesting
def test_negative_argnums_are_the_same_argument(nesting, f, argnums, inner_argnums):
    """Of one argument, 0 and -1 are the same: never a wrong number."""
    op = ng.nested_gradient(g, f, argnums, inner_argnums=inner_argnums, nesting=nesting, backend="autograd")
    try:
        gradient = op(X)
    except TypeError:
        if not isinstance(argnums, tuple):  # one argument chosen twice may be refused
            raise
        return
    np.testing.assert_allclose(gradient[0] if isinstance(argnums, tuple) else gradient, gradient_of_h(X), rtol=1e-10)


@pytest.mark.parametrize("f", [f, lambda *x: f(x[0])], ids=["one argument", "any arguments"])
@each_nesting
def test_one_inner_argument_by_two_numbers_is_refused_or_right(nesting, f):
    """g of both gives Σ over the same gradient twice: (2Σy)³ = 8 (Σy)³."""
    op = ng.nested_gradient(lambda y: g(y[0] + y[1]), f, inner_argnums=(0, -1), nesting=nesting, backend="autograd")
    try:
        gradient = op(X)
    except TypeError:
        return
    np.testing.assert_allclose(gradient, 8 * gradient_of_h(X), rtol=1e-10)


@each_nesting
def test_negative_argnums_with_parameters(nesting):
    op = ng.nested_gradient(
        lambda y: (y**2).sum(), energy, argnums=(0, -1), inner_argnums=-2, nesting=nesting, backend="autograd"
    )
    gradient_x, gradient_p = op(X, {"w": W, "b": B})
    np.testing.assert_allclose(gradient_x, 36 * B**2 * W**6 * X**3, rtol=1e-12)
    np.testing.assert_allclose(gradient_p["w"], 54 * B**2 * W**5 * X**4, rtol=1e-12)


@each_nesting_once_on_jax
def test_pytrees_aux_and_arguments(engine, nesting):
    calls = []

    def pair(x, scale, *, power):
        return scale * (x["a"][0] ** power).sum() + x["b"] * 0, {"seen": 2 * x["a"][0], "n": calls.append(1)}

    op = ng.nested_gradient(lambda y: (y["a"][0] ** 2).sum(), pair, nesting=nesting, has_aux=True, backend=engine.name)
    gradient, aux = op({"a": [engine.array(X)], "b": engine.array(1.0)}, 2.0, power=3)
    np.testing.assert_allclose(gradient["a"][0], 144 * X**3, rtol=1e-12)  # ∇ Σ(6x²)²
    np.testing.assert_allclose(gradient["b"], 0)
    np.testing.assert_allclose(aux["seen"], 2 * X)
    assert type(aux["seen"]) is type(engine.array(X))


@each_nesting
def test_linear_f_has_a_constant_gradient(engine, nesting):
    gradient = ng.nested_gradient(g, lambda x: 3 * x.sum(), nesting=nesting, backend=engine.name)(engine.array(X))
    np.testing.assert_array_equal(gradient, np.zeros(3))


@each_nesting
def test_constant_g(engine, nesting):
    gradient = ng.nested_gradient(lambda y: 1.0, f, nesting=nesting, backend=engine.name)(engine.array(X))
    np.testing.assert_array_equal(gradient, np.zeros(3))


@each_nesting
def test_float32_stays(nesting):
    gradient = ng.nested_gradient(g, f, nesting=nesting, backend="autograd")(X.astype("float32"))
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, gradient_of_h(X), rtol=1e-4)


@each_nesting
@pytest.mark.parametrize("shape", [(1,), (3,)])
def test_g_must_give_a_scalar(engine, nesting, shape):
    op = ng.nested_gradient(lambda y: y[: shape[0]], f, nesting=nesting, backend=engine.name)
    with pytest.raises(NonScalarOutputError, match=str(shape[0])):
        op(engine.array(X))


@pytest.mark.parametrize("nesting", ["FF", "R", "FRR"])
def test_no_hessian_vector_product(nesting):
    with pytest.raises(InvalidNestingError, match=f"'{nesting}' is not"):
        ng.nested_gradient(g, f, nesting=nesting)


@each_nesting
def test_differentiable_again(engine, nesting):
    """⟨δ, ∇(∇h·v)⟩ against central differences of the closed form of ∇h."""
    v, delta, step = np.array([1.0, 0.5, -1.0]), np.array([0.2, 1.0, 0.3]), 1e-5
    inner = ng.nested_gradient(g, f, nesting=nesting, backend=engine.name)
    op = ng.gradient(lambda x: (engine.array(v) * inner(x)).sum(), backend=engine.name)
    expected = v @ (gradient_of_h(X + step * delta) - gradient_of_h(X - step * delta)) / (2 * step)
    np.testing.assert_allclose(engine.backend.to_numpy(op(engine.array(X))) @ delta, expected, rtol=1e-7)


@each_nesting
def test_compiled(jax, nesting):
    op = ng.nested_gradient(g, f, nesting=nesting, compile=True)
    np.testing.assert_allclose(op(jax.numpy.asarray(X)), gradient_of_h(X), rtol=1e-10)


@each_nesting
def test_inside_jit_and_vmap(jax, nesting):
    op = ng.nested_gradient(g, f, nesting=nesting)
    rows = np.stack([X, 2 * X])
    np.testing.assert_allclose(jax.jit(jax.vmap(op))(rows), [gradient_of_h(row) for row in rows], rtol=1e-10)
