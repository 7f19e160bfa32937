"""torch.compile behind `compile=`, and around operators: right, differentiable, or refused."""

import gc
import weakref

import numpy as np
import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dynamo:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
F64 = torch.float64
X = torch.tensor([0.3, -1.2, 2.0, 0.7], dtype=F64)
V = torch.tensor([1.0, 2.0, -1.0, 0.5], dtype=F64)
HVPS = ("FR", "RF", "RR")
TORCH = ng.get_backend("torch")


def inverse_norm(x):
    return 1 / torch.sqrt(torch.sum(x * x))


def inverse_norm_hvp(x, v):
    r = torch.sqrt(x @ x)
    return 3 * x * (x @ v) / r**5 - v / r**3


def close(found, expected, tolerance=1e-10):
    np.testing.assert_allclose(found.numpy(force=True), np.asarray(expected), rtol=tolerance, atol=tolerance)


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()


@pytest.mark.parametrize(("nesting", "execution"), [*((nesting, "traced") for nesting in HVPS), ("RR", "compiled")])
def test_seed_at_new_inputs_and_shapes(nesting, execution):
    hvp = ng.hvp(inverse_norm, nesting, compile=execution)
    for x, v in [(X, V), (V, X), (X[:3], V[:3]), (torch.cat([X, V]), torch.cat([V, X]))]:
        close(hvp(x, v), inverse_norm_hvp(x, v))


def test_it_is_compiled_once_for_one_shape():
    hvp = ng.hvp(inverse_norm, "RR", compile="traced")
    hvp(X, V)
    with torch.compiler.set_stance("fail_on_recompile"):
        close(hvp(V, X), inverse_norm_hvp(V, X))


def test_many_operators_of_one_function():
    for _ in range(10):  # more than Dynamo compiles of one code object
        close(ng.gradient(lambda x: (x**2).sum(), compile="traced")(X), 2 * X)


@pytest.mark.parametrize("nesting", ["RRR", "FRR", "RRF"])
def test_third_order_is_refused(nesting):
    with pytest.raises(ng.UnsupportedNestingError, match=r"torch\.compile.*order 3.*Leave compile=False"):
        ng.derivative(lambda x: torch.sum(x**4), nesting, compile="traced")(X, V, X)


def test_third_order_runs_uncompiled_inside_the_users_compiler():
    operator = ng.derivative(lambda x: torch.sum(x**4), "RRR", backend=TORCH)
    close(torch.compile(lambda x: operator(x, V, X), backend="aot_eager")(X), 24 * X * V * X)


@pytest.mark.parametrize("nesting", HVPS)
def test_containers_and_structural_zeros(nesting):
    f = lambda t: (t["a"] ** 2 * t["b"]).sum() + (V * t["c"][0]).sum()  # noqa: E731
    found = ng.hvp(f, nesting, compile="traced")({"a": X, "b": V, "c": [X]}, {"a": V, "b": X, "c": [V]})
    close(found["a"], 2 * V * V + 2 * X * X)
    close(found["b"], 2 * X * V)
    close(found["c"][0], torch.zeros(4))


@pytest.mark.parametrize("nesting", ["FF"])
def test_two_forward_modes_are_refused(nesting):
    with pytest.raises(ng.UnsupportedNestingError, match=r"torch\.compile.*two forward modes.*Leave compile=False"):
        ng.derivative(inverse_norm, nesting, compile="traced")(X, *[V] * (len(nesting) - ("R" in nesting)))


