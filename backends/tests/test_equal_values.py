"""Eigenvalues and singular values that are equal, or nearly: a right number, or none."""

import numpy as np
import pytest

import nestgrad as ng

ENGINES = ("autograd", "tensorflow")
rng = np.random.default_rng(0)
TURN = np.linalg.qr(rng.standard_normal((3, 3)))[0]
V = rng.standard_normal((3, 3))
WEIGHTS = rng.standard_normal((3, 3)) + 3 * np.eye(3)
SECOND = ("RR", "FR", "RF", "FF")


def matrix(*values):
    return TURN * values @ TURN.T


def symmetric(x):
    return (x + x.T) / 2


@pytest.fixture(params=ENGINES)
def engine(request):
    """The functions of an engine that are asked here, and which of its nestings there are."""
    pytest.importorskip(request.param)
    return _autograd() if request.param == "autograd" else _tensorflow()


def _tensorflow():
    import tensorflow as tf

    eigh = lambda x: tf.linalg.eigh((x + tf.transpose(x)) / 2)  # noqa: E731
    return {
        "name": "tensorflow",
        "eigvalsh": lambda x: tf.reduce_sum(tf.linalg.eigvalsh((x + tf.transpose(x)) / 2) ** 3),
        "eigh": lambda x: tf.reduce_sum(eigh(x)[0] ** 3),
        "by vectors": lambda x: tf.reduce_sum(
            tf.matmul(eigh(x)[1] * eigh(x)[0] ** 2, eigh(x)[1], transpose_b=True) * WEIGHTS
        ),
        "svdvals": lambda x: tf.reduce_sum(tf.linalg.svd(x, compute_uv=False) ** 2),
        "svd": lambda x: tf.reduce_sum(tf.linalg.svd(x)[0] ** 2),
        "largest": lambda x: tf.reduce_max(tf.linalg.eigvalsh((x + tf.transpose(x)) / 2)),
    }


def _autograd():
    import autograd.numpy as anp

    eigh = lambda x: anp.linalg.eigh((x + x.T) / 2)  # noqa: E731
    eigenvalues = lambda x: anp.linalg.eig((x + x.T) / 2)[0]  # noqa: E731
    return {
        "name": "autograd",
        "eigvalsh": lambda x: anp.sum(anp.real(eigenvalues(x) ** 3)),
        "eigh": lambda x: anp.sum(eigh(x)[0] ** 3),
        "by vectors": lambda x: anp.sum(anp.dot(eigh(x)[1] * eigh(x)[0] ** 2, eigh(x)[1].T) * WEIGHTS),
        "svdvals": lambda x: anp.sum(anp.linalg.svd(x, compute_uv=False) ** 2),
        "svd": lambda x: anp.sum(anp.linalg.svd(x, full_matrices=False)[1] ** 2),
    }


# Gradients, and Hessians times v, of tr A³, of ⟨A², W⟩ and of ‖x‖², A the symmetric part of x.
TRUTH = {
    "eigvalsh": (
        lambda x: 3 * symmetric(x) @ symmetric(x),
        lambda x, v: 3 * (symmetric(x) @ symmetric(v) + symmetric(v) @ symmetric(x)),
    ),
    "by vectors": (
        lambda x: symmetric(WEIGHTS) @ symmetric(x) + symmetric(x) @ symmetric(WEIGHTS),
        lambda x, v: symmetric(WEIGHTS) @ symmetric(v) + symmetric(v) @ symmetric(WEIGHTS),
    ),
    "svdvals": (lambda x: 2 * x, lambda x, v: 2 * v),
}
TRUTH |= {"eigh": TRUTH["eigvalsh"], "svd": TRUTH["svdvals"]}


def derivative(engine, name, nesting, x, **options):
    directions = [V] * ng.Nesting(nesting).directions
    return np.asarray(ng.derivative(engine[name], nesting, backend=engine["name"], **options)(x, *directions))


def nestings(engine, *codes):
    return [code for code in codes if engine["name"] != "autograd" or "F" not in code]


