"""Functions of other engines inside what engines trace, map and transform by their own means."""

import numpy as np
import pytest

import nestgrad as ng

A = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 1.0]])
X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 0.5, -2.0])
ROWS = np.stack([X, 2 * X, -X])


def value(x):
    return np.exp(A @ x).sum()


def gradient(x):
    return A.T @ np.exp(A @ x)


def hessian(x):
    return A.T @ np.diag(np.exp(A @ x)) @ A


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-13)


class TestJax:
    """The outer engine is jax, the inner one torch."""

    @pytest.fixture
    def f(self, x64):
        pytest.importorskip("jax")
        torch = pytest.importorskip("torch")
        return ng.foreign(lambda x: torch.exp(torch.tensor(A) @ x).sum(), "torch")

    @pytest.mark.parametrize("outer", ["jacfwd", "jacrev"])
    @pytest.mark.parametrize("inner", ["jacfwd", "jacrev"])
    @pytest.mark.parametrize("jitted", [False, True])
    def test_hessians(self, f, outer, inner, jitted):
        import jax

        made = getattr(jax, outer)(getattr(jax, inner)(f))
        close((jax.jit(made) if jitted else made)(X), hessian(X))

    def test_third_derivatives(self, f):
        import jax

        third = jax.jit(jax.jacfwd(jax.hessian(f)))(X)
        close(third @ V, A.T @ np.diag(np.exp(A @ X) * (A @ V)) @ A)

    def test_maps(self, f):
        import jax

        close(jax.vmap(f)(ROWS), [value(x) for x in ROWS])
        close(jax.jit(jax.vmap(jax.grad(f)))(ROWS), [gradient(x) for x in ROWS])
        close(jax.vmap(jax.vmap(jax.grad(f)))(ROWS[None]), [[gradient(x) for x in ROWS]])
        close(jax.grad(lambda rows: jax.vmap(f)(rows).sum())(ROWS), [gradient(x) for x in ROWS])
        close(jax.vmap(f, in_axes=1)(ROWS.T), [value(x) for x in ROWS])

    def test_a_map_of_what_is_not_mapped(self, x64):
        import jax

        scaled = ng.foreign(lambda x, a: (x * a).sum(), "torch")
        found = jax.vmap(jax.grad(scaled), in_axes=(0, None))(ROWS, V)
        close(found, [V] * 3)

    def test_a_map_over_what_torch_cannot_map(self, x64):
        """A branch by a value: row by row."""
        import jax
        import torch

        branched = ng.foreign(lambda x: (x**3).sum() if x[0].item() > 0 else x.sum(), "torch")
        close(jax.vmap(jax.grad(branched))(ROWS), [3 * x**2 if x[0] > 0 else np.ones(3) for x in ROWS])
        assert torch.is_grad_enabled()

    @pytest.mark.parametrize("jitted", [False, True])
    def test_loops_branches_and_checkpoints(self, f, jitted):
        import jax

        def scanned(x):
            return jax.lax.scan(lambda total, scale: (total + f(scale * x), None), 0.0, jax.numpy.array([1.0, 2.0]))[0]

        def branched(x):
            return jax.lax.cond(x[0] > 0, f, lambda x: 0.0 * x[0], x)

        made = jax.jit if jitted else lambda f: f
        close(made(jax.hessian(scanned))(X), hessian(X) + 4 * hessian(2 * X))
        close(made(jax.hessian(branched))(X), hessian(X))
        close(made(jax.hessian(jax.checkpoint(f)))(X), hessian(X))
        looped = jax.lax.while_loop
        close(
            made(lambda x: looped(lambda s: s[0] < 2, lambda s: (s[0] + 1, f(x) + s[1]), (0, 0.0))[1])(X), 2 * value(X)
        )

    def test_linear_maps(self, f):
        import jax

        found, push = jax.linearize(f, X)
        close(found, value(X))
        close(push(V), gradient(X) @ V)
        close(jax.linear_transpose(push, X)(1.0)[0], gradient(X))

    @pytest.mark.parametrize("jitted", [False, True])
    def test_in_a_rule_of_the_users(self, x64, jitted):
        """Σx³y by `jax.custom_jvp`, which makes zeros for the tangent of what is not differentiated."""
        import jax

        cubes = ng.foreign(lambda x, y: (x**3 * y).sum(), "torch")
        f = jax.custom_jvp(lambda x, y: cubes(x, y))
        f.defjvp(lambda primals, tangents: jax.jvp(cubes, primals, tangents))
        made = jax.jit if jitted else lambda f: f
        close(made(jax.grad(f))(X, V), 3 * X**2 * V)
        close(made(jax.grad(f, 1))(X, V), X**3)
        close(made(jax.hessian(f))(X, V), np.diag(6 * X * V))

    @pytest.mark.parametrize("nesting", ["FR", "RF", "RR", "FF"])
    def test_compiled(self, f, nesting):
        directions = [V, V][: ng.Nesting(nesting).directions]
        found = ng.derivative(f, nesting, compile=True, backend="jax")(X, *directions)
        close(found, V @ hessian(X) @ V if nesting == "FF" else hessian(X) @ V)

    def test_only_what_is_needed_is_evaluated(self, x64):
        """Of a Hessian-vector product in a program: one evaluation."""
        import jax
        import torch

        calls = []

        def f(x):
            calls.append(x)
            return torch.exp(torch.tensor(A) @ x).sum()

        crossed = ng.foreign(f, "torch")
        product = jax.jit(lambda x, v: jax.jvp(jax.grad(crossed), (x,), (v,))[1])
        for _ in range(2):
            calls.clear()
            close(product(X, V), hessian(X) @ V)
        assert len(calls) == 1

    def test_shapes_that_are_told_cost_no_evaluation(self, x64):
        import jax
        import torch

        calls = []

        def f(x):
            calls.append(x)
            return {"sum": torch.sum(x)}

        told = ng.foreign(f, "torch", shapes=lambda x: {"sum": jax.ShapeDtypeStruct((), x.dtype)})
        lowered = jax.jit(told).lower(X)
        assert not calls
        assert lowered.out_info["sum"].shape == ()
        close(jax.jit(told)(X)["sum"], X.sum())
        jax.jit(ng.foreign(f, "torch")).lower(X)
        assert len(calls) == 2

    def test_shapes_that_are_told_wrong(self, x64):
        import jax

        told = ng.foreign(lambda x: x, "autograd", shapes=lambda x: jax.ShapeDtypeStruct((2,), x.dtype))
        with pytest.raises(jax.errors.JaxRuntimeError, match="shape"):
            jax.block_until_ready(jax.jit(told)(X))


