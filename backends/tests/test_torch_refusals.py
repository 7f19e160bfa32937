"""What the torch backend refuses: operations that torch gets wrong, and messages of torch."""

import threading
import warnings

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
functional = torch.nn.functional

X = torch.linspace(0.2, 1.9, 6, dtype=torch.float64).reshape(2, 3) ** 2
V = torch.cos(X)
MODULE = torch.nn.LayerNorm(3, dtype=torch.float64)

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    SCRIPTED = torch.jit.script(MODULE)

LAYER_NORMS = {  # what no repair reaches
    "aten": lambda x: torch.ops.aten.native_layer_norm(x, (3,), None, None, 1e-5)[0],
    "scripted": SCRIPTED,
}


def total(normalise):
    return lambda x: (V * normalise(x) ** 3).sum()


def along(f, x, v, order, h):
    """The directional derivative of this order from values alone."""
    if order == 0:
        return f(x)
    return (along(f, x + h * v, v, order - 1, h) - along(f, x - h * v, v, order - 1, h)) / (2 * h)


@pytest.mark.parametrize("name", LAYER_NORMS)
@pytest.mark.parametrize("nesting", ["RF", "FF", "FRR", "RRR"])
def test_layer_norm_is_refused_by_name(name, nesting):
    directions = [V] * (len(nesting) - ("R" in nesting))
    with pytest.raises(ng.UnsupportedNestingError, match=r"layer_norm.*pytorch#196700") as refusal:
        ng.derivative(total(LAYER_NORMS[name]), nesting)(X, *directions)
    assert refusal.value.operation == "layer_norm"
    assert (refusal.value.use is None) == (len(nesting) == 3)


@pytest.mark.parametrize("name", LAYER_NORMS)
@pytest.mark.parametrize("nesting", ["FR", "RR"])
def test_layer_norm_elsewhere_is_right(name, nesting):
    f = total(LAYER_NORMS[name])
    found = (ng.hvp(f, nesting)(X, V) * V).sum()
    torch.testing.assert_close(found, along(f, X, V, 2, 1e-4), rtol=1e-5, atol=0)


def test_the_nesting_counts_the_users_own_transforms():
    f = total(LAYER_NORMS["aten"])
    with pytest.raises(ng.UnsupportedNestingError):
        torch.func.grad(lambda x: ng.derivative(f, "F")(x, V))(X)
    ng.derivative(f, "F")(X, V)


def test_the_watch_ends_with_the_call():
    f = total(LAYER_NORMS["aten"])
    with pytest.raises(ng.UnsupportedNestingError):
        ng.hvp(f, "RF")(X, V)
    wrong = torch.func.grad(lambda x: torch.func.jvp(f, (x,), (V,))[1])(X)
    assert torch.isfinite(wrong).all()  # torch itself is as it was


@pytest.mark.parametrize(
    ("f", "nesting", "operation"),
    [
        (torch.linalg.det, "RF", "det"),
        (lambda a: torch.linalg.solve(a, a[0]).sum(), "FF", "solve"),
        (torch.logdet, "RF", "slogdet"),
        (lambda a: functional.mse_loss(a, V[:, :2]), "FR", "mse_loss"),
        (lambda a: functional.instance_norm(a[None]).pow(3).sum(), "RF", "batch_norm"),
        (lambda a: torch.cdist(a, a + 1).sum(), "F", "cdist"),
        (lambda a: torch.cdist(a, a + 1).sum(), "RR", "cdist"),
        (lambda a: functional.huber_loss(a, 2 * a * a), "FR", "huber_loss_backward"),
    ],
)
def test_refusals_by_table_and_by_message(f, nesting, operation):
    a = torch.tensor([[2.0, 0.3], [0.1, 1.5]], dtype=torch.float64)
    v = torch.tensor([[1.0, 0.2], [0.4, -0.5]], dtype=torch.float64)
    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        ng.derivative(f, nesting)(a, *[v] * (len(nesting) - (nesting != "F" * len(nesting))))
    assert refusal.value.operation == operation


