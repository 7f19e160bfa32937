"""Rules that jax's newer primitives hold, which call an object: they are heard as those of the others are."""

import pytest

import nestgrad as ng
from nestgrad._rules import Listening
from nestgrad_jax._guard import frozen_rules, own_rules
from nestgrad_jax._guard.hi_primitives import CALL

jax = pytest.importorskip("jax")
jnp, hidden = jax.numpy, jax.lax.stop_gradient
since_0_12 = pytest.mark.skipif(jax.__version_info__ < (0, 12), reason="this jax has no such primitives")

pytestmark = pytest.mark.usefixtures("x64")
X, V = (0.5, 2.0), (1.0, -0.5)


@pytest.fixture
def settings():
    """Those under which every custom_jvp and custom_vjp is such a primitive."""
    names = ("jax_custom_jvp3", "jax_custom_vjp3")
    for name in names:
        jax.config.update(name, True)
    yield
    for name in names:
        jax.config.update(name, False)


def pulled(through, **options):
    @jax.custom_vjp
    def root(x):
        return jnp.sqrt(x)

    root.defvjp(lambda x: (jnp.sqrt(x),) * 2, lambda y, u: (u / (2 * through(y)),), **options)
    return root


def batching(through):
    return pulled(through, generic_batching=True)


def pushed(through):
    @jax.custom_jvp
    def root(x):
        return jnp.sqrt(x)

    root.defjvp(lambda x, v: (root(*x), v[0] / (2 * through(jnp.sqrt(*x)))))
    return root


def per_argument(through):
    @jax.custom_jvp
    def root(x):
        return jnp.sqrt(x)

    root.defjvps(lambda v, y, x: v / (2 * through(y)))
    return root


def by_custom_gradient(through):
    return jax.custom_gradient(lambda x: (jnp.sqrt(x), lambda u: u / (2 * through(jnp.sqrt(x)))))


def of_jaxs_function(through):
    root = jax.custom_jvp(jnp.sqrt)
    root.defjvp(lambda x, v: (jnp.sqrt(*x), v[0] / (2 * through(jnp.sqrt(*x)))))
    return root


def of_a_class(through):
    from jax.experimental import hijax

    class Root(hijax.HiPrim):
        def __init__(self, aval):
            self.in_avals, self.out_aval, self.params = (aval,), aval, {}
            super().__init__()

        def expand(self, x):
            return jnp.sqrt(x)

        def jvp(self, primals, tangents):
            return jnp.sqrt(*primals), tangents[0] / (2 * through(jnp.sqrt(*primals)))

        def batch(self, axis, args, dims):
            return jnp.sqrt(*args), dims[0]

        lin, linearized = hijax.linearize_from_jvp
        vjp_fwd, vjp_bwd_retval = hijax.vjp_from_jvp

    return lambda x: Root(jax.typeof(x))(x)


WAYS = [batching, of_a_class]
UNDER_SETTINGS = [pulled, pushed, per_argument, by_custom_gradient, of_jaxs_function]
PLACES = {"plain": lambda g: g, "jit": jax.jit, "scan": lambda g: lambda x: jax.lax.map(g, x)}


def check(way, place):
    """x·y(x)², where y is the root, has the second derivative 2."""
    x, v = jnp.array(X), jnp.array(V)

    def operator(through, nesting="FR"):
        g = PLACES[place](way(through))
        return ng.hvp(lambda x: jnp.sum(x * g(x) ** 2), nesting)

    with pytest.raises(ng.VerificationError):
        operator(hidden)(x, v)
    with pytest.raises(ng.UnsupportedNestingError, match="takes for a constant"):
        jax.jit(operator(hidden))(x, v)
    for nesting in ("FR", "RR"):
        op = operator(lambda y: y, nesting)
        assert jnp.allclose(op(x, v), 2 * v, rtol=1e-12)
        assert jnp.allclose(jax.jit(op)(x, v), 2 * v, rtol=1e-12)


@since_0_12
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", WAYS)
def test_a_rule_that_hides_is_told_from_one_that_does_not(way, place):
    check(way, place)


@since_0_12
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", UNDER_SETTINGS)
def test_under_jaxs_settings_all_rules_are_heard(way, place, settings):
    check(way, place)


@since_0_12
def test_jaxs_own_rules_are_not(settings):
    x = jnp.array(X)
    for g in (jax.nn.relu, jax.nn.softplus, jax.nn.logsumexp, jnp.sinc, lambda x: jnp.logaddexp(x, x)):
        with Listening() as rules:
            ng.gradient(lambda x, g=g: g(x).sum())(x)
            ng.gradient(lambda x, g=g: jax.jit(g)(x).sum())(x)
        assert rules.heard == []


@since_0_12
@pytest.mark.parametrize("nesting", ["F", "FF", "RF"])
def test_a_custom_vjp_of_this_kind_has_no_forward_rule_either(nesting):
    f = lambda x: jnp.sum(batching(lambda y: y)(x))  # noqa: E731
    with pytest.raises(ng.UnsupportedNestingError, match="blocked by 'custom_vjp'"):
        ng.derivative(f, nesting)(jnp.array(X), *[jnp.array(V)] * ng.Nesting(nesting).directions)


@since_0_12
def test_a_class_without_a_forward_rule_is_refused_by_its_name():
    from jax.experimental import hijax

    class Twice(hijax.HiPrim):
        def __init__(self, aval):
            self.in_avals, self.out_aval, self.params = (aval,), aval, {}
            super().__init__()

        def expand(self, x):
            return 2 * x

    with pytest.raises(ng.UnsupportedNestingError, match="blocked by 'Twice'"):
        ng.derivative(lambda x: jnp.sum(Twice(jax.typeof(x))(x)), "F")(jnp.array(X), jnp.array(V))


def test_where_a_version_has_rules_in_another_place_they_are_verified(monkeypatch):
    monkeypatch.setitem(own_rules._RULES, "custom_jvp_call", "elsewhere")
    x, v = jnp.array(X), jnp.array(V)
    for through in (hidden, lambda y: y):
        g = jax.jit(pushed(through))
        op = ng.hvp(lambda x, g=g: jnp.sum(x * g(x) ** 2))
        if through is hidden:
            with pytest.raises(ng.VerificationError, match="custom_jvp_call"):
                op(x, v)
        else:
            assert jnp.allclose(op(x, v), 2 * v, rtol=1e-12)


def test_where_a_version_has_other_programs_nothing_fails(monkeypatch):
    def unknown(*_):
        raise KeyError("num_consts")

    monkeypatch.setattr(frozen_rules, "dependences", unknown)
    x, v = jnp.array(X), jnp.array(V)
    op = ng.hvp(lambda x: jnp.sum(x * pushed(lambda y: y)(x) ** 2))
    assert jnp.allclose(jax.jit(op)(x, v), 2 * v, rtol=1e-12)


@since_0_12
def test_the_primitive_goes_by_this_name():
    program = jax.make_jaxpr(of_a_class(hidden))(jnp.array(X))
    assert [equation.primitive.name for equation in program.eqns] == [CALL]
