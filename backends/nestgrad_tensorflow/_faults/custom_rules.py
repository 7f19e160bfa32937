"""Functions in Python, and rules that users write for them."""

from __future__ import annotations

from typing import Any

from nestgrad_tensorflow._arguments import any_varies, is_floating, never
from nestgrad_tensorflow._inner_functions import Node
from nestgrad_tensorflow._levels import here
from nestgrad_tensorflow._lift import GRADIENT
from nestgrad_tensorflow._operation import Call, caller
from nestgrad_tensorflow._sight import Sight

_FUNCTION = ("_eager_mode_decorator", "_graph_mode_decorator")
_RULE = ("actual_grad_fn", "tape_grad_fn")
_TYPE = "_gradient_op_type"
_DEPTH = 100  # frames between the call and the `tf.custom_gradient` that it is in, at most


def _is_in(*names: str) -> bool:
    """Whether the present line is called in a `tf.custom_gradient`, and there innermost by one of these."""
    frame = caller("custom_gradient.py", *_FUNCTION, *_RULE, depth=_DEPTH)
    return frame is not None and frame.f_code.co_name in names


def _is_without_rule(call: Call) -> bool:
    """Whether a call of `tf.numpy_function` is taken for a constant; in a graph, where it cannot be told, it is."""
    if _is_in(*_FUNCTION, *_RULE):
        return False
    return any_varies(call) if here.graph is None else not _has_gradient(call.outputs[0].op.node_def.attr)


def _is_without_rule_inside(node: Node) -> bool:
    return is_floating(node) and not _has_gradient(node.definition.attr)


def _has_gradient(attributes: Any) -> bool:
    """Whether it is a function of another engine, which has rules."""
    return _TYPE in attributes and attributes[_TYPE].s == GRADIENT.encode()


def _is_in_rule(call: Call) -> bool:
    """Whether one is in the rule of a `tf.custom_gradient`, which is differentiated."""
    return _is_in(*_RULE) and any_varies(call)


def _has_a_rule(call: Call) -> bool:
    """Whether one is in the function of a `tf.custom_gradient`, whose rule may use what it computed."""
    return _is_in(*_FUNCTION) and any_varies(call)


_NUMPY = ("PyFunc", "PyFuncStateless")

SIGHTS = {
    "numpy_function": (Sight(_NUMPY, when=_is_without_rule, when_inside=_is_without_rule_inside),),
    "numpy_rule": (
        Sight(_NUMPY, when=_is_in_rule, when_inside=never),
        Sight(_NUMPY, closes=True, when=_has_a_rule, when_inside=never),
    ),
    "py_function": (Sight(("EagerPyFunc",)),),
    "custom_gradient": (Sight(),),  # in `_guard.rules`
    "custom_gradient_in_a_map": (Sight(),),
}
