"""A run from its first cell to its exit status: what was finished is kept and shown, whatever ends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing

from rich.console import Console

from nestgrad_conformance.report.schema import Report
from nestgrad_conformance.run.backend_run import Bench
from nestgrad_conformance.run.progress import followed
from nestgrad_conformance.run.saving import saved
from nestgrad_conformance.run.supervisor import Supervisor
from nestgrad_conformance.run.worker import Absent

from .outputs import Outputs
from .signals import as_interrupts
from .status import FINDING


def run(supervisor: Supervisor, outputs: Outputs, show: Callable[[Report], int], console: Console) -> int:
    """Measure, then keep, render and show what was finished, and give the exit status.

    Raises:
        BaseException: what ended the run early, after all this; a signal and Ctrl-C are told, not raised.
    """
    before = supervisor.finished
    with as_interrupts():
        ended = _ended(supervisor, outputs, console)
        report, interrupted = supervisor.report(), isinstance(ended, KeyboardInterrupt)
        if ended is not None and supervisor.finished == before and not interrupted:
            raise ended
        failed = outputs.keep(report, console) if ended is None or supervisor.finished > before else []
    if interrupted:
        console.print(f"Interrupted{_by(ended)}; what was finished is kept.", style="yellow")
    failed += outputs.render(report)
    try:
        status = show(report)
    finally:
        for line in failed:
            console.print(line, style="red", highlight=False, markup=False, soft_wrap=True)
    if ended is not None and not interrupted:
        raise ended
    return FINDING if failed else status


def lack(bench: Bench) -> str | None:
    """Why nothing of a backend was measured, if so: all its planned cells are absent."""
    if not bench.tasks or bench.absent < len(bench.tasks):
        return None
    reasons = Counter(result.reason for result in bench.results.values() if isinstance(result, Absent))
    (reason, _), *_ = reasons.most_common(1)
    return f"{bench.name}: nothing was measured. All {bench.absent} planned cells are absent: {reason}."


def _ended(supervisor: Supervisor, outputs: Outputs, console: Console) -> BaseException | None:
    """Run the cells; what ended that early."""
    file = outputs.report
    stream = supervisor.cells() if file is None else saved(supervisor, file, lambda line: _warn(console, line))
    try:
        with closing(stream) as cells:
            followed(cells, supervisor.finished, supervisor.expected, console)
    except BaseException as error:  # SystemExit is among them: rich raises it where nobody reads what it prints
        return error
    return None


def _warn(console: Console, line: str) -> None:
    console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _by(ended: BaseException | None) -> str:
    return f" by {ended.args[0]}" if ended is not None and ended.args else ""
