"""Attention is right in every nesting, by its math form, whatever kernel torch would take; the truth is differences."""

import threading
import warnings

import pytest

import nestgrad as ng
from nestgrad.internal import recorded

torch = pytest.importorskip("torch")
functional, nn = torch.nn.functional, torch.nn
attend = functional.scaled_dot_product_attention

F64 = torch.float64
SECOND = ["RR", "FR", "RF", "FF"]
NOTHING = -float("inf")


def ramp(*shape):
    return torch.sin(torch.arange(1.0, 1.0 + torch.Size(shape).numel(), dtype=F64)).reshape(shape)


X = ramp(2, 4, 3, 6)  # contiguous heads, for which torch takes its flash kernel
BOOLEAN = torch.tensor([[True, True, False], [False, False, False], [True, False, True]])
ADDED = torch.tensor([[0.0, 1.0, NOTHING], [NOTHING] * 3, [0.3, 0.0, 0.5]], dtype=F64)


def dropped(x):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return attend(x, x.cos(), x.sin(), dropout_p=0.5)


CALLS = {
    "plain": lambda x: attend(x, x.cos(), x.sin()),
    "causal": lambda x: attend(x, x.cos(), x.sin(), is_causal=True),
    "fewer queries, causal": lambda x: attend(x[:, :, :2], x.cos(), x.sin(), is_causal=True),
    "boolean mask with an empty row": lambda x: attend(x, x.cos(), x.sin(), attn_mask=BOOLEAN),
    "added mask with an empty row": lambda x: attend(x, x.cos(), x.sin(), ADDED),
    "added mask in float32": lambda x: attend(x, x.cos(), x.sin(), ADDED[2:].float()),
    "scale": lambda x: attend(x, x.cos(), x.sin(), scale=0.3),
    "negative scale": lambda x: attend(x, x.cos(), x.sin(), scale=-0.3),
    "grouped queries": lambda x: attend(x, x[:, :2].cos(), x[:, 2:].sin(), enable_gqa=True),
    "mask that varies": lambda x: attend(x, x.cos(), x.sin(), attn_mask=x[..., :3]),
    "dropout": dropped,
    "operator": lambda x: torch.ops.aten.scaled_dot_product_attention(x, x.cos(), x.sin()),
    "overload": lambda x: torch.ops.aten.scaled_dot_product_attention.default(x, x.cos(), x.sin()),
    "without heads": lambda x: attend(x[0, :1], x[0, 1:2].cos(), x[0, 2:3].sin()),
}


def curvature(f, x, v):
    """vᵀ∇²f(x)v by differences of values."""
    at = [f(x + step * 2e-3 * v).detach() for step in (-2, -1, 0, 1, 2)]
    return (-at[0] + 16 * at[1] - 30 * at[2] + 16 * at[3] - at[4]) / (12 * 2e-3**2)


def along(f, nesting, x, v, **options):
    found = ng.derivative(f, nesting, **options)(x, *[v] * ng.Nesting(nesting).directions)
    return (found * v).sum().detach() if "R" in nesting else found.detach()


@pytest.mark.parametrize("nesting", SECOND)
@pytest.mark.parametrize("name", CALLS)
def test_right_in_every_nesting(name, nesting):
    f = lambda x: (ramp(*CALLS[name](x).shape) * CALLS[name](x)).sin().sum()  # noqa: E731
    v = X.cos()
    torch.testing.assert_close(along(f, nesting, X, v), curvature(f, X, v), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", CALLS)
def test_the_value_and_the_draws_are_those_of_torch(name):
    found, _ = ng.jvp(CALLS[name], (X,), (X.cos(),))
    torch.testing.assert_close(found, CALLS[name](X))


def encoder(training=True, activation=functional.gelu):
    made = nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, batch_first=True, activation=activation, dtype=F64)
    with torch.no_grad():
        for number, parameter in enumerate(made.parameters()):
            parameter.copy_(ramp(*parameter.shape) / 2 + 0.1 * number)
    return made.train(training)


TRAINED, EVALUATED = encoder(), encoder(training=False)
FROZEN = encoder(training=False).requires_grad_(requires_grad=False)
STACK = nn.TransformerEncoder(EVALUATED, 2, enable_nested_tensor=False)
PADDING = torch.tensor([[False, False, True]])
ATTENTION = TRAINED.self_attn
LAYERS = {
    "in training": TRAINED,
    "in evaluation": EVALUATED,
    "frozen": FROZEN,
    "stack": lambda x: STACK(x, src_key_padding_mask=PADDING),
    "multihead": lambda x: ATTENTION(x, x.cos(), x, need_weights=False)[0],
    "with its weights": lambda x: torch.cat([y.flatten() for y in ATTENTION(x, x.cos(), x)]),
    "functional": lambda x: functional.multi_head_attention_forward(
        *[x.transpose(0, 1)] * 3,
        *(4, 2, ramp(12, 4), ramp(12), None, None, False, 0.0, ramp(4, 4), ramp(4)),
        need_weights=False,
    )[0],
}


