import warnings

import autograd
import autograd.extend
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.core import primitive_jvps, primitive_vjps
from autograd.tracer import isbox, trace_stack

import nestgrad as ng
from nestgrad_autograd import _namespace as xp

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 2.0, -1.0])
POSITIVE_DEFINITE = np.array([[3.0, 0.4, 0.1], [0.2, 2.5, -0.3], [0.1, 0.3, 2.0]])


def derivative(f, nesting, **options):
    return ng.derivative(f, nesting, backend="autograd", **options)


def hvp(f, nesting="auto", **options):
    return ng.hvp(f, nesting, backend="autograd", **options)


ZEROS = {
    "none": np.array([[0.5, 2.0, -1.5], [1.2, -0.4, 0.9]]),
    "one": np.array([[0.5, 0.0, -1.5], [1.2, -0.4, 0.9]]),
    "two in a row": np.array([[0.0, 0.0, -1.5], [1.2, -0.4, 0.9]]),
    "two in a column": np.array([[0.0, 2.0, -1.5], [0.0, -0.4, 0.9]]),
    "all": np.zeros((2, 3)),
}


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, -2])
@pytest.mark.parametrize("zeros", ZEROS)
def test_prod(law, nestings, zeros, axis, keepdims):
    x = ZEROS[zeros]
    weight = np.arange(1.0, 1.0 + np.prod(x, axis=axis).size).reshape(np.prod(x, axis=axis, keepdims=keepdims).shape)
    law(lambda x: anp.sum(weight * anp.prod(x, axis=axis, keepdims=keepdims)) + anp.sum(x**3), x, nestings(1, 2, 3))


@pytest.mark.parametrize(
    "prod", [lambda x: x.prod(), np.prod, lambda x: xp.prod(x, axis=0), lambda x: xp.prod(x[None])]
)
def test_prod_however_it_is_spelt(law, nestings, prod):
    law(prod, np.array([0.0, 2.0, -3.0]), nestings(1, 2, 3))
    law(lambda x: xp.prod(x), np.array(0.0), nestings(1, 2))


def test_prod_declares_that_it_is_emulated():
    from nestgrad._routes import recorded

    x = np.array([1.0, 2.0])
    for nesting in ("F", "R", "FR", "RF", "RR", "FF"):
        with recorded() as emulations:
            derivative(anp.prod, nesting)(x, *[x] * ng.Nesting(nesting).directions)
        assert {emulation.operation for emulation in emulations} == {"prod"}


def test_prod_near_a_zero_keeps_its_digits(nestings):
    """abcd in b: autograd divides by b, and loses all digits of the second and third derivative at 1e-9."""
    x, e, ones = np.array([1.0, 1e-9, 2.0, 3.0]), np.array([0.0, 1.0, 0.0, 0.0]), np.ones(4)
    for nesting in nestings(2):
        if "R" in nesting:
            np.testing.assert_allclose(derivative(anp.prod, nesting)(x, e), [6, 0, 3, 2], atol=1e-12)
    for nesting in nestings(3):
        if "R" in nesting:  # the derivative of [cd, 0, ad, ac] along (1, 1, 1, 1)
            np.testing.assert_allclose(derivative(anp.prod, nesting)(x, e, ones), [5, 0, 4, 3], atol=1e-12)


def test_prod_along_axes_with_an_initial_factor(law, nestings):
    x = np.arange(12.0).reshape(2, 3, 2) / 5
    for options in (
        {"axis": (0, -1)},
        {"axis": (2, 1), "keepdims": True},
        {"initial": 3.0},
        {"axis": 1, "initial": -2},
    ):
        law(lambda x, options=options: anp.sum(anp.prod(x, **options) ** 2), x, nestings(1, 2))


