"""What may be written where: no run takes the place of cells that it did not plan, and no page that of a report."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import msgspec

from . import files
from .schema import NotWrittenError, ReportError, Run, beside, read


class _Head(msgspec.Struct):
    schema: str


def check_report_file(path: str | os.PathLike[str], planned: Collection[str], run: Run) -> None:
    """Make sure that a report with these cells can be written to a file, before they are measured.

    Raises:
        ReportError: the file cannot be written; or it, or the one beside it for partial reports, holds something that
            would be lost: no report, cells that are not planned, or cells that were measured otherwise.
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        raise ReportError(f"{target}: is no file; a report is written to a file, which is replaced as the run goes on.")
    _check_writable(target)
    for file in (target, beside(target)):
        if file.exists() and file.stat().st_size:
            _check_replaceable(file, planned, run)


def check_page_file(path: str | os.PathLike[str]) -> None:
    """Make sure that a page or a script can be written to a file.

    Raises:
        ReportError: the file cannot be written, or holds a report.
    """
    target = Path(path)
    _check_writable(target)
    if _holds_report(target):
        raise ReportError(f"{target}: holds a report, which no page replaces: give another file, or delete it.")


def write_page(path: str | os.PathLike[str], text: str) -> None:
    """Write a page or a script, whole or not at all.

    Raises:
        ReportError: as `check_page_file` says; a `NotWrittenError` if it fails after that.
    """
    check_page_file(path)
    try:
        files.write(Path(path), text.encode())
    except OSError as error:
        raise NotWrittenError(f"{path}: cannot be written: {error.strerror}.") from error


def _check_writable(target: Path) -> None:
    try:
        files.check_writable(target)
    except OSError as error:
        raise ReportError(f"{target}: cannot be written: {error.strerror}.") from error


def _check_replaceable(file: Path, planned: Collection[str], run: Run) -> None:
    instead = "give another file, or delete it"
    try:
        old = read(file)
    except ReportError as error:
        raise ReportError(f"{error} It is not replaced: {instead}.") from error
    for name in ("seeds", "raw"):
        mine, theirs = getattr(run, name), getattr(old.run, name)
        if old.cells and mine != theirs:
            raise ReportError(
                f"{file}: was run with {name} {theirs!r}, this run has {mine!r}. It is not replaced: {instead}."
            )
    strangers = [cell.id for cell in old.cells if cell.id not in planned]
    if strangers:
        raise ReportError(
            f"{file}: has {len(strangers)} cells that the new report would not have, such as {strangers[0]}. "
            f"It is not replaced: {instead}, or plan those cells too, as --resume demands."
        )


def _holds_report(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Head).schema.startswith("nestgrad-report/")
    except (OSError, msgspec.MsgspecError):
        return False
