"""Indexed writes into what has a structural zero for a tangent, or for a cotangent, compiled by inductor."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
inductor = pytest.importorskip("torch._inductor")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dynamo:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
F64 = torch.float64
X = torch.tensor([0.6, 1.1], dtype=F64)
V = torch.tensor([1.0, -0.5], dtype=F64)
PLACES = torch.tensor([0, 1])
BASE = torch.zeros(3, dtype=F64)


def assigned(x):
    y = torch.ones(3, dtype=F64)
    y[PLACES] = x * x
    return y


WRITTEN = {
    "index_add": lambda x: BASE.index_add(0, PLACES, x),
    "index_copy": lambda x: torch.ones(3, dtype=F64).index_copy(0, PLACES, x),
    "index_put": lambda x: BASE.index_put((torch.tensor([0, 0]),), x, accumulate=True),
    "put": lambda x: BASE.put(PLACES, x),
    "assigned": assigned,
    "read": lambda x: x[torch.tensor([0, 0, 1])],
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_compiled_is_as_not_compiled(written):
    def f(x):
        return (written(x).exp() * torch.tensor([1.0, 2.0, 3.0], dtype=F64)).sum()

    expected = ng.hvp(f, "RR")(X, V)
    torch.testing.assert_close(ng.derivative(f, "F", compile=True)(X, V), ng.gradient(f)(X) @ V)
    for nesting in ("FR", "RF"):
        torch.testing.assert_close(ng.hvp(f, nesting, compile=True)(X, V), expected)


def test_in_a_program_of_the_users_and_nowhere_else():
    before = inductor.config.post_grad_custom_pre_pass
    seen = []

    def f(x):
        return BASE.index_add(0, PLACES, x).exp().sum()

    def given(graph):
        seen.append(graph)

    compiled = torch.compile(
        lambda x: ng.hvp(f, "FR")(x, V), fullgraph=True, options={"post_grad_custom_pre_pass": given}
    )
    torch.testing.assert_close(compiled(X), X.exp() * V)
    assert seen  # a pass of the user's is kept
    assert inductor.config.post_grad_custom_pre_pass is before
