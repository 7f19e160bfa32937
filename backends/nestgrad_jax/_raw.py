"""jax itself, without nestgrad's look at the program and without its refusals: what a raw measurement runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nestgrad.extend import NotDifferentiableError, PrecisionLossError, evaluate_keras, open_keras, plain_numpy

from ._lift import evaluate_closed, lift


@jax.tree_util.register_pytree_node_class
class LinearMap:
    """A linear map that jax gives, a pytree, with what it holds: jax's arrays, which nobody can write."""

    def __init__(self, push: Any) -> None:
        self._push = push

    @classmethod
    def of(cls, push: Any) -> LinearMap:
        """The map without NumPy's arrays, which jax keeps as they are where it does not compile."""
        return cls(jax.tree_util.tree_map(lambda leaf: jnp.array(leaf) if isinstance(leaf, np.ndarray) else leaf, push))

    def __call__(self, *tangents: Any) -> Any:
        """What it gives for tangents, or for a cotangent."""
        return self._push(*tangents)

    def tree_flatten(self) -> tuple[tuple[Any], None]:
        """The map itself, which is a pytree of arrays."""
        return (self._push,), None

    @classmethod
    def tree_unflatten(cls, _: None, children: tuple[Any]) -> LinearMap:
        """The inverse."""
        return cls(*children)

    @property
    def held(self) -> LinearMap:
        """See `nestgrad.extend.Held`."""
        return self

    @property
    def nbytes(self) -> int:
        """The memory of all arrays in it."""
        return sum(leaf.nbytes for leaf in jax.tree_util.tree_leaves(self._push))

    def has_changed(self, raised: Exception | None = None) -> bool:
        """Never."""
        return False


class RawJax:
    """JAX arrays, and jax's own transforms."""

    name = "jax"
    xp: ModuleType = jnp
    preferred = ("FR", "RR", "RF")
    preferred_diagonal = ("FF", "FR", "RR", "RF")
    compiles_containers = True

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`."""
        if isinstance(value, (np.ndarray, np.generic)):
            value = plain_numpy(value)
            try:
                array = jnp.asarray(value)
            except TypeError as error:
                raise PrecisionLossError(f"jax has no dtype for NumPy's {value.dtype}.") from error
            if array.dtype != value.dtype:
                raise PrecisionLossError(
                    f"jax would store {value.dtype} as {array.dtype}. Enable 64 bits at the start of your program, "
                    f"jax.config.update('jax_enable_x64', True), or pass an array of dtype {array.dtype}."
                )
            return array
        if isinstance(value, jax.Array):
            return value
        if isinstance(value, (int, float, complex)):
            return jnp.asarray(value, dtype=None if like is None else like.dtype)
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for jax.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)

    def device(self, array: Any) -> Any:
        """Where an array was put on purpose; `None` for one that jax may move, or a tracer."""
        return None if isinstance(array, jax.core.Tracer) or not array.committed else array.device

    def flatten(self, tree: Any) -> tuple[Any, Any]:
        """Jax's own pytrees."""
        return jax.tree_util.tree_flatten(tree)

    def unflatten(self, structure: Any, leaves: Any) -> Any:
        """The inverse of `flatten`."""
        return jax.tree_util.tree_unflatten(structure, leaves)

    def open_module(self, module: Any) -> Any:
        """See `nestgrad.extend.Abilities.open_module`; other modules than Keras's are pytrees of jax's."""
        return open_keras(module)

    def evaluate_module(self, module: Any, f: Callable[[Any], Any], values: Any) -> tuple[Any, dict[str, Any]]:
        """See `nestgrad.extend.Abilities.evaluate_module`."""
        return evaluate_keras(module, f, values)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `jax.jvp`."""
        return jax.jvp(f, tuple(primals), tuple(tangents), has_aux=has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `jax.vjp`."""
        return jax.vjp(f, *primals, has_aux=has_aux)

    def linearize(self, f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
        """See `jax.linearize`."""
        value, push = jax.linearize(f, *primals)
        return value, LinearMap.of(push)

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`."""
        return jax.jit(f)

    def lift(self, node: Any, *arrays: Any) -> tuple[Any, ...]:
        """See `nestgrad.extend.Lift.lift`."""
        return lift(node, *arrays)

    def evaluate_closed(self, evaluate: Callable[[], Any]) -> Any:
        """See `nestgrad.extend.Abilities.evaluate_closed`."""
        return evaluate_closed(evaluate)

    def vmap(self, f: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
        """See `nestgrad.extend.Batch.vmap`."""
        return jax.vmap(f, in_axes)

    def prepare_worker(self) -> None:
        """64 bits, and compiled programs kept for the next run, in a process of the conformance suite."""
        jax.config.update("jax_enable_x64", True)
        if folder := os.environ.get("NESTGRAD_CACHE"):
            jax.config.update("jax_compilation_cache_dir", os.path.join(folder, "jax"))
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
