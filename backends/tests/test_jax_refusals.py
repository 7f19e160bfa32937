"""What jax cannot do is refused at the call, with the nesting that can; never later, when a program is lowered."""

import functools
import inspect

import numpy as np
import pytest

import nestgrad as ng

jax = pytest.importorskip("jax")
jnp = jax.numpy
sparse = pytest.importorskip("jax.experimental.sparse")

pytestmark = pytest.mark.usefixtures("x64")

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 2.0, -1.0])


@jax.custom_vjp
def recursive(x):
    return jnp.sin(x)


recursive.defvjp(lambda x: (recursive(x), jnp.cos(x)), lambda cosine, g: (g * cosine,))


@jax.custom_vjp
def plain(x):
    return jnp.sin(x)


plain.defvjp(lambda x: (jnp.sin(x), jnp.cos(x)), lambda cosine, g: (g * cosine,))


def loop(x):
    return jax.lax.while_loop(lambda s: s[0] < 2, lambda s: (s[0] + 1, s[1] * x), (0, jnp.sin(x)))[1]


def callback(x):
    return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")


def of(g):
    return lambda x: jnp.sum(g(x) ** 2)


CONTEXTS = {
    "eager": lambda op, x, vs: op(x, *vs),
    "jit": lambda op, x, vs: jax.jit(op)(x, *vs),
    "scan": lambda op, x, vs: jax.lax.scan(lambda _, x: (None, op(x, *vs)), None, x[None])[1][0],
    "vmap": lambda op, x, vs: jax.vmap(lambda x: op(x, *vs))(x[None])[0],
}


def _run(g, nesting, context, **options):
    op = ng.derivative(of(g), nesting, **options)
    vs = [jnp.asarray(V)] * ng.Nesting(nesting).directions
    return CONTEXTS[context](op, jnp.asarray(X), vs)


def _truth(nesting):
    """Of Σ sin², by its derivatives 2 sin cos, 2 cos 2x, -4 sin 2x."""
    k = len(nesting)
    gradient = (np.sin(2 * X), 2 * np.cos(2 * X), -4 * np.sin(2 * X))[k - 1] * V ** (k - 1)
    return gradient if "R" in nesting else np.sum(gradient * V)


def _works(g, nesting):
    return {recursive: "F" not in nesting, plain: nesting[-1] == "R", loop: "R" not in nesting, callback: False}[g]


OPERATION = {recursive: "custom_vjp", plain: "custom_vjp", loop: "while_loop", callback: "pure_callback"}


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("g", OPERATION, ids=lambda g: getattr(g, "__name__", "g"))
def test_every_nesting_is_right_or_refused(nestings, g, context):
    for nesting in nestings(1, 2):
        if _works(g, nesting):
            result = _run(g, nesting, context)
            if g is not loop:
                np.testing.assert_allclose(result, _truth(nesting), err_msg=nesting)
            continue
        with pytest.raises(ng.UnsupportedNestingError) as caught:
            _run(g, nesting, context)
        refusal = caught.value
        assert (refusal.backend, refusal.nesting, refusal.operation) == ("jax", ng.Nesting(nesting), OPERATION[g])
        if any(_works(g, other) for other in nestings(len(nesting))):
            assert _works(g, refusal.use.code)
        else:
            assert (refusal.use, refusal.tried != ()) == (None, True)
        assert refusal.__cause__ is not None


def test_the_while_loop_by_forward_nestings(law):
    law(of(loop), X, ["F", "FF", "FFF"], backend="jax", values=lambda x: np.sum((x**2 * np.sin(x)) ** 2))


@pytest.mark.parametrize("context", ["jit", "scan"])
def test_the_staged_case_names_the_users_line(context):
    def blocked(x):
        return jnp.sum(recursive(x) ** 2)  # this line

    lines, start = inspect.getsourcelines(blocked)
    ours = start + next(i for i, line in enumerate(lines) if "this line" in line)
    op = ng.hvp(blocked, "FR")
    x, v = jnp.asarray(X), jnp.asarray(V)
    with pytest.raises(ng.UnsupportedNestingError) as caught:
        CONTEXTS[context](op, x, [v])
    fwd = inspect.getsourcelines(recursive.fwd)[1]
    assert any(f"{__file__.rpartition('/')[2]}:{line}:" in str(caught.value) for line in (ours, fwd))
    np.testing.assert_allclose(CONTEXTS[context](ng.hvp(blocked, "RR"), x, [v]), 2 * np.cos(2 * X) * V)


@pytest.mark.parametrize("compiled", [False, True])
def test_compiled_calls_refuse_as_well(compiled):
    for nesting in ("FR", "RF"):
        with pytest.raises(ng.UnsupportedNestingError, match="custom_vjp"):
            _run(recursive, nesting, "eager", compile=compiled)
    np.testing.assert_allclose(_run(recursive, "RR", "eager", compile=compiled), _truth("RR"))


def test_deep_inside_the_program_it_is_found():
    def nested(x):
        return jax.lax.cond(
            x[0] > 0,
            jax.jit(lambda x: jax.lax.scan(lambda c, _: (recursive(c), None), x, None, length=2)[0]),
            jnp.cos,
            x,
        )

    with pytest.raises(ng.UnsupportedNestingError, match="custom_vjp"):
        _run(nested, "FR", "jit")
    assert _run(nested, "RR", "jit").shape == (3,)


