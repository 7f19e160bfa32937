"""What TensorFlow gets wrong: repaired or refused, at once, in graphs and inside functions. By differences."""

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded

tf = pytest.importorskip("tensorflow")

F64 = tf.float64
ZEROS = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
POINTS = np.linspace(0.2, 1.9, 6).reshape(2, 3) ** 2
MATRIX = np.array([[2.0, 0.3, 0.1], [0.1, 1.5, -0.2], [0.4, 0.0, 1.8]])
ALL = ("R", "F", "RR", "FR", "RF", "FF")
THIRD = ("RRR", "FRR", "RFR", "RRF", "FFF")


def total(y):
    return sum(
        tf.reduce_sum(tf.cos(tf.range(1.0, 1 + tf.size(part, F64), dtype=F64)) * tf.reshape(part * part, [-1]))
        for part in y
    )


def a_complex(x):
    return tf.complex(x, x * x / 3)


REPAIRED = {
    "moments": (lambda x: tf.nn.moments(x, [1]), POINTS),
    "keras layer normalisation": (lambda x: [LAYER(x)], POINTS),
    "cumprod": (lambda x: [tf.math.cumprod(x, 1)], ZEROS),
    "cumprod reverse and exclusive": (lambda x: [tf.math.cumprod(x, -1, exclusive=True, reverse=True)], ZEROS),
    "cumprod of complex numbers": (lambda x: [tf.math.imag(tf.math.cumprod(a_complex(x), 1))], POINTS),
    "reduce_prod": (lambda x: [tf.reduce_prod(x, 1), tf.reduce_prod(x, 0)], ZEROS),
    "reduce_prod near zero": (lambda x: [tf.reduce_prod(x, 1), tf.reduce_prod(x, 0)], ZEROS + 1e-7),
    "reduce_prod of complex numbers": (lambda x: [tf.math.imag(tf.reduce_prod(a_complex(x), 1))], POINTS),
    "x**0": (lambda x: [x**0 * tf.sin(x)], ZEROS),
    "x**1": (lambda x: [x**1 * tf.cos(x)], ZEROS),
    "x**2": (lambda x: [x**2 * tf.cos(x)], ZEROS),
    "powers by an array": (lambda x: [tf.pow(x, tf.constant([[0.0, 0, 2], [1, 3, 1]], F64)) * tf.cos(x)], ZEROS),
    "xlogy": (lambda x: [tf.math.xlogy(x, 2 + tf.sin(x))], ZEROS),
    "xlog1py": (lambda x: [tf.math.xlog1py(x, 2 + tf.sin(x))], ZEROS),
    "xdivy": (lambda x: [tf.math.xdivy(x, 2 + tf.sin(x))], ZEROS),
    "xlogy of complex numbers": (lambda x: [tf.math.imag(tf.math.xlogy(a_complex(x), 2 + a_complex(x)))], POINTS),
    "cross-entropy in the labels": (
        lambda x: [tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x * x), x)],
        POINTS,
    ),
    "cross-entropy in labels of which some are 0": (
        lambda x: [tf.nn.softmax_cross_entropy_with_logits(x, tf.sin(x * x))],
        ZEROS,
    ),
    "norms": (lambda x: [tf.math.reduce_euclidean_norm(x, 1), tf.norm(x, 3, -1)], POINTS),
    "norms of complex numbers": (lambda x: [tf.math.real(tf.math.reduce_euclidean_norm(a_complex(x), 1))], POINTS),
    "cumulative_logsumexp": (lambda x: [tf.math.cumulative_logsumexp(x, 1)], POINTS),
}


def a_sparse(values):
    return tf.SparseTensor(tf.constant([[0], [1], [2]], tf.int64), values, [3])


LAYER = tf.keras.layers.LayerNormalization(dtype="float64")
LAYER.build((2, 3))

