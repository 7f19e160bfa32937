"""`nestgrad report`: read, render, merge and compare reports."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console

from nestgrad.internal import left_out
from nestgrad_conformance import repro
from nestgrad_conformance.render import formats, terminal
from nestgrad_conformance.report import differ, schema, summary
from nestgrad_conformance.report.keeping import check_report_file, write_page
from nestgrad_conformance.report.merge import merge
from nestgrad_conformance.run import stale
from nestgrad_conformance.scenarios import load

from .errors import Failed, Refused, usage_errors
from .rendering import rendered
from .status import FINDING

FILE = click.Path(dir_okay=False, path_type=Path)
_files = click.argument("files", nargs=-1, required=True, type=FILE)


class _Formats(click.Group):
    """The commands of the group, and one for each report format that a plug-in adds.

    Help lists the former alone: it asks no plug-in, so that a broken one cannot take it away.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; a format's is made when it is asked for."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        if (render := formats.named(cmd_name)) is not None:
            return _rendering(cmd_name, render)
        if left_out():
            raise Refused(f"There is no command or report format {cmd_name!r}; what was left out may have brought it.")
        return None


def _rendering(name: str, render: formats.Format) -> click.Command:
    """The command that renders reports in a format."""

    @click.command(name, help=f"Render reports as {name}.")
    @_files
    @click.option("-o", "--output", type=FILE, help="Write here instead of to standard output.")
    def command(files: tuple[Path, ...], output: Path | None) -> None:
        _out(rendered(name, render, read(files)), output)

    return command


@click.group("report", cls=_Formats)
def report_group() -> None:
    """Read reports. A plug-in's report format is a command too: nestgrad report FORMAT FILES."""


for _name, _render in formats.BUNDLED.items():
    report_group.add_command(_rendering(_name, _render))


@report_group.command("show")
@_files
def show_report(files: tuple[Path, ...]) -> None:
    """Show reports as one matrix; the exit status is the verdicts'."""
    sys.exit(shown(read(files)))


@report_group.command("merge")
@_files
@click.option("-o", "--output", required=True, type=FILE, help="Write the merged report here.")
def merge_reports(files: tuple[Path, ...], output: Path) -> None:
    """Merge the reports of several backends into one."""
    merged = read(files)
    if not merged.cells:
        raise Refused("None of these reports has a cell; nothing is written.")
    with usage_errors():
        check_report_file(output, {cell.id for cell in merged.cells}, merged.run)
        click.echo(f"{len(merged.cells)} cells in {schema.write(merged, output)}")


@report_group.command("diff")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def diff_reports(old: Path, new: Path, as_json: bool) -> None:
    """Compare two reports, such as those of two versions of an engine; exit status 1 if something broke."""
    with usage_errors():
        found = differ.diff(schema.read(old), schema.read(new))
    click.echo(msgspec.json.encode(found) if as_json else differ.text(found), nl=as_json)
    if not found.compared:
        raise Failed("No cell is in both reports: nothing was compared.")
    sys.exit(FINDING if found.broken or found.partial.new else 0)


@report_group.command("stale")
@_files
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def stale_faults(files: tuple[Path, ...], as_json: bool) -> None:
    """Say which faults of the limits files an engine has no more, by raw reports; exit status 1 if one is gone."""
    report = read(files)
    with usage_errors():
        found = stale.faults(report, load())
    click.echo(msgspec.json.encode(found) if as_json else "\n".join(map(stale.text, found)))
    if report.run.partial:
        click.echo("The report is PARTIAL: cells that were planned are missing.", err=True)
    sys.exit(FINDING if report.run.partial or any(one.stale for one in found) else 0)


@report_group.command("repro")
@click.argument("cell")
@click.option("--report", "file", type=FILE, help="The report that the cell is from: its inputs are taken.")
@click.option("-o", "--output", type=FILE, help="Write here instead of to standard output.")
def repro_cell(cell: str, file: Path | None, output: Path | None) -> None:
    """Write a script that shows a cell by its engine alone, the number beside a finite difference."""
    with usage_errors():
        text = repro.script(cell, load(), None if file is None else schema.read(file))
    _out(text, output)


@report_group.command("schema")
def report_schema() -> None:
    """Print the JSON Schema of a report."""
    click.echo(schema.json_schema(), nl=False)


def _out(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        with usage_errors():
            write_page(output, text)


def read(files: tuple[Path, ...]) -> schema.Report:
    """The reports in these files, as one."""
    with usage_errors():
        return merge([schema.read(file) for file in files])


def shown(report: schema.Report, console: Console | None = None) -> int:
    """Show a report, on standard output, and give its exit status: a partial one is a finding."""
    terminal.show(report, console or Console())
    return FINDING if summary.fails(report) else 0
