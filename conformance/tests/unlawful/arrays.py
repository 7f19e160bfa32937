"""Backends that lose something of an array or of a tree on its way in or out."""

import copy

import autograd.numpy as anp
import numpy as np
import optree
from autograd.tracer import isbox

from .fault import fault


@fault("asarray", "jvp", "vjp")
class DropsMasks:
    def asarray(self, value, like=None):
        return super().asarray(np.asarray(value) if isinstance(value, np.ndarray) else value, like)


@fault("asarray", "vjp")
class RoundsLongDoubles:
    def asarray(self, value, like=None):
        array = super().asarray(value, like)
        return array.astype(np.float64) if getattr(array, "dtype", None) == np.longdouble else array


@fault("asarray", "to_numpy")
class IgnoresStrides:
    """Memory is read as it lies."""

    def asarray(self, value, like=None):
        if type(value) is np.ndarray and value.flags.writeable:
            return np.array(value).ravel(order="K").reshape(value.shape)
        return super().asarray(value, like)


@fault("asarray")
class TakesTexts:
    def asarray(self, value, like=None):
        return np.asarray(value) if isinstance(value, str) else super().asarray(value, like)


@fault("asarray", "asarray.like")
class CopiesItsOwn:
    def asarray(self, value, like=None):
        array = super().asarray(value, like)
        return array.copy().astype(like.dtype) if like is not None and type(value) is np.ndarray else array


@fault("asarray")
class Integers:
    """Halves are rounded."""

    def asarray(self, value, like=None):
        return super().asarray(int(value) if isinstance(value, float) and like is None else value, like)


class Handle(np.ndarray):
    """An array of the engine's own, which shares its memory with NumPy's."""


@fault("asarray")
class SharesMemory:
    def asarray(self, value, like=None):
        array = super().asarray(value, like)
        return array.view(Handle) if type(array) is np.ndarray and array.flags.aligned else array

    def to_numpy(self, array):
        return np.array(array)


@fault("asarray.like")
class NumbersIn64Bits:
    def asarray(self, value, like=None):
        return super().asarray(value, None if isinstance(value, (int, float)) else like)


@fault("asarray.like")
class ByWayOfSingle:
    def asarray(self, value, like=None):
        return super().asarray(float(np.float32(value)) if isinstance(value, float) else value, like)


@fault("asarray.like")
class DropsImaginaryParts:
    def asarray(self, value, like=None):
        return super().asarray(value.real if type(value) is complex else value, like)


@fault("to_numpy", "asarray")
class EverythingIn64Bits:
    def to_numpy(self, array):
        return np.asarray(array, dtype=np.float64) if np.isrealobj(array) else np.asarray(array)


@fault("device")
class AlwaysElsewhere:
    def device(self, array):
        return object()


@fault("device")
class NoDeviceInside:
    def device(self, array):
        return array.flags


@fault("finite")
class FiniteSum:
    def finite(self, value):
        return isbox(value) or bool(np.isfinite(np.sum(value)))


@fault("finite")
class LooksAtNaNAlone:
    def finite(self, value):
        return isbox(value) or not bool(np.isnan(value).any())


@fault("finite")
class LooksIntoTracers:
    def finite(self, value):
        if isbox(value):
            raise TypeError("a tracer has no values")
        return super().finite(value)

    def compile(self, f):
        return lambda *args: self.vjp(f, *args)[0]


@fault("finite")
class RefusesWholeNumbers:
    def finite(self, value):
        return isbox(value) or (np.asarray(value).dtype.kind in "fc" and super().finite(value))


@fault("flatten")
class NoneIsALeaf:
    def flatten(self, tree):
        return optree.tree_flatten(tree, none_is_leaf=True)


@fault("flatten")
class TuplesBecomeLists:
    def unflatten(self, structure, leaves):
        tree = super().unflatten(structure, leaves)
        return list(tree) if type(tree) is tuple else tree


@fault("flatten")
class CopiesLeaves:
    def flatten(self, tree):
        leaves, structure = super().flatten(tree)
        return copy.deepcopy(leaves), structure


@fault("flatten")
class KeysAsWritten:
    """Two dicts with equal keys have their leaves in different orders."""

    def flatten(self, tree):
        return (list(tree.values()), super().flatten(tree)[1]) if type(tree) is dict else super().flatten(tree)


class Structure:
    """One that is equal to itself alone."""

    def __init__(self, structure):
        self.structure = structure


@fault("flatten")
class StructuresAreObjects:
    def flatten(self, tree):
        leaves, structure = super().flatten(tree)
        return leaves, Structure(structure)

    def unflatten(self, structure, leaves):
        return super().unflatten(structure.structure, leaves)


@fault("unflatten")
class StructureOfTheLastTree:
    def flatten(self, tree):
        leaves, self.last = super().flatten(tree)
        return leaves, self.last

    def unflatten(self, structure, leaves):
        return super().unflatten(self.last, leaves)


@fault("unflatten")
class LeavesAreArrays:
    def unflatten(self, structure, leaves):
        return super().unflatten(structure, [leaf if isbox(leaf) else anp.array(leaf, dtype=float) for leaf in leaves])
