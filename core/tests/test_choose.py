import dataclasses

import numpy as np
import pytest

import nestgrad as ng
from nestgrad import Nesting, UnsupportedNestingError
from nestgrad._choose import candidates, require
from nestgrad._offers import offers

Autograd = type(ng.get_backend("autograd"))
X, V, W = np.array([1.0, 2.0]), np.array([1.0, -1.0]), np.array([0.5, 3.0])


def cubes(x):
    return (x**3).sum()


class ForwardOnly:
    name = "forward-only"
    xp, asarray, jvp = Autograd.xp, Autograd.asarray, Autograd.jvp


class ReverseOnly:
    name = "reverse-only"
    xp, asarray, vjp = Autograd.xp, Autograd.asarray, Autograd.vjp


class Shallow(Autograd):
    name = "shallow"
    max_order = 2


@pytest.mark.parametrize(
    ("backend", "nestings"),
    [
        (ForwardOnly(), ["F", "FF", "FFF"]),
        (ReverseOnly(), ["R", "RR", "RRR"]),
        (Shallow(), ["F", "R", "FF", "FR", "RF", "RR"]),
    ],
)
def test_nestings_that_a_backend_has(backend, nestings):
    def has(nesting):
        try:
            return require(offers(backend), nesting) == nesting
        except UnsupportedNestingError:
            return False

    every = [Nesting(code) for code in ("F", "R", "FF", "FR", "RF", "RR", "FFF", "FFR", "RRF", "RRR")]
    assert [nesting.code for nesting in every if has(nesting)] == nestings


def test_missing_mode_is_named():
    with pytest.raises(UnsupportedNestingError, match="no forward mode"):
        ng.forward_over_reverse(cubes, backend=ReverseOnly())(X, V)
    with pytest.raises(UnsupportedNestingError, match="no reverse mode"):
        ng.gradient(cubes, backend=ForwardOnly())(X)
    with pytest.raises(UnsupportedNestingError, match="no forward mode"):
        ng.jvp(cubes, (X,), (V,), backend=ReverseOnly())
    with pytest.raises(UnsupportedNestingError, match="no reverse mode"):
        ng.vjp(cubes, X, backend=ForwardOnly())


def test_a_nesting_to_use_instead_works():
    with pytest.raises(UnsupportedNestingError) as caught:
        ng.forward_over_reverse(cubes, backend=ReverseOnly())(X, V)
    assert (caught.value.backend, caught.value.nesting, caught.value.operation) == ("reverse-only", Nesting("FR"), None)
    assert caught.value.use == Nesting("RR")
    np.testing.assert_allclose(ng.hvp(cubes, caught.value.use, backend=ReverseOnly())(X, V), 6 * X * V)


def test_too_long_a_nesting_says_how_long_it_may_be():
    with pytest.raises(UnsupportedNestingError, match="order 2"):
        ng.derivative(cubes, "RRR", backend=Shallow())(X, V, V)


def test_auto_takes_the_first_preferred_nesting_that_the_backend_has():
    class Prefers(Autograd):
        preferred = ("RF", "FR", "RR")

    class PrefersWhatItLacks(ReverseOnly):
        preferred = ("RF", "FR", "RR")

    assert candidates(offers(Prefers()), "auto")[0] == Nesting("RF")
    assert candidates(offers(PrefersWhatItLacks()), "auto")[0] == Nesting("RR")
    assert candidates(offers(Prefers()), "RR")[0] == Nesting("RR")
    np.testing.assert_allclose(ng.hvp(cubes, backend=PrefersWhatItLacks())(X, V), 6 * X * V)
    np.testing.assert_allclose(ng.nested_gradient(cubes, cubes, backend=PrefersWhatItLacks())(X), 162 * X**5)


def test_auto_without_reverse_mode_is_refused():
    with pytest.raises(UnsupportedNestingError, match="no reverse mode"):
        ng.hvp(cubes, backend=ForwardOnly())(X, V)


