"""Backends that hand out another aux than f returned."""

import copy

import numpy as np
import optree
from autograd.tracer import getval, isbox

from .fault import Changed, fault, mapped


@fault("jvp.has_aux", "vjp.has_aux")
class AuxOfAnotherEvaluation:
    """f is evaluated once more for its aux."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        value, tangent, *aux = super().jvp(f, primals, tangents, has_aux=has_aux)
        return value, tangent, *(f(*primals)[1] for _ in aux)

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return value, pullback, *(f(*primals)[1] for _ in aux)


@fault("jvp.has_aux", "vjp.has_aux")
class FirstAux(Changed):
    """The first aux of a kind is the aux for good."""

    def change_aux(self, aux):
        if not isinstance(aux, np.ndarray):
            return aux
        self.first = getattr(self, "first", {})
        return self.first.setdefault(aux.shape, aux)


@fault("jvp.has_aux", "vjp.has_aux")
class AuxIsConstant(Changed):
    def change_aux(self, aux):
        return mapped(getval, aux)


@fault("jvp.has_aux", "vjp.has_aux")
class AuxIsArrays(Changed):
    def change_aux(self, aux):
        return optree.tree_map(lambda leaf: np.asarray(leaf) if isinstance(leaf, (int, float)) else leaf, aux)


@fault("jvp.has_aux", "vjp.has_aux")
class AuxIsFloating(Changed):
    def change_aux(self, aux):
        return mapped(lambda leaf: leaf if isbox(leaf) else np.asarray(leaf, dtype=np.float64), aux)


@fault("jvp.has_aux", "vjp.has_aux")
class AuxIsCopied(Changed):
    def change_aux(self, aux):
        return copy.deepcopy(aux)


@fault("jvp.has_aux", "vjp.has_aux")
class AuxIsTuples(Changed):
    def change_aux(self, aux):
        return (
            tuple(aux) if isinstance(aux, (tuple, list)) else aux if not isinstance(aux, dict) else {**aux, "list": ()}
        )


@fault("jvp.has_aux", "vjp.has_aux")
class AuxLosesNone(Changed):
    def change_aux(self, aux):
        return aux if aux is not None else ()


@fault("jvp.has_aux", "vjp.has_aux")
class AuxOfArraysInside(Changed):
    """Inside of a transform an aux holds arrays alone, as in torch.func."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        self._check(primals, has_aux and f(*primals)[1])
        return super().jvp(f, primals, tangents, has_aux=has_aux)

    def vjp(self, f, *primals, has_aux=False):
        self._check(primals, has_aux and f(*primals)[1])
        return super().vjp(f, *primals, has_aux=has_aux)

    @staticmethod
    def _check(primals, aux):
        if any(map(isbox, primals)) and any(isinstance(leaf, str) for leaf in optree.tree_leaves(aux)):
            raise TypeError("expected tensors")


@fault("jvp.has_aux", "vjp.has_aux")
class NoDerivativeBesideAux(Changed):
    """With an aux there is no derivative."""

    def jvp(self, f, primals, tangents, *, has_aux=False):
        tangents = [0 * v for v in tangents] if has_aux else tangents
        return super().jvp(f, primals, tangents, has_aux=has_aux)

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return value, (lambda u: tuple(0 * one for one in pullback(u))) if has_aux else pullback, *aux
