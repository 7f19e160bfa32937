"""Engines' own calls: a folder for each engine, with a table of scenarios and modules of functions by theme."""

from .autograd import table as autograd
from .jax import table as jax
from .tensorflow import table as tensorflow
from .torch import table as torch

SCENARIOS = jax.SCENARIOS + autograd.SCENARIOS + torch.SCENARIOS + tensorflow.SCENARIOS
