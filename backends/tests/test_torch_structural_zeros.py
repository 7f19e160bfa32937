"""Structural zeros of torch: nobody is handed one, and forward mode goes through a batch of gradients."""

import io

import optree
import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
functional = torch.nn.functional
func = torch.func

# Of torch.func alone too, for mse_loss in a batch.
pytestmark = pytest.mark.filterwarnings("ignore:An output with one or more elements was resized:UserWarning")

F64 = torch.float64
X = torch.tensor([1.0, 2.0], dtype=F64)
V = torch.tensor([0.5, -1.0], dtype=F64)

CONSTANT_SLOPES = {  # functions whose second derivative is structurally zero
    "linear": lambda x: (3 * x).sum(),
    "sum": lambda x: x.sum(),
    "entry": lambda x: x[0],
    "with a constant": lambda x: (x * torch.ones_like(x)).sum() + 2,
    "concatenated": lambda x: torch.cat([x, torch.ones_like(x)]).sum(),
    "constant": lambda x: torch.ones((), dtype=x.dtype),
    "number": lambda x: 2.0,
}
SECOND = ("FR", "RF", "RR")
THIRD = ("RRR", "FRR", "RFR", "FFR", "RRF", "FRF", "RFF")
OPERATORS = {
    **{nesting: lambda f, x, v, nesting=nesting: ng.derivative(f, nesting)(x, v) for nesting in SECOND},
    **{nesting: lambda f, x, v, nesting=nesting: ng.derivative(f, nesting)(x, v, v) for nesting in THIRD},
    "FF": lambda f, x, v: ng.forward_over_forward(f)(x, v, v),
    "FFF": lambda f, x, v: ng.derivative(f, "FFF")(x, v, v, v),
    "auto": lambda f, x, v: ng.hvp(f)(x, v),
    "pair": lambda f, x, v: [ng.gradient_and_hvp(f, nesting)(x, v)[1] for nesting in SECOND],
    "composite": lambda f, x, v: [
        ng.nested_gradient(lambda y: (y**2).sum(), f, nesting=nesting)(x) for nesting in SECOND
    ],
    "aux": lambda f, x, v: [ng.hvp(lambda x: (f(x), x), nesting, has_aux=True)(x, v)[0] for nesting in SECOND],
    "tuple": lambda f, x, v: [ng.hvp(lambda t: f(t[0]) + f(t[1]), nesting)((x, v), (v, x)) for nesting in SECOND],
    "dict": lambda f, x, v: [
        ng.hvp(lambda t: f(t["a"]) * 1, nesting)({"a": x, "b": v}, {"a": v, "b": x}) for nesting in SECOND
    ],
    "argument": lambda f, x, v: [ng.hvp(lambda x, y: f(x) + (y**2).sum(), nesting)(x, v, v) for nesting in SECOND],
    "jvp of vjp": lambda f, x, v: ng.jvp(lambda x: ng.gradient(f)(x), (x,), (v,))[1],
    "vjp of jvp": lambda f, x, v: ng.vjp(lambda x: ng.jvp(f, (x,), (v,))[1], x)[1](torch.ones((), dtype=x.dtype)),
    "vjp of vjp": lambda f, x, v: ng.vjp(ng.gradient(f), x)[1](v),
    "of inputs that require grad": lambda f, x, v: ng.reverse_over_forward(f)(x.clone().requires_grad_(), v),
    "without a graph": lambda f, x, v: torch.no_grad()(ng.reverse_over_forward(f))(x.clone().requires_grad_(), v),
    "backend's vmap": lambda f, x, v: [
        ng.get_backend("torch").vmap(ng.derivative(f, nesting))(torch.stack([x, v]), torch.stack([v, x]))
        for nesting in SECOND
    ],
}


