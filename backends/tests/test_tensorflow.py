"""The TensorFlow backend: numbers, variables, tapes and graphs. Expectations are closed forms or differences."""

import threading

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded

tf = pytest.importorskip("tensorflow")

F64 = tf.float64
X = tf.constant([0.3, -1.2, 2.0, 0.7], F64)
V = tf.constant([1.0, 2.0, -1.0, 0.5], F64)
HVPS = ("FR", "RF", "RR")
THIRD = ("RRR", "FRR", "RFR", "FFR", "RRF", "FRF", "RFF")


def quartic(x):
    return tf.reduce_sum(x**4)


def inverse_norm(x):
    return 1 / tf.sqrt(tf.reduce_sum(x * x))


def inverse_norm_hvp(x, v):
    r = np.sqrt(np.sum(x * x))
    return 3 * x * np.sum(x * v) / r**5 - v / r**3


def close(found, expected, tolerance=1e-10):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.fixture(params=["eager", "graph", "xla"])
def execute(request):
    """Runs a function of tensors at once, in a graph of the user's, or compiled by XLA."""
    if request.param == "eager":
        return lambda f, *args: f(*args)
    return lambda f, *args: tf.function(f, autograph=False, jit_compile=request.param == "xla")(*args)


@pytest.mark.parametrize("nesting", HVPS)
def test_seed(nesting, execute):
    close(execute(ng.hvp(inverse_norm, nesting), X, V), inverse_norm_hvp(X.numpy(), V.numpy()))


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("compiled", [False, True])
def test_seed_composite(nesting, compiled):
    # h(x) = (Σ ∇f)³ with ∇f = −x/r³, so ∇h = 3 (Σ∇f)² · H·1
    gradient = -X / tf.sqrt(tf.reduce_sum(X * X)) ** 3
    expected = 3 * np.sum(gradient) ** 2 * inverse_norm_hvp(X.numpy(), np.ones(4))
    nested = ng.nested_gradient(lambda y: tf.reduce_sum(y) ** 3, inverse_norm, nesting=nesting, compile=compiled)
    close(nested(X), expected)


@pytest.mark.parametrize("nesting", THIRD)
def test_third_order(nesting, execute):
    close(execute(ng.derivative(quartic, nesting), X, V, X), 24 * X * V * X)


@pytest.mark.parametrize("nesting", ["FFF", *THIRD])
def test_third_order_of_a_product_along_different_directions(nesting, law):
    # TensorFlow's own FFF and FFR are wrong here, its RFF raises
    f = lambda x: tf.reduce_sum(x * tf.sin(x)) * tf.reduce_sum(x * x)  # noqa: E731
    law(f, X.numpy(), [nesting], backend="tensorflow")


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_results_have_the_primals_dtype(nesting, dtype):
    found = ng.hvp(quartic, nesting)(tf.cast(X, dtype), tf.cast(V, dtype))
    assert found.dtype == dtype
    close(found, 12 * X**2 * V, 1e-5)


@pytest.mark.parametrize("nesting", HVPS)
def test_several_inputs_in_a_tree(nesting, execute):
    op = ng.hvp(lambda t: tf.reduce_sum(t["a"] ** 2 * t["b"]), nesting)
    found = execute(op, {"a": X, "b": V}, {"a": V, "b": X})
    close(found["a"], 2 * V * V + 2 * X * X)
    close(found["b"], 2 * X * V)


@pytest.mark.parametrize("nesting", HVPS)
def test_structurally_zero_hessians_are_zeros(nesting, execute):
    for f in (lambda x: tf.reduce_sum(V * x), lambda x: tf.constant(2.0, F64), lambda x: 2.0):
        close(execute(ng.hvp(f, nesting), X, V), np.zeros(4))


def test_what_passes_through_numpy_is_no_zero():
    for nesting in ("R", "F", *HVPS):
        with pytest.raises(ng.UnsupportedNestingError, match="does not see how"):
            ng.derivative(lambda x: tf.constant(np.sum(x.numpy() ** 2)), nesting)(X, *[V] * (nesting != "R"))


def test_what_the_user_stops_is_constant():
    close(ng.gradient(lambda x: tf.reduce_sum(tf.stop_gradient(x) ** 2))(X), np.zeros(4))


