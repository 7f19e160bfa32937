"""Functions in Python, and rules that users write for them."""

from __future__ import annotations

from nestgrad_tensorflow._arguments import any_varies, never
from nestgrad_tensorflow._levels import here
from nestgrad_tensorflow._operation import Call, caller
from nestgrad_tensorflow._sight import Sight

_FUNCTION = ("_eager_mode_decorator", "_graph_mode_decorator")
_RULE = ("actual_grad_fn", "tape_grad_fn")
_DEPTH = 100  # frames between the call and the `tf.custom_gradient` that it is in, at most


def _is_in(*names: str) -> bool:
    """Whether the present line is called in a `tf.custom_gradient`, and there innermost by one of these."""
    frame = caller("custom_gradient.py", *_FUNCTION, *_RULE, depth=_DEPTH)
    return frame is not None and frame.f_code.co_name in names


def _is_without_rule(call: Call) -> bool:
    """Whether a call of `tf.numpy_function` is taken for a constant; in a graph, where it cannot be told, it is."""
    return not _is_in(*_FUNCTION, *_RULE) and (here.graph is not None or any_varies(call))


def _is_in_rule(call: Call) -> bool:
    """Whether one is in the rule of a `tf.custom_gradient`, which is differentiated."""
    return _is_in(*_RULE) and any_varies(call)


def _has_a_rule(call: Call) -> bool:
    """Whether one is in the function of a `tf.custom_gradient`, whose rule may use what it computed."""
    return _is_in(*_FUNCTION) and any_varies(call)


_NUMPY = ("PyFunc", "PyFuncStateless")

SIGHTS = {
    "numpy_function": (Sight(_NUMPY, when=_is_without_rule),),
    "numpy_rule": (
        Sight(_NUMPY, when=_is_in_rule, when_inside=never),
        Sight(_NUMPY, closes=True, when=_has_a_rule, when_inside=never),
    ),
    "py_function": (Sight(("EagerPyFunc",)),),
    "custom_gradient": (Sight(),),  # in `_guard.rules`
    "custom_gradient_in_a_map": (Sight(),),
}