def read_and_written(found):
    """That each entry is an ordinary tensor of zeros."""
    for leaf in optree.tree_leaves(found):
        entry = leaf.detach()
        assert not entry.numpy().any()
        file = io.BytesIO()
        torch.save(entry, file)
        file.seek(0)
        assert not torch.load(file).any()
        mapped = func.vmap(lambda row: row + 1)(torch.atleast_1d(entry))
        assert (mapped == 1).all()
        entry.add_(1)
        entry.numpy()[...] += 1
        assert (entry == 2).all()
        entry.view(-1)[0] = 5
        assert entry.sum() == 2 * entry.numel() + 3


@pytest.mark.parametrize("dtype", [torch.float32, F64], ids=str)
@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("f", CONSTANT_SLOPES.values(), ids=CONSTANT_SLOPES)
def test_a_zero_is_an_ordinary_tensor(f, operator, dtype):
    if f(X) == 2.0 and operator is OPERATORS["vjp of jvp"]:
        pytest.skip("a number takes torch's default dtype, which its cotangent has not")
    read_and_written(operator(f, X.to(dtype), V.to(dtype)))


@pytest.mark.parametrize("nesting", [*SECOND, "F", "FF", "FRF"])
def test_a_zero_inside_of_a_users_vmap_is_one(nesting):
    directions = [V] * ng.Nesting(nesting).directions
    found = func.vmap(lambda x: ng.derivative(lambda y: (x * y).sum(), nesting)(X, *directions))(torch.stack([X, V]))
    assert found.numpy().any() == (nesting == "F")


def test_a_zero_goes_on_into_what_is_compiled():
    zero = ng.reverse_over_forward(lambda x: (3 * x).sum())(X, V)
    compiled = torch.compile(lambda x: x.add_(1) * 2, backend="eager")
    torch.testing.assert_close(compiled(zero), torch.full_like(X, 2.0))


def test_the_gradient_of_a_sum_has_memory_of_its_own():
    for found in (
        ng.gradient(torch.sum)(X),
        ng.gradient_and_hvp(torch.sum, "FR")(X, V)[0],
        ng.vjp(torch.sum, X)[1](X[0])[0],
    ):
        found[0] = 7
        assert found.tolist() == [7.0, 1.0]


XS = torch.tensor([[0.3, -1.2, 0.7], [0.5, 0.2, -0.4], [1.1, 0.9, -0.3], [0.1, 0.6, 1.3]], dtype=F64)
VS = torch.cos(3 * XS)
TARGET = torch.tensor([0.5, -0.5, 1.0], dtype=F64)
NET = torch.nn.Sequential(torch.nn.Linear(3, 4, dtype=F64), torch.nn.Tanh(), torch.nn.Linear(4, 1, dtype=F64))
CURVED = {  # with its second derivative along v
    "cubic": (lambda x: (x**3).sum(), lambda x, v: 6 * x * v),
    "loss": (lambda x: functional.mse_loss(x**2, TARGET), lambda x, v: (12 * x**2 - 4 * TARGET) * v / 3),
    "linear": (lambda x: (3 * x).sum(), lambda x, v: 0 * x),
    "constant": (lambda x: torch.ones((), dtype=F64), lambda x, v: 0 * x),
    "exponential": (lambda x: torch.exp(x.sum()), lambda x, v: torch.exp(x.sum()) * v.sum() * torch.ones_like(x)),
    "model": (lambda x: NET(x).sum(), lambda x, v: func.jvp(func.grad(lambda x: NET(x).sum()), (x,), (v,))[1].detach()),
}
curved = pytest.mark.parametrize(("f", "second"), CURVED.values(), ids=CURVED)


def along(gradient, xs=XS, vs=VS):
    return ng.jvp(gradient, (xs,), (vs,))[1]


def pulled(f, x, u):
    return ng.vjp(f, x)[1](u)[0]


def close(found, expected):
    torch.testing.assert_close(found.detach(), expected, rtol=1e-9, atol=1e-9)


