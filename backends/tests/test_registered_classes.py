"""In a class that is registered as a container, what is no real floating array is held and comes back as None."""

import contextlib
import dataclasses
import functools
import math
import typing

import numpy as np
import optree
import pytest
from optree.registry import __GLOBAL_NAMESPACE as EVERYWHERE

import nestgrad as ng

X = np.array([0.3, -0.7, 1.1])


@dataclasses.dataclass
class Layer:
    """All fields are leaves, as those of equinox's modules."""

    weight: typing.Any
    activation: typing.Any
    as_float: typing.Any
    rate: typing.Any
    depth: typing.Any
    steps: typing.Any
    inside: typing.Any

    def __call__(self, x):
        assert type(self.depth) is int
        assert type(self.rate) is float
        for _ in range(self.depth):
            x = self.activation(self.weight * x) * self.rate
        return x * self.inside["bias"] + self.as_float(self.steps)


FIELDS = [field.name for field in dataclasses.fields(Layer)]
optree.register_pytree_node(
    Layer,
    lambda one: ([getattr(one, name) for name in FIELDS], None, FIELDS),
    lambda _, leaves: Layer(*leaves),
    namespace=EVERYWHERE,
)


@pytest.fixture(params=["autograd", "jax", "tensorflow", "torch"])
def made(request):
    """A backend, and a layer of its arrays."""
    if request.param == "jax":
        request.getfixturevalue("x64")
    pytest.importorskip(request.param)
    backend = ng.get_backend(request.param)
    if request.param == "jax":
        tree_util = pytest.importorskip("jax").tree_util
        with contextlib.suppress(ValueError):  # it is registered already
            tree_util.register_dataclass(Layer, data_fields=FIELDS, meta_fields=[])

    def layer(**changes):
        array = {"weight": backend.asarray(X), "steps": backend.asarray(np.array([1, 2, 3]))}
        inside = {"bias": backend.asarray(X**2), "mode": "text", "none": None}
        fields = {
            "activation": tanh(backend),
            "as_float": functools.partial(as_float, backend),
            "rate": 0.5,
            "depth": 2,
            **array,
            "inside": inside,
        }
        return Layer(**fields | changes)

    return backend, layer


def as_float(backend, steps):
    return backend.xp.astype(steps, backend.asarray(X).dtype)


def tanh(backend):
    if backend.name == "torch":
        return pytest.importorskip("torch").tanh
    return pytest.importorskip("tensorflow").tanh if backend.name == "tensorflow" else backend.xp.tanh


def loss(xp):
    return lambda layer, x: xp.sum(layer(x) ** 2)


def by_hand(x, rate=0.5, depth=2):
    """The same of weight and bias in NumPy."""

    def f(weight, bias):
        value = x
        for _ in range(depth):
            value = np.tanh(weight * value) * rate
        return np.sum((value * bias + np.array([1, 2, 3])) ** 2)

    return f


def differences(f, weight, bias, v, w, step=1e-3):
    """The gradient of f along (v, w)."""
    at = [f(weight + i * step * v, bias + i * step * w) for i in (-2, -1, 1, 2)]
    return (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * step)


def held_is_none(tree):
    held = tree.activation, tree.as_float, tree.rate, tree.depth, tree.steps, tree.inside["mode"], tree.inside["none"]
    return all(one is None for one in held)


