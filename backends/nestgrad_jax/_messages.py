"""What jax says when it cannot differentiate, read as a refusal. Tested with the versions in constraints.txt."""

from __future__ import annotations

import re
from typing import NamedTuple

from nestgrad.extend import Nesting, Refusal

from ._errors import SilentlyWrongError
from ._guard.programs import StagedCustomRule


class _Message(NamedTuple):
    """A message of jax, and what it means.

    Attributes:
        pattern: found in the message; its group, if it has one, is the operation.
        operation: the operation, or a format of the group.
        reason: why, in one sentence.
        use: the one mode that the operation works in.
    """

    pattern: str
    operation: str | None
    reason: str
    use: str | None = None


_CUSTOM_VJP = "a custom_vjp function has no forward rule"
_MESSAGES = (
    _Message(r"jvp\) to a custom_vjp function|custom_lin", "custom_vjp", f"{_CUSTOM_VJP} (jax#16049).", "R"),
    _Message(
        r"Reverse-mode differentiation does not work for lax\.while_loop",
        "while_loop",
        "a while_loop of unknown length cannot be run backwards.",
        "F",
    ),
    _Message(
        r"(Pure|IO) callbacks do not support JVP",
        "{}_callback",
        "jax cannot look inside a callback to differentiate it.",
    ),
    _Message(
        r"(?:Differentiation|JVP) rule for '?(\w+)'? not implemented", "{}", "jax has no differentiation rule for it."
    ),
    _Message(r"(\w+) JVP not implemented", "{}", "jax has no differentiation rule for it."),
    _Message(
        r"(\w+) gradients are only implemented if `unique_indices=True`",
        "{}",
        "jax has no rule for it with indices that may repeat.",
    ),
    _Message(
        r"Betainc gradient with respect to a and b not supported",
        "betainc",
        "jax differentiates betainc in its bound alone, not in its parameters.",
    ),
    _Message(
        r"jit-compiling jnp\.repeat, the total number",
        "repeat",
        "to compile it jax needs counts that are no arrays, or total_repeat_length.",
    ),
    _Message(r"No constant handler for type: .*Tracer", None, "one of jax's rules leaks a traced value."),
    _Message(
        r"Derivatives of non-symmetric eigenvectors", "eig", "jax has no rule for the eigenvectors of general matrices."
    ),
    _Message(
        r"Called \w+ with a float0 array", None, "one of jax's rules takes the tangent of an integer for a number's."
    ),
    _Message(
        r"Unimplemented grad_\w+ for ragged dot", "ragged_dot", "jax has no rule for its reverse rule.", "F"
    ),
    _Message(
        r"Linearization failed to produce known values|same tree structure as init_values",
        "reduce_window",
        "jax has no reverse rule for a reduction by a function of its own.",
    ),
    _Message(
        r"Transpose rule \(for reverse-mode differentiation\) for '(\w+)' not implemented",
        "{}",
        "jax has no reverse rule for it.",
        "F",
    ),
)  # fmt: skip


def recognised(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of jax means, or None."""
    if isinstance(exception, StagedCustomRule):
        return Refusal("custom_vjp", f"{_CUSTOM_VJP} ({exception}).", _alone("R", nesting))
    if isinstance(exception, SilentlyWrongError):
        operation, reason = exception.args
        return Refusal(operation, reason, None)
    for message in _MESSAGES:
        if found := re.search(message.pattern, str(exception)):
            operation = message.operation and message.operation.format(*found.groups()).lower()
            return Refusal(operation, message.reason, _alone(message.use, nesting))
    return None


def _alone(mode: str | None, nesting: Nesting) -> str | None:
    """The nesting of this mode throughout, unless it is the one that failed."""
    code = (mode or "") * nesting.order
    return None if not code or nesting.code == code else code
