"""Functions that differentiate inside as programs do: forces, residuals, inner steps, scores.

The reference of each has the inner derivative worked out by hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, generator, normal, uniform

from ._program import program, separable

_RNG = generator(0, "nested")
_TIMES = np.linspace(0, 1, 5)
_PLACES = np.linspace(-1, 1, 5)
_INPUTS = _RNG.standard_normal((4, 3))
_TARGETS = _RNG.standard_normal(4)
_CHAIN = np.array([0.0, 1.1, 1.9, 3.05])
_FORCES = np.array([0.3, -0.2, 0.1, -0.2])
_SAMPLES = _RNG.standard_normal(6)


@program(uniform(0.5, 1.5, 4), "nested", nested=True, reference=lambda np, x: (-np.sum(x) / np.sqrt(x @ x) ** 3) ** 3)
def seed_composite(xp: Any, x: Any, inner: Any) -> Any:
    """The seed's h: g(∇f(x)) for f = 1/‖x‖ and g = (Σy)³."""
    return xp.sum(inner(lambda y: 1 / xp.sqrt(xp.sum(y * y)), "R")(x)) ** 3


def _net(rng: np.random.Generator) -> Any:
    return {name: rng.standard_normal((3, 1)) / 2 for name in ("weight", "speed", "shift")}


def _decay_values(np: Any, x: Any) -> Any:
    bent = np.tanh(x["speed"] * _TIMES + x["shift"])
    value, slope = np.sum(x["weight"] * bent, axis=0), np.sum(x["weight"] * x["speed"] * (1 - bent**2), axis=0)
    return np.mean((slope + value) ** 2) + (value[0] - 1) ** 2


@program(_net, "nested", "pytree", "numpy_constants", "index", nested=True, reference=_decay_values)
def physics_informed_decay(xp: Any, x: Any, inner: Any) -> Any:
    """A physics-informed loss: a net is to solve u′ = −u, u(0) = 1."""

    def u(t: Any) -> Any:
        return xp.sum(x["weight"] * xp.tanh(x["speed"] * t + x["shift"]), axis=0)

    times = xp.asarray(_TIMES)
    slope = inner(lambda t: xp.sum(u(t)), "R")(times)
    return xp.mean((slope + u(times)) ** 2) + (u(times)[0] - 1) ** 2


def _heat_values(np: Any, x: Any) -> Any:
    bent = np.tanh(x["speed"] * _TIMES + x["weight"] * _PLACES + x["shift"])
    rate = np.sum(x["speed"] * (1 - bent**2), axis=0)
    bend = np.sum(x["weight"] ** 2 * -2 * bent * (1 - bent**2), axis=0)
    return np.mean((rate - 0.1 * bend) ** 2)


@program(_net, "nested", "nested_deep", "pytree", "numpy_constants", nested=True, order=2, reference=_heat_values)
def physics_informed_heat(xp: Any, x: Any, inner: Any) -> Any:
    """The residual of the heat equation: a first derivative in time and a second in space inside."""

    def u(t: Any, y: Any) -> Any:
        return xp.sum(xp.tanh(x["speed"] * t + x["weight"] * y + x["shift"]))

    t, y = xp.asarray(_TIMES), xp.asarray(_PLACES)
    bend = inner(lambda place: u(t, place), "FR")(y, xp.ones_like(y))
    return xp.mean((inner(lambda time: u(time, y), "R")(t) - 0.1 * bend) ** 2)


def _penalty_values(np: Any, x: Any) -> Any:
    bent = np.tanh(_INPUTS @ x["in"])
    slope = (1 - bent**2) * x["out"] @ x["in"].T
    return np.mean((np.sqrt(np.sum(slope**2, axis=-1)) - 1) ** 2)


@program(
    lambda rng: {"in": rng.standard_normal((3, 4)), "out": rng.standard_normal(4)},
    *("nested", "pytree", "matmul", "norm", "numpy_constants"),
    nested=True,
    reference=_penalty_values,
)
def gradient_penalty(xp: Any, x: Any, inner: Any) -> Any:
    """The penalty on a critic's slope in its inputs, in the critic's weights."""
    slope = inner(lambda z: xp.sum(xp.tanh(z @ x["in"]) * x["out"]), "R")(xp.asarray(_INPUTS))
    return xp.mean((xp.sqrt(xp.sum(slope**2, axis=-1)) - 1) ** 2)


