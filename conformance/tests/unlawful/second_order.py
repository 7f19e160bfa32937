"""Backends whose native second-order methods are not the composition."""

import numpy as np
import optree
from autograd.tracer import getval, isbox

from .fault import fault, mapped


class Natives:
    """The four native methods, with a change of what they return."""

    def change(self, result, f, primal):
        raise NotImplementedError

    def forward_over_reverse(self, f, primal, tangent):
        return self.change(super().forward_over_reverse(f, primal, tangent), f, primal)

    def reverse_over_forward(self, f, primal, tangent):
        return self.change(super().reverse_over_forward(f, primal, tangent), f, primal)

    def reverse_over_reverse(self, f, primal, tangent):
        return self.change(super().reverse_over_reverse(f, primal, tangent), f, primal)

    def forward_over_forward(self, f, primal, t1, t2):
        return self.change(super().forward_over_forward(f, primal, t1, t2), f, primal)


NATIVE = ("forward_over_reverse", "reverse_over_forward", "reverse_over_reverse", "forward_over_forward")


@fault(*NATIVE)
class NativeLists(Natives):
    def change(self, result, f, primal):
        return list(result)


@fault(*NATIVE)
class NativeInOtherOrder(Natives):
    def change(self, result, f, primal):
        return result[::-1]


@fault(*NATIVE)
class NativeConstant(Natives):
    def change(self, result, f, primal):
        return mapped(getval, result)


@fault(*NATIVE)
class NativeTwice(Natives):
    def change(self, result, f, primal):
        return (*result[:-1], mapped(lambda leaf: 2 * leaf, result[-1]))


@fault(*NATIVE[:-1])
class NativeTuplesJoined(Natives):
    """Of a tuple, the last entry is forgotten."""

    def change(self, result, f, primal):
        return tuple((*one[:-1], 0 * one[-1]) if isinstance(one, tuple) else one for one in result)


@fault("forward_over_forward")
class NativeIgnoresASecondDirection:
    def forward_over_forward(self, f, primal, t1, t2):
        return super().forward_over_forward(f, primal, t1, t1)


@fault(*NATIVE)
class NativeOfLinearFails(Natives):
    def change(self, result, f, primal):
        if not any(isbox(leaf) or np.any(leaf) for leaf in optree.tree_leaves(result[-1])):
            raise RuntimeError("does not require grad")
        return result


@fault("gradient_vjp")
class GradientOfAllPlaces:
    """The places are not heeded."""

    def gradient_vjp(self, f, x, inner, outer, *, has_aux=False):
        return super().gradient_vjp(f, x, range(len(x)), outer, has_aux=has_aux)


@fault("gradient_vjp")
class PullbackOnce:
    """The second call gives nothing new."""

    def gradient_vjp(self, f, x, inner, outer, *, has_aux=False):
        gradient, pullback, *aux = super().gradient_vjp(f, x, inner, outer, has_aux=has_aux)
        first = []

        def once(cotangent):
            first.append(pullback(cotangent))
            return first[0]

        return gradient, once, *aux


@fault("gradient_vjp.has_aux")
class AuxLost:
    def gradient_vjp(self, f, x, inner, outer, *, has_aux=False):
        gradient, pullback, *_ = super().gradient_vjp(f, x, inner, outer, has_aux=has_aux)
        return gradient, pullback, *([None] * has_aux)
