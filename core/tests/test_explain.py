"""explain: what each nesting does with a function, by what and where it is refused, and what to do."""

import json

import autograd.numpy as np
import numpy
import pytest
from autograd.extend import defjvp, defvjp, primitive

import nestgrad as ng
from nestgrad_autograd._impl import Autograd

X = numpy.array([1.0, 2.0])


def solves(x):
    y = 2 * x
    return np.sum(np.linalg.solve(np.diag(y), x))  # this line


@primitive
def cube(x):
    return x**3


defvjp(cube, lambda value, x: lambda cotangent: cotangent * 3 * x**2)
defjvp(cube, lambda tangent, value, x: tangent * 3 * x**2)


def test_a_refused_nesting_says_by_what_and_what_to_do():
    found = ng.explain(solves, X)
    assert (found.function, found.backend) == ("solves", "autograd")
    assert {one.nesting: one.status for one in found.nestings} == {
        **dict.fromkeys(("R", "RR", "auto"), "runs"),
        **dict.fromkeys(("F", "FR", "RF", "FF"), "refused"),
    }
    assert (found["FR"].operation, found["FR"].use) == ("solve", "RR")
    line = solves.__code__.co_firstlineno + 2
    assert found["F"].where == f"{__file__}:{line}"
    assert f"FR   refused by solve at {__file__}:{line}" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["nestings"][0]["nesting"] == "F"


def test_rules_of_the_users_own_are_named_and_verified():
    found = ng.explain(lambda x: np.sum(cube(x)), X)
    assert {one.rules for one in found.nestings} == {("cube",)}
    assert {one.nesting for one in found.nestings if one.verified} == {"FR", "RF", "RR", "FF", "auto"}
    assert "RR   runs holds cube, verified" in str(found)


def test_what_auto_takes():
    @primitive
    def forward_alone(x):
        return x**3

    defjvp(forward_alone, lambda tangent, value, x: tangent * 3 * x**2)
    found = ng.explain(lambda x: np.sum(forward_alone(x)), X)["auto"]
    assert (found.status, found.taken) == ("repaired", "FF")


def test_repairs_are_named():
    assert ng.explain(lambda x: np.sum(np.prod(x) * np.linalg.eigh(np.outer(x, x) + np.diag(x))[0]), X)["R"].status


def test_containers_and_arguments():
    found = ng.explain(lambda x, k: k * np.sum(x["a"] ** 3), {"a": X}, 2.0, backend="autograd")
    assert {one.status for one in found.nestings} == {"runs"}


def test_bad_arguments_are_an_error():
    with pytest.raises(ng.NotDifferentiableError):
        ng.explain(solves, numpy.array([1, 2]))
    with pytest.raises(KeyError):
        ng.explain(lambda x: {}["mine"], X, backend="autograd")


def test_what_the_suite_never_measured_is_listed_in_the_nestings_that_run():
    """autograd's det has no forward rule, so that no correct cell of `FF` can have held it; `cube` is nobody's."""

    @primitive
    def fresh(x):
        return np.sum(x**3)

    defvjp(fresh, lambda value, x: lambda cotangent: cotangent * 3 * x**2)
    found = ng.explain(lambda x: fresh(np.sin(x)), X)
    name = f"{__name__}.fresh"
    assert set(found.operations) == {name, "sin"}
    assert {one.nesting: one.unmeasured for one in found.nestings if one.status == "runs"} == {
        "R": (name,),
        "RR": (name,),
        "auto": (name,),
    }
    assert {one.unmeasured for one in found.nestings if one.status == "refused"} == {()}
    assert f"RR   runs holds fresh, verified never measured with {name}" in str(found)


class Untold(Autograd):
    """A backend that does not tell operations."""

    operations = None


def test_operations_that_cannot_be_told_are_said_to_be_unknown():
    found = ng.explain(lambda x: np.sum(x**3), X, backend=Untold())
    assert found.operations is None
    assert "cannot be told" in str(found)
    assert {one.unmeasured for one in found.nestings} == {()}
