"""What MLX says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

from nestgrad.extend import Message, Mode, Nesting, Refusal, recognised, throughout

_NO_REVERSE, _NO_FORWARD = "MLX has no reverse rule for it.", "MLX has no forward rule for it."
_MESSAGES = (
    Message(r"\[Primitive::vjp\] Not implemented for (\w+)", "{}", _NO_REVERSE),
    Message(
        r"\[Primitive::jvp\] Not implemented for (Cholesky|Eig|Eigh|Inverse|LUF|QRF|SVD)\b", "{}", _NO_FORWARD
    ),  # nor has it a reverse rule
    Message(r"\[Primitive::jvp\] Not implemented for (\w+)", "{}", _NO_FORWARD, Mode.REVERSE),
    Message(
        r"JVP is not implemented for cumulative prod/min/max", "cumulative prod/min/max", _NO_FORWARD, Mode.REVERSE
    ),
    Message(r"\[scatter\w*\] JVP not yet implemented", "scatter", _NO_FORWARD, Mode.REVERSE),
)
_OF_INDICES = "Cannot calculate {} with respect to indices"


def refusal_of(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of MLX means, or None."""
    if any(_OF_INDICES.format(transform) in str(exception) for transform in ("JVP", "VJP")):
        # max has a reverse rule; in solve, which stops in reverse mode, there is no way out
        use = throughout(Mode.REVERSE, nesting) if nesting.inner is Mode.FORWARD else None
        return Refusal("gather_axis", "MLX differentiates the indices that max or solve picks entries by.", use)
    return recognised(_MESSAGES, exception, nesting)
