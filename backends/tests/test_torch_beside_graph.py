"""FR and RF by name: a graph shows the operators, and what leaves no node in it is refused all the same."""

import warnings

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
watch = pytest.importorskip("nestgrad_torch._guard.watch")
functional = torch.nn.functional

F64 = torch.float64
X = torch.tensor([0.6, 1.1, 0.7, 1.3, 0.9], dtype=F64)
V = torch.tensor([0.3, -0.4, 0.5, 0.1, -0.2], dtype=F64)
J = torch.special.bessel_j0  # torch has no derivative of it
FLAG = {"on": False, "in forward": False, "in backward": False}
INDEX = torch.tensor([0, 1, 0, 1, 0])


@pytest.fixture(autouse=True)
def _flag_down():
    FLAG.update(dict.fromkeys(FLAG, False))


@pytest.fixture
def entered(monkeypatch):
    """The nestings under which every operator was seen."""
    nestings = []
    enter = watch.every_operator

    def counted(nesting, operators):
        nestings.append(nesting)
        return enter(nesting, operators)

    monkeypatch.setattr(watch, "every_operator", counted)
    return nestings


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@pytest.mark.parametrize(
    "f",
    [
        rosenbrock,
        lambda x: 1 / torch.sqrt(torch.sum(x * x)),
        lambda x: functional.gelu(x[None] @ torch.ones(5, 2, dtype=F64)).logsumexp(-1).sum(),
        lambda x: (x * x.new_ones(5).clamp(max=0.5)).sum() ** 2 if x.sum() > 0 else x.sum(),
    ],
)
def test_no_operator_is_seen_by_itself_from_the_third_call_on(f, entered):
    for op in (ng.forward_over_reverse(f), ng.reverse_over_forward(f), ng.gradient_and_hvp(f, "FR")):
        for _ in range(2):
            op(X, V)
        entered.clear()
        op(X, V)
        assert entered == []


def test_the_pullback_is_watched_again_at_powers_of_two_and_for_new_graphs(entered):
    op = ng.forward_over_reverse(lambda x: (x.sin() if FLAG["on"] else x.cos()).sum())
    seen = []
    for call in range(1, 18):
        FLAG["on"] = call in (7, 11)
        entered.clear()
        op(X, V)
        if entered:
            assert entered == ["F"]
            seen.append(call)
    assert seen == [1, 2, 4, 7, 8, 16]


def test_the_pullback_is_watched_in_every_call_where_that_was_asked_for(entered):
    op = ng.forward_over_reverse(rosenbrock, verify="always")
    for call in range(1, 4):
        op(X, V)
        assert entered == ["F"] * call


class Rule(torch.autograd.Function):
    """One of its rules calls what forward mode gets wrong, where no graph shows it."""

    @staticmethod
    def forward(x):
        return torch.sin(inverse(x) * 0 + x) if FLAG["in forward"] else torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return cotangent * (inverse(x) if FLAG["in backward"] else torch.cos(x))

    @staticmethod
    def jvp(ctx, tangent):
        return torch.cos(ctx.saved_tensors[0]) * tangent


def inverse(x):
    """A vector that cholesky_inverse makes, whose forward rule is wrong."""
    factor = torch.diag(x) + torch.tril(x[:, None] * x, -1)
    return torch.cholesky_inverse(factor).sum(0)


def hooked(x):
    y = x**2
    y.register_hook(lambda cotangent: cotangent * (inverse(x) if FLAG["on"] else x))
    return (y * x).sum()


def hooked_at_a_node(x):
    y = x**2
    y.grad_fn.register_prehook(lambda cotangents: (cotangents[0] * (inverse(x) if FLAG["on"] else x),))
    return (y * x).sum()


def without_gradient(x):
    with torch.no_grad():
        factor = inverse(x) if FLAG["on"] else x.sin()
    return (factor * x).sum()


