import copy
import doctest
import inspect
import re
import sys
from unittest import mock

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng
from nestgrad._elsewhere import HERE, INSTEAD, absent

X, V = np.array([1.0, 2.0]), np.array([1.0, -1.0])


def f(x):
    return anp.sum(x**3)


def g(y):
    return anp.sum(y**2)


def said(name):
    if name in sys.modules[ng.__name__].__dict__:  # `testing`, once somebody has imported it
        return str(absent(name))
    with pytest.raises(AttributeError) as caught:
        getattr(ng, name)
    return str(caught.value)


def here(name, f=f):
    """What is said to stand for it here, made."""
    return eval(HERE[name], {"ng": ng, "f": f, "g": g, "x": X, "v": V})


@pytest.mark.parametrize("name", HERE)
def test_what_is_here_runs(name):
    here(name)


@pytest.mark.parametrize("name", [*HERE, *INSTEAD])
def test_the_error_says_what_is_here(name):
    told = said(name)
    assert told.startswith(f"nestgrad has no {name!r}: ")
    for ours in re.findall(r"\bng\.(\w+)", told):
        assert callable(getattr(ng, ours))


@pytest.mark.parametrize("name", ["grad", "value_and_grad", "elementwise_grad"])
def test_it_is_what_autograd_gives(name):
    of = (lambda x: x**3) if name == "elementwise_grad" else f
    for ours, theirs in zip(here(name, of)(X), getattr(autograd, name)(of)(X), strict=True):
        np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("name", ["hessian_vector_product", "hessian_tensor_product"])
def test_it_is_what_autograd_gives_along_a_direction(name):
    np.testing.assert_allclose(here(name)(X, V), getattr(autograd, name)(f)(X, V))


def test_it_is_what_jax_gives(jax):
    x = jax.numpy.asarray(X)
    for name in ("grad", "value_and_grad", "jacfwd", "jacrev"):
        of = (lambda x: x**3 * x[0]) if name.startswith("jac") else lambda x: (x**3).sum()
        jax.tree.map(np.testing.assert_allclose, here(name, of)(x), getattr(jax, name)(of)(x))


def test_a_misspelt_name_is_answered_with_the_closest():
    assert said("gradeint").startswith("nestgrad has no 'gradeint': Did you mean 'gradient'")
    assert "'hessian_diagonal'" in said("hessian_diag")
    assert "Did you mean" not in said("zzzzz")


def test_a_name_from_elsewhere_cannot_be_imported():
    with pytest.raises(ImportError, match="grad"):
        from nestgrad import grad  # noqa: F401


@pytest.mark.parametrize("name", ["__wrapped__", "__path_hooks__", "_repr_html_", "__test__"])
def test_names_that_code_asks_for_fail_plainly(name):
    with mock.patch.dict("sys.modules", {"difflib": None}):  # nothing is looked for
        assert said(name) == f"module 'nestgrad' has no attribute {name!r}"


def test_those_who_look_for_names_find_the_same_as_ever():
    assert hasattr(ng, "gradient")
    assert not hasattr(ng, "grad")
    assert getattr(ng, "grad", None) is None
    assert inspect.unwrap(ng) is ng
    assert "grad" not in dir(ng)
    assert copy.copy(ng.Nesting("FR")) == ng.Nesting("FR")
    assert doctest.DocTestFinder().find(ng)
