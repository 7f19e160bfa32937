"""An autograd.Function with a jvp rule, under two forward modes and more, whoever asks for them."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
func = torch.func

F64 = torch.float64
X = torch.tensor([0.6, -1.1], dtype=F64)
V = torch.tensor([1.0, 0.5], dtype=F64)
CODES = ["FF", "FFF", "FFR", "FRF", "RFF", "FRR", "RFR", "RRF"]


class Quartic(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x**4

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, cotangent):
        return 4 * ctx.saved_tensors[0] ** 3 * cotangent

    @staticmethod
    def jvp(ctx, tangent):
        return 4 * ctx.saved_tensors[0] ** 3 * tangent


class OfFunctions(Quartic):
    """Its rules are Functions themselves."""

    @staticmethod
    def backward(ctx, cotangent):
        return Slope.apply(ctx.saved_tensors[0], cotangent)

    @staticmethod
    def jvp(ctx, tangent):
        return Slope.apply(ctx.saved_tensors[0], tangent)


class Slope(Quartic):
    @staticmethod
    def forward(x, v):
        return 4 * x**3 * v

    @staticmethod
    def backward(ctx, cotangent):
        x, v = ctx.saved_tensors
        return 12 * x**2 * v * cotangent, 4 * x**3 * cotangent

    @staticmethod
    def jvp(ctx, tangent, of_v):
        x, v = ctx.saved_tensors
        return 12 * x**2 * v * tangent + 4 * x**3 * of_v


def powers(x):
    return (x**5).sum()


def f(rule):
    return lambda x: (rule.apply(x) * x).sum()


def derivative(f, code):
    return ng.derivative(f, code)(X, *[V] * ng.Nesting(code).directions)


each_rule = pytest.mark.parametrize("rule", [Quartic, OfFunctions])


@each_rule
@pytest.mark.parametrize("code", CODES)
def test_right_in_every_nesting(rule, code):
    torch.testing.assert_close(derivative(f(rule), code), derivative(powers, code))


@each_rule
def test_right_with_transforms_of_the_users(rule):
    slope = lambda x: ng.derivative(f(rule), "F")(x, V)  # noqa: E731
    of_the_users = lambda x: func.jvp(f(rule), (x,), (V,))[1]  # noqa: E731
    expected = (20 * X**3 * V * V).sum()
    torch.testing.assert_close(func.jvp(slope, (X,), (V,))[1], expected)
    torch.testing.assert_close(ng.jvp(slope, (X,), (V,))[1], expected)
    torch.testing.assert_close(ng.jvp(of_the_users, (X,), (V,))[1], expected)


def test_refused_in_a_batch():
    batched = lambda x: func.vmap(Quartic.apply)(x).sum()  # noqa: E731
    with pytest.raises(ng.UnsupportedNestingError, match=r"autograd\.Function"):
        derivative(batched, "FF")
    torch.testing.assert_close(derivative(batched, "FR"), 12 * X**2 * V)


def test_forward_over_a_batch_of_gradients():
    """Of what is refused and repaired beside, nothing is in the way."""
    xs, vs = torch.stack([X, V]), torch.stack([V, X])
    for rule in (Quartic, OfFunctions):
        found = ng.jvp(func.vmap(ng.gradient(f(rule))), (xs,), (vs,))[1]
        torch.testing.assert_close(found, 20 * xs**3 * vs)