def expected(name, nesting, x):
    first, second = TRUTH[name]
    found = first(x) if len(nesting) == 1 else second(x, V)
    return found if "R" in nesting else np.sum(found * V)


EQUAL = {"two": matrix(1.0, 1.0, 2.0), "all": np.eye(3), "nearly": matrix(1.0, 1.0 + 1e-10, 2.0)}


@pytest.mark.parametrize("at", EQUAL)
@pytest.mark.parametrize("name", ["eigvalsh", "eigh", "svdvals", "svd"])
def test_the_values_alone_have_a_first_derivative(engine, name, at):
    for nesting in nestings(engine, "R", "F"):
        found = derivative(engine, name, nesting, EQUAL[at])
        np.testing.assert_allclose(found, expected(name, nesting, EQUAL[at]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("at", EQUAL)
@pytest.mark.parametrize("name", ["eigvalsh", "eigh", "svdvals", "svd"])
def test_a_second_derivative_is_no_wrong_number(engine, name, at):
    for nesting in nestings(engine, *SECOND):
        with pytest.raises(ng.UnsupportedNestingError):
            derivative(engine, name, nesting, EQUAL[at])


@pytest.mark.parametrize("at", EQUAL)
def test_a_function_of_the_vectors_is_no_wrong_number(engine, at):
    for nesting in nestings(engine, "R", "F", *SECOND):
        with pytest.raises(ng.UnsupportedNestingError):
            derivative(engine, "by vectors", nesting, EQUAL[at])


APART = {"apart": (matrix(1.0, 1.5, 2.0), 1e-11), "small": (1e-6 * matrix(1.0, 2.0, 3.0), 1e-8)}
CLOSE = {"close": matrix(1.0, 1.0 + 1e-6, 2.0), "closer": matrix(1.0, 1.0 + 1e-7, 2.0)}


def is_right(found, truth, bound):
    return np.max(np.abs(found - truth)) < bound * (1 + np.max(np.abs(truth)))


@pytest.mark.parametrize("at", APART)
@pytest.mark.parametrize("name", TRUTH)
def test_values_that_are_apart_are_right(engine, name, at):
    x, bound = APART[at]
    for nesting in nestings(engine, "R", "F", *SECOND):
        assert is_right(derivative(engine, name, nesting, x), expected(name, nesting, x), bound)


@pytest.mark.parametrize("at", CLOSE)
@pytest.mark.parametrize("name", ["eigvalsh", "svdvals"])
def test_values_that_are_close_are_right(engine, name, at):
    unseen = name == "eigvalsh" and engine["name"] == "autograd"  # by eig, whose vectors might have a cotangent
    for nesting in nestings(engine, "R", "F", *(() if unseen else SECOND)):
        assert is_right(derivative(engine, name, nesting, CLOSE[at]), expected(name, nesting, CLOSE[at]), 1e-7)


@pytest.mark.parametrize("at", CLOSE)
def test_vectors_of_values_that_are_close_are_right_or_refused(engine, at):
    """A second derivative of theirs divides by the square of the gap."""
    for nesting in nestings(engine, "R", "F"):
        found = derivative(engine, "by vectors", nesting, CLOSE[at])
        assert is_right(found, expected("by vectors", nesting, CLOSE[at]), 1e-7)
    for nesting in nestings(engine, *SECOND):
        with pytest.raises(ng.UnsupportedNestingError):
            derivative(engine, "by vectors", nesting, CLOSE[at])


def test_what_does_not_depend_on_those_that_are_equal_is_right():
    """The largest eigenvalue of a matrix of rank 1, whose second derivative is 2 wᵀA⁺w for w = v u."""
    pytest.importorskip("tensorflow")
    engine, u = _tensorflow(), TURN[:, 0]
    x, w = 2 * np.outer(u, u), symmetric(V) @ u
    truth = 2 * (w @ w - (u @ w) ** 2) / 2
    for nesting in SECOND:
        found = derivative(engine, "largest", nesting, x)
        np.testing.assert_allclose(np.sum(found * V) if "R" in nesting else found, truth, rtol=1e-9)


@pytest.mark.parametrize(("nesting", "compiled"), [*((nesting, False) for nesting in SECOND), ("RR", True)])
def test_their_limit_is_seen_to_be_0_or_not(nesting, compiled):
    """Where all eigenvalues are 1: Σ(λ - 1)² has no cotangent and a second derivative, Σλ a cotangent and none."""
    tf = pytest.importorskip("tensorflow")
    x, given = tf.eye(3, dtype=tf.float64), [tf.constant(V)] * ng.Nesting(nesting).directions
    squares = ng.derivative(lambda x: tf.reduce_sum((tf.linalg.eigvalsh(x) - 1) ** 2), nesting, compile=compiled)
    total = ng.derivative(lambda x: tf.reduce_sum(tf.linalg.eigvalsh(x)), nesting, compile=compiled)
    assert np.max(np.abs(total(x, *given))) < 1e-12
    if compiled:
        assert np.isnan(squares(x, *given)).any()
    else:
        with pytest.raises(ng.UnsupportedNestingError):
            squares(x, *given)


def test_eigenvectors_that_are_dependent_are_refused():
    """Of a Jordan block: Σλ² is tr A², and its gradient 2 Aᵀ."""
    anp = pytest.importorskip("autograd.numpy")
    f = lambda x: anp.sum(anp.real(anp.linalg.eig(x)[0] ** 2))  # noqa: E731
    apart = np.array([[1.0, 1.0], [0.0, 2.0]])
    np.testing.assert_allclose(ng.gradient(f, backend="autograd")(apart), 2 * apart.T)
    with pytest.raises(ng.UnsupportedNestingError, match="dependent"):
        ng.gradient(f, backend="autograd")(np.array([[1.0, 1.0], [0.0, 1.0]]))


@pytest.mark.parametrize("nesting", SECOND)
@pytest.mark.parametrize("name", ["eigvalsh", "by vectors", "svdvals"])
def test_compiled_it_is_right_or_nan(name, nesting):
    pytest.importorskip("tensorflow")
    engine, directions = _tensorflow(), [V] * ng.Nesting(nesting).directions
    program = ng.derivative(engine[name], nesting, backend="tensorflow", compile=True)
    compiled = lambda x: np.asarray(program(x, *directions))  # noqa: E731
    for x in EQUAL.values():
        assert np.isnan(compiled(x)).any()
    for x, bound in APART.values():
        assert is_right(compiled(x), expected(name, nesting, x), bound)
    for x in CLOSE.values():
        found = compiled(x)
        assert np.isnan(found).any() or is_right(found, expected(name, nesting, x), 1e-7)


@pytest.mark.parametrize(("nesting", "compiled"), [("RR", False), ("R", True), ("FR", True), ("RR", True)])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (2, 3, 3)])
def test_singular_vectors_are_as_tensorflow_has_them(shape, nesting, compiled):
    """Eagerly TensorFlow's own rule computes, where it is right; in a graph the repair always does."""
    tf = pytest.importorskip("tensorflow")
    draws = np.random.default_rng(1)
    x, v = (tf.constant(draws.standard_normal(shape)) for _ in range(2))
    weights = [tf.constant(draws.standard_normal(part.shape)) for part in tf.linalg.svd(x)]
    f = lambda x: sum(tf.reduce_sum(w * p**2) for w, p in zip(weights, tf.linalg.svd(x), strict=True))  # noqa: E731
    found = ng.derivative(f, nesting, compile=compiled)(x, *[v] * ng.Nesting(nesting).directions)
    h = 1e-4
    truth = [f(x + h * v) - f(x - h * v), (f(x + h * v) - 2 * f(x) + f(x - h * v))]
    expected = truth[0] / (2 * h) if nesting == "R" else truth[1] / h**2
    np.testing.assert_allclose(tf.reduce_sum(found * v) if "R" in nesting else found, expected, rtol=1e-4, atol=1e-4)
