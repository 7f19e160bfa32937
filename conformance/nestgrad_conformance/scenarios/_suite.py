"""All scenarios there are: the bundled ones and those of scenario packs."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from nestgrad import PluginError
from nestgrad.internal import answers

from . import foreign, native, ops, programs, transforms
from ._scenario import Scenario


def bundled() -> tuple[Scenario, ...]:
    """The suite's own scenarios."""
    return ops.SCENARIOS + programs.SCENARIOS + native.SCENARIOS + transforms.SCENARIOS + foreign.SCENARIOS


def load() -> dict[str, Scenario]:
    """Every scenario by id, those of installed packs included.

    A pack that is broken is left out, with a `PluginWarning`: one that does not load, that gives something else than
    scenarios, or one with an id that is there already.
    """
    scenarios = {one.id: one for one in bundled()}
    for pack in answers("nestgrad_scenarios", functools.partial(_pack, scenarios)):
        scenarios |= pack
    return scenarios


def _pack(known: Mapping[str, Scenario], given: Iterable[Scenario]) -> dict[str, Scenario]:
    """The scenarios of a pack by id."""
    pack: dict[str, Scenario] = {}
    for one in given:
        if not isinstance(one, Scenario):
            raise PluginError(f"Its hook nestgrad_scenarios gives a {type(one).__name__} among the scenarios.")
        if one.id in known or one.id in pack:
            raise PluginError(f"Its scenario {one.id!r} has the id of another one; it needs a name of its own.")
        pack[one.id] = one
    return pack
