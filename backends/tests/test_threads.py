"""Threads that differentiate on different engines at once: each engine keeps some count of its own per process."""

import contextlib
import importlib
import importlib.util
import threading

import numpy as np
import pytest

import nestgrad as ng

THREADS, CALLS = 8, 1000
ENGINES = ("autograd", "jax", "tensorflow", "torch")


def nested(backend):
    """Σ x · ∂/∂y Σ xy² at y = x, which is 2Σx³: an engine that confuses its levels has another Hessian."""
    xp = ng.get_backend(backend).xp

    def f(x):
        return xp.sum(x * ng.gradient(lambda y: xp.sum(x * y**2), backend=backend)(x))

    return f


@pytest.fixture
def operators():
    """Hessian-vector products of one function on every installed engine, eager and compiled."""
    found = []
    for name in filter(importlib.util.find_spec, ENGINES):
        compiled = name in ("jax", "tensorflow")  # eagerly they take milliseconds a call
        found += [(name, ng.hvp(nested(name), nesting, backend=name, compile=compiled)) for nesting in ("FR", "RR")]
        found.append((name, ng.gradient(nested(name), backend=name, compile=compiled)))
    return found


def in_64_bits():
    """64 bits in jax, which are a setting of the thread."""
    return (
        importlib.import_module("jax").enable_x64(True) if importlib.util.find_spec("jax") else contextlib.nullcontext()
    )


def test_mixed_engines_in_many_threads(operators):
    wrong, start = [], threading.Barrier(THREADS)

    def work(seed):
        rng = np.random.default_rng(seed)
        start.wait()
        with in_64_bits():
            differentiate(rng)

    def differentiate(rng):
        for call in range(CALLS):
            name, op = operators[rng.integers(len(operators))]
            x, v = rng.standard_normal((2, 3))
            arrays = [ng.get_backend(name).asarray(a) for a in (x, v)]
            try:
                if "hvp" in repr(op):
                    found, truth = op(*arrays), 12 * x * v
                else:
                    found, truth = op(arrays[0]), 6 * x**2
                np.testing.assert_allclose(ng.get_backend(name).to_numpy(found), truth, rtol=1e-10, atol=1e-10)
            except Exception as error:
                wrong.append((name, repr(op), call, error))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, (len(wrong), wrong[:3])
