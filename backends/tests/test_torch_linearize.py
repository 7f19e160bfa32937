"""Operators inside torch.func.linearize, which is refused, and inside make_fx, which is not."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
make_fx = pytest.importorskip("torch.fx.experimental.proxy_tensor").make_fx

X, V = torch.tensor([1.0, 2.0, -0.5]), torch.tensor([0.5, -1.0, 2.0])


def f(x):
    return torch.sum(x**3) + x[0] * x[1] ** 2


def hessian(x):
    return torch.diag(6 * x) + 2 * torch.tensor([[0, x[1], 0], [x[1], x[0], 0], [0, 0, 0]])


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")  # of linearize itself
@pytest.mark.parametrize("nesting", ["R", "F"])
def test_linearize_is_refused(nesting):
    directions = [V] * ng.Nesting(nesting).directions
    with pytest.raises(ng.UnsupportedNestingError, match=r"linearize.*torch\.func\.jvp is right"):
        torch.func.linearize(lambda x: ng.derivative(f, nesting)(x, *directions), X)
    forward = torch.func.jvp(lambda x: ng.derivative(f, nesting)(x, *directions), (X,), (V,))[1]
    torch.testing.assert_close(forward, hessian(X) @ V if nesting == "R" else V @ hessian(X) @ V)


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning")
@pytest.mark.parametrize("point", [lambda x: x, lambda x: V])
@pytest.mark.parametrize("nesting", ["R", "F", "FR", "RF", "RR", "RRR"])
def test_linearize_inside_is_refused(nesting, point):
    def pushed(x):  # 3 y² x where y is a point that varies, or is captured beside one that does
        return torch.func.linearize(lambda y: torch.sum(y**3 * x), point(x))[1](V) + torch.sum(x**2)

    with pytest.raises(ng.UnsupportedNestingError, match="linearize" if "F" not in nesting else "linearize|dual_level"):
        ng.derivative(pushed, nesting)(X, *[V] * ng.Nesting(nesting).directions)


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning")
@pytest.mark.parametrize("nesting", ["R", "RR"])
def test_linearize_before_is_no_matter(nesting):
    torch.func.linearize(f, X)
    expected = 3 * X**2 + torch.stack([X[1] ** 2, 2 * X[0] * X[1], torch.tensor(0.0)])
    result = ng.derivative(f, nesting)(X, *[V] * ng.Nesting(nesting).directions)
    torch.testing.assert_close(result, expected if nesting == "R" else hessian(X) @ V)


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_a_recorded_program_is_the_derivative_elsewhere_too(nesting):
    program = make_fx(ng.hvp(f, nesting))(X, V)
    for x in (X, 2 * V):
        torch.testing.assert_close(program(x, V), hessian(x) @ V)


def test_products_at_a_point_are_recorded_as_well():
    product = ng.hvp(f)
    program = make_fx(lambda x, v: product.at(x)(v) + product.batch(x, v[None])[0])(X, V)
    for x in (X, 2 * V):
        torch.testing.assert_close(program(x, V), 2 * hessian(x) @ V)