class Sine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()


def test_functions_in_the_old_style():
    f = lambda x: Sine.apply(x).sum()  # noqa: E731
    torch.testing.assert_close(ng.gradient(f)(X), X.cos())
    for nesting in ("FR", "RR", "RRR"):
        with pytest.raises(ng.UnsupportedNestingError, match=r"autograd\.Function"):
            ng.derivative(f, nesting)(X, *[V] * (len(nesting) - 1))


@pytest.mark.parametrize("nesting", ["F", "FR", "RF", "RR"])
def test_threads(nesting):
    op = ng.derivative(lambda x: (x.sin() * x.exp()).sum(), nesting)
    # f' = eˣ(sin + cos), f'' = 2eˣ cos
    expected = (X.exp() * (X.sin() + X.cos()) * V).sum() if nesting == "F" else 2 * X.exp() * X.cos() * V
    wrong = []

    def work():
        for _ in range(200):
            try:
                torch.testing.assert_close(op(X, V), expected)
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_control_flow_that_leaves_no_graph_is_refused_not_zero():
    condition = torch.tensor(True)
    f = lambda x: torch.cond(condition, torch.sin, torch.cos, (x,)).sum()  # noqa: E731
    torch.testing.assert_close(ng.gradient(f)(X), X.cos())
    with pytest.raises(ng.UnsupportedNestingError, match=r"torch\.cond"):
        ng.hvp(f, "RR")(X, V)


def test_a_compiled_function_inside():
    inner = torch.compile(lambda x: torch.sin(x) * x, backend="aot_eager")
    for nesting in ("RR", "FR", "RF"):  # RR first: torch compiles it, and does not differentiate that twice
        expected = (2 * X.cos() - X * X.sin()) * V
        torch.testing.assert_close(ng.hvp(lambda x: inner(x).sum(), nesting)(X, V), expected)


@pytest.mark.parametrize("nesting", ["F", "FR", "RR"])
def test_backward_through_a_result_is_refused_where_torch_is_wrong(nesting):
    scale = torch.ones(3, dtype=torch.float64, requires_grad=True)
    f = lambda x: total(LAYER_NORMS["aten"])(x * scale)  # noqa: E731
    result = ng.derivative(f, nesting)(X, V)
    with pytest.raises(ng.UnsupportedNestingError, match="layer_norm"):
        result.square().sum().backward()
    ng.gradient(f)(X).square().sum().backward()  # RR, which is right
    assert scale.grad is not None


def test_backward_through_a_tangent_is_refused_and_through_its_value_is_right():
    x = X.clone().requires_grad_()
    value, tangent = ng.jvp(total(LAYER_NORMS["aten"]), (x,), (V,))
    with pytest.raises(ng.UnsupportedNestingError, match=r"'RF'.*layer_norm"):
        tangent.backward()
    value.backward()
    torch.testing.assert_close((x.grad * V).sum(), along(total(LAYER_NORMS["aten"]), X, V, 1, 1e-5), rtol=1e-7, atol=0)


def pulled(f, x):
    value, pullback = ng.vjp(f, x)
    return value, *pullback(torch.ones_like(value))


