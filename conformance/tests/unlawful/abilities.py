"""Backends that tell something else of themselves than they are, or watch over calls and change them."""

import copy
from types import SimpleNamespace

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval

from nestgrad.extend import Canary, Refusal

from .fault import fault


@fault("name")
class AnotherName:
    name = "jax"


@fault("spec_version")
class AnotherVersion:
    spec_version = "2.0"


@fault("xp")
class WrongCosine:
    xp = SimpleNamespace(**{**vars(anp), "cos": anp.sin, "isdtype": np.isdtype})


@fault("flat_only")
class FlatOnlyText:
    flat_only = "no"


@fault("compiles_containers")
class CompilesText:
    compiles_containers = "no"


@fault("compiles_containers")
class NumbersFrozen:
    """What is no array is that of the first call."""

    def compile(self, f):
        first = []

        def compiled(parameters, *numbers, **keywords):
            first.append((numbers, keywords))
            return f(parameters, *first[0][0], **first[0][1])

        return compiled


@fault("max_order")
class OrderNothing:
    max_order = 0


@fault("max_order")
class MoreThanItSays:
    """The length that it gives is not the one that it refuses from."""

    @property
    def max_order(self):
        self.asked = not getattr(self, "asked", False)
        return 2 if self.asked else 3


@fault("over")
class OverAnother:
    """A new object at each call."""

    def over(self, engine):
        return type(self)()


@fault("preferred")
class PrefersNoProduct:
    preferred = ("FF", "RR")


@fault("classify")
class ClaimsEverything:
    def classify(self, exception, word):
        return Refusal(None, "it did not work.")


@fault("classify")
class ClaimsUsersExceptions:
    def classify(self, exception, word):
        return Refusal("mine", "no.") if "mine" in str(exception) else None


@fault("classify")
class NoSentence:
    def classify(self, exception, word):
        return Refusal("sin", "no rule") if isinstance(exception, NotImplementedError) else None


@fault("classify")
class SwallowsExceptions:
    def jvp(self, f, primals, tangents, *, has_aux=False):
        try:
            return super().jvp(f, primals, tangents, has_aux=has_aux)
        except Exception:
            return super().jvp(lambda *x: 2 * x[0], primals, tangents)


@fault("run")
class RunsTwice:
    def run(self, word, route, *inputs):
        route(*inputs)
        return route(*inputs)


@fault("run")
class DropsAux:
    def run(self, word, route, *inputs):
        return route(*inputs)[:1]


@fault("run")
class CopiesAux:
    def run(self, word, route, *inputs):
        return copy.deepcopy(route(*inputs))


@fault("run")
class OpensTuples:
    def run(self, word, route, *inputs):
        (result, *aux) = route(*inputs)
        return (*result, *aux) if isinstance(result, tuple) and len(result) == 1 else (result, *aux)


@fault("run")
class RunsOnValues:
    def run(self, word, route, *inputs):
        return route(*map(getval, inputs))


@fault("run")
class LockedByAnException:
    locked = False

    def run(self, word, route, *inputs):
        if self.locked:
            raise RuntimeError("busy")
        self.locked = True
        result = route(*inputs)
        self.locked = False
        return result


@fault("preferred_diagonal")
class PrefersAGradient:
    preferred_diagonal = ("R", "FF")


@fault("preferred_diagonal")
class PrefersOneTwice:
    preferred_diagonal = ("FF", "RR", "FF")


@fault("as_called")
class DropsKeywords:
    def as_called(self, f):
        return lambda *args, **kwargs: f(*args)


@fault("as_called")
class RaisesItsOwn:
    def as_called(self, f):
        def called(*args, **kwargs):
            try:
                return f(*args, **kwargs)
            except Exception as error:
                raise RuntimeError from error

        return called


@fault("attempts")
class SwallowsARefusal:
    def attempts(self):
        def attempt(evaluate):
            try:
                return evaluate()
            except Exception:
                return None

        return attempt


@fault("attempts")
class TriesOnce:
    def attempts(self):
        made = []

        def attempt(evaluate):
            made.append(evaluate)
            assert len(made) == 1
            return evaluate()

        return attempt


@fault("attempts")
class OneAtATime:
    def attempts(self):
        def attempt(evaluate):
            assert not getattr(self, "busy", False)
            self.busy = True
            try:
                return evaluate()
            finally:
                self.busy = False

        return attempt


@fault("operations")
class TellsTheLast:
    def operations(self, f, *inputs):
        return frozenset(sorted(super().operations(f, *inputs))[-1:])


@fault("operations")
class ForgetsNone:
    told = frozenset()

    def operations(self, f, *inputs):
        self.told |= super().operations(f, *inputs)
        return self.told


@fault("operations")
class TellsNothingOfErrors:
    def operations(self, f, *inputs):
        try:
            return super().operations(f, *inputs)
        except Exception:
            return frozenset()


@fault("prepare_worker")
class PreparesOnce:
    def prepare_worker(self):
        assert not hasattr(self, "prepared")
        self.prepared = True


@fault("canary")
class CountsNothing:
    def canary(self):
        return Canary(lambda x: anp.sum(anp.exp(x)))


@fault("canary")
class OneCanary:
    def canary(self):
        self.kept = getattr(self, "kept", None) or super().canary()
        return self.kept


@fault("canary")
class CountsForBoth:
    def jvp(self, f, primals, tangents, *, has_aux=False):
        super().vjp(f, *primals, has_aux=has_aux)[1](np.ones(()))
        return super().jvp(f, primals, tangents, has_aux=has_aux)


@fault("canary")
class WrongCanary:
    def canary(self):
        canary = super().canary()
        function = canary.function
        canary.function = lambda x: function(x) + anp.sum(getval(x) ** 2)
        return canary


@fault("raw")
class RawIsItself:
    def raw(self):
        return self


@fault("raw")
class RawLacksAMode:
    def raw(self):
        raw = super().raw()
        return type("Half", (type(raw),), {"jvp": None})()