def _matching_values(np: Any, x: Any) -> Any:
    decay = np.exp(-x[1] * (np.diff(_CHAIN) - x[2]))
    pull = 2 * x[0] * x[1] * (1 - decay) * decay
    return np.sum((np.diff(pull, prepend=0, append=0) - _FORCES) ** 2)


@program(uniform(0.7, 1.3, 3), "nested", "numpy_constants", "index", nested=True, reference=_matching_values)
def force_matching(xp: Any, x: Any, inner: Any) -> Any:
    """Forces of a Morse chain against measured ones, in the potential's parameters."""

    def energy(chain: Any) -> Any:
        return x[0] * xp.sum((1 - xp.exp(-x[1] * (chain[1:] - chain[:-1] - x[2]))) ** 2)

    return xp.sum((-inner(energy, "R")(xp.asarray(_CHAIN)) - xp.asarray(_FORCES)) ** 2)


def _meta_values(np: Any, x: Any) -> Any:
    out = np.tanh(_INPUTS @ x)
    stepped = x - 0.1 * _INPUTS.T @ (2 * (out - _TARGETS) * (1 - out**2)) / 4
    return np.mean((np.tanh(_INPUTS @ stepped) + _TARGETS) ** 2)


@program(normal(3), "nested", "matmul", "aliased", "numpy_constants", nested=True, reference=_meta_values)
def meta_learning_step(xp: Any, x: Any, inner: Any) -> Any:
    """The loss of another task after one step of gradient descent, in the weights before it."""
    inputs, targets = xp.asarray(_INPUTS), xp.asarray(_TARGETS)

    def loss(weights: Any, wanted: Any) -> Any:
        return xp.mean((xp.tanh(xp.matmul(inputs, weights)) - wanted) ** 2)

    return loss(x - 0.1 * inner(lambda weights: loss(weights, targets), "R")(x), -targets)


def _bilevel_values(np: Any, x: Any) -> Any:
    weights = x[:3]
    for _ in range(2):
        fit = 2 * _INPUTS.T @ (_INPUTS @ weights - _TARGETS)
        weights = weights - 0.05 * (fit + 2 * np.exp(x[3:]) * weights)
    return np.sum((_INPUTS[::-1] @ weights - _TARGETS) ** 2)


@program(
    lambda rng: rng.standard_normal(6) / 2,
    "nested",
    "matmul",
    "numpy_constants",
    nested=True,
    reference=_bilevel_values,
)
def bilevel_gradient(xp: Any, x: Any, inner: Any) -> Any:
    """A validation error after two inner steps, in the weights at the start and the logarithms of penalties."""
    inputs, targets = xp.asarray(_INPUTS), xp.asarray(_TARGETS)

    def training(weights: Any) -> Any:
        return xp.sum((xp.matmul(inputs, weights) - targets) ** 2) + xp.sum(xp.exp(x[3:]) * weights**2)

    weights = x[:3]
    for _ in range(2):
        weights = weights - 0.05 * inner(training, "R")(weights)
    return xp.sum((xp.matmul(xp.asarray(_INPUTS[::-1].copy()), weights) - targets) ** 2)


def _flow_values(np: Any, x: Any) -> Any:
    q, p = x[:3], x[3:]
    for _ in range(2):
        pull = np.sin(np.diff(q, prepend=0))
        p = p - 0.3 * (pull - np.append(pull[1:], 0.0))
        q = q + 0.3 * p
    return np.sum(q**2 * p)


@program(normal(6), "nested", nested=True, reference=_flow_values)
def hamiltonian_flow(xp: Any, x: Any, inner: Any) -> Any:
    """Two symplectic steps of a chain of pendulums, its force and velocity differentiated from the energy."""

    def energy(state: Any) -> Any:
        q = state[:3]
        bends = 1 - xp.cos(q[:1]), 1 - xp.cos(q[1:] - q[:-1])
        return xp.sum(bends[0]) + xp.sum(bends[1]) + xp.sum(state[3:] ** 2) / 2

    for _ in range(2):
        half = xp.concat([x[:3], x[3:] - 0.3 * inner(energy, "R")(x)[:3]], axis=0)
        x = xp.concat([x[:3] + 0.3 * inner(energy, "R")(half)[3:], half[3:]], axis=0)
    return xp.sum(x[:3] ** 2 * x[3:])


