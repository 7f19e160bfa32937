"""Backends whose native gradient is not what vjp gives."""

import numpy as np
from autograd.tracer import getval

from .fault import fault, mapped

ROW = "value_and_gradient"


class Gradients:
    """The native gradient, with a change of what it returns."""

    def change(self, value, gradient):
        raise NotImplementedError

    def value_and_gradient(self, f, *primals):
        return self.change(*super().value_and_gradient(f, *primals))


@fault(ROW)
class GradientTwice(Gradients):
    def change(self, value, gradient):
        return value, tuple(2 * entry for entry in gradient)


@fault(ROW)
class GradientBeforeValue(Gradients):
    def change(self, value, gradient):
        return gradient, value


@fault(ROW)
class GradientOfTheFirstAlone(Gradients):
    def change(self, value, gradient):
        return value, (gradient[0], *(0 * entry for entry in gradient[1:]))


@fault(ROW)
class GradientConstant(Gradients):
    def change(self, value, gradient):
        return value, mapped(getval, gradient)


@fault(ROW)
class GradientConstantValue(Gradients):
    def change(self, value, gradient):
        return getval(value), gradient


@fault(ROW)
class GradientBare(Gradients):
    def change(self, value, gradient):
        return value, gradient[0] if len(gradient) == 1 else gradient


@fault(ROW)
class GradientOfAConstantFails(Gradients):
    def change(self, value, gradient):
        if not any(np.any(getval(entry)) for entry in gradient):
            raise RuntimeError("does not require grad")
        return value, gradient
