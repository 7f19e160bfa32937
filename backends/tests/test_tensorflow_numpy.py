"""`tf.numpy_function`, which TensorFlow takes for a constant: refused where what it reads varies."""

import threading

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")
script_ops = pytest.importorskip("tensorflow.python.ops.script_ops")

X = np.array([0.3, 1.2])


def by_numpy(function, x):
    return tf.numpy_function(function, [x], tf.float64)


@tf.custom_gradient
def sine(x):
    def rule(upstream):
        return upstream * by_numpy(np.cos, x)

    return by_numpy(np.sin, x), rule


@tf.custom_gradient
def sine_of_tensorflow(x):
    return by_numpy(np.sin, x), lambda upstream: upstream * tf.cos(x)


def derivative(f, nesting):
    operator = ng.derivative(lambda x: tf.reduce_sum(f(x)), nesting, backend="tensorflow")
    return operator(X, *[X] * ng.Nesting(nesting).directions)


@pytest.mark.parametrize("nesting", ["R", "F", "FR", "RF", "RR", "FF"])
def test_what_varies_is_no_constant(nesting):
    with pytest.raises(ng.UnsupportedNestingError, match=r"numpy_function.*custom_gradient"):
        derivative(lambda x: by_numpy(np.sin, x) + x**2, nesting)


def test_a_constant_is_one():
    assert derivative(lambda x: x * by_numpy(np.exp, tf.zeros(2, tf.float64)), "R").numpy().tolist() == [1, 1]


def test_a_rule_in_numpy_is_good_for_one_derivative():
    np.testing.assert_allclose(derivative(lambda x: sine(x) * x, "R"), np.cos(X) * X + np.sin(X))
    np.testing.assert_allclose(derivative(lambda x: sine(x) * x, "F"), np.sum(np.cos(X) * X**2 + np.sin(X) * X))
    for nesting in ("FR", "RF", "RR", "FF"):
        with pytest.raises(ng.UnsupportedNestingError, match="numpy_function"):
            derivative(sine, nesting)


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_a_rule_in_tensorflow_is_good_for_more(nesting):
    np.testing.assert_allclose(derivative(sine_of_tensorflow, nesting), -np.sin(X) * X)


def test_elsewhere_it_is_as_it_was():
    before = script_ops.py_func_common
    seen = []

    def in_another_thread(x):
        thread = threading.Thread(target=lambda: seen.append(by_numpy(np.sin, tf.constant(X)).numpy()))
        thread.start()
        thread.join()
        return x**2

    np.testing.assert_allclose(derivative(in_another_thread, "R"), 2 * X)
    np.testing.assert_allclose(seen, [np.sin(X)])
    assert script_ops.py_func_common is before


def of(function, x):
    return tf.ensure_shape(by_numpy(function, x), x.shape)


@tf.custom_gradient
def cosine_with_a_rule(x):
    return of(np.cos, x), lambda upstream: -upstream * tf.sin(x)


@tf.custom_gradient
def sine_by_rules(x):
    return of(np.sin, x), lambda upstream: upstream * cosine_with_a_rule(x)


@tf.custom_gradient
def exponential(x):
    y = of(np.exp, x)
    return y, lambda upstream: upstream * y  # no derivative of y: what is returned has the rule, and y is not that


@tf.custom_gradient
def sine_by_a_rule_in_numpy(x):
    return of(np.sin, x), lambda upstream: upstream * of(np.cos, x)


def executed(f, nesting, execution):
    operator = ng.derivative(lambda x: tf.reduce_sum(f(x) ** 2), nesting, compile=execution == "compiled")
    call = tf.function(operator, autograph=False) if execution == "traced" else operator
    return call(tf.constant(X), *[tf.constant(X)] * ng.Nesting(nesting).directions)


each_execution = pytest.mark.parametrize("execution", ["eager", "compiled", "traced"])


@each_execution
@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_rules_that_go_on_are_right_everywhere(nesting, execution):
    np.testing.assert_allclose(executed(sine_by_rules, nesting, execution), 2 * np.cos(2 * X) * X)


@each_execution
def test_a_rule_in_numpy_is_good_for_one_derivative_everywhere(execution):
    np.testing.assert_allclose(executed(sine_by_a_rule_in_numpy, "R", execution), np.sin(2 * X))
    np.testing.assert_allclose(executed(exponential, "R", execution), 2 * np.exp(2 * X))
    np.testing.assert_allclose(executed(exponential, "F", execution), np.sum(2 * np.exp(2 * X) * X))


@each_execution
@pytest.mark.parametrize("nesting", ["FR", "RF", "RR", "FF"])
@pytest.mark.parametrize("f", [sine_by_a_rule_in_numpy, exponential])
def test_a_rule_that_uses_what_numpy_computed_is_refused_for_more(f, nesting, execution):
    with pytest.raises(ng.UnsupportedNestingError, match=f"'{nesting}'.*the rule of a tf.custom_gradient"):
        executed(f, nesting, execution)
