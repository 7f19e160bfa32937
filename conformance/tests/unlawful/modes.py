"""Backends whose modes are wrong in values, structure, zeros, or in what they share with the caller."""

import numpy as np
from autograd.tracer import getval, isbox

from .fault import Changed, fault, mapped, same


@fault("jvp", "vjp")
class FactorTwo(Changed):
    def change(self, value, is_derivative):
        return mapped(lambda leaf: 2 * leaf, value) if is_derivative else value


@fault("jvp", "vjp")
class AffineDerivative(Changed):
    def change(self, value, is_derivative):
        return mapped(lambda leaf: leaf + 1e-6, value) if is_derivative else value


@fault("jvp", "vjp")
class OpensTuplesOfOne(Changed):
    def change(self, value, is_derivative):
        return value[0] if isinstance(value, tuple) and len(value) == 1 else value


@fault("jvp", "vjp")
class Lists(Changed):
    def change(self, value, is_derivative):
        return list(value) if isinstance(value, tuple) else value


@fault("jvp", "vjp")
class NoneForZero(Changed):
    def change(self, value, is_derivative):
        if isinstance(value, tuple):
            return tuple(self.change(entry, is_derivative) for entry in value)
        return None if is_derivative and not isbox(value) and not np.any(value) else value


@fault("jvp", "vjp")
class ZerosOfOneEntry(Changed):
    def change(self, value, is_derivative):
        return mapped(lambda leaf: leaf if isbox(leaf) or np.any(leaf) else np.zeros(()), value)


@fault("jvp", "vjp")
class ZerosInSingle(Changed):
    def change(self, value, is_derivative):
        return mapped(lambda leaf: leaf if isbox(leaf) or np.any(leaf) else leaf.astype(np.float32), value)


@fault("jvp", "vjp")
class ConstantsInside(Changed):
    """A derivative is a constant to the transform around it."""

    def change(self, value, is_derivative):
        return mapped(getval, value) if is_derivative else value


@fault("jvp", "vjp")
class SharesArrays:
    """Results are the caller's arrays where f changes nothing."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        results = super().jvp(f, primals, tangents, has_aux=has_aux)
        return self.shared(results, (*primals, *tangents))

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return self.shared(value, primals), lambda u: self.shared(pullback(u), (u,)), *aux

    @staticmethod
    def shared(results, given):
        arrays = [one for one in given if type(one) is np.ndarray]
        return mapped(lambda leaf: next((one for one in arrays if same(leaf, one)), leaf), results)


@fault("jvp", "vjp")
class OneVariable:
    """An array that is passed twice is one variable."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        kept = {id(one): v for one, v in zip(primals, tangents, strict=True)}
        return super().jvp(f, primals, [kept[id(one)] for one in primals], has_aux=has_aux)

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        places = [next(i for i, other in enumerate(primals) if other is one) for one in primals]
        return value, lambda u: tuple(pullback(u)[i] for i in places), *aux


@fault("jvp", "vjp")
class CountsEqualOutputsOnce:
    def jvp(self, f, primals, tangents, *, has_aux=False):
        value, tangent, *aux = super().jvp(f, primals, tangents, has_aux=has_aux)
        if isinstance(value, tuple) and len(value) > 1 and same(value[0], value[1]):
            tangent = (tangent[0], 0 * tangent[1])
        return value, tangent, *aux

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        if isinstance(value, tuple) and len(value) > 1 and same(value[0], value[1]):
            return value, lambda u: pullback((u[0], 0 * u[1])), *aux
        return value, pullback, *aux
