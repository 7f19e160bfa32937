"""Backends whose vectorising map is no loop, or whose linearisation is not linear."""

from types import SimpleNamespace

import autograd.numpy as anp
import numpy as np
import optree
from autograd.tracer import getval

from .fault import fault, mapped


@fault("vmap", "vmap.in_axes")
class AxisZeroAlone:
    def vmap(self, f, in_axes=0):
        axes = optree.tree_map(lambda axis: None if axis is None else 0, in_axes)
        return super().vmap(f, axes)


@fault("vmap.in_axes")
class NegativeAxesAreZero:
    def vmap(self, f, in_axes=0):
        return super().vmap(f, optree.tree_map(lambda axis: axis if axis is None else max(axis, 0), in_axes))


@fault("vmap.in_axes")
class NoneIsMapped:
    def vmap(self, f, in_axes=0):
        return super().vmap(f, tuple(axis or 0 for axis in in_axes) if isinstance(in_axes, tuple) else in_axes)


@fault("vmap")
class FirstRowAgain:
    def stacked(self, rows):
        return super().stacked([rows[0]] * len(rows))


@fault("vmap")
class RowsInOtherOrder:
    def stacked(self, rows):
        return super().stacked(rows[::-1])


@fault("vmap")
class StacksTuples:
    def stacked(self, rows):
        return super().stacked([row[0] if isinstance(row, tuple) else row for row in rows])


@fault("vmap")
class ConstantsOnce:
    def stacked(self, rows):
        if all(isinstance(row, np.ndarray) and row is rows[0] for row in rows):
            return rows[0]
        return super().stacked(rows)


@fault("vmap")
class OneRowIsNone:
    def stacked(self, rows):
        return rows[0] if len(rows) == 1 else super().stacked(rows)


@fault("vmap")
class MapIsConstant:
    def stacked(self, rows):
        return super().stacked(mapped(getval, rows))


@fault("vmap")
class RowsKeepAnAxis:
    def vmap(self, f, in_axes=0):
        return super().vmap(lambda *rows: f(*(row if row.ndim else row[None] for row in rows)), in_axes)


class Linear:
    """`linearize`, with a change of its map."""

    def change(self, linear, f, primals, tangents):
        raise NotImplementedError

    def linearize(self, f, *primals):
        value, linear = super().linearize(f, *primals)
        return value, lambda *tangents: self.change(linear, f, primals, tangents)


@fault("linearize")
class AffineMap(Linear):
    def change(self, linear, f, primals, tangents):
        return mapped(lambda leaf: leaf + 1e-6, linear(*tangents))


@fault("linearize")
class WithItsValue(Linear):
    def change(self, linear, f, primals, tangents):
        value, tangent = f(*primals), linear(*tangents)
        return tuple(map(anp.add, value, tangent)) if isinstance(value, tuple) else value + tangent


@fault("linearize")
class FirstDirection(Linear):
    def change(self, linear, f, primals, tangents):
        self.kept = getattr(self, "kept", {})
        return linear(*self.kept.setdefault(linear, tangents))


@fault("linearize")
class LastPoint:
    def linearize(self, f, *primals):
        value, self.last = super().linearize(f, *primals)
        return value, lambda *tangents: self.last(*tangents)


@fault("linearize")
class ReadsLate(Linear):
    def change(self, linear, f, primals, tangents):
        return self.jvp(f, primals, tangents)[1]


@fault("linearize")
class MapIsConstantInside(Linear):
    def change(self, linear, f, primals, tangents):
        return mapped(getval, linear(*tangents))


@fault("linearize")
class AlwaysTuples(Linear):
    def change(self, linear, f, primals, tangents):
        found = linear(*tangents)
        return found if isinstance(found, tuple) else (found,)


@fault("linearize")
class NothingForZero(Linear):
    def change(self, linear, f, primals, tangents):
        found = linear(*tangents)
        return tuple(None if not np.any(one) else one for one in found) if isinstance(found, tuple) else found


@fault("gradient_vjp.held", "linearize.held", "vjp.held")
class HoldsNothing:
    def held(self):
        return SimpleNamespace(nbytes=0, has_changed=lambda raised=None: False)


@fault("gradient_vjp.held", "linearize.held", "vjp.held")
class HasChangedOnceCalled:
    def held(self):
        answers = iter([False])
        return SimpleNamespace(nbytes=8, has_changed=lambda raised=None: next(answers, True))
