"""Functions of other engines as one recorded operation: with both rules in eager execution, and a gradient in a graph.

A graph runs them through `tf.numpy_function`, which no forward mode goes through, and which XLA does not compile.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import forwardprop_util, record
from tensorflow.python.framework.func_graph import FuncGraph

from nestgrad.extend import Nesting, Node, ShapeDtype, StructureMismatchError, UnsupportedNestingError, with_tangents

from ._levels import Rerouted, here


def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    tensors = tuple(map(tf.convert_to_tensor, arrays))
    if any(map(tf.is_symbolic_tensor, tensors)) or not tf.executing_eagerly():
        return _in_graph(node, tensors)
    along = _tangents(tensors)
    if not along:
        return _recorded(node, tensors, _evaluated(node, tensors))
    found = with_tangents(_evaluated(node.value_and_jvp(tuple(along)), (*tensors, *along.values())), _moves)
    return _recorded(node, tensors, [y for y, _ in found], _Pushed(along, [t for _, t in found if t is not None]))


def _evaluated(node: Node, tensors: Sequence[Any]) -> list[Any]:
    return [tf.constant(array) for array in node(*[tensor.numpy() for tensor in tensors])]


def _tangents(tensors: Sequence[Any]) -> dict[int, Any]:
    """By their places: none where several accumulators are at work, one of which would be taken for the other."""
    packed = forwardprop_util.pack_tangents(tensors)
    if len(packed.indices) != 1:
        return {}
    moved, count = _moved(tensors), len(tensors)
    return {place: packed.tangents[at - count] for place, at in sorted(packed.indices[0]) if place in moved}


class _Pushed(NamedTuple):
    """Tangents of a node's outputs that came with their values: along these tangents of its inputs, by place."""

    along: dict[int, Any]
    found: list[Any]

    def are_along(self, tangents: Sequence[Any]) -> bool:
        """Whether these, of all inputs, are the very same: TensorFlow puts zeros where there is none."""
        return all(tangents[i] is one for i, one in self.along.items())


def _recorded(
    node: Node, inputs: Sequence[Any], outputs: Sequence[Any], pushed: _Pushed | None = None
) -> tuple[Any, ...]:
    rules = _Rules(node, inputs, outputs, pushed)
    record.record_operation("Foreign", list(outputs), list(inputs), rules.pull, rules.push)
    return tuple(outputs)


class _Rules:
    """The two rules of a node at these inputs, for tensors of any shapes."""

    def __init__(
        self, node: Node, inputs: Sequence[Any], outputs: Sequence[Any], pushed: _Pushed | None = None
    ) -> None:
        self._node, self._x, self._pushed = node, inputs, pushed
        self._inputs, self._outputs = _moved(inputs), _moved(outputs)
        self._y, self._count = outputs, len(outputs)

    def pull(self, *cotangents: Any) -> list[Any]:
        """The cotangents of the inputs; None for what has none."""
        outputs = tuple(i for i in self._outputs if cotangents[i] is not None)
        if not self._inputs or not outputs:
            return [None] * len(self._x)
        given = [_like(cotangents[i], self._y[i]) for i in outputs]
        found = lift(self._node.vjp(self._inputs, outputs), *self._x, *given)
        return _placed(self._inputs, found, len(self._x))

    def push(self, *tangents: Any) -> list[Any]:
        """The tangents of the outputs; None for what has none."""
        known = self._pushed if self._pushed is not None and self._pushed.are_along(tangents) else None
        along = {i: tangents[i] for i in self._inputs if tangents[i] is not None} if known is None else known.along
        if not along or not self._outputs:
            return [None] * self._count
        node, given = self._node.jvp(tuple(along), self._outputs), (*self._x, *along.values())
        found = lift(node, *given) if known is None else _recorded(node, given, known.found)
        return _placed(self._outputs, found, self._count)


