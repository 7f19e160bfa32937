"""What is written between the recording and a product is refused, or no matter: never half of the number."""

import numpy as np
import pytest

import nestgrad as ng

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, -2.0, 0.5])
A = np.array([1.0, 2.0, 3.0])


def f(xp, x, a):
    """Σ sin(ax) x³, whose Hessian is diagonal."""
    return xp.sum(xp.sin(a * x) * x**3)


def product(x, a):
    return V * (-a * a * np.sin(a * x) * x**3 + 6 * a * np.cos(a * x) * x**2 + 6 * np.sin(a * x) * x)


CALLS = {
    "captured": lambda xp, a, **options: ng.hvp(lambda x: f(xp, x, a), **options).at(X),
    "an argument": lambda xp, a, **options: ng.hvp(lambda x, a: f(xp, x, a), **options).at(X, a),
    "in a list": lambda xp, a, **options: ng.hvp(lambda x, some: f(xp, x, some[0]), **options).at(X, [a]),
    "a keyword": lambda xp, a, **options: ng.hvp(lambda x, *, a: f(xp, x, a), **options).at(X, a=a),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("engine", ["autograd", "jax", "tensorflow"])
def test_a_numpy_array_that_is_written(name, engine, x64):
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    for nesting in ("auto", "FR", "RR"):
        a = A.copy()
        at = CALLS[name](backend.xp, a, nesting=nesting, backend=backend)
        a *= 1.5
        for products in (at, lambda v: at.batch(v[None])[0]):  # noqa: B023
            try:
                found = products(backend.asarray(V))
            except ng.StaleLinearizationError:
                continue
            np.testing.assert_allclose(found, product(X, A), rtol=1e-12)


@pytest.mark.parametrize("in_tuple", [True, False])
def test_an_index_that_is_written(in_tuple):
    index = np.array([0, 2, 1]) if in_tuple else [0, 2, 1]
    place = (index,) if in_tuple else index
    at = ng.hvp(lambda x: (x[place] * x**2).sum(), backend="autograd").at(X)
    index.sort()
    swap = [0, 2, 1]  # its own inverse; the gradient is x²[swap] + 2 x x[swap]
    expected = 2 * (X[swap] * V[swap] + V * X[swap] + X * V[swap])
    try:
        np.testing.assert_allclose(at(V), expected, rtol=1e-12)
    except ng.StaleLinearizationError:
        assert in_tuple


def test_memory_that_f_uses_again():
    from autograd import numpy as anp

    def waves(x):
        frequency, total = np.ones(3), 0.0
        for _ in range(3):
            total = total + anp.sum(anp.sin(x * frequency))
            frequency *= 2.0
        return total

    expected = sum(-(4.0**k) * np.sin(2.0**k * X) for k in range(3)) * V
    np.testing.assert_allclose(ng.hvp(waves, backend="autograd").at(X)(V), expected, rtol=1e-12)


def test_a_mapped_file_that_is_written(tmp_path):
    from autograd import numpy as anp

    a = np.memmap(tmp_path / "a", dtype=np.float64, mode="w+", shape=3)
    a[:] = A
    at = ng.hvp(lambda x: f(anp, x, a), backend="autograd").at(X)
    np.testing.assert_allclose(at(V), product(X, A), rtol=1e-12)
    a *= 2.0
    with pytest.raises(ng.StaleLinearizationError):
        at(V)


@pytest.mark.parametrize("is_leaf", [True, False])
def test_an_x_that_requires_grad_and_is_stepped(is_leaf):
    torch = pytest.importorskip("torch")
    leaf = torch.tensor(X, requires_grad=True)
    x, a, v = leaf if is_leaf else leaf * 1.0, torch.tensor(A), torch.tensor(V)
    at = ng.hvp(lambda x: f(torch, x, a)).at(x)
    away = ng.hvp(lambda x: torch.sin(a @ torch.stack([x, x, x])).sum()).at(x)  # x itself is not saved
    away(v)
    np.testing.assert_allclose(at(v).detach(), product(X, A), rtol=1e-12)
    with torch.no_grad():
        x.add_(1.0)
    for products in (at, lambda v: at.batch(v[None]), away):
        with pytest.raises(ng.StaleLinearizationError):
            products(v)


def test_a_pullback_after_its_x_was_stepped():
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, requires_grad=True)
    _, cubes = ng.vjp(lambda x: (x**3).sum(), x)
    _, some = ng.vjp(lambda x: x[:2], x)  # a view of x
    with torch.no_grad():
        x.add_(1.0)
    with pytest.raises(ng.UnsupportedNestingError, match="in-place"):
        cubes(torch.tensor(1.0, dtype=torch.float64))
    np.testing.assert_array_equal(some(torch.tensor([1.0, 2.0], dtype=torch.float64))[0].detach(), [1.0, 2.0, 0.0])
