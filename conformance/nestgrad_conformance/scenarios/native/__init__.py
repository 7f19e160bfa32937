"""Engines' own calls, a table for each engine. The functions are in the modules `native_*` beside this folder."""

from . import autograd, jax, tensorflow, torch

SCENARIOS = jax.SCENARIOS + autograd.SCENARIOS + torch.SCENARIOS + tensorflow.SCENARIOS