@pytest.mark.parametrize("operator", [ng.nested_gradient, None])
def test_other_operators_refuse_inside_jit(operator):
    x, v = jnp.asarray(X), jnp.asarray(V)
    if operator:

        def call(nesting):
            return jax.jit(operator(jnp.sum, of(recursive), nesting=nesting))(x)
    else:

        def call(nesting):
            return jax.jit(ng.gradient_and_hvp(of(recursive), nesting))(x, v)[1]

    for nesting in ("FR", "RF"):
        with pytest.raises(ng.UnsupportedNestingError, match="custom_vjp"):
            call(nesting)
    np.testing.assert_allclose(call("RR"), 2 * np.cos(2 * X) * (1 if operator else V))


def test_jvp_inside_jit_is_refused():
    with pytest.raises(ng.UnsupportedNestingError, match="custom_vjp"):
        jax.jit(lambda x, v: ng.jvp(recursive, (x,), (v,)))(jnp.asarray(X), jnp.asarray(V))


def test_without_a_custom_rule_the_inspection_lets_everything_pass(nestings):
    @jax.custom_jvp
    def sine(x):
        return jnp.sin(x)

    sine.defjvps(lambda t, ans, x: t * jnp.cos(x))
    for nesting in nestings(1, 2):
        for context in CONTEXTS:
            np.testing.assert_allclose(_run(sine, nesting, context), _truth(nesting))


# classify, on exceptions that the installed version really raises


def _raised(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call()
    return caught.value


def test_classify():
    classify, x = ng.get_backend("jax").classify, jnp.asarray(X)

    def jvp(g):
        return functools.partial(jax.jvp, of(g), (x,), (x,))

    def noted(x):
        return jax.experimental.io_callback(np.sum, jax.ShapeDtypeStruct((), x.dtype), x)

    cases = [
        (jvp(recursive), "F", "custom_vjp", "R"),
        (lambda: jax.jvp(jax.grad(of(recursive)), (x,), (x,)), "FR", "custom_vjp", "RR"),
        (lambda: jax.grad(lambda x: jax.jvp(of(recursive), (x,), (x,))[1])(x), "RF", "custom_vjp", "RR"),
        (lambda: jax.grad(of(loop))(x), "R", "while_loop", "F"),
        (lambda: jax.grad(of(loop))(x), "RRF", "while_loop", "FFF"),
        (jvp(callback), "F", "pure_callback", None),
        (lambda: jax.grad(noted)(x), "R", "io_callback", None),
    ]  # fmt: skip
    for call, nesting, operation, use in cases:
        refusal = classify(_raised(call), ng.Nesting(nesting))
        assert (refusal.operation, refusal.use) == (operation, use), nesting
        assert refusal.reason.endswith(".")
    # a rule that is missing for good: the primitive is named
    unknown = jax.extend.core.Primitive("unknown")
    unknown.def_impl(lambda x: x)
    unknown.def_abstract_eval(lambda x: x)
    assert classify(_raised(jvp(unknown.bind)), ng.Nesting("F")).operation == "unknown"
    for other in (ValueError("mine"), TypeError("unsupported operand"), KeyError("x")):
        assert classify(other, ng.Nesting("FR")) is None
    # the nesting that failed is never the way out
    assert classify(_raised(lambda: jax.grad(of(loop))(x)), ng.Nesting("F")).use is None


def test_a_users_error_passes_unchanged():
    def mine(x):
        raise LookupError("mine")

    for context in CONTEXTS:
        with pytest.raises(LookupError, match="mine"):
            CONTEXTS[context](ng.hvp(mine), jnp.asarray(X), [jnp.asarray(V)])
    with pytest.raises(TypeError, match="incompatible shapes"):
        jax.jit(ng.hvp(lambda x: jnp.sum(x + jnp.ones(4))))(jnp.asarray(X), jnp.asarray(V))


MESSAGES = {
    "composite": (lambda x: jax.lax.composite(jnp.sin, name="tests.sine")(x), "R", "composite"),
    "betainc": (lambda x: jax.scipy.special.betainc(1 + x**2, 2.0, 0.3), "F", "betainc"),
    "gammainc": (lambda x: jax.scipy.special.gammainc(1 + x**2, 0.3), "FR", "igamma_grad_a"),
    "eigenvalues": (lambda x: jnp.real(jnp.linalg.eigvals(jnp.outer(x, x**2) + jnp.diag(x))), "RR", "eig"),
    "an update by a function": (lambda x: x.at[1].apply(jnp.sin), "R", "scatter_apply"),
    "products of windows": (
        lambda x: jax.lax.reduce_window(x, 1.0, jax.lax.mul, (2,), (1,), "VALID"),
        "R",
        "reduce_window",
    ),
    "gumbel": (lambda x: jax.scipy.stats.gumbel_r.logpdf(0.3, 0.1, 1 + x**2), "R", None),
    "a sparse product": (
        lambda x: sparse_of(x) @ sparse_of(x) @ x,
        "R",
        "bcoo_spdot_general",
    ),
}


def sparse_of(x):
    return sparse.BCOO((x, jnp.array([[0, 1], [1, 2], [2, 0]])), shape=(3, 3))


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_are_recognised(name):
    f, nesting, operation = MESSAGES[name]
    with pytest.raises(ng.UnsupportedNestingError) as refusal:
        _run(f, nesting, "eager")
    assert refusal.value.operation == operation