def test_prod_with_a_zero_takes_memory_in_proportion_to_n():
    import tracemalloc

    x = np.append(np.ones(2**14 - 1), 0.0)
    for nesting, passes in (("F", 30), ("R", 60), ("RR", 200)):
        v = [x] * ng.Nesting(nesting).directions
        tracemalloc.start()
        derivative(anp.prod, nesting)(x, *v)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < passes * x.nbytes  # n² would be 16384 times


def test_sort(law, nestings):
    law(lambda x: anp.sum(np.arange(1.0, 4.0) * anp.sort(x) ** 3), X, nestings(1, 2, 3))
    for nesting in nestings(1, 2):
        with pytest.raises(ng.UnsupportedNestingError, match="sort") as caught:
            derivative(lambda x: anp.sum(anp.sort(x, axis=-1) ** 3), nesting)(
                X[None], *[X[None]] * ng.Nesting(nesting).directions
            )
        assert caught.value.use is None


# Raw autograd within, around and between


def _raw(mode, f):
    if mode == "R":
        return autograd.grad(f)
    return lambda x: autograd.make_jvp(f)(x)(np.ones_like(X))[1]


@pytest.mark.parametrize("inner", ["R", "F"])
def test_raw_autograd_inside_our_operator(law, nestings, inner):
    # Σ x·d/dy(Σ x y³) at y = x, or (Σx)·d/dα Σ x (x + α)³: a confusion of the two variables would show
    def h(x):
        return anp.sum(x * _raw(inner, lambda y: anp.sum(x * y**3))(x))

    assert h(X) == pytest.approx(np.sum(3 * X**4) if inner == "R" else np.sum(X) * np.sum(3 * X**3))
    law(h, X, nestings(1, 2))


@pytest.mark.parametrize("inner", ["R", "F", "RR", "FR", "RF", "FF", "RFR"])
@pytest.mark.parametrize("outer", ["R", "F"])
def test_our_operator_inside_raw_autograd(inner, outer):
    directions = [np.ones_like(X)] * ng.Nesting(inner).directions
    k = len(inner)

    def f(x):
        return anp.sum(x * derivative(lambda y: anp.sum(x * y**4), inner)(x, *directions))

    coefficient = (4, 12, 24)[k - 1]
    if "R" in inner:
        assert f(X) == pytest.approx(np.sum(coefficient * X ** (6 - k)))
        gradient = coefficient * (6 - k) * X ** (5 - k)
    else:
        assert f(X) == pytest.approx(np.sum(X) * np.sum(coefficient * X ** (5 - k)))
        gradient = coefficient * (np.sum(X ** (5 - k)) + np.sum(X) * (5 - k) * X ** (4 - k))
    expected = gradient if outer == "R" else np.sum(gradient)
    np.testing.assert_allclose(_raw(outer, f)(X), expected, rtol=1e-12)


@pytest.mark.parametrize("modes", ["RRR", "RFR", "FRF", "FFF", "FRR", "RRF"])
def test_ours_raw_ours(modes):
    ours = {"R": ng.gradient, "F": lambda f, backend: lambda x: ng.jvp(f, (x,), (np.ones(()),), backend=backend)[1]}
    raw = {"R": autograd.grad, "F": lambda f: lambda x: autograd.make_jvp(f)(x)(np.ones(()))[1]}

    # x·d/dy(y·d/dz(xyz²) at z = y) at y = x is x·d/dy(2xy³) = 6x⁴
    def inner(x):
        return lambda y: y * ours[modes[2]](lambda z: x * y * z**2, backend="autograd")(y)

    def middle(x):
        return x * raw[modes[1]](inner(x))(x)

    assert ours[modes[0]](middle, backend="autograd")(np.array(5.0)) == pytest.approx(24 * 125)


def test_the_example_of_perturbation_confusion_in_every_pair_of_modes():
    for outer in "RF":
        for inner in "RF":
            one = {"R": (), "F": (np.array(1.0),)}

            def d_inner(x, inner=inner, one=one):
                return derivative(lambda y: x * y, inner)(x, *one[inner])

            assert derivative(lambda x, d=d_inner: x * d(x), outer)(np.array(5.0), *one[outer]) == 10


