"""Rules of the user's own inside the user's own tracing: refused where their programs tell, and only there."""

import pytest

import nestgrad as ng

jax = pytest.importorskip("jax")
jnp, lax, hidden = jax.numpy, jax.lax, jax.lax.stop_gradient


@pytest.fixture(autouse=True)
def _bits():
    with jax.enable_x64(True):
        yield


def cubic(y):
    """Increases from 0 to 10 where y goes from 0 to 2."""
    return y**3 + y


def solved_for(x, low, high):
    c = (low + high) / 2
    return cubic(c) < x, c


def by_scan(x):
    def step(bracket, _):
        is_low, c = solved_for(x, *bracket)
        return (jnp.where(is_low, c, bracket[0]), jnp.where(is_low, bracket[1], c)), None

    return lax.scan(step, (jnp.zeros_like(x), jnp.full_like(x, 3.0)), length=60)[0][0]


def by_while(x):
    def step(state):
        at, low, high = state
        is_low, c = solved_for(at, low, high)
        return at, jnp.where(is_low, c, low), jnp.where(is_low, high, c)

    return lax.while_loop(lambda state: jnp.max(state[2] - state[1]) > 1e-14, step, (x, x * 0, 3 + 0 * x))[1]


def by_cond(x):
    def one(x):
        def step(_, bracket):
            is_low, c = solved_for(x, *bracket)
            return lax.cond(is_low, lambda: (c, bracket[1]), lambda: (bracket[0], c))

        return lax.fori_loop(0, 60, step, (0.0, 3.0))[1]

    return jnp.stack([one(entry) for entry in x])


def by_steps(x):
    def step(_, state):
        y, size = state
        return y + size * jnp.sign(x - cubic(y)), size / 2

    return lax.fori_loop(0, 60, step, (jnp.ones_like(x), jnp.ones_like(x)))[0]


def by_added_steps(x):
    def step(k, y):
        higher = y + 0.5**k
        return y + 0.5**k * (cubic(higher) < x)

    return lax.fori_loop(0, 60, step, jnp.zeros_like(x))


def newton(x):
    return lax.fori_loop(0, 40, lambda _, y: y - (cubic(y) - x) / (3 * y**2 + 1), jnp.ones_like(x))


def stopped(x):
    return hidden(newton(x))


def of_stopped(x):
    return newton(hidden(x))


def derivative(y):
    return 1 / (3 * y**2 + 1)


def pushed(body, of_value=lambda body, itself: body):
    """The root as a custom_jvp, whose rule takes the value from its body or from itself."""

    @jax.custom_jvp
    def root(x):
        return body(x)

    @root.defjvp
    def _(primals, tangents):
        y = of_value(body, root)(*primals)
        return y, tangents[0] * derivative(y)

    return root


def pulled(body):
    @jax.custom_vjp
    def root(x):
        return body(x)

    root.defvjp(lambda x: (body(x),) * 2, lambda y, u: (u * derivative(y),))
    return root


def tupled(body):
    """The same of two arguments, with a result besides; the linear part depends on x in another way too."""

    @jax.custom_jvp
    def root(x, shift):
        y = body(x * shift)
        return {"root": y, "residual": cubic(y) - x * shift}

    @root.defjvp
    def _(primals, tangents):
        (x, shift), y = primals, body(primals[0] * primals[1])
        tangent = derivative(y) * (tangents[0] * shift + x * tangents[1])
        return {"root": y, "residual": cubic(y) - x * shift}, {"root": tangent, "residual": jnp.zeros_like(x)}

    return lambda x: root(x, jnp.cosh(x) / jnp.cosh(x))["root"]


def by_custom_gradient(body):
    def rule(x):
        y = body(x)
        return y, lambda u: u * derivative(y)

    return jax.custom_gradient(rule)


def only_pulled_stopped(body):
    @jax.custom_vjp
    def root(x):
        return body(x)

    root.defvjp(lambda x: (newton(x),) * 2, lambda y, u: (u * derivative(hidden(y)),))
    return root


