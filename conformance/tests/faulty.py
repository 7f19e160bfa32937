"""Twelve backends that are wrong on purpose, each as an engine could be: some at once, some only when nested."""

import collections
from unittest import mock

import autograd.numpy as anp
import numpy as np
import optree
from autograd.core import JVPNode, VJPNode
from autograd.tracer import getval, isbox, notrace_primitives
from optree.integrations.numpy import tree_ravel

from nestgrad.extend import compose
from nestgrad_autograd import _rules, _trace
from nestgrad_autograd._impl import Autograd
from nestgrad_autograd._rules import ForwardNode, ReverseNode


class ChangedReverse(Autograd):
    """Reverse mode whose pullbacks are spoilt by `spoil`."""

    def spoil(self, cotangents, primals):
        raise NotImplementedError

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
        return (value, lambda cotangent: self.spoil(pullback(cotangent), primals), *aux)


class ChangedRules(Autograd):
    """Traces with nodes, and so rules, of its own."""

    forward, reverse = ForwardNode, ReverseNode

    def jvp(self, f, primals, tangents, *, has_aux=False):
        with mock.patch.multiple(_trace, ForwardNode=self.forward, ReverseNode=self.reverse):
            return super().jvp(f, primals, tangents, has_aux=has_aux)

    def vjp(self, f, *primals, has_aux=False):
        with mock.patch.multiple(_trace, ForwardNode=self.forward, ReverseNode=self.reverse):
            return super().vjp(f, *primals, has_aux=has_aux)


class Remembering(Autograd):
    """Keeps the results of a nesting for inputs of some shapes, and has `recall` make a new one of them."""

    def __init__(self):
        self.results = collections.defaultdict(list)

    def recall(self, results, compute):
        raise NotImplementedError

    def run(self, nesting, route, *inputs):
        results = self.results[nesting, *map(anp.shape, inputs)]
        found = self.recall(results, lambda: route(*inputs))
        if not any(map(isbox, optree.tree_leaves(found))):
            results.append(found)
        return found


class Sign(ChangedReverse):
    """Reverse mode has the wrong sign; twice the wrong sign is the right one."""

    name = "sign"

    def spoil(self, cotangents, primals):
        return tuple(-cotangent for cotangent in cotangents)


class FactorTwo(Autograd):
    """Forward mode counts every tangent twice."""

    name = "factor_two"

    def jvp(self, f, primals, tangents, *, has_aux=False):
        value, tangent, *aux = super().jvp(f, primals, tangents, has_aux=has_aux)
        return (value, optree.tree_map(lambda leaf: 2 * leaf, tangent), *aux)


class IgnoredTangent(Autograd):
    """Forward mode pushes ones, whatever the tangent is."""

    name = "ignored_tangent"

    def jvp(self, f, primals, tangents, *, has_aux=False):
        return super().jvp(f, primals, [np.ones(anp.shape(primal)) for primal in primals], has_aux=has_aux)


class SilentZeros(Autograd):
    """A derivative is a constant to the transform around it, as on a tape that is not recorded."""

    name = "silent_zeros"

    def jvp(self, f, primals, tangents, *, has_aux=False):
        return _detached(super().jvp(f, _detached(primals), _detached(tangents), has_aux=has_aux))

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *_detached(primals), has_aux=has_aux)
        return (_detached(value), lambda cotangent: _detached(pullback(_detached(cotangent))), *aux)


class DiagonalOnly(Autograd):
    """Second order by every nesting is that of the Hessian's diagonal: the cross terms are dropped."""

    name = "diagonal_only"

    def forward_over_reverse(self, f, primal, tangent):
        return self._product("FR", f, primal, tangent)

    def reverse_over_forward(self, f, primal, tangent):
        return self._product("RF", f, primal, tangent)

    def reverse_over_reverse(self, f, primal, tangent):
        return self._product("RR", f, primal, tangent)

    def forward_over_forward(self, f, primal, t1, t2):
        diagonal, _ = self._diagonal(lambda call, x, unit: compose(self, "FF")(call, x, unit, unit), f, primal)
        return None, None, np.sum(diagonal * tree_ravel(t1)[0] * tree_ravel(t2)[0])

    def _product(self, nesting, f, primal, tangent):
        def row(call, x, unit):
            return sum(anp.sum(entry * u) for entry, u in zip(compose(self, nesting)(call, x, unit), unit, strict=True))

        diagonal, rebuild = self._diagonal(row, f, primal)
        return None, rebuild(diagonal * tree_ravel(tangent)[0])

    def _diagonal(self, entry, f, primal):
        opened = (lambda tree: tree) if isinstance(primal, tuple) else (lambda tree: (tree,))
        call = (lambda *leaves: f(leaves)) if isinstance(primal, tuple) else f
        flat, rebuild = tree_ravel(primal)
        units = np.eye(flat.size)
        return np.array([entry(call, opened(primal), opened(rebuild(unit))) for unit in units]).reshape(-1), rebuild


