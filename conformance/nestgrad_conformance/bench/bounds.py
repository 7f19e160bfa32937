"""What nestgrad may cost, as `bounds.toml` has it, and what is beyond that."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Iterable
from importlib.resources import files

import msgspec

from .figures import Figure

MARGIN = 1.25
"""What the bounds are multiplied with by `--gate`: for what one machine differs from another, and a run from a run."""


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What nestgrad may cost beside another route; a ratio or a number of microseconds, never both.

    Attributes:
        case: a pattern of ids.
        beside: the other route.
        ratio: nestgrad's time by that of the other one, at most.
        microseconds: nestgrad's time less that of the other one, at most.
    """

    case: str
    beside: str
    ratio: float | None = None
    microseconds: float | None = None

    def __post_init__(self) -> None:
        if (self.ratio is None) == (self.microseconds is None):
            raise ValueError(f"the bound of {self.case} is either a ratio or microseconds")

    def covers(self, figure: Figure) -> bool:
        """Whether a figure is one that this is about."""
        return figure.beside == self.beside and fnmatch.fnmatchcase(figure.case, self.case)

    def measured(self, figure: Figure) -> float:
        """The part of a figure that is bounded."""
        return figure.more.median if self.ratio is None else figure.ratio.median

    @property
    def most(self) -> float:
        """The bound itself."""
        found = self.microseconds if self.ratio is None else self.ratio
        assert found is not None
        return found

    def told(self, number: float) -> str:
        """A number of the kind of this bound."""
        return f"{number:+.1f} µs" if self.ratio is None else f"{number:.2f} ×"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    bound: list[Bound]


@functools.cache
def bounds() -> tuple[Bound, ...]:
    """Those of the file."""
    return tuple(msgspec.toml.decode(files(__package__).joinpath("bounds.toml").read_bytes(), type=_File).bound)


def bound_of(figure: Figure) -> Bound | None:
    """The first bound that a figure has, if any."""
    return next((one for one in bounds() if one.covers(figure)), None)


def is_beyond(figure: Figure) -> bool:
    """Whether a figure is beyond its bound times `MARGIN`; one without a bound never is."""
    bound = bound_of(figure)
    return bound is not None and not bound.measured(figure) <= bound.most * MARGIN


def beyond(figures: Iterable[Figure]) -> list[str]:
    """A line for each figure that `is_beyond`."""
    found = []
    for figure in filter(is_beyond, figures):
        bound = bound_of(figure)
        assert bound is not None
        measured, most, allowed = map(bound.told, (bound.measured(figure), bound.most, bound.most * MARGIN))
        found.append(f"{figure.case} beside {figure.beside}: {measured}, at most {most} ({allowed} with the margin).")
    return found
