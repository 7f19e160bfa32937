"""What TensorFlow says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

import re

from nestgrad.extend import Nesting, Refusal

_NO_GRADIENT = re.compile(r"No gradient defined for operation.*?\(op type: (\w+)\)|registry has no entry for: (\w+)")
_DYNAMIC_SHAPE = re.compile(r"with op (\w+) must be a compile-time constant")
_NO_KERNEL = re.compile(r"unsupported operations when trying to compile graph.*?(\w+) \(No registered", re.DOTALL)
_TWO_ACCUMULATORS = re.compile(r"Recorded operation '\w*_jvp_\w+' returned")
_OTHERS = (
    (r"Gradient explicitly disabled\. Reason: (.*)", None, "its rule is not to be differentiated."),
    (r"Gradient not defined for fast=False", "lstsq", "TensorFlow has a derivative with fast=True alone."),
    (r"fixed tensor list size", "while_loop", "XLA runs backwards only through loops with maximum_iterations."),
    (r"Input is not invertible", "det", "TensorFlow's rule inverts the matrix, which is singular."),
    (r"Prod\w*_grad/Cumprod/split", "reduce_prod", "in a graph its rule fails on a product of nothing."),
    (r"does not yet support pivoting", "tridiagonal_solve", "XLA has no pivoting for it."),
    (
        r"Incompatible shapes between op input and calculated|a gradient of shape .* came back",
        None,
        "a rule of an operation gives a gradient of another shape than its input has.",
    ),
    (r"recompute_grad tried to transpose", "recompute_grad", "TensorFlow recomputes for one derivative alone."),
)


def recognised(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of TensorFlow means, or None."""
    text = str(exception)
    if found := _NO_GRADIENT.search(text):
        return Refusal(found[1] or found[2], "TensorFlow does not implement this derivative.")
    if _TWO_ACCUMULATORS.search(text):
        return Refusal(
            "ForwardAccumulator", "f has one of its own, inside the one for this nesting.", "R" * nesting.order
        )
    if found := _DYNAMIC_SHAPE.search(text):
        return Refusal(
            found[1], "its shape is computed inside a loop, and XLA compiles known shapes.", "R" * nesting.order
        )
    if found := _NO_KERNEL.search(text):
        return Refusal(found[1], "XLA cannot compile it.")
    for pattern, operation, reason in _OTHERS:
        if re.search(pattern, text):
            return Refusal(operation, reason)
    return None