class TestTorch:
    """The outer engine is torch, the inner one autograd."""

    @pytest.fixture
    def f(self):
        pytest.importorskip("torch")
        anp = pytest.importorskip("autograd.numpy")
        return ng.foreign(lambda x: anp.sum(anp.exp(anp.dot(A, x))), "autograd")

    def test_the_tape(self, f):
        import torch

        x = torch.tensor(X, requires_grad=True)
        f(x).backward()
        close(x.grad, gradient(X))
        close(torch.autograd.functional.hessian(f, torch.tensor(X)), hessian(X))
        first = torch.autograd.grad(f(x), x, create_graph=True)[0]
        close(torch.autograd.grad(first @ torch.tensor(V), x)[0], hessian(X) @ V)
        checkpointed = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
        close(torch.autograd.grad(checkpointed, x)[0], gradient(X))
        assert not f(torch.tensor(X)).requires_grad
        with torch.no_grad():
            assert not f(x).requires_grad
        with torch.inference_mode():
            close(f(torch.tensor(X)), value(X))

    @pytest.mark.parametrize("outer", ["jacfwd", "jacrev"])
    @pytest.mark.parametrize("inner", ["jacfwd", "jacrev"])
    def test_torch_func(self, f, outer, inner):
        import torch

        close(getattr(torch.func, outer)(getattr(torch.func, inner)(f))(torch.tensor(X)), hessian(X))

    def test_maps(self, f):
        import torch

        rows = torch.tensor(ROWS)
        close(torch.func.vmap(f)(rows), [value(x) for x in ROWS])
        close(torch.func.vmap(torch.func.grad(f))(rows), [gradient(x) for x in ROWS])
        close(torch.func.vmap(f, in_dims=1)(rows.T), [value(x) for x in ROWS])
        close(torch.func.grad(lambda rows: torch.func.vmap(f)(rows).sum())(rows), [gradient(x) for x in ROWS])

    def test_forward_mode_by_dual_tensors(self, f):
        import torch
        from torch.autograd import forward_ad

        with forward_ad.dual_level():
            found = forward_ad.unpack_dual(f(forward_ad.make_dual(torch.tensor(X), torch.tensor(V))))
        close(found.tangent, gradient(X) @ V)

    @pytest.mark.filterwarnings("ignore:The .grad attribute")  # which Dynamo reads of whatever it is given
    def test_compiled_it_is_a_break_of_the_graph(self, f):
        import torch

        def twice(x):
            return 2.0 * f(x * 1.0)

        twice(torch.tensor(X))  # else Dynamo traces how the backend is found, and warns of what it cannot trace
        made = torch.compile(twice, backend="aot_eager")
        x = torch.tensor(X, requires_grad=True)
        close(made(torch.tensor(X)), 2 * value(X))
        close(torch.autograd.grad(made(x), x)[0], 2 * gradient(X))
        whole = torch.compile(lambda x: f(x), backend="aot_eager", fullgraph=True)
        with pytest.raises(torch._dynamo.exc.Unsupported, match="another engine"):
            whole(torch.tensor(X))

    @pytest.mark.parametrize("nesting", ["FR", "RF", "RR", "FF"])
    def test_no_program_of_torch_holds_it(self, f, nesting):
        import torch

        directions = [torch.tensor(V)] * ng.Nesting(nesting).directions
        with pytest.raises(ng.UnsupportedNestingError, match=r"torch\.compile"):
            ng.derivative(f, nesting, compile="traced")(torch.tensor(X), *directions)


