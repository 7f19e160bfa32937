import itertools
import math
import re

import mpmath
import numpy as np
import pytest

from nestgrad_conformance.truth.oracle import Oracle, Source, Uncertain

DIGITS = 40


class NumPy:
    exp, log, log1p, expm1, sqrt = np.exp, np.log, np.log1p, np.expm1, np.sqrt
    sin, cos, tanh, atan, atan2 = np.sin, np.cos, np.tanh, np.arctan, np.arctan2


def softplus(m, z):
    return z + m.log1p(m.exp(-z)) if z > 0 else m.log1p(m.exp(z))


def logsumexp(m, z):
    largest = max(z)
    return largest + m.log(sum(m.exp(v - largest) for v in z))


def network(m, x):
    hidden = [m.tanh(0.3 * x[0] - 1.2 * x[1] + 0.1), m.tanh(0.8 * x[0] + 0.5 * x[1] - 0.4)]
    return 0.7 * hidden[0] - 1.1 * hidden[1] + hidden[0] * hidden[1]


# Functions written for NumPy and mpmath alike, each at a point.
CASES = {
    "constant": (lambda m, x: 0 * x[0] + 3.0, [0.3, -1.2]),
    "linear": (lambda m, x: 3 * x[0] - 0.1 * x[1] + 2, [0.3, -1.2]),
    "quadratic": (lambda m, x: x[0] ** 2 - 3 * x[0] * x[1], [0.3, -1.2]),
    "reciprocal norm": (lambda m, x: 1 / m.sqrt(x[0] ** 2 + x[1] ** 2), [0.6, -0.9]),
    "reciprocal norm near 0": (lambda m, x: 1 / m.sqrt(x[0] ** 2 + x[1] ** 2), [1e-3, -2e-3]),
    "Rosenbrock": (lambda m, x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, [-1.2, 1.0]),
    "cancellation": (lambda m, x: (1 - m.cos(x[0])) / x[0] ** 2 + x[1] ** 2, [0.25, 0.5]),
    "tiny scale": (lambda m, x: 1e-150 * m.sin(x[0] * x[1]), [1.1, 0.7]),
    "huge scale": (lambda m, x: 1e150 * m.sin(x[0] * x[1]), [1.1, 0.7]),
    "near a pole": (lambda m, x: x[1] / (x[0] - 1), [1.001, 0.7]),
    "log near 0": (lambda m, x: m.log(x[0]) * x[1], [1e-5, 0.7]),
    "sqrt near 0": (lambda m, x: m.sqrt(x[0]) * x[1], [1e-5, 0.7]),
    "oscillating": (lambda m, x: m.sin(40 * x[0]) * m.cos(30 * x[1]), [0.3, 0.2]),
    "oscillating fast": (lambda m, x: m.sin(1000 * x[0]) + x[1] ** 2, [0.3, 0.2]),
    "reciprocal inside": (lambda m, x: m.sin(1 / (x[0] * x[1])), [0.3, 0.4]),
    "large exponential": (lambda m, x: m.exp(30 * x[0] + x[1]), [5.0, -1.0]),
    "saturated tanh": (lambda m, x: m.tanh(x[0]) + x[1] * m.tanh(x[1]), [25.0, 0.6]),
    "softplus at 30": (lambda m, x: softplus(m, x[0]) * x[1], [30.0, 0.4]),
    "softplus at -30": (lambda m, x: softplus(m, x[0]) * x[1], [-30.0, 0.4]),
    "logsumexp of large entries": (lambda m, x: logsumexp(m, [x[0], x[1], x[0] + x[1] - 700]), [700.0, 701.5]),
    "powers": (lambda m, x: x[0] ** 2.5 * x[1] ** -1.5, [3.0, 0.2]),
    "high power": (lambda m, x: (x[0] + x[1]) ** 20, [1.5, 0.2]),
    "angle": (lambda m, x: m.atan2(x[0], x[1]), [0.01, -0.02]),
    "narrow bell": (lambda m, x: m.exp(-1e4 * (x[0] ** 2 + x[1] ** 2)), [0.003, -0.004]),
    "scales apart": (lambda m, x: (1e-4 * x[0]) ** 2 * m.exp(100 * x[1]), [2e4, 1.5e-2]),
    "far from 0": (lambda m, x: m.sin(1e-4 * x[0]) * m.cos(1e-4 * x[1]), [12345.0, 54321.0]),
    "domain edge": (lambda m, x: m.sqrt(1 - x[0] ** 2 - x[1] ** 2), [0.6, 0.79]),
    "on a pedestal": (lambda m, x: 1e4 + m.sin(x[0]) * x[1], [0.4, 1.2]),
    "network": (network, [0.5, -0.3]),
}
V, W, U = np.array([0.8, -0.5]), np.array([-0.3, 1.1]), np.array([0.4, 0.9])


