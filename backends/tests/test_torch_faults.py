"""What torch drops without a word, and points where its formulas are not finite: refused, and right beside them."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
TorchVersion = torch.torch_version.TorchVersion
table = pytest.importorskip("nestgrad_torch._faults.table")

F64 = torch.float64
INDEX = torch.tensor([0, 1, 0, 1])


@torch.library.custom_op("nestgrad_tests::cube", mutates_args=())
def cube(x: torch.Tensor) -> torch.Tensor:
    return x**3


cube.register_autograd(
    lambda ctx, cotangent: 3 * cotangent * ctx.saved_tensors[0] ** 2,
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
)


def extrema(x):
    return (torch.zeros(2, dtype=F64).scatter_reduce(0, INDEX, x, "amax", include_self=False) * x[:2]).sum()


def sparse(x):
    matrix = torch.sparse_coo_tensor(torch.tensor([[0, 1], [1, 0]]), x[:2], (2, 2), check_invariants=True)
    return (matrix.to_dense() @ x[2:] ** 2).sum()


def inverse(x):
    return torch.cholesky_inverse(torch.tril(x.reshape(2, 2))).pow(2).sum()


def batched_solve(x):
    factor = torch.tril(x.reshape(2, 2))
    return torch.cholesky_solve(torch.ones(2, 1, dtype=F64), torch.stack([factor, 2 * factor])).sum()


CASES = {  # the function, x, the nestings refused, the operation
    "bessel": (lambda x: (torch.special.bessel_j0(x) * x).sum(), [0.3, 0.4], "R F RR FR RF FF", "bessel_j0"),
    "custom op": (lambda x: cube(x).sum(), [0.3, 0.4], "F RF FR FF", "torch.library.custom_op"),
    "sparse values": (sparse, [0.3, 0.4, 0.5, 0.6], "RR", "sparse_coo_tensor"),
    "extrema": (extrema, [0.3, 0.4, 0.5, 0.2], "R RR FR RF FF", "scatter_reduce"),
    "cholesky_inverse": (inverse, [1.2, 0.0, 0.4, 0.9], "F FR RF FF", "cholesky_inverse"),
    "det": (lambda x: torch.linalg.det(x.reshape(2, 2)), [0.0, 1.0, 0.0, 2.0], "F FR", "det"),
    "det at equal singular values": (lambda x: torch.linalg.det(x.reshape(2, 2)), [2.0, 0.0, 0.0, 2.0], "FR", "det"),
    "det squared": (lambda x: torch.linalg.det(x.reshape(2, 2)) ** 2, [0.0, 1.0, 0.0, 2.0], "F FR", "det"),
    "cholesky_solve": (batched_solve, [1.2, 0.0, 0.4, 0.9], "F FR RF FF", "cholesky_solve"),
    "norm": (lambda x: torch.linalg.norm(x) ** 2, [0.0, 0.0], "RR FR RF FF", "norm"),
    "std": (lambda x: torch.std(x) ** 2, [0.3, 0.3], "RR FR RF FF", "std"),
    "sinc": (lambda x: torch.sinc(x).sum(), [0.0, 0.4], "RR FR RF FF", "sinc"),
    "linspace": (lambda x: torch.linspace(x[0], x[1], 3).sum() + x.sum(), [0.3, 0.4], "R F RR FR RF FF", "linspace"),
    "tensor": (lambda x: torch.tensor([x[0], x[1]]).sum() + x.sum(), [0.3, 0.4], "R F RR FR RF FF", "tensor"),
    "as_tensor": (lambda x: torch.as_tensor([x[0], x[1]]).sum() + x.sum(), [0.3, 0.4], "R F RR", "as_tensor"),
    "ldexp": (lambda x: torch.ldexp(x, torch.tensor([-1, 2])).sum(), [0.3, 0.4], "R F RR FR RF FF", "ldexp"),
    "ldexp_": (lambda x: (x**2).ldexp_(torch.tensor([-1, 2])).sum(), [0.3, 0.4], "R F RR FR RF FF", "ldexp"),
    "alpha": (lambda x: torch.add(x, x, alpha=x[0]).sum(), [0.3, 0.4], "F RF FF", "add"),
    "slope": (lambda x: torch.nn.functional.leaky_relu(-x, x[0]).sum(), [0.3, 0.4], "F RF FF", "leaky_relu"),
    "fill": (lambda x: (x * x.new_full((2,), x[0])).sum(), [0.3, 0.4], "F RF FF", "new_full"),
    "pow": (lambda x: torch.pow(x, torch.tensor(2.0)).sum(), [0.0, 0.4], "RF", "pow"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_by_name(name):
    f, x, nestings, operation = CASES[name]
    x = torch.tensor(x, dtype=F64)
    for nesting in nestings.split():
        with pytest.raises(ng.UnsupportedNestingError) as refusal:
            ng.derivative(f, nesting)(x, *[torch.cos(x)] * ng.Nesting(nesting).directions)
        assert refusal.value.operation == operation
        assert refusal.value.use is None or refusal.value.use.code not in nestings.split()


@pytest.mark.parametrize(
    ("name", "nesting", "truth"),
    [
        ("custom op", "RR", [1.8, 2.4]),  # 6x
        ("det", "RR", [1.0, -1.0, -1.0, 1.0]),  # of ad - bc along (1, 1, 1, 1)
        ("det", "R", [2.0, 0.0, -1.0, 0.0]),
        ("det squared", "RR", [4.0, 0.0, -2.0, 0.0]),  # 2 ∇det ⟨∇det, v⟩
        ("det at equal singular values", "RR", [1.0, -1.0, -1.0, 1.0]),
        ("pow", "RR", [2.0, 2.0]),
    ],
)
def test_right_where_it_is_not_refused(name, nesting, truth):
    f, x, *_ = CASES[name]
    x = torch.tensor(x, dtype=F64)
    found = ng.derivative(f, nesting)(x, *[torch.ones_like(x)] * ng.Nesting(nesting).directions)
    torch.testing.assert_close(found, torch.tensor(truth, dtype=F64))


def test_constants_may_go_through_what_has_no_derivative():
    y = torch.tensor(0.3, dtype=F64)
    constant = torch.special.bessel_j0(y)
    f = lambda x: (torch.special.bessel_j0(y) * x**2).sum()  # noqa: E731
    x = torch.tensor([0.3, 0.4], dtype=F64)
    for nesting in ("RR", "FR", "RF"):
        torch.testing.assert_close(ng.hvp(f, nesting)(x, torch.ones_like(x)), 2 * constant * torch.ones_like(x))


def test_other_points_of_the_same_operations_are_right():
    x, v = torch.tensor([0.3, 0.4], dtype=F64), torch.tensor([1.0, 0.0], dtype=F64)
    norm, branches = (lambda x: torch.linalg.norm(x) ** 4), (lambda x: torch.where(x > 0, x**3, x**2).sum())
    for nesting in ("RR", "FR", "RF"):
        torch.testing.assert_close(ng.hvp(norm, nesting)(x, v), 4 * (x @ x) * v + 8 * x * (x @ v))
        torch.testing.assert_close(ng.hvp(branches, nesting)(x, v), 6 * x * v)


def test_a_refused_cond_leaves_no_trace():
    def branching(x):
        return torch.cond(x.sum() > 0, lambda y: y.sin().sum(), lambda y: y.sum(), (x,))

    x = torch.tensor([0.3, 0.4], dtype=F64)
    for nesting in ("F", "FR", "RR"):
        with pytest.raises(ng.UnsupportedNestingError):
            ng.derivative(branching, nesting)(x, x)
    torch.testing.assert_close(branching(x), x.sin().sum())
    torch.testing.assert_close(ng.gradient(branching)(x), x.cos())


def test_a_recorded_direction_is_one_letter_more():
    x = torch.tensor([2.0, 0.0, 3.0], dtype=torch.float64)
    v = torch.tensor([1.0, 0.5, -1.0], dtype=torch.float64)
    right = torch.tensor([[0.0, 3.0, 0.0], [3.0, 0.0, 2.0], [0.0, 2.0, 0.0]], dtype=torch.float64)  # of x₁x₂x₃
    assert torch.equal(ng.hvp(torch.prod, "FR")(x, v), right @ v)
    recorded = v.clone().requires_grad_()
    with pytest.raises(ng.UnsupportedNestingError, match="prod"):
        ng.hvp(torch.prod, "FR")(x, recorded)
    (gradient,) = torch.autograd.grad(ng.hvp(torch.prod, "RR")(x, recorded).sum(), recorded)
    assert torch.equal(gradient, right.sum(0))


@pytest.mark.parametrize(
    ("version", "has_it"), [("2.13.0+cpu", True), ("2.14.0", True), ("2.14.1+cu130", False), ("2.15.0", False)]
)
def test_what_was_mended_is_refused_in_older_versions_alone(version, has_it):
    faults = {seen.fault.id for seen in table.faults_of(TorchVersion(version))}
    assert ("ldexp" in faults) is has_it
    assert "det" in faults


RIGHT = {  # beside what is refused: a number that is no variable, a tensor that is kept, positive powers
    "alpha": lambda x: torch.add(x, x, alpha=torch.tensor(0.5)) * x[0],
    "slope": lambda x: torch.nn.functional.leaky_relu(x - 1, torch.tensor(0.1)) * x[0],
    "linspace": lambda x: torch.linspace(0.0, torch.tensor(1.0), 2) * x**2,
    "tensor": lambda x: torch.tensor([0.5, torch.tensor(2.0)]) * x**3,
    "as_tensor": lambda x: torch.as_tensor(x) ** 3,
    "ldexp": lambda x: torch.ldexp(x, torch.tensor([1, 2])) ** 2,
    "values": lambda x: x**2 * float(x[0] > 0) * (2 if x[1] > 0 else 3),
}


@pytest.mark.parametrize("name", RIGHT)
def test_not_refused_where_it_is_right(name):
    def f(x):
        return RIGHT[name](x).sum()

    x, v = (torch.tensor(values, dtype=F64) for values in ([0.3, 0.4], [1.0, -2.0]))
    step = 1e-4 * v
    slope, curvature = (f(x + step) - f(x - step)) / 2e-4, (f(x + step) - 2 * f(x) + f(x - step)) / 1e-8
    assert ng.derivative(f, "F", backend="torch")(x, v).item() == pytest.approx(slope.item(), abs=1e-6)
    for nesting in ("RR", "FR", "RF"):
        product = ng.derivative(f, nesting, backend="torch")(x, v) @ v
        assert product.item() == pytest.approx(curvature.item(), abs=1e-5)
