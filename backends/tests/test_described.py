"""An operator wraps f, as `functools.wraps` would have it; an engine that is given one calls it, and not f."""

import functools
import inspect

import numpy as np
import pytest

import nestgrad as ng

X, V = np.array([1.0, 2.0]), np.array([1.0, -1.0])


def powers(x, scale=1.0, *, power=3):
    return scale * (x**power).sum()


def product(scale=1.0, power=3):
    """The Hessian-vector product of `powers` at X along V."""
    return scale * power * (power - 1) * X ** (power - 2) * V


def test_operators_of_what_wraps_an_operator(backend):
    cubes = lambda x, s=1.0: s * backend.xp.sum(x**3)  # noqa: E731
    inner, x = ng.laplacian(cubes), backend.asarray(X)
    for wrapped in (inner, functools.partial(inner), functools.wraps(inner)(lambda x: inner(x))):
        assert inspect.unwrap(wrapped) in (cubes, wrapped)
        np.testing.assert_allclose(ng.gradient(wrapped, backend=backend)(x), [6.0, 6.0])
        np.testing.assert_allclose(ng.hvp(wrapped, backend=backend)(x, x), [0.0, 0.0])


class TestJax:
    @pytest.fixture(autouse=True)
    def _jax(self, x64):
        self.jax = pytest.importorskip("jax")
        self.x, self.v = self.jax.numpy.asarray(X), self.jax.numpy.asarray(V)

    def test_jit_of_an_operator_has_its_arguments_and_its_name(self):
        jitted = self.jax.jit(ng.hvp(powers), static_argnames="power")
        np.testing.assert_allclose(jitted(self.x, self.v), product())
        np.testing.assert_allclose(jitted(self.x, self.v, 2.0, power=2), product(2.0, 2))
        assert inspect.signature(jitted) == inspect.signature(ng.hvp(powers))
        assert "jit_hvp" in jitted.lower(self.x, self.v).as_text()

    def test_transforms_of_an_operator(self):
        op = ng.hvp(powers)
        np.testing.assert_allclose(self.jax.vmap(op)(self.x[None], self.v[None])[0], product())
        np.testing.assert_allclose(self.jax.jvp(op, (self.x, self.v), (self.x, 0 * self.v))[1], product())
        np.testing.assert_allclose(self.jax.checkpoint(op)(self.x, self.v), product())
        np.testing.assert_allclose(self.jax.grad(ng.laplacian(powers))(self.x), [6.0, 6.0])

    def test_a_rule_for_an_operator_is_somebodys_own(self):
        curvature = self.jax.custom_jvp(ng.laplacian(powers))
        curvature.defjvp(lambda primals, tangents: (curvature(*primals), 5.0 * tangents[0].sum()))
        with pytest.raises(ng.VerificationError, match="powers"):
            ng.hvp(lambda x: curvature(x) ** 2)(self.x, self.x)


class TestTorch:
    @pytest.fixture(autouse=True)
    def _torch(self):
        self.torch = pytest.importorskip("torch")
        self.x, self.v = self.torch.tensor(X), self.torch.tensor(V)

    @pytest.mark.filterwarnings("ignore:Dynamo:UserWarning")
    @pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
    def test_compile_of_an_operator(self):
        self.torch._dynamo.reset()
        compiled = self.torch.compile(ng.hvp(powers, "RR"), backend="aot_eager")
        np.testing.assert_allclose(compiled(self.x, self.v, 2.0), product(2.0))
        np.testing.assert_allclose(self.torch.compile(ng.gradient(powers), backend="aot_eager")(self.x), 3 * X**2)

    @pytest.mark.filterwarnings("ignore:Dynamo:UserWarning")
    @pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
    def test_an_operator_that_is_made_and_asked_while_it_is_compiled(self):
        self.torch._dynamo.reset()

        @functools.partial(self.torch.compile, backend="aot_eager")
        def made(x, v):
            op = ng.hvp(powers, "RR")
            return op(x, v), op.__name__, op.__qualname__

        found, *names = made(self.x, self.v)
        np.testing.assert_allclose(found, product())
        assert names == ["hvp", "hvp"]

    def test_transforms_of_an_operator(self):
        func = self.torch.func
        np.testing.assert_allclose(func.vmap(ng.hvp(powers))(self.x[None], self.v[None])[0], product())
        np.testing.assert_allclose(func.grad(ng.laplacian(powers))(self.x), [6.0, 6.0])


class TestTensorFlow:
    @pytest.fixture(autouse=True)
    def _tensorflow(self):
        self.tf = pytest.importorskip("tensorflow")
        self.x, self.v = self.tf.constant(X), self.tf.constant(V)

    def powers(self, x, scale=1.0, *, power=3):
        if self.tf.reduce_sum(x) > 0:  # which AutoGraph has to rewrite
            return self.tf.cast(scale, x.dtype) * self.tf.reduce_sum(x**power)
        return self.tf.reduce_sum(x)

    @pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"reduce_retracing": True}])
    def test_function_of_an_operator(self, options):
        traced = self.tf.function(ng.hvp(self.powers), **options)
        np.testing.assert_allclose(traced(self.x, self.v), product())
        np.testing.assert_allclose(traced(self.x, self.v, 2.0, power=2), product(2.0, 2))

    def test_function_of_an_operator_of_an_operator(self):
        traced = self.tf.function(ng.gradient(ng.laplacian(self.powers)))
        np.testing.assert_allclose(traced(self.x), [6.0, 6.0])

    def test_a_graph_has_the_name_of_the_operator(self):
        graph = self.tf.function(ng.hvp(self.powers)).get_concrete_function(self.x, self.v).graph
        assert graph.name == "hvp"


def test_autograd_of_an_operator():
    autograd = pytest.importorskip("autograd")
    np.testing.assert_allclose(autograd.grad(ng.laplacian(powers, backend="autograd"))(X), [6.0, 6.0])
