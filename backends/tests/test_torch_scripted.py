"""Scripted code is right in every nesting at every call, or refused where TorchScript has made a plan of it before."""

import threading

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
ran_plan = pytest.importorskip("nestgrad_torch._scripted").ran_plan

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of TorchScript
    pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning"),  # a script that has a plan fails in a vmap
]

F64 = torch.float64
X = torch.tensor([0.6, 1.1], dtype=F64)
V = torch.tensor([1.0, -0.5], dtype=F64)
CODES = ["R", "F", "RR", "FR", "RF", "FF", "RRR", "FRR", "RFR", "FFR", "RRF", "FRF", "RFF", "FFF"]


def layer(**options):
    """A module of a class of its own: scripted modules of one class share their plans."""

    class Layer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(2, 3).double()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.inner(x)
            return (torch.tanh(y) * torch.sigmoid(y) * y).sum()

    module = Layer().requires_grad_(**options)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.linspace(-0.7, 0.9, parameter.numel()).reshape(parameter.shape))
    return module


TEXT = """
def gated(x):
    y = x * x * x
    for _ in range(2):
        y = torch.exp(-y) * x + y * y
    return (y * torch.tanh(y)).sum()
"""


def function():
    namespace = {"torch": torch, "__name__": __name__}
    exec(TEXT, namespace)
    return namespace["gated"]


MAKERS = {
    "function": (function, lambda: torch.jit.CompilationUnit(TEXT).gated),
    "module": (layer, lambda: torch.jit.script(layer())),
    "frozen module": (
        lambda: layer(requires_grad=False),
        lambda: torch.jit.script(layer(requires_grad=False)),
    ),
}
each_function = pytest.mark.parametrize(("python", "script"), MAKERS.values(), ids=MAKERS)


def derivative(f, code):
    return ng.derivative(f, code)(X, *[V] * ng.Nesting(code).directions)


OTHERS = {
    "vmap": lambda f: torch.func.vmap(ng.hvp(f))(X[None], V[None])[0],
    "jvp over a batch": lambda f: ng.jvp(torch.func.vmap(ng.gradient(f)), (X[None],), (V[None],))[1][0],
    "torch.func.jvp": lambda f: torch.func.jvp(ng.gradient(f), (X,), (V,))[1],
    "torch.func.grad": lambda f: torch.func.grad(lambda x: ng.gradient(f)(x) @ V)(X),
    "nested_gradient": lambda f: ng.nested_gradient(lambda y: (y**2).sum(), f)(X),
}
CALLS = {code: lambda f, code=code: derivative(f, code) for code in CODES} | OTHERS


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@each_function
def test_right_at_each_call(python, script, call):
    expected = call(python())
    for scripted in (script(), torch.jit.trace(python(), X)):
        for _ in range(4):
            torch.testing.assert_close(call(scripted), expected)


def by_values(scripted):
    scripted(X)


def with_gradients(scripted):
    x = X.clone().requires_grad_()
    torch.autograd.grad(scripted(x), x)


@pytest.mark.parametrize("warm", [by_values, with_gradients])
@pytest.mark.parametrize("name", CALLS)
@each_function
def test_right_or_refused_after_calls_of_the_users(python, script, name, warm):
    expected, scripted = CALLS[name](python()), script()
    for _ in range(4):
        warm(scripted)
    for _ in range(3):
        try:
            found = CALLS[name](scripted)
        except ng.UnsupportedNestingError as error:
            refused = error
        else:
            refused = None
            torch.testing.assert_close(found, expected)
        assert refused is None or refused.operation == "torch.jit.script"
        assert refused is None or name not in ("R", "RR", "RRR", "nested_gradient")


def test_a_plan_beside_f_is_no_matter():
    """X and a constant come from scripted code that TorchScript has made a plan of."""
    scripted = torch.jit.script(layer())
    for _ in range(4):
        scripted(X)
    x, constant = X * scripted(X), scripted(V)
    assert ran_plan(constant, 0)
    for code in ("F", "FR", "RF"):
        found = ng.derivative(lambda x: constant * (x**3).sum(), code)(x, V)
        torch.testing.assert_close(found, constant * (3 * x**2 @ V if code == "F" else 6 * x * V))


def test_plans_are_made_as_before_elsewhere():
    made = {}

    def f(x):
        def look():
            made["other thread"] = torch._C._get_graph_executor_optimize()

        other = threading.Thread(target=look)
        other.start()
        other.join()
        made["inside"] = torch._C._get_graph_executor_optimize()
        return (x**2).sum()

    ng.hvp(f)(X, V)
    with pytest.raises(ZeroDivisionError):
        ng.gradient(lambda x: x.sum() / (1 // 0))(X)
    made["after"] = torch._C._get_graph_executor_optimize()
    assert made == {"other thread": True, "inside": False, "after": True}
