"""Backends that take modules apart wrongly, or do not leave them as they are."""

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval

from .fault import fault


@fault("open_module")
class OpensDictionaries:
    def open_module(self, module):
        return (module, {}) if isinstance(module, dict) else super().open_module(module)


@fault("open_module")
class OpensTwice:
    def open_module(self, module):
        opened = super().open_module(module)
        return opened and ({**opened[0], "again": opened[0]["weight"]}, opened[1])


@fault("open_module")
class StateIsAParameter:
    def open_module(self, module):
        opened = super().open_module(module)
        return opened and ({**opened[0], "count": np.array(1)}, opened[1])


@fault("evaluate_module")
class EvaluatesTheModuleItself:
    def evaluate_module(self, module, f, values):
        for name, value in values.items():
            setattr(module, name, value)
        return f(module), {"total": module.total}


@fault("evaluate_module")
class PutsBackUnlessItRaises:
    """And other threads see it."""

    def evaluate_module(self, module, f, values):
        before = dict(vars(module))
        vars(module).update(values)
        found = f(module), {"total": module.total}
        vars(module).update(before)
        return found


@fault("evaluate_module")
class ForgetsTheBias:
    def evaluate_module(self, module, f, values):
        return super().evaluate_module(module, f, {name: one for name, one in values.items() if name != "bias"})


@fault("evaluate_module")
class EvaluatesTwice:
    def evaluate_module(self, module, f, values):
        super().evaluate_module(module, f, values)
        return super().evaluate_module(module, f, values)


@fault("evaluate_module")
class StateOfBefore:
    def evaluate_module(self, module, f, values):
        return super().evaluate_module(module, f, values)[0], {"total": module.total}


@fault("evaluate_module")
class Detaches:
    def evaluate_module(self, module, f, values):
        return super().evaluate_module(module, f, {name: anp.array(getval(one)) for name, one in values.items()})


@fault("sample_module")
class OneSample:
    kept = None

    def sample_module(self):
        self.kept = self.kept or super().sample_module()
        return self.kept
