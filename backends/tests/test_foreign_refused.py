"""What `ng.foreign` refuses, and whose errors arrive as whose."""

import os

import numpy as np
import pytest

import nestgrad as ng

X = np.array([0.3, -0.7, 1.1])


@pytest.fixture
def jnp(x64):
    return pytest.importorskip("jax").numpy


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow")


class Mine(Exception):
    """What a function of the user's raises."""


def raises_mine(x):
    raise Mine("of the user's")


def test_bad_arguments():
    with pytest.raises(TypeError, match="foreign takes a function; got 3"):
        ng.foreign(3, "autograd")
    with pytest.raises(ng.BackendNotFoundError, match="Did you mean 'autograd'"):
        ng.foreign(np.sum, "autogrd")


def test_bad_results(jnp, torch):
    x = jnp.asarray(X)
    with pytest.raises(ng.NotDifferentiableError, match=r"must return arrays; it returned a str"):
        ng.foreign(lambda x: "text", "torch")(x)
    with pytest.raises(ng.NotDifferentiableError, match="is no array for torch"):
        ng.foreign(lambda _: x, "torch")(x)
    import jax

    told = jax.jit(ng.foreign(torch.sum, "torch", shapes=lambda x: 1.0))
    with pytest.raises(ng.StructureMismatchError, match="shape and a dtype; it returned a float"):
        told(x)


def test_arrays_of_two_engines(jnp, torch):
    crossed = ng.foreign(lambda x, y: x + y, "autograd")
    with pytest.raises(
        ng.BackendConflictError, match=r"args\[0\] is an array of jax and args\[1\] is an array of torch"
    ):
        crossed(jnp.asarray(X), torch.tensor(X))


def test_an_engine_whose_backend_cannot_lift(torch):
    """A third party's, as the outer one: nothing is evaluated."""

    class Outer(type(ng.get_backend("torch"))):
        lift = None

    crossed = ng.foreign(lambda x: x, "autograd")
    crossed_out = ng.get_backend("torch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nestgrad._foreign.select", lambda *_: Outer())
        with pytest.raises(ng.UnsupportedExecutionError, match="has no lift"):
            crossed(torch.tensor(X))
    assert crossed_out.to_numpy(crossed(torch.tensor(X))) == pytest.approx(X)


@pytest.mark.parametrize("differentiated", [False, True])
def test_captured_tensors_that_require_grad(jnp, torch, differentiated):
    import jax

    weights = torch.tensor(X, requires_grad=True)
    crossed = ng.foreign(lambda x: (weights * x).sum(), "torch")
    with pytest.raises(ng.NotDifferentiableError, match=r"captures a tensor of shape \(3,\) that requires grad"):
        (jax.grad(crossed) if differentiated else crossed)(jnp.asarray(X))
    traced = jax.jit(ng.foreign(lambda x: (weights * x).sum(), "torch"))  # of another, which was not evaluated yet
    with pytest.raises(ng.NotDifferentiableError):
        traced(jnp.asarray(X))
    assert weights.grad is None
    weights.requires_grad_(False)
    np.testing.assert_allclose(jax.grad(crossed)(jnp.asarray(X)), X)


def test_captured_variables(jnp, tf):
    import jax

    weights = tf.Variable(X, name="weights")
    crossed = ng.foreign(lambda x: tf.reduce_sum(weights * x), "tensorflow")
    for call in (crossed, jax.grad(crossed)):
        with pytest.raises(ng.NotDifferentiableError, match="trainable variable 'weights"):
            call(jnp.asarray(X))
    watched = tf.constant(X)
    crossed = ng.foreign(lambda x: tf.reduce_sum(watched * x), "tensorflow")
    with tf.GradientTape() as tape:
        tape.watch(watched)
        with pytest.raises(ng.NotDifferentiableError, match="a tape watches"):
            crossed(jnp.asarray(X))
    frozen = tf.Variable(X, trainable=False)
    np.testing.assert_allclose(jax.grad(ng.foreign(lambda x: tf.reduce_sum(frozen * x), "tensorflow"))(X), X)


def test_captured_tracers_and_boxes(jnp, torch):
    import autograd
    import jax

    with pytest.raises(ng.NotDifferentiableError, match="make it an argument of f"):
        jax.grad(lambda w: ng.foreign(lambda x: jnp.sum(w * x), "jax")(torch.tensor(X)).item())(jnp.asarray(X))
    with pytest.raises(ng.NotDifferentiableError, match="make it an argument of f"):
        autograd.grad(lambda w: ng.foreign(lambda x: (w * x).sum(), "autograd")(torch.tensor(X)).item())(X)