class ForgetfulNode(ReverseNode):
    """Reverse mode in which a product's rule keeps the factors' values, not the factors."""

    __slots__ = ()

    def __init__(self, value, fun, args, kwargs, argnums, parents):
        args = tuple(map(getval, args)) if fun is anp.multiply else args
        super().__init__(value, fun, args, kwargs, argnums, parents)


notrace_primitives[ForgetfulNode] = notrace_primitives[VJPNode]


class MixedTermDropped(ChangedRules):
    """The reverse rule of a product takes the other factor for a constant: right until it is differentiated."""

    name = "mixed_term_dropped"
    reverse = ForgetfulNode


class Float32Inside(Autograd):
    """Inputs, directions and cotangents pass through float32."""

    name = "float32_inside"

    def jvp(self, f, primals, tangents, *, has_aux=False):
        return super().jvp(f, _rounded(primals), _rounded(tangents), has_aux=has_aux)

    def vjp(self, f, *primals, has_aux=False):
        return super().vjp(f, *_rounded(primals), has_aux=has_aux)


class StaleFirst(Remembering):
    """The first result for a nesting and shapes is the result for good, as of a program with x baked in."""

    name = "stale_first"

    def recall(self, results, compute):
        return results[0] if results else compute()


class WrongAbove2(ChangedReverse):
    """Reverse mode loses the last entry of arrays with more than two, as a loop by pairs loses its tail."""

    name = "wrong_above_2"

    def spoil(self, cotangents, primals):
        return tuple(cotangent * _without_tail(anp.shape(x)) for cotangent, x in zip(cotangents, primals, strict=True))


class WrongSecondCall(Remembering):
    """The second call adds to the first call's result, as in a buffer that is cleared too late."""

    name = "wrong_second_call"

    def recall(self, results, compute):
        found = compute()
        return optree.tree_map(lambda new, old: new + old, found, results[0]) if len(results) == 1 else found


class BareReverse(ReverseNode):
    """A node with the engine's own rule."""

    __slots__ = ()

    def __init__(self, value, fun, args, kwargs, argnums, parents):
        self.fun, self.shape, self.number = fun, anp.shape(value), next(_rules._numbers)
        VJPNode.__init__(self, value, fun, args, kwargs, argnums, parents)


notrace_primitives[BareReverse] = notrace_primitives[VJPNode]


class NanMasked(ChangedRules):
    """The engine's bare rules, with the NaN of a product that has a zero factor replaced by 0."""

    name = "nan_masked"
    forward, reverse = JVPNode, BareReverse

    def jvp(self, f, primals, tangents, *, has_aux=False):
        with np.errstate(all="ignore"):
            value, tangent, *aux = super().jvp(f, primals, tangents, has_aux=has_aux)
        return (value, _masked(tangent), *aux)

    def vjp(self, f, *primals, has_aux=False):
        value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)

        def masked_pullback(cotangent):
            with np.errstate(all="ignore"):
                return _masked(pullback(cotangent))

        return (value, masked_pullback, *aux)


class Confused(Autograd):
    """All traces have one number, so that an inner variable and an outer one are told apart by chance."""

    name = "confused"

    def jvp(self, f, primals, tangents, *, has_aux=False):
        with mock.patch.object(_trace, "_next_number", return_value=1):
            return super().jvp(f, primals, tangents, has_aux=has_aux)

    def vjp(self, f, *primals, has_aux=False):
        with mock.patch.object(_trace, "_next_number", return_value=1):
            return super().vjp(f, *primals, has_aux=has_aux)


def _detached(tree):
    return optree.tree_map(getval, tree)


def _masked(tree):
    return optree.tree_map(lambda leaf: leaf if isbox(leaf) else np.nan_to_num(leaf), tree)


def _rounded(leaves):
    return tuple(leaf if isbox(leaf) else leaf.astype(np.float32).astype(leaf.dtype) for leaf in leaves)


def _without_tail(shape):
    mask = np.ones(shape)
    if mask.size > 2:
        mask.flat[-1] = 0
    return mask
