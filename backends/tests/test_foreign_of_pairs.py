"""What the suite's tier of pairs has found in functions across engines, each by itself."""

import itertools

import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import nestgrad as ng

X = np.array([0.3, 1.2, -0.4])
V = np.array([1.0, -0.5, 2.0])


def test_an_integer_beside_a_number_is_a_constant_of_autograd():
    """Σx³ · (1 + argmax x): the Hessian is diagonal, 6x times 2."""

    def largest(x):
        return (x**3).sum(), x.argmax()

    inside = ng.foreign(largest, "torch")

    def f(x):
        value, index = inside(x)
        return value * (1.0 + index.astype(float))

    for nesting in ("FR", "RR"):
        found = ng.derivative(f, nesting, backend="autograd")(X, V)
        np.testing.assert_allclose(found, 12 * X * V, rtol=1e-14)


@pytest.mark.parametrize(
    ("outer", "inner"), list(itertools.permutations(["autograd", "jax", "tensorflow", "torch"], 2))
)
def test_integers_among_results_and_arguments_go_along_in_forward_mode(outer, inner, x64):
    """(i, Σx³, i + 1, i·x) along V: what moves has a tangent, in its place."""
    for engine in (outer, inner):
        pytest.importorskip(engine)
    a, b = ng.get_backend(outer), ng.get_backend(inner)

    def f(x, i):
        return i, b.xp.sum(x**3), i + 1, b.xp.astype(i, x.dtype) * x

    lifted = ng.foreign(f, b)
    i = a.asarray(np.array(2, np.int32))

    def moving(x):
        first, value, second, scaled = lifted(x, i)
        return (value, scaled), (first, second)

    x, v = a.asarray(X), a.asarray(V)
    _, (along, scaled), (first, second) = ng.jvp(moving, (x,), (v,), has_aux=True, backend=a)
    assert (int(first), int(second)) == (2, 3)
    np.testing.assert_allclose(a.to_numpy(along), 3 * X**2 @ V, rtol=1e-14)
    np.testing.assert_allclose(a.to_numpy(scaled), 2 * V, rtol=1e-14)
    product = ng.derivative(lambda x: moving(x)[0][0], "FF", backend=a)(x, v, v)
    np.testing.assert_allclose(a.to_numpy(product), 6 * X @ V**2, rtol=1e-14)


@pytest.mark.parametrize("f", [lambda xp, x: xp.argmax(x), lambda xp, x: ()], ids=["integer", "nothing"])
@pytest.mark.parametrize(
    ("outer", "inner"), list(itertools.permutations(["autograd", "jax", "tensorflow", "torch"], 2))
)
def test_what_gives_nothing_that_moves_is_called_in_forward_mode(outer, inner, f, x64):
    """Σx³ beside it, along V."""
    for engine in (outer, inner):
        pytest.importorskip(engine)
    a, b = ng.get_backend(outer), ng.get_backend(inner)
    lifted = ng.foreign(lambda x: f(b.xp, x), b)

    def beside(x):
        lifted(x)
        return a.xp.sum(x**3)

    x, v = a.asarray(X), a.asarray(V)
    np.testing.assert_allclose(ng.derivative(beside, "F", backend=a)(x, v), 3 * X**2 @ V, rtol=1e-14)
    np.testing.assert_allclose(ng.derivative(beside, "FR", backend=a)(x, v), 6 * X * V, rtol=1e-14)
    np.testing.assert_allclose(ng.derivative(beside, "FF", backend=a)(x, v, v), 6 * X @ V**2, rtol=1e-14)


def test_what_was_evaluated_is_not_evaluated_on_ones_for_its_shapes():
    """Of a matrix of ones there is no inverse; that of A has the gradient -A⁻ᵀ1 1ᵀA⁻ᵀ of its sum."""
    f = ng.foreign(lambda a: anp.sum(anp.linalg.inv(a)), "autograd")
    matrix = np.array([[2.0, 0.5], [-1.0, 3.0]])
    inverse = np.linalg.inv(matrix)
    with jax.enable_x64(True):
        found = jax.grad(f)(jnp.asarray(matrix))
        rows = jax.vmap(jax.grad(f))(jnp.stack([jnp.asarray(matrix), 2.0 * jnp.asarray(matrix)]))
    truth = -(inverse.T @ np.ones((2, 2)) @ inverse.T)
    np.testing.assert_allclose(found, truth, rtol=1e-13)
    np.testing.assert_allclose(rows, [truth, truth / 4], rtol=1e-13)


@pytest.mark.filterwarnings("ignore")  # Dynamo's own, as an error in what it traces
def test_in_what_a_user_compiles_the_tape_calls_another_engine_as_it_is():
    """Its frames are not torch's to trace: containers were another kind there."""
    inside = ng.foreign(lambda x: {"y": anp.sin(x)}, "autograd")
    gradient = torch.compile(ng.gradient(lambda x: inside(x)["y"].sum()), backend="aot_eager")
    x = torch.tensor(X)
    for _ in range(2):
        np.testing.assert_allclose(gradient(x), np.cos(X), rtol=1e-14)


def test_autograd_lets_the_refusal_of_another_engine_through():
    f = ng.foreign(lambda x: torch.linalg.det(x.reshape(2, 2)), "torch")
    x = np.array([1.0, 2.0, 3.0, 5.0])
    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        ng.derivative(f, "RF", backend="autograd")(x, np.ones(4))
    assert (refusal.value.backend, refusal.value.operation) == ("torch", "det")