@curved
def test_forward_over_a_batch_of_gradients(f, second):
    expected = torch.stack([second(x, v) for x, v in zip(XS, VS, strict=True)])
    close(along(func.vmap(ng.gradient(f))), expected)
    close(func.jvp(func.vmap(ng.gradient(f)), (XS,), (VS,))[1], expected)
    close(along(ng.get_backend("torch").vmap(ng.gradient(f))), expected)
    close(along(func.vmap(lambda x: ng.value_and_gradient(f)(x)[1])), expected)
    close(along(func.vmap(ng.gradient(f), chunk_size=3)), expected)
    close(along(func.vmap(ng.gradient(f), randomness="different")), expected)
    close(along(func.vmap(ng.gradient(f), in_dims=1, out_dims=1), XS.T, VS.T), expected.T)
    close(along(func.vmap(ng.gradient(f), in_dims=-1), XS.T, VS.T), expected)


@curved
def test_forward_over_a_batch_of_pullbacks(f, second):
    ones, weights = torch.ones((), dtype=F64), XS[:, 0]
    expected = torch.stack([second(x, v) for x, v in zip(XS, VS, strict=True)])
    close(along(func.vmap(lambda x: pulled(f, x, ones))), expected)
    close(along(lambda xs: func.vmap(lambda x, u: pulled(f, x, u))(xs, weights)), weights[:, None] * expected)


@curved
def test_a_jacobian_of_gradients(f, second):
    identity = torch.eye(3, dtype=F64)
    hessians = torch.stack([torch.stack([second(x, v) for v in identity]) for x in XS])
    found = func.jacfwd(func.vmap(ng.gradient(f)))(XS)
    close(torch.stack([found[i, :, i] for i in range(4)]), hessians)
    if f is not CURVED["loss"][0]:  # a batch of forward modes over mse_loss is refused
        close(func.vmap(func.jacfwd(ng.gradient(f)))(XS), hessians)


@pytest.mark.parametrize("nesting", SECOND)
def test_forward_over_a_batch_of_products(nesting):
    product = lambda x: ng.hvp(lambda x: (x**3).sum(), nesting)(x, TARGET)  # noqa: E731
    close(along(func.vmap(product)), 6 * TARGET * VS)
    close(along(func.vmap(product, in_dims=1), XS.T, VS.T), 6 * TARGET * VS)


def test_batches_inside_of_batches():
    cubic = ng.gradient(lambda x: (x**3).sum())
    xs, vs = torch.stack([XS, 2 * XS]), torch.stack([VS, VS])
    close(along(func.vmap(func.vmap(cubic)), xs, vs), 6 * xs * vs)
    close(func.vmap(lambda x, v: along(func.vmap(cubic), x, v))(xs, vs), 6 * xs * vs)
    close(along(lambda x: along(func.vmap(cubic), x)), 6 * VS * VS)
    close(ng.gradient(lambda x: (along(func.vmap(cubic), x) ** 2).sum())(XS), 72 * XS * VS**2)


def test_gradients_of_a_model_for_each_example():
    parameters = {name: p.detach() for name, p in NET.named_parameters()}
    directions = {name: torch.sin(p) for name, p in parameters.items()}
    loss = lambda p, x: func.functional_call(NET, p, (x,)).square().sum()  # noqa: E731
    batch = lambda gradient: lambda p: func.vmap(lambda x: gradient(loss)(p, x))(XS)  # noqa: E731
    found = ng.jvp(batch(ng.gradient), (parameters,), (directions,))[1]
    expected = func.jvp(batch(func.grad), (parameters,), (directions,))[1]
    for name in parameters:
        close(found[name], expected[name])


def test_each_example_draws_for_itself():
    f = lambda x: functional.dropout(x**3, 0.5).sum()  # noqa: E731
    results = []
    for gradient in (ng.gradient, func.grad):
        torch.manual_seed(1)
        results.append(func.jvp(func.vmap(gradient(f), randomness="different"), (XS,), (VS,))[1])
    close(*results)
