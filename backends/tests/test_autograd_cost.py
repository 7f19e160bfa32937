"""What a call of the autograd backend costs beside autograd itself, in nodes; and what its roots are given."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.core import VJPNode
from autograd.extend import defjvp, defvjp, primitive

import nestgrad as ng
from nestgrad_autograd._rules import ReverseNode

X = np.linspace(0.5, 1.5, 10)
V = np.linspace(-1.0, 2.0, 10)


def seed(x):
    return 1.0 / anp.sqrt(anp.sum(x * x))


def rosenbrock(x):
    return anp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@pytest.fixture
def nodes(monkeypatch):
    """How many nodes of a class a call makes."""

    def count(node, call):
        made, init = [], node.__init__

        def counting(self, value, fun, *rest):
            made.append(fun)
            init(self, value, fun, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(node, "__init__", counting)
            call()
        return len(made)

    return count


@pytest.mark.parametrize("f", [seed, rosenbrock])
def test_an_hvp_makes_the_nodes_of_two_gradients(nodes, f):
    hvp = ng.hvp(f, "RR", backend="autograd")
    pull, _ = autograd.make_vjp(autograd.grad(f))(X)
    np.testing.assert_allclose(hvp(X, V), pull(V), rtol=1e-12)
    by_hand = nodes(VJPNode, lambda: autograd.make_vjp(autograd.grad(f))(X)[0](V))
    assert nodes(ReverseNode, lambda: hvp(X, V)) == by_hand


@pytest.mark.parametrize("f", [seed, rosenbrock])
def test_a_gradient_makes_the_nodes_of_one(nodes, f):
    ours = nodes(ReverseNode, lambda: ng.gradient(f, backend="autograd")(X))
    assert ours == nodes(VJPNode, lambda: autograd.grad(f)(X))


def test_an_array_in_a_container_makes_no_node(nodes):
    gradient = ng.gradient(lambda x: anp.sum(x["a"] * x["b"]), backend="autograd")  # a product and a sum
    assert nodes(ReverseNode, lambda: gradient({"a": X, "b": V, "c": X})) == 2


def summed(rule):
    """Σx, whose cotangent is what the rule makes of x."""

    @primitive
    def total(x):
        return np.sum(x)

    defvjp(total, lambda ans, x: lambda cotangent: rule(x))
    return total


@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("rule", [lambda x: 1j * np.ones(np.shape(x)), lambda x: None, lambda x: "a"])
def test_a_cotangent_that_is_no_real_array_is_an_error(rule, calls):
    f = summed(rule)
    for x in (X, X.astype(np.float32), np.array(2.0)):
        with pytest.raises(ng.EngineError):
            ng.gradient(lambda x: sum(f(x) for _ in range(calls)), backend="autograd")(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "rule", [lambda x: [2.0] * len(x), lambda x: np.full(len(x), 2.0), lambda x: np.full(len(x), 2.0, np.float32)]
)
def test_a_cotangent_of_another_type_becomes_an_array_like_x(rule, dtype):
    x = np.ones(3, dtype)
    found, other = ng.gradient(lambda x: summed(rule)(x["a"]) + anp.sum(x["b"]), backend="autograd")(
        {"a": x, "b": x}
    ).values()
    assert (type(found), found.dtype, found.tolist()) == (np.ndarray, dtype, [2.0] * 3)
    assert (other.dtype, other.tolist()) == (dtype, [1.0] * 3)


@pytest.mark.parametrize("x", [2.0, np.float64(2.0), np.array(2.0)])
@pytest.mark.parametrize("nesting", ["R", "RR", "FR", "RF"])
def test_a_gradient_at_a_number_is_an_array(x, nesting):
    found = ng.derivative(lambda x: x**3, nesting, backend="autograd")(x, *[x] * (len(nesting) - 1))
    assert (type(found), found.shape, float(found)) == (np.ndarray, (), {1: 12.0, 2: 24.0}[len(nesting)])


def test_a_tangent_that_is_complex_where_the_value_is_real_is_an_error():
    @primitive
    def total(x):
        return np.sum(x)

    defjvp(total, lambda tangent, ans, x: 1j * np.sum(tangent))
    for f in (total, lambda x: total(x) * X[0]):
        with pytest.raises(ng.EngineError, match="complex"):
            ng.derivative(f, "F", backend="autograd")(X, V)


def test_gradients_share_no_memory():
    value, pullback = ng.vjp(lambda x, y: x + y, X, V, backend="autograd")
    cotangent = np.ones(10)
    arrays = [value, cotangent, X, V, *pullback(cotangent), *pullback(cotangent)]
    assert not any(np.shares_memory(one, other) for i, one in enumerate(arrays) for other in arrays[:i])
    _, identity = ng.vjp(lambda x: x, X, backend="autograd")
    assert not np.shares_memory(identity(cotangent)[0], cotangent)


@pytest.mark.parametrize("nesting", ["R", "RR"])
def test_a_node_is_pulled_once_after_all_that_was_computed_from_it(monkeypatch, nesting):
    pulled, pull = [], ReverseNode.pull
    monkeypatch.setattr(ReverseNode, "pull", lambda node, cotangent: pulled.append(node) or pull(node, cotangent))

    def f(x):  # 2⁸ ways lead back to x, of several lengths each
        y = x
        for _ in range(8):
            y = y * 0.5 + anp.sin(anp.sin(y)) - anp.sin(anp.sin(y)) + y * 0.5
        return anp.sum(y**2)

    found = ng.derivative(f, nesting, backend="autograd")(X, *[V] * (len(nesting) - 1))
    np.testing.assert_allclose(found, 2 * (X if nesting == "R" else V), rtol=1e-12, atol=1e-12)
    assert len(pulled) == len(set(pulled))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cotangents_are_added_up_apart_from_the_arrays_that_rules_gave(dtype):
    held = np.arange(10, dtype=dtype)
    f = summed(lambda x: held)
    gradient = ng.gradient(lambda x: f(x) + f(x) + f(x) + anp.sum(x[2:]), backend="autograd")
    expected = 3 * np.arange(10.0) + (np.arange(10) >= 2)
    for _ in range(2):
        found = gradient(X.astype(dtype))
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == dtype
    np.testing.assert_array_equal(held, np.arange(10))


@pytest.mark.parametrize("other", [2j, "a"])
def test_cotangents_that_do_not_add_up_are_an_error(other):
    first, second = summed(lambda x: np.ones(np.shape(x))), summed(lambda x: np.full(np.shape(x), other))
    for one, two in ((first, second), (second, first)):
        with pytest.raises(ng.EngineError):
            ng.gradient(lambda x: one(x) + two(x) + one(x), backend="autograd")(X)  # noqa: B023