# Exceptions, aux, types, shapes


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, NotImplementedError, KeyError])
def test_an_exception_leaves_no_harm(kind):
    def broken(x):
        raise kind("mine")

    for outer in (broken, lambda x: anp.sum(derivative(broken, "R")(x)), lambda x: anp.sum(autograd.grad(broken)(x))):
        for nesting in ("R", "FR", "FF"):
            with pytest.raises(kind):
                derivative(outer, nesting)(X, *[V] * ng.Nesting(nesting).directions)
    np.testing.assert_allclose(hvp(lambda x: anp.sum(x**3))(X, V), 6 * X * V)
    assert autograd.grad(lambda x: x * autograd.grad(lambda y: x * y)(x))(5.0) == 10


@pytest.mark.parametrize("nesting", ["R", "F", "FR", "RF", "RR", "FF", "RFR"])
def test_aux_holds_no_boxes(nesting):
    seen = []

    def f(x):
        seen.append(x)
        return anp.sum(x**3), {"square": x**2, "deep": [(anp.sin(x), None)], "text": "as it is"}

    _, aux = derivative(f, nesting, has_aux=True)(X, *[V] * ng.Nesting(nesting).directions)
    assert isbox(seen[0])
    assert type(aux["square"]) is type(aux["deep"][0][0]) is np.ndarray
    np.testing.assert_array_equal(aux["square"], X**2)
    assert aux["text"] == "as it is"


def test_aux_of_an_outer_variable_stays_differentiable():
    def g(x):
        _, aux = ng.gradient(lambda y: (anp.sum(y**2), x * y), has_aux=True, backend="autograd")(x)
        return anp.sum(aux)

    np.testing.assert_allclose(ng.gradient(g, backend="autograd")(X), 2 * X)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_dtypes_are_kept(nestings, dtype):
    x, v = X.astype(dtype), V.astype(dtype)
    for nesting in nestings(1, 2, 3):
        result = derivative(lambda x: anp.sum(anp.sin(x) * x**2) / np.float64(3), nesting)(
            x, *[v] * ng.Nesting(nesting).directions
        )
        if "R" in nesting:
            assert result.dtype == dtype
    value, gradient = ng.value_and_gradient(lambda x: anp.mean(x**2), backend="autograd")(x)
    assert value.dtype == gradient.dtype == dtype
    assert ng.jvp(lambda x: x * 2, (x,), (v,), backend="autograd")[1].dtype == dtype


def test_shapes(law, nestings):
    law(lambda x: anp.sin(x) * x**2, np.array(0.7), nestings(1, 2, 3))
    empty = np.zeros((0, 2))
    for nesting in nestings(1, 2, 3):
        result = derivative(lambda x: anp.sum(x**2), nesting)(empty, *[empty] * ng.Nesting(nesting).directions)
        assert np.shape(result) == ((0, 2) if "R" in nesting else ())
    assert hvp(lambda x: x**3)(2.0, 1.0) == 12


class Subclass(np.ndarray):
    pass


def test_a_subclass_of_ndarray(tmp_path):
    on_disk = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    on_disk[:] = X
    for x in (X.view(Subclass), on_disk):
        for nesting in ("FR", "RF", "RR"):
            result = hvp(lambda x: anp.sum(x**3), nesting)(x, V)
            assert type(result) is np.ndarray
            np.testing.assert_allclose(result, 6 * X * V)
    with pytest.raises(ng.NotDifferentiableError, match="mask"):
        ng.gradient(lambda x: anp.sum(x**3), backend="autograd")(np.ma.masked_less(X, 0))


