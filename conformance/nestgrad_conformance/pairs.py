"""What the suite measures by a name: a backend, or a pair in which one differentiates functions of the other."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import nestgrad as ng
from nestgrad.extend import Backend, Descriptor, provides
from nestgrad.internal import descriptor

PLUS = "+"
"""Between the names of a pair: `jax+torch` is outer jax over inner torch."""


@dataclass(frozen=True)
class Pair(Descriptor):
    """The descriptor of the outer backend under the name of the pair, and those of both."""

    both: tuple[Descriptor, Descriptor] = field(kw_only=True)


def described(name: str) -> Descriptor:
    """The descriptor of a registered backend, or of a pair of two; no engine is imported.

    Raises:
        BackendNotFoundError: the name is of neither.
        NestgradError: as in `nestgrad.get_backend`, but for the engine.

    Example:
        >>> pair = described("jax+torch")
        >>> pair.name, pair.engine, [one.name for one in engines(pair)]
        ('jax+torch', 'jax', ['jax', 'torch'])
    """
    outer, inner = _names(name)
    if inner is None:
        return descriptor(outer)
    both = descriptor(outer), descriptor(inner)
    known = {one.name: getattr(both[0], one.name) for one in fields(Descriptor)}
    return Pair(**{**known, "name": name}, both=both)


def engines(backend: Descriptor) -> tuple[Descriptor, ...]:
    """The descriptors of all that compute: of a pair the outer and the inner one."""
    return backend.both if isinstance(backend, Pair) else (backend,)


def loaded(name: str) -> tuple[Backend, Backend | None]:
    """The backend of this name, or the outer and the inner one of a pair, with their engines imported.

    Raises:
        BackendUnavailableError: as in `nestgrad.get_backend`; or the outer one takes no functions of other engines.
    """
    outer, inner = _names(name)
    backend = ng.get_backend(outer)
    if inner is None:
        return backend, None
    if not provides(backend, "lift"):
        raise ng.BackendUnavailableError(
            f"{outer} cannot be the outer backend of a pair: it takes no functions of other engines (it has no lift)."
        )
    return backend, ng.get_backend(inner)


def _names(name: str) -> tuple[str, str | None]:
    outer, plus, inner = name.partition(PLUS)
    if not plus:
        return name, None
    if not outer or not inner or PLUS in inner or outer == inner:
        raise ng.BackendNotFoundError(
            f"{name!r} is no pair: that is two backends, OUTER{PLUS}INNER, of which one differentiates functions of "
            "the other."
        )
    return outer, inner
