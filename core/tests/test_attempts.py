"""auto: the first choice where it is right, else the next nesting that is; what each call and each error says of it."""

import contextlib
import gc
import pickle
import threading
import warnings
import weakref

import autograd.numpy as np
import numpy
import pytest

import nestgrad as ng
from nestgrad.extend import Fault, Refusal, RefusedOperation

Autograd = type(ng.get_backend("autograd"))
X, V = numpy.array([1.0, 2.0, 3.0]), numpy.array([1.0, -1.0, 0.5])
PRODUCT = 6 * X * V


class Cubes:
    """Σx³, counted."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return np.sum(x**3)


def backend(*refused, also=()):
    """A backend whose engine raises in the first of these nestings, or in a letter of any (`also`)."""

    class Refuses(Autograd):
        name = "refuses"

        def run(self, nesting, route, *inputs):
            found = route(*inputs)
            if nesting.code in refused:
                raise NotImplementedError(f"no {nesting.code}")
            if nesting.code in also:
                raise RefusedOperation("cubes", "it is not done.")
            return found

        def classify(self, exception, nesting):
            return Refusal("cubes", "there is no rule.") if str(exception).startswith("no ") else None

    return Refuses()


@pytest.mark.parametrize(
    ("refused", "taken", "calls"), [(("RR",), "FR", 2), (("RR", "FR"), "RF", 3), (("RR", "FR", "RF"), "FF", 3 + 3)]
)
def test_the_next_that_is_right_is_taken_and_kept(refused, taken, calls):
    f = Cubes()
    op = ng.hvp(f, backend=backend(*refused))
    with pytest.warns(ng.NestingFallbackWarning, match=f"by '{taken}'.*blocked by 'cubes': there is no rule") as caught:
        numpy.testing.assert_allclose(op(X, V), PRODUCT)
    assert caught[0].filename == __file__
    assert (caught[0].message.nesting.code, f.calls) == (taken, calls)
    f.calls = 0
    numpy.testing.assert_allclose(op(2 * X, V), 2 * PRODUCT)  # no warning, which would be an error here
    assert f.calls == (3 if taken == "FF" else 1)


@pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")
@pytest.mark.parametrize("refused", [("RR",), ("RR", "FR"), ("RR", "FR", "RF")])
def test_every_operator_with_auto(refused):
    tree, w = {"a": X, "b": (V,)}, {"a": V, "b": (X,)}

    def f(x, scale=1.0):
        return scale * np.sum(x["a"] ** 3) + np.sum(x["b"][0] * x["a"] ** 2), "aux"

    expected = {"a": 6 * X * V + 2 * V * V + 2 * X * X, "b": (2 * X * V,)}
    gradient = {"a": 3 * X**2 + 2 * X * V, "b": (X**2,)}
    product, aux = ng.hvp(f, backend=backend(*refused), has_aux=True)(tree, w)
    assert aux == "aux"
    (first, second), aux = ng.gradient_and_hvp(f, backend=backend(*refused), has_aux=True)(tree, w)
    assert aux == "aux"
    for found, truth in ((product, expected), (first, gradient), (second, expected)):
        numpy.testing.assert_allclose(found["a"], truth["a"])
        numpy.testing.assert_allclose(found["b"][0], truth["b"][0])
    nested = ng.nested_gradient(lambda y: np.sum(y**2), Cubes(), backend=backend(*refused))(X)
    numpy.testing.assert_allclose(nested, 36 * X**3)
    penalty = ng.nested_gradient(
        lambda y: np.sum(y**2), lambda x, theta: np.sum(theta * x**3), argnums=1, backend=backend(*refused)
    )
    numpy.testing.assert_allclose(penalty(X, V), 2 * V * (3 * X**2) ** 2)


def test_where_none_works_it_says_so_and_tells_the_first():
    f = Cubes()
    with pytest.raises(ng.UnsupportedNestingError, match="tried: 'FR', 'RF', 'FF'") as caught:
        ng.hvp(f, backend=backend("RR", "FR", "RF", "FF"))(X, V)
    assert (caught.value.nesting.code, caught.value.operation, caught.value.use) == ("RR", "cubes", None)
    assert [nesting.code for nesting in caught.value.tried] == ["FR", "RF", "FF"]
    assert isinstance(caught.value.__cause__, NotImplementedError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.tried) == (str(caught.value), caught.value.tried)


def test_forward_mode_alone_is_not_taken_for_many_variables():
    many = numpy.ones(65)
    with pytest.raises(ng.UnsupportedNestingError, match="tried: 'FR', 'RF', 'FF'"):
        ng.hvp(Cubes(), backend=backend("RR", "FR", "RF"))(many, many)


def test_a_nesting_by_name_has_no_other():
    with pytest.raises(ng.UnsupportedNestingError, match="no rule"):
        ng.hvp(Cubes(), "RR", backend=backend("RR"))(X, V)


def test_what_f_raises_passes_and_is_tried_once():
    f = Cubes()

    def raises(x):
        f(x)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ng.hvp(raises, backend=backend())(X, V)
    assert f.calls == 2  # once more to know whose exception it is


def test_what_f_raises_is_its_own_though_the_backend_would_recognise_it():
    def raises(x):
        raise NotImplementedError("no such thing")

    with pytest.raises(NotImplementedError, match="no such thing") as caught:
        ng.hvp(raises, backend=backend())(X, V)
    assert not isinstance(caught.value, ng.NestgradError)


@pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")
def test_a_failure_that_nobody_recognises_is_no_end_either():
    class Fails(Autograd):
        def run(self, nesting, route, *inputs):
            if nesting.code == "RR":
                raise IndexError("inside")
            return route(*inputs)

    numpy.testing.assert_allclose(ng.hvp(Cubes(), backend=Fails())(X, V), PRODUCT)


@pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")
def test_a_number_that_is_not_finite_is_no_end_either():
    class Infinite(Autograd):
        def run(self, nesting, route, *inputs):
            derivative, *others = route(*inputs)
            return derivative * (numpy.nan if nesting.code in infinite else 1.0), *others

    infinite = {"RR", "FR"}
    numpy.testing.assert_allclose(ng.hvp(Cubes(), backend=Infinite())(X, V), PRODUCT)
    infinite |= {"RF", "FF"}
    with pytest.raises(ng.NotFiniteError, match="tried: 'FR', 'RF', 'FF'") as caught:
        ng.hvp(Cubes(), backend=Infinite())(X, V)
    assert pickle.loads(pickle.dumps(caught.value)).tried == caught.value.tried


def test_as_an_error_the_warning_arrives_as_itself_at_every_call():
    op = ng.hvp(Cubes(), backend=backend("RR"))
    for _ in range(2):
        with pytest.raises(ng.NestingFallbackWarning):  # as pytest is set up here, warnings are errors
            op(X, V)


@pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")
def test_each_kind_of_input_has_its_choice():
    class OfVectors(Autograd):
        def run(self, nesting, route, *inputs):
            if nesting.code == "RR" and inputs[0].ndim == 1:
                raise RefusedOperation("vector", "it is not done.")
            return route(*inputs)

    f = Cubes()
    op = ng.hvp(f, backend=OfVectors())
    for x, v in ((X, V), (X[:, None], V[:, None]), (X, V), (X[:, None], V[:, None])):
        numpy.testing.assert_allclose(op(x, v), 6 * x * v)
    assert f.calls == 4  # a vector is refused before f is reached


def test_eight_threads_choose_once():
    chosen = []

    class Notes(Autograd):
        def run(self, nesting, route, *inputs):
            found = route(*inputs)
            if nesting.code == "RR":
                meeting.wait()  # so that all are refused before one has chosen
                raise RefusedOperation("cubes", "it is not done.")
            chosen.append(nesting.code)
            return found

    meeting = threading.Barrier(8)
    op = ng.hvp(Cubes(), backend=Notes())
    results = []

    def call():
        with warnings.catch_warnings():
            results.append(op(X, V))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == len(chosen) == 8
    assert len([one for one in caught if one.category is ng.NestingFallbackWarning]) == 1
    for result in results:
        numpy.testing.assert_allclose(result, PRODUCT)


@pytest.mark.parametrize("refused", [("RR",), ("RR", "FR", "RF", "FF")])
@pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")
def test_nothing_is_kept_alive(refused):
    f = Cubes()
    op = ng.hvp(f, backend=backend(*refused))
    gc.disable()
    try:
        with contextlib.suppress(ng.UnsupportedNestingError):
            op(X, V)
        alive = weakref.ref(f)
        del f, op
        assert alive() is None
    finally:
        gc.enable()


def test_f_may_wait_for_another_thread_that_chooses():
    refuses, done = backend("RR"), threading.Event()

    def elsewhere():
        ng.hvp(Cubes(), backend=refuses)(X, V)
        done.set()

    def f(x):
        f.calls += 1
        if f.calls == 2:  # while this one chooses
            threading.Thread(target=elsewhere, daemon=True).start()
            assert done.wait(60)
        return np.sum(x**3)

    f.calls = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numpy.testing.assert_allclose(ng.hvp(f, backend=refuses)(X, V), PRODUCT)
    assert done.is_set()


def test_what_is_wrong_in_another_nesting_too_is_not_tried_there():
    fault = Fault("captured", ("what f captures",), ("*F*", "RR"), "it is a constant.", None)
    found = []

    class Blind(Autograd):
        """Sees the fault in RR alone."""

        def run(self, nesting, route, *inputs):
            found.append(nesting.code)
            if nesting.code == "RR":
                raise fault.refusal("blind", nesting)
            return route(*inputs)

    with pytest.raises(ng.UnsupportedNestingError, match="tried: 'FR', 'RF', 'FF'"):
        ng.hvp(Cubes(), backend=Blind())(X, V)
    with pytest.raises(ng.UnsupportedNestingError, match="tried: 'FR', 'RF'"):
        ng.hvp(Cubes(), "RR", backend=Blind())(X, V)
    assert found == ["RR", "RR"]


def test_forward_mode_alone_is_refused_for_a_function_that_draws():
    """Each pass would be of another function, and the entries belong to none."""
    random = numpy.random.default_rng(0)

    def f(x):
        return np.sum(random.random(3) * x**3)

    with pytest.raises(ng.UnsupportedNestingError, match="tried: 'FR', 'RF', 'FF'"):
        ng.hvp(f, backend=backend("RR", "FR", "RF"))(X, V)
    with pytest.raises(ng.UnsupportedNestingError, match="tried: 'FR', 'RF', 'FF'"):
        ng.nested_gradient(lambda y: np.sum(y**2), f, backend=backend("RR", "FR", "RF"))(X)