@pytest.mark.parametrize("nesting", ["R", "F"])
def test_the_inner_variable_may_be_the_outer_one(nesting, execute):
    # d/dx [x · d/dy (x + y) at y = x] = 1
    def outer(x):
        return x * ng.derivative(lambda y: x + y, nesting)(x, *[tf.ones_like(x)] * (nesting == "F"))

    for letter in "RF":
        x = tf.constant(3.0, F64)
        close(execute(ng.derivative(outer, letter), x, *[tf.ones_like(x)] * (letter == "F")), 1)


@pytest.mark.parametrize("nesting", [*HVPS, "FF"])
def test_inner_functions(nesting, execute):
    inner = tf.function(lambda x: tf.reduce_sum(x**3), autograph=False)
    expected = 6 * X * V + 2 * V
    found = execute(ng.derivative(lambda x: inner(x) + tf.reduce_sum(x**2), nesting), X, *[V] * (1 + (nesting == "FF")))
    close(found, np.sum(expected * V) if nesting == "FF" else expected)


@pytest.mark.parametrize("nesting", [*HVPS, "FF"])
@pytest.mark.parametrize("compiled", [False, True])
def test_control_flow(nesting, compiled):
    def f(x):
        _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), (0, x), maximum_iterations=3)
        return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.reduce_sum(y), lambda: tf.reduce_sum(x))

    expected = 12 * X**2 * V  # y = x⁴
    found = ng.derivative(f, nesting, compile=compiled)(X, *[V] * (1 + (nesting == "FF")))
    close(found, np.sum(expected * V) if nesting == "FF" else expected)


@pytest.mark.parametrize("nesting", HVPS)
def test_rows_that_are_gathered(nesting, execute):
    table = tf.reshape(X, (2, 2))
    f = lambda t: tf.reduce_sum(tf.nn.embedding_lookup(t, [0, 1, 1]) ** 3)  # noqa: E731
    gradient = execute(ng.gradient(f), table)
    assert isinstance(gradient, tf.Tensor)
    times = np.array([[1.0], [2.0]])
    close(gradient, 3 * table**2 * times)
    found = execute(ng.hvp(f, nesting), table, tf.reshape(V, (2, 2)))
    assert isinstance(found, tf.Tensor)
    close(found, 6 * table * tf.reshape(V, (2, 2)) * times)


@pytest.mark.parametrize("nesting", [*HVPS, "RRR"])
def test_a_variable_is_watched_as_it_is(nesting, execute):
    variable = tf.Variable(X)
    f = lambda x: tf.reduce_sum(x**2 * variable**2)  # noqa: E731  reads it by both names
    found = execute(lambda *v: ng.derivative(f, nesting)(variable, *v), *[V] * (len(nesting) - 1))
    close(found, 24 * X * V**2 if nesting == "RRR" else 12 * X**2 * V)


def test_has_aux():
    value, aux = ng.hvp(lambda x: (quartic(x), x * 2), has_aux=True)(X, V)
    close(value, 12 * X**2 * V)
    close(aux, 2 * X)


@pytest.mark.parametrize("nesting", HVPS)
def test_results_are_differentiated_by_the_users_tape(nesting, execute):
    def outer(x, v):
        with tf.GradientTape() as tape:
            tape.watch([x, v])
            found = ng.hvp(quartic, nesting)(x, v)
        return tape.gradient(found, [x, v])

    by_x, by_v = execute(outer, X, V)
    close(by_x, 24 * X * V)
    close(by_v, 12 * X**2)


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_training_step_of_an_input_gradient_penalty(nesting, compiled, execute):
    weights = [tf.Variable(tf.reshape(tf.linspace(tf.constant(-1.0, F64), 1, 12), (4, 3)))]
    weights.append(tf.Variable(tf.linspace(tf.constant(1.0, F64), 2, 3)))

    def penalty():
        f = lambda x: tf.reduce_sum(tf.tanh(tf.linalg.matvec(weights[0], x, transpose_a=True)) * weights[1])  # noqa: E731
        hessian, gradient = ng.hvp(f, nesting, compile=compiled), ng.gradient(f, compile=compiled)
        return tf.reduce_sum(hessian(X, V) ** 2) + tf.reduce_sum(gradient(X) ** 2)

    def step():
        with tf.GradientTape() as tape:
            loss = penalty()
        return tape.gradient(loss, weights)

    found = execute(step)
    start, along, h = [tf.identity(w) for w in weights], [tf.cos(w) for w in weights], 1e-6
    ends = []
    for t in (h, -h):
        for w, s, d in zip(weights, start, along, strict=True):
            w.assign(s + t * d)
        ends.append(penalty())
    close(sum(np.sum(g * d) for g, d in zip(found, along, strict=True)), (ends[0] - ends[1]) / (2 * h), 1e-7)


