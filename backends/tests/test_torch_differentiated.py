"""Layers whose rules take a part of them for a constant: weight_norm in its weights, layer_norm."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
F64 = torch.float64
LENGTH = torch.tensor([[1.5], [0.5]], dtype=F64)
X = torch.tensor([[1.0, -2.0, 0.5], [0.3, 0.7, -1.1]], dtype=F64)
V = torch.tensor([[0.2, 0.1, -0.4], [1.0, -0.6, 0.9]], dtype=F64)


def fused(weights):
    return torch._weight_norm(weights, LENGTH, 0).pow(3).sum()


def layer():
    made = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2, dtype=F64))
    with torch.no_grad():
        for number, parameter in enumerate(made.parameters()):
            parameter.copy_(torch.sin(torch.arange(parameter.numel(), dtype=F64) + number).reshape(parameter.shape))
    return made


def written_out(weights):
    return (LENGTH * weights / weights.pow(2).sum(1, keepdim=True).sqrt()).pow(3).sum()


@pytest.mark.parametrize("nesting", ["R", "F", "RR", "FR", "RF", "FF", "RRR", "FRR"])
def test_right_in_the_weights(nesting):
    directions = [V] * ng.Nesting(nesting).directions
    found, truth = (ng.derivative(f, nesting)(X, *directions) for f in (fused, written_out))
    torch.testing.assert_close(found, truth)


ATEN = torch.ops.aten
CALLED = {
    "interface": lambda v, g: torch._weight_norm_interface(v, g, 0)[0],
    "norm of the interface": lambda v, g: torch._weight_norm_interface(v, g, 0)[1] * g * v,
    "operator": lambda v, g: ATEN._weight_norm(v, g, 0),
    "overload": lambda v, g: ATEN._weight_norm.default(v, g, 0),
    "by names": lambda v, g: torch._weight_norm(dim=0, g=g, v=v),
    "of all": lambda v, g: torch._weight_norm(v, g[:1], -1),
    "of columns": lambda v, g: torch._weight_norm(v, v[:1] ** 2, 1),
}


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF"])
@pytest.mark.parametrize("name", CALLED)
def test_right_however_it_is_called_and_in_the_length_too(name, nesting):
    f = lambda g: CALLED[name](X * g, g).sin().sum()  # noqa: E731
    x, v = LENGTH, LENGTH.cos()
    gradient = ng.gradient(f)
    truth = (gradient(x + 1e-5 * v) - gradient(x - 1e-5 * v)) / 2e-5
    torch.testing.assert_close(ng.hvp(f, nesting)(x, v), truth, rtol=1e-6, atol=1e-8)


def test_right_where_the_second_letter_is_the_users():
    truth = ng.derivative(written_out, "RR")(X, ng.gradient(written_out)(X))
    x = X.clone().requires_grad_()
    _, pullback = ng.vjp(fused, x)
    one = torch.ones((), dtype=F64)
    for gradient in (ng.gradient(fused)(x), ng.value_and_gradient(fused)(x)[1], pullback(one)[0]):
        (found,) = torch.autograd.grad(gradient.pow(2).sum() / 2, x)
        torch.testing.assert_close(found, truth)
    found = torch.func.grad(lambda x: ng.gradient(fused)(x).pow(2).sum() / 2)(X)
    torch.testing.assert_close(found, truth)


@pytest.mark.parametrize("inner", ["grad", "autograd"])
def test_right_where_the_second_letter_is_inside(inner):
    def slopes(f, x):
        if inner == "grad":
            return torch.func.grad(f)(x)
        x = x * 1
        return torch.autograd.grad(f(x), x, create_graph=True)[0]

    found = ng.gradient(lambda x: slopes(fused, x).pow(2).sum() / 2)(X)
    torch.testing.assert_close(found, ng.derivative(written_out, "RR")(X, ng.gradient(written_out)(X)))


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF", "FF"])
@pytest.mark.parametrize("parametrised", [True, False])
def test_right_in_the_parameters_of_the_layer(parametrised, nesting):
    made = torch.nn.Linear(3, 2, dtype=F64)
    with torch.no_grad():
        made.weight.copy_(torch.cos(torch.arange(6.0, dtype=F64)).reshape(2, 3))
    utils = torch.nn.utils
    made = utils.parametrizations.weight_norm(made) if parametrised else old_weight_norm(utils, made)
    name = "parametrizations.weight.original1" if parametrised else "weight_v"
    called = lambda w: torch.func.functional_call(made, {name: w}, (X,)).tanh().sum()  # noqa: E731
    directions = [V] * ng.Nesting(nesting).directions
    found = ng.derivative(called, nesting)(X, *directions)
    step = 1e-5 * V
    truth = (ng.gradient(called)(X + step) - ng.gradient(called)(X - step)) / 2e-5
    truth = truth if "R" in nesting else (truth * V).sum()
    torch.testing.assert_close(found.detach(), truth.detach(), rtol=1e-6, atol=1e-8)


def old_weight_norm(utils, module):
    with pytest.warns(FutureWarning, match="weight_norm"):
        return utils.weight_norm(module)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_refused_where_no_repair_reaches():
    with pytest.raises(ng.UnsupportedNestingError, match="weight_norm"):
        ng.hvp(fused, compile=True)(X, V)


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF"])
def test_right_in_what_the_layer_is_applied_to(nesting):
    linear = layer()
    f = lambda x: linear(x).pow(3).sum()  # noqa: E731
    with torch.no_grad():
        weight, bias = linear.weight.clone(), linear.bias.clone()
    truth = 6 * ((X @ weight.T + bias) * (V @ weight.T)) @ weight
    assert torch.allclose(ng.derivative(f, nesting)(X, V), truth)


def test_a_penalty_on_the_gradient_trains_the_weights():
    """The layer is differentiated in its input, then once in its weights: that is right, and not refused."""
    linear = layer()
    weights = linear.parametrizations.weight.original1

    def penalty():
        return ng.gradient(lambda x: linear(x).tanh().sum())(X).pow(2).sum()

    penalty().backward()
    along, step = torch.cos(weights.detach()), 1e-6
    with torch.no_grad():
        weights += step * along
        above = penalty()
        weights -= 2 * step * along
        below = penalty()
    assert torch.isclose((weights.grad * along).sum(), (above - below) / (2 * step), rtol=1e-6)


def normalised_by_hand(x):
    centred = x - x.mean(-1, keepdim=True)
    return ((centred / (centred.pow(2).mean(-1, keepdim=True) + 1e-3).sqrt()) * x[0] + x[1]).pow(3).sum()


LAYER_NORMS = {
    "functional": lambda x: torch.nn.functional.layer_norm(x, (3,), x[0], x[1], 1e-3),
    "torch": lambda x: torch.layer_norm(x, [3], weight=x[0], bias=x[1], eps=1e-3),
    "operator": lambda x: ATEN.layer_norm(x, (3,), x[0], x[1], 1e-3),
}


@pytest.mark.parametrize("nesting", ["RF", "FF", "RRR", "FRR", "RFR"])
@pytest.mark.parametrize("name", LAYER_NORMS)
def test_layer_norm_is_right_where_torch_takes_the_deviation_for_a_constant(name, nesting):
    directions = [V] * ng.Nesting(nesting).directions
    found = ng.derivative(lambda x: LAYER_NORMS[name](x).pow(3).sum(), nesting)(X, *directions)
    torch.testing.assert_close(found, ng.derivative(normalised_by_hand, nesting)(X, *directions))


@pytest.mark.parametrize("nesting", ["F", "RR"])
def test_layer_norm_is_right_where_the_last_letter_is_the_users(nesting):
    directions = [V] * ng.Nesting(nesting).directions
    found = []
    for f in (lambda x: LAYER_NORMS["functional"](x).pow(3).sum(), normalised_by_hand):
        x = X.clone().requires_grad_()
        ng.derivative(f, nesting)(x, *directions).sum().backward()
        found.append(x.grad)
    torch.testing.assert_close(*found)


def test_layer_norm_of_another_shape_is_an_error_of_torch():
    with pytest.raises(RuntimeError, match="normalized_shape"):
        ng.reverse_over_forward(lambda x: torch.nn.functional.layer_norm(x, (2,)).sum())(X, V)
