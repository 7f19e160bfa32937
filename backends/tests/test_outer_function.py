"""What g takes in ∇(g∘∇f): arguments of f's, and further ones; on every engine, against closed forms."""

import numpy as np
import pytest

import nestgrad as ng

ENGINES = ["autograd", "jax", "torch", "tensorflow"]
X, THETA, TARGET = np.array([0.3, 0.8, -0.4]), np.array([1.0, 2.0, 0.5]), np.array([0.1, 0.2, 0.3])
SLOPE = np.sin(X) + X * np.cos(X)
FORCE = THETA * SLOPE + THETA**3
FORCE_IN_THETA, FORCE_IN_X = SLOPE + 3 * THETA**2, THETA * (2 * np.cos(X) - X * np.sin(X))
COMPILED = {"autograd": (False,), "jax": (False, True), "torch": (False, "traced"), "tensorflow": (False, True)}
NESTINGS = ["auto", "FR", "RF", "RR"]


@pytest.fixture(params=ENGINES)
def backend(request, x64):
    """Each bundled backend in turn, with 64 bits."""
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def energy(backend):
    """Σ θ x sin x + θ³ x, of which FORCE is the gradient in x."""
    xp = backend.xp
    return lambda x, theta: xp.sum(theta * xp.sin(x) * x) + xp.sum(theta**3 * x)


def arrays(backend):
    return [backend.asarray(value) for value in (X, THETA, TARGET)]


def close(backend, found, expected):
    np.testing.assert_allclose(backend.to_numpy(found), expected, rtol=1e-12)


@pytest.mark.parametrize("nesting", NESTINGS)
def test_targets_are_arguments(backend, nesting):
    x, theta, target = arrays(backend)
    for execution in COMPILED[backend.name]:
        error = ng.nested_gradient(
            lambda force, target: backend.xp.sum((force - target) ** 2),
            energy(backend),
            argnums=1,
            nesting=nesting,
            backend=backend,
            compile=execution,
        )
        for factor in (1.0, 2.0, 3.0):  # another batch is no other program
            expected = 2 * (FORCE - factor * TARGET) * FORCE_IN_THETA
            close(backend, error(x, theta, g_args=(factor * target,)), expected)


@pytest.mark.parametrize("nesting", NESTINGS)
def test_arguments_of_f_are_differentiated_in_g_as_well(backend, nesting):
    x, theta, target = arrays(backend)
    xp = backend.xp

    def g(force, x, theta, target):
        return xp.sum((force - target) ** 2 * theta) + xp.sum(x * theta)

    in_x = 2 * (FORCE - TARGET) * THETA * FORCE_IN_X + THETA
    in_theta = 2 * (FORCE - TARGET) * THETA * FORCE_IN_THETA + (FORCE - TARGET) ** 2 + X
    for execution in COMPILED[backend.name]:
        options = {"g_argnums": (0, 1), "nesting": nesting, "backend": backend, "compile": execution, "verify": True}
        both = ng.nested_gradient(g, energy(backend), argnums=(0, 1), **options)(x, theta, g_args=(target,))
        close(backend, both[0], in_x)
        close(backend, both[1], in_theta)
        alone = ng.nested_gradient(g, energy(backend), argnums=1, **options)
        close(backend, alone(x, theta, g_args=[target]), in_theta)
        with_aux = ng.nested_gradient(
            g, lambda x, theta: (energy(backend)(x, theta), 2 * x), argnums=1, has_aux=True, **options
        )
        found, aux = with_aux(x, theta, g_args=(target,))
        close(backend, found, in_theta)
        close(backend, aux, 2 * X)


def test_several_inner_arguments_and_containers(backend):
    x, theta, target = arrays(backend)
    xp = backend.xp

    def f(parts, theta):
        return energy(backend)(parts["x"], theta)

    def g(forces, parts, weights):
        (in_x, in_theta) = forces[0]["x"], forces[1]
        return xp.sum(in_x * weights["w"]) + xp.sum(in_theta * parts["x"])

    found = ng.nested_gradient(g, f, argnums=1, inner_argnums=(0, 1), g_argnums=0, backend=backend)(
        {"x": x}, theta, g_args=({"w": target},)
    )
    close(backend, found, FORCE_IN_THETA * TARGET + 6 * THETA * X**2)


def test_what_is_no_argument_of_g(backend):
    x, theta, target = arrays(backend)
    operator = ng.nested_gradient(lambda y, t: backend.xp.sum(y * t), energy(backend), argnums=1, backend=backend)
    with pytest.raises(TypeError, match="g_args is a tuple"):
        operator(x, theta, g_args=target)
    with pytest.raises(TypeError, match="argument"):  # Python's own, of g
        operator(x, theta)
    for wrong in (5, (0, -2), (0, 0)):
        with pytest.raises(TypeError, match="argnums"):
            ng.nested_gradient(backend.xp.sum, energy(backend), g_argnums=wrong, backend=backend)(x, theta)


@pytest.mark.parametrize("operator", [ng.gradient, ng.value_and_gradient, ng.jacobian])
def test_an_operator_in_another_argument_is_called_again_and_again(backend, operator):
    x, theta, _ = arrays(backend)
    called = operator(energy(backend), argnums=1, backend=backend)
    for _ in range(4):
        found = called(x, theta)
        close(backend, found[1] if operator is ng.value_and_gradient else found, np.sin(X) * X + 3 * THETA**2 * X)


def test_several_arguments_cost_one_evaluation(backend):
    x, theta, _ = arrays(backend)
    calls = []

    def counted(x, theta):
        calls.append(1)
        return energy(backend)(x, theta)

    costs = []
    for argnums in (0, 1, (0, 1)):
        for operator in (
            ng.gradient(counted, argnums, backend=backend),
            ng.nested_gradient(lambda y: backend.xp.sum(y**2), counted, argnums, backend=backend),
        ):
            operator(x, theta)
            calls.clear()
            operator(x, theta)
            costs.append(len(calls))
    assert costs[:2] == costs[2:4] == costs[4:]


def test_arguments_of_g_where_nothing_says_whose_f_is():
    """f is asked which engine it is of, without them."""
    import autograd.numpy as anp

    found = ng.nested_gradient(lambda y, t: anp.sum(y * t), lambda x: anp.sum(x**3))(X, g_args=(TARGET,))
    np.testing.assert_allclose(found, 6 * X * TARGET)
