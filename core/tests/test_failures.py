import pickle

import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng
from nestgrad import EngineError, Nesting, UnsupportedNestingError
from nestgrad._evaluation import checked
from nestgrad._offers import offers
from nestgrad.extend import Mode, Refusal, RefusedOperation, of_the_user
from nestgrad_autograd._impl import Autograd

FR = Nesting("FR")


class Mine(Exception):
    """An exception of the user's own."""


OPERATORS = {
    "gradient": (ng.gradient, 0),
    "value_and_gradient": (ng.value_and_gradient, 0),
    "hvp": (ng.hvp, 1),
    "gradient_and_hvp": (ng.gradient_and_hvp, 1),
    "FR": (ng.forward_over_reverse, 1),
    "RF": (ng.reverse_over_forward, 1),
    "RR": (ng.reverse_over_reverse, 1),
    "FF": (ng.forward_over_forward, 2),
    "FFR": (lambda f, **options: ng.derivative(f, "FFR", **options), 2),
    "nested_gradient": (lambda f, **options: ng.nested_gradient(lambda y: y.sum(), f, **options), 0),
}
each_operator = pytest.mark.parametrize(("operator", "directions"), OPERATORS.values(), ids=OPERATORS)


def raising(error):
    def f(*_):
        raise error

    return f


@each_operator
@pytest.mark.parametrize("kind", [Mine, ValueError, TypeError, StopIteration, NotImplementedError, ng.NestgradError])
def test_exception_of_f_passes_unchanged(operator, directions, kind, engine):
    error, x = kind("mine"), engine.array([1.0])
    with pytest.raises(kind) as caught:
        operator(raising(error), backend=engine.name)(x, *[x] * directions)
    assert caught.value is error
    assert error.__cause__ is None


def test_exception_of_f_passes_unchanged_through_jvp_and_vjp(engine):
    error, x = Mine("mine"), engine.array([1.0])
    with pytest.raises(Mine) as caught:
        ng.jvp(raising(error), (x,), (x,), backend=engine.name)
    assert caught.value is error
    with pytest.raises(Mine) as caught:
        ng.vjp(raising(error), x, backend=engine.name)
    assert caught.value is error


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_exception_of_g_passes_unchanged(engine, nesting):
    error = Mine("mine")
    h = ng.nested_gradient(raising(error), lambda x: (x**2).sum(), nesting=nesting, backend=engine.name)
    with pytest.raises(Mine) as caught:
        h(engine.array([1.0]))
    assert caught.value is error


@each_operator
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_pass(operator, directions, kind, engine):
    x = engine.array([1.0])
    with pytest.raises(kind):
        operator(raising(kind()), backend=engine.name)(x, *[x] * directions)


@each_operator
def test_exception_of_differentiating_is_the_engines(operator, directions):
    error, x = Mine("only when traced"), np.array([1.0])

    def f(x):
        if type(x) is not np.ndarray:
            raise error
        return (x**2).sum()

    with pytest.raises(EngineError) as caught:
        operator(f, backend="autograd")(x, *[x] * directions)
    assert caught.value.__cause__ is error
    assert "Mine: only when traced" in str(caught.value)


def test_f_is_not_evaluated_again_unless_something_fails(engine):
    calls = []
    ng.gradient(lambda x: calls.append(x) or (x**2).sum(), backend=engine.name)(engine.array([1.0]))
    assert len(calls) == 1


def test_keyword_and_positional_arguments_reach_the_undifferentiated_call(engine):
    error = Mine()

    def f(x, scale, *, power):
        if (scale, power) == (2.0, 3):
            raise error
        return x.sum()

    with pytest.raises(Mine) as caught:
        ng.hvp(f, backend=engine.name)(engine.array([1.0]), engine.array([1.0]), 2.0, power=3)
    assert caught.value is error


def test_wrong_number_of_arguments_is_the_users_error(engine):
    with pytest.raises(TypeError, match="positional argument") as caught:
        ng.gradient(lambda x: x.sum(), backend=engine.name)(engine.array([1.0]), 1.0)
    assert not isinstance(caught.value, ng.NestgradError)


class Recognising:
    """A backend whose engine says one thing that it recognises."""

    name = "recognising"

    def classify(self, exception, nesting):
        return Refusal("frobnicate", "there is no rule.", "RR") if str(exception) == "known" else None


def fail_with(message):
    return raising(RuntimeError(message))


def test_recognised_exception_is_a_refusal():
    with pytest.raises(UnsupportedNestingError) as caught:
        checked(offers(Recognising()), FR, lambda: None, fail_with("known"))
    refusal = caught.value
    assert (refusal.backend, refusal.nesting, refusal.operation) == ("recognising", FR, "frobnicate")
    assert (refusal.reason, refusal.use) == ("there is no rule.", Nesting("RR"))
    assert isinstance(refusal.__cause__, RuntimeError)
    for part in ("recognising", "'FR'", "forward_over_reverse", "frobnicate", "there is no rule", "'RR'"):
        assert part in str(refusal)


