"""`ng.diagnose` on JAX, PyTorch and TensorFlow: right, refused, wrong, zero, nan, uncertain are told apart."""

import contextlib

import numpy as np
import pytest

import nestgrad as ng

X = np.array([1.0, 2.0])
NESTINGS = ("R", "F", "FR", "RF", "RR", "FF", "auto")
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")


class Jax:
    """Functions of one array that the suite does not have."""

    name = "jax"

    def __init__(self, stack):
        jax = pytest.importorskip("jax")
        stack.enter_context(jax.enable_x64(True))
        self.jax, self.xp = jax, jax.numpy

    def array(self, values, dtype="float64"):
        return self.xp.asarray(np.asarray(values, dtype))

    def held(self, x):
        return self.jax.lax.stop_gradient(x)

    def two_thirds(self, x):
        """The cube, with 2x² for its derivative in both modes."""

        @self.jax.custom_jvp
        def cube(x):
            return x**3

        cube.defjvps(lambda tangent, ans, x: 2 * x**2 * tangent)
        return cube(x)

    def refused(self, x):
        jnp = self.xp
        return self.jax.lax.while_loop(lambda s: s < 100, lambda s: s * s, jnp.sum(x**2))

    refusals = ("R", "RR", "FR", "RF")


class Torch:
    name = "torch"

    def __init__(self, stack):
        self.xp = self.torch = pytest.importorskip("torch")

    def array(self, values, dtype="float64"):
        return self.torch.tensor(np.asarray(values, dtype))

    def held(self, x):
        return x.detach()

    def two_thirds(self, x):
        class Cube(self.torch.autograd.Function):
            @staticmethod
            def forward(x):
                return x**3

            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.save_for_backward(*inputs)
                ctx.save_for_forward(*inputs)

            @staticmethod
            def backward(ctx, cotangent):
                return 2 * ctx.saved_tensors[0] ** 2 * cotangent

            @staticmethod
            def jvp(ctx, tangent):
                return 2 * ctx.saved_tensors[0] ** 2 * tangent

        return Cube.apply(x)

    def refused(self, x):
        return self.torch.sum(self.torch.nn.functional.batch_norm(x[:, None], None, None, training=True)[:, 0] * x)

    refusals = ("RF", "FF")


class TensorFlow:
    name = "tensorflow"

    def __init__(self, stack):
        self.tf = pytest.importorskip("tensorflow")
        self.xp = ng.get_backend("tensorflow").xp

    def array(self, values, dtype="float64"):
        return self.tf.constant(np.asarray(values, dtype))

    def held(self, x):
        return self.tf.stop_gradient(x)

    def two_thirds(self, x):
        @self.tf.custom_gradient
        def cube(x):
            return x**3, lambda upstream: 2 * x**2 * upstream

        return cube(x)

    def refused(self, x):
        return self.tf.reduce_sum(self.tf.nn.softsign(x))

    refusals = ("F", "FR", "RF", "RR", "FF", "auto")


@pytest.fixture(scope="module", params=[Jax, Torch, TensorFlow], ids=lambda kind: kind.name)
def engine(request):
    with contextlib.ExitStack() as stack:
        yield request.param(stack)


def outcomes(f, x, **options):
    diagnosis = ng.diagnose(f, x, **options)
    return {
        code: cell.outcome for cell in diagnosis.cells for code in NESTINGS if cell.nesting in (code, long_name(code))
    }


def long_name(code):
    return code if code == "auto" else str(ng.Nesting(code))


def test_right(engine):
    xp = engine.xp
    diagnosis = ng.diagnose(lambda x: xp.sum(xp.sin(x) ** 2) * xp.exp(x[0]), engine.array(X))
    assert diagnosis.backend == engine.name
    assert diagnosis.ok
    assert {cell.outcome for cell in diagnosis.cells} == {"correct"}


def test_refused(engine):
    found = outcomes(engine.refused, engine.array(X))
    assert found == {code: "refused" if code in engine.refusals else "correct" for code in NESTINGS}


def test_wrong_in_every_nesting_though_all_agree(engine):
    found = outcomes(lambda x: engine.xp.sum(engine.two_thirds(x)), engine.array(X))
    if engine.name == "tensorflow":  # whose forward mode looks into the function, and finds the right rule
        assert (found.pop("F"), found.pop("RF")) == ("correct", "refused")  # it is not the gradient's derivative
    assert set(found.values()) == {"wrong"}
    (cell,) = ng.diagnose(lambda x: engine.xp.sum(engine.two_thirds(x)), engine.array(X), nestings="R").cells
    assert cell.error == pytest.approx(4)  # 2x² for 3x², at 2


def test_a_right_gradient_and_every_hessian_wrong(engine):
    def variance(x):  # its mean held: the deviations sum to 0, and order 1 is right
        return engine.xp.sum((x - engine.held(engine.xp.mean(x))) ** 2)

    found = outcomes(variance, engine.array(X))
    assert found == {code: "correct" if len(code) == 1 else "wrong" for code in NESTINGS}


def test_silent_zero(engine):
    found = outcomes(lambda x: engine.xp.sum(engine.held(x) ** 3) + engine.xp.sum(x), engine.array(X))
    assert found == {code: "wrong" if len(code) == 1 else "silent_zero" for code in NESTINGS}


