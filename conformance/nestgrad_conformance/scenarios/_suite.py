"""All scenarios there are: the bundled ones and those of scenario packs."""

from __future__ import annotations

from nestgrad._registry import plugins

from . import native, ops, programs, transforms
from ._errors import ScenarioError
from ._scenario import Scenario


def bundled() -> tuple[Scenario, ...]:
    """The suite's own scenarios."""
    return ops.SCENARIOS + programs.SCENARIOS + native.SCENARIOS + transforms.SCENARIOS


def load() -> dict[str, Scenario]:
    """Every scenario by id, those of installed packs included.

    Raises:
        ScenarioError: two scenarios have one id.
    """
    packs = [found for plugin in plugins() for pack in plugin.hook.nestgrad_scenarios() for found in pack]
    scenarios: dict[str, Scenario] = {}
    for one in (*bundled(), *packs):
        if one.id in scenarios:
            raise ScenarioError(f"Two scenarios have the id {one.id!r}; rename the one of the pack.")
        scenarios[one.id] = one
    return scenarios
