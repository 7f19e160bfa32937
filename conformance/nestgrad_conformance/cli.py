"""The command line. Exit status: 0 all is as declared, 1 a finding, 2 a usage error."""

from __future__ import annotations

import click

from .commands.backends import list_backends
from .commands.bench import bench
from .commands.check import check
from .commands.conformance import conformance
from .commands.left_out import warned_in_lines
from .commands.mutation import mutation
from .commands.report import report_group


@click.group(name="nestgrad", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nestgrad")
@click.pass_context
def command(context: click.Context) -> None:
    """Nested automatic differentiation: which nestings work, measured."""
    context.with_resource(warned_in_lines())


command.add_command(list_backends)
command.add_command(conformance)
command.add_command(report_group)
command.add_command(check)
command.add_command(mutation)
command.add_command(bench)
