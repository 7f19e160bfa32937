"""Claims about nestings, checked both ways."""

import autograd.numpy as np
import numpy
import pytest
from autograd.extend import defvjp, primitive

import nestgrad as ng
from nestgrad.testing import assert_nestings

X = numpy.array([1.0, 2.0])


def smooth(x):
    return np.sum(np.sin(x) ** 2)


def determinant(x):  # autograd has no forward rule for it
    return np.linalg.det(np.outer(x, x) + np.eye(2))


wrong_cube = primitive(lambda x: x**3)
defvjp(wrong_cube, lambda ans, x: lambda g: g * 2 * x**2)


def wrong(x):
    return np.sum(wrong_cube(x))


def claim(f, **claims):
    return assert_nestings(f, X, backend="autograd", **claims)


def test_true_claims_give_the_diagnosis():
    assert claim(smooth, require="F R FF FR RF RR auto").ok
    assert claim(determinant, require="R RR auto", refuse="F FF forward_over_reverse RF").ok
    assert claim(smooth).ok


def test_a_required_nesting_that_is_refused():
    with pytest.raises(AssertionError) as caught:
        claim(determinant, require="RR FR")
    first, *rest = str(caught.value).splitlines()
    assert first == "forward_over_reverse (eager) is refused; it is required to be correct."
    assert any(line.split()[:2] == ["RR", "correct"] for line in rest)


def test_a_nesting_that_is_claimed_to_be_refused_and_works():
    with pytest.raises(
        AssertionError, match=r"^forward_over_forward \(eager\) is correct; it is claimed to be refused"
    ):
        claim(smooth, require="FR", refuse="FF")


def test_a_nesting_that_nobody_spoke_of_is_silently_wrong():
    with pytest.raises(AssertionError, match=r"reverse_over_reverse .* is wrong, silently"):
        claim(wrong)


def test_a_required_nesting_that_is_wrong():
    with pytest.raises(AssertionError, match=r"^reverse .* is wrong; it is required to be correct"):
        claim(wrong, require="R")


def test_longer_nestings_can_be_claimed():
    assert {cell.nesting for cell in claim(smooth, require="RRR").cells} > {"reverse_over_reverse_over_reverse"}


def test_a_nesting_that_nobody_spoke_of_may_be_uncertain():
    rng = numpy.random.default_rng(0)
    assert not claim(lambda x: np.sum(x) * rng.random()).ok


def test_contradictions_and_misspelt_nestings():
    with pytest.raises(ValueError, match="required and refused at once: forward_over_reverse"):
        claim(smooth, require="FR", refuse="forward_over_reverse")
    with pytest.raises(ng.InvalidNestingError, match="'FX' is no nesting"):
        claim(smooth, require="FX")


def test_arguments_are_passed_on():
    assert assert_nestings(lambda x, w: np.sum(w * x**2), X, X, require="FR", backend="autograd").ok