def in_numpy(f):
    return lambda x: f(NumPy, x)


def derivative(f, x, *directions):
    """Dᵏf(x)[v₁, …, vₖ], rounded from 40 digits."""
    with mpmath.workdps(DIGITS):
        point = [mpmath.mpf(float(c)) for c in x]
        slopes = [[mpmath.mpf(float(c)) for c in v] for v in directions]

        def along(*ts):
            steps = [sum(t * v[i] for t, v in zip(ts, slopes, strict=True)) for i in range(len(point))]
            return f(mpmath.mp, [c + s for c, s in zip(point, steps, strict=True)])

        orders = tuple(1 for _ in directions)
        return float(mpmath.diff(along, tuple(0 for _ in directions), orders))


def vector(f):
    """The vector of every order: an engine that is right to the last bit."""
    return lambda x, *vs: np.array([derivative(f, x, *vs, unit) for unit in np.eye(len(x))])


def sources(f, *nestings):
    return [Source(nesting, vector(f)) for nesting in nestings]


@pytest.mark.parametrize("name", CASES)
def test_order_1_from_values(name):
    f, x = CASES[name]
    oracle = Oracle(in_numpy(f), np.array(x))
    truth = oracle.vector()
    assert truth.how == "differences of values"
    assert np.all(np.abs(truth.value - vector(f)(x)) <= truth.bar)
    assert np.all(truth.bar <= 1e-6 * truth.scale)
    slope = oracle.scalar(V)
    assert abs(slope.value - derivative(f, x, V)) <= slope.bar


@pytest.mark.parametrize("name", CASES)
def test_order_2_from_a_checked_gradient(name):
    f, x = CASES[name]
    oracle = Oracle(in_numpy(f), np.array(x), sources=sources(f, "R"))
    truth = oracle.vector(V)
    assert truth.how == "differences of checked R"
    assert np.all(np.abs(truth.value - vector(f)(x, V)) <= truth.bar)
    assert truth.agrees(vector(f)(x, V))
    curvature = oracle.scalar(V, W)
    assert abs(curvature.value - derivative(f, x, V, W)) <= curvature.bar


@pytest.mark.parametrize("name", ["Rosenbrock", "reciprocal norm", "sqrt near 0", "linear", "network"])
def test_order_3_from_a_checked_product(name):
    f, x = CASES[name]
    truth = Oracle(in_numpy(f), np.array(x), sources=sources(f, "R", "FR")).vector(V, W)
    assert truth.how == "differences of checked FR"
    assert np.all(np.abs(truth.value - vector(f)(x, V, W)) <= truth.bar)


def test_scalar_from_forward_mode_alone():
    f, x = CASES["network"]
    forward = Source("F", lambda x, v: derivative(f, x, v))
    oracle = Oracle(in_numpy(f), np.array(x), sources=[forward])
    truth = oracle.scalar(V, W)
    assert truth.how == "differences of checked F"
    assert abs(truth.value - derivative(f, x, V, W)) <= truth.bar < 1e-9
    with pytest.raises(Uncertain, match="no vector of order 1"):
        oracle.from_sources(V)


