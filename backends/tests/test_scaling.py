"""No work of ours is worse than linear: counted in calls and lines, which are the same each time, not in seconds."""

import functools
import sys

import numpy as np
import pytest

import nestgrad as ng


def array(backend, n=5):
    return backend.asarray(np.linspace(0.5, 1.5, n))


def polynomial(backend, x):
    return backend.xp.sum(x * x * x)


def work(call, *, after=4):
    """How many calls of Python and C come from lines of ours: a measure of time that is the same each time.

    Counted of the call that comes `after` some others.
    """
    count = 0

    def see(frame, event, _):
        nonlocal count
        caller = frame.f_back if event == "call" else frame if event == "c_call" else None
        count += caller is not None and caller.f_globals.get("__name__", "").startswith("nestgrad")

    for _ in range(after):
        call()
    sys.setprofile(see)
    try:
        call()
    finally:
        sys.setprofile(None)
    return count


def loop(backend, length, x):
    y = x
    for _ in range(length):
        y = backend.xp.sin(y) * x
    return backend.xp.sum(y)


def of_leaves(backend, tree):
    return sum(polynomial(backend, leaf) for leaf in tree.values())


def tree_of(backend, size):
    return {i: array(backend, 3) for i in range(size)}


def against_n(backend, size):
    return functools.partial(polynomial, backend), array(backend, 10 * size), ()


def against_operations(backend, size):
    return functools.partial(loop, backend, size), array(backend), ()


def against_leaves(backend, size):
    return functools.partial(of_leaves, backend), tree_of(backend, size), ()


def against_other_arguments(backend, size):
    return lambda x, *others: polynomial(backend, x), array(backend), tuple(tree_of(backend, size).values())


def against_other_leaves(backend, size):
    return lambda x, other: polynomial(backend, x), array(backend), (tree_of(backend, size),)


@pytest.mark.parametrize("code", ["R", "FR"])
@pytest.mark.parametrize(
    "against", [against_n, against_operations, against_leaves, against_other_arguments, against_other_leaves]
)
def test_work_is_at_most_linear(backend, against, code):
    directions = ng.Nesting(code).directions

    def measured(size):
        f, x, others = against(backend, size)
        op = ng.derivative(f, code)
        return work(lambda: op(x, *(x,) * directions, *others))

    small, middle, large = map(measured, (4, 8, 16))
    assert large - middle <= 2.1 * (middle - small) + 4
    if against is against_n:
        assert large <= small + 4


@pytest.mark.parametrize("against", [against_n, against_operations, against_leaves, against_other_leaves])
def test_work_is_at_most_linear_where_a_compiler_traces_and_runs_it(backend, against):
    executions = {"jax": [True], "tensorflow": [True], "torch": ["traced"]}

    def measured(size, execution, after):
        f, x, others = against(backend, size)
        op = ng.hvp(f, compile=execution)
        return work(lambda: op(x, x, *others), after=after)

    for execution in executions.get(backend.name, ()):
        # Dynamo reads the lines of ours by itself, so that in its first call there is nothing to count
        for after in (4,) if backend.name == "torch" else (0, 4):
            measured(4, execution, after)  # what an engine imports and makes once is not counted
            small, middle, large = (measured(size, execution, after) for size in (4, 8, 16))
            assert large - middle <= 2.1 * (middle - small) + 4, (execution, after)


def lines(call):
    """How many lines of Python a call runs, the engine's as well."""
    count = 0

    def see(frame, event, _):
        nonlocal count
        count += event == "line"
        return see

    call()
    before = sys.gettrace()
    sys.settrace(see)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("code", ["R", "RR"])
def test_the_work_of_autograd_is_linear_in_leaves(code):
    """By hand, with a tuple or dict of all inputs, it is quadratic."""
    backend = ng.get_backend("autograd")

    def measured(size):
        op, tree = ng.derivative(functools.partial(of_leaves, backend), code), tree_of(backend, size)
        return lines(lambda: op(tree, *(tree,) * (len(code) - 1)))

    small, middle, large = map(measured, (16, 32, 64))
    assert large - middle <= 2.1 * (middle - small)


@pytest.mark.parametrize("letter", "RF")
@pytest.mark.parametrize("body", [polynomial, functools.partial(loop, length=2)])
def test_f_is_evaluated_as_often_as_is_linear_in_depth(backend, letter, body):
    x = array(backend)
    for depth in range(1, 6):
        times = 0

        def f(x):
            nonlocal times
            times += 1
            return body(backend, x=x)

        op = ng.derivative(f, letter * depth, backend=backend)  # else f is asked whose it is
        op(x, *(x,) * ng.Nesting(letter * depth).directions)
        assert times <= depth
