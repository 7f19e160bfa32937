"""The command line. Exit status: 0 all is as declared, 1 a finding, 2 a usage error."""

from __future__ import annotations

import click

from .commands.lazy import Imported
from .commands.warned import warned_in_lines

_PLACES = {
    "backends": "backends:list_backends",
    "bench": "bench:bench",
    "check": "check:check",
    "conformance": "conformance:conformance",
    "explain": "explain:explain",
    "measured": "measured:measured",
    "mutation": "mutation:mutation",
    "report": "report:report_group",
}
_COMMANDS = Imported({name: f"nestgrad_conformance.commands.{place}" for name, place in _PLACES.items()})


@click.group(name="nestgrad", commands=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nestgrad")
@click.pass_context
def command(context: click.Context) -> None:
    """Nested automatic differentiation: which nestings work, measured."""
    context.with_resource(warned_in_lines())
