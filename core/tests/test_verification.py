"""Verification: rules of the user's own beside differences, counted; what it does not say wrongly."""

import autograd.numpy as np
import numpy
import pytest
from autograd.extend import defvjp, primitive
from autograd.tracer import getval

import nestgrad as ng
from nestgrad._differences import compare

X, V = numpy.array([1.0, 2.0]), numpy.array([1.0, -0.5])


@primitive
def cube(x):
    return x**3


defvjp(cube, lambda value, x: lambda cotangent: cotangent * 3 * x**2)


@primitive
def hidden(x):
    """The same, by a rule that takes x for a constant when it is differentiated again."""
    return x**3


defvjp(hidden, lambda value, x: lambda cotangent: cotangent * 3 * getval(x) ** 2)


class Counted:
    def __init__(self, rule, more=0.0):
        self.calls, self.rule, self.more = 0, rule, more

    def __call__(self, x):
        self.calls += 1
        return np.sum(self.rule(x)) + self.more * np.sum(x**4)


def test_a_right_rule_costs_five_gradients_once():
    f = Counted(cube)
    op = ng.hvp(f, backend="autograd")
    numpy.testing.assert_allclose(op(X, V), 6 * X * V)
    assert f.calls == 1 + 5
    for _ in range(3):
        numpy.testing.assert_allclose(op(2 * X, V), 12 * X * V)
    assert f.calls == 1 + 5 + 3


def test_a_function_without_such_a_rule_costs_nothing():
    f = Counted(lambda x: x**3)
    ng.hvp(f, backend="autograd")(X, V)
    assert f.calls == 1


@primitive
def quartic(x):
    return x**4


defvjp(quartic, lambda value, x: lambda cotangent: cotangent * 4 * hidden(x))


def test_a_rule_that_an_operator_inside_of_f_meets_is_heard_of():
    inner = lambda x: ng.gradient(lambda y: np.sum(quartic(y)), backend="autograd")(x)  # noqa: E731
    with pytest.raises(ng.VerificationError) as caught:  # made of a rule of hidden's, which is right once
        ng.hvp(lambda x: np.sum(inner(x)), backend="autograd")(X, V)
    assert caught.value.rules == ("quartic", "hidden")


@pytest.mark.parametrize("more", [0.0, 1.0])
@pytest.mark.parametrize("nesting", ["RR", "auto"])
def test_a_rule_that_hides_is_an_error_at_every_call(nesting, more):
    f = Counted(hidden, more)
    op = ng.hvp(f, nesting, backend="autograd")
    for x in (X, 2 * X):
        with pytest.raises(ng.VerificationError, match="verify=False") as caught:
            op(x, V)
    truth = (6 * X + more * 12 * X**2) * V
    assert caught.value.rules == ("hidden",)
    assert min(abs(caught.value.compared.expected - truth)) < 1e-6
    f.calls = 0
    with pytest.raises(ng.VerificationError):
        op(X, V)
    assert f.calls <= (0 if nesting == "RR" else 4)


def test_the_operators_that_are_verified():
    f, g = Counted(hidden, 1.0), lambda y: np.sum(y**2)
    calls = [
        lambda: ng.gradient_and_hvp(f, backend="autograd")(X, V),
        lambda: ng.nested_gradient(g, f, backend="autograd")(X),
        lambda: ng.reverse_over_reverse(f, backend="autograd")(X, V),
        lambda: ng.hvp(lambda x: (f(x), "aux"), "RR", backend="autograd", has_aux=True)(X, V),
        lambda: ng.nested_gradient(g, lambda x, t: np.sum(hidden(x) * t), argnums=1, backend="autograd")(X, X),
        lambda: ng.hvp(lambda x: f(x["a"]), "RR", backend="autograd")({"a": X}, {"a": V}),
    ]
    for place, call in enumerate(calls):
        if place == 4:  # the mixed derivative is right: the rule is differentiated once in x, and f is linear in t
            call()
            continue
        with pytest.raises(ng.VerificationError):
            call()


@pytest.mark.parametrize("verify", [False, None, True, "always"])
def test_verify(verify):
    f = Counted(lambda x: x**3)
    op = ng.hvp(f, backend="autograd", verify=verify)
    for _ in range(2):
        op(X, V)
    assert f.calls == 2 + {False: 0, None: 0, True: 5, "always": 10}[verify]


def test_the_environment_speaks_for_a_whole_program(monkeypatch):
    for said, more in (("0", 0), ("1", 5), ("always", 5), ("", 0)):
        monkeypatch.setenv("NESTGRAD_VERIFY", said)
        f = Counted(lambda x: x**3)
        ng.hvp(f, backend="autograd")(X, V)
        assert f.calls == 1 + more
    monkeypatch.setenv("NESTGRAD_VERIFY", "perhaps")
    with pytest.raises(TypeError, match="NESTGRAD_VERIFY is one of"):
        ng.hvp(Counted(cube), backend="autograd")(X, V)


