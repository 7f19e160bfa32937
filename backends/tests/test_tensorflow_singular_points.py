"""Smooth functions of TensorFlow where its rules are not right: special points, kinks that cancel, shapes."""

import mpmath
import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")
tnp = pytest.importorskip("tensorflow.experimental.numpy")
keras = tf.keras

NESTINGS = ["R", "F", "RR", "FR", "RF", "FF"]
every_way = pytest.mark.parametrize(
    ("nesting", "compiled"), [*((nesting, False) for nesting in NESTINGS), ("RR", True)], ids=[*NESTINGS, "RR-compiled"]
)
SPECIAL = {
    "bessel_i0": (tf.math.bessel_i0, lambda x: mpmath.besseli(0, x), 0.0),
    "bessel_i1": (tf.math.bessel_i1, lambda x: mpmath.besseli(1, x), 0.0),
    "bessel_j0": (tf.math.special.bessel_j0, lambda x: mpmath.besselj(0, x), 0.0),
    "bessel_j1": (tf.math.special.bessel_j1, lambda x: mpmath.besselj(1, x), 0.0),
    "spence": (tf.math.special.spence, lambda x: mpmath.polylog(2, 1 - x), 1.0),
    "keras.ops.i0": (keras.ops.i0, lambda x: mpmath.besseli(0, x), 0.0),
    "keras.ops.sinc": (keras.ops.sinc, mpmath.sincpi, 0.0),
    "tnp.sinc": (tnp.sinc, mpmath.sincpi, 0.0),
}
HIDDEN = {
    "keras.ops.logaddexp": (keras.ops.logaddexp, lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y))),
    "keras.ops.logaddexp2": (keras.ops.logaddexp2, lambda x, y: mpmath.log(2**x + 2**y, 2)),
    "tnp.logaddexp": (tnp.logaddexp, lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y))),
    "tnp.logaddexp2": (tnp.logaddexp2, lambda x, y: mpmath.log(2**x + 2**y, 2)),
    "keras.ops.hypot": (keras.ops.hypot, mpmath.hypot),
    "keras.ops.fmod": (keras.ops.fmod, lambda x, y: x - y * int(x / y)),
}
PAIRS = {
    "ties": ([0.7, -0.4, 1.1], [0.7, -0.4, 0.2]),
    "opposite": ([0.7, 0.3, 1.1], [-0.7, -0.3, 0.2]),
    "zeros": ([0.0, 0.0, 0.8], [0.9, -0.6, 0.5]),
    "other zeros": ([0.9, -0.6, 0.5], [0.0, 0.0, 0.8]),
}
V = tf.constant([1.0, -0.6, 0.3], tf.float64)


def derivative(f, nesting, x, v, **options):
    """Along v in every letter."""
    found = ng.derivative(f, nesting, **options)(x, *[v] * ng.Nesting(nesting).directions)
    return float(tf.reduce_sum(found * v) if "R" in nesting else found)


@pytest.mark.parametrize(
    ("nesting", "compiled"), [*((nesting, False) for nesting in (*NESTINGS, "RRR")), ("RRR", True)]
)
@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions(name, nesting, compiled):
    f, truth, centre = SPECIAL[name]
    points = [centre, centre + 1e-7, centre + 0.3, centre - 0.2, centre + 1.6]
    x, weights = tf.constant(points, tf.float64), tf.constant([1.0, 0.5, 2.0, 0.7, 0.3], tf.float64)
    with mpmath.workdps(40):
        expected = sum(
            w * float(mpmath.diff(truth, z, len(nesting))) for w, z in zip(weights.numpy(), points, strict=True)
        )
    found = derivative(lambda z: tf.reduce_sum(weights * f(z)), nesting, x, tf.ones_like(x), compile=compiled)
    assert found == pytest.approx(expected, rel=1e-9)


@every_way
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", HIDDEN)
def test_kinks_that_cancel(name, pair, nesting, compiled):
    if name == "keras.ops.fmod" and pair != "zeros":
        pytest.skip("it jumps there")
    f, truth = HIDDEN[name]
    one, other = (tf.constant(part, tf.float64) for part in PAIRS[pair])
    direction = (V, tf.reverse(V, [0]) + 0.2)
    lines = zip(*(part.numpy() for part in (one, other, *direction)), strict=True)
    with mpmath.workdps(40):
        expected = sum(
            float(mpmath.diff(lambda t: truth(mpmath.mpf(x) + t * v, mpmath.mpf(y) + t * w), 0, len(nesting), h=1e-9))  # noqa: B023
            for x, y, v, w in lines
        )

    def along(t):
        return tf.reduce_sum(f(one + t * direction[0], other + t * direction[1]))

    zero = tf.zeros([], tf.float64)
    assert derivative(along, nesting, zero, tf.ones_like(zero), compile=compiled) == pytest.approx(
        expected, rel=1e-7, abs=1e-9
    )


