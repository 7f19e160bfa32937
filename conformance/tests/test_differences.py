import warnings

import mpmath
import numpy as np
import pytest

from nestgrad_conformance.truth.differences import EPSILON, differentiate, differentiate_along

# (curve of t written for NumPy and mpmath alike, the relative bar that is asked of it)
CURVES = {
    "exponential": (lambda m, t: m.exp(1.3 + t), 1e-10),
    "sine": (lambda m, t: m.sin(0.7 + t), 1e-10),
    "constant": (lambda m, t: m.mpf(3.0), None),
    "linear": (lambda m, t: 3 * t + 2, 1e-12),
    "even": (lambda m, t: m.cos(t), None),
    "tiny": (lambda m, t: m.mpf(1e-200) * m.sin(1.1 + t), 1e-10),
    "huge": (lambda m, t: m.mpf(1e200) * m.sin(1.1 + t), 1e-10),
    "steep exponential": (lambda m, t: m.exp(30 * (2 + t)), 1e-10),
    "high power": (lambda m, t: (1.75 + t) ** 20, 1e-10),
    "flat root": (lambda m, t: t**9, None),
    "near a pole": (lambda m, t: 1 / (t + 2.0**-10), 1e-8),
    "very near a pole": (lambda m, t: 1 / (t + 2.0**-20), 1e-6),
    "log at an edge": (lambda m, t: m.log(2.0**-20 + t), 1e-6),
    "sqrt at an edge": (lambda m, t: m.sqrt(2.0**-26 + t), 1e-5),
    "oscillating": (lambda m, t: m.sin(40 * t + 0.3), 1e-10),
    "oscillating fast": (lambda m, t: m.sin(2.0**13 * t + 0.3), 1e-8),
    "whole periods in every dyadic step": (lambda m, t: m.sin(64 * m.pi * t), 1e-8),
    "reciprocal inside": (lambda m, t: m.sin(1 / (0.0625 + t)), 1e-8),
    "narrow bell": (lambda m, t: m.exp(-((1024 * t + 0.5) ** 2)), 1e-8),
    "narrow odd bell": (lambda m, t: t * m.exp(-((1024 * t) ** 2)), 1e-8),
    "resonance": (lambda m, t: 1 / (1 + (100 * t + 1.25) ** 2), 1e-8),
    "saturated tanh": (lambda m, t: m.tanh(20 + t), None),
    "nearly saturated tanh": (lambda m, t: m.tanh(8 + t), 1e-6),
    "softplus at 30": (lambda m, t: 30 + t + m.log1p(m.exp(-30 - t)), 1e-10),
    "softplus at -30": (lambda m, t: m.log1p(m.exp(-30 + t)), 1e-9),
    "cancellation": (lambda m, t: (1 - m.cos(0.0078125 + t)) / (0.0078125 + t) ** 2, 1e-4),
    "cancellation of exp": (lambda m, t: (m.exp(0.0078125 + t) - 1) / (0.0078125 + t), 1e-7),
    "sine on a pedestal": (lambda m, t: 1e8 + m.sin(0.4 + t), 1e-4),
    "a pedestal taken away": (lambda m, t: (1e8 + m.sin(1.1 + t)) - 1e8, 1e-4),
}


class NumPy:
    exp, log, log1p, sqrt = np.exp, np.log, np.log1p, np.sqrt
    sin, cos, tanh, pi = np.sin, np.cos, np.tanh, np.pi
    mpf = np.float64


def derivative(curve):
    with mpmath.workdps(60):
        return float(mpmath.diff(lambda t: curve(mpmath.mp, t), 0))


@pytest.mark.parametrize("name", CURVES)
def test_bar_covers_the_error(name):
    curve, narrow = CURVES[name]
    truth = derivative(curve)
    found = differentiate(lambda t: curve(NumPy, np.float64(t)))
    assert abs(found.value - truth) <= found.bar
    if narrow is not None:
        assert found.bar <= narrow * abs(truth)


