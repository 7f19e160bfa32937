"""Rules of the user's own in the engines: those that hide something are an error, those that do not are right."""

import contextlib
import functools
import gc
import weakref
from pathlib import Path

import pytest

import nestgrad as ng
from nestgrad._rules import Listening


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


def roots(jax):
    """x ↦ √x, by rules that compute the root anew or by a call of themselves."""
    jnp = jax.numpy

    def newton(x):
        return jax.lax.fori_loop(0, 30, lambda _, y: 0.5 * (y + x / y), jax.lax.stop_gradient(jnp.ones_like(x)))

    @jax.custom_jvp
    def anew(x):
        return newton(x)

    @anew.defjvp
    def _(primals, tangents):
        y = jax.lax.stop_gradient(newton(*primals))
        return y, tangents[0] / (2 * y)

    @jax.custom_jvp
    def itself(x):
        return newton(x)

    @itself.defjvp
    def _(primals, tangents):
        y = itself(*primals)
        return y, tangents[0] / (2 * y)

    @jax.custom_vjp
    def pulled(x):
        return newton(x)

    pulled.defvjp(lambda x: (newton(x),) * 2, lambda y, u: (u / (2 * jax.lax.stop_gradient(y)),))
    return {"anew": anew, "itself": itself, "pulled": pulled}


@pytest.mark.parametrize(
    ("how", "is_compiled"), [("plain", False), ("jit", False), ("scan", False), ("plain", True), ("captured", True)]
)
@pytest.mark.parametrize("name", ["anew", "itself", "pulled"])
def test_jax(jax, name, how, is_compiled):
    jnp, root = jax.numpy, roots(jax)[name]
    scale = jnp.array([2.0, 3.0])

    def f(x):
        if how == "jit":
            y = jax.jit(root)(x)
        elif how == "scan":
            y = jax.lax.scan(lambda carry, one: (carry, root(one)), 0.0, x)[1]
        else:
            y = root(x) * (scale if how == "captured" else 1.0)
        return jnp.sum(y**2 * x)

    x, v = jnp.array([0.5, 2.0]), jnp.array([1.0, -0.5])
    truth = 2 * v * (scale**2 if how == "captured" else 1.0)
    op = ng.hvp(f, compile=is_compiled)
    for _ in range(3):
        if name == "itself":
            assert jnp.allclose(op(x, v), truth)
        else:
            with pytest.raises(ng.VerificationError) as caught:
                op(x, v)
            assert caught.value.rules == (name,)
            assert min(abs(truth - caught.value.compared.expected)) < 1e-5


def hiding(jax):
    """Functions that have a derivative of somebody's own, which hides what it depends on, although jax wrote a part."""
    jnp, hidden = jax.numpy, jax.lax.stop_gradient
    of_jax = {"custom_jvp": jax.custom_jvp(jax.nn.softplus), "custom_vjp": jax.custom_vjp(jax.nn.softplus)}
    of_jax["custom_jvp"].defjvp(lambda x, v: (jax.nn.softplus(*x), v[0] * hidden(jax.nn.sigmoid(x[0]))))
    of_jax["custom_vjp"].defvjp(lambda x: (jax.nn.softplus(x), x), lambda x, u: (u * hidden(jax.nn.sigmoid(x)),))
    of_jax["custom_gradient"] = jax.custom_gradient(lambda x: (jnp.sin(x), lambda u: u * hidden(jnp.cos(x))))

    per_argument = {
        "defjvps": lambda v, y, x: v * hidden(1 - y**2),
        "defjvps_partial": functools.partial(lambda how, v, y, x: v * how(1 - y**2), hidden),
    }
    for name, rule in per_argument.items():
        of_jax[name] = jax.custom_jvp(jnp.tanh)
        of_jax[name].defjvps(rule)

    beside = Path(jax.__file__).parent.with_name("jaxopt") / "root.py"  # a package whose name begins as jax's does
    written = {"jax": jax}
    source = (
        "@jax.custom_jvp\ndef cube(x): return x**3\n"
        "cube.defjvp(lambda x, v: (cube(*x), v[0] * 3 * jax.lax.stop_gradient(x[0]) ** 2))"
    )
    exec(compile(source, str(beside), "exec"), written)
    return of_jax | {"jaxopt": written["cube"]}


@pytest.mark.parametrize("way", ["plain", "jit"])
@pytest.mark.parametrize(
    "name", ["custom_jvp", "custom_vjp", "custom_gradient", "defjvps", "defjvps_partial", "jaxopt"]
)
def test_jax_rules_that_are_in_part_jaxs_own(jax, name, way):
    g = hiding(jax)[name]
    g, x = jax.jit(g) if way == "jit" else g, jax.numpy.array([0.5, 2.0])
    with pytest.raises(ng.VerificationError):
        ng.hvp(lambda x: g(x).sum())(x, x)
    with pytest.raises(ng.UnsupportedNestingError):  # where there are no values, the program tells
        jax.jit(ng.hvp(lambda x: g(x).sum()))(x, x)


def test_jaxs_own_rules_are_not_listened_to(jax):
    x = jax.numpy.array([0.5, 2.0])
    nn, jnp = jax.nn, jax.numpy
    several = (
        nn.relu,
        nn.relu6,
        nn.silu,
        nn.logsumexp,
        nn.softplus,
        jnp.sinc,
        jnp.linalg.norm,
        jax.scipy.special.logit,
    )
    for g in (*several, lambda x: jax.scipy.special.xlogy(x, x), lambda x: jnp.logaddexp(x, x)):
        with Listening() as rules:
            ng.gradient(lambda x, g=g: g(x).sum())(x)
            ng.gradient(lambda x, g=g: jax.jit(g)(x).sum())(x)
        assert rules.heard == []