def _in_graph(node: Node, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
    if forwardprop_util.pack_tangents(tensors).tangents:
        if here.accumulators:
            raise Rerouted("foreign", _NO_TANGENTS)
        nesting = Nesting("F")
        raise UnsupportedNestingError(backend="tensorflow", nesting=nesting, operation="foreign", reason=_NO_TANGENTS)
    with tf.init_scope():  # f may use TensorFlow itself, which is not to be traced here
        wanted = node.shapes([ShapeDtype(_shape(one), np.dtype(one.dtype.as_numpy_dtype)) for one in tensors])
    graph = tf.compat.v1.get_default_graph()
    with graph.gradient_override_map({"PyFuncStateless": GRADIENT}), record.stop_recording():
        found = tf.numpy_function(
            functools.partial(_run, weakref.ref(node), wanted),
            tensors,
            [tf.as_dtype(one.dtype) for one in wanted],
            stateful=False,
        )
    for output, told in zip(found, wanted, strict=True):
        output.set_shape(told.shape)  # which `_run` checks
    _keep(node, graph, found)
    record.record_operation("Foreign", found, list(tensors), _Rules(node, tensors, found).pull)
    return tuple(found)


GRADIENT = "NestgradForeign"
"""The type that TensorFlow knows the gradient of such operations by."""
_nodes: weakref.WeakKeyDictionary[Any, dict[str, Node]] = weakref.WeakKeyDictionary()
"""By graph and name of the operation. `tf.custom_gradient` keeps a function, and its graph, for ever, and so does
`tf.numpy_function`, which is given a reference alone."""
_inside: weakref.WeakKeyDictionary[Any, list[Node]] = weakref.WeakKeyDictionary()
"""By each graph around it, which may outlive that of a loop's body, and has operations of the same names."""


def _keep(node: Node, graph: Any, found: list[Any]) -> None:
    """Let the node live as long as a graph that it is called in, or one around it."""
    if found:
        _nodes.setdefault(graph, {})[found[0].op.name] = node
    while isinstance(graph, FuncGraph):
        _inside.setdefault(graph, []).append(node)
        graph = graph.outer_graph


def _run(reference: weakref.ref[Node], wanted: Sequence[ShapeDtype], *arrays: Any) -> Any:
    node = reference()
    assert node is not None
    found = node(*arrays)
    for array, told in zip(found, wanted, strict=True):
        if not tf.TensorShape(told.shape).is_compatible_with(array.shape):
            raise StructureMismatchError(
                f"{node} gave an array of shape {array.shape}; where the graph was traced it was to be {told.shape}."
            )
    return found


@tf.RegisterGradient(GRADIENT)
def _gradient(operation: Any, *cotangents: Any) -> list[Any]:
    node = _nodes[operation.graph][operation.name]
    return _Rules(node, list(operation.inputs), list(operation.outputs)).pull(*cotangents)


_NO_TANGENTS = "in a graph, TensorFlow's ForwardAccumulator sees nothing of a function of another engine."


def _shape(tensor: Any) -> tuple[int | None, ...]:
    if tensor.shape.rank is None:
        raise StructureMismatchError(
            "A tensor of unknown rank cannot be given to a function of another engine. Set its shape: x.set_shape(...)."
        )
    return tuple(tensor.shape.as_list())


def _like(cotangent: Any, output: Any) -> Any:
    """The cotangent, dense, of the shape that is known of what it belongs to."""
    tensor = tf.convert_to_tensor(cotangent)
    if tf.is_symbolic_tensor(tensor):
        tensor.set_shape(output.shape)
    return tensor


def _moves(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def _moved(tensors: Sequence[Any]) -> tuple[int, ...]:
    return tuple(i for i, one in enumerate(tensors) if _moves(one))


def _placed(places: Sequence[int], found: Sequence[Any], count: int) -> list[Any]:
    known = dict(zip(places, found, strict=True))
    return [known.get(i) for i in range(count)]
