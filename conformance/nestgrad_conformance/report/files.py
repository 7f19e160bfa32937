"""Files that are written at the end of a long run: opened before it, and replaced whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def check_writable(path: Path) -> None:
    """Open a file, and its folder, for writing; nothing is created or changed.

    Raises:
        OSError: it cannot be written.
    """
    if path.is_dir() or path.is_file():
        os.close(os.open(path, os.O_WRONLY))
    if not _is_special(path):
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: where that fails, what was there is still there, and nothing else is.

    A link stays a link. A pipe or a terminal is written to as it is.

    Raises:
        OSError: it cannot be written.
    """
    if _is_special(path):
        path.write_bytes(data)
        return
    target = path.resolve()
    scratch = target.with_name(f".nestgrad-{os.getpid()}")
    try:
        scratch.write_bytes(data)
        if target.exists():
            shutil.copymode(target, scratch)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()
