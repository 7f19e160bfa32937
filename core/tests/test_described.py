import copy
import doctest
import functools
import gc
import inspect
import pickle
import pydoc
import weakref

import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng
from nestgrad._operator import Operator


def energy(x, scale=1.0, *, shift=0.0):
    return scale * (x**3).sum() + shift


class Energy:
    """A callable object."""

    def __call__(self, x, scale=1.0):
        return scale * (x**3).sum()


MADE = {
    "gradient": ng.gradient,
    "value_and_gradient": ng.value_and_gradient,
    "jacobian": ng.jacobian,
    "hessian": ng.hessian,
    "hessian_diagonal": ng.hessian_diagonal,
    "laplacian": ng.laplacian,
    "nested_gradient": functools.partial(ng.nested_gradient, anp.sum),
    "hvp": ng.hvp,
    "gradient_and_hvp": ng.gradient_and_hvp,
    "derivative": lambda f, **options: ng.derivative(f, "FR", **options),
    "forward_over_reverse": ng.forward_over_reverse,
    "reverse_over_forward": ng.reverse_over_forward,
    "reverse_over_reverse": ng.reverse_over_reverse,
    "forward_over_forward": ng.forward_over_forward,
}
each = pytest.mark.parametrize(("name", "make"), MADE.items(), ids=MADE)


def signature(f, make=ng.hvp):
    return str(inspect.signature(make(f)))


@each
def test_an_operator_has_the_attributes_of_a_function_that_wraps_f(name, make):
    op = make(energy)
    if list(inspect.signature(op).parameters) == list(inspect.signature(energy).parameters):
        assert op.__wrapped__ is energy
        assert inspect.unwrap(op) is energy
        assert inspect.getsource(op) == inspect.getsource(energy)
    else:  # with directions, or keywords of its own
        assert inspect.unwrap(op) is op
    assert op.__name__ == op.__qualname__ == name
    assert functools.wraps(op)(lambda x: x).__name__ == name


@each
def test_its_docstring_is_how_it_is_called_and_that_of_its_function(name, make):
    first, rest = inspect.getdoc(make(energy)).split("\n\n", 1)
    assert first == f"{name}(energy){inspect.signature(make(energy))}"
    assert rest == inspect.getdoc(getattr(ng, name))


def test_help_shows_the_call_and_the_docstring():
    shown = pydoc.render_doc(ng.hvp(energy), renderer=pydoc.plaintext)
    assert "hvp(energy)(x, v, /, scale=1.0, *, shift=0.0)" in shown
    assert "never forming the Hessian" in shown


def test_the_class_keeps_its_own():
    assert Operator.__name__ == "Operator"
    assert Operator.__doc__.startswith("A derivative of f")
    assert inspect.unwrap(Operator) is Operator
    assert "definition" in inspect.signature(Operator).parameters

    class Further(Operator):
        """One that gives more."""

    assert Further.__doc__ == "One that gives more."
    further = Further(energy, ng.hvp(energy)._definition)
    assert further.__doc__ == ng.hvp(energy).__doc__


class TestSignature:
    def test_directions_stand_behind_the_first_argument(self):
        assert signature(energy, ng.gradient) == "(x, /, scale=1.0, *, shift=0.0)"
        assert signature(energy) == "(x, v, /, scale=1.0, *, shift=0.0)"
        assert signature(energy, ng.forward_over_forward) == "(x, v1, v2, /, scale=1.0, *, shift=0.0)"

    def test_a_direction_is_annotated_as_x_is(self):
        def f(x: "Array", scale: float = 1.0) -> float:  # noqa: F821
            return scale

        assert signature(f) == "(x: 'Array', v: 'Array', /, scale: float = 1.0)"

    def test_what_is_differentiated_is_told_by_position(self):
        f = lambda x, y=1.0, z=2.0: x + y + z  # noqa: E731
        assert signature(f, lambda f: ng.gradient(f, 1)) == "(x, y, /, z=2.0)"
        assert signature(f, lambda f: ng.gradient(f, (0, 2))) == "(x, y, z, /)"
        assert signature(f, lambda f: ng.gradient(f, -1)) == "(x, /, y=1.0, z=2.0)"
        assert (
            signature(f, lambda f: ng.nested_gradient(anp.sum, f, inner_argnums=1)) == "(x, y, /, z=2.0, *, g_args=())"
        )
        assert (
            signature(lambda x, **more: x, lambda f: ng.nested_gradient(anp.sum, f)) == "(x, /, *, g_args=(), **more)"
        )

    def test_no_name_is_there_twice(self):
        assert signature(lambda x, v: x) == "(x, v_, /, v)"
        assert signature(lambda v: v) == "(v, v_, /)"
        assert signature(lambda *x, v_, **v: x) == "(x_, v__, /, *x, v_, **v)"

    def test_of_any_callable(self):
        assert signature(Energy()) == "(x, v, /, scale=1.0)"
        assert signature(Energy().__call__) == "(x, v, /, scale=1.0)"
        assert signature(functools.partial(energy, scale=2.0)) == "(x, v, /, *, scale=2.0, shift=0.0)"
        assert signature(lambda *rows: rows) == "(x, v, /, *rows)"

    def test_of_what_has_none(self):
        class NoSignature(Energy):
            __signature__ = "none"

        assert signature(NoSignature()) == "(x, v, /, *args, **kwargs)"

    def test_of_an_operator(self):
        assert signature(ng.laplacian(energy), ng.gradient) == "(x, /, scale=1.0, *, shift=0.0)"
        assert signature(ng.hvp(energy), ng.gradient) == "(x, v, /, scale=1.0, *, shift=0.0)"

    @each
    def test_a_call_that_it_binds_runs(self, name, make):
        op, x = make(energy, backend="autograd"), np.array([1.0, 2.0])
        parameters = inspect.signature(op).parameters.values()
        needed = [one for one in parameters if one.kind is one.POSITIONAL_ONLY]
        op(*[x] * len(needed), scale=2.0, shift=1.0)
        with pytest.raises(TypeError, match=f"{name}|argnums"):
            op(*[x] * (len(needed) - 1))


def test_repr_is_of_the_names():
    assert repr(ng.gradient(ng.laplacian(energy))) == "<nestgrad.gradient of laplacian(energy)>"
    assert repr(ng.hvp(functools.partial(energy, scale=2.0))) == "<nestgrad.hvp of energy>"
    assert ng.explain(ng.laplacian(lambda x: anp.sum(x**5)), np.ones(2)).function.startswith("laplacian(")


def test_nothing_is_held_besides_f():
    op = ng.hvp(f := lambda x: x)
    asked = op.__doc__, op.__signature__, op.__name__
    alive = weakref.ref(op)
    del op
    assert alive() is None, asked
    alive = weakref.ref(f)
    del f
    assert alive() is None
    gc.collect()


def test_copies_and_pickles():
    op, x = ng.hvp(energy, backend="autograd"), np.array([1.0, 2.0])
    for other in (copy.copy(op), pickle.loads(pickle.dumps(op))):
        assert other.__qualname__ == "hvp"
        np.testing.assert_allclose(other(x, x), 6 * x**2)


def test_examples_of_an_operator_are_no_doctests_of_a_users_module():
    module = type(ng)("users")
    module.op = ng.hvp(energy)
    assert [found.name for found in doctest.DocTestFinder().find(module)] in ([], ["users"])
