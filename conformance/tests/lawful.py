"""A backend that has everything the spec knows and obeys every law: what the unlawful ones are made of."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
import optree

from nestgrad.extend import compose, compose_gradient_vjp
from nestgrad_autograd._impl import Autograd
from nestgrad_autograd._trace import own


class Linear(NamedTuple):
    """A linear map, with what it says of what it holds."""

    call: Any
    held: Any

    def __call__(self, *arguments):
        return self.call(*arguments)


class Lawful(Autograd):
    """autograd, with the plainest form of each ability that it lacks."""

    spec_version = "1.0"
    flat_only = False
    compiles_containers = True
    max_order = 3
    preferred_diagonal = ("RR", "FF")

    def flatten(self, tree):
        return optree.tree_flatten(tree)

    def unflatten(self, structure, leaves):
        return optree.tree_unflatten(structure, leaves)

    def open_module(self, module):
        if not isinstance(module, Sample):
            return None
        return {"weight": module.weight, "bias": module.bias}, {"total": module.total}

    def evaluate_module(self, module, f, values):
        copied = Sample(**{name: values.get(name, one) for name, one in vars(module).items()})
        return f(copied), {"total": copied.total}

    def sample_module(self):
        return Sample(np.array([0.5, -1.0, 2.0]), np.array([0.1, 0.2, 0.3]), np.zeros(())), (np.array([1.0, 2.0, 3.0]),)

    conjugates = False

    def evaluate_closed(self, evaluate):
        return evaluate()

    def untraced(self, evaluate, *arguments):
        return evaluate(*arguments)

    def draws(self, evaluate):
        evaluate()
        return False

    def device(self, array):
        return "cpu"

    def run(self, nesting, route, *inputs):
        return route(*inputs)

    def as_called(self, f):
        return lambda *args, **kwargs: f(*args, **kwargs)

    def attempts(self):
        return lambda evaluate: evaluate()

    def prepare_worker(self):
        pass

    def value_and_gradient(self, f, *primals):
        value, pullback = self.vjp(f, *primals)
        return value, pullback(anp.ones_like(value))

    def forward_over_reverse(self, f, primal, tangent):
        return self._gradient(f, primal), self._composed("FR", f, primal, tangent)

    def reverse_over_forward(self, f, primal, tangent):
        return self._composed("F", f, primal, tangent), self._composed("RF", f, primal, tangent)

    def reverse_over_reverse(self, f, primal, tangent):
        return self._gradient(f, primal), self._composed("RR", f, primal, tangent)

    def forward_over_forward(self, f, primal, t1, t2):
        value = f(primal)
        return value, self._composed("F", f, primal, t1), self._composed("FF", f, primal, t1, t2)

    def _gradient(self, f, primal):
        return self._composed("R", f, primal)

    def _composed(self, nesting, f, primal, *directions):
        if isinstance(primal, tuple):
            return compose(self, nesting)(lambda *x: f(x), primal, *directions)
        found = compose(self, nesting)(f, (primal,), *((one,) for one in directions))
        return found[0] if "R" in nesting else found

    def gradient_vjp(self, f, x, inner, outer, *, has_aux=False):
        gradient, pullback, *aux = compose_gradient_vjp(self, f, x, inner, outer, has_aux=has_aux)
        return gradient, Linear(pullback, self.held()), *aux

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return value, Linear(pullback, self.held()), *aux

    def held(self):
        return SimpleNamespace(nbytes=8, has_changed=lambda raised=None: False)

    def compile(self, f):
        return lambda *args, **kwargs: f(*args, **kwargs)

    def compile_traced(self, f):
        return self.compile(f)

    def compile_xla(self, f):
        return self.compile(f)

    def vmap(self, f, in_axes=0):
        def mapped(*args):
            axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
            moved = [x if axis is None else anp.moveaxis(x, axis, 0) for x, axis in zip(args, axes, strict=True)]
            count = next(len(x) for x, axis in zip(moved, axes, strict=True) if axis is not None)
            rows = [
                f(*(x if axis is None else x[i] for x, axis in zip(moved, axes, strict=True))) for i in range(count)
            ]
            return self.stacked(rows)

        return mapped

    def stacked(self, rows):
        if isinstance(rows[0], tuple):
            return tuple(anp.stack(entries) for entries in zip(*rows, strict=True))
        return anp.stack(rows)

    def linearize(self, f, *primals):
        held = own(primals)
        return f(*held), Linear(lambda *tangents: self.jvp(f, held, tangents)[1], self.held())


class LawfulOver(Lawful):
    """The same for arrays of any engine; apart, since core asks such a one at each call whose arrays they are."""

    def over(self, engine):
        return self


class Sample:
    """A layer that keeps the total of what it was given."""

    def __init__(self, weight, bias, total):
        self.weight, self.bias, self.total = weight, bias, total

    def __call__(self, x):
        self.total = self.total + np.sum(x)
        return anp.sin(self.weight * x) + self.bias**2


def shifted(tree, by):
    return optree.tree_map(lambda leaf: leaf + by, tree)


def detached(tree):
    return optree.tree_map(lambda leaf: np.array(getattr(leaf, "_value", leaf)), tree)
