"""Backends that lose something where a function goes from one engine to another."""

import autograd.numpy as anp
import numpy as np

from .fault import fault


@fault("conjugates")
class SaysItConjugates:
    conjugates = True


@fault("evaluate_closed", "untraced")
class GivesNothing:
    def evaluate_closed(self, evaluate):
        evaluate()

    def untraced(self, evaluate, *arguments):
        evaluate(*arguments)


@fault("evaluate_closed", "untraced")
class SwallowsErrors:
    def evaluate_closed(self, evaluate):
        try:
            return evaluate()
        except Exception:
            return None

    def untraced(self, evaluate, *arguments):
        return self.evaluate_closed(lambda: evaluate(*arguments))


@fault("untraced")
class LosesArguments:
    def untraced(self, evaluate, *arguments):
        return evaluate()


@fault("draws")
class SaysItDraws:
    def draws(self, evaluate):
        evaluate()
        return True


@fault("draws")
class EvaluatesTwice:
    def draws(self, evaluate):
        evaluate()
        return super().draws(evaluate)


@fault("lift")
class GivesAList:
    def lift(self, node, *arrays):
        return list(super().lift(node, *arrays))


@fault("lift")
class IsAConstant:
    """Neither mode sees it."""

    def lift(self, node, *arrays):
        return node(*[np.asarray(getattr(one, "_value", one)) for one in arrays])


@fault("lift")
class MapsTheFirstRow:
    def vmap(self, f, in_axes=0):
        return lambda *args: super(MapsTheFirstRow, self).vmap(f, in_axes)(
            *(anp.stack([x[0]] * len(x)) if in_axes == 0 else x for x in args)
        )


@fault("lift")
class CastsIntegers:
    def lift(self, node, *arrays):
        return super().lift(node, *(anp.array(one, float) if one.dtype.kind == "i" else one for one in arrays))


@fault("lift")
class SharesMemory:
    def lift(self, node, *arrays):
        found = node._f.evaluate(*arrays) if node.linear == 0 and not node._code else super().lift(node, *arrays)
        return tuple(found)
