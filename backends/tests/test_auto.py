"""auto where an engine's first choice does not work: eager, compiled, inside of the user's own tracing."""

import pytest

import nestgrad as ng

pytestmark = pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


def without_forward_rule(jax):
    @jax.custom_vjp
    def square(x):
        return x**2

    square.defvjp(lambda x: (square(x), x), lambda x, cotangent: (2 * x * cotangent,))
    return lambda x: jax.numpy.sum(square(x) * x)


def of_unknown_length(jax):
    """Σx³, by a loop that cannot be run backwards."""
    jnp = jax.numpy

    def f(x):
        return jnp.sum(jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, jnp.ones_like(x)))[1])

    return f


@pytest.mark.parametrize("kind", [without_forward_rule, of_unknown_length])
@pytest.mark.parametrize("how", ["eager", "compile", "jit", "vmap", "scan", "grad"])
def test_jax(jax, kind, how):
    jnp, f = jax.numpy, kind(jax)
    x, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, -1.0, 0.5])
    op = ng.hvp(f, compile=how == "compile")
    if how == "vmap":
        found = jax.vmap(op)(jnp.stack([x, 2 * x]), jnp.stack([v, v]))
        assert jnp.allclose(found, jnp.stack([6 * x * v, 12 * x * v]))
    elif how == "scan":
        _, found = jax.lax.scan(lambda carry, s: (carry, op(s * x, v)), 0.0, jnp.array([1.0, 2.0]))
        assert jnp.allclose(found, jnp.stack([6 * x * v, 12 * x * v]))
    elif how == "grad":
        if kind is of_unknown_length:
            pytest.skip("a reverse mode of the user's cannot run the loop either")
        assert jnp.allclose(jax.grad(lambda x: jnp.sum(op(x, v)))(x), 6 * v)
    else:
        call = jax.jit(op) if how == "jit" else op
        for _ in range(2):
            assert jnp.allclose(call(x, v), 6 * x * v)


@pytest.mark.parametrize("kind", [without_forward_rule])
def test_the_program_of_jax_is_that_of_the_chosen_nesting_alone(jax, kind):
    f, x = kind(jax), jax.numpy.array([1.0, 2.0, 3.0])
    by_auto, alone = (jax.make_jaxpr(op)(x, x) for op in (ng.hvp(f), ng.hvp(f, "RR")))
    assert len(by_auto.eqns) == len(alone.eqns)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def states(tf):
    statistics = tf.keras.layers.BatchNormalization(dtype="float64")
    statistics.build((None, 3))
    generator, counter = tf.random.Generator.from_seed(1), tf.Variable(0.0, dtype=tf.float64)

    def f(x):
        counter.assign_add(1.0)
        noise = generator.uniform((2, 3), dtype=tf.float64) + 0 * tf.random.uniform((2, 3), dtype=tf.float64)
        return tf.reduce_sum((statistics(tf.reshape(x, (2, 3)), training=True) + noise) ** 3) * tf.reduce_sum(x**2)

    def state():
        read = [counter, generator.state, statistics.moving_mean.value, statistics.moving_variance.value]
        return [tf.identity(one).numpy().tolist() for one in read]

    tf.random.set_seed(3)
    return f, state


def refused_at_first(tf, calls):
    """The identity, with an operation behind it that the engine refuses the first time that it is differentiated."""

    @tf.custom_gradient
    def identity(x):
        def pulled(cotangent):
            calls.append(1)
            if len(calls) == 1:
                raise LookupError("No gradient defined for operation 'Mine' (op type: Mine)")
            return cotangent

        return tf.identity(x), pulled

    return identity


WRITES = {
    "a part": lambda variable: variable[0].assign(variable[0] + 1),
    "scattered": lambda variable: variable.scatter_nd_add([[0]], [variable[1]]),
    "by a sum": lambda variable: variable.assign_add(variable * 0.1),
    "many times": lambda variable: [variable.assign(variable * 3) for _ in range(3)],
}


@pytest.mark.parametrize("write", [*WRITES])
def test_tensorflow_puts_back_what_was_written_into_a_variable_that_was_read(tf, write):
    one, other = tf.Variable([0.3, 0.7], dtype=tf.float64), tf.Variable([0.3, 0.7], dtype=tf.float64)
    WRITES[write](one)

    def f(x):
        WRITES[write](other)
        return tf.reduce_sum(x**4)

    ng.hvp(f, verify=True)(tf.ones(2, tf.float64), tf.ones(2, tf.float64))
    assert other.numpy().tolist() == one.numpy().tolist()


def test_tensorflow_leaves_what_the_chosen_nesting_alone_leaves(tf):
    x, v = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 7.0], tf.float64), tf.ones(6, tf.float64)
    f, state = states(tf)
    identity = refused_at_first(tf, [1])
    expected = ng.hvp(lambda x: f(identity(x)), "FR")(x, v).numpy()
    after, drawn = state(), tf.random.uniform(()).numpy()
    f, state = states(tf)
    calls = []
    identity = refused_at_first(tf, calls)
    found = ng.hvp(lambda x: f(identity(x)))(x, v).numpy()
    assert len(calls) > 1
    assert abs(found - expected).max() < 1e-9 * abs(expected).max()
    assert (state(), tf.random.uniform(()).numpy()) == (after, drawn)


def test_in_a_graph_nothing_is_left_of_what_is_refused(tf):
    x, v = tf.constant([1.0, 2.0]), tf.ones(2)

    def f(x):
        return tf.reduce_sum(tf.tanh(tf.math.cumsum(x)) ** 2)

    def operations(op):
        return [one.type for one in tf.function(op, autograph=False).get_concrete_function(x, v).graph.get_operations()]

    calls = []
    identity = refused_at_first(tf, calls)
    op = ng.hvp(lambda x: f(identity(x)))
    again = ng.hvp(lambda x: f(refused_at_first(tf, [1])(x)), "FR")
    assert len(operations(op)) == len(operations(again))
