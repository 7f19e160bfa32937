"""Gradients that f takes of itself: with a graph they are differentiated, without one they are refused."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
autograd = torch.autograd

X = torch.tensor([0.3, 0.7], dtype=torch.float64)
V = torch.tensor([1.0, 0.5], dtype=torch.float64)
W = torch.nn.Parameter(torch.tensor([0.4, 1.2], dtype=torch.float64))


def energy(y):
    return torch.sum(torch.sin(y) * y**2)


def variable(x):
    return x if x.requires_grad else x.clone().requires_grad_()


def by_grad(x, **options):
    y = variable(x)
    return torch.sum(autograd.grad(energy(y), y, **options)[0] ** 2)


def of_a_parameter(x, **options):
    return torch.sum(autograd.grad(energy(W * x), W, **options)[0] * x**2)


def by_backward(x, **options):
    y = variable(x) * 1
    y.retain_grad()
    energy(y).backward(**options)
    return torch.sum(y.grad**2)


def by_function(x, **options):
    y = variable(x) * 1
    y.retain_grad()
    autograd.backward([energy(y)], **options)
    return torch.sum(y.grad**2)


def by_jacobian(x, **options):
    return torch.sum(autograd.functional.jacobian(energy, x, **options) ** 2)


def by_hvp(x, **options):
    return torch.sum(autograd.functional.hvp(energy, x, V, **options)[1] * x)


PENALTIES = (by_grad, of_a_parameter, by_backward, by_function, by_jacobian, by_hvp)
each = pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.__name__)


def total(penalty, **options):
    return lambda x: penalty(x, **options) + torch.sum(x**3)


def slope(f, x, v, h=1e-5):
    """The derivative in this direction, from values alone."""
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


@each
@pytest.mark.parametrize("nesting", ["R", "RR"])
def test_without_a_graph_it_is_refused(penalty, nesting):
    with pytest.raises(ng.UnsupportedNestingError, match="create_graph=True"):
        ng.derivative(total(penalty), nesting)(X, *[V] * ng.Nesting(nesting).directions)


@each
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_under_the_users_own_transform_it_is_refused(penalty):
    if penalty in (by_backward, by_function, by_hvp):
        pytest.skip("torch.func takes none of these")
    with pytest.raises(ng.UnsupportedNestingError, match="create_graph=True"):
        torch.func.jvp(ng.gradient(total(penalty)), (X,), (V,))


@each
@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_with_a_graph_it_is_right(penalty):
    f = total(penalty, create_graph=True)
    torch.testing.assert_close(ng.gradient(f)(X) @ V, slope(f, X, V).detach(), rtol=1e-6, atol=0)


def of_a_copy(x):
    y = x.detach().requires_grad_()
    return autograd.grad(energy(y), y)[0]


CONSTANTS = {
    "of a parameter": lambda x: autograd.grad(energy(W), W)[0],
    "of a detached copy": of_a_copy,
    "at another point": lambda x: autograd.functional.jacobian(energy, V),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_gradient_that_does_not_lead_to_x_is_a_constant(name):
    constant = CONSTANTS[name]
    torch.testing.assert_close(ng.gradient(lambda x: constant(x) @ x**2)(X), 2 * X * constant(X))


def test_operators_of_ours_inside_are_right():
    f = lambda x: torch.sum(ng.gradient(energy)(x) ** 2)  # noqa: E731
    for nesting in ("R", "F"):
        found = ng.derivative(f, nesting)(X, *[V] * ng.Nesting(nesting).directions)
        found = found @ V if nesting == "R" else found
        torch.testing.assert_close(found, slope(f, X, V), rtol=1e-6, atol=0)
