"""What is wrong with a scenario."""

from __future__ import annotations


class ScenarioError(ValueError):
    """A scenario that does not fit the suite."""