def test_containers():
    x = {"a": [X, (np.array(2.0),)], "b": None}
    v = {"a": [V, (np.array(1.0),)], "b": None}

    def f(x):
        return anp.sum(x["a"][0] ** 3) * x["a"][1][0] ** 2

    for nesting in ("FR", "RF", "RR"):
        result = hvp(f, nesting)(x, v)
        np.testing.assert_allclose(result["a"][0], 6 * X * V * 4 + 3 * X**2 * 4, rtol=1e-12)
        np.testing.assert_allclose(result["a"][1][0], np.sum(3 * X**2 * V) * 4 + 2 * np.sum(X**3), rtol=1e-12)
        assert result["b"] is None


@pytest.mark.parametrize("f", [lambda x: 2.5, lambda x: np.array(2.5), lambda x: anp.sum(anp.sign(x)), anp.sum])
def test_constant_and_linear_functions_have_zero_derivatives_and_no_warnings(nestings, f):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for nesting in nestings(2, 3):
            assert not np.any(derivative(f, nesting)(X, *[V] * ng.Nesting(nesting).directions))
    assert not np.any(
        ng.nested_gradient(lambda y: anp.sum(anp.sign(y)), lambda x: anp.sum(x**2), backend="autograd")(X)
    )


def test_an_output_that_ignores_one_of_the_inputs():
    for nesting in ("FR", "RF", "RR"):
        a, b = hvp(lambda x: anp.sum(x[0] ** 2), nesting)((X, V), (V, X))
        np.testing.assert_array_equal((a, b), (2 * V, 0 * X))
    _, pullback = ng.vjp(lambda x, y: (x * 2, np.array(3.0)), X, V, backend="autograd")
    np.testing.assert_array_equal(pullback((V, 1.0)), (2 * V, 0 * X))


def test_a_cotangent_for_an_output_that_is_a_python_number():
    _, pullback = ng.vjp(lambda x: (x * 2, 3.0), X, backend="autograd")
    np.testing.assert_array_equal(pullback((V, 1.0)), (2 * V,))


# Missing rules

MISSING_FORWARD = {
    "solve": (lambda x: anp.sum(anp.linalg.solve(x, x[0]) ** 2), POSITIVE_DEFINITE),
    "det": (anp.linalg.det, POSITIVE_DEFINITE),
    "inv": (lambda x: anp.sum(anp.linalg.inv(x) ** 2), POSITIVE_DEFINITE),
    "slogdet": (lambda x: anp.linalg.slogdet(x)[1], POSITIVE_DEFINITE),
    "eigh": (lambda x: anp.sum(anp.linalg.eigh(x)[0] ** 3), POSITIVE_DEFINITE + POSITIVE_DEFINITE.T),
    "svd": (lambda x: anp.sum(anp.linalg.svd(x, compute_uv=False) ** 3), POSITIVE_DEFINITE),
    "cholesky": (lambda x: anp.sum(anp.linalg.cholesky(x @ x.T + np.eye(3)) ** 3), POSITIVE_DEFINITE),
    "fft": (lambda x: anp.sum(anp.abs(anp.fft.fft(x)) ** 3), X),
    "rfft": (lambda x: anp.sum(anp.abs(anp.fft.rfft(x)) ** 3), np.append(X, 0.4)),
    "hypot": (lambda x: anp.sum(anp.hypot(x, x[0]) ** 3), X),
}


@pytest.mark.parametrize("operation", MISSING_FORWARD)
def test_a_missing_forward_rule_is_refused_and_the_nesting_it_names_works(law, operation):
    f, x = MISSING_FORWARD[operation]
    for nesting in ("F", "FF", "FR", "RF"):
        try:
            derivative(f, nesting)(x, *[x] * ng.Nesting(nesting).directions)
        except ng.UnsupportedNestingError as caught:
            refusal = caught
        else:
            pytest.fail(f"{nesting} is not refused")
        assert refusal.use == ng.Nesting("R" * len(nesting))
        assert refusal.__cause__ is not None
        assert nesting == "FR" or refusal.operation == operation  # the gradient may call something else
    law(f, x, ["R", "RR"])


