"""Some faults are of what is differentiated in, not of what f captures: weight_norm in its weights."""

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


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF", "FF", "RRR", "FRR"])
def test_refused_in_the_weights(nesting):
    with pytest.raises(ng.UnsupportedNestingError, match=r"'weight_norm'.*vector_norm"):
        ng.derivative(fused, nesting)(X, *[V] * ng.Nesting(nesting).directions)


def test_refused_where_the_second_letter_is_the_users():
    x = X.clone().requires_grad_()
    _, pullback = ng.vjp(fused, x)
    one = torch.ones((), dtype=F64)
    for gradient in (ng.gradient(fused)(x), ng.value_and_gradient(fused)(x)[1], pullback(one)[0]):
        with pytest.raises(ng.UnsupportedNestingError, match="weight_norm"):
            gradient.pow(2).sum().backward()
    with pytest.raises(ng.UnsupportedNestingError, match="weight_norm"):
        torch.func.grad(lambda x: ng.gradient(fused)(x).pow(2).sum())(X)


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