def test_not_finite(engine):
    def guarded(x):
        return engine.xp.sum(engine.xp.where(x > 0, engine.xp.sqrt(x), 0 * x))

    x = engine.array([1.0, -2.0])
    diagnosis = ng.diagnose(guarded, x, nestings=["R", "RR"])
    for cell in diagnosis.cells:  # TensorFlow's gradient of order 1 is finite
        assert (cell.outcome, cell.exception) in {("refused", "NotFiniteError"), ("correct", None)}
    assert cell.outcome == "refused"
    assert "not finite" in str(diagnosis)
    bare = outcomes(guarded, x, nestings=["RR"], backend=ng.get_backend(engine.name).raw())
    assert bare == {"RR": "not_finite"}


def test_uncertain(engine):
    rng = np.random.default_rng(0)
    found = outcomes(lambda x: engine.xp.sum(x**2) * float(1 + rng.random()), engine.array(X))
    assert set(found.values()) == {"uncertain"}


def test_a_kink_is_not_correct(engine):
    found = outcomes(lambda x: engine.xp.sum(engine.xp.abs(x)), engine.array([0.0, 1.0]))
    assert "correct" not in found.values()


def test_containers_and_captured_arrays(engine):
    scale = engine.array([2.0, -1.0])
    x = {"w": engine.array(X), "b": engine.array(0.5)}
    diagnosis = ng.diagnose(lambda x, w: engine.xp.sum(w * scale * x["w"] ** 3) * x["b"] ** 2, x, engine.array(X))
    assert {cell.outcome for cell in diagnosis.cells} == {"correct"}


def test_float32(engine):
    x = engine.array(X, "float32")
    diagnosis = ng.diagnose(lambda x: engine.xp.sum(engine.xp.sin(x) ** 2), x)
    assert {(cell.outcome, cell.dtype) for cell in diagnosis.cells} == {("correct", "float32")}
    assert diagnosis.values == "float64"


def test_float32_that_does_not_mix_is_judged_in_float32(engine):
    weights = engine.array([1.0, -0.5], "float32")

    def f(x):
        assert x.dtype == weights.dtype
        return engine.xp.sum(weights * x**3)

    diagnosis = ng.diagnose(f, engine.array(X, "float32"), nestings=["R", "F"])
    assert {cell.outcome for cell in diagnosis.cells} == {"correct"}
    assert diagnosis.values == "float32"


def test_what_f_raises_is_raised(engine):
    def broken(x):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        ng.diagnose(broken, engine.array(X))


@pytest.mark.parametrize("kind", [Jax, TensorFlow], ids=lambda kind: kind.name)
def test_compiled(kind):
    with contextlib.ExitStack() as stack:
        engine = kind(stack)
        diagnosis = ng.diagnose(
            lambda x: engine.xp.sum(engine.xp.sin(x)), engine.array(X), nestings=["R", "FR"], executions=["compiled"]
        )
        assert {(cell.outcome, cell.execution) for cell in diagnosis.cells} == {("correct", "compiled")}


def test_jax_without_64_bits():
    jnp = pytest.importorskip("jax.numpy")
    diagnosis = ng.diagnose(lambda x: jnp.sum(jnp.sin(x) ** 2), jnp.asarray([1.0, 2.0]))
    assert {cell.outcome for cell in diagnosis.cells} == {"correct"}
    assert diagnosis.values == "float32"
    with pytest.raises(ng.PrecisionLossError, match="jax_enable_x64"):
        ng.diagnose(lambda x: jnp.sum(x), X, backend="jax")


def test_a_custom_vjp_has_reverse_nestings_only():
    with contextlib.ExitStack() as stack:
        engine = Jax(stack)

        @engine.jax.custom_vjp
        def cube(x):
            return engine.xp.sum(x**3)

        cube.defvjp(lambda x: (cube(x), x), lambda x, upstream: (2 * x**2 * upstream,))
        found = outcomes(cube, engine.array(X))
        assert found == {code: "wrong" if "F" not in code else "refused" for code in NESTINGS}


def test_bare_moments_are_wrong_in_every_second_order_nesting():
    tf = pytest.importorskip("tensorflow")
    bare = ng.get_backend("tensorflow").raw()
    x = tf.constant([1.0, 2.0, 4.0], tf.float64)
    found = outcomes(lambda x: tf.nn.moments(x, [0])[1], x, backend=bare)
    assert {found[code] for code in ("FR", "RF", "RR", "FF")} == {"wrong"}
    assert found["R"] == "correct"
    repaired = ng.diagnose(lambda x: tf.nn.moments(x, [0])[1], x)
    assert {(cell.outcome, cell.route) for cell in repaired.cells} == {("correct", "emulated")}


def test_bare_layer_norm_is_wrong_in_nestings_with_an_inner_forward():
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    bare = ng.get_backend("torch").raw()
    found = outcomes(lambda x: torch.sum(torch.nn.functional.layer_norm(x, (3,)) ** 3), x, backend=bare)
    assert found == {code: "wrong" if code in ("RF", "FF") else "correct" for code in NESTINGS}
