"""What TensorFlow says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

from nestgrad.extend import Message, Mode

_NOT_IMPLEMENTED = "TensorFlow does not implement this derivative."
MESSAGES = (
    Message(r"No gradient defined for operation.*?\(op type: (\w+)\)", "{}", _NOT_IMPLEMENTED),
    Message(r"registry has no entry for: (\w+)", "{}", _NOT_IMPLEMENTED),
    Message(
        r"Recorded operation '\w*_jvp_\w+' returned",
        "ForwardAccumulator",
        "f has one of its own, inside the one for this nesting.",
        Mode.REVERSE,
    ),
    Message(
        r"with op (\w+) must be a compile-time constant",
        "{}",
        "its shape is computed inside a loop, and XLA compiles known shapes.",
        Mode.REVERSE,
    ),
    Message(
        r"(?s)unsupported operations when trying to compile graph.*?(\w+) \(No registered",
        "{}",
        "XLA cannot compile it.",
    ),
    Message(r"Gradient explicitly disabled\. Reason: ", None, "its rule is not to be differentiated."),
    Message(r"Gradient not defined for fast=False", "lstsq", "TensorFlow has a derivative with fast=True alone."),
    Message(
        r"fixed tensor list size", "while_loop", "XLA runs backwards only through loops with maximum_iterations."
    ),
    Message(r"Input is not invertible", "det", "TensorFlow's rule inverts the matrix, which is singular."),
    Message(
        r"Prod\w*_grad/Cumprod/split", "reduce_prod", "in a graph its rule fails on a product of nothing."
    ),
    Message(r"does not yet support pivoting", "tridiagonal_solve", "XLA has no pivoting for it."),
    Message(
        r"Incompatible shapes between op input and calculated|a gradient of shape .* came back",
        None,
        "a rule of an operation gives a gradient of another shape than its input has.",
    ),
    Message(
        r"recompute_grad tried to transpose", "recompute_grad", "TensorFlow recomputes for one derivative alone."
    ),
)  # fmt: skip