@pytest.mark.parametrize("seed", range(20))
def test_bar_covers_the_error_of_random_curves(seed):
    rng = np.random.default_rng(seed)
    x, a, b = 10 ** rng.uniform(-3, 2), 10 ** rng.uniform(-2, 3), 10 ** rng.uniform(-4, 4)

    def curve(m, t):
        return b * m.sin(a * (x + t)) + m.sqrt(x + t)

    truth = derivative(curve)
    found = differentiate(lambda t: curve(NumPy, np.float64(t)), resolution=EPSILON * x)
    assert abs(found.value - truth) <= found.bar < np.inf


def test_components_have_their_own_bars():
    curves = [curve for curve, _ in CURVES.values()]
    found = differentiate(lambda t: [curve(NumPy, np.float64(t)) for curve in curves])
    truth = np.array([derivative(curve) for curve in curves])
    assert np.all(np.abs(found.value - truth) <= found.bar)


def test_shape_is_that_of_the_curve():
    found = differentiate(lambda t: np.full((2, 3), np.sin(t)))
    assert found.value.shape == found.bar.shape == found.size.shape == (2, 3)
    assert differentiate(lambda t: np.zeros(0)).value.shape == (0,)
    assert differentiate(np.sin).value.shape == ()


def test_no_domain_is_an_infinite_bar_and_no_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = differentiate(lambda t: np.array([np.log(np.float64(-1 + t)), np.sin(t)]))
    assert not caught
    assert np.isnan(found.value[0])
    assert found.bar[0] == np.inf
    assert abs(found.value[1] - 1) <= found.bar[1] < 1e-9


@pytest.mark.parametrize(
    ("curve", "left", "right"),
    [
        (abs, -1, 1),
        (lambda t: max(t, 0.0) + np.sin(t), 1, 2),
        (lambda t: abs(t) + 1e3 * t, 999, 1001),
    ],
)
def test_bar_covers_both_sides_of_a_kink(curve, left, right):
    found = differentiate(curve)
    assert found.value - found.bar <= left + 1e-9
    assert found.value + found.bar >= right - 1e-9


def test_bar_covers_what_lies_just_behind_a_kink():
    found = differentiate(lambda t: abs(t - 1e-12))
    assert abs(found.value + 1) <= found.bar


def test_noise_shows_in_the_bar():
    rng = np.random.default_rng(0)
    found = differentiate(lambda t: np.sin(1.1 + t) + 1e-10 * rng.standard_normal(200))
    assert np.all(np.abs(found.value - np.cos(1.1)) <= found.bar)


def test_float32_inside_shows_in_the_bar():
    found = differentiate(lambda t: np.float32(np.sin(1.1 + t)))
    assert abs(found.value - np.cos(1.1)) <= found.bar
    assert found.bar > 1e-8


def test_a_plateau_is_flat():
    found = differentiate(lambda t: np.maximum([t - 0.1, t - 1e-3], 0.0))
    assert np.all(np.abs(found.value) <= found.bar)
    assert np.all(found.bar < 1e-12)


def test_reach_is_the_outermost_step_used():
    seen = []

    def curve(t):
        seen.append(abs(t))
        return np.log(np.float64(1e-3 + t))

    found = differentiate(curve)
    assert found.reach in seen
    assert 0 < found.reach < 1e-3


@pytest.mark.parametrize(("curve", "most"), [(np.exp, 19), (np.sin, 17), (lambda t: 3 * t, 15), (lambda t: 7, 17)])
def test_smooth_curves_cost_few_evaluations(curve, most):
    seen = []
    differentiate(lambda t: seen.append(t) or curve(t))
    assert len(seen) <= most


def test_along_a_direction_of_any_length():
    x = np.array([1e6, 2.0, -1e-3])
    v = np.array([3e5, 0.5, 0.25])
    found = differentiate_along(lambda p: np.sin(p[0] / 1e6) * p[1] + p[2], x, v)
    truth = np.cos(1.0) / 1e6 * v[0] * x[1] + np.sin(1.0) * v[1] + v[2]
    assert abs(found.value - truth) <= found.bar < 1e-9


def test_along_many_directions_at_once():
    x = np.array([1e6, 2.0])
    found = differentiate_along(lambda points: [p[0] ** 2 + p[1] ** 3 for p in points], x, np.eye(2))
    assert np.all(np.abs(found.value - [2e6, 12.0]) <= found.bar)
    assert found.bar[0] < 1e-3
    assert found.bar[1] < 1e-1