def _score_values(np: Any, x: Any) -> Any:
    score = -x[0] * _SAMPLES**3 - x[1] * _SAMPLES + x[2] * np.cos(_SAMPLES)
    bend = -3 * x[0] * _SAMPLES**2 - x[1] - x[2] * np.sin(_SAMPLES)
    return np.sum(score**2 / 2 + bend)


@program(normal(3), "nested", "nested_deep", "numpy_constants", "index", nested=True, reference=_score_values)
def score_matching(xp: Any, x: Any, inner: Any) -> Any:
    """Hyvärinen's objective: the squared score and the trace of a Hessian, in a density's parameters."""

    def log_density(z: Any) -> Any:
        return xp.sum(-x[0] * z**4 / 4 - x[1] * z**2 / 2 + x[2] * xp.sin(z))

    z = xp.asarray(_SAMPLES)
    trace = xp.sum(inner(log_density, "FR")(z, xp.ones_like(z)))
    return xp.sum(inner(log_density, "R")(z) ** 2) / 2 + trace


def _local_energy_values(np: Any, x: Any) -> Any:
    y = _TARGETS[:2]
    slope, bend = -2 * x[0] * y + x[1] * np.cos(y), -2 * x[0] - x[1] * np.sin(y)
    return -np.sum(bend + slope**2) / 2 + np.sum(y**2) / 2


@program(
    normal(2),
    *("nested", "nested_forward", "nested_deep", "numpy_constants"),
    "index",
    nested=True,
    reference=_local_energy_values,
)
def local_energy(xp: Any, x: Any, inner: Any) -> Any:
    """A quantum oscillator's local energy: slopes and curvatures along axes, forward mode inside."""

    def log_wave(y: Any) -> Any:
        return -x[0] * xp.sum(y**2) + x[1] * xp.sum(xp.sin(y))

    y, total = xp.asarray(_TARGETS[:2]), 0.0
    for axis in (xp.asarray(_AXES[i]) for i in range(2)):
        total = total + inner(log_wave, "FF")(y, axis, axis) + inner(log_wave, "F")(y, axis) ** 2
    return -total / 2 + xp.sum(y**2) / 2


_AXES = np.eye(2)


def _cauchy_values(np: Any, x: Any) -> Any:
    g = np.exp(x) + 2 * x
    stepped = x - (g @ g) / (g @ ((np.exp(x) + 2) * g)) * g
    return np.sum(np.exp(stepped) + stepped**2)


@program(normal(3), "nested", "nested_deep", "aliased", nested=True, order=2, reference=_cauchy_values)
def cauchy_step(xp: Any, x: Any, inner: Any) -> Any:
    """Steepest descent with Cauchy's step, which takes a Hessian-vector product inside."""

    def f(y: Any) -> Any:
        return xp.sum(xp.exp(y) + y**2)

    slope = inner(f, "R")(x)
    step = xp.sum(slope**2) / xp.sum(slope * inner(f, "RR")(x, slope))
    return f(x - step * slope)


def _root(x: Any) -> Any:
    """The real z with z³ + z = x."""
    return 2 / 3**0.5 * np.sinh(np.arcsinh(3 * 3**0.5 / 2 * x) / 3)


_implicit_closed = separable(
    lambda x: 2 * _root(x) / (3 * _root(x) ** 2 + 1),
    lambda x: 2 * (1 - 3 * _root(x) ** 2) / (3 * _root(x) ** 2 + 1) ** 3,
)


@program(
    normal(3),
    *("nested", "nested_deep"),
    nested=True,
    order=2,
    reference=lambda np, x: np.sum(_root(x) ** 2),
    closed_form=_implicit_closed,
)
def implicit_root(xp: Any, x: Any, inner: Any) -> Any:
    """Σz² where z³ + z = x, by Newton's method on an energy whose slope and curvature are differentiated inside."""

    def energy(z: Any) -> Any:
        return xp.sum(z**4 / 4 + z**2 / 2 - x * z)

    z = x / (1 + x**2 / 2)
    for _ in range(7):
        z = z - inner(energy, "R")(z) / inner(energy, "FR")(z, xp.ones_like(z))
    return xp.sum(z**2)


SCENARIOS = collect(dict(globals()))