def without_inference(x):
    with torch.set_grad_enabled(False):
        factor = inverse(x) if FLAG["on"] else x.sin()
    return (factor * x).sum()


def in_place(x):
    """A view hides what is written into it by one node for all such operations."""
    y = torch.ones(4, dtype=F64) * x[0]
    y[:2].scatter_reduce_(0, INDEX, x, "prod" if FLAG["on"] else "mean")
    return (y**2).sum()


def number(x):
    return (functional.leaky_relu(x - 1, x[0] if FLAG["on"] else 0.1) * x).sum()


def keyword(x):
    return (torch.add(x, x, alpha=x[0] if FLAG["on"] else 2.0) * x).sum()


def scripted(x, on: bool):
    if on:
        return torch.layer_norm(x, [5])
    return x.sin()


with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    scripted = torch.jit.script(scripted)


def normalised(x):
    return (by_the_operator(x) if FLAG["on"] else x.sin()).pow(3).sum()


def by_the_operator(x):
    return torch.ops.aten.native_layer_norm(x, (5,), None, None, 1e-5)[0]


def inner(x):
    """What is wrong is in a function that f differentiates itself."""
    of = lambda y: (inverse(y) if FLAG["on"] else y.sin()).pow(3).sum()  # noqa: E731
    return (torch.func.grad(of)(x) * x).sum()


def near_zero(x):
    return torch.sinc(0 * x if FLAG["on"] else x).sum()


INNER = {  # the rule of sinc is what f keeps of it, and no node
    "torch.func.grad": lambda x: torch.func.grad(near_zero)(x),
    "torch.func.jacrev": lambda x: torch.func.jacrev(torch.func.jacrev(near_zero))(x),
    "torch.func.jvp": lambda x: torch.func.jvp(near_zero, (x,), (V,))[1],
    "torch.autograd.grad": lambda x: torch.autograd.grad(near_zero(x), x, create_graph=True)[0],
    "torch.autograd.functional": lambda x: torch.autograd.functional.vjp(near_zero, x, create_graph=True)[1],
}

CASES = {
    **{
        name: (lambda x, inner=inner: (inner(x) * x).sum(), "FR RF" if name.startswith("torch.func.") else "FR")
        for name, inner in INNER.items()
    },
    "J": (lambda x: ((J(x) if FLAG["on"] else torch.ones_like(x)) * x * x).sum(), "FR RF"),
    "inverse": (lambda x: ((inverse(x) if FLAG["on"] else x.sin()) * x).sum(), "FR RF"),
    "aten": (
        lambda x: (torch.ops.aten.cholesky_inverse(torch.diag(x)).diagonal() if FLAG["on"] else x.sin()).sum(),
        "FR RF",
    ),
    "logaddexp far away": (lambda x: torch.logaddexp(x, 500 * x if FLAG["on"] else 2 * x).sum(), "FR RF"),
    "zero norm": (lambda x: torch.linalg.norm(0 * x if FLAG["on"] else x) ** 2, "FR RF"),
    "layer norm": (normalised, "RF"),
    "layer norm in TorchScript": (lambda x: scripted(x, FLAG["on"]).pow(3).sum(), "RF"),
    "batch norm in training": (
        lambda x: (
            functional.batch_norm(x[:, None], torch.zeros(1, dtype=F64), torch.ones(1, dtype=F64), training=FLAG["on"])
            .pow(3)
            .sum()
        ),
        "RF",
    ),
    "no_grad": (without_gradient, "FR RF"),
    "set_grad_enabled": (without_inference, "FR RF"),
    "a view that is written": (in_place, "FR RF"),
    "a number": (number, "RF"),
    "a number by keyword": (keyword, "RF"),
    "in forward": (lambda x: Rule.apply(x).pow(3).sum(), "FR RF"),
    "in backward": (lambda x: Rule.apply(x).pow(3).sum(), "FR"),
    "a hook": (hooked, "FR"),
    "a hook of a node": (hooked_at_a_node, "FR"),
    "a gradient inside": (inner, "FR RF"),
}