# A cubic by hand: cheap, and every derivative known.


def cubic(x):
    return x[0] ** 3 * x[1] + 2 * x[1] ** 2


def cubic_gradient(x):
    return np.array([3 * x[0] ** 2 * x[1], x[0] ** 3 + 4 * x[1]])


def cubic_product(x, v):
    return np.array([[6 * x[0] * x[1], 3 * x[0] ** 2], [3 * x[0] ** 2, 4]]) @ v


X = np.array([0.7, -1.3])


def raising(x):
    raise NotImplementedError("no rule")


WRONG = {
    "sign": (lambda x: -cubic_gradient(x), "off by"),
    "factor two": (lambda x: 2 * cubic_gradient(x), "off by"),
    "zeros": (lambda x: np.zeros(2), "off by"),
    "float32 inside": (lambda x: cubic_gradient(x.astype(np.float32)).astype(np.float64), "off by"),
    "one part in 10⁸": (lambda x: cubic_gradient(x) * (1 + 1e-8), "off by"),
    "right only at x": (lambda x: cubic_gradient(x) * (1 + 1e-3 * (x[0] - X[0])), "end of the stencil"),
    "held at x": (lambda x: cubic_gradient(X), "end of the stencil"),
    "raising": (raising, "raises NotImplementedError: no rule"),
    "nan": (lambda x: np.full(2, np.nan), "not finite"),
    "infinite": (lambda x: np.full(2, np.inf), "not finite"),
    "scalar": (lambda x: 1.0, "shape"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_source_is_refused_for_the_next(name):
    call, reason = WRONG[name]
    right = Source("R", cubic_gradient)
    truth = Oracle(cubic, X, sources=[Source("R", call), right]).vector(V)
    assert np.all(np.abs(truth.value - cubic_product(X, V)) <= truth.bar)
    alone = Oracle(cubic, X, sources=[Source("R", call)])
    with pytest.raises(Uncertain, match=f"(?s)R: .*{re.escape(reason)}"):
        alone.from_sources(V)
    assert alone.vector(V).how == "second differences of values"
    assert np.all(np.abs(alone.vector(V).value - cubic_product(X, V)) <= alone.vector(V).bar)


def test_a_wrong_product_is_refused_at_order_3():
    gradient = Source("R", cubic_gradient)
    diagonal = Source("FR", lambda x, v: np.array([6 * x[0] * x[1], 4]) * v)
    right = Source("RR", cubic_product)
    truth = Oracle(cubic, X, sources=[gradient, diagonal, right]).vector(V, W)
    assert truth.how == "differences of checked RR"
    t = 6 * (X[1] * V[0] * W[0] + X[0] * (V[0] * W[1] + V[1] * W[0]))
    assert np.all(np.abs(truth.value - [t, 6 * X[0] * V[0] * W[0]]) <= truth.bar)
    with pytest.raises(Uncertain, match="FR: is off by"):
        Oracle(cubic, X, sources=[gradient, diagonal]).vector(V, W)


def test_every_failure_is_told():
    wrong = [Source("R", raising), Source("R", lambda x: 2 * cubic_gradient(x)), Source("FR", cubic_product)]
    with pytest.raises(Uncertain, match="R: raises NotImplementedError: no rule; R: is off by"):
        Oracle(cubic, X, sources=wrong).from_sources(V)


def test_wrong_candidates_disagree():
    truth = Oracle(cubic, X, sources=[Source("R", cubic_gradient)]).vector(V)
    right = cubic_product(X, V)
    assert truth.agrees(right)
    assert not truth.agrees(right * (1 + 6e-8))
    assert not truth.agrees(-right)
    assert not truth.agrees(np.array([right[0], np.nan]))
    error, tolerance = truth.difference(right + np.array([0.0, 1e-3]))
    assert error[1] == pytest.approx(1e-3)
    assert np.all(tolerance < 1e-7)


def test_a_solver_whose_last_digits_vary_is_judged():
    answers = itertools.count()

    def unsteady(x):
        return cubic(x) * (1 + 32 * np.finfo(float).eps * (next(answers) % 2))

    truth = Oracle(unsteady, X).vector()
    error = np.abs(truth.value - cubic_gradient(X))
    assert (error <= truth.bar).all()
    assert (truth.bar <= 1e-9).all()


def test_a_noisy_function_is_uncertain():
    rng = np.random.default_rng(0)
    with pytest.raises(Uncertain, match="differently twice"):
        Oracle(lambda x: x[0] + 1e-10 * rng.standard_normal(), X).vector()


@pytest.mark.parametrize("kink", [lambda x: abs(x[0]), lambda x: np.maximum(x[0], 0) + x[1], lambda x: np.sqrt(x @ x)])
def test_a_kink_is_uncertain(kink):
    oracle = Oracle(kink, np.zeros(2), sources=[Source("R", lambda x: np.sign(x))])
    for ask in (oracle.vector, lambda: oracle.vector(V), lambda: oracle.scalar(V)):
        with pytest.raises(Uncertain, match="error bar"):
            ask()


def test_a_kink_of_the_gradient_is_uncertain_at_order_2():
    def f(x):
        return max(x[0], 0.0) ** 2 + x[0]

    oracle = Oracle(f, np.zeros(1), sources=[Source("R", lambda x: 2 * np.maximum(x, 0) + 1)])
    assert oracle.vector().agrees(np.ones(1))
    with pytest.raises(Uncertain, match="error bar"):
        oracle.vector(np.ones(1))


def test_a_kink_within_reach_draws_the_stencil_in():
    oracle = Oracle(lambda x: abs(x[0]) ** 3, np.array([0.3]), sources=[Source("R", lambda x: 3 * x * abs(x))])
    truth = oracle.vector(np.ones(1))
    assert np.all(np.abs(truth.value - 1.8) <= truth.bar)


def test_float32_inside_the_function_is_never_a_wrong_truth():
    oracle = Oracle(lambda x: np.float32(np.sin(x[0])), np.array([1.1]))
    try:
        truth = oracle.vector()
    except Uncertain:
        return
    assert np.all(np.abs(truth.value - math.cos(1.1)) <= truth.bar)


def test_outside_the_domain_is_uncertain():
    with pytest.raises(Uncertain, match="nan at the point"):
        Oracle(lambda x: math.log(x[0]), -np.ones(1)).vector()
    with pytest.raises(Uncertain, match="nan at the point"):
        Oracle(lambda x: np.log(x[0]), -np.ones(1)).vector()


def test_a_function_that_raises_outside_its_domain():
    truth = Oracle(lambda x: math.log(x[0]), np.array([0.0625])).vector()
    assert abs(truth.value[0] - 16) <= truth.bar[0] < 1e-9


def test_a_closed_form_is_the_truth():
    def closed_form(x, *directions):
        return (cubic_gradient, cubic_product)[len(directions)](x, *directions) if len(directions) < 2 else None

    oracle = Oracle(cubic, X, closed_form=closed_form)
    assert oracle.vector().how == oracle.vector(V).how == oracle.scalar(V, W).how == "closed form"
    assert np.array_equal(oracle.vector(V).value, cubic_product(X, V))
    assert np.all(oracle.vector(V).bar < 1e-13)
    assert abs(oracle.scalar(V, W).value - cubic_product(X, V) @ W) <= oracle.scalar(V, W).bar
    third = oracle.scalar(V, W, U)
    assert third.how == "differences of closed form"
    exact = 6 * X[1] * V[0] * W[0] * U[0]
    exact += 6 * X[0] * (V[0] * W[0] * U[1] + V[0] * W[1] * U[0] + V[1] * W[0] * U[0])
    assert abs(third.value - exact) <= third.bar < 1e-9


def test_a_zero_truth_has_the_scale_of_the_order_below():
    def linear(x):
        return 1e3 * x.sum()

    differenced = Oracle(linear, X, sources=[Source("R", lambda x: np.full(2, 1e3))]).vector(V)
    closed = Oracle(linear, X, closed_form=lambda x, *v: np.zeros(2) if v else np.full(2, 1e3)).vector(V)
    for truth in (differenced, closed):
        assert truth.scale == pytest.approx(1e3 * np.linalg.norm(V))
        assert truth.agrees(np.zeros(2))
        assert truth.agrees(np.full(2, 1e-10))
        assert not truth.agrees(np.full(2, 1e-3))


@pytest.mark.parametrize("f", [lambda x: x @ x, lambda x: np.cos(x[0]) * np.cosh(x[1]), lambda x: 5.0, lambda x: 0.0])
def test_a_stationary_point(f):
    truth = Oracle(f, np.zeros(2)).vector()
    assert truth.agrees(np.zeros(2))
    assert not truth.agrees(np.full(2, 1e-7))


def test_empty_input():
    oracle = Oracle(lambda x: 1.0, np.zeros(0))
    nothing = np.zeros(0)
    assert oracle.vector().value.shape == oracle.vector(nothing).bar.shape == (0,)
    assert oracle.vector(nothing, nothing).agrees(nothing)
    assert oracle.scalar(nothing, nothing).agrees(0.0)


def test_a_zero_direction():
    oracle = Oracle(cubic, X, sources=[Source("R", cubic_gradient)])
    assert oracle.vector(np.zeros(2)).agrees(np.zeros(2))
    assert oracle.scalar(V, np.zeros(2)).agrees(0.0)


@pytest.mark.parametrize("n", [64, 65, 100])
def test_large_input(n):
    rng = np.random.default_rng(n)
    a, x, v = rng.standard_normal((3, n))

    def f(x):
        return np.sum(np.sin(a * x)) + a @ x

    def gradient(x):
        return a * np.cos(a * x) + a

    oracle = Oracle(f, x, sources=[Source("R", gradient)], seed=7)
    truth = oracle.vector()
    assert truth.value.shape == ((n,) if n <= 64 else (3,))
    assert truth.agrees(gradient(x))
    for i in (0, n - 1):
        wrong = gradient(x)
        wrong[i] += 1e-5
        assert not truth.agrees(wrong)
    assert not truth.agrees(np.full(n, np.nan))
    slope = oracle.scalar(v)
    assert abs(slope.value - gradient(x) @ v) <= slope.bar
    product = oracle.vector(v)
    exact = -(a**2) * np.sin(a * x) * v
    assert product.value.shape == (n,)
    assert np.all(np.abs(product.value - exact) <= product.bar)
    assert oracle.scalar(v, v).agrees(exact @ v)
    assert oracle.scalar(np.zeros(n)).agrees(0.0)


def test_projections_depend_on_the_seed_alone():
    x = np.linspace(0, 1, 100)
    first, again, other = (Oracle(lambda x: np.exp(x).sum(), x, seed=seed).vector() for seed in (1, 1, 2))
    assert np.array_equal(first.value, again.value)
    assert not np.array_equal(first.value, other.value)


def test_what_was_asked_once_is_remembered():
    calls = []

    def counted(function, name):
        return lambda x, *v: calls.append(name) or function(x, *v)

    oracle = Oracle(counted(cubic, "f"), X, sources=[Source("R", counted(cubic_gradient, "R"))])
    oracle.vector(V)
    assert calls.count("R") <= 24
    assert calls.count("f") <= 200
    calls.clear()
    oracle.vector(V.copy())
    oracle.scalar(V, W)
    oracle.vector()
    assert calls == []
    oracle.vector(W)
    assert 0 < calls.count("R") < 24


def test_uncertainty_is_remembered_too():
    calls = []
    oracle = Oracle(lambda x: calls.append(1) or abs(x[0]), np.zeros(1))
    for _ in range(2):
        with pytest.raises(Uncertain, match="error bar"):
            oracle.vector()
        first, calls = calls, []
    assert first == []