@pytest.mark.parametrize("nesting", SECOND)
@pytest.mark.parametrize("name", LAYERS)
def test_a_transformer_is_right_in_every_nesting(name, nesting):
    f = lambda x: (ramp(*LAYERS[name](x).shape) * LAYERS[name](x)).sin().sum()  # noqa: E731
    x = ramp(1, 3, 4)
    torch.testing.assert_close(along(f, nesting, x, x.cos()), curvature(f, x, x.cos()), rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize(("nesting", "layer"), [("RR", TRAINED), ("FR", EVALUATED), ("RF", EVALUATED)])
def test_a_transformer_is_right_where_it_is_compiled(nesting, layer):
    f = lambda x: (ramp(1, 3, 4) * layer(x)).sin().sum()  # noqa: E731
    x = ramp(1, 3, 4)
    found = along(f, nesting, x, x.cos(), compile=True)
    torch.testing.assert_close(found, curvature(f, x, x.cos()), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("nesting", SECOND)
def test_a_transformer_is_right_in_its_weights(nesting):
    layer, x = encoder(), ramp(1, 3, 4)
    names = ("self_attn.in_proj_weight", "norm1.weight", "linear2.bias")
    weights = tuple(layer.get_parameter(name).detach() for name in names)
    v = tuple(weight.cos() for weight in weights)

    def f(w):
        return (ramp(1, 3, 4) * torch.func.functional_call(layer, dict(zip(names, w, strict=True)), (x,))).sin().sum()

    found = ng.derivative(f, nesting)(weights, *[v] * ng.Nesting(nesting).directions)
    if "R" in nesting:
        found = sum((one * along).sum() for one, along in zip(found, v, strict=True))
    flat = torch.cat([weight.flatten() for weight in weights])
    sizes = [weight.numel() for weight in weights]

    def of_flat(z):
        return f(tuple(part.reshape(weight.shape) for part, weight in zip(z.split(sizes), weights, strict=True)))

    truth = curvature(of_flat, flat, flat.cos())
    torch.testing.assert_close(found.detach(), truth, rtol=1e-6, atol=1e-6)


def plain(x):
    return (X * CALLS["plain"](x)).sum()


def by_the_users_tape(f, x, v):
    x = x.clone().requires_grad_()
    (ng.gradient(f)(x) * v).sum().backward()
    return x.grad


def by_the_users_func(f, x, v):
    return torch.func.grad(lambda x: (ng.gradient(f)(x) * v).sum())(x)


def by_func_inside(f, x, v):
    return ng.gradient(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


@pytest.mark.parametrize("product", [by_the_users_tape, by_the_users_func, by_func_inside])
def test_right_where_one_letter_is_the_users(product):
    v = X.cos()
    torch.testing.assert_close((v * product(plain, X, v)).sum(), curvature(plain, X, v), rtol=1e-6, atol=1e-6)


def test_a_penalty_on_the_gradient_trains_a_transformer():
    """One R is nestgrad's; that parameters require a gradient tells that another will follow."""
    layer, x = encoder(), ramp(1, 3, 4)
    weight = layer.self_attn.in_proj_weight

    def penalty():
        return ng.gradient(lambda x: layer(x).tanh().sum())(x).pow(2).sum()

    for _ in range(3):  # watched or not
        weight.grad = None
        penalty().backward()
    direction, step = torch.cos(weight.detach()), 1e-6
    with torch.no_grad():
        weight += step * direction
        above = penalty()
        weight -= 2 * step * direction
        below = penalty()
    torch.testing.assert_close((weight.grad * direction).sum(), (above - below) / (2 * step), rtol=1e-6, atol=1e-8)


def test_a_gradient_alone_is_left_to_the_kernel_of_torch():
    with recorded() as emulations:
        ng.gradient(plain)(X)
    assert not emulations


def test_no_switch_is_touched_that_another_thread_sees():
    seen, inside, done = [], threading.Event(), threading.Event()

    def f(x):
        y = CALLS["plain"](x)
        inside.set()
        done.wait(10)
        return y.sum()

    thread = threading.Thread(target=lambda: ng.forward_over_reverse(f)(X, X.cos()))
    thread.start()
    inside.wait(10)
    seen = [torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.mem_efficient_sdp_enabled()]
    other = X.clone().requires_grad_()
    name = attend(other, other, other).grad_fn.name()
    done.set()
    thread.join()
    assert (seen, "Flash" in name) == ([True, True], True)


WRONG = {
    "a mask of another dtype": lambda x: attend(x, x, x, attn_mask=ADDED.half()),
    "keys of another dtype": lambda x: attend(x, x.float(), x.float()),
    "heads that do not divide": lambda x: attend(x, x[:, :3], x[:, :3], enable_gqa=True),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_torch_does_not_take_is_its_own_error(name):
    with pytest.raises(Exception) as alone:  # noqa: PT011
        WRONG[name](X)
    with pytest.raises(type(alone.value)):
        ng.forward_over_reverse(lambda x: WRONG[name](x).sum())(X, X.cos())


def test_half_precision_is_computed_in_float32_as_torch_does():
    x = X.to(torch.bfloat16)
    value, tangent = ng.jvp(CALLS["plain"], (x,), (x.cos(),))
    assert value.dtype == tangent.dtype == torch.bfloat16
    torch.testing.assert_close(value.double(), CALLS["plain"](x.double()), rtol=2e-2, atol=2e-2)


def attended(x: torch.Tensor):
    return torch.nn.functional.scaled_dot_product_attention(x, x * x, x).sum()


@pytest.mark.parametrize("nesting", SECOND)
def test_refused_where_no_repair_reaches(nesting):
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        scripted = torch.jit.script(attended)
    with pytest.raises(ng.UnsupportedNestingError, match="attention"):
        along(scripted, nesting, X, X.cos())