@pytest.mark.parametrize(
    ("name", "nesting"), [(name, word) for name, (_, words) in CASES.items() for word in words.split()]
)
def test_refused_after_calls_that_were_right(name, nesting):
    op = ng.derivative(CASES[name][0], nesting)
    for _ in range(20):
        op(X, V)
    FLAG[name if name in FLAG else "on"] = True
    for _ in range(3):
        with pytest.raises(ng.UnsupportedNestingError):
            op(X, V)


def test_what_is_refused_under_f_is_refused_under_fr():
    """So one look at f serves both modes."""
    for outer, inner in zip(watch.refused("F", False), watch.refused("FR", False), strict=True):
        assert set(outer) <= set(inner)
        for name, wrongs in outer.items():
            assert set(wrongs) <= set(inner[name])


TWO = {  # functions of two arguments, each differentiated by one mode: no graph of the one shows the other
    "RF": lambda f: lambda y: ng.gradient(lambda y: ng.jvp(lambda z: f(y, z), (X,), (V,))[1])(y),
    "FR": lambda f: lambda y: ng.jvp(lambda z: ng.gradient(lambda y: f(y, z))(y), (X,), (V,))[1],
}


@pytest.mark.parametrize("nesting", TWO)
def test_refused_in_the_argument_of_forward_mode_alone(nesting):
    mixed = TWO[nesting](lambda y, z: (y**2 * (inverse(z) if FLAG["on"] else z**3)).sum())
    torch.testing.assert_close(mixed(X), 2 * X * 3 * X**2 * V)
    FLAG["on"] = True
    with pytest.raises(ng.UnsupportedNestingError, match="cholesky_inverse"):
        mixed(X)


def test_refused_in_one_of_several_results():
    def pair(y):
        return y.sum(), by_the_operator(y) if FLAG["on"] else y**3

    second = ng.gradient(lambda x: ng.jvp(pair, (x,), (V,))[1][1].sum())
    torch.testing.assert_close(second(X), 6 * X * V)
    FLAG["on"] = True
    with pytest.raises(ng.UnsupportedNestingError, match="layer_norm"):
        second(X)


@pytest.mark.parametrize("nesting", ["FR", "RF"])
def test_attention_that_masks_a_row(nesting):
    """Weights are exp(x₁xᵢ) over their sum; with two keys the value is that of a logistic function."""
    mask = torch.tensor([[True, True], [True, False]])

    def attended(x):
        keys = x[:, None]
        found = functional.scaled_dot_product_attention(keys, keys, keys, attn_mask=mask, scale=1.0)
        return found[0].sum()

    def by_hand(x):
        weight = torch.sigmoid(x[0] * (x[0] - x[1]))
        return weight * x[0] + (1 - weight) * x[1]

    x, v = X[:2], V[:2]
    torch.testing.assert_close(ng.hvp(attended, nesting)(x, v), ng.hvp(by_hand, "RR")(x, v))
    mask[1, 0] = False
    found = ng.hvp(lambda x: attended(x) + 0 * x.sum(), nesting)(x, v)
    torch.testing.assert_close(found, ng.hvp(by_hand, "RR")(x, v))


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF"])
def test_a_graph_of_others_behind_what_is_captured_is_not_of_this_nesting(nesting):
    weights = torch.zeros(5, dtype=F64, requires_grad=True)
    captured = 2 + torch.linalg.norm(weights) + functional.layer_norm(weights * X, (5,)).sum()
    found = ng.hvp(lambda x: captured * (x**3).sum(), nesting)(X, V)
    torch.testing.assert_close(found.detach(), 12 * X * V)
    for f in (lambda x: captured, lambda x: captured + 0 * x.sum()):
        torch.testing.assert_close(ng.hvp(f, nesting)(X, V).detach(), torch.zeros(5, dtype=F64))
