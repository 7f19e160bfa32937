"""jax itself, without nestgrad's look at the program and without its refusals: what a raw measurement runs."""

from __future__ import annotations

from typing import Any

from ._impl import Jax


class BareJax(Jax):
    """`jax.jvp` and `jax.vjp`, plainly composed."""

    run: Any = None
    classify: Any = None
    finite: Any = None
    canary: Any = None
