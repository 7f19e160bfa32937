"""The torch backend: numbers, graphs, modes and contexts. Expectations are closed forms or differences."""

import subprocess
import sys

import numpy as np
import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")

F64 = torch.float64
X = torch.tensor([0.3, -1.2, 2.0, 0.7], dtype=F64)
V = torch.tensor([1.0, 2.0, -1.0, 0.5], dtype=F64)
HVPS = ("FR", "RF", "RR")


def inverse_norm(x):
    return 1 / torch.sqrt(torch.sum(x * x))


def inverse_norm_hvp(x, v):
    r = torch.sqrt(x @ x)
    return 3 * x * (x @ v) / r**5 - v / r**3


def quartic(x):
    return torch.sum(x**4)


def close(found, expected, tolerance=1e-10):
    np.testing.assert_allclose(found.numpy(force=True), np.asarray(expected), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("nesting", HVPS)
def test_seed(nesting):
    close(ng.hvp(inverse_norm, nesting)(X, V), inverse_norm_hvp(X, V))


@pytest.mark.parametrize("nesting", HVPS)
def test_seed_composite(nesting):
    # h(x) = (Σ ∇f)³ with ∇f = −x/r³, so ∇h = 3 (Σ∇f)² · H·1
    gradient = -X / torch.sqrt(X @ X) ** 3
    expected = 3 * gradient.sum() ** 2 * inverse_norm_hvp(X, torch.ones_like(X))
    close(ng.nested_gradient(lambda y: y.sum() ** 3, inverse_norm, nesting=nesting)(X), expected)


@pytest.mark.parametrize("nesting", ["RRR", "FRR", "RFR", "FFR", "RRF", "FRF", "RFF"])
def test_third_order(nesting):
    close(ng.derivative(quartic, nesting)(X, V, X), 24 * X * V * X)


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_results_have_the_primals_dtype(nesting, dtype):
    found = ng.hvp(quartic, nesting)(X.to(dtype), V.to(dtype))
    assert found.dtype == dtype
    close(found, 12 * X**2 * V, 1e-5)


@pytest.mark.parametrize("nesting", HVPS)
def test_several_inputs_in_a_tree(nesting):
    found = ng.hvp(lambda t: (t["a"] ** 2 * t["b"]).sum(), nesting)({"a": X, "b": V}, {"a": V, "b": X})
    close(found["a"], 2 * V * V + 2 * X * X)
    close(found["b"], 2 * X * V)


@pytest.mark.parametrize("nesting", HVPS)
def test_structurally_zero_hessians_are_zeros(nesting):
    for f in (lambda x: (V * x).sum(), lambda x: torch.tensor(2.0, dtype=F64), lambda x: 2.0):
        close(ng.hvp(f, nesting)(X, V), np.zeros(4))


def test_has_aux():
    value, aux = ng.hvp(lambda x: (quartic(x), x * 2), has_aux=True)(X, V)
    close(value, 12 * X**2 * V)
    close(aux, 2 * X)
    assert not aux.requires_grad


@pytest.mark.parametrize("nesting", HVPS)
def test_inputs_that_require_grad(nesting):
    x, v = X.clone().requires_grad_(), V.clone().requires_grad_()
    found = ng.hvp(quartic, nesting)(x, v)
    close(found, 12 * X**2 * V)
    by_x, by_v = torch.autograd.grad(found.sum(), (x, v))
    close(by_x, 24 * X * V)
    close(by_v, 12 * X**2)


@pytest.mark.parametrize("nesting", HVPS)
def test_nothing_to_train_gives_no_graph(nesting):
    assert not ng.hvp(quartic, nesting)(X, V).requires_grad
    assert not ng.gradient(quartic)(X).requires_grad


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_right_number_without_a_graph(nesting, context):
    scale = X.clone().requires_grad_()
    with context():
        x = X * 1
        found = ng.hvp(lambda x: (scale * x**3).sum(), nesting)(x, V)
        gradient = ng.gradient(lambda x: (scale * x**3).sum())(x)
    close(found, 6 * X * X * V)
    close(gradient, 3 * X**3)
    assert not found.requires_grad
    assert not gradient.requires_grad


@pytest.mark.parametrize("nesting", HVPS)
def test_a_training_step_of_an_input_gradient_penalty(nesting):
    weights = [torch.linspace(-1, 1, 12, dtype=F64).reshape(4, 3), torch.linspace(1, 2, 3, dtype=F64)]

    def penalty(*weights):
        f = lambda x: torch.tanh(x @ weights[0]) @ weights[1]  # noqa: E731
        return (ng.hvp(f, nesting)(X, V) ** 2).sum() + (ng.gradient(f)(X) ** 2).sum()

    trained = [w.clone().requires_grad_() for w in weights]
    penalty(*trained).backward()
    along, h = [torch.cos(w) for w in weights], 1e-6
    ends = [penalty(*(w + t * d for w, d in zip(weights, along, strict=True))) for t in (h, -h)]
    close(sum((w.grad * d).sum() for w, d in zip(trained, along, strict=True)), (ends[0] - ends[1]) / (2 * h), 1e-7)


def test_grad_is_never_touched():
    module = torch.nn.Linear(4, 1, dtype=F64)
    x = X.clone().requires_grad_()
    for nesting in HVPS:
        ng.hvp(lambda x: torch.tanh(module(x)).sum(), nesting)(x, V)
    ng.gradient(lambda x: module(x).sum())(x)
    assert x.grad is None
    assert all(p.grad is None for p in module.parameters())


def test_parameters_of_a_module_through_functional_call():
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)).double()
    parameters = dict(module.named_parameters())
    loss = lambda p: torch.func.functional_call(module, p, (X,)).square().sum()  # noqa: E731
    direction = {name: torch.cos(p.detach()) for name, p in parameters.items()}
    h = 1e-6
    ends = [
        ng.gradient(loss)({name: p.detach() + t * direction[name] for name, p in parameters.items()}) for t in (h, -h)
    ]
    for nesting in HVPS:
        found = ng.hvp(loss, nesting)(parameters, direction)
        for name in parameters:
            close(found[name], ((ends[0][name] - ends[1][name]) / (2 * h)).detach(), 1e-7)


