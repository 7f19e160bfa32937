"""What jax says when it cannot differentiate, read as a refusal. Tested with the versions in constraints.txt."""

from __future__ import annotations

import dataclasses
import traceback

import jax

from nestgrad.extend import Message, Mode, Nesting, Refusal, recognised

CUSTOM_VJP = "a custom_vjp function has no forward rule"
_ADJOINT = "If it is a solver's, take another adjoint, such as DirectAdjoint of diffrax."
_NOT_LINEAR = "Linearization failed to produce known values"
_NOT_INSIDE = "jax cannot look inside a callback to differentiate it."
MESSAGES = (
    Message(
        r"jvp\) to a custom_vjp function|custom_lin|call_hi_primitive_linearized|fallback_linearize_rule\(\) got",
        "custom_vjp",
        f"{CUSTOM_VJP} (jax#16049).",
        Mode.REVERSE,
        _ADJOINT,
    ),
    Message(r"for \w+ support, subclass <class '(?:[^']*\.)?(\w+)'> must", "{}", "its class has no such rule."),
    Message(
        r"Reverse-mode differentiation does not work for lax\.while_loop",
        "while_loop",
        "a while_loop of unknown length cannot be run backwards.",
        Mode.FORWARD,
        f"Write it as a scan, or a fori_loop of a length that is known. {_ADJOINT}",
    ),
    Message(
        r"Singular value decomposition JVP not implemented for full matrices",
        "svd",
        "jax has no derivative of the singular vectors that span a null space.",
        None,
        "Pass full_matrices=False.",
    ),
    Message(r"Pure callbacks do not support JVP", "pure_callback", _NOT_INSIDE),
    Message(r"IO callbacks do not support JVP", "io_callback", _NOT_INSIDE),
    Message(
        r"(?:Differentiation|JVP) rule for '?(\w+)'? not implemented", "{}", "jax has no differentiation rule for it."
    ),
    Message(r"(\w+) JVP not implemented", "{}", "jax has no differentiation rule for it."),
    Message(
        r"(\w+) gradients are only implemented if `unique_indices=True`",
        "{}",
        "jax has no rule for it with indices that may repeat.",
    ),
    Message(
        r"Betainc gradient with respect to a and b not supported",
        "betainc",
        "jax differentiates betainc in its bound alone, not in its parameters.",
    ),
    Message(
        r"jit-compiling jnp\.repeat, the total number",
        "repeat",
        "to compile it jax needs counts that are no arrays, or total_repeat_length.",
    ),
    Message(r"No constant handler for type: .*Tracer", None, "one of jax's rules leaks a traced value."),
    Message(
        r"Derivatives of non-symmetric eigenvectors", "eig", "jax has no rule for the eigenvectors of general matrices."
    ),
    Message(
        r"Called \w+ with a float0 array", None, "one of jax's rules takes the tangent of an integer for a number's."
    ),
    Message(
        r"Unimplemented grad_\w+ for ragged dot", "ragged_dot", "jax has no rule for its reverse rule.", Mode.FORWARD
    ),
    Message(_NOT_LINEAR, None, "jax has no reverse rule for it.", Mode.FORWARD),
    Message(
        r"same tree structure as init_values",
        "reduce_window",
        "jax has no reverse rule for a reduction by a function of its own.",
    ),
    Message(
        r"Transpose rule \(for reverse-mode differentiation\) for '(\w+)' not implemented",
        "{}",
        "jax has no reverse rule for it.",
        Mode.FORWARD,
    ),
)  # fmt: skip


def refusal_of(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of jax means, or None."""
    refusal = recognised(MESSAGES, exception, nesting)
    if refusal is not None and _NOT_LINEAR in str(exception):
        return dataclasses.replace(refusal, operation=_primitive_of(exception))
    return refusal


def _primitive_of(exception: Exception) -> str | None:
    """The primitive that jax was at when it raised: its message names none."""
    frames = [frame for frame, _ in traceback.walk_tb(exception.__traceback__)]
    found = [frame.f_locals["primitive"] for frame in frames if "primitive" in frame.f_locals]
    names = [primitive.name for primitive in found if isinstance(primitive, jax.extend.core.Primitive)]
    return names[-1].removesuffix("_call") if names else None
