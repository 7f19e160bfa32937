"""Energies, residuals and steps in time of physics."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, generator, normal, uniform

from ._program import program

_RNG = generator(0, "physics")
_GRID = np.array([[0.0, 0, 0], [1.2, 0, 0], [0, 1.2, 0], [0, 0, 1.2]])
_PAIRS = np.triu_indices(4, 1)
_CHARGES = np.array([1.0, -1, 1, -1])
_WAVES = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
_SCREENED = np.exp(-np.sum(_WAVES**2, axis=1) / 4) / np.sum(_WAVES**2, axis=1)
_LAPLACIAN = 2 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1)
_EYE = np.eye(6)
_STRAIN = _RNG.standard_normal((3, 3)) / 4


def _atoms(rng: np.random.Generator) -> Any:
    return _GRID + rng.standard_normal((4, 3)) / 10


@program(_atoms, "gather", "power", "numpy_constants", sample=True)
def lennard_jones(xp: Any, x: Any) -> Any:
    """The energy of four atoms, in their positions."""
    left, right = (xp.take(x, xp.asarray(index), axis=0) for index in _PAIRS)
    inverse = 1 / xp.sum((left - right) ** 2, axis=-1) ** 3
    return 4 * xp.sum(inverse**2 - inverse)


@program(_atoms, "gather", "matmul", "numpy_constants")
def ewald_sum(xp: Any, x: Any) -> Any:
    """Charges in a periodic box: waves of the screened part, and pairs of the rest near by."""
    phases = x @ xp.asarray(_WAVES.T)
    charges = xp.asarray(_CHARGES)[:, None]
    real, imaginary = xp.sum(charges * xp.cos(phases), axis=0), xp.sum(charges * xp.sin(phases), axis=0)
    left, right = (xp.take(x, xp.asarray(index), axis=0) for index in _PAIRS)
    distance = xp.sqrt(xp.sum((left - right) ** 2, axis=-1))
    products = xp.asarray(_CHARGES[_PAIRS[0]] * _CHARGES[_PAIRS[1]])
    return xp.sum(xp.asarray(_SCREENED) * (real**2 + imaginary**2)) + xp.sum(products * xp.exp(-distance) / distance)


@program(
    lambda rng: {
        "depth": rng.uniform(0.5, 2, ()),
        "width": rng.uniform(0.5, 2, ()),
        "chain": np.arange(5.0) + rng.uniform(-0.2, 0.2, 5),
    },
    "pytree",
)
def morse_chain(xp: Any, x: Any) -> Any:
    """A chain of Morse bonds, in positions and parameters."""
    bonds = x["chain"][1:] - x["chain"][:-1]
    return x["depth"] * xp.sum((1 - xp.exp(-x["width"] * (bonds - 0.9))) ** 2)


@program(_atoms, "norm")
def bond_angles(xp: Any, x: Any) -> Any:
    """The angles of a chain of four atoms, by their cosines."""
    bonds = x[1:, :] - x[:-1, :]
    bonds = bonds / xp.sqrt(xp.sum(bonds**2, axis=-1, keepdims=True))
    cosines = xp.sum(bonds[1:, :] * bonds[:-1, :], axis=-1)
    return xp.sum(xp.acos(0.9 * cosines) ** 2)


@program(normal(8), "roll")
def burgers_residual(xp: Any, x: Any) -> Any:
    """The squared residual of Burgers' equation on a ring, by central differences."""
    left, right = xp.roll(x, 1, axis=0), xp.roll(x, -1, axis=0)
    return xp.mean((x * (right - left) / 2 - 0.1 * (right - 2 * x + left)) ** 2)


@program(normal(2), "index")
def runge_kutta_step(xp: Any, x: Any) -> Any:
    """Two classical Runge–Kutta steps of van der Pol's oscillator, in the state that they start from."""

    def slope(z: Any) -> Any:
        return xp.stack([z[1], (1 - z[0] ** 2) * z[1] - z[0]], axis=0)

    step = 0.2
    for _ in range(2):
        one = slope(x)
        two = slope(x + step / 2 * one)
        three = slope(x + step / 2 * two)
        x = x + step / 6 * (one + 2 * two + 2 * three + slope(x + step * three))
    return xp.sum(x**2)