def test_jax_an_alarm_keeps_nothing_alive(jax):
    class F:
        def __call__(self, x):
            return roots(jax)["anew"](x).sum()

    f, x = F(), jax.numpy.array([0.5, 2.0])
    alive = weakref.ref(f), weakref.ref(x)
    gc.disable()
    try:
        for nesting in ("auto", "RR"):
            with contextlib.suppress(ng.VerificationError):
                ng.hvp(f, nesting)(x, x)
        del f, x
        assert [one() for one in alive] == [None, None]
    finally:
        gc.enable()


def test_jax_inside_the_users_own_tracing_is_not_verified(jax):
    """What no program tells: the bracket moves with x, so that jax has a derivative of the root, of another size."""
    jnp, x = jax.numpy, jax.numpy.array([0.5, 2.0])

    def step(x, bracket):
        middle = sum(bracket) / 2
        return jnp.where(middle**2 < x, middle, bracket[0]), jnp.where(middle**2 < x, bracket[1], middle)

    def bisected(x):
        return jax.lax.fori_loop(0, 60, lambda _, bracket: step(x, bracket), (x / 4, x + 1))[0]

    @jax.custom_jvp
    def root(x):
        return bisected(x)

    root.defjvp(lambda x, v: (bisected(*x), v[0] / (2 * bisected(*x))))
    op = ng.hvp(lambda x: jnp.sum(root(x) ** 2 * x))
    found = jax.jit(op)(x, x)  # as docs/verify.md begins with
    assert not jnp.allclose(found, 2 * x)
    with pytest.raises(ng.VerificationError):
        op(x, x)


def test_rules_of_jax_itself_are_not_verified(jax):
    calls = []

    def f(x):
        calls.append(1)
        return jax.numpy.sum(jax.nn.relu(x) * jax.scipy.special.logsumexp(x) * jax.nn.silu(x))

    x = jax.numpy.array([0.5, 2.0])
    ng.hvp(f)(x, x)
    assert len(calls) == 1


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def functions(torch):
    class Right(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, u):
            return 3 * ctx.saved_tensors[0] ** 2 * u

    class UnderNoGrad(Right):
        @staticmethod
        def backward(ctx, u):
            with torch.no_grad():
                return 3 * ctx.saved_tensors[0] ** 2 * u

    class Detached(Right):
        @staticmethod
        def backward(ctx, u):
            return 3 * ctx.saved_tensors[0].detach() ** 2 * u

    class InNumPy(Right):
        @staticmethod
        def backward(ctx, u):
            return torch.from_numpy(3 * ctx.saved_tensors[0].detach().numpy() ** 2) * u

    class ByAnInnerGradient(Right):
        @staticmethod
        def backward(ctx, u):
            with torch.enable_grad():
                x = ctx.saved_tensors[0].detach().requires_grad_()
                return torch.autograd.grad((x**3).sum(), x)[0] * u

    class StraightThrough(Right):
        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, u):
            return u

    return {one.__name__: one.apply for one in (UnderNoGrad, Detached, InNumPy, ByAnInnerGradient, StraightThrough)} | {
        "Right": Right.apply
    }


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize(
    "name", ["Right", "UnderNoGrad", "Detached", "InNumPy", "ByAnInnerGradient", "StraightThrough"]
)
def test_torch(torch, name, beside):
    apply = functions(torch)[name]
    x, v = torch.tensor([1.2, 2.0], dtype=torch.float64), torch.tensor([1.0, -0.5], dtype=torch.float64)

    def f(x):
        y = apply(x)
        return (y**2 if name == "StraightThrough" else y).sum() + (x**4).sum() * beside

    for op in (ng.hvp(f), ng.hvp(f, "RR")):
        for _ in range(2):
            if name == "Right":
                torch.testing.assert_close(op(x, v), (6 * x + 12 * x**2 * beside) * v)
            else:
                with pytest.raises(ng.VerificationError, match=f"'{name}'"):
                    op(x, v)
    if name == "StraightThrough":
        torch.testing.assert_close(ng.hvp(f, verify=False)(x, v), (2 + 12 * x**2 * beside) * v)


def test_an_operator_of_torch_that_hides(torch):
    @torch.library.custom_op("nestgrad_tests::detached_cube", mutates_args=())
    def cube(x: torch.Tensor) -> torch.Tensor:
        return x**3

    def backward(ctx, u):
        return 3 * ctx.saved_tensors[0].detach() ** 2 * u

    cube.register_autograd(backward, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs))
    x = torch.tensor([1.2, 2.0], dtype=torch.float64)
    with pytest.raises(ng.VerificationError, match="nestgrad_tests::detached_cube"):
        ng.hvp(lambda x: cube(x).sum(), "RR")(x, x)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.mark.parametrize("is_compiled", [False, True])
def test_tensorflow(tf, is_compiled):
    @tf.custom_gradient
    def right(x):
        return x**3, lambda u: 3 * x**2 * u

    @tf.custom_gradient
    def hides(x):
        return x**3, lambda u: 3 * tf.stop_gradient(x) ** 2 * u

    x, v = tf.constant([1.2, 2.0], tf.float64), tf.constant([1.0, -0.5], tf.float64)
    found = ng.hvp(lambda x: tf.reduce_sum(right(x)), compile=is_compiled)(x, v)
    assert abs(found - 6 * x * v).numpy().max() < 1e-12
    with pytest.raises(ng.VerificationError, match="hides"):
        ng.hvp(lambda x: tf.reduce_sum(hides(x)), "RR", compile=is_compiled)(x, v)
