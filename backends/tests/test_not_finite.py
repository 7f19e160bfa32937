"""A result that is not finite, of finite inputs and a finite value of f, is an error; any other is returned.

Nobody looks at what was compiled, since that would wait for it: there it is returned too, and is no number.
"""

import functools
import pickle

import numpy as np
import pytest

import nestgrad as ng

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
ENGINES = ["autograd", "jax", "torch", "tensorflow"]


@pytest.fixture(params=ENGINES)
def backend(request, x64):
    """Each bundled backend in turn, with 64 bits."""
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def squared_norm(xp, x):
    """‖x‖² by way of a square root, which has no derivative at zero."""
    return xp.sqrt(xp.sum(x * x)) ** 2


def hidden_root(xp, x):
    return xp.sum(xp.where(x > 0, xp.sqrt(x), x * x))


def _first(backend):
    """The nesting that is the backend's first choice."""
    return getattr(backend, "preferred", ("FR",))[0]


EDGES = pytest.mark.parametrize(("function", "x"), [(squared_norm, [0.0, 0.0]), (hidden_root, [1.5, -0.5])])


@EDGES
def test_an_error_that_says_so(backend, function, x):
    product = ng.hvp(functools.partial(function, backend.xp), _first(backend), backend=backend)
    with pytest.raises(ng.NotFiniteError, match=r"not finite, though x and f\(x\) are") as caught:
        product(np.array(x), np.array([1.0, 2.0]))
    assert caught.value.backend == backend.name
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")
def test_auto_takes_a_nesting_in_which_it_is_finite_and_right(backend):
    x, v = np.array([1.5, -0.5]), np.array([1.0, 2.0])
    found = backend.to_numpy(ng.hvp(functools.partial(hidden_root, backend.xp), backend=backend)(x, v))
    np.testing.assert_allclose(found, [-0.25 * 1.5**-1.5, 4.0])


@EDGES
@pytest.mark.parametrize(
    ("engine", "execution"),
    [
        ("jax", "compiled"),
        ("torch", "compiled"),
        ("torch", "traced"),
        ("tensorflow", "compiled"),
        ("tensorflow", "xla"),
    ],
)
def test_what_was_compiled_is_no_number(engine, execution, function, x, x64):
    """The truths are 2 v, and 2 v where x is negative: nan in the place of one of them, and never another number."""
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    product = ng.hvp(functools.partial(function, backend.xp), backend=backend, compile=execution)
    result = backend.to_numpy(product(np.array(x), np.array([1.0, 2.0])))
    assert np.isnan(result[1])
    assert np.isnan(result[0]) or result[0] == pytest.approx(-0.25 * 1.5**-1.5)  # of the root, where x is positive


def test_also_in_a_gradient_and_in_a_part_of_the_result(backend):
    f = functools.partial(hidden_root, backend.xp)
    x, v, nesting = np.array([1.5, -0.5]), np.array([1.0, 2.0]), _first(backend)
    with pytest.raises(ng.NotFiniteError):
        ng.gradient_and_hvp(f, nesting, backend=backend)(x, v)
    with pytest.raises(ng.NotFiniteError):
        ng.nested_gradient(backend.xp.sum, f, nesting=nesting, backend=backend)(x)
    with pytest.raises(ng.NotFiniteError):
        ng.hvp(lambda p: (f(p["a"]) + backend.xp.sum(p["b"]), None), nesting, has_aux=True, backend=backend)(
            {"a": x, "b": x}, {"a": v, "b": v}
        )


@pytest.mark.parametrize(
    ("x", "v"), [([0.0, 1.0], [1.0, 1.0]), ([np.nan, 1.0], [1.0, 1.0]), ([1.0, 2.0], [np.inf, 1.0])]
)
def test_what_is_not_finite_to_begin_with_is_returned(backend, x, v):
    """Σ log x is −∞ at zero."""
    result = ng.hvp(lambda x: backend.xp.sum(backend.xp.log(x)), backend=backend)(np.array(x), np.array(v))
    assert not np.isfinite(backend.to_numpy(result)[0])
    assert np.isfinite(backend.to_numpy(result)[1])


