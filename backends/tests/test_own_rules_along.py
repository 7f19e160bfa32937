"""A rule of the user's own whose fault does not show along ones: f does not change when all of x is shifted."""

import numpy as np
import pytest

import nestgrad as ng

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 2.0, -1.0])


def by_autograd():
    from autograd.extend import defvjp, primitive
    from scipy.special import logsumexp, softmax

    rule = primitive(logsumexp)
    defvjp(rule, lambda value, x: lambda u: u * softmax(_unboxed(x)))
    return rule


def _unboxed(x):
    while hasattr(x, "_value"):
        x = x._value
    return x


def by_jax():
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def rule(x):
        return jax.nn.logsumexp(x)

    rule.defvjp(lambda x: (rule(x), x), lambda x, u: (u * jax.lax.stop_gradient(jax.nn.softmax(x)),))
    return rule


def by_torch():
    torch = pytest.importorskip("torch")

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.logsumexp(x, -1)

        @staticmethod
        def backward(ctx, u):
            (x,) = ctx.saved_tensors
            return u * torch.softmax(x.detach(), -1)

    return Rule.apply


def by_tensorflow():
    tf = pytest.importorskip("tensorflow")

    @tf.custom_gradient
    def rule(x):
        return tf.reduce_logsumexp(x), lambda u: u * tf.stop_gradient(tf.nn.softmax(x))

    return rule


RULES = {"autograd": by_autograd, "jax": by_jax, "torch": by_torch, "tensorflow": by_tensorflow}
CALLS = {
    "at": lambda f, x, v, **options: ng.hvp(f, **options).at(x),
    "batch": lambda f, x, v, **options: ng.hvp(f, **options).batch(x, v[None]),
    "hessian": lambda f, x, v, **options: ng.hessian(f, **options)(x),
    "hessian_diagonal": lambda f, x, v, **options: ng.hessian_diagonal(f, **options)(x),
    "laplacian": lambda f, x, v, **options: ng.laplacian(f, **options)(x),
}


@pytest.mark.parametrize("engine", RULES)
@pytest.mark.parametrize("name", CALLS)
def test_a_second_derivative_that_is_zero_by_mistake(name, engine, x64):
    f, backend = RULES[engine](), ng.get_backend(engine)
    x, v = backend.asarray(X), backend.asarray(V)
    with pytest.raises(ng.VerificationError, match="the number is 0"):
        CALLS[name](f, x, v, nesting="RR", backend=backend)


def test_a_gradient_that_is_wrong_where_it_sums_to_zero():
    from autograd import numpy as anp
    from autograd.extend import defvjp, primitive

    @primitive
    def spread(x):
        return 0.5 * np.sum((x - np.mean(x)) ** 2)

    defvjp(spread, lambda value, x: lambda u: 2.0 * u * (x - anp.mean(x)))  # twice what it should be
    with pytest.raises(ng.VerificationError):
        ng.gradient(spread, backend="autograd", verify=True)(X)