def test_what_dynamo_cannot_trace_is_refused_and_the_users_errors_pass():
    with pytest.raises(ng.UnsupportedNestingError, match=r"torch\.compile"):
        ng.gradient(lambda x: x.sum() if float(x.detach().sum()) > 0 else x.prod(), compile="traced")(X)
    with pytest.raises(ZeroDivisionError):
        ng.gradient(lambda x: x.sum() / (1 // 0), compile="traced")(X)


def test_numpy_arrays_inside_f_are_refused():
    constants = V.numpy()
    with pytest.raises(ng.UnsupportedNestingError, match="NumPy arrays inside f"):
        ng.gradient(lambda x: (torch.asarray(constants) * x**2).sum(), compile="traced")(X)


def layer_norm(x):
    return (torch.nn.functional.layer_norm(x, (4,)) ** 3 * V).sum()


def batch_norm(x):
    return (torch.nn.functional.batch_norm(x[:, None], None, None, training=True)[:, 0] ** 3 * V).sum()


@pytest.mark.parametrize("nesting", ["RF", "FF", "RRR"])
def test_a_wrong_operation_is_refused_when_compiled(nesting):
    directions = [V] * (len(nesting) - ("R" in nesting))
    with pytest.raises(ng.UnsupportedNestingError, match="batch_norm"):
        ng.derivative(batch_norm, nesting, compile="traced")(X, *directions)


@pytest.mark.parametrize("nesting", ["RF", "RRR"])
def test_a_wrong_operation_is_refused_inside_the_users_compiler(nesting):
    directions = [V] * (len(nesting) - 1)
    operator = ng.derivative(batch_norm, nesting, backend=TORCH)
    with pytest.raises(ng.UnsupportedNestingError, match="batch_norm"):
        torch.compile(lambda x: operator(x, *directions), backend="aot_eager")(X)
    with pytest.raises(torch._dynamo.exc.Unsupported, match="nestgrad refuses to compile this"):
        torch.compile(lambda x: operator(x, *directions), backend="aot_eager", fullgraph=True)(X)


def test_layer_norm_is_right():
    step = 1e-6
    expected = (ng.gradient(layer_norm)(X + step * V) - ng.gradient(layer_norm)(X - step * V)) / (2 * step)
    for nesting in ("FR", "RR", "RF"):
        close(ng.hvp(layer_norm, nesting, compile="traced")(X, V), expected, 1e-6)


def test_a_condition_on_values_is_refused():
    values = torch.linspace(0.5, 2, 4, dtype=F64)
    with pytest.raises(ng.UnsupportedNestingError, match="cumulative_prod"):
        ng.hvp(lambda x: torch.cumprod(x, 0).sum(), "RF", compile="traced")(values, V)


def penalty(weights, nesting, x, **options):
    f = lambda x: torch.tanh(x @ weights[0]) @ weights[1]  # noqa: E731
    product = ng.hvp(f, nesting, **options)(x, V)
    return (product**2).sum() + (ng.gradient(f, **options)(x) ** 2).sum()


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("fullgraph", [True, False])
def test_a_training_step_inside_torch_compile(nesting, fullgraph):
    trained, expected = _trained(lambda w: penalty(w, nesting, X))
    options = {"backend": TORCH} if fullgraph else {}
    step = torch.compile(lambda x: penalty(trained, nesting, x, **options), backend="aot_eager", fullgraph=fullgraph)
    step(X).backward()
    _check(trained, expected)


@pytest.mark.parametrize("nesting", HVPS)
def test_containers_inside_torch_compile(nesting):
    """Dynamo's optree has no dicts, and torch's own pytree does not order their keys."""

    def f(tree):
        return torch.sum(tree["w"] ** 3) + torch.sum(tree["b"][0] ** 2 * tree["b"][2])

    tree = {"w": X, "b": [X, None, V]}
    vector = {"b": [V, None, X], "w": V}
    found = torch.compile(lambda x, v: ng.hvp(f, nesting)(x, v), backend="aot_eager")(tree, vector)
    close(found["w"], 6 * X * V)
    close(found["b"][0], 2 * V * V + 2 * X * X)
    close(found["b"][2], 2 * X * V)
    assert found["b"][1] is None


@pytest.mark.parametrize("nesting", ["RR"])
def test_a_training_step_through_compiled_operators(nesting):
    trained, expected = _trained(lambda w: penalty(w, nesting, X))
    penalty(trained, nesting, X, compile="traced").backward()
    _check(trained, expected)


def _trained(loss):
    """Weights to train, and the derivative of the loss along a direction, from differences of its values."""
    weights = [torch.linspace(-1, 1, 12, dtype=F64).reshape(4, 3), torch.linspace(1, 2, 3, dtype=F64)]
    h = 1e-6
    ends = [loss([w + t * torch.cos(w) for w in weights]) for t in (h, -h)]
    return [w.clone().requires_grad_() for w in weights], ((ends[0] - ends[1]) / (2 * h)).detach()


def _check(trained, expected):
    close(sum((w.grad * torch.cos(w.detach())).sum() for w in trained), expected, 1e-7)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_contexts_without_a_graph(context):
    scale = X.clone().requires_grad_()
    with context():
        found = ng.hvp(lambda x: (scale * x**3).sum(), "RR", compile="traced")(X * 1, V)
    close(found, 6 * X * X * V)
    assert not found.requires_grad
    assert scale.grad is None


def test_the_raw_engine_shows_its_own_numbers():
    raw = TORCH.raw()
    along = (ng.gradient(layer_norm)(X + 1e-6 * V) - ng.gradient(layer_norm)(X - 1e-6 * V)) / 2e-6
    close(ng.hvp(layer_norm, "FR", backend=raw)(X, V), along, 1e-6)
    assert (ng.hvp(layer_norm, "RF", backend=raw)(X, V) - along).abs().max() > 0.1 * along.abs().max()


ROOTS = {
    "norm": lambda x: torch.norm(x),
    "vector_norm": lambda x: torch.linalg.vector_norm(x, dim=-1),
    "method": lambda x: x.norm(),
    "std": lambda x: torch.std(x, correction=0) * len(x) ** 0.5,
}


@pytest.mark.parametrize("nesting", HVPS)
@pytest.mark.parametrize("name", ROOTS)
def test_a_norm_that_is_zero_gives_no_number(nesting, name):
    """The squares are polynomials: 2 v is the first product, and that of entries around their mean the last.

    Compiled, nobody looks for zeros nor at results: nan is what is left, since any number would be taken for one.
    """
    operator = ng.derivative(
        lambda x: ROOTS[name](x) ** 2 + torch.sum(x**3), nesting, backend="torch", compile="traced"
    )
    product = 2 * (V - V.mean() * (name == "std")) + 6 * X * V
    close(operator(X, V), product)
    zeros = torch.zeros_like(X)
    assert operator(zeros, V).isnan().all()
    with pytest.raises(ng.UnsupportedNestingError, match="it is zero"):
        ng.derivative(lambda x: ROOTS[name](x) ** 2, nesting, backend="torch")(zeros, V)


def checkpointed(x):
    return torch.utils.checkpoint.checkpoint(lambda x: torch.sum(x**3), x, use_reentrant=False)


def test_a_program_that_fails_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(
        "nestgrad_torch._guard.dynamo_graph._look", lambda context: None
    )  # which would refuse it before
    for nesting, directions in (("R", ()), ("RF", (V,))):
        with pytest.raises((RuntimeError, ng.UnsupportedNestingError)):
            ng.derivative(checkpointed, nesting, backend="torch", compile="traced")(X, *directions)
        close(ng.derivative(lambda x: torch.sum(x**3), "F", backend="torch")(X, V), 3 * X**2 @ V)
        close(ng.gradient(checkpointed, backend="torch")(X), 3 * X**2)


def test_a_program_inside_the_function_is_not_compiled():
    with pytest.raises(ng.UnsupportedNestingError, match="out of sight"):
        ng.derivative(checkpointed, "R", backend="torch", compile="traced")(X)


def count_compilations(monkeypatch):
    from torch._dynamo import convert_frame

    compiled = []
    once = convert_frame._compile
    monkeypatch.setattr(convert_frame, "_compile", lambda *args, **kwargs: compiled.append(1) or once(*args, **kwargs))
    return compiled


@pytest.mark.parametrize("operator", ["hvp", "gradient", "nested_gradient"])
def test_a_second_plan_of_the_same_function_compiles_nothing(operator, monkeypatch):
    compiled = count_compilations(monkeypatch)

    def f(x):
        return (x**3).sum()

    def g(y):
        return (y**2).sum()

    def result():
        if operator == "nested_gradient":
            return ng.nested_gradient(g, f, compile="traced")(X)
        return getattr(ng, operator)(f, compile="traced")(X, *[X] * (operator == "hvp"))

    first = result()
    before = len(compiled)
    assert before > 0
    for _ in range(12):  # more than Dynamo's limit of programs of one code
        torch.testing.assert_close(result(), first)
    assert len(compiled) == before


def test_many_functions_g_of_one_f_are_compiled_each():
    def f(x):
        return (x**3).sum()

    for power in range(1, 12):
        h = ng.nested_gradient(lambda y, p=power: (y**p).sum(), f, compile="traced")
        torch.testing.assert_close(h(X), power * (3 * X**2) ** (power - 1) * 6 * X)


def test_what_is_compiled_dies_with_its_function():
    def make():
        f = lambda x: (x**3).sum()  # noqa: E731
        ng.hvp(f, compile="traced")(X, X)
        return weakref.ref(f)

    alive = make()
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("nesting", HVPS)
def test_what_changes_more_often_than_dynamo_follows_is_right_or_refused(nesting):
    held = {"scale": 1.0}
    right = ng.hvp(lambda x: held["scale"] * (x**3).sum(), nesting, compile="traced")
    refused = ng.hvp(lambda x: held["scale"] * torch.special.bessel_j0(x).sum(), nesting, compile="traced")
    for scale in range(1, 12):  # Dynamo makes eight programs
        held["scale"] = float(scale)
        close(right(X, V), 6 * scale * X * V)
        with pytest.raises(ng.UnsupportedNestingError, match="bessel_j0"):
            refused(X, V)


def test_numbers_that_change():
    op = ng.gradient(lambda x, rate, n: rate * (x**n).sum(), compile="traced")
    for rate, n in ((0.5, 2), (0.25, 2), (0.125, 3), (0.1, 4), (0.3, 5)):
        torch.testing.assert_close(op(X, rate, n), rate * n * X ** (n - 1))