def test_what_a_rule_raises_is_a_refusal_that_names_the_operation():
    @autograd.extend.primitive
    def broken(x):
        return x**2

    def rule(*_):
        raise ValueError("mine")

    autograd.extend.defjvp(broken, rule)
    autograd.extend.defvjp(broken, lambda ans, x: rule)
    for nesting in ("F", "R"):
        with pytest.raises(ng.UnsupportedNestingError, match=r"fails on these arguments: ValueError: mine") as caught:
            derivative(lambda x: anp.sum(broken(x)), nesting)(X, *[X] * ng.Nesting(nesting).directions)
        assert (caught.value.operation, caught.value.use) == ("broken", None)


def test_a_warning_that_the_user_made_an_error_is_no_missing_rule():
    with np.errstate(divide="raise"), pytest.raises(ng.EngineError, match="FloatingPointError"):
        derivative(lambda x: anp.sum(anp.sqrt(x)), "R")(np.zeros(2))


def test_a_tangent_or_cotangent_of_another_shape_is_refused():
    @autograd.extend.primitive
    def narrow(x):
        return np.stack([x, x])

    autograd.extend.defjvp(narrow, lambda g, ans, x: g)
    autograd.extend.defvjp(narrow, lambda ans, x: lambda g: g)
    for nesting in ("F", "R"):
        with pytest.raises(ng.UnsupportedNestingError, match=r"\(3,\)"):
            derivative(lambda x: anp.sum(narrow(x)), nesting)(X, *[X] * ng.Nesting(nesting).directions)


def test_a_refusal_names_no_nesting_that_fails():
    # det has a reverse rule, which divides by the determinant; the second derivative of eigh, by the gaps
    singular, equal = np.array([[1.0, 2.0], [2.0, 4.0]]), np.eye(2)
    for f, x, nesting, use in (
        (anp.linalg.det, singular, "F", None),
        (anp.linalg.det, singular, "FR", None),
        (anp.linalg.det, singular + np.eye(2), "F", "R"),
        (lambda x: anp.sum(anp.linalg.eigh(x)[0]), equal, "FR", None),
    ):
        with pytest.raises(ng.UnsupportedNestingError) as caught:
            derivative(f, nesting)(x, *[x] * ng.Nesting(nesting).directions)
        assert caught.value.use == (use and ng.Nesting(use))


def test_a_function_that_a_user_registers_as_constant_is_constant():
    from autograd.core import JVPNode, VJPNode
    from autograd.tracer import register_notrace

    @autograd.extend.primitive
    def constant(x):
        return np.round(x)

    for node in (VJPNode, JVPNode):
        register_notrace(node, constant)
    for nesting in ("F", "R"):
        assert not np.any(derivative(lambda x: anp.sum(constant(x)), nesting)(X, *[V] * ng.Nesting(nesting).directions))


@pytest.mark.parametrize("operation", ["cumprod", "median", "flip"])
def test_an_operation_without_any_rule_is_refused_by_name(nestings, operation):
    for nesting in nestings(1, 2):
        with pytest.raises(ng.UnsupportedNestingError, match=operation) as caught:
            derivative(lambda x: anp.sum(getattr(anp, operation)(x) ** 2), nesting)(
                X, *[V] * ng.Nesting(nesting).directions
            )
        assert (caught.value.operation, caught.value.use) == (operation, None)


def test_the_tables_and_the_stack_of_autograd_stay_as_they_are(nestings):
    forward, reverse, depth = dict(primitive_jvps), dict(primitive_vjps), trace_stack.top
    for nesting in nestings(1, 2):
        derivative(lambda x: anp.prod(x) + anp.sum(anp.sort(x)), nesting)(X * 0, *[V] * ng.Nesting(nesting).directions)
    assert (forward, reverse) == (primitive_jvps, primitive_vjps)
    assert trace_stack.top >= depth
    with pytest.raises(NotImplementedError, match="JVP of det"):
        autograd.make_jvp(anp.linalg.det)(POSITIVE_DEFINITE)(POSITIVE_DEFINITE)
