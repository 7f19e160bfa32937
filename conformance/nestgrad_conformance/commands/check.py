"""`nestgrad check`: which nestings of a function of yours are right, measured in a process of its own."""

from __future__ import annotations

import sys

import click
import msgspec
from rich.console import Console

import nestgrad as ng
from nestgrad_conformance.diagnose.check_worker import Function, Misused, Question, Ready, Reply
from nestgrad_conformance.diagnose.diagnosis import Diagnosis, cell_of, checked_nestings
from nestgrad_conformance.judge.measurement import Ran
from nestgrad_conformance.processes.room import Replied, Room
from nestgrad_conformance.report.schema import Cell
from nestgrad_conformance.run.deaths import measurement_of, why_it_did_not_start
from nestgrad_conformance.run.profiles import EXECUTIONS
from nestgrad_conformance.run.worker import BACKEND

from .choice import OneOf
from .errors import Refused

_HANDLER = "nestgrad_conformance.diagnose.check_worker:make"
_REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


@click.command()
@click.argument("target", metavar="MODULE:FUNCTION")
@click.option("--at", metavar="JSON", help='The point: "[1.0, 2.0]", or an object of arrays by name.')
@click.option("--at-file", type=click.Path(exists=True, dir_okay=False), help="The point: an NPY or NPZ file.")
@click.option("--backend", metavar="NAME", help="By default by what the function returns.")
@click.option("--nesting", "nestings", multiple=True, metavar="NESTING", help="Only this nesting; repeatable.")
@click.option("--execution", "executions", multiple=True, type=OneOf(EXECUTIONS), help="Repeatable.")
@click.option("--timeout", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for a cell.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def check(
    target: str,
    at: str | None,
    at_file: str | None,
    backend: str | None,
    nestings: tuple[str, ...],
    executions: tuple[str, ...],
    timeout: float,
    as_json: bool,
) -> None:
    """Check which nestings of MODULE:FUNCTION are right at a point, by differences of its values.

    The function takes one array, or one dictionary of arrays, of the backend. Exit status 0: every nesting is right or
    refused, and one at least is right.
    """
    if (at is None) == (at_file is None):
        raise click.UsageError("Give the point by one of --at and --at-file.")
    try:
        nestings = checked_nestings(nestings or None)
    except ng.NestgradError as error:
        raise click.UsageError(str(error)) from error
    function = Function(target, at, at_file, executions or ("eager",))
    environment = {} if backend is None else {BACKEND: backend}
    room = Room(_HANDLER, timeout=timeout, environment=environment)
    with Console(stderr=True).status(f"Checking {target}"), room:
        diagnosis = _diagnosis(room, function, nestings)
    if as_json:
        click.echo(msgspec.json.encode(diagnosis.to_dict()))
    else:
        Console().print(diagnosis)
    sys.exit(0 if diagnosis.ok else 1)


def _diagnosis(room: Room, function: Function, nestings: tuple[str, ...]) -> Diagnosis:
    ready = _asked(room, Question(function))
    if isinstance(ready, Misused):
        raise Refused(" ".join(ready.message.split()))
    if isinstance(ready, Ran):
        raise click.ClickException(f"{function.target} does not survive an evaluation: {ready.message}")
    cells = [
        _cell(room, Question(function, nesting, run), ready) for run in function.executions for nesting in nestings
    ]
    return Diagnosis(ready.name, ready.backend, ready.values, tuple(cells))


def _cell(room: Room, question: Question, ready: Ready) -> Cell:
    found = _asked(room, question)
    if not isinstance(found, Ran):  # loaded once before, and not again
        found = Ran(nesting=question.nesting or "", outcome="error", message=str(found))
    return cell_of(ready.name, ready.backend, ready.dtype, question.nesting or "", question.execution, found)


def _asked(room: Room, question: Question) -> Reply:
    answer = room.ask(msgspec.msgpack.encode(question))
    if isinstance(answer, Replied):
        return _REPLY.decode(answer.payload)
    if answer.kind == "startup":
        raise Refused(why_it_did_not_start("The backend", answer))
    return measurement_of(answer, question.nesting or "")