def test_meant_it_passes():
    numpy.testing.assert_allclose(ng.hvp(Counted(hidden), "RR", backend="autograd", verify=False)(X, V), [0, 0])


def test_a_first_derivative_is_verified_if_it_is_asked_for():
    @primitive
    def half(x):
        return x**3

    defvjp(half, lambda value, x: lambda cotangent: cotangent * 1.5 * x**2)
    ng.gradient(lambda x: np.sum(half(x)), backend="autograd")(X)
    with pytest.raises(ng.VerificationError):
        ng.gradient(lambda x: np.sum(half(x)), backend="autograd", verify=True)(X)


def test_a_kink_is_no_other_number_and_is_tried_three_times():
    f = Counted(lambda x: np.where(cube(x) > 1, cube(x), 0.0))
    op = ng.hvp(f, backend="autograd")
    for _ in range(5):
        op(X, V)
    assert f.calls == 5 + 3 * 5


def test_what_draws_decides_nothing():
    random = numpy.random.default_rng(0)
    op = ng.hvp(lambda x: np.sum(cube(x) * random.random(2)), backend="autograd")
    for _ in range(5):
        op(X, V)


@pytest.mark.parametrize(
    ("f", "derivative"),
    [(numpy.sin, numpy.cos), (numpy.exp, numpy.exp), (lambda x: 1e9 * x**3, lambda x: 3e9 * x**2), (abs, numpy.sign)],
)
def test_differences(f, derivative):
    for x in (0.5, -2.0, 30.0):
        for wrong in (1.0, 1.01, 0.0):
            found = compare(lambda h, x=x: numpy.array([f(x + h)]), numpy.array([derivative(x) * wrong]), abs(x), 2e-16)
            assert found.differs is (wrong != 1.0)


def test_differences_at_a_kink_decide_nothing():
    assert compare(lambda h: numpy.array([abs(h)]), numpy.array([0.0]), 1.0, 2e-16).differs is None
    assert compare(lambda h: numpy.array([max(h, 0.0)]), numpy.array([1.0]), 1.0, 2e-16).differs is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("v", [(0.0, 1.0), (1.0, 1.0)])
def test_entries_of_many_sizes_are_moved_by_their_own(dtype, v):
    """The derivative of arctan is 0 far from 0: a step as large as the largest entry sees nothing of the smallest."""
    x, v = numpy.array([1e8, 0.3], dtype), numpy.array(v, dtype)
    f = Counted(np.arctan)
    product = ng.hvp(f, backend="autograd", verify=True)(x, v)
    numpy.testing.assert_allclose(product, [0, -2 * 0.3 / (1 + 0.3**2) ** 2], rtol=1e-4, atol=1e-6)
    assert f.calls == 1 + 5


@pytest.mark.parametrize("sharpness", [3e4, 1e5])
def test_what_is_smaller_than_the_steps_is_looked_at_with_smaller_ones(sharpness):
    x, v = numpy.zeros(2, numpy.float32), numpy.ones(2, numpy.float32)
    softplus = Counted(lambda x: np.logaddexp(0, np.float32(sharpness) * x) / np.float32(sharpness))
    numpy.testing.assert_allclose(ng.hvp(softplus, backend="autograd", verify=True)(x, v), sharpness / 4, rtol=1e-3)
    assert softplus.calls > 1 + 5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_wrong_is_found_with_smaller_steps_as_well(dtype):
    random = numpy.random.default_rng(0)
    for size in (1e-3, 1.0, 30.0, 1e4):
        x, v = (random.normal(size=5).astype(dtype) * dtype_size for dtype_size in (numpy.float32(size), 1))
        with pytest.raises(ng.VerificationError):
            ng.hvp(Counted(lambda x, s=size: hidden(x / np.float32(s))), backend="autograd")(x, v)


def test_what_is_not_verified_says_so_and_costs_nothing(monkeypatch):
    for make in (ng.value_and_gradient, lambda f, **options: ng.derivative(f, "RRR", **options)):
        with pytest.raises(TypeError, match="is not verified"):
            make(Counted(cube), backend="autograd", verify=True)
    monkeypatch.setenv("NESTGRAD_VERIFY", "1")
    f = Counted(cube)
    ng.value_and_gradient(f, backend="autograd")(X)
    assert f.calls == 1


def test_in_half_precision_nothing_is_tried_for_ever():
    f = Counted(cube)
    op = ng.hvp(f, backend="autograd")
    half = X.astype(numpy.float16), V.astype(numpy.float16)
    for _ in range(5):
        op(*half)
    assert f.calls == 5
    (attempts,) = op._attempts.values()
    assert attempts.only is not None
