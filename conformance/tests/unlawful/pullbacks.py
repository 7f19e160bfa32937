"""Backends whose pullback is of another point, for one call alone, or a constant."""

import copy

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval, isbox

from ..lawful import Lawful
from .fault import fault, mapped


class Pulling:
    """Reverse mode, with a change of the pullback that knows where it is."""

    def pull(self, pullback, f, primals, cotangent):
        raise NotImplementedError

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return value, lambda cotangent: self.pull(pullback, f, primals, cotangent), *aux


@fault("vjp")
class ReadsItsPointLate(Pulling):
    def pull(self, pullback, f, primals, cotangent):
        if any(map(isbox, primals)):
            return pullback(cotangent)
        return Lawful().vjp(f, *primals)[1](cotangent)


@fault("vjp")
class LastPointOfAShape(Pulling):
    """What was recorded is kept by shape: the last point counts."""

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        self.last = getattr(self, "last", {})
        shapes = tuple(map(anp.shape, primals))
        self.last[shapes] = pullback
        return value, lambda cotangent: self.last[shapes](cotangent), *aux


@fault("vjp")
class PullsOnce:
    """What was recorded is freed by the first call."""

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        left = [pullback]
        return value, lambda cotangent: left.pop()(cotangent), *aux


@fault("vjp")
class AddsUp:
    """A buffer is not cleared between calls."""

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        sums = [0.0] * len(primals)

        def adding(cotangent):
            sums[:] = [old + new for old, new in zip(sums, pullback(cotangent), strict=True)]
            return tuple(sums)

        return value, adding, *aux


@fault("vjp")
class CotangentIsConstant(Pulling):
    def pull(self, pullback, f, primals, cotangent):
        return pullback(mapped(getval, cotangent))


@fault("vjp")
class PrimalIsConstant(Pulling):
    def vjp(self, f, *primals, has_aux=False):
        return super().vjp(f, *map(getval, primals), has_aux=has_aux)

    def pull(self, pullback, f, primals, cotangent):
        return pullback(cotangent)


@fault("vjp")
class BareForOnePrimal(Pulling):
    def pull(self, pullback, f, primals, cotangent):
        pulled = pullback(cotangent)
        return pulled[0] if len(pulled) == 1 else pulled


@fault("vjp")
class KeepsItsValue:
    """The value that is handed out is the one that a rule keeps."""

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        before = copy.copy(value) if type(value) is np.ndarray else None

        def pulled(cotangent):
            results = pullback(cotangent)
            return results if before is None else tuple(one * np.mean(value / before) for one in results)

        return value, pulled, *aux