REFUSED = {
    "zeta": (lambda x: [tf.math.zeta(1.5 + x, x)], "R"),
    "polygamma": (lambda x: [tf.math.polygamma(x, 1 + x)], "R"),
    "betainc": (lambda x: [tf.math.betainc(x, 1 + x, 0.5 + x * 0)], "R"),
    "det": (lambda x: [tf.math.real(tf.linalg.det(a_complex(tf.matmul(x, x, transpose_b=True))))], "R"),
    "segment_prod": (lambda x: [tf.math.unsorted_segment_prod(x * [[1.0, 0, 1], [1, 1, 1]], [0, 1], 2)], "RR"),
    "py_function": (lambda x: [tf.py_function(tf.sin, [x], F64)], "RR"),
    "slogdet": (lambda x: [tf.math.real(tf.linalg.slogdet(a_complex(tf.matmul(x, x, transpose_b=True)))[1])], "R"),
    "image.hsv_to_rgb": (lambda x: [x, tf.image.hsv_to_rgb(x)], "R"),
    "range": (lambda x: [x, tf.range(x[0, 0], 3.0 + x[0, 0])], "R"),
    "linspace": (lambda x: [x, tf.raw_ops.LinSpace(start=x[0, 0], stop=x[0, 1], num=4)], "F"),
    "sparse.concat": (lambda x: [x, tf.sparse.concat(0, [a_sparse(x[0]), a_sparse(x[1])]).values], "F"),
    "sparse.add": (lambda x: [x, tf.sparse.add(a_sparse(x[0]), a_sparse(x[1])).values], "F"),
    "image.resize": (lambda x: [x, tf.cast(tf.image.resize(x[:, :, None], [3, 4]), F64)], "RR"),
    "SoftsignGrad": (lambda x: [tf.nn.softsign(x)], "RR"),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repair_is_right(name, law):
    function, x = REPAIRED[name]
    law(lambda x: total(function(x)), x, [*ALL, *THIRD], backend="tensorflow")


@pytest.mark.parametrize("name", REPAIRED)
@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_a_repair_is_right_in_a_graph(name, nesting):
    function, x = REPAIRED[name]
    f = lambda x: total(function(x))  # noqa: E731
    x, v = tf.constant(x), tf.constant(np.cos(x))
    eager = ng.hvp(f, "RR")(x, v)  # by differences, above
    np.testing.assert_allclose(ng.hvp(f, nesting, compile=True)(x, v), eager, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_refusal_names_the_operation(name, compiled):
    function, nesting = REFUSED[name]
    x = tf.constant(POINTS)
    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        ng.derivative(lambda x: total(function(x)), nesting, compile=compiled)(x, *[x] * ng.Nesting(nesting).directions)
    assert refusal.value.operation == name
    assert refusal.value.nesting == ng.Nesting(nesting)


@pytest.mark.parametrize("f", [tf.math.xlogy, tf.math.xlog1py, tf.math.xdivy])
def test_zero_times_what_is_not_finite_stays_zero(f):
    nothing, y = tf.zeros(4, F64), tf.constant([0.0, -1.0, -2.0, np.inf], F64)
    total, gradient = ng.value_and_gradient(lambda y: tf.reduce_sum(f(nothing, y)))(y)
    assert total == 0
    assert not gradient.numpy().any()


@pytest.mark.parametrize("compiled", [False, True])
def test_the_determinant_of_a_singular_matrix_is_refused(compiled):
    x = tf.constant([[1.0, 2.0], [2.0, 4.0]], F64)
    with pytest.raises(ng.UnsupportedNestingError, match="singular") as refusal:
        ng.gradient(tf.linalg.det, compile=compiled)(x)
    assert refusal.value.operation == "det"


def test_constant_arguments_are_no_reason_to_refuse(law):
    f = lambda x: total(  # noqa: E731
        [
            tf.math.zeta(tf.constant(2.5, F64), x),
            tf.math.polygamma(tf.constant(1.0, F64), x),
            tf.nn.softmax_cross_entropy_with_logits(tf.constant([[0.2, 0.3, 0.5]] * 2, F64), x),
            x * tf.range(3.0, dtype=F64) + x * tf.image.hsv_to_rgb(tf.constant([[0.1, 0.2, 0.3]], F64)),
        ]
    )
    with recorded() as emulations:
        law(f, POINTS, ["R", "F", "RR", "FR", "RF"], backend="tensorflow")
    assert not emulations


def test_there_is_no_repair_where_none_is_needed():
    with recorded() as emulations:
        for nesting in ("FR", "RF", "RR"):
            ng.hvp(lambda x: tf.reduce_sum(tf.reduce_prod(x, 1) + tf.math.cumprod(x, 1)[:, 1] + x[:, 0] ** 2), nesting)(
                tf.constant(POINTS), tf.constant(POINTS)
            )
    assert not emulations


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF", "FF"])
@pytest.mark.parametrize("compiled", [False, True])
def test_inside_a_function_it_is_refused(nesting, compiled):
    inner = tf.function(lambda x: tf.reduce_sum(tf.nn.moments(x, [1])[1]), autograph=False)
    x = tf.constant(POINTS)
    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        ng.derivative(lambda x: inner(x), nesting, compile=compiled)(x, *[x] * (1 + (nesting == "FF")))
    assert refusal.value.operation == "moments"


def test_a_list_among_the_arguments_hides_nothing(law):
    law(lambda x: tf.reduce_prod(x, [0, 1]) + tf.reduce_sum(x**2), ZEROS, [*ALL, "RRR"], backend="tensorflow")
    law(lambda x: tf.reduce_sum(tf.pow(x, 2)), ZEROS, [*ALL, "RRR"], backend="tensorflow")


def test_inside_a_loop_it_is_refused():
    f = lambda x: tf.reduce_sum(tf.map_fn(lambda row: tf.nn.moments(row, [0])[1], x))  # noqa: E731
    x = tf.constant(POINTS)
    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        ng.hvp(f, compile=True)(x, x)
    assert refusal.value.operation == "moments"


def test_a_function_of_autograph_hands_the_refusal_on():
    @tf.function
    def inner(x):
        return ng.gradient(lambda x: tf.reduce_sum(tf.math.betainc(x, x, x / 9)))(x)

    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        ng.vjp(inner, tf.constant(POINTS))
    assert refusal.value.operation == "betainc"


def test_the_users_tape_counts_as_a_letter():
    x = tf.constant(POINTS)

    def outer(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            gradient = ng.gradient(lambda x: tf.reduce_sum(tf.reduce_prod(x, 1)))(x)
        return tape.gradient(gradient, x)

    zeros = tf.constant(ZEROS)
    product = ng.hvp(lambda x: tf.reduce_sum(tf.reduce_prod(x, 1)))(zeros, tf.ones_like(zeros))
    np.testing.assert_allclose(outer(zeros), product)
    assert product[0, 0] == 2  # of x y z with y = 0, along (1, 1, 1): y + z
    with pytest.raises(ng.UnsupportedNestingError):  # a tape inside a graph would look past the repair
        tf.function(outer, autograph=False)(x)


def test_the_watch_ends_with_the_call():
    x = tf.constant([[1.0, 2.0, 4.0]], F64)
    f = lambda x: tf.reduce_sum(tf.nn.moments(x, [1])[1])  # noqa: E731
    v = tf.constant([[1.0, 0.0, 0.0]], F64)
    np.testing.assert_allclose(ng.hvp(f)(x, v), [[4 / 9, -2 / 9, -2 / 9]])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        gradient = tape.gradient(y, x)
    np.testing.assert_allclose(outer.gradient(gradient, x, output_gradients=v), [[2 / 3, 0, 0]])  # TensorFlow as it was


def test_an_exception_of_the_users_passes():
    def f(x):
        if tf.executing_eagerly():
            raise KeyError("mine")
        return tf.reduce_sum(x)

    for nesting in ("F", "R", "FR"):
        with pytest.raises(KeyError, match="mine"):
            ng.derivative(f, nesting)(tf.constant(POINTS), *[tf.constant(POINTS)] * (nesting != "R"))


def test_raw_tensorflow_is_as_it_is():
    raw = ng.get_backend("tensorflow").raw()
    f = lambda x: tf.reduce_sum(tf.math.cumprod(x))  # noqa: E731
    x = tf.constant([0.0, 2.0, 3.0], F64)
    value, pullback = raw.vjp(f, x)
    np.testing.assert_allclose(pullback(tf.ones_like(value))[0], [0, 0, 0])  # tensorflow#119430
    np.testing.assert_allclose(ng.gradient(f)(x), [9, 0, 0])


def test_a_refusal_inside_a_scan_leaves_the_variable_scope_as_it_was():
    def scanned(x):
        def step(total, y):
            return total + tf.image.hsv_to_rgb(tf.stack([y, y, y]))[0] * y

        return tf.reduce_sum(tf.scan(step, x, tf.constant(0.0, tf.float64)))

    x = tf.constant([1.0, 2.0], tf.float64)
    with pytest.raises(ng.UnsupportedNestingError, match="hsv_to_rgb"):
        ng.hvp(scanned, "RR", compile=True)(x, x)
    assert tf.compat.v1.get_variable_scope().caching_device is None  # with another, tf.recompute_grad fails
    recomputed = tf.recompute_grad(lambda x: tf.reduce_sum(x**3))
    assert ng.gradient(recomputed)(x).numpy().tolist() == [3.0, 12.0]


def test_a_range_of_integers_in_a_vectorized_map_is_not_refused():
    x = tf.constant([1.0, 2.0], tf.float64)
    f = lambda x: tf.reduce_sum(tf.vectorized_map(lambda y: y**3, x))  # noqa: E731
    assert ng.derivative(f, "F")(x, x).numpy() == 27.0