ROW = torch.full((3,), 0.3, dtype=torch.float64)
DOORS = {
    "gradient": lambda f, x: (f(x), ng.gradient(f)(x)),
    "value_and_gradient": lambda f, x: ng.value_and_gradient(f)(x),
    "vjp": pulled,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_backward_through_a_gradient_is_refused_and_through_its_value_is_right(door):
    """At a constant row the square of the deviation has a gradient, 0, and torch's second derivative is wrong."""
    x = ROW.clone().requires_grad_()
    value, gradient = door(lambda x: torch.std(x) ** 2, x)
    with pytest.raises(ng.UnsupportedNestingError, match=r"'RR'.*'std'"):
        gradient[1].backward()
    value.backward()
    torch.testing.assert_close(x.grad, torch.zeros_like(x))


def test_backward_through_a_result_elsewhere():
    scale = torch.ones(3, dtype=torch.float64, requires_grad=True)
    ng.hvp(lambda x: (scale * x**3).sum())(X, V).sum().backward()
    torch.testing.assert_close(scale.grad, (6 * X * V).sum(0))


@pytest.mark.parametrize("nesting", ["RR", "RRR", "RFR", "FFF"])
def test_a_product_with_a_tiny_factor_is_refused_where_torch_divides_by_it(nesting):
    x = torch.tensor([1.0, 1e-9, 2.0, 3.0], dtype=torch.float64)
    with pytest.raises(ng.UnsupportedNestingError, match=r"'prod'.*Use 'FR[RF]?'"):
        ng.derivative(torch.prod, nesting)(x, *[x] * ng.Nesting(nesting).directions)


@pytest.mark.parametrize("nesting", ["FR", "RF", "FRR", "FRF"])
def test_a_product_with_a_tiny_factor_is_right_elsewhere(nesting):
    x = torch.tensor([1.0, 1e-9, 2.0, 3.0], dtype=torch.float64)
    e, ones = torch.tensor([0.0, 1.0, 0.0, 0.0], dtype=torch.float64), torch.ones(4, dtype=torch.float64)
    expected = [6.0, 0.0, 3.0, 2.0] if len(nesting) == 2 else [5.0, 0.0, 4.0, 3.0]  # by hand from abcd
    found = ng.derivative(torch.prod, nesting)(x, *[e, ones][: len(nesting) - 1])
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("nesting", ["FRF", "FRR"])
def test_a_structural_zero_times_a_number_does_not_crash_the_process(nesting):
    def f(x):  # 2 Σx Σx²
        return x.sum() * ng.derivative(lambda y: (x * y**2).sum(), "F")(x, torch.ones_like(x))

    x, v = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64), torch.tensor([0.3, 0.3, 0.3], dtype=torch.float64)
    expected = torch.full((3,), 3.24, dtype=torch.float64)  # ∇ of 8 Σv v·x + 4 v·v Σx
    torch.testing.assert_close(ng.derivative(f, nesting)(x, v, v), expected)


def test_what_a_compiler_of_dynamos_raised_is_in_the_reason():
    def refuses(graph, inputs):
        raise ArithmeticError("no kernel for this")

    with pytest.raises(RuntimeError) as failure:
        torch.compile(torch.sin, backend=refuses)(X)
    refusal = ng.get_backend("torch").classify(failure.value, ng.Nesting("RR"))
    assert refusal.operation == "torch.compile"
    assert "ArithmeticError: no kernel for this" in refusal.reason


POWERS = {
    "float_power": torch.float_power,
    "method": torch.Tensor.float_power,
    "aten": torch.ops.aten.float_power,
    "pow_": lambda x, y: x.clone().pow_(y),
    "float_power_": lambda x, y: x.clone().float_power_(y),
    "operator": lambda x, y: x.clone().__ipow__(y),
}


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF", "FF"])
@pytest.mark.parametrize("name", POWERS)
def test_every_power_is_refused_at_an_exponent_of_zero(name, nesting):
    x, v = torch.tensor([0.7, 0.0], dtype=torch.float64), torch.tensor([1.0, 0.6], dtype=torch.float64)
    f = lambda z: POWERS[name](z[0], z[1])  # noqa: E731
    directions = [v] * ng.Nesting(nesting).directions
    with pytest.raises(ng.UnsupportedNestingError, match="exponent is 0"):
        ng.derivative(f, nesting)(x, *directions)
    found = ng.derivative(lambda z: f(z + 2), nesting)(x, *directions)
    found = found @ v if "R" in nesting else found
    torch.testing.assert_close(found, along(lambda z: (z[0] + 2) ** (z[1] + 2), x, v, 2, 1e-4), rtol=1e-5, atol=0)
