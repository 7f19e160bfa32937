"""Faults, by the row of the table in which each has to be noticed."""

import numpy as np
import optree
from autograd.tracer import isbox

from ..lawful import Lawful

FAULTS = []  # (row, backend)


def fault(*rows):
    """Put a class in front of the lawful backend: a backend with a fault that these rows have to notice."""

    def register(change):
        FAULTS.extend((row, type(change.__name__, (change, Lawful), {})) for row in rows)
        return change

    return register


def mapped(change, tree):
    """A tree with its arrays changed."""
    return optree.tree_map(lambda leaf: change(leaf) if isinstance(leaf, np.ndarray) or isbox(leaf) else leaf, tree)


def same(one, other):
    """Whether these are equal arrays, outside of any transform."""
    return type(one) is np.ndarray and np.array_equal(one, other)


class Changed:
    """Both modes, with a change of all that they return."""

    def change(self, value, is_derivative):
        return value

    def change_aux(self, aux):
        return aux

    def jvp(self, f, primals, tangents, *, has_aux=False):
        value, tangent, *aux = super().jvp(f, primals, tangents, has_aux=has_aux)
        return self.change(value, False), self.change(tangent, True), *map(self.change_aux, aux)

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return (
            self.change(value, False),
            lambda cotangent: self.change(pullback(cotangent), True),
            *map(self.change_aux, aux),
        )