def test_an_input_that_f_also_captures_is_held():
    x = X.clone().requires_grad_()
    close(ng.gradient(lambda y: (x * y**2).sum())(x), 2 * X * X)
    close(ng.hvp(lambda y: (x * y**2).sum())(x, V), 2 * X * V)


@pytest.mark.parametrize("nesting", HVPS)
def test_inside_transforms_of_torch_func(nesting):
    op = ng.hvp(quartic, nesting)
    close(torch.func.vmap(op)(torch.stack([X, V]), torch.stack([V, X])), torch.stack([12 * X**2 * V, 12 * V**2 * X]))
    close(torch.func.grad(lambda x: op(x, V).sum())(X), 24 * X * V)
    close(torch.func.jvp(lambda x: op(x, V), (X,), (V,))[1], 24 * X * V * V)
    scaled = lambda s: ng.hvp(lambda x: (s * x**3).sum(), nesting)(X, V).sum()  # noqa: E731
    close(torch.func.grad(scaled)(X), 6 * X * V)  # only the captured tensor is traced


def test_inside_a_dual_level():
    forward_ad = torch.autograd.forward_ad
    with forward_ad.dual_level():
        found = ng.hvp(quartic)(forward_ad.make_dual(X.clone(), X.clone()), V)
        close(forward_ad.unpack_dual(found).tangent, 24 * X * X * V)
        with pytest.raises(ng.UnsupportedNestingError, match="dual_level"):
            ng.hvp(quartic, "FR")(X, V)


def test_pullback_is_called_often_and_differentiated():
    _, pullback = ng.vjp(lambda x: x**3, X)
    close(pullback(V)[0], 3 * X**2 * V)
    close(pullback(X)[0], 3 * X**3)
    close(torch.func.jvp(lambda u: pullback(u)[0], (V,), (X,))[1], 3 * X**3)
    close(torch.func.vmap(lambda u: pullback(u)[0])(torch.stack([V, X])), torch.stack([3 * X**2 * V, 3 * X**3]))
    cotangent = V.clone().requires_grad_()
    close(torch.autograd.grad(pullback(cotangent)[0].sum(), cotangent)[0], 3 * X**2)


def test_numpy_arrays_and_numbers():
    found = ng.hvp(quartic, backend="torch")(X.numpy()[::-1], V.numpy())
    close(found, 12 * X.flip(0) ** 2 * V)
    assert ng.gradient(lambda x: x**2, backend="torch")(3.0).dtype == torch.get_default_dtype()
    with pytest.raises(ng.PrecisionLossError):
        ng.get_backend("torch").asarray(np.ones(2, np.longdouble))


def test_complex_pullback_follows_torch():
    z = torch.tensor(1 + 2j, dtype=torch.complex128)
    _, pullback = ng.vjp(lambda z: (z**3).real, z)
    assert complex(pullback(torch.tensor(1.0, dtype=F64))[0]) == pytest.approx(-9 - 12j)


def test_the_descriptor_imports_no_torch():
    code = "import sys, nestgrad_torch; nestgrad_torch.nestgrad_backend(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_derivative_of_a_number_has_its_dtype():
    """torch.func.jvp gives float64 here while that is the default dtype."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float32)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        found = ng.derivative(lambda x: 2.0 * torch.sum(x) ** 2, "F")(x, x)
    finally:
        torch.set_default_dtype(default)
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(36.0)
