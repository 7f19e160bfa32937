"""The canary proves a route: its forward rule runs for nestings with an F, its backward rule for nestings with an R."""

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded
from nestgrad.extend import Canary, compose

X = np.array([0.1, 0.2])


def _count(backend, nesting, canary=None):
    """How often each rule ran, and the result."""
    canary = canary or backend.canary()
    x = backend.asarray(X)
    canary.reset()
    result = ng.derivative(canary.function, nesting, backend=backend)(x, *[x] * ng.Nesting(nesting).directions)
    return canary.forward, canary.backward, backend.to_numpy(result)


def test_the_function_is_the_sum_of_exponentials(backend):
    canary = backend.canary()
    assert isinstance(canary, Canary)
    assert float(canary.function(backend.asarray(X))) == pytest.approx(np.sum(np.exp(X)))
    assert (canary.forward, canary.backward) == (0, 0)


def test_every_nesting(backend, nestings):
    for nesting in nestings(1, 2, 3):
        with recorded() as emulations:
            forward, backward, result = _count(backend, nesting)
        assert (forward > 0, backward > 0) == ("F" in nesting, "R" in nesting) or emulations, nesting
        truth = np.exp(X) * X ** (len(nesting) - 1)
        np.testing.assert_allclose(result, truth if "R" in nesting else np.sum(truth * X), err_msg=nesting)


def test_every_nesting_as_the_plain_composition(backend, nestings):
    for nesting in nestings(1, 2, 3):
        canary = backend.canary()
        x = (backend.asarray(X),)
        with recorded() as emulations:
            compose(backend, nesting)(canary.function, x, *[x] * ng.Nesting(nesting).directions)
        assert (canary.forward > 0, canary.backward > 0) == ("F" in nesting, "R" in nesting) or emulations, nesting


def test_counts_start_again_and_canaries_are_apart(backend):
    one, other = backend.canary(), backend.canary()
    first = _count(backend, "FR", one)[:2]
    assert first == _count(backend, "FR", one)[:2]
    assert (other.forward, other.backward) == (0, 0)
    one.reset()
    assert (one.forward, one.backward) == (0, 0)


@pytest.fixture
def disguised(backend):
    """The backend with a forward mode that is secretly two reverse modes: a jvp by the double-vjp trick."""

    class Disguised(type(backend)):
        def jvp(self, f, primals, tangents, *, has_aux=False):
            value, pullback, *aux = self.vjp(f, *primals, has_aux=has_aux)
            is_tuple = isinstance(value, tuple)
            ones = map(self.xp.ones_like, value if is_tuple else (value,))
            _, transpose = self.vjp(lambda *u: pullback(u if is_tuple else u[0]), *ones)
            tangent = transpose(tuple(tangents))
            return value, tangent if is_tuple else tangent[0], *aux

    return Disguised()


def test_a_disguised_forward_mode_is_exposed(disguised, nestings):
    for nesting in nestings(1, 2, 3):
        forward, backward, result = _count(disguised, nesting)
        truth = np.exp(X) * X ** (len(nesting) - 1)
        np.testing.assert_allclose(
            result, truth if "R" in nesting else np.sum(truth * X), err_msg=nesting
        )  # it is right
        assert (forward > 0, backward > 0) == (False, True), nesting  # and not what it says


@pytest.fixture
def reversed_by_forward(backend):
    """The backend with a reverse mode that is secretly one forward pass per entry."""

    class ByForward(type(backend)):
        def vjp(self, f, *primals, has_aux=False):
            (x,) = primals
            value = f(x)

            def pullback(cotangent):
                rows = np.eye(len(X))
                entries = [cotangent * self.jvp(f, (x,), (self.asarray(row),))[1] for row in rows]
                return (self.xp.stack(entries),)

            return value, pullback

    return ByForward()


def test_a_disguised_reverse_mode_is_exposed(reversed_by_forward):
    forward, backward, result = _count(reversed_by_forward, "R")
    np.testing.assert_allclose(result, np.exp(X))
    assert (forward > 0, backward > 0) == (True, False)