BODIES = [by_scan, by_while, by_cond, by_steps, by_added_steps, stopped, of_stopped]
WAYS = [pushed, pulled, tupled, by_custom_gradient, only_pulled_stopped]
TRACED = {
    "jit": jax.jit,
    "vmap": lambda op: lambda x, v: jax.vmap(op)(x[None], v[None])[0],
    "scan": lambda op: lambda x, v: lax.scan(lambda c, xv: (c, op(*xv)), 0.0, (x[None], v[None]))[1][0],
    "compiled": lambda op: jax.jit(op),
}
X, V = [1.5, 4.0], [1.0, -0.5]


def truth(x, v):
    """D²f·v of Σ x·y(x)², where y³ + y = x, by its derivatives y' and y''."""
    y = newton(x)
    first = derivative(y)
    second = -6 * y * first**3
    return v * (4 * y * first + 2 * x * (first**2 + y * second))


def refused(op, x, v, name):
    with pytest.raises(ng.UnsupportedNestingError) as caught:
        op(x, v)
    assert not isinstance(caught.value, ng.VerificationError)
    assert name in caught.value.operation
    assert "verify=False" in str(caught.value)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("way", WAYS)
def test_a_rule_that_hides_what_it_depends_on(way, body):
    root = way(body)
    name = "custom_gradient" if way is by_custom_gradient else "root"
    x, v = jnp.array(X), jnp.array(V)

    def f(x):
        return jnp.sum(x * root(x) ** 2)

    refused(jax.jit(ng.hvp(f, "FR")), x, v, name)
    wrong = jax.jit(ng.hvp(f, "FR", verify=False))(x, v)
    assert jnp.max(jnp.abs(wrong - truth(x, v))) > 0.1  # as jax has it
    gradient = jax.jit(ng.gradient(f))(x)  # the first derivative is what the rule says
    y = newton(x)
    assert jnp.allclose(gradient, y**2 + 2 * x * y * derivative(y))


@pytest.mark.parametrize("nesting", ["auto", "FR", "RF", "RR"])
@pytest.mark.parametrize("how", TRACED)
def test_in_every_nesting_and_every_trace(how, nesting):
    root = jax.jit(pushed(by_scan)) if how == "scan" else pushed(by_scan)
    op = ng.hvp(lambda x: jnp.sum(x * root(x) ** 2), nesting, compile=how == "compiled")
    refused(TRACED[how](op), jnp.array(X), jnp.array(V), "root")


def test_in_a_loop_of_f():
    root = pushed(by_scan)

    def f(x):
        return lax.scan(lambda total, one: (total + one * root(one) ** 2, None), 0.0, x)[0]

    refused(jax.jit(ng.hvp(f)), jnp.array(X), jnp.array(V), "root")


def test_with_values_it_is_still_verified():
    op = ng.hvp(lambda x: jnp.sum(x * pushed(by_scan)(x) ** 2), compile=True)
    with pytest.raises(ng.VerificationError):
        op(jnp.array(X), jnp.array(V))


def interpolated(x):
    """A cubic piece on each interval, which a loop finds by comparisons."""
    knots = jnp.arange(6.0)

    def left(x):
        return lax.fori_loop(0, 6, lambda k, found: jnp.where(knots[k] <= x, knots[k], found), jnp.zeros_like(x))

    @jax.custom_jvp
    def spline(x):
        return left(x) + (x - left(x)) ** 3

    @spline.defjvp
    def _(primals, tangents):
        (x,), start = primals, left(primals[0])
        return start + (x - start) ** 3, tangents[0] * 3 * (x - start) ** 2

    return spline(x)


def running(x):
    """Σ of a recurrence, with its derivative by a second loop."""

    def values(x):
        return lax.scan(lambda h, one: (jnp.sin(h) + one**3,) * 2, 0.0, x)[1]

    @jax.custom_vjp
    def recurrence(x):
        return values(x)

    def back(kept, u):
        x, h = kept
        before = jnp.concatenate([jnp.zeros(1), h[:-1]])

        def step(later, each):
            u, one, before = each
            whole = u + later
            return whole * jnp.cos(before), whole * 3 * one**2

        return (lax.scan(step, 0.0, (u, x, before), reverse=True)[1],)

    recurrence.defvjp(lambda x: (lambda h: (h, (x, h)))(values(x)), back)
    return recurrence(x)


