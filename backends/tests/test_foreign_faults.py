"""Functions of other engines where a number would be wrong, or of fewer bits: refused or right."""

import numpy as np
import pytest

import nestgrad as ng

X = np.array([0.3, -0.7, 1.1])


@pytest.fixture
def jax():
    """As a user has it, without 64 bits."""
    return pytest.importorskip("jax")


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def cubes(torch):
    return ng.foreign(lambda x: torch.sum(x**3), "torch")


def test_shapes_that_are_told_wrong_are_no_gradient(jax, torch):
    """jax would make two cotangents of ones, and torch add them up: twice the gradient."""
    wrong = ng.foreign(lambda x: torch.sum(x**3), "torch", shapes=lambda x: jax.ShapeDtypeStruct((2,), x.dtype))
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"shape \(\) .* it was to be \(2,\)"):
        jax.jit(jax.grad(lambda x: wrong(x).sum()))(jax.numpy.asarray(X, "float32"))


def test_a_dtype_that_is_told_wrong_is_no_gradient(jax, torch, x64):
    wrong = ng.foreign(lambda x: torch.sum(x**3), "torch", shapes=lambda x: jax.ShapeDtypeStruct((), "float32"))
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"dtype torch.float64.* it was to be \(\) and torch.float32"):
        jax.jit(jax.grad(wrong))(jax.numpy.asarray(X))


def test_a_shape_that_depends_on_values_is_no_gradient(jax, torch):
    """Told by one evaluation on ones, where one entry is left, and then there are two."""
    f = ng.foreign(lambda x: x[x > x.mean() + 1e-3] if len(x.unique()) > 1 else x[:1], "torch")
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"it was to be \(1,\)"):
        jax.jit(jax.grad(lambda x: f(x).sum()))(jax.numpy.asarray([1.0, 2.0, 0.0, 2.0]))


def test_another_structure_than_was_told_says_who_told_it(jax, torch):
    wrong = ng.foreign(lambda x: torch.sum(x), "torch", shapes=lambda x: {"a": jax.ShapeDtypeStruct((), x.dtype)})
    with pytest.raises(jax.errors.JaxRuntimeError, match="before, or by shapes="):
        jax.jit(wrong)(jax.numpy.asarray(X, "float32"))


def test_no_bits_of_an_array_of_numpy_are_lost_beside_others(jax, torch):
    f = ng.foreign(lambda x, y: torch.sum(x * y), "torch")
    x = jax.numpy.ones(3)
    with pytest.raises(ng.PrecisionLossError, match="jax would store float64 as float32"):
        f(x, X)
    with pytest.raises(ng.PrecisionLossError, match="jax would store float64 as float32"):
        jax.jit(jax.grad(lambda x: f(x, X)))(x)
    np.testing.assert_array_equal(jax.grad(f)(x, X.astype("float32")), X.astype("float32"))


def test_torch_records_no_constant_for_it(torch):
    """As make_fx would: the value at the first arguments."""
    from torch.fx.experimental.proxy_tensor import make_fx

    f = ng.foreign(lambda x: x**3, "autograd")
    for mode in ("real", "fake"):
        with pytest.raises(ng.UnsupportedExecutionError, match="recorded as a constant"):
            make_fx(f, tracing_mode=mode)(torch.tensor(X))


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # Dynamo's own
def test_a_gradient_is_taken_inside_of_a_compiled_function_of_torch(torch):
    """Backward rules run outside of the program too."""
    f = ng.foreign(lambda x: x**3, "autograd")

    @torch.compile(backend="eager")
    def step(x):
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(f(2 * x).sum(), x)
        return x - gradient

    np.testing.assert_allclose(step(torch.tensor(X)).detach().numpy(), X - 24 * X**2)


def test_compile_is_refused_in_a_whole_sentence(torch):
    f = ng.foreign(lambda x: (x**3).sum(), "autograd")
    with pytest.raises(ng.UnsupportedNestingError, match=r"no part of a program of torch's\. Leave compile=False\."):
        ng.gradient(f, compile="traced")(torch.tensor(X))


def test_numbers_that_are_equal_are_not_the_same_argument():
    f = ng.foreign(lambda x, s: x * np.copysign(1.0, s.imag if isinstance(s, complex) else s), "autograd")
    torch = pytest.importorskip("torch")
    for s in (0.0, -0.0, 1 + 0.0j, complex(1, -0.0), 1, True):
        expected = X * np.copysign(1.0, s.imag if isinstance(s, complex) else s)
        np.testing.assert_array_equal(f(torch.tensor(X), s).numpy(), expected)


def test_what_f_writes_into_its_argument_is_no_random_number(jax, torch, x64):
    """torch's tape takes no such f: that is what it says."""
    f = ng.foreign(lambda x: x.mul_(2.0).sum() ** 2, "torch")
    x = jax.numpy.asarray(X)
    assert f(x) == pytest.approx((2 * X.sum()) ** 2)
    with pytest.raises(ng.EngineError, match="used in an in-place operation"):
        jax.grad(f)(x)
    np.testing.assert_array_equal(x, X)
