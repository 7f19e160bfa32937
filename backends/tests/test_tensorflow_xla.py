"""What XLA does differently: rules that it lacks or has wrong, and what it computes too coarsely."""

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")

F64 = tf.float64
X = tf.constant([0.3, -1.2, 2.0, 0.7], F64)
V = tf.constant([1.0, 2.0, -1.0, 0.5], F64)
HVPS = ("FR", "RF", "RR")


def close(found, expected, tolerance=1e-10):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("nesting", HVPS)
def test_slices_under_xla(nesting):
    # there TensorFlow differentiates them by an operation without a rule
    f = lambda x: tf.reduce_sum(tf.concat([tf.sin(x), x**3], 0) ** 2)  # noqa: E731
    found = tf.function(ng.hvp(f, nesting), jit_compile=True, autograph=False)(X, V)
    close(found, (2 * np.cos(2 * X) + 30 * X**4) * V)
    found = tf.function(ng.hvp(lambda x: tf.reduce_sum(x[1:] ** 3), nesting), jit_compile=True, autograph=False)(X, V)
    close(found, np.array([0, 1, 1, 1]) * 6 * X * V)


@pytest.mark.parametrize("nesting", ["R", *HVPS])
def test_complex_numbers_under_xla(nesting):
    # XLA's own rules of sqrt, rsqrt and reciprocal do not conjugate
    def f(x):
        z = tf.complex(x * x + 1, x)
        return tf.reduce_sum(tf.math.real(tf.sqrt(z) + tf.math.log(z) + 1 / z + tf.math.rsqrt(z)) + tf.math.angle(z))

    op = ng.derivative(f, nesting)
    directions = [V] * (len(nesting) - 1)
    close(tf.function(op, jit_compile=True, autograph=False)(X, *directions), op(X, *directions))


def test_what_xla_computes_to_six_digits_is_refused():
    matrix = tf.reshape(tf.concat([X, V, X * V, X + 1], 0), (4, 4))
    for function in (tf.linalg.eigvalsh, lambda a: tf.linalg.svd(a, compute_uv=False)):
        op = ng.gradient(lambda a: tf.reduce_sum(function(a) ** 2))  # noqa: B023
        assert op(matrix).shape == (4, 4)
        with pytest.raises(ng.UnsupportedNestingError, match="six digits"):
            tf.function(op, jit_compile=True, autograph=False)(matrix)