def test_kinks_of_ones_own_are_left_alone():
    assert ng.gradient(lambda x: tf.reduce_sum(tf.abs(x)))(tf.zeros(3, tf.float64)).numpy().tolist() == [0, 0, 0]


X = tf.constant([0.3, 0.7, 1.2], tf.float64)
BETA = tf.constant([0.5, 1.0, 2.0], tf.float64)


def swish(x, beta):
    return x * tf.sigmoid(beta * x)


SUMMED = {
    "beta": lambda b: tf.nn.silu(X, b),
    "both": lambda b: tf.nn.silu(b, b),
    "broadcast": lambda b: tf.nn.silu(b[0], BETA),
}
RIGHT = {
    "constant": (lambda x: tf.nn.silu(x, BETA), lambda x: swish(x, BETA)),
    "number": (lambda x: tf.nn.silu(x, x[0]), lambda x: swish(x, x[0])),
    "default": (tf.nn.silu, lambda x: swish(x, 1.0)),
}


@every_way
@pytest.mark.parametrize("name", SUMMED)
def test_silu_of_an_array_of_betas_is_refused(name, nesting, compiled):
    with pytest.raises(ng.UnsupportedNestingError, match=r"silu.*127690"):
        derivative(lambda b: tf.reduce_sum(SUMMED[name](b) ** 2), nesting, X, V, compile=compiled)


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("name", RIGHT)
def test_silu_is_right_otherwise(name, nesting):
    f, expected = RIGHT[name]
    found, truth = (derivative(lambda x: tf.reduce_sum(g(x) ** 2), nesting, X, V) for g in (f, expected))  # noqa: B023
    assert found == pytest.approx(truth, rel=1e-10)


@every_way
def test_isotonic_regression_of_a_vector(nesting, compiled):
    """An ascending vector has one block, its mean."""
    weights = tf.constant([0.3, -0.7, 1.1], tf.float64)
    f = lambda x: tf.reduce_sum(weights * tf.nn.isotonic_regression(x)[0] ** 2)  # noqa: E731
    expected = lambda x: tf.reduce_sum(weights) * tf.reduce_mean(x) ** 2  # noqa: E731
    found = derivative(f, nesting, X, V, compile=compiled)
    assert found == pytest.approx(derivative(expected, nesting, X, V), rel=1e-10)


def test_isotonic_regression_of_integers_is_a_constant():
    labels = tf.constant([1, 2, 6])
    f = lambda x: tf.reduce_sum(x * tf.cast(tf.nn.isotonic_regression(labels)[0], x.dtype))  # noqa: E731
    np.testing.assert_allclose(ng.gradient(f)(X), [3, 3, 3])


def test_a_gradient_of_another_shape_is_an_error():
    @tf.custom_gradient
    def square(x):
        return x**2, lambda cotangent: tf.reduce_sum(2 * x * cotangent)

    with pytest.raises(ng.UnsupportedNestingError, match="another shape"):
        ng.gradient(lambda x: tf.reduce_sum(square(x)))(X)
    assert np.isfinite(ng.gradient(lambda x: tf.reduce_sum(square(x[0])))(X)).all()


def _wrong_at_zero(x):
    """Σ x⁰ + x², by whose rule the derivative of x⁰ is nan at 0."""
    return tf.reduce_sum(x**0 + x**2)


@tf.custom_gradient
def _ruled(x):
    """The same, by a rule that has a tape of its own."""

    def rule(cotangent):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = _wrong_at_zero(x)
        return cotangent * tape.gradient(value, x)

    return _wrong_at_zero(x), rule


