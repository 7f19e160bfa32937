"""What a rule of the user's computes for itself and saves: refused in a second derivative, and nothing else is."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
checkpoint = pytest.importorskip("torch.utils.checkpoint").checkpoint
Function = torch.autograd.Function

X = torch.tensor([0.3, -0.7], dtype=torch.float64)
V = torch.tensor([1.0, 0.5], dtype=torch.float64)


class Saving(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(x)
        ctx.save_for_backward(e.cos() * e)
        return torch.sin(e)

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * ctx.saved_tensors[0]


class Keeping(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.e = torch.exp(x)
        return torch.sin(ctx.e)

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * ctx.e.cos() * ctx.e


class Solving(Function):
    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            y = x.detach().requires_grad_()
            z = torch.sin(torch.exp(y))
            (gradient,) = torch.autograd.grad(z.sum(), y)
        ctx.save_for_backward(gradient)
        return z.detach()

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * ctx.saved_tensors[0]


class InPlace(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.zeros_like(x)
        e[:] = torch.exp(x)
        ctx.save_for_backward(e)
        return torch.sin(e)

    @staticmethod
    def backward(ctx, cotangent):
        (e,) = ctx.saved_tensors
        return cotangent * e.cos() * e


class SetUp(Function):
    @staticmethod
    def forward(x):
        return torch.sin(torch.exp(x))

    @staticmethod
    def setup_context(ctx, inputs, output):
        e = torch.exp(inputs[0])
        ctx.save_for_backward(e.cos() * e)
        ctx.save_for_forward(e.cos() * e)

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * ctx.saved_tensors[0]

    @staticmethod
    def jvp(ctx, tangent):
        return tangent * ctx.saved_tensors[0]


@torch.library.custom_op("nestgrad_tests::sine_of_exp", mutates_args=())
def operator(x: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
    return torch.sin(scale * torch.exp(x))


def _set_up(ctx, inputs, keyword_only_inputs, output):
    e = torch.exp(inputs[0])
    ctx.save_for_backward(e.cos() * e)


operator.register_autograd(lambda ctx, cotangent: cotangent * ctx.saved_tensors[0], setup_context=_set_up)


class Returned(Function):
    @staticmethod
    def forward(x):
        e = torch.exp(x)
        return torch.sin(e), e

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output[1])

    @staticmethod
    def backward(ctx, cotangent, of_e):
        (e,) = ctx.saved_tensors
        return (cotangent * e.cos() + of_e) * e


class Masked(Function):
    @staticmethod
    def forward(ctx, x, weight):
        ctx.scale = torch.linspace(0.5, 1, x.numel(), dtype=x.dtype)
        ctx.save_for_backward(x, weight, (x > 0).to(x.dtype), torch.sign(x))
        return x**2 * weight * (x > 0) * ctx.scale

    @staticmethod
    def backward(ctx, cotangent):
        x, weight, mask, _ = ctx.saved_tensors
        return cotangent * 2 * x * weight * mask * ctx.scale, None


def plain(x):
    return torch.sin(torch.exp(x))


def in_a_checkpoint(apply):
    return lambda x: checkpoint(lambda y: apply(y).cos(), x, use_reentrant=False)


HIDING = {
    **{rule.__name__: rule.apply for rule in (Saving, Keeping, Solving, InPlace, SetUp)},
    "custom_op": operator,
    "in a checkpoint": in_a_checkpoint(Saving.apply),
}
RIGHT = {
    "returned": (lambda x: Returned.apply(x)[0], plain),
    "saved output": (lambda x: Returned.apply(x)[1], torch.exp),
    "masked": (
        lambda x: Masked.apply(x, torch.full_like(x, 0.3)),
        lambda x: torch.relu(x) ** 2 * 0.3 * torch.tensor([0.5, 1.0], dtype=x.dtype),
    ),
    "in a checkpoint": (in_a_checkpoint(lambda x: Returned.apply(x)[0]), lambda x: plain(x).cos()),
}


def total(g):
    """The sum of cubes keeps a lost second derivative from being zero, or an error."""
    return lambda x: torch.sum(g(x) ** 2) + torch.sum(x**3)


@pytest.mark.parametrize("name", HIDING)
def test_the_first_derivative_is_right(name):
    expected = plain if name != "in a checkpoint" else lambda x: plain(x).cos()
    torch.testing.assert_close(ng.gradient(total(HIDING[name]))(X), ng.gradient(total(expected))(X))


@pytest.mark.parametrize("name", HIDING)
def test_the_second_is_refused(name):
    with pytest.raises(ng.UnsupportedNestingError, match="saves what its forward computed"):
        ng.hvp(total(HIDING[name]), "RR")(X, V)


@pytest.mark.parametrize("nesting", ["FR", "RF", "FRR", "RRF", "RRR"])
def test_under_torch_func_it_is_refused_too(nesting):
    with pytest.raises(ng.UnsupportedNestingError, match="saves what its forward computed"):
        ng.derivative(total(SetUp.apply), nesting)(X, *[V] * (len(nesting) - 1))
    assert torch.equal(ng.derivative(total(SetUp.apply), "F")(X, V), ng.derivative(total(plain), "F")(X, V))


@pytest.mark.parametrize("name", HIDING)
def test_the_users_own_backward_through_a_gradient_raises(name):
    x = X.clone().requires_grad_()
    gradient = ng.gradient(total(HIDING[name]))(x)
    with pytest.raises(ng.UnsupportedNestingError, match="saves what its forward computed"):
        (gradient @ V).backward()


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_returned_or_constant_is_not_refused(name):
    g, expected = RIGHT[name]
    torch.testing.assert_close(ng.hvp(total(g), "RR")(X, V), ng.hvp(total(expected), "RR")(X, V))
    x = X.clone().requires_grad_()
    (ng.gradient(total(g))(x) @ V).backward()
    torch.testing.assert_close(x.grad, ng.hvp(total(expected), "RR")(X, V))


def test_what_a_rule_returns_may_be_saved_by_another():
    g = lambda x: Masked.apply(Returned.apply(x)[1], torch.ones_like(x))  # noqa: E731
    expected = lambda x: torch.exp(x) ** 2 * torch.tensor([0.5, 1.0], dtype=x.dtype)  # noqa: E731
    torch.testing.assert_close(ng.hvp(total(g), "RR")(X, V), ng.hvp(total(expected), "RR")(X, V))
