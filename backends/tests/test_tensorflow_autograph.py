"""Operators in a `tf.function` as users write it: AutoGraph rewrites their functions, and nothing of nestgrad's."""

import logging

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")

X = tf.constant([1.0, 2.0], tf.float64)


def branches(x):
    """Σ x³ here, where the sum is positive."""
    if tf.reduce_sum(x) > 0:  # noqa: SIM108  # the plainest that AutoGraph rewrites
        y = x**3
    else:
        y = x**2
    return tf.reduce_sum(y)


def loops(x):
    """Σ x³ by a loop over tensors."""
    y = x
    for _ in tf.range(2):
        y *= x
    return tf.reduce_sum(y)


def cubes_of(y):
    if tf.reduce_sum(y) > 0:
        return tf.reduce_sum(y**2)
    return tf.reduce_sum(y)


CALLS = {
    "gradient": (lambda f, x: ng.gradient(f)(x), 3 * X**2),
    "hvp": (lambda f, x: ng.hvp(f)(x, x), 6 * X**2),
    "FR": (lambda f, x: ng.forward_over_reverse(f)(x, x), 6 * X**2),
    "RF": (lambda f, x: ng.reverse_over_forward(f)(x, x), 6 * X**2),
    "jvp": (lambda f, x: ng.jvp(f, (x,), (x,))[1], tf.reduce_sum(3 * X**3)),
    "vjp": (lambda f, x: ng.vjp(f, x)[1](tf.constant(1.0, tf.float64))[0], 3 * X**2),
    "nested": (lambda f, x: ng.nested_gradient(cubes_of, f)(x), 36 * X**3),  # of Σ (3x²)²
    "jacobian": (lambda f, x: ng.jacobian(f)(x), 3 * X**2),
    "laplacian": (lambda f, x: ng.laplacian(f)(x), tf.reduce_sum(6 * X)),
}


@pytest.mark.parametrize("f", [branches, loops])
@pytest.mark.parametrize("call", CALLS)
def test_the_users_functions_are_rewritten(call, f, caplog):
    derive, expected = CALLS[call]
    with caplog.at_level(logging.WARNING, "tensorflow"):
        found = tf.function(lambda x: derive(f, x))(X)
    np.testing.assert_allclose(found, expected)
    assert "AutoGraph" not in caplog.text


def test_they_are_not_where_the_user_says_so():
    with pytest.raises(Exception, match="symbolic"):
        tf.function(lambda x: ng.gradient(branches)(x), autograph=False)(X)


def test_nothing_is_logged_where_the_map_of_the_engine_cannot(caplog):
    """TensorFlow writes hundreds of lines on a branch that it cannot map; the rows are then taken one by one."""
    f = lambda x: tf.reduce_sum(x**3) if tf.reduce_sum(x) > 0 else tf.reduce_sum(x)  # noqa: E731
    x, logger = tf.ones((3,), tf.float64), tf.get_logger()
    logger.addHandler(caplog.handler)
    try:
        found = tf.function(lambda x: ng.hessian(f, "FR")(x))(x)
    finally:
        logger.removeHandler(caplog.handler)
    np.testing.assert_allclose(found, 6 * np.eye(3))
    assert not caplog.records
    assert not logger.filters


@pytest.mark.parametrize("autograph", [True, False])
@pytest.mark.parametrize("operator", [ng.hessian, ng.laplacian, ng.jacobian])
def test_an_error_of_nestgrads_keeps_its_type(operator, autograph):
    """Here that of a shape which is unknown in the graph, so that nobody knows how many directions there are."""
    f = (lambda x: x**3) if operator is ng.jacobian else (lambda x: tf.reduce_sum(x**3))
    unknown = [tf.TensorSpec([None], tf.float64)]
    with pytest.raises(ng.UnsupportedNestingError, match="trace it with a shape that is known"):
        tf.function(lambda x: operator(f)(x), input_signature=unknown, autograph=autograph)(X)


@pytest.mark.parametrize("nesting", ["auto", "FR", "RF", "RR", "FF"])
@pytest.mark.parametrize(("operator", "expected"), [(ng.hessian_diagonal, 6 * X[:, None]), (ng.laplacian, 6 * X)])
def test_of_rows_nobody_has_to_know_how_many_there_are(operator, expected, nesting):
    """As in `fit` of Keras, where the last batch may be smaller. The numbers of a row are the directions."""
    op = operator(lambda x: tf.reduce_sum(x**3, axis=1), nesting, batched=True)
    rows, unknown = tf.constant(X[:, None]), tf.TensorSpec([None, 1], tf.float64)
    np.testing.assert_allclose(tf.function(op, input_signature=[unknown])(rows), expected)
    with pytest.raises(ng.UnsupportedNestingError, match="trace it with a shape that is known"):
        tf.function(op, input_signature=[tf.TensorSpec([None, None], tf.float64)])(rows)
