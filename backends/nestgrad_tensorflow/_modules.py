"""Modules with other arrays than their variables: layers of Keras's in a scope, others as copies that hold tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, TypeAlias

import tensorflow as tf

from nestgrad.extend import NotDifferentiableError, evaluate_keras, open_keras

Named: TypeAlias = dict[str, Any]


def open_module(module: Any) -> tuple[Named, Named] | None:
    """The variables that are trained, and the others, by path."""
    if not isinstance(module, tf.Module):
        return open_keras(module)
    named = _named(module)
    if not named:
        raise NotDifferentiableError(f"The {type(module).__name__} has no variables yet. Call it once on an input.")
    parameters = {name: one for name, one in named.items() if one.trainable}
    return parameters, {name: one for name, one in named.items() if not one.trainable}


def evaluate_module(module: Any, f: Callable[[Any], Any], values: Mapping[str, Any]) -> tuple[Any, Named]:
    """`f(module)` with these values, and what the variables that are not trained would hold then.

    A variable that is read all the same, as by a function that was traced with it, would be a constant: it is looked
    for.
    """
    if not isinstance(module, tf.Module):
        return evaluate_keras(module, f, values)
    named = _named(module)
    held = {id(one): Held(tf.convert_to_tensor(values.get(name, one))) for name, one in named.items()}
    with tf.GradientTape() as tape:
        output = f(_copied(module, held, {}))
    read = {id(one) for one in tape.watched_variables()}
    for name, one in named.items():
        if id(one) in read and values.get(name, one) is not one:
            raise NotDifferentiableError(
                f"{name} is read from the {type(module).__name__} itself, as by a tf.function or a closure that holds "
                "it, and not as it was given. Read it from self in a method, and compile outside of the module."
            )
    return output, {name: held[id(one)].tensor for name, one in named.items() if not one.trainable}


class Held:
    """What stands for a variable: a tensor, which is another one after an assignment."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return tf.convert_to_tensor(self.tensor, dtype=dtype, name=name)

    def __getattr__(self, name: str) -> Any:
        if name == "tensor":  # a copy that is being made has none yet
            raise AttributeError(name)
        return getattr(self.tensor, name)

    def value(self) -> Any:
        """The tensor."""
        return self.tensor

    read_value = value

    def assign(self, value: Any, *_: Any, **__: Any) -> Any:
        """Hold another one."""
        self.tensor = tf.ensure_shape(tf.convert_to_tensor(value, dtype=self.tensor.dtype), self.tensor.shape)
        return self.tensor

    def assign_add(self, delta: Any, *_: Any, **__: Any) -> Any:
        """Hold the sum."""
        return self.assign(self.tensor + delta)

    def assign_sub(self, delta: Any, *_: Any, **__: Any) -> Any:
        """Hold the difference."""
        return self.assign(self.tensor - delta)


def _operator(name: str) -> Callable[..., Any]:
    def operate(self: Held, *others: Any) -> Any:
        return getattr(self.tensor, name)(*others)

    return operate


for _name in tf.Tensor.OVERLOADABLE_OPERATORS:
    setattr(Held, _name, _operator(_name))


def _named(module: tf.Module) -> Named:
    """Its variables, each once, by the attributes that lead to it."""
    paths = module._flatten(predicate=lambda value: isinstance(value, tf.Variable), with_path=True)
    found: dict[int, str] = {}
    return {".".join(map(str, path)): one for path, one in paths if found.setdefault(id(one), path) is path}


def _copied(value: Any, held: Mapping[int, Held], known: dict[int, Any]) -> Any:
    """A module like it, or what one holds, with these in the place of variables."""
    if isinstance(value, tf.Variable):
        return held.get(id(value), value)
    if isinstance(value, tf.Module):
        if id(value) not in known:
            known[id(value)] = copy = object.__new__(type(value))
            ignored = value._TF_MODULE_IGNORED_PROPERTIES
            for name, one in vars(value).items():
                copy.__dict__[name] = one if name in ignored else _copied(one, held, known)
        return known[id(value)]
    if isinstance(value, MethodType) and isinstance(value.__self__, tf.Module):
        return MethodType(value.__func__, _copied(value.__self__, held, known))
    if isinstance(value, (list, tuple, dict)):
        return tf.nest.map_structure(lambda one: _copied(one, held, known), value)
    return value


class Sample(tf.Module):
    """A layer that keeps the sum of what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = [tf.Variable([0.5, -1.0], dtype=tf.float64), tf.Variable([0.25, 0.5], dtype=tf.float64)]
        self.total = tf.Variable([0.0, 0.0], dtype=tf.float64, trainable=False)

    def __call__(self, x: Any) -> Any:
        self.total.assign_add(tf.reduce_sum(x, axis=0))
        return tf.tanh(x * self.weights[0]) + self.weights[1]


def sample_module() -> tuple[Any, tuple[Any, ...]]:
    """A layer, and a batch."""
    return Sample(), (tf.reshape(tf.linspace(tf.constant(-1.0, tf.float64), 2.0, 6), (3, 2)),)
