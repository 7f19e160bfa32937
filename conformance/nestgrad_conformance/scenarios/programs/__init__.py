"""Real functions, each written once against the array namespace; a file for each theme."""

from . import arrays, confusion, edges, linear_algebra, nested, networks, optimisation, physics, probability

SCENARIOS = (
    *optimisation.SCENARIOS,
    *probability.SCENARIOS,
    *networks.SCENARIOS,
    *linear_algebra.SCENARIOS,
    *physics.SCENARIOS,
    *nested.SCENARIOS,
    *confusion.SCENARIOS,
    *arrays.SCENARIOS,
    *edges.SCENARIOS,
)
