"""What MLX says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

import re

from nestgrad.extend import Mode, Nesting, Refusal

_NO_RULE = re.compile(r"\[Primitive::(jvp|vjp)\] Not implemented for (\w+)")
_NO_FORWARD = {
    re.compile(r"JVP is not implemented for cumulative prod/min/max"): "cumulative prod/min/max",
    re.compile(r"\[scatter\w*\] JVP not yet implemented"): "scatter",
}
_OF_INDICES = re.compile(r"Cannot calculate (?:JVP|VJP) with respect to indices")
_NO_RULE_AT_ALL = {"Cholesky", "Eig", "Eigh", "Inverse", "LUF", "QRF", "SVD"}


def recognised(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of MLX means, or None."""
    text = str(exception)
    if found := _NO_RULE.search(text):
        mode, operation = ("forward" if found[1] == "jvp" else "reverse"), found[2]
        use = None if mode == "reverse" or operation in _NO_RULE_AT_ALL else _reverse(nesting)
        return Refusal(operation, f"MLX has no {mode} rule for it.", use)
    for pattern, operation in _NO_FORWARD.items():
        if pattern.search(text):
            return Refusal(operation, "MLX has no forward rule for it.", _reverse(nesting))
    if _OF_INDICES.search(text):
        # max has a reverse rule; in solve, which stops in reverse mode, there is no way out
        use = _reverse(nesting) if nesting.inner is Mode.FORWARD else None
        return Refusal("gather_axis", "MLX differentiates the indices that max or solve picks entries by.", use)
    return None


def _reverse(nesting: Nesting) -> str | None:
    """Reverse mode throughout, unless that is what failed."""
    code = "R" * nesting.order
    return None if nesting.code == code else code
