"""What f computes where gradients are off, or reads by `.data`, is the same constant in every nesting, or refused."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")

F64 = torch.float64
X = torch.tensor([1.0, 2.0], dtype=F64)
V = torch.tensor([1.0, 0.5], dtype=F64)
EXPECTED = {  # of Σ cx² with c held at x²
    **dict.fromkeys(("R", "jvp of a gradient"), 2 * X**3),
    "F": (2 * X**3 * V).sum(),
    **dict.fromkeys(("RR", "FR", "RF", "by torch.func", "by a tape"), 2 * X**2 * V),
    "FF": (2 * X**2 * V * V).sum(),
    **dict.fromkeys(("RRR", "RRF", "RFR", "FRR", "FFR", "FRF", "RFF"), 0 * X),
    "FFF": torch.zeros((), dtype=F64),
}


def by_context(x):
    with torch.no_grad():
        return x * x


@torch.no_grad()
def by_decorator(x):
    return x * x


def by_switch(x):
    torch.set_grad_enabled(False)
    held = x * x
    torch.set_grad_enabled(True)
    return held


def by_switch_as_context(x):
    with torch.set_grad_enabled(False):
        return torch.stack([x[0] * x[0], x[1] * x[1]])


def in_inference_mode(x):
    with torch.inference_mode():
        held = x * x
    return held.clone()


def written(x):
    held = torch.zeros_like(x)
    with torch.no_grad():
        held.copy_(x * x)
    return held


def written_in_place(x):
    held = torch.ones_like(x)
    with torch.no_grad():
        held *= x
        held.mul_(x)
    return held


def written_out(x):
    held = torch.empty_like(x)
    with torch.no_grad():
        torch.mul(x, x, out=held)
    return held


def written_through_data(x):
    held = torch.zeros_like(x)
    held.data.copy_(x * x)
    return held


def with_jvp_inside(x):
    with torch.no_grad():
        return ng.jvp(lambda y: y**3 / 3, (x,), (torch.ones_like(x),))[1]


HELD = {
    **{
        held.__name__: held
        for held in (by_context, by_decorator, by_switch, by_switch_as_context, in_inference_mode, with_jvp_inside)
    },
    **{held.__name__: held for held in (written, written_in_place, written_out, written_through_data)},
    "detach": lambda x: (x * x).detach(),
    "detach_": lambda x: (x * x).detach_(),
    "data": lambda x: x.data**2,
    "data of a result": lambda x: (x * x).data,
}


def scaled(held):
    return lambda x: (held(x) * x**2).sum()


def derivative(f, code, **options):
    return ng.derivative(f, code, **options)(X, *[V] * ng.Nesting(code).directions)


@pytest.mark.parametrize("code", [code for code in EXPECTED if code.isupper()])
@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_is_held_in_every_nesting(held, code):
    f = scaled(held)
    torch.testing.assert_close(derivative(f, code), EXPECTED[code])
    for without in (torch.no_grad(), torch.inference_mode()):
        with without:
            found = derivative(f, code)
            assert not found.requires_grad
            torch.testing.assert_close(found.clone(), EXPECTED[code])


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_is_held_by_transforms_of_the_users(held):
    f = scaled(held)
    product = EXPECTED["RR"]
    torch.testing.assert_close(torch.func.jvp(ng.gradient(f), (X,), (V,))[1], product)
    torch.testing.assert_close(torch.func.grad(lambda x: ng.gradient(f)(x) @ V)(X), product)
    torch.testing.assert_close(torch.func.grad(lambda x: ng.derivative(f, "F")(x, V))(X), product)
    x = X.clone().requires_grad_()
    torch.testing.assert_close(torch.autograd.grad(ng.derivative(f, "F")(x, V), x)[0], product)


def test_what_is_written_into_keeps_its_derivative():
    def f(x):
        y = x**2
        with torch.no_grad():
            y *= 3  # of the value alone
            with torch.enable_grad():
                z = y * x
        return z.sum()

    for code, expected in (("F", (2 * X**2 + 3 * X**2) @ V), ("R", 5 * X**2), ("RR", 10 * X * V)):
        torch.testing.assert_close(derivative(f, "R"), 5 * X**2)
        if code != "RR":
            torch.testing.assert_close(derivative(f, code), expected)


def left_off(x):
    torch.set_grad_enabled(False)
    return (x**3).sum()


def in_part(x):
    y = (x**3).sum()
    with torch.no_grad():
        return y + (x**2).sum()


WHOLE = {
    "no_grad": torch.no_grad()(lambda x: (x**3).sum()),
    "inference_mode": torch.inference_mode()(lambda x: (x**3).sum()),
    "left off": left_off,
    "in part": in_part,
}


@pytest.mark.parametrize("code", ["F", "R", "FR", "RF", "RR", "RRR"])
@pytest.mark.parametrize("f", WHOLE.values(), ids=WHOLE)
def test_a_value_from_where_gradients_are_off_is_refused(f, code):
    for _ in range(3):
        with torch.enable_grad(), pytest.raises(ng.NestgradError, match="gradients are off"):
            derivative(f, code)


@pytest.mark.parametrize("code", ["F", "FR", "RF", "FF"])
@pytest.mark.parametrize(
    "take",
    [
        lambda x: torch.func.grad(lambda y: (y**3).sum() / 3)(x),
        lambda x: torch.func.jvp(lambda y: y**3 / 3, (x,), (torch.ones_like(x),))[1],
        lambda x: torch.func.vmap(lambda y: y * y)(x),
        lambda x: ng.gradient(lambda y: (y**3).sum() / 3)(x),
    ],
    ids=["grad", "jvp", "vmap", "gradient"],
)
def test_a_transform_where_gradients_are_off_is_refused(take, code):
    with pytest.raises(ng.UnsupportedNestingError, match="no_grad"):
        derivative(scaled(torch.no_grad()(take)), code)
    torch.testing.assert_close(derivative(scaled(torch.no_grad()(take)), "RR"), EXPECTED["RR"])


def test_what_does_not_depend_on_x_is_no_constant_by_gradients_being_off():
    """A gradient that is constant, of a function that is not."""

    def linear(x):
        with torch.no_grad():
            held = x * x
        return (held * x).sum()

    for code in ("RR", "FR", "RF"):
        torch.testing.assert_close(derivative(linear, code), 0 * X)


@pytest.mark.parametrize("code", ["F", "R", "FR", "RF", "RR"])
def test_compiled(code):
    for name in ("detach", "data"):
        torch.testing.assert_close(derivative(scaled(HELD[name]), code, compile="traced"), EXPECTED[code])
    for name in ("by_context", "detach_"):
        try:
            found = derivative(scaled(HELD[name]), code, compile="traced")
        except ng.UnsupportedNestingError:
            assert code not in ("F" if name == "detach_" else ("R", "RR"))
        else:
            torch.testing.assert_close(found, EXPECTED[code])
    with pytest.raises(ng.UnsupportedNestingError, match="gradients are off"):
        derivative(WHOLE["no_grad"], code, compile="traced")
