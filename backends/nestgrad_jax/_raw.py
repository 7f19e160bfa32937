"""jax itself, without nestgrad's look at the program and without its refusals: what a raw measurement runs."""

from __future__ import annotations

from typing import Any

import jax

from ._impl import Jax


class RawJax(Jax):
    """`jax.jvp` and `jax.vjp`, plainly composed."""

    run: Any = None
    classify: Any = None
    finite: Any = None
    canary: Any = None

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """See `jax.jvp`."""
        return jax.jvp(f, tuple(primals), tuple(tangents), has_aux=has_aux)

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """See `jax.vjp`."""
        return jax.vjp(f, *primals, has_aux=has_aux)
