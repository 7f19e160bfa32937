import dataclasses
import functools
import gc
import weakref

import numpy as np
import pytest

import nestgrad as ng
from nestgrad import _operator

X, V = np.array([1.0, 2.0]), np.array([1.0, -1.0])


def cubes(x):
    return (x**3).sum()


@pytest.fixture
def selections(monkeypatch):
    """The calls of `select`: one for arrays of new types; and one more for what else there is, where it comes again."""
    calls = []
    select = _operator.select
    monkeypatch.setattr(_operator, "select", lambda *args: calls.append(args) or select(*args))
    return calls


def test_one_plan_for_arguments_of_the_same_types(selections):
    op = ng.hvp(cubes, backend="autograd")
    for scale in (1.0, 2.0, 3.0):
        np.testing.assert_allclose(op(scale * X, V), 6 * scale * X * V)
    assert len(selections) == 1


def test_plans_are_not_keyed_on_shapes(selections):
    op = ng.hvp(cubes, backend="autograd")
    for shape in [(), (1,), (5,), (2, 3)]:
        assert op(np.ones(shape), np.ones(shape)).shape == shape
    assert len(selections) == 1


def test_one_plan_for_containers_of_the_same_structure(selections):
    op = ng.gradient(lambda x: sum(cubes(leaf) for leaf in x["w"]), backend="autograd")
    for n in (1, 2, 3):
        op({"w": [np.ones(n), np.ones(n)]})
    assert len(selections) == 2
    op({"w": [np.ones(1)]})
    assert len(selections) == 3


def test_another_plan_for_other_types_and_keywords(selections):
    op = ng.gradient(lambda x, *args, **kwargs: cubes(x), backend="autograd")
    for call in (lambda: op(X), lambda: op(X, 1), lambda: op(X, 1.0), lambda: op(X, a=1), lambda: op(X, b=1)) * 3:
        np.testing.assert_allclose(call(), 3 * X**2)
    assert len(selections) == 1 + 4 * 2


def test_bad_dtype_is_seen_with_an_old_plan():
    op = ng.gradient(cubes, backend="autograd")
    op(X)
    with pytest.raises(ng.NotDifferentiableError):
        op(np.arange(2))


def test_another_engine_gets_another_plan(jax):
    op = ng.gradient(cubes)
    assert isinstance(op(jax.numpy.asarray(X)), jax.Array)
    seen = []
    ng.gradient(lambda x: seen.append(op(x)) or cubes(x), backend="autograd")(X)
    assert type(seen[0]).__module__.startswith("autograd")


def test_plans_are_bounded():
    op = ng.gradient(lambda x, _: cubes(x), backend="autograd")
    kinds = []
    for i in range(400):
        kind = type(f"Kind{i}", (), {})
        kinds.append(weakref.ref(kind))
        op(X, kind())
    del kind
    gc.collect()
    assert sum(kind() is not None for kind in kinds) <= 128


def test_plans_are_bounded_for_structures_that_only_the_engine_can_tell_apart(jax):
    """A static field, such as a step counter, is part of jax's structure and invisible to the types."""

    class Step:
        pass

    @functools.partial(jax.tree_util.register_dataclass, data_fields=["w"], meta_fields=["step"])
    @dataclasses.dataclass
    class State:
        w: object
        step: object

    op, steps = ng.gradient(lambda state: state.w**2, backend="jax"), []
    w = jax.numpy.asarray(3.0)
    for _ in range(200):
        step = Step()
        steps.append(weakref.ref(step))
        assert op(State(w, step)).step is step
    del step
    gc.collect()
    assert sum(step() is not None for step in steps) <= 128


@pytest.mark.parametrize("compiled", [False, True])
def test_plans_die_with_the_operator(jax, compiled):
    class Function:
        def __call__(self, x):
            return cubes(x)

    f = Function()
    op = ng.hvp(f, compile=compiled)
    op(jax.numpy.asarray(X), jax.numpy.asarray(V))
    alive = weakref.ref(op), weakref.ref(f)
    del op, f
    gc.collect()
    assert [reference() for reference in alive] == [None, None]


@pytest.mark.parametrize(
    ("v", "message"),
    [(np.ones(3), "shape"), (np.ones(1), "shape"), (np.ones(()), "shape"), (np.ones(2, "float32"), "dtype")],
)
def test_direction_that_does_not_fit_is_seen_with_an_old_plan(v, message):
    op = ng.hvp(cubes, backend="autograd")
    op(X, V)
    with pytest.raises(ng.StructureMismatchError, match=f"v must match its primal: its {message}"):
        op(X, v)
    np.testing.assert_allclose(op(2 * X, V), 12 * X * V)


def test_another_dtype_with_an_old_plan():
    op = ng.hvp(cubes, backend="autograd")
    assert op(X, V).dtype == np.float64
    assert op(X.astype("float32"), V.astype("float32")).dtype == np.float32


def test_arguments_and_keywords_are_read_anew_with_an_old_plan(engine):
    op = ng.hvp(lambda x, a, *, b=1.0: a * b * cubes(x), backend=engine.name)
    x, v = engine.array(X), engine.array(V)
    for a in (1.0, 2.0):
        np.testing.assert_allclose(op(x, v, a), 6 * a * X * V)
        np.testing.assert_allclose(op(x, v, a, b=3.0), 18 * a * X * V)
        np.testing.assert_allclose(op(2 * x, v, a, b=4.0), 48 * a * X * V)


def test_captured_arrays_are_read_anew():
    captured = np.array([1.0, 1.0])
    op = ng.gradient(lambda x: (captured * x).sum(), backend="autograd")
    np.testing.assert_allclose(op(X), [1, 1])
    captured[:] = [5, 7]
    np.testing.assert_allclose(op(X), [5, 7])
