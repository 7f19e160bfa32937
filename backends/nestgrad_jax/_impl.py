"""The JAX backend."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from nestgrad.extend import Canary, Nesting, NotDifferentiableError, PrecisionLossError, Refusal, plain_numpy

from ._canary import make_canary
from ._guard.programs import run_inspected
from ._guard.watch import mended
from ._messages import recognised


class Jax:
    """JAX arrays, on whatever device they are.

    Untraced, every call is dispatched operation by operation, which costs milliseconds: use
    `compile=True`, or call the operator inside your own `jax.jit`. Safe to use from several threads.
    """

    name = "jax"
    xp: ModuleType = jnp
    preferred = ("FR", "RR", "RF")

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

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; an array on the host alone is looked at."""
        return not _is_on_host(value) or bool(np.isfinite(value).all())

    def device(self, array: Any) -> Any:
        """Where an array was put on purpose; `None` for one that jax may move, or a tracer."""
        return None if isinstance(array, jax.core.Tracer) or not array.committed else array.device

    def flatten(self, tree: Any) -> tuple[Any, Any]:
        """Jax's own pytrees."""
        return jax.tree_util.tree_flatten(tree)

    def unflatten(self, structure: Any, leaves: Any) -> Any:
        """The inverse of `flatten`."""
        return jax.tree_util.tree_unflatten(structure, leaves)

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ForwardMode.jvp`."""
        return jax.jvp(mended(f), tuple(primals), tuple(tangents), has_aux=has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `nestgrad.extend.ReverseMode.vjp`."""
        return jax.vjp(mended(f), *primals, has_aux=has_aux)

    def compile(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """See `nestgrad.extend.Compile.compile`."""
        return jax.jit(f)

    def vmap(self, f: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
        """See `nestgrad.extend.Batch.vmap`."""
        return jax.vmap(f, in_axes)

    def linearize(self, f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
        """See `nestgrad.extend.Linearize.linearize`."""
        return jax.linearize(mended(f), *primals)

    def run(self, word: Nesting, route: Callable[..., Any], *inputs: Any) -> Any:
        """Evaluate a route, inside another trace only after a look at its program."""
        return run_inspected(route, inputs)

    def classify(self, exception: Exception, word: Nesting) -> Refusal | None:
        """Jax's refusals, by message; tested with the versions that constraints.txt names."""
        return recognised(exception, word)

    def prepare_worker(self) -> None:
        """64 bits, and compiled programs kept for the next run, in a process of the conformance suite."""
        jax.config.update("jax_enable_x64", True)
        if folder := os.environ.get("NESTGRAD_CACHE"):
            jax.config.update("jax_compilation_cache_dir", os.path.join(folder, "jax"))
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()

    def bare(self) -> Any:
        """Jax itself, for raw measurements."""
        from ._raw import BareJax

        return BareJax()


def _is_on_host(value: Any) -> bool:
    """Whether a value is there to be read: no tracer, nor on an accelerator or another machine."""
    if not isinstance(value, jax.Array):
        return True  # a constant that jax keeps as a NumPy array
    if isinstance(value, jax.core.Tracer) or not value.is_fully_addressable:
        return False
    return all(device.platform == "cpu" for device in value.devices())


if TYPE_CHECKING:
    from nestgrad.extend import Backend, Batch, Compile, ForwardMode, Linearize, ReverseMode

    class _Spec(Backend, ForwardMode, ReverseMode, Batch, Compile, Linearize, Protocol): ...

    _: _Spec = Jax()
