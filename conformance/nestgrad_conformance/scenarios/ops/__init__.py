"""Tier `ops`: the functions of the Array API standard 2024.12, one call of one of them in each scenario."""

from . import elementwise, fft, linalg, manipulation, probes, reductions
from .without_derivative import WITHOUT_DERIVATIVE as WITHOUT_DERIVATIVE

SCENARIOS = (
    elementwise.SCENARIOS
    + reductions.SCENARIOS
    + manipulation.SCENARIOS
    + linalg.SCENARIOS
    + fft.SCENARIOS
    + probes.SCENARIOS
)