class Native(Autograd):
    """A backend whose second-order methods can be told apart from the composition: all results times 1000."""

    name = "native"

    def __init__(self):
        self.seen = []

    def _note(self, method, primal):
        self.seen.append((method, type(primal)))

    def forward_over_reverse(self, f, primal, tangent):
        self._note("FR", primal)
        return _scaled(self, primal, 1), _scaled(self, tangent, 1000)

    def reverse_over_forward(self, f, primal, tangent):
        self._note("RF", primal)
        return np.float64(7), _scaled(self, tangent, 1000)

    def reverse_over_reverse(self, f, primal, tangent):
        self._note("RR", primal)
        return _scaled(self, primal, 1), _scaled(self, tangent, 1000)

    def forward_over_forward(self, f, primal, t1, t2):
        self._note("FF", primal)
        return f(primal), np.float64(1), np.float64((t1 * t2).sum())


def _scaled(backend, tree, factor):
    return tuple(factor * leaf for leaf in tree) if isinstance(tree, tuple) else factor * tree


class FlatNative(Native):
    flat_only = True


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
@pytest.mark.parametrize("operator", [ng.hvp, ng.derivative])
def test_native_method_overrides_the_composition(nesting, operator):
    backend = Native()
    np.testing.assert_allclose(operator(cubes, nesting, backend=backend)(X, V), 1000 * V)
    assert backend.seen == [(nesting, np.ndarray)]


def test_native_forward_over_forward():
    backend = Native()
    assert ng.forward_over_forward(cubes, backend=backend)(X, V, W) == V @ W
    assert backend.seen == [("FF", np.ndarray)]


@pytest.mark.parametrize(("nesting", "gradient"), [("FR", X), ("RR", X), ("RF", 3 * X**2)])
def test_gradient_and_hvp_by_a_native_method(nesting, gradient):
    """RF gives no gradient: that one is computed apart."""
    result = ng.gradient_and_hvp(cubes, nesting, backend=Native())(X, V)
    np.testing.assert_allclose(result, [gradient, 1000 * V])


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_native_method_takes_a_tuple_of_leaves(nesting):
    backend, x, v = Native(), {"a": X, "b": [W]}, {"a": V, "b": [X]}
    result = ng.hvp(lambda x: cubes(x["a"]), nesting, backend=backend)(x, v)
    np.testing.assert_allclose([result["a"], result["b"][0]], [1000 * V, 1000 * X])
    assert backend.seen == [(nesting, tuple)]


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_flat_only_method_is_not_given_several_leaves(nesting):
    backend, x, v = FlatNative(), {"a": X, "b": [W]}, {"a": V, "b": [X]}
    result = ng.hvp(lambda x: cubes(x["a"]), nesting, backend=backend)(x, v)
    np.testing.assert_allclose([result["a"], result["b"][0]], [6 * X * V, 0 * X])
    np.testing.assert_allclose(
        ng.hvp(lambda x: cubes(x["a"]), nesting, backend=backend)({"a": X}, {"a": V})["a"], 1000 * V
    )
    assert backend.seen == [(nesting, np.ndarray)]


def test_native_method_is_not_used_with_aux():
    backend = Native()
    result, aux = ng.hvp(lambda x: (cubes(x), "aux"), "FR", has_aux=True, backend=backend)(X, V)
    np.testing.assert_allclose(result, 6 * X * V)
    assert (aux, backend.seen) == ("aux", [])


def test_native_method_sees_a_checked_scalar():
    class Evaluates(Native):
        def forward_over_reverse(self, f, primal, tangent):
            return primal, f(primal)

    with pytest.raises(ng.NonScalarOutputError):
        ng.forward_over_reverse(lambda x: x, backend=Evaluates())(X, V)


def test_a_backend_that_cannot_be_hashed():
    @dataclasses.dataclass
    class Unhashable(Autograd):
        name: str = "unhashable"

    backend = Unhashable()
    with pytest.raises(TypeError):
        hash(backend)
    np.testing.assert_allclose(ng.hvp(cubes, backend=backend)(X, V), 6 * X * V)


class ForAnyEngine(Autograd):
    name, max_order, vjp = "other", 1, None

    def over(self, engine):
        return self


@pytest.mark.parametrize("nesting", ["FF", "FR", "RR"])
def test_one_that_is_over_others_says_to_give_it_a_derivative(nesting):
    with pytest.raises(UnsupportedNestingError) as caught:
        require(offers(ForAnyEngine()), Nesting(nesting))
    assert "jvp(gradient(f), (x,), (v,), backend='other')" in caught.value.instead


def test_of_order_one_there_is_nothing_to_give_it():
    with pytest.raises(UnsupportedNestingError) as caught:
        require(offers(ForAnyEngine()), Nesting("R"))
    assert caught.value.instead is None
