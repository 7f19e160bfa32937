"""Nothing keeps a foreign function alive, and threads may call one together."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import nestgrad as ng

pytestmark = pytest.mark.usefixtures("young_garbage")

X = np.array([0.3, -0.7, 1.1])


class Cubes:
    """f(x) = Σ x³, which can be watched."""

    def __call__(self, x):
        return (x**3).sum()


def jax_eager(f, x):
    import jax

    jax.block_until_ready(jax.hessian(f)(x))


def jax_jit(f, x):
    import jax

    jax.block_until_ready(jax.jit(jax.vmap(jax.grad(f)))(x[None]))


def tape(f, x):
    x = x.clone().requires_grad_()
    f(x).backward()


def func(f, x):
    import torch

    torch.func.hessian(f)(x)


def dynamo(f, x):
    import torch

    f(x)
    torch.compile(lambda x: 2 * f(x), backend="aot_eager")(x)


def traced(f, x):
    import tensorflow as tf

    tf.function(lambda x: f(x))(x)


def tapes(f, x):
    import tensorflow as tf

    with tf.GradientTape() as recording:
        recording.watch(x)
        y = f(x)
    recording.gradient(y, x)


def hvp(f, x):
    ng.hvp(f)(x, x)


def compiled(f, x):
    np.asarray(ng.hvp(f, compile=True)(x, x))


USES = {
    "autograd": [hvp],
    "jax": [hvp, compiled, jax_eager, jax_jit],
    "tensorflow": [hvp, compiled, traced, tapes],
    "torch": [hvp, tape, func, dynamo],
}


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")  # by which torch makes rules of its own
@pytest.mark.parametrize(("engine", "use"), [(engine, use) for engine, uses in USES.items() for use in uses])
def test_f_dies_with_its_last_name(engine, use, x64):
    pytest.importorskip(engine)
    inner = "autograd" if engine != "autograd" else "torch"
    pytest.importorskip(inner)
    f = Cubes()
    dead = weakref.ref(f)
    crossed = ng.foreign(f, inner)
    del f
    use(crossed, ng.get_backend(engine).asarray(X))
    del crossed
    for _ in range(50):
        gc.collect()
        if dead() is None:
            return
        time.sleep(0.1)  # a program of jax's lives until the thread that has run it lets go
    pytest.fail("f is still there")


def test_nothing_is_kept_for_each_call(x64):
    """Other static arguments each time, other shapes each time: what is known of them is bounded."""
    jax = pytest.importorskip("jax")
    crossed = ng.foreign(lambda x, power: (x**power).sum(), "autograd")
    for power in range(300):
        jax.grad(crossed)(jax.numpy.asarray(X), power + 1)
    assert len(crossed._called) <= 128
    f = ng.foreign(lambda x: x.sum(), "autograd")
    for size in range(300):
        jax.eval_shape(f, jax.ShapeDtypeStruct((size + 1,), np.float64))
    (called,) = f._called.values()
    assert len(called._seen) <= 128


@pytest.mark.parametrize("jitted", [False, True])
def test_in_eight_threads(jitted):
    """jax around torch, and with that around jax where nothing is jitted, in arrays of 10⁵ entries.

    By `jax.pure_callback` they waited for each other for ever, in each of three runs.
    """
    jax = pytest.importorskip("jax")
    torch = pytest.importorskip("torch")
    sine = ng.foreign(jax.numpy.sin, "jax")
    f = ng.foreign((lambda x: (torch.sin(x) * x).sum()) if jitted else (lambda x: (sine(x) * x).sum()), "torch")
    gradient = jax.jit(jax.grad(f)) if jitted else jax.grad(f)
    points = [np.random.default_rng(i).normal(size=100_000).astype(np.float32) for i in range(8)]
    wrong = []

    def work(x):
        for _ in range(20):
            if not np.allclose(gradient(x), np.sin(x) + x * np.cos(x), rtol=1e-5, atol=1e-5):
                wrong.append(x)

    run_together(work, points)
    assert not wrong


def test_64_bits_of_one_thread_alone_are_not_lost_unsaid(x64):
    """A program of jax's calls back in another thread, where x is cast."""
    jax = pytest.importorskip("jax")
    f = ng.foreign(lambda x: x.astype(np.float32).sum(), "autograd")
    raised = []

    def work(x):
        with jax.enable_x64(True):
            try:
                assert jax.jit(f)(jax.numpy.asarray(x)).block_until_ready() == x.size  # where it ran in this one
            except jax.errors.JaxRuntimeError as error:
                raised.append(str(error))

    run_together(work, [np.ones(1_000_000)] * 4)
    assert all("PrecisionLossError" in text for text in raised)


def run_together(work, points):
    threads = [threading.Thread(target=work, args=(x,), daemon=True) for x in points]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 120
    for thread in threads:
        thread.join(timeout=max(0.0, end - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads)
