"""Complex powers, powers of lists, and arguments by name; the truth is differences of values, or a power by itself."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")

F64, C128 = torch.float64, torch.complex128
ATEN = torch.ops.aten
X = torch.tensor([0.5, 1.5, 1.2, 0.4], dtype=F64)
V = torch.tensor([0.3, -0.2, 0.5, 0.7], dtype=F64)
W = torch.tensor([1.5 + 0.3j, -0.7 + 0.2j], dtype=C128)
NUMBER = 1.3 + 0.4j
SECOND = ["RR", "FR", "RF", "FF"]
NESTINGS = ["R", "F", *SECOND]


def z(x):
    return torch.complex(x[:2], x[2:])


CASES = {
    "real base": lambda x: torch.pow(x[:2], W),
    "negative base": lambda x: torch.pow(-x[:2], W),
    "real base, a number": lambda x: torch.pow(x, NUMBER),
    "real base, a tensor without axes": lambda x: torch.pow(x, torch.tensor(NUMBER, dtype=C128)),
    "real exponent": lambda x: torch.pow(z(x), x[:2]),
    "real exponent of a constant": lambda x: torch.pow(W, x[:2]),
    "real exponent of a number": lambda x: NUMBER**x,
    "real base that varies with its exponent": lambda x: x[2:] ** z(x),
    "complex alone": lambda x: z(x) ** z(x).conj(),
    "complex, a number": lambda x: z(x) ** NUMBER,
    "complex of a number": lambda x: torch.pow(NUMBER, z(x)),
    "real number": lambda x: z(x) ** 2.5,
    "by name": lambda x: torch.pow(exponent=W, input=x[:2]),
    "method": lambda x: x[:2].pow(W),
    "operator": lambda x: ATEN.pow(x, NUMBER),
    "overload": lambda x: ATEN.pow.Tensor_Tensor(x[:2], W),
    "overload of a number": lambda x: ATEN.pow.Tensor_Scalar(x, NUMBER),
    "in place": lambda x: (z(x) * 1).pow_(x[:2]),
    "in place, operator": lambda x: (z(x) * 1).__ipow__(W),
    "float_power": lambda x: torch.float_power(x[:2], W),
    "list": lambda x: torch._foreach_pow([z(x), x[:2]], [W, W])[1],
    "list, a number": lambda x: torch._foreach_pow([x, z(x)], NUMBER)[0],
    "list, numbers": lambda x: torch._foreach_pow([z(x), x], [0.7, NUMBER])[1],
    "list of a number": lambda x: torch._foreach_pow(2.5, [x, z(x)])[1],
    "list, real": lambda x: torch._foreach_pow([x[:2]], [x[2:]])[0],
    "list in place": lambda x: in_place([z(x) * 1, z(x) * 2], x[:2])[1],
}


def in_place(powers, exponent):
    torch._foreach_pow_(powers, [exponent] * len(powers))
    return powers


def weighed(name):
    def f(x):
        power = CASES[name](x)
        parts = torch.view_as_real(power) if power.is_complex() else power
        return (torch.arange(1.0, 1 + parts.numel(), dtype=F64).sin().reshape(parts.shape) * parts * (1 + parts)).sum()

    return f


def differences(f, order):
    """The derivative of this order along V, by values."""
    at = [f(X + 1e-3 * step * V) for step in (-2, -1, 0, 1, 2)]
    if order == 1:
        return (at[0] - 8 * at[1] + 8 * at[3] - at[4]) / 12e-3
    return (-at[0] + 16 * at[1] - 30 * at[2] + 16 * at[3] - at[4]) / 12e-6


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("name", CASES)
def test_right_in_every_nesting(name, nesting):
    f = weighed(name)
    found = ng.derivative(f, nesting)(X, *[V] * ng.Nesting(nesting).directions)
    found = (found * V).sum() if "R" in nesting else found
    torch.testing.assert_close(found, differences(f, len(nesting)), rtol=1e-6, atol=1e-7)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("name", ["real base, a number", "list, a number", "list, real"])
def test_compiled_it_is_right_or_refused(name):
    f = weighed(name)
    for nesting in ("F", "RF"):
        try:
            found = ng.derivative(f, nesting, compile=True)(X, V)
        except ng.UnsupportedNestingError:
            continue
        found = (found * V).sum() if "R" in nesting else found
        torch.testing.assert_close(found, differences(f, len(nesting)), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("nesting", SECOND)
def test_of_a_list_and_by_name_it_is_refused_where_the_exponent_is_zero(nesting):
    x, v = torch.tensor([0.7, 0.0], dtype=F64), torch.tensor([1.0, 0.6], dtype=F64)
    for f in (
        lambda x: torch._foreach_pow([x[0]], [x[1]])[0],
        lambda x: torch._foreach_pow([x[1], x[0]], [x[0] + 1, x[1]])[1],
        lambda x: torch.pow(x[0], exponent=x[1]),
        lambda x: torch.pow(exponent=x[1], input=x[0]),
    ):
        with pytest.raises(ng.UnsupportedNestingError, match=r"exponent is 0|logarithm"):
            ng.derivative(f, nesting)(x, *[v] * ng.Nesting(nesting).directions)


def test_what_is_called_by_names_is_looked_at():
    x = torch.tensor([0.7, 0.0], dtype=F64)
    with pytest.raises(ng.UnsupportedNestingError, match="cumulative_prod"):
        ng.reverse_over_forward(lambda x: torch.cumprod(input=x, dim=0).sum())(x, X[:2])
    with pytest.raises(ng.UnsupportedNestingError, match="'det'"):
        ng.forward_over_reverse(lambda x: torch.linalg.det(A=torch.diag(x)))(x, X[:2])


def test_complex_values_are_compared_by_no_guard():
    at_zero = lambda x: torch.view_as_real((z(x) * torch.tensor([0.0, 1.0])) ** W.conj()).sum()  # noqa: E731
    for nesting in SECOND:
        with pytest.raises(ng.UnsupportedNestingError):
            ng.derivative(at_zero, nesting)(X, *[V] * ng.Nesting(nesting).directions)
    exponents = torch.tensor([1 + 1j, 2.0])
    value, tangent = ng.jvp(lambda x: torch.ldexp(z(x), exponents).abs().sum(), (X,), (V,))
    assert torch.isfinite(value)
    assert torch.isfinite(tangent)


@pytest.mark.parametrize("nesting", ["F", "RF", "FF"])
def test_a_complex_number_whose_value_is_read_is_no_constant(nesting):
    directions = [V] * ng.Nesting(nesting).directions
    for f in (
        lambda x: torch.full((2,), torch.complex(x[0], x[1]), dtype=C128).real.sin().sum(),
        lambda x: z(x).new_full((2,), torch.complex(x[0], x[1])).imag.sin().sum(),
        lambda x: torch.add(z(x), z(x), alpha=torch.complex(x[0], x[1])).real.sin().sum(),
    ):
        with pytest.raises(ng.UnsupportedNestingError, match="reads the value of a number"):
            ng.derivative(f, nesting)(X, *directions)
