"""Which operations a function runs: those of its loops, inner functions and inner derivatives too."""

import numpy as np
import pytest

import nestgrad as ng
from nestgrad_conformance.scenarios import load

X = np.array([0.5, 1.5, 2.0])


def on_torch(torch):
    def scripted(x):
        return torch.tanh(x)

    return {
        "a layer": (lambda x: torch.nn.functional.layer_norm(x, (3,)).sum(), {"native_layer_norm", "sum"}),
        "in place": (lambda x: (x * 2).sin_().sum(), {"mul", "sin_", "sum"}),
        "an inner gradient": (lambda x: torch.func.grad(lambda y: y.sin().sum())(x).sum(), {"sin", "cos"}),
        "a script": (lambda x: torch.jit.script(scripted)(x).sum(), {"tanh"}),
        "vmap": (lambda x: torch.func.vmap(torch.exp)(x).sum(), {"exp"}),
    }


def on_jax(jax):
    jnp = jax.numpy

    def steps(x):
        return jax.lax.scan(lambda y, _: (jnp.sin(y), None), x, None, length=3)[0].sum()

    return {
        "a scan": (steps, {"scan", "sin", "reduce_sum"}),
        "a branch": (lambda x: jax.lax.cond(True, jnp.sin, jnp.exp, x).sum(), {"sin"}),
        "a jit": (lambda x: jax.jit(jnp.tanh)(x).sum(), {"tanh"}),
        "an inner gradient": (lambda x: jax.grad(lambda y: jnp.sum(jnp.sin(y)))(x).sum(), {"cos"}),
        "a rule": (lambda x: jax.nn.relu(x).sum(), {"max"}),
    }


def on_tensorflow(tf):
    def steps(x):
        return tf.reduce_sum(tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.sin(y)), (0, x))[1])

    def inner(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(tf.sin(x))
        return tf.reduce_sum(tape.gradient(value, x))

    return {
        "a loop": (steps, {"Sin", "Sum"}),
        "a function": (lambda x: tf.reduce_sum(tf.function(tf.exp)(x)), {"Exp", "Sum"}),
        "a map": (lambda x: tf.reduce_sum(tf.map_fn(tf.tanh, x)), {"Tanh"}),
        "an inner gradient": (inner, {"Sin", "Cos"}),
    }


def on_autograd(autograd):
    np = autograd.numpy
    return {
        "arithmetic": (lambda x: np.sum(x * 2.0 + np.sin(x)), {"multiply", "add", "sin", "sum"}),
        "an inner gradient": (lambda x: np.sum(autograd.elementwise_grad(np.sin)(x)), {"sin", "cos"}),
        "an index": (lambda x: x[0], {"__getitem__"}),
    }


ENGINES = {"torch": on_torch, "jax": on_jax, "tensorflow": on_tensorflow, "autograd": on_autograd}


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
@pytest.mark.parametrize("engine", ENGINES)
def test_what_f_holds_is_told(engine):
    module = pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    x = backend.asarray(X.astype(np.float32))
    for name, (f, least) in ENGINES[engine](module).items():
        found = backend.operations(f, x)
        assert found >= least, name
        assert not found & {"erf", "Erf", "erfinv"}, name


@pytest.mark.parametrize("engine", ENGINES)
def test_the_file_of_what_was_measured_is_of_this_engine(engine):
    """It has what every function is made of, in each nesting, and nothing of what is refused in each."""
    pytest.importorskip(engine)
    from nestgrad._measured import measured

    known = measured(engine)
    assert len(known) > 60
    assert all(codes <= {"F", "R", "FF", "FR", "RF", "RR"} for codes in known.values())
    sine = next(iter(ng.get_backend(engine).operations(ng.get_backend(engine).xp.sin, _array(engine))))
    assert known[sine] == {"F", "R", "FF", "FR", "RF", "RR"}


def _array(engine):
    return ng.get_backend(engine).asarray(X.astype(np.float32))


def test_what_no_cell_has_right_is_no_measured_operation():
    from nestgrad._measured import measured

    assert measured("autograd")["det"] == {"R", "RR"}  # autograd has no forward rule of it
    assert "det" in " ".join(load())


def test_torch_to_be_told_its_operations_leaves_no_trace():
    """What f draws meanwhile is undone, as `explain` promises."""
    torch = pytest.importorskip("torch")
    x = torch.randn(4, 2, dtype=torch.float64)
    state = torch.get_rng_state()
    ng.explain(lambda x: torch.nn.functional.dropout(x**3).sum(), x)
    assert torch.equal(torch.get_rng_state(), state)