def test_a_pullback_is_called_often_and_differentiated():
    _, pullback = ng.vjp(lambda x: x**3, X)
    close(pullback(V)[0], 3 * X**2 * V)
    close(pullback(X)[0], 3 * X**3)
    close(tf.vectorized_map(lambda u: pullback(u)[0], tf.stack([V, X])), tf.stack([3 * X**2 * V, 3 * X**3]))
    close(tf.function(lambda u: pullback(u)[0])(V), 3 * X**2 * V)


def test_a_pullback_of_a_graph_is_called_in_another(execute):
    def outer(x, v):
        _, pullback = ng.vjp(lambda x: x**3, x)
        return tf.map_fn(lambda u: pullback(u)[0], v)

    close(tf.function(outer, autograph=False)(X, tf.stack([V, X])), tf.stack([3 * X**2 * V, 3 * X**3]))


def test_numpy_arrays_and_numbers():
    found = ng.hvp(quartic, backend="tensorflow")(X.numpy()[::-1], V.numpy())
    close(found, 12 * X[::-1] ** 2 * V)
    with pytest.raises(ng.PrecisionLossError):
        ng.get_backend("tensorflow").asarray(np.ones(2, np.longdouble))


def test_what_is_emulated():
    for nesting in ("F", "R", *HVPS, "RRR", "FRR", "RFR", "RRF"):
        with recorded() as emulations:
            ng.derivative(quartic, nesting)(X, *[V] * (len(nesting) - ("R" in nesting)))
        assert not emulations, nesting
    for nesting in ("FF", "FFF", "FFR", "FRF", "RFF"):
        with recorded() as emulations:
            ng.derivative(quartic, nesting)(X, *[V] * (len(nesting) - ("R" in nesting)))
        assert {emulation.operation for emulation in emulations} == {"jvp"}, nesting


@pytest.mark.parametrize("nesting", ["R", "F", *HVPS])
def test_threads(nesting):
    # f' = eˣ(sin + cos), f'' = 2eˣ cos
    x, v = X.numpy(), V.numpy()
    first = np.exp(x) * (np.sin(x) + np.cos(x))
    expected = {"R": first, "F": np.sum(first * v)}.get(nesting, 2 * np.exp(x) * np.cos(x) * v)
    op = ng.derivative(lambda x: tf.reduce_sum(tf.sin(x) * tf.exp(x)), nesting)
    wrong = []

    def work():
        for _ in range(40):
            try:
                close(op(X, *[V] * (nesting != "R")), expected)
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("nesting", [*HVPS, "FF"])
@pytest.mark.parametrize("compiled", [False, True])
def test_an_accumulator_of_the_users_inside(nesting, compiled):
    def f(x):
        y = tf.identity(x)
        with tf.autodiff.ForwardAccumulator(y, V) as accumulator:
            z = tf.reduce_sum(y**3)
        return accumulator.jvp(z)  # Σ 3 x² v

    expected = 6 * V * V
    found = ng.derivative(f, nesting, compile=compiled)(X, *[V] * (1 + (nesting == "FF")))
    close(found, np.sum(expected * V) if nesting == "FF" else expected)


def test_a_variable_of_keras_is_told_how_to_pass_its_value():
    keras = pytest.importorskip("keras")
    variable = keras.Variable([1.0, 2.0])

    def cubes(x):
        return tf.reduce_sum(x["w"] ** 3)

    with pytest.raises(ng.NotDifferentiableError, match=r"It holds one: pass x\['w'\]\.value\."):
        ng.gradient(cubes)({"w": variable})
    np.testing.assert_allclose(ng.gradient(cubes)({"w": variable.value})["w"], [3.0, 12.0])
