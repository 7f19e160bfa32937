"""`nestgrad conformance`: measure which nestings work."""

from __future__ import annotations

import functools
import sys
from contextlib import closing
from pathlib import Path

import click
from rich.console import Console

import nestgrad as ng
from nestgrad.internal import require_engine
from nestgrad_conformance.limits.declared import written
from nestgrad_conformance.limits.limit import LimitsError
from nestgrad_conformance.pairs import PLUS, described, engines
from nestgrad_conformance.report import schema
from nestgrad_conformance.report.proposal import propose
from nestgrad_conformance.run.plan import Selection, Shard
from nestgrad_conformance.run.profiles import EXECUTIONS, PROFILES
from nestgrad_conformance.run.supervisor import Supervisor
from nestgrad_conformance.scenarios import TIERS, load

from .choice import OneOf
from .errors import usage_errors
from .left_out import remind, skipped, start
from .notes import notes
from .outputs import Outputs
from .report import FILE, shown
from .running import lack, run
from .selecting import check_globs, check_planned, checked_code
from .status import FINDING


def _shard(context: click.Context, parameter: click.Parameter, text: str) -> Shard:
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no part of a whole, such as 2/4.") from error


@click.command()
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
@click.option(
    "--profile",
    type=OneOf(list(PROFILES)),
    help="How much to measure.  [default: standard; full, if a tier, scenario, nesting or execution is named]",
)
@click.option("--tier", "tiers", multiple=True, type=OneOf(TIERS), help="Only this tier; repeatable.")
@click.option("--scenario", "scenarios", multiple=True, metavar="GLOB", help="Only scenarios like this; repeatable.")
@click.option("--nesting", "nestings", multiple=True, metavar="NESTING", help="Only this nesting; repeatable.")
@click.option("--execution", "executions", multiple=True, type=OneOf(EXECUTIONS), help="Only this; repeatable.")
@click.option("--raw", is_flag=True, help="Measure the raw engines, without nestgrad's repairs and refusals.")
@click.option("--seed", default=0, show_default=True, help="Of inputs and directions.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Workers at a time.")
@click.option("--timeout", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for a cell.")
@click.option("--shard", callback=_shard, default="1/1", metavar="K/N", help="Only this part of the plan, such as 2/4.")
@click.option("--resume", "resumed", type=FILE, help="Keep this report's cells, measure the rest, write it back.")
@click.option("--update-limits", is_flag=True, help="Propose an edit of the limits file: a diff, nothing is changed.")
@click.option("--report", "report_file", type=FILE, help="Write the report as JSON, every few seconds.")
@click.option("--markdown", "markdown_file", type=FILE, help="Write the report as Markdown.")
@click.option("--html", "html_file", type=FILE, help="Write the report as a page.")
def conformance(
    backends: tuple[str, ...],
    profile: str | None,
    tiers: tuple[str, ...],
    scenarios: tuple[str, ...],
    nestings: tuple[str, ...],
    executions: tuple[str, ...],
    raw: bool,
    seed: int,
    jobs: int,
    timeout: float,
    shard: Shard,
    resumed: Path | None,
    update_limits: bool,
    report_file: Path | None,
    markdown_file: Path | None,
    html_file: Path | None,
) -> None:
    """Measure which nestings work. Without BACKEND: every registered one whose engine is installed.

    A BACKEND may be a pair, such as jax+torch: jax differentiates functions of torch, by nestgrad.foreign.
    """
    console = notes()
    if raw and update_limits:
        raise click.UsageError("A raw engine declares no limits.")
    if update_limits and any(PLUS in name for name in backends):
        raise click.UsageError("A pair declares nothing of its own: measure each of its backends by itself.")
    outputs = Outputs(report_file or resumed, {"markdown": markdown_file, "html": html_file})
    with usage_errors():
        names = _checked(backends) if backends else _installed(console)
        nestings = tuple(map(checked_code, nestings))
        check_globs(scenarios, load())
        profile = profile or ("full" if tiers or scenarios or nestings or executions else "standard")
        selection = Selection(tiers, scenarios, nestings, executions, seed, profile, shard)
        supervisor = Supervisor(names, selection, timeout, jobs, raw)
        check_planned(supervisor, named=bool(backends))
        if resumed is not None:
            supervisor.resume(schema.read(resumed))
        outputs.check(supervisor)
        with closing(supervisor):
            missing = start(supervisor, bool(backends or resumed), console)
            click.get_current_context().call_on_close(functools.partial(remind, missing, console))
            if missing:  # the plan is smaller now
                outputs.check(supervisor)
            show = functools.partial(_proposed, console=console) if update_limits else shown
            status = run(supervisor, outputs, show, console)
    lacking = list(filter(None, map(lack, supervisor.benches)))
    for line in lacking:
        console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)
    sys.exit(FINDING if lacking and backends else status)


def _checked(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if each is registered, its limits can be read and its engine is installed; no engine is imported."""
    for name in names:
        for one in engines(described(name)):
            require_engine(one)
            written(one.name)
    return tuple(dict.fromkeys(names))


def _installed(console: Console) -> tuple[str, ...]:
    """The registered backends that `_checked` finds nothing wrong with; the others are told, and stop nobody."""
    names: list[str] = []
    for name in dict.fromkeys(info.name for info in ng.backends()):
        try:
            names += _checked((name,))
        except (ng.NestgradError, LimitsError) as error:
            skipped(name, error, console)
    return tuple(names)


def _proposed(report: schema.Report, console: Console) -> int:
    """Show the report on standard error, and the diffs alone on standard output, so that they can be piped."""
    status = shown(report, console)
    for backend in report.environments:
        proposal = propose(report, backend)
        click.echo(proposal.diff, nl=False)
        for note in proposal.notes:
            console.print(f"{backend}: {note}", style="yellow", highlight=False, markup=False)
    return status
