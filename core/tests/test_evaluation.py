"""One door: what a backend's guards refuse, and what is not finite, no public operator lets by."""

import inspect

import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng

X = np.array([1.0, 2.0])


def cubes(x):
    return (x**3).sum()


def cone(x):
    """‖x‖², which has no derivative at zero by the chain rule."""
    return anp.sqrt(anp.sum(x * x)) ** 2


def diagnosed(f, x, **options):
    """The least that diagnosing says: an error if no cell is right."""
    diagnosis = ng.diagnose(f, x, nestings=["R", "F", "auto"], **options)
    assert {cell.outcome for cell in diagnosis.cells} <= {"refused", "correct"}
    if not any(cell.outcome == "correct" for cell in diagnosis.cells):
        raise ng.NestgradError(diagnosis.cells[0].message)


def explained(f, x, **options):
    found = ng.explain(f, x, **options)
    if all(one.status == "refused" for one in found.nestings):
        one = found.nestings[0]
        raise ng.NestgradError(f"{found.backend} refuses {one.nesting}, blocked by {one.operation!r}: {one.reason}")


DOORS = {
    "jvp": lambda f, x, **options: ng.jvp(f, (x,), (x,), **options),
    "vjp": lambda f, x, **options: ng.vjp(f, x, **options)[1](np.ones(())),
    "gradient": lambda f, x, **options: ng.gradient(f, **options)(x),
    "value_and_gradient": lambda f, x, **options: ng.value_and_gradient(f, **options)(x),
    "hvp": lambda f, x, **options: ng.hvp(f, **options)(x, X),
    "linear_operator": lambda f, x, **options: ng.linear_operator(f, x, **options) @ X,
    "gradient_and_hvp": lambda f, x, **options: ng.gradient_and_hvp(f, **options)(x, X),
    "forward_over_reverse": lambda f, x, **options: ng.forward_over_reverse(f, **options)(x, X),
    "reverse_over_forward": lambda f, x, **options: ng.reverse_over_forward(f, **options)(x, X),
    "reverse_over_reverse": lambda f, x, **options: ng.reverse_over_reverse(f, **options)(x, X),
    "forward_over_forward": lambda f, x, **options: ng.forward_over_forward(f, **options)(x, X, X),
    "derivative": lambda f, x, **options: ng.derivative(f, "RFR", **options)(x, X, X),
    "nested_gradient": lambda f, x, **options: ng.nested_gradient(cubes, f, **options)(x),
    "jacobian": lambda f, x, **options: ng.jacobian(f, **options)(x),
    "hessian": lambda f, x, **options: ng.hessian(f, **options)(x),
    "hessian_diagonal": lambda f, x, **options: ng.hessian_diagonal(f, **options)(x),
    "laplacian": lambda f, x, **options: ng.laplacian(f, **options)(x),
    "foreign": lambda f, x, backend, **options: ng.gradient(ng.foreign(f, backend), **options)(x),
    "diagnose": diagnosed,
    "explain": explained,
}
each_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


def test_every_public_operator_is_here():
    public = {name: value for name, value in vars(ng).items() if inspect.isfunction(value) and name[0] != "_"}
    assert set(DOORS) == {name for name, value in public.items() if "f" in inspect.signature(value).parameters}


class Guarded(type(ng.get_backend("autograd"))):
    """Refuses from the call of its guard of this number on."""

    name = "guarded"

    def __init__(self, patience=0):
        self.patience, self.nestings = patience, []

    def run(self, nesting, route, *inputs):
        self.nestings.append(nesting.code)
        if len(self.nestings) > self.patience:
            raise ng.UnsupportedNestingError(backend=self.name, nesting=nesting, operation="guarded", reason="so.")
        return route(*inputs)


@each_door
def test_what_the_guard_refuses_is_refused(door):
    with pytest.raises(ng.NestgradError, match=r"guarded refuses .* blocked by 'guarded': so"):
        door(cubes, X, backend=Guarded())


def test_a_pullback_passes_the_guard_again():
    backend = Guarded(patience=1)
    value, pullback, aux = ng.vjp(lambda x: (cubes(x), "aux"), X, has_aux=True, backend=backend)
    assert (float(value), aux, backend.nestings) == (9.0, "aux", ["R"])
    with pytest.raises(ng.UnsupportedNestingError, match="guarded"):
        pullback(1.0)
    assert backend.nestings == ["R", "R"]


@each_door
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:divide by zero:RuntimeWarning")
def test_what_is_not_finite_is_an_error(door):
    with pytest.raises(ng.NestgradError, match=r"the result is not finite, though x and f\(x\) are"):
        door(cone, np.zeros(2), backend="autograd")


class Compiled(type(ng.get_backend("autograd"))):
    """Has a compiler, which changes nothing; every look at a result waits for it."""

    looks = 0

    def compile(self, f):
        return f

    def finite(self, value):
        self.looks += 1
        return super().finite(value)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_what_was_compiled_is_not_looked_at():
    backend = Compiled()
    assert np.isnan(ng.hvp(cone, backend=backend, compile=True)(np.zeros(2), X)).all()
    assert backend.looks == 0
    with pytest.raises(ng.NotFiniteError):
        ng.hvp(cone, backend=backend)(np.zeros(2), X)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_what_was_not_finite_before_is_handed_on():
    value, tangent = ng.jvp(anp.log, (np.array([0.0, 1.0]),), (X,), backend="autograd")
    np.testing.assert_array_equal(value, [-np.inf, 0.0])
    np.testing.assert_array_equal(tangent, [np.inf, 2.0])
    _, pullback = ng.vjp(anp.sin, X, backend="autograd")
    np.testing.assert_array_equal(np.isfinite(pullback(np.array([np.nan, 1.0]))[0]), [False, True])


def test_aux_is_not_looked_at():
    *_, aux = ng.jvp(lambda x: (cubes(x), np.inf), (X,), (X,), has_aux=True, backend="autograd")
    assert aux == np.inf


@pytest.mark.parametrize("engine", ["autograd", "jax", "tensorflow", "torch"])
def test_complex_numbers_are_looked_at_too(engine, jax):
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    z = backend.asarray(np.array([1.0 + 2.0j, 3.0]))
    assert backend.finite(z)
    assert not backend.finite(backend.asarray(np.array([1.0 + 2.0j, complex(0.0, np.nan)])))
    _, tangent = ng.jvp(lambda z: z * z, (z,), (z,), backend=backend)
    np.testing.assert_allclose(backend.to_numpy(tangent), 2 * np.array([-3.0 + 4.0j, 9.0]))