def test_large_numbers_are_finite(backend):
    """A sum of the entries overflows."""
    x, v = np.array([1e308, 1.5e308]), np.ones(2)
    gradient = ng.gradient(lambda x: backend.xp.sum(x * backend.asarray(x_large)), backend=backend)
    x_large = x
    np.testing.assert_array_equal(backend.to_numpy(gradient(v)), x)


@pytest.mark.parametrize("engine", ["jax", "torch", "tensorflow"])
def test_inside_a_trace_there_is_nothing_to_see(engine, x64):
    backend = ng.get_backend(engine)
    product = ng.hvp(functools.partial(squared_norm, backend.xp), backend=backend)
    zeros, v = backend.asarray(np.zeros(2)), backend.asarray(np.ones(2))
    if engine == "jax":
        result = pytest.importorskip("jax").jit(product)(zeros, v)
    elif engine == "tensorflow":
        result = pytest.importorskip("tensorflow").function(product, autograph=False)(zeros, v)
    else:
        result = pytest.importorskip("torch").func.vmap(product)(zeros[None], v[None])[0]
    assert np.all(np.isnan(backend.to_numpy(result)))


def test_half_precision_is_named(backend):
    if backend.name == "autograd":
        pytest.skip("autograd has no 16 bits")
    x = backend.asarray(np.array([3.0, 2.0], np.float16))
    with pytest.raises(ng.NotFiniteError, match=r"x is .*float16.*use float32") as caught:
        ng.hvp(lambda x: backend.xp.sum(x * x * x * x), _first(backend), backend=backend)(x, x * 1000)  # 12 x² v
    assert pickle.loads(pickle.dumps(caught.value)).known == caught.value.known


def test_captured_numbers_are_named(backend):
    weights = backend.asarray(np.array([1.0, np.nan]))
    mask = backend.asarray(np.array([True, False]))

    def weighted(x):
        return weights * x**3

    def f(x):
        return backend.xp.sum(backend.xp.where(mask, weighted(x), x**2))

    with pytest.raises(ng.NotFiniteError, match="f captures numbers that are not finite: weights"):
        ng.hvp(f, _first(backend), backend=backend)(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    with pytest.raises(ng.NotFiniteError, match="not finite: weights"):
        ng.vjp(f, backend.asarray(np.array([1.0, 2.0])))[1](backend.asarray(np.array(1.0)))


@pytest.mark.parametrize("engine", ["jax", "torch"])  # the others refuse the operation by its name
def test_equal_eigenvalues_are_named(engine, x64):
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    f = lambda x: backend.xp.sum(backend.xp.linalg.eigh(x)[0] ** 3)  # noqa: E731
    with pytest.raises(ng.NotFiniteError, match=r"f runs \w*eigh.*two that are equal"):
        ng.hvp(f, "RR", backend=backend)(np.eye(2), np.array([[1.0, 0.5], [0.5, 2.0]]))


def test_otherwise_it_is_the_chain_rule(backend):
    with pytest.raises(ng.NotFiniteError, match="the chain rule multiplies 0 by ∞") as caught:
        ng.hvp(functools.partial(squared_norm, backend.xp), _first(backend), backend=backend)(np.zeros(2), np.ones(2))
    assert caught.value.known == ()


def test_a_mask_of_infinities_is_not_said_to_be_the_reason_alone(backend):
    """As of attention: it is captured, and innocent; the square root at zero is not."""
    xp = backend.xp
    mask = backend.asarray(np.array([0.0, -np.inf]))
    f = lambda x: xp.sqrt(xp.sum(x * x)) + xp.sum(xp.exp(x + mask))  # noqa: E731
    with pytest.raises(ng.NotFiniteError, match=r"not finite: mask\. Or the chain rule"):
        ng.gradient(f, backend=backend)(backend.asarray(np.zeros(2)))