def test_precision(torch):
    import jax

    doubles = torch.tensor(X)
    with jax.enable_x64(False):
        ones = jax.numpy.ones(3)
        with pytest.raises(ng.PrecisionLossError, match="Enable 64 bits"):
            ng.foreign(lambda x: jax.numpy.sum(x), "jax")(doubles)
        gives_doubles = ng.foreign(lambda x: x.double(), "torch")
        with pytest.raises(ng.PrecisionLossError, match=r"let the function\s+give float32"):
            gives_doubles(ones)
        with pytest.raises(ng.PrecisionLossError):
            jax.jit(gives_doubles)(ones)
        assert jax.grad(ng.foreign(torch.sum, "torch"))(ones).dtype == np.float32


def test_a_dtype_that_numpy_lacks(jnp, torch, tf):
    with pytest.raises(ng.NotDifferentiableError, match="BFloat16"):
        ng.foreign(lambda x: x.bfloat16(), "torch")(jnp.asarray(X))
    with pytest.raises(ng.PrecisionLossError, match="bfloat16"):
        ng.foreign(torch.sum, "torch")(jnp.asarray(X, jnp.bfloat16))
    found = ng.foreign(lambda x: jnp.sum(x), "jax")(tf.constant([1.0, 2.0], tf.bfloat16))
    assert found.dtype == tf.bfloat16
    assert float(found) == 3.0


def drawing():
    """Functions that draw random numbers, each in its own way; one entry alone, where two draws may well agree."""

    def keras_dropout():
        import keras
        import tensorflow as tf

        layer = keras.layers.Dropout(0.5)
        return lambda x: tf.reduce_sum(layer(x[:1], training=True))

    def torch_dropout():
        import torch

        return lambda x: torch.nn.functional.dropout(x[:1]).sum()

    def tf_dropout():
        import tensorflow as tf

        return lambda x: tf.reduce_sum(tf.nn.dropout(x[:1], 0.5))

    def numpy_choice():
        return lambda x: x[0] * np.random.choice(2)

    def python_choice():
        import random

        return lambda x: x[0] * random.getrandbits(1)

    def generator():
        held = np.random.default_rng(0)
        return lambda x: x[0] * held.standard_normal()

    def operating_system():
        return lambda x: x[0] * int.from_bytes(os.urandom(4))

    yield pytest.param("tensorflow", keras_dropout, id="keras")
    yield pytest.param("torch", torch_dropout, id="torch")
    yield pytest.param("tensorflow", tf_dropout, id="tensorflow")
    for draw in (numpy_choice, python_choice, generator, operating_system):
        yield pytest.param("torch", draw, id=draw.__name__)
        yield pytest.param("autograd", draw, id=f"autograd-{draw.__name__}")


@pytest.mark.parametrize(("inner", "make"), [*drawing()])
def test_random_numbers(jnp, inner, make):
    """Its value is a draw; value and derivative would be of two."""
    import jax

    pytest.importorskip(inner)
    if "keras" in make.__name__:
        pytest.importorskip("keras")
    for _ in range(4):
        crossed = ng.foreign(make(), inner)
        assert np.isfinite(crossed(jnp.asarray(X)))
        for derivative in (jax.grad(crossed), lambda x, f=crossed: jax.jvp(f, (x,), (x,)), ng.hvp(crossed)):
            with pytest.raises(ng.UnsupportedNestingError) as refused:
                derivative(*[jnp.asarray(X)] * (2 if isinstance(derivative, type(ng.hvp(crossed))) else 1))
            assert refused.value.operation == "random numbers"
            assert refused.value.backend == inner


def test_the_look_for_random_numbers_draws_none(jnp, torch):
    import jax

    torch.manual_seed(0)
    before = torch.get_rng_state()
    state = np.random.get_state()[1].copy()
    jax.grad(ng.foreign(lambda x: (x**2).sum(), "torch"))(jnp.asarray(X))
    assert torch.equal(torch.get_rng_state(), before)
    assert (np.random.get_state()[1] == state).all()


def calls(jax, torch, tf, f):
    """Calls of a function from three engines, eagerly and traced, by their own means and by nestgrad's."""
    x, v = jax.numpy.asarray(X), torch.tensor(X)
    return {
        "jax": lambda: f(x),
        "jax.grad": lambda: jax.grad(f)(x),
        "jax.jit": lambda: jax.jit(f)(x),  # while it is traced
        "jax hvp": lambda: ng.hvp(f)(x, x),
        "torch": lambda: f(v),
        "torch hvp": lambda: ng.hvp(f)(v, v),
        "tensorflow": lambda: f(tf.constant(X)),
        "tf.function": lambda: tf.function(f)(tf.constant(X)),
        "tensorflow hvp": lambda: ng.hvp(f)(tf.constant(X), tf.constant(X)),
    }


def test_the_users_exceptions_are_raised_as_they_are(jnp, torch, tf):
    import jax

    for call in calls(jax, torch, tf, ng.foreign(raises_mine, "autograd")).values():
        with pytest.raises(Mine, match="of the user's"):
            call()