@program(lambda rng: {"position": 1 + rng.standard_normal(2) / 5, "velocity": rng.standard_normal(2) / 5}, "pytree")
def kepler_leapfrog(xp: Any, x: Any) -> Any:
    """Four leapfrog steps of a planet, in where it starts and how fast."""
    position, velocity = x["position"], x["velocity"]
    for _ in range(4):
        position = position + 0.1 * velocity
        velocity = velocity - 0.2 * position / xp.sum(position**2) ** 1.5
        position = position + 0.1 * velocity
    return xp.sum(velocity**2) / 2 - 1 / xp.sqrt(xp.sum(position**2))


@program(normal(3), "power", "index")
def lorenz_system(xp: Any, x: Any) -> Any:
    """Eight Euler steps of Lorenz' system."""
    a, b, c = (x[i] for i in range(3))
    for _ in range(8):
        a, b, c = a + 0.1 * (b - a), b + 0.01 * (a * (28 - c) - b), c + 0.01 * (a * b - 8 * c / 3)
    return a**2 + b * c


@program(normal(4), "index")
def double_pendulum(xp: Any, x: Any) -> Any:
    """The energy of a double pendulum, in two angles and two momenta."""
    first, second, one, two = (x[i] for i in range(4))
    kinetic = (one**2 + 2 * two**2 - 2 * one * two * xp.cos(first - second)) / (2 * (1 + xp.sin(first - second) ** 2))
    return kinetic - 2 * xp.cos(first) - xp.cos(second)


@program(normal(7), "power")
def fermi_pasta_ulam(xp: Any, x: Any) -> Any:
    """A chain of springs with cubic and quartic terms."""
    stretch = x[1:] - x[:-1]
    return xp.sum(stretch**2 / 2 + 0.3 * stretch**3 + 0.2 * stretch**4)


@program(
    lambda rng: (rng.standard_normal(6), rng.standard_normal(6) / 3), "solve", "linalg", "pytree", "numpy_constants"
)
def implicit_heat_step(xp: Any, x: Any) -> Any:
    """An implicit step of heat conduction, in temperatures and the logarithm of conductivity."""
    temperature, log_conductivity = x
    matrix = xp.asarray(_EYE) + 0.3 * xp.exp(log_conductivity)[:, None] * xp.asarray(_LAPLACIAN)
    return xp.sum(xp.linalg.solve(matrix, temperature) ** 3)


@program(lambda rng: np.eye(3) + rng.standard_normal((3, 3)) / 10, "det", "linalg")
def neo_hookean(xp: Any, x: Any) -> Any:
    """The elastic energy of a deformation."""
    volume = xp.linalg.det(x)
    return (xp.sum(x**2) - 3) / 2 - xp.log(volume) + xp.log(volume) ** 2


@program(uniform(0.3, 1, 6))
def cahn_hilliard(xp: Any, x: Any) -> Any:
    """The free energy of a mixture: a double well, an entropy and a gradient term."""
    well = xp.sum((x**2 - 1) ** 2) / 4 + xp.sum(x * xp.log(x))
    return well + xp.sum((x[1:] - x[:-1]) ** 2) / 2


@program(lambda rng: {"amplitude": rng.uniform(0.5, 1.5, 3), "exponent": rng.uniform(0.3, 2, 3)}, "power", "pytree")
def variational_energy(xp: Any, x: Any) -> Any:
    """The energy of an oscillator's trial state, a sum of Gaussians: a quotient of closed integrals."""
    a, c = x["exponent"], x["amplitude"]
    total, outer = a[:, None] + a, c[:, None] * c
    overlap = outer * (xp.pi / total) ** 0.5
    kinetic = overlap * a[:, None] * a / total
    potential = overlap / (4 * total)
    return xp.sum(kinetic + potential) / xp.sum(overlap)


SCENARIOS = collect(dict(globals()))