@jax.custom_jvp
def shifted(x):
    top = hidden(jnp.max(x))
    return top + jnp.log(jnp.sum(jnp.exp(x - top)))


@shifted.defjvp
def _(primals, tangents):
    (x,) = primals
    weights = jnp.exp(x - hidden(jnp.max(x)))
    return shifted(x), jnp.vdot(weights / weights.sum(), tangents[0])


@jax.custom_jvp
def straight_through(x):
    return jnp.round(x)


straight_through.defjvp(lambda x, v: (jnp.round(*x), v[0]))


@jax.custom_jvp
def signed(x):
    return jnp.abs(x)


signed.defjvp(lambda x, v: (jnp.abs(*x), v[0] * hidden(jnp.sign(x[0]))))


def polished(x):
    """Bisection, and then a step of Newton's that jax differentiates."""

    def body(x):
        y = hidden(by_scan(x))
        return y - (cubic(y) - x) / (3 * y**2 + 1)

    return pushed(body)(x)


def reduced(x):
    """A period, by a loop that compares."""

    @jax.custom_jvp
    def wave(x):
        return jnp.sin(rest(x))

    def rest(x):
        return lax.fori_loop(0, 5, lambda _, y: jnp.where(y > 2.5, y - 2 * jnp.pi, y), x)

    wave.defjvp(lambda x, v: (jnp.sin(rest(*x)), v[0] * jnp.cos(rest(*x))))
    return wave(x)


def elsewhere(x):
    """A root of what does not depend on x."""
    return x**3 * pushed(by_scan)(jnp.array([1.5, 4.0]))


NOT_TOLD = {
    "itself": (lambda x: x * pushed(by_scan, lambda body, itself: itself)(x) ** 2, truth),
    "iterated": (lambda x: x * pushed(newton)(x) ** 2, truth),
    "pulled": (lambda x: x * pulled(newton)(x) ** 2, truth),
    "interpolated": (interpolated, lambda x, v: 6 * (x - jnp.floor(x)) * v),
    "running": (lambda x: running(x), lambda x, v: second_of_running(x, v)),
    "shifted": (shifted, lambda x, v: (lambda p: p * v - p * jnp.vdot(p, v))(jnp.exp(x) / jnp.exp(x).sum())),
    "straight through": (lambda x: straight_through(x) * x**2, lambda x, v: v * (2 * jnp.round(x) + 2 * x)),
    "signed": (lambda x: signed(x) * x**2, lambda x, v: 6 * x * v),
    "reduced": (reduced, lambda x, v: -jnp.sin(x) * v),
    "elsewhere": (elsewhere, lambda x, v: 6 * x * v * newton(x)),
}


def second_of_running(x, v):
    """D²(Σ h)·v of h₁ = x₁³, h₂ = sin h₁ + x₂³."""
    (a, b), h = x, x[0] ** 3
    first = 6 * a * (1 + jnp.cos(h)) - (3 * a**2) ** 2 * jnp.sin(h)
    return v * jnp.array([first, 6 * b])


@pytest.mark.parametrize("name", NOT_TOLD)
def test_a_rule_whose_program_does_not_tell_is_not_refused(name):
    g, second = NOT_TOLD[name]
    x, v = jnp.array(X), jnp.array(V)
    found = jax.jit(ng.hvp(lambda x: jnp.sum(g(x))))(x, v)
    assert jnp.allclose(found, second(x, v), rtol=1e-9), (found, second(x, v))


def test_a_value_that_is_polished_is_not_refused():
    x, v = jnp.array(X), jnp.array(V)
    jax.jit(ng.hvp(lambda x: jnp.sum(x * polished(x) ** 2)))(x, v)


def test_in_the_variable_that_does_not_move_it():
    root, x = pushed(by_scan), jnp.array(X)

    def f(x, c):
        return jnp.sum(root(c) * x**3)

    found = jax.jit(ng.hvp(f))(x, jnp.ones(2), x)
    assert jnp.allclose(found, 6 * x * newton(x))