def test_of_what_was_evaluated_on_ones_the_exception_says_so(jnp, torch):
    import jax

    with pytest.raises(Mine) as raised:
        jax.jit(ng.foreign(raises_mine, "torch"))(jnp.asarray(X))
    assert "evaluated on ones" in raised.value.__notes__[0]
    assert "shapes=" in raised.value.__notes__[0]


def test_exceptions_while_a_program_runs(jnp, torch, tf):
    """By operators of nestgrad's they are the user's; an engine's own program has its error for what it calls."""
    import jax

    told = ng.foreign(raises_mine, "torch", shapes=lambda x: jax.ShapeDtypeStruct((), np.float64))
    x = jnp.asarray(X)
    with pytest.raises(jax.errors.JaxRuntimeError, match="Mine: of the user's"):
        jax.jit(told)(x)
    with pytest.raises(Mine):
        ng.hvp(told, compile=True)(x, x)
    with pytest.raises(tf.errors.UnknownError, match="Mine: of the user's"):
        tf.function(told)(tf.constant(X))
    with pytest.raises(Mine):
        ng.hvp(told, compile=True)(tf.constant(X), tf.constant(X))


def test_an_exception_that_quotes_a_refusal_is_the_users(jnp, torch):
    weights = torch.ones(3, requires_grad=True)
    crossed = ng.foreign(lambda x: (weights * x).sum(), "torch")

    def f(x):
        try:
            return crossed(x)
        except ng.NotDifferentiableError as error:
            raise Mine(f"of the user's: {error}") from None

    x = jnp.asarray(X)
    for compiled in (False, True):
        with pytest.raises(Mine, match="of the user's: The function captures"):
            ng.gradient(f, compile=compiled)(x)
        with pytest.raises(Mine, match="of the user's: The function captures"):
            ng.hvp(f, compile=compiled)(x, x)


def test_refusals_of_the_inner_engine(jnp, torch, tf):
    """cdist has no second derivative in torch; a division by zero has none anywhere."""
    import jax

    x = jnp.asarray(X)
    crossed = ng.foreign(lambda x: torch.cdist(x[None], 2 * x[None]).sum(), "torch")
    expected = np.sign(X.sum()) if X.size == 1 else X / np.linalg.norm(X)
    np.testing.assert_allclose(jax.grad(crossed)(x), expected)
    for call in (ng.reverse_over_reverse(crossed), ng.hvp(crossed), lambda x, v: jax.hessian(crossed)(x)):
        with pytest.raises(ng.UnsupportedNestingError) as refused:
            call(x, x)
        assert (refused.value.backend, refused.value.operation) == ("torch", "cdist")
        assert "use_mm_for_euclid_dist" in str(refused.value)
    with pytest.raises(ng.UnsupportedNestingError, match="cdist") as refused:
        ng.reverse_over_reverse(crossed)(X, X)  # NumPy's arrays alone: by torch
    for outside in (jnp, tf):  # from a program, which hands on no more than the text
        given = outside.asarray(X) if outside is jnp else tf.constant(X)
        for operator in (ng.reverse_over_reverse, ng.hvp):
            with pytest.raises(ng.UnsupportedNestingError, match="use_mm_for_euclid_dist") as refused:
                operator(crossed, compile=True)(given, given)
            assert (refused.value.backend, refused.value.operation) == ("torch", "cdist")
    root = ng.foreign(lambda x: torch.sqrt(x).sum(), "torch")
    with pytest.raises(ng.NotFiniteError, match="torch refuses 'R'"):
        jax.grad(root)(jnp.zeros(3))


def test_an_inner_engine_without_a_mode(jnp, torch):
    """Its forward mode is enough for the outer one's, and reverse mode is refused by its name."""
    import jax

    raw = ng.get_backend("torch").raw()

    class Forward:
        name = "forward"
        xp = raw.xp
        asarray, to_numpy, jvp = (staticmethod(getattr(raw, name)) for name in ("asarray", "to_numpy", "jvp"))

    crossed = ng.foreign(lambda x: (x**3).sum(), Forward())
    _, tangent = jax.jvp(crossed, (jnp.asarray(X),), (jnp.asarray(X),))
    np.testing.assert_allclose(tangent, 3 * (X**3).sum())
    with pytest.raises(ng.UnsupportedNestingError, match="forward refuses 'R'"):
        jax.grad(crossed)(jnp.asarray(X))


def test_a_function_whose_structure_changes(jnp, torch):
    many = iter([1, 2])
    crossed = ng.foreign(lambda x: (x,) * next(many), "torch")
    crossed(jnp.asarray(X))
    with pytest.raises(ng.StructureMismatchError, match="before"):
        crossed(jnp.asarray(X))