def test_the_gradient(made):
    backend, layer = made
    found = ng.gradient(loss(backend.xp))(layer(), backend.asarray(X))
    assert type(found) is Layer
    assert held_is_none(found)
    v, w = np.cos(X), np.sin(X)
    expected = differences(by_hand(X), X, X**2, v, w)
    along = np.sum(backend.to_numpy(found.weight) * v) + np.sum(backend.to_numpy(found.inside["bias"]) * w)
    assert along == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_product(made, compiled):
    backend, layer = made
    if compiled and backend.name == "autograd":
        pytest.skip("it has no compiler")
    if compiled and backend.name in ("torch", "tensorflow"):
        pytest.skip("neither Dynamo nor tf.function takes what optree has registered")
    f = loss(backend.xp)
    operator = ng.hvp(f, compile=compiled)
    x, step = backend.asarray(X), 1e-4
    empty = {"activation": None, "as_float": None, "rate": None, "depth": None, "steps": None}
    w = {"bias": backend.asarray(np.sin(X)), "mode": None, "none": None}
    v = layer(**empty, weight=backend.asarray(np.cos(X)), inside=w)

    def gradient(t):
        inside = {"bias": backend.asarray(X**2 + t * np.sin(X)), "mode": "text", "none": None}
        return ng.gradient(f)(layer(weight=backend.asarray(X + t * np.cos(X)), inside=inside), x)

    ends = [backend.to_numpy(gradient(t).weight) for t in (-2 * step, -step, step, 2 * step)]
    expected = (8 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / (12 * step)
    for _ in range(2):
        found = operator(layer(), v, x)
        assert held_is_none(found)
        np.testing.assert_allclose(backend.to_numpy(found.weight), expected, rtol=1e-6, atol=1e-8)


def test_what_is_held_is_that_of_the_call(made):
    backend, layer = made
    operator = ng.gradient(loss(backend.xp), compile=backend.name == "jax")
    for changes in ({}, {"rate": 0.75}, {"depth": 3}, {"steps": backend.asarray(np.array([4, 5, 6]))}, {}):
        expected = ng.gradient(loss(backend.xp))(layer(**changes), backend.asarray(X))
        found = operator(layer(**changes), backend.asarray(X))
        np.testing.assert_allclose(backend.to_numpy(found.weight), backend.to_numpy(expected.weight), rtol=1e-12)


def test_in_containers(made):
    backend, layer = made
    x, f = backend.asarray(X), loss(backend.xp)
    one = ng.gradient(f)(layer(), x)
    found = ng.gradient(lambda both: f(both[0], x) * both[1]["c"])((layer(), {"c": backend.asarray(np.array(3.0))}))
    np.testing.assert_allclose(backend.to_numpy(found[0].weight), 3 * backend.to_numpy(one.weight))
    assert held_is_none(found[0])
    assert float(found[1]["c"]) == pytest.approx(float(f(layer(), x)))


def test_first_order(made):
    backend, layer = made
    x, f = backend.asarray(X), loss(backend.xp)
    gradient = ng.gradient(f)(layer(), x)
    value, pullback = ng.vjp(lambda layer: f(layer, x), layer())
    (pulled,) = pullback(backend.asarray(np.array(1.0)))
    assert held_is_none(pulled)
    np.testing.assert_allclose(backend.to_numpy(pulled.weight), backend.to_numpy(gradient.weight))
    pushed = ng.jvp(lambda layer: f(layer, x), (layer(),), (gradient,))
    expected = sum(np.sum(backend.to_numpy(g) ** 2) for g in (gradient.weight, gradient.inside["bias"]))
    assert float(pushed[1]) == pytest.approx(expected)
    assert float(value) == pytest.approx(float(pushed[0]))


def test_in_a_plain_container_it_is_an_error(made):
    backend, _ = made
    with pytest.raises(ng.NotDifferentiableError, match=r"x\['n'\]"):
        ng.gradient(lambda x: backend.xp.sum(x["w"]))({"w": backend.asarray(X), "n": backend.asarray(np.array(1))})
    with pytest.raises(ng.NotDifferentiableError, match=r"x\['f'\] is a"):
        ng.gradient(lambda x: backend.xp.sum(x["w"]))({"w": backend.asarray(X), "f": math.sin})


def test_a_direction_of_another_class_does_not_fit(made):
    backend, layer = made
    v = {"weight": backend.asarray(X)}
    with pytest.raises(ng.StructureMismatchError, match="structure of its primal"):
        ng.hvp(loss(backend.xp))(layer(), v, backend.asarray(X))


def test_one_that_holds_no_real_floating_array(made):
    backend, layer = made
    empty = layer(weight=1, inside={"bias": 2})
    with pytest.raises(ng.NotDifferentiableError, match="x holds no array"):
        ng.gradient(loss(backend.xp))(empty, backend.asarray(X))


def test_something_unhashable_is_part_of_no_program(x64):
    jax = pytest.importorskip("jax")

    @jax.tree_util.register_pytree_node_class
    class Unhashable:
        def __init__(self, weight, held):
            self.weight, self.held = weight, held

        def tree_flatten(self):
            return (self.weight, self.held), None

        @classmethod
        def tree_unflatten(cls, _, leaves):
            return cls(*leaves)

    given = Unhashable(jax.numpy.asarray(X), bytearray(b"text"))
    assert ng.gradient(lambda given: jax.numpy.sum(given.weight**2))(given).held is None
    with pytest.raises(TypeError, match="cannot be hashed"):
        ng.gradient(lambda given: jax.numpy.sum(given.weight**2), compile=True)(given)


@pytest.mark.parametrize("compiled", [False, True])
def test_equinox(x64, compiled):
    eqx = pytest.importorskip("equinox")
    jax = pytest.importorskip("jax")
    net = eqx.nn.MLP(3, "scalar", 4, 2, activation=jax.nn.gelu, key=jax.random.key(0))
    net = eqx.nn.Sequential([net, eqx.nn.Dropout(0.5, inference=True)])
    x = jax.numpy.asarray(np.stack([X, X**2]))

    def loss(net, x):
        return jax.numpy.mean(jax.vmap(lambda x: net(x, key=None))(x) ** 2)

    parameters, static = eqx.partition(net, eqx.is_inexact_array)
    v = jax.tree.map(jax.numpy.cos, parameters)
    of_parameters = jax.grad(lambda parameters: loss(eqx.combine(parameters, static), x))
    close(jax, ng.gradient(loss, compile=compiled)(net, x), eqx.filter_grad(loss)(net, x))
    close(jax, ng.hvp(loss, compile=compiled)(net, v, x), jax.jvp(of_parameters, (parameters,), (v,))[1])
    close(jax, eqx.filter_jit(ng.hvp(loss))(net, v, x), jax.jvp(of_parameters, (parameters,), (v,))[1])


def close(jax, found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_flax(x64):
    """A module of nnx: each real floating array is differentiated, keys and counts are held."""
    nnx = pytest.importorskip("flax.nnx")
    jax = pytest.importorskip("jax")
    net = nnx.Sequential(nnx.Linear(3, 2, rngs=nnx.Rngs(0)), nnx.Dropout(0.5, rngs=nnx.Rngs(1), deterministic=True))
    x = jax.numpy.asarray(X, jax.numpy.float32)

    def loss(net):
        return jax.numpy.sum(net(x) ** 2)

    found = [one for one in jax.tree.leaves(ng.gradient(loss)(net)) if one is not None]
    expected = jax.tree.leaves(nnx.grad(loss)(net))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
