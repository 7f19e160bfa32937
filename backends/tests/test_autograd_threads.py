"""autograd numbers its traces by one counter of the process; ours must not depend on what other threads do."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng

WAIT = 600  # for what is sure to come, on a slow machine too


def _gradient(f):
    return ng.gradient(f, backend="autograd")


def _derivative(f):
    return lambda x: ng.jvp(f, (x,), (1.0,), backend="autograd")[1]


def _while_another_thread_leaves(outer, inner):
    """d/dx[x·d/dy(yx)] at 5, while another thread, inside raw autograd when we begin, leaves midway."""
    entered, leave, left = threading.Event(), threading.Event(), threading.Event()

    def other():
        def f(y):
            entered.set()
            assert leave.wait(WAIT)
            return y**2

        autograd.grad(f)(1.0)
        left.set()

    def f(x):
        leave.set()
        assert left.wait(WAIT)
        return x * inner(lambda y: y * x)(x)

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(WAIT)
    try:
        return outer(f)(5.0)
    finally:
        leave.set()
        thread.join(WAIT)


def _raw_derivative(f):
    return lambda x: autograd.make_jvp(f)(x)(1.0)[1]


@pytest.mark.parametrize("raw", [autograd.grad, _raw_derivative])
def test_raw_autograd_gets_it_wrong(raw):
    assert _while_another_thread_leaves(raw, raw) != 10  # so the test below can fail


@pytest.mark.parametrize(("outer", "inner"), [*itertools.product([_gradient, _derivative], repeat=2)])
def test_ours_gets_it_right(outer, inner):
    assert _while_another_thread_leaves(outer, inner) == 10


def _case(i):
    """A function of x of its own kind, a nesting, and the truth."""
    power, nesting = 2 + i % 4, ("R", "F", "FR", "RF", "RR", "FF", "RFR", "FFR")[i % 8]
    f = [
        lambda x: anp.sum(x**power),
        lambda x: anp.sum(x * _gradient(lambda y: anp.sum(y**power * x))(x)) / (power + 1),
    ][i // 8 % 2]
    # the second is Σ x·(p·y^(p-1)·x) / (p+1) at y = x: p/(p+1)·Σ x^(p+1)
    exponent, scale = (power, 1) if i // 8 % 2 == 0 else (power + 1, power / (power + 1))
    return f, nesting, exponent, scale


def _right(i):
    f, nesting, exponent, scale = _case(i)
    x, v = np.linspace(0.5, 1.5, 3) + i / 1000, np.array([1.0, 2.0, -1.0])
    k = len(nesting)
    result = ng.derivative(f, nesting, backend="autograd")(x, *[v] * ng.Nesting(nesting).directions)
    falling = np.prod([exponent - j for j in range(k)])
    truth = scale * falling * x ** max(exponent - k, 0) * v ** (k - 1)
    if "R" not in nesting:
        truth = np.sum(truth * v)
    return np.allclose(result, truth, rtol=1e-10)


def test_eight_threads_of_different_nested_derivatives():
    def run(thread):
        return [_right(8 * call + thread) for call in range(200)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(8)))
    assert all(map(all, results))


def test_raw_autograd_inside_ours_beside_threads_of_ours():
    def run(i):
        def f(x):
            return x * autograd.grad(lambda y: x * y)(x)

        if i % 2:
            return [_right(i + j) for j in range(50)]
        return [_gradient(lambda x: ng.jvp(f, (x,), (1.0,), backend="autograd")[1])(5.0) == 2 for _ in range(20)]

    # one thread with raw autograd inside: beside each other, raw calls confuse themselves
    with ThreadPoolExecutor(4) as pool:
        assert all(map(all, pool.map(run, [0, 1, 3, 5])))


def test_the_room_for_raw_traces_is_kept_when_two_threads_begin_at_once(monkeypatch):
    from autograd import tracer

    import nestgrad_autograd._trace as ours

    read, write = threading.Event(), threading.Event()

    class Stack(tracer.TraceStack):
        """Lets the slow thread be interrupted between its look at `top` and its write."""

        _top = -1

        @property
        def top(self):
            value = self._top
            if threading.current_thread().name == "slow" and not read.is_set():
                read.set()
                assert write.wait(WAIT) or True
            return value

        @top.setter
        def top(self, value):
            self._top = value

    stack = Stack()
    monkeypatch.setattr(tracer, "trace_stack", stack)
    monkeypatch.setattr(ours, "trace_stack", stack)
    slow = threading.Thread(target=lambda: _gradient(lambda x: x**2)(1.0), name="slow")
    slow.start()
    assert read.wait(WAIT)

    def f(x):
        write.set()
        slow.join(WAIT)
        return x * autograd.grad(lambda y: y * x)(x)

    released = threading.Timer(1.0, write.set)  # a lock would have us wait for the slow thread
    released.start()
    assert _gradient(f)(5.0) == 10


def test_an_operator_is_shared_by_threads():
    hvp = ng.hvp(lambda x: anp.sum(anp.prod(x) * x**2), backend="autograd")
    x = np.array([0.0, 2.0, -3.0])
    expected = SimpleNamespace(value=hvp(x, x))
    with ThreadPoolExecutor(8) as pool:
        for result in pool.map(lambda _: hvp(x, x), range(200)):
            np.testing.assert_array_equal(result, expected.value)
