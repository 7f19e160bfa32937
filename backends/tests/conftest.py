"""What the tests of the backends share: derivatives by differences, and 64 bits for jax that do not leak."""

import contextlib
import gc
import importlib
import itertools

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._registry import descriptor, engine_installed, has_arrays

BUNDLED = sorted(info.name for info in ng.backends() if info.bundled and has_arrays(info.name))
"""Those of an engine, with both modes."""
TESTS = itertools.count(1)
TOLERANCE = {1: 1e-8, 2: 1e-6, 3: 1e-4}


def richardson(g, step=1e-2):
    """g'(0) by central differences, extrapolated."""
    row = []
    for i in range(4):
        h = step / 2**i
        new = [(g(h) - g(-h)) / (2 * h)]
        for j, old in enumerate(row):
            new.append((4 ** (j + 1) * new[j] - old) / (4 ** (j + 1) - 1))
        row = new
    return row[-1]


def contracted(operator, nesting, x, directions):
    """Dᵏf(x)[v₁, …, vₖ] by the nesting, and the shape law."""
    nesting = ng.Nesting(nesting)
    if "R" not in nesting.code:
        value = operator(x, *directions[: nesting.directions])
        assert np.shape(value) == ()
        return float(value)
    gradient = operator(x, *directions[: nesting.directions])
    assert np.shape(gradient) == np.shape(x)
    return float(np.sum(np.asarray(gradient) * directions[nesting.order - 1]))


def by_differences(f, x, directions):
    """Dᵏf(x)[v₁, …, vₖ] from values of f alone."""
    if not directions:
        return float(f(x))
    *inner, last = directions
    return richardson(lambda t: by_differences(f, x + t * last, inner), step=(2e-3, 1e-2, 5e-2)[len(inner)])


class Law:
    """Checks nestings of a function on NumPy inputs against differences of its values."""

    def __call__(self, f, x, nestings, backend="autograd", refusal=(), values=None):
        """`values` are those of f, if something evaluates them faster than f does."""
        rng = np.random.default_rng(sum(np.shape(x)) + 1)
        directions = [np.asarray(rng.standard_normal(np.shape(x))) for _ in range(3)]
        truth = {}
        for nesting in nestings:
            order = len(nesting)
            if order not in truth:
                truth[order] = by_differences(values or f, x, directions[:order])
            try:
                value = contracted(ng.derivative(f, nesting, backend=backend), nesting, x, directions)
            except refusal:
                continue
            assert value == pytest.approx(truth[order], rel=TOLERANCE[order], abs=TOLERANCE[order]), nesting


@pytest.fixture
def law():
    """`law(f, x, nestings)`: every nesting of f at x is the derivative of f's values."""
    return Law()


@pytest.fixture
def nestings():
    """`nestings(1, 2)`: the codes of all nestings of these orders."""
    return lambda *orders: [
        nesting
        for order in orders
        for nesting in (format(i, f"0{order}b").translate({48: "F", 49: "R"}) for i in range(2**order))
    ]


@pytest.fixture(scope="module")
def young_garbage():
    """Collections look at what the module makes alone: beside three engines each takes a second otherwise."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    monkeypatch.delenv("NESTGRAD_BACKEND", raising=False)


@pytest.fixture
def x64():
    """64 bits in jax for this test and this thread."""
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield
    if next(TESTS) % 16 == 0:  # the programs of a single file would be a GB and more
        jax.clear_caches()


@pytest.fixture(params=BUNDLED)
def backend(request):
    """Each bundled backend in turn, with 64 bits."""
    if not engine_installed(descriptor(request.param)):
        pytest.skip(f"needs {request.param}")
    with contextlib.ExitStack() as stack:
        if request.param == "jax":
            stack.enter_context(importlib.import_module("jax").enable_x64(True))
        yield ng.get_backend(request.param)
