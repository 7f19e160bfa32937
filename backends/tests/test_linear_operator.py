"""The Hessian as SciPy's LinearOperator, on every engine, against closed forms."""

import sys

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_hess_prod
from scipy.sparse.linalg import LinearOperator, cg, eigsh, minres

import nestgrad as ng

ENGINES = ["autograd", "jax", "torch", "tensorflow"]
W, B = np.array([1.0, 2.0, 3.0]), np.array([[0.5, 1.5]])
COMPILED = {"autograd": (False,), "jax": (False, True), "torch": (False, "traced"), "tensorflow": (False, True)}


@pytest.fixture(params=ENGINES)
def backend(request, x64):
    """Each bundled backend in turn, with 64 bits."""
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def expected():
    """Of Σw⁴ + Σb² Σw, the leaves in the order of their keys: b, w."""
    found = np.zeros((5, 5))
    found[:2, :2] = 2 * W.sum() * np.eye(2)
    found[:2, 2:] = 2 * B.reshape(2, 1)
    found[2:, :2] = found[:2, 2:].T
    found[2:, 2:] = np.diag(12 * W**2)
    return found


def made(backend, **options):
    xp = backend.xp
    x = {"b": backend.asarray(B), "w": backend.asarray(W)}

    def f(x, power):
        return xp.sum(x["w"] ** power) + xp.sum(x["b"] ** 2) * xp.sum(x["w"])

    return ng.linear_operator(f, x, 4, backend=backend, **options)


def test_it_multiplies_vectors_and_matrices(backend):
    for execution in COMPILED[backend.name]:
        operator, hessian = made(backend, compile=execution), expected()
        assert isinstance(operator, LinearOperator)
        assert (operator.shape, operator.dtype) == ((5, 5), np.float64)
        v, columns = np.arange(1.0, 6.0), np.arange(10.0).reshape(5, 2)
        np.testing.assert_allclose(operator @ v, hessian @ v)
        np.testing.assert_allclose(operator @ v[:, None], hessian @ v[:, None])
        np.testing.assert_allclose(operator @ np.arange(5), hessian @ np.arange(5))
        np.testing.assert_allclose(operator @ (v + 2j * v[::-1]), hessian @ (v + 2j * v[::-1]))
        np.testing.assert_allclose(operator @ columns, hessian @ columns)
        np.testing.assert_allclose(operator @ np.asfortranarray(columns)[::-1], hessian @ columns[::-1])
        np.testing.assert_allclose(operator.H @ v, hessian @ v)
        np.testing.assert_allclose(operator.T @ columns, hessian @ columns)


def test_solvers_take_it(backend):
    operator, hessian, b = made(backend), expected(), np.ones(5)
    np.testing.assert_allclose(eigsh(operator, k=2)[0], np.linalg.eigvalsh(hessian)[-2:])
    np.testing.assert_allclose(cg(operator, b, rtol=1e-12)[0], np.linalg.solve(hessian, b), atol=1e-9)
    np.testing.assert_allclose(minres(operator, b, rtol=1e-12)[0], np.linalg.solve(hessian, b), atol=1e-9)


def test_single_precision_stays_single(backend):
    x = backend.asarray(W.astype(np.float32))
    operator = ng.linear_operator(lambda x: backend.xp.sum(x**3), x, backend=backend)
    found = operator @ np.ones(3)
    assert operator.dtype == found.dtype == np.float32
    np.testing.assert_allclose(found, 6 * W)


def test_scipy_minimises_by_products(backend):
    """Newton-CG as SciPy has it; its own Rosenbrock function is the reference."""
    xp = backend.xp

    def f(x):
        return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    gradient, product = ng.gradient(f, backend=backend), ng.hvp(f, backend=backend)

    def numpy_of(operator):
        return lambda *arrays: backend.to_numpy(operator(*map(backend.asarray, arrays)))

    start = np.array([-1.2, 1.0, 0.8])
    np.testing.assert_allclose(numpy_of(product)(start, W), rosen_hess_prod(start, W))
    ways = {"jac": numpy_of(gradient), "hessp": numpy_of(product)}
    found = minimize(rosen, start, method="trust-ncg", options={"gtol": 1e-9}, **ways)
    assert found.success
    np.testing.assert_allclose(found.x, np.ones(3), atol=1e-6)


def test_what_it_cannot_take(backend):
    with pytest.raises(TypeError, match="linear_operator takes no keyword 'chunk'"):
        ng.linear_operator(lambda x: backend.xp.sum(x), backend.asarray(W), chunk=2)
    with pytest.raises(ng.NonScalarOutputError):
        ng.linear_operator(lambda x: x, backend.asarray(W), backend=backend)
    with pytest.raises(ng.InvalidNestingError):
        ng.linear_operator(lambda x: backend.xp.sum(x), backend.asarray(W), nesting="FFR")
    with pytest.raises(ValueError, match="dimension mismatch"):
        ng.linear_operator(lambda x: backend.xp.sum(x**2), backend.asarray(W), backend=backend) @ np.ones(4)


def test_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    with pytest.raises(ng.ExtraNotInstalledError, match="pip install scipy"):
        ng.linear_operator(np.sum, W)


def test_what_numpy_cannot_hold(x64):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    with pytest.raises(ng.NotDifferentiableError, match="dtype"):
        ng.linear_operator(lambda x: (x**3).sum(), torch.ones(3, dtype=torch.bfloat16))
    with pytest.raises(ng.NotDifferentiableError, match="tracers"):
        jax.jit(lambda x: ng.linear_operator(lambda x: (x**3).sum(), x) @ np.ones(3))(np.ones(3))


def test_what_was_written_is_refused():
    torch = pytest.importorskip("torch")
    scale = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
    operator = ng.linear_operator(lambda x: scale * (x**3).sum(), torch.tensor(W))
    np.testing.assert_allclose(operator @ np.ones(3), 12 * W)
    with torch.no_grad():
        scale.add_(1.0)
    with pytest.raises(ng.StaleLinearizationError):
        operator @ np.ones(3)
