"""`tf.custom_gradient`: every nesting follows the rule, or is refused where TensorFlow follows what it computes."""

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

X, V, W = np.array([0.5, 1.2, -0.3]), np.array([1.0, -0.5, 2.0]), np.array([0.3, 0.9, -1.1])


@tf.custom_gradient
def stopped(x):
    return tf.tanh(tf.stop_gradient(x)), lambda cotangent: cotangent * (1 - tf.tanh(x) ** 2)


@tf.custom_gradient
def derivative_of_tanh(x):
    y = 1 - tf.tanh(x) ** 2
    return tf.stop_gradient(y), lambda cotangent: cotangent * -2 * tf.tanh(x) * (1 - tf.tanh(x) ** 2)


@tf.custom_gradient
def nested(x):
    return tf.stop_gradient(tf.tanh(x)), lambda cotangent: cotangent * derivative_of_tanh(x)


@tf.custom_gradient
def product(x, y):
    rule = lambda cotangent: (cotangent * tf.tanh(y), cotangent * x * (1 - tf.tanh(y) ** 2))  # noqa: E731
    return tf.stop_gradient(x * tf.tanh(y)), rule


class Layer(keras.layers.Layer):
    def call(self, x):
        return stopped(x)


@tf.function
def inside(x):
    return stopped(x)


LAYER = Layer(dtype="float64")
TANH = {
    "what it computes is stopped": stopped,
    "its rule has a rule": nested,
    "in a Keras layer": LAYER,
    "of two arguments": lambda x: product(tf.ones_like(x), x),
    "in an inner function": inside,
    "in a map": lambda x: tf.map_fn(stopped, x),
    "in a loop": lambda x: tf.while_loop(
        lambda i, _: i < 1, lambda i, y: (i + 1, stopped(y)), (0, x), maximum_iterations=1
    )[1],
    "passed through": lambda x: tf.tanh(tf.grad_pass_through(tf.stop_gradient)(x)),
}


def of(tanh):
    return lambda x: tf.reduce_sum(tanh(tf.sin(x)) ** 2 * x)


def truth(nesting):
    """The derivative by Cauchy's formula, on circles of complex numbers."""
    count, radius = 16, 0.1
    circle = radius * np.exp(2j * np.pi * np.arange(count) / count)

    def along(f, v):
        return lambda x: sum(f(x + z * v) / z for z in circle) / count

    def derivative(directions):
        f = lambda x: np.sum(np.tanh(np.sin(x)) ** 2 * x)  # noqa: E731
        for v in directions:
            f = along(f, v)
        return f(X.astype(complex)).real

    given = (V, W)[: len(nesting) - ("R" in nesting)]
    return [derivative([*given, e]) for e in np.eye(3)] if "R" in nesting else derivative(given)


def directions(nesting):
    return [tf.constant(v) for v in (V, W)][: len(nesting) - ("R" in nesting)]


@pytest.mark.parametrize("nesting", ["F", "R", "FR", "RF", "RR", "FF"])
@pytest.mark.parametrize("name", TANH)
def test_the_rule_is_followed(name, nesting):
    f, x, given = of(TANH[name]), tf.constant(X), directions(nesting)
    expected = truth(nesting)
    np.testing.assert_allclose(ng.derivative(f, nesting)(x, *given), expected)
    np.testing.assert_allclose(ng.derivative(f, nesting, compile=True)(x, *given), expected)
    traced = tf.function(lambda x, *v: ng.derivative(f, nesting)(x, *v))
    np.testing.assert_allclose(traced(x, *given), expected)


def test_under_an_accumulator_of_the_users_in_a_graph_it_is_refused():
    @tf.function(autograph=False)
    def pushed(x, v):
        with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
            gradient = ng.gradient(of(stopped))(x)
        return accumulator.jvp(gradient)

    with pytest.raises(ng.UnsupportedNestingError, match="not its rule"):
        pushed(tf.constant(X), tf.constant(V))


def test_under_a_tape_of_the_users_in_a_graph_it_is_followed():
    @tf.function(autograph=False)
    def pulled(x, v):
        with tf.GradientTape() as tape:
            tape.watch(x)
            gradient = ng.gradient(of(stopped))(x)
        return tape.gradient(gradient, x, output_gradients=v)

    np.testing.assert_allclose(pulled(tf.constant(X), tf.constant(V)), truth("RR"))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("nesting", ["F", "R", "FR", "RF", "RR", "FF"])
def test_in_a_vectorized_map_it_is_refused(nesting, compiled):
    f = of(lambda x: tf.vectorized_map(stopped, x))
    with pytest.raises(ng.UnsupportedNestingError, match=r"vectorized_map .*map with tf\.map_fn"):
        ng.derivative(f, nesting, compile=compiled)(tf.constant(X), *directions(nesting))


@pytest.mark.parametrize("trace", [lambda f: f, lambda f: tf.function(f, autograph=False)])
def test_in_a_vectorized_map_of_derivatives_it_is_followed(trace):
    f = of(stopped)
    products = trace(lambda x, rows: tf.vectorized_map(lambda v: ng.hvp(f)(x, v), rows))
    expected = [truth("RR"), 2 * np.asarray(truth("RR"))]
    np.testing.assert_allclose(products(tf.constant(X), tf.constant([V, 2 * V])), expected)


@pytest.mark.parametrize("nesting", ["F", "R", "FR", "RR"])
def test_a_rule_of_tensorflows_own_in_a_vectorized_map_is_that_of_what_it_computes(nesting):
    f = lambda silu: lambda x: tf.reduce_sum(silu(x) ** 2)  # noqa: E731
    x, given = tf.constant(X), directions(nesting)
    found = ng.derivative(f(lambda x: tf.vectorized_map(tf.nn.silu, x)), nesting)(x, *given)
    np.testing.assert_allclose(found, ng.derivative(f(lambda x: x * tf.sigmoid(x)), nesting)(x, *given))
