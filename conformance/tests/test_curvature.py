"""Second derivatives from values: the bar covers the true error, or is wide."""

import numpy as np
import pytest

from nestgrad_conformance.truth.curvature import curvature

HARD = {
    "inverse norm": (
        lambda x: 1 / np.linalg.norm(x),
        lambda x: 3 * np.outer(x, x) / np.linalg.norm(x) ** 5 - np.eye(3) / np.linalg.norm(x) ** 3,
    ),
    "exponential": (lambda x: np.exp(x).sum(), lambda x: np.diag(np.exp(x))),
    "cubic": (lambda x: (x**3).sum() + x[0] * x[1] * x[2], lambda x: np.diag(6 * x) + off_diagonal(x)),
    "linear": (lambda x: x @ np.arange(3.0), lambda x: np.zeros((3, 3))),
    "oscillating": (lambda x: np.sin(10 * x).sum(), lambda x: np.diag(-100 * np.sin(10 * x))),
    "far from zero": (lambda x: 1e6 + np.sin(x).sum(), lambda x: np.diag(-np.sin(x))),
    "near a pole": (lambda x: np.log(np.abs(x)).sum(), lambda x: np.diag(-1 / x**2)),
    "float32 inside": (lambda x: float(np.float32(np.sin(x).sum())), lambda x: np.diag(-np.sin(x))),
    "a narrow bump": (lambda x: np.exp(-1e4 * x @ x) + x @ x, lambda x: bump(x)),
}


def off_diagonal(x):
    return np.array([[0, x[2], x[1]], [x[2], 0, x[0]], [x[1], x[0], 0]])


def bump(x):
    return 2 * np.eye(3) + np.exp(-1e4 * x @ x) * (4e8 * np.outer(x, x) - 2e4 * np.eye(3))


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("seed", range(20))
def test_the_bar_covers_the_error(name, seed):
    f, hessian = HARD[name]
    x, v = np.random.default_rng(seed).standard_normal((2, 3))
    others = np.vstack([np.eye(3), v])
    found = curvature(f, x, v, others)
    assert np.all((np.abs(found.value - others @ hessian(x) @ v) <= found.bar) | np.isnan(found.value))


def test_the_bar_is_narrow_where_the_function_is_smooth():
    x, v = np.random.default_rng(0).standard_normal((2, 3))
    for name in ("exponential", "cubic"):
        assert np.all(curvature(HARD[name][0], x, v, np.eye(3)).bar < 1e-8)


@pytest.mark.parametrize(
    "kink", [lambda x: np.abs(x).sum(), lambda x: (x * np.abs(x)).sum(), lambda x: np.maximum(x, 0) @ x]
)
def test_at_a_kink_the_bar_is_wide(kink):
    found = curvature(kink, np.zeros(2), np.array([1.0, 0.5]), np.eye(2))
    assert np.all(~(found.bar < 1e-2))


def test_outside_the_domain_nothing_is_known():
    found = curvature(lambda x: np.nan, np.zeros(2), np.ones(2), np.eye(2))
    assert np.all(np.isnan(found.value))
    assert np.all(np.isinf(found.bar))