def test_a_refused_operation_is_a_refusal_of_the_nesting_and_is_not_classified():
    refused = RefusedOperation("known", "a repair cannot see its values.")
    with pytest.raises(UnsupportedNestingError) as caught:
        checked(offers(Recognising()), FR, lambda: None, raising(refused))
    refusal = caught.value
    assert (refusal.backend, refusal.nesting, refusal.operation) == ("recognising", FR, "known")
    assert (refusal.reason, refusal.use) == ("a repair cannot see its values.", None)
    assert refusal.__cause__ is refused


@pytest.mark.parametrize(("nesting", "use"), [("FR", Nesting("RR")), ("RR", None)])
def test_a_refused_operation_may_say_which_mode_works(nesting, use):
    refused = pickle.loads(pickle.dumps(RefusedOperation("known", "so.", Mode.REVERSE)))
    with pytest.raises(UnsupportedNestingError) as caught:
        checked(offers(Recognising()), Nesting(nesting), lambda: None, raising(refused))
    assert caught.value.use == use


def test_a_refused_operation_belongs_to_the_innermost_operator():
    def f(x):
        return anp.sum(x * ng.gradient(anp.sum, backend=Refusing())(x))

    with pytest.raises(UnsupportedNestingError, match="blocked by 'sum': so") as caught:
        ng.hvp(f, "FR", backend="autograd")(np.ones(2), np.ones(2))
    assert caught.value.nesting == Nesting("R")


class Refusing(type(ng.get_backend("autograd"))):
    """A backend that refuses what it differentiates."""

    def vjp(self, f, *primals, has_aux=False):
        raise RefusedOperation("sum", "so.")


def test_unrecognised_exception_is_an_engine_error():
    with pytest.raises(EngineError, match="RuntimeError: unheard of") as caught:
        checked(offers(Recognising()), FR, lambda: None, fail_with("unheard of"))
    assert str(caught.value.__cause__) == "unheard of"


def test_backend_need_not_classify():
    class Plain:
        name = "plain"

    with pytest.raises(EngineError, match="plain failed on 'FR'"):
        checked(offers(Plain()), FR, lambda: None, fail_with("known"))


def test_another_exception_of_f_itself_passes():
    error = Mine()
    with pytest.raises(Mine) as caught:
        checked(offers(Recognising()), FR, raising(error), fail_with("known"))
    assert caught.value is error


def test_bad_output_explains_the_engines_exception():
    with pytest.raises(ng.NonScalarOutputError, match="shape"):  # an exception of f's output, not of the engine
        checked(offers(Recognising()), FR, raising(ng.NonScalarOutputError("shape")), raising(TypeError("engine")))


def test_missing_forward_rule_names_a_nesting_that_works():
    def inverse(x):
        return anp.sum(anp.linalg.inv(x))

    x, v = np.array([[2.0]]), np.array([[3.0]])
    with pytest.raises(UnsupportedNestingError) as caught:
        ng.forward_over_reverse(inverse, backend="autograd")(x, v)
    assert caught.value.operation == "inv"
    assert caught.value.nesting == FR
    assert caught.value.__cause__ is not None
    product = ng.hvp(inverse, caught.value.use, backend="autograd")(x, v)
    np.testing.assert_allclose(product, [[2 * 3 / 2**3]], rtol=1e-12)  # (1/x)'' v


def test_refusal_survives_pickle():
    refusal = UnsupportedNestingError(backend="b", nesting=FR, operation=None, reason="so.", use=Nesting("RR"))
    copy = pickle.loads(pickle.dumps(refusal))
    assert str(copy) == str(refusal)
    assert (copy.backend, copy.nesting, copy.operation, copy.reason, copy.use) == ("b", FR, None, "so.", Nesting("RR"))


def test_every_error_is_one_of_this_package():
    errors = [value for name, value in vars(ng).items() if name.endswith("Error")]
    assert len(errors) >= 10
    assert all(issubclass(error, ng.NestgradError) for error in errors)


class Elsewhere(Autograd):
    """Evaluates f at another point than x, by itself."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        try:
            return f(*[x + 1 for x in primals]), tangents[0]
        except Exception as error:
            raise of_the_user(error) from error.__cause__

    def classify(self, exception, nesting):
        return None


class Slotted(ValueError):
    """An exception that takes no mark."""

    def __setattr__(self, name, value):
        raise AttributeError(name)


def test_what_f_raises_at_another_point_is_the_users():
    def f(x):
        if x > 2:
            raise ValueError("mine")
        return x

    for call in (
        lambda backend: ng.jvp(f, (2.0,), (1.0,), backend=backend),
        lambda backend: ng.derivative(f, "F", backend=backend)(2.0, 1.0),
    ):
        with pytest.raises(ValueError, match=r"^mine$"):
            call(Elsewhere())


def test_an_exception_that_takes_no_mark_is_the_engines():
    def f(x):
        if x > 2:
            raise Slotted("mine")
        return x

    with pytest.raises(ng.EngineError, match="mine"):
        ng.jvp(f, (2.0,), (1.0,), backend=Elsewhere())


def test_uncertain_error_survives_pickle():
    error = pickle.loads(pickle.dumps(ng.UncertainError("too wide", (1.0, 2.0), (0.5, 0.25))))
    assert (str(error), error.value, error.bar) == ("too wide", (1.0, 2.0), (0.5, 0.25))
