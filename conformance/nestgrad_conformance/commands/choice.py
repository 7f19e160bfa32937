"""A name that must be one of a few: a misspelt one is answered with the closest."""

from __future__ import annotations

import click

from nestgrad.internal import did_you_mean


class OneOf(click.Choice[str]):
    """One of some names."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """What to say of a name that is not among them."""
        return f"{super().get_invalid_choice_message(value, ctx)} {did_you_mean(str(value), self.choices)}"
