"""Rules that were written outside of TensorFlow, by `tf.custom_gradient`: it makes an identity for each result."""

from __future__ import annotations

from nestgrad.extend import own_rule
from nestgrad_tensorflow._operation import caller

_ENGINES = ("tensorflow", "keras", __name__.partition(".")[0])


def tell_rule() -> None:
    """Declare the rule of the function that the identity, which was just made, is a result of, if it is one's own."""
    frame = caller("ops/custom_gradient.py", "_eager_mode_decorator", "_graph_mode_decorator")
    f = None if frame is None else frame.f_locals.get("f")
    if f is not None and str(getattr(f, "__module__", "")).partition(".")[0] not in _ENGINES:
        own_rule(getattr(f, "__name__", repr(f)))