@pytest.mark.parametrize("f", [tf.recompute_grad(_wrong_at_zero), _ruled])
@pytest.mark.parametrize("is_inside", [False, True])
def test_a_tape_in_a_rule_is_looked_at_when_it_is_pulled(f, is_inside):
    x = tf.constant([0.0, 0.7], tf.float64)
    g = (lambda x: 2.0 * f(tf.identity(x))) if is_inside else (lambda x: 2.0 * f(x))
    expected = 4 * x.numpy()
    np.testing.assert_allclose(ng.gradient(g)(x), expected)
    value, pullback = ng.vjp(g, x)
    for _ in range(2):
        np.testing.assert_allclose(pullback(tf.ones_like(value))[0], expected)


@pytest.fixture
def registered(monkeypatch):
    """Call with an operation that has no rule, and one: it has it while the test runs."""
    from tensorflow.python.framework import ops

    from nestgrad_tensorflow import _reverse

    monkeypatch.setattr(ops.gradient_registry, "_registry", dict(ops.gradient_registry._registry))
    yield lambda operation, rule: tf.RegisterGradient(operation)(rule)
    _reverse._has_rules_of_others.cache_clear()  # rules are never taken away but here


@pytest.mark.parametrize(
    ("inner", "expected"), [(tf.reduce_prod, [0.35, 0.5, 2.0]), (_wrong_at_zero, [2.0, -1.0, 0.6])]
)
def test_a_tape_in_a_rule_that_is_registered_for_an_operation_is_looked_at(registered, inner, expected):
    """The rule is ∇²inner(x)v, by two tapes."""
    x, v = tf.constant([0.0, 2.0, 0.5], tf.float64), tf.constant([1.0, -0.5, 0.3], tf.float64)

    def rule(operation, cotangent):
        a = operation.inputs[0]
        with tf.GradientTape() as outer:
            outer.watch(a)
            with tf.GradientTape() as tape:
                tape.watch(a)
                value = inner(a)
            slope = tf.reduce_sum(tape.gradient(value, a) * v)
        return cotangent * outer.gradient(slope, a), None

    f = lambda x: tf.reduce_sum(tf.raw_ops.IgammaGradA(a=x, x=tf.ones_like(x)))  # noqa: E731
    registered("IgammaGradA", rule)
    np.testing.assert_allclose(ng.gradient(f)(x), expected)
    np.testing.assert_allclose(ng.value_and_gradient(f)(x)[1], expected)
    value, pullback = ng.vjp(f, x)
    np.testing.assert_allclose(pullback(tf.ones_like(value))[0], expected)


def spectrum(x):
    """Of which one entry is zero wherever x has equal entries next to each other."""
    return tf.abs(tf.complex(x - tf.roll(x, 1, 0), 2 * x - 2 * tf.roll(x, 1, 0))) ** 2


@every_way
def test_the_square_of_a_magnitude_that_is_zero_is_no_wrong_number(nesting, compiled):
    """|z|² is smooth there and |z|, of which it is made, is not: the chain rule has no second derivative."""
    x, f = tf.constant([0.5, 0.5, 1.5], tf.float64), lambda x: tf.reduce_sum(spectrum(x))
    if len(nesting) == 1:
        differences = lambda x: x - np.roll(x, 1)  # noqa: E731
        expected = 10 * np.sum(differences(x.numpy()) * differences(V.numpy()))
        np.testing.assert_allclose(derivative(f, nesting, x, V, compile=compiled), expected)
    elif compiled:
        assert np.isnan(derivative(f, nesting, x, V, compile=True))
    else:
        with pytest.raises(ng.UnsupportedNestingError, match=r"'abs'.*conj"):
            derivative(f, nesting, x, V)


@every_way
def test_magnitudes_that_are_not_zero_are_right(nesting, compiled):
    x, f = tf.constant([0.5, 0.8, 1.5], tf.float64), lambda x: tf.reduce_sum(spectrum(x))
    differences = lambda x: x - np.roll(x, 1)  # noqa: E731
    expected = 10 * np.sum(differences(x.numpy() if len(nesting) == 1 else V.numpy()) * differences(V.numpy()))
    np.testing.assert_allclose(derivative(f, nesting, x, V, compile=compiled), expected)


def test_a_magnitude_that_is_zero_and_constant_is_none_of_it():
    f = lambda x: tf.reduce_sum(x**3 + tf.abs(tf.zeros(3, tf.complex128)))  # noqa: E731
    x = tf.constant([0.5, 0.8, 1.5], tf.float64)
    np.testing.assert_allclose(ng.hvp(f)(x, V), 6 * x * V)
