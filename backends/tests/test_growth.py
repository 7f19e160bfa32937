"""Nothing grows: what a call made dies with it, and what is kept is bounded."""

import functools
import gc
import sys
import weakref
from collections import Counter, defaultdict
from collections.abc import Sized

import numpy as np
import pytest

import nestgrad as ng
from nestgrad import _select

OPERATORS = {
    "gradient": (lambda f, g, **options: ng.gradient(f, **options), 0),
    "hvp": (lambda f, g, **options: ng.hvp(f, **options), 1),
    "nested_gradient": (lambda f, g, **options: ng.nested_gradient(g, f, **options), 0),
    **{
        code: (functools.partial(lambda code, f, g, **options: ng.derivative(f, code, **options), code), directions)
        for code, directions in {"F": 1, "FR": 1, "RF": 1, "RRR": 2}.items()
    },
}
EXECUTIONS = {"autograd": (), "jax": (True,), "tensorflow": (True,), "torch": ("traced",)}


class Held:
    """What a function of the user's captures."""


class Raised(Exception):
    """What a function of the user's raises."""


pytestmark = pytest.mark.usefixtures("young_garbage")


@pytest.fixture
def without_collections():
    """Only what is in a cycle outlives its last name."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def array(backend, n=5, start=0.5):
    return backend.asarray(np.linspace(start, 1.5, n))


def polynomial(backend, x):
    return backend.xp.sum(x * x * x)


def alive(references):
    return [name for name, reference in references.items() if reference() is not None]


def called(backend, operator, directions, **options):
    """References to everything that two calls of an operator had to do with."""
    held = Held()

    def f(x):
        assert held
        return polynomial(backend, x)

    def g(y):
        assert held
        return polynomial(backend, y)

    x, *vs = (array(backend, start=i + 1) for i in range(1 + directions))
    op = operator(f, g, backend=backend, **options)
    results = [op(x, *vs), op(x, *vs)]
    found = {"f": f, "g": g, "captured": held, "op": op, "x": x}
    found |= {f"v{i}": v for i, v in enumerate(vs)} | {f"result {i}": result for i, result in enumerate(results)}
    return {name: weakref.ref(value) for name, value in found.items() if not isinstance(value, np.generic)}


@pytest.mark.parametrize("name", OPERATORS)
def test_what_a_call_had_to_do_with_dies(backend, name, without_collections):
    operator, directions = OPERATORS[name]
    references = called(backend, operator, directions)
    assert not set(alive(references)) - {"f", "g", "captured"}
    gc.collect()
    assert not alive(references)


@pytest.mark.parametrize("name", ["gradient", "hvp"])
def test_what_a_compiled_call_had_to_do_with_dies(backend, name):
    operator, directions = OPERATORS[name]
    for execution in EXECUTIONS[backend.name]:
        references = called(backend, operator, directions, compile=execution)
        gc.collect()
        assert not alive(references), execution


def refused(backend, x):
    """A function that is refused, or fails, under some nesting."""
    xp = backend.xp
    if backend.name == "torch":
        import torch

        return (torch.special.bessel_j0(x) * x).sum()
    if backend.name == "tensorflow":
        import tensorflow as tf

        return tf.reduce_sum(tf.raw_ops.Betainc(a=x, b=x, x=x / 4))
    if backend.name == "jax":
        import jax

        return jax.scipy.linalg.eigh_tridiagonal(x, x[1:], eigvals_only=True).sum()
    return xp.sum(xp.linalg.eigh(xp.linalg.outer(x, x))[0])


def raises(backend, x):
    raise Raised


def no_scalar(backend, x):
    return x * x


@pytest.mark.parametrize("body", [refused, raises, no_scalar])
def test_what_a_call_that_raised_had_to_do_with_dies(backend, body, without_collections):
    def failed():
        def f(x):
            return body(backend, x)

        x, v = array(backend), array(backend)
        op = ng.derivative(f, "FR", backend=backend)
        with pytest.raises((ng.NestgradError, Raised, TypeError)) as caught:
            op(x, v)
        return {name: weakref.ref(value) for name, value in {"f": f, "x": x, "op": op, "error": caught.value}.items()}

    references = failed()
    gc.collect()
    assert not alive(references)


def test_the_class_of_an_argument_is_kept_by_the_selection_alone_which_is_bounded(backend):
    def passed():
        class Setting:
            pass

        op = ng.gradient(lambda x, setting: polynomial(backend, x))
        op(array(backend), Setting())
        return weakref.ref(Setting)

    reference = passed()
    assert len(_select._selected) <= _select._MAX_SELECTED
    _select._selected.clear()
    gc.collect()
    assert reference() is None


def kept():
    """The sizes of all tables that modules of ours keep, and how many objects of our classes there are."""
    sizes = Counter()
    for name, module in list(sys.modules.items()):
        if name.startswith("nestgrad"):
            for key, value in vars(module).items():
                if isinstance(value, functools._lru_cache_wrapper):
                    sizes[name, key] = value.cache_info().currsize
                elif isinstance(value, Sized) and not isinstance(value, type):
                    sizes[name, key] = len(value)
    gc.collect()
    kinds = Counter(map(type, gc.get_objects()))
    sizes.update({kind: count for kind, count in kinds.items() if str(kind.__module__).startswith("nestgrad")})
    return sizes


@pytest.mark.parametrize("body", [raises, no_scalar])
def test_an_error_leaves_no_cycle(backend, body, without_collections):
    class Function:
        def __call__(self, x):
            return body(backend, x)

    f = Function()
    reference = weakref.ref(f)
    try:
        ng.gradient(f, backend=backend)(array(backend))
    except (Raised, ng.NonScalarOutputError):
        del f
    assert reference() is None


def grown(before, after):
    return {what: (before[what], count) for what, count in after.items() if count > before[what]}


MADE = {
    "held": lambda op, f: op,
    "made anew": lambda op, f: ng.hvp(f),
    "made anew of a new function": lambda op, f: ng.hvp(lambda x: f(x)),
}


@pytest.mark.parametrize("name", MADE)
def test_nothing_grows_with_the_number_of_calls(backend, name):
    f = functools.partial(polynomial, backend)
    op, x, v = ng.hvp(f), array(backend), array(backend)
    seen = []
    for calls in (20, 80):
        for _ in range(calls):
            MADE[name](op, f)(x, v)
        seen.append(kept())
    assert not grown(*seen)


def test_nothing_grows_with_the_number_of_programs(backend):
    f = functools.partial(polynomial, backend)
    x, v = array(backend), array(backend)
    for execution in EXECUTIONS[backend.name]:
        seen = []
        for calls in (3, 6):
            for _ in range(calls):
                new = f if backend.name == "torch" else lambda x: f(x)  # Dynamo keeps a program of each function
                ng.hvp(new, compile=execution)(x, v)
            seen.append(kept())
        assert not grown(*seen)


def test_loops_of_varying_length_are_not_all_remembered(monkeypatch):
    torch = pytest.importorskip("torch")
    recorded = pytest.importorskip("nestgrad_torch._guard.recorded")
    known = pytest.importorskip("nestgrad_torch._guard.known")
    monkeypatch.setattr(recorded, "_MAX_ENTRIES", 1000)
    monkeypatch.setattr(recorded, "_looks", defaultdict(recorded.Looks))
    lengths = []

    def f(x):
        for _ in lengths:
            x = x.sin()
        return x.sum()

    op = ng.gradient(f)
    for _ in range(100):
        lengths.append(None)
        op(torch.ones(3))
    (seen,) = known._functions[f].values()
    for looks in (seen.graphs, *recorded._looks.values()):
        assert 0 < sum(map(len, looks._looks)) < 1000 + 3 * (len(lengths) + 2)