class TestTensorFlow:
    """The outer engine is TensorFlow, the inner one autograd."""

    @pytest.fixture
    def f(self):
        pytest.importorskip("tensorflow")
        anp = pytest.importorskip("autograd.numpy")
        return ng.foreign(lambda x: anp.sum(anp.exp(anp.dot(A, x))), "autograd")

    @staticmethod
    def twice(f, x):
        import tensorflow as tf

        with tf.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            first = inner.gradient(y, x)
        return outer.jacobian(first, x, experimental_use_pfor=False)

    def test_tapes(self, f):
        import tensorflow as tf

        x = tf.constant(X)
        close(self.twice(f, x), hessian(X))
        close(tf.function(lambda x: self.twice(f, x))(x), hessian(X))
        close(self.twice(tf.function(lambda x: f(x)), x), hessian(X))

    def test_an_accumulator(self, f):
        import tensorflow as tf

        def pushed(x):
            with tf.autodiff.ForwardAccumulator(x, tf.constant(V)) as accumulator:
                y = f(x)
            return accumulator.jvp(y)

        close(pushed(tf.constant(X)), gradient(X) @ V)
        with pytest.raises(ng.UnsupportedNestingError, match="ForwardAccumulator") as refused:
            tf.function(pushed)(tf.constant(X))
        assert refused.value.operation == "foreign"

    def test_loops_and_maps(self, f):
        import tensorflow as tf

        @tf.function
        def looped(x):
            def body(i, y):
                return i + 1, y + f(x * tf.cast(i + 1, x.dtype))

            return tf.while_loop(lambda i, y: i < 2, body, (0, 0.0 * x[0]))[1]

        @tf.function
        def mapped(rows):
            with tf.GradientTape() as tape:
                tape.watch(rows)
                y = tf.map_fn(f, rows)
            return y, tape.gradient(y, rows)

        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = looped(x)
        close(tape.gradient(y, x), gradient(X) + 2 * gradient(2 * X))
        values, gradients = mapped(tf.constant(ROWS))
        close(values, [value(x) for x in ROWS])
        close(gradients, [gradient(x) for x in ROWS])

    def test_two_functions_in_graphs_of_which_one_is_inside(self, f):
        """The operations of both have the same name, each in its own graph."""
        import tensorflow as tf

        double = ng.foreign(lambda x: 2.0 * x, "autograd")
        inner = tf.function(lambda x: tf.reduce_sum(double(x)))

        def both(x):
            first = f(x)
            return first + inner(x) + tf.cond(x[0] > 0, lambda: tf.reduce_sum(double(x)), lambda: 0.0 * x[0])

        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.function(both)(x)
        close(tape.gradient(y, x), gradient(X) + 4)
        close(ng.gradient(both, compile=True)(x), gradient(X) + 4)
        close(ng.hvp(both, compile=True)(x, tf.constant(V)), hessian(X) @ V)

    @pytest.mark.parametrize("nesting", ["FR", "RF", "RR", "FF"])
    def test_compiled(self, f, nesting):
        import tensorflow as tf

        directions = [tf.constant(V)] * ng.Nesting(nesting).directions
        found = ng.derivative(f, nesting, compile=True)(tf.constant(X), *directions)
        close(found, V @ hessian(X) @ V if nesting == "FF" else hessian(X) @ V)

    def test_xla(self, f):
        import tensorflow as tf

        with pytest.raises(ng.UnsupportedNestingError, match="XLA"):
            ng.hvp(f, compile="xla")(tf.constant(X), tf.constant(V))

    def test_axes_of_unknown_sizes(self, f):
        import tensorflow as tf

        signature = [tf.TensorSpec((None,), tf.float64)]
        with pytest.raises(ng.StructureMismatchError, match="unknown sizes"):
            tf.function(lambda x: f(x), input_signature=signature)(tf.constant(X))
        squares = ng.foreign(lambda x: x * x, "autograd", shapes=lambda x: x)

        @tf.function(input_signature=signature)
        def slope(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(squares(x))
            return tape.gradient(y, x)

        close(slope(tf.constant(X)), 2 * X)
        close(slope(tf.constant(X[:2])), 2 * X[:2])

    def test_shapes_that_are_told_wrong(self):
        tf = pytest.importorskip("tensorflow")
        told = tf.function(ng.foreign(lambda x: x, "autograd", shapes=lambda x: np.zeros(2)))
        with pytest.raises(tf.errors.OpError, match="StructureMismatchError"):
            told(tf.constant(X))
