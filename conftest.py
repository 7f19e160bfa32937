"""Code blocks in documents run as tests, those of one document in order and in one process.

And what compiled programs take, of time and of memory, is kept small.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import sys
from collections.abc import Generator, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.example import NotEvaluated
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser

MUCH = 5_000_000_000  # bytes of a worker, of which the engines take a fifth
MORE = 1_000_000_000  # bytes on top of what it had after the last time that something was given up
LIBC = ctypes.CDLL(None) if os.name == "posix" else None
NEEDS = re.compile(r"^[ \t]*<!-- needs: (.*) -->$", re.MULTILINE)


def sections(document: Document) -> Iterator[Region]:
    """The comments `<!-- needs: jax -->`, which readers do not see: each starts a section of a document."""
    for comment in NEEDS.finditer(document.text):
        yield Region(comment.start(), comment.end(), comment[1].split(), start)


def start(comment: Example) -> None:
    """Forget what the section before has defined; skip this one in an environment without a module that it needs."""
    document = comment.document
    document.evaluators.clear()
    for name in [name for name in document.namespace if name[0] != "_"]:  # Dynamo itself takes out what it has put in
        del document.namespace[name]
    missing = [name for name in comment.parsed if find_spec(name) is None]

    def skip(example: Example) -> None:
        if example.region.evaluator is start:
            raise NotEvaluated
        raise SkipTest(f"needs {', '.join(missing)}")

    if missing:
        document.push_evaluator(skip)


def restore(namespace: dict[str, Any]) -> None:
    """A document may enable 64 bits, as its reader would; the next test must not see it."""
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let torch warn of itself: it does so once in a process, at its first forward derivative."""
    for item in items:
        if isinstance(item, SybilItem):
            item.add_marker(pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated"))


class Kept:
    """What this worker could not give up the last time, in bytes: asked after each test, it would compile all anew."""

    size = 0


def memory() -> int:
    """The bytes that this process has in memory; 0 where that is not told."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.exists() else 0


def pytest_configure() -> None:
    """One thread a worker; and XLA compiles in half the time, by emitters that later versions of it have no more."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if find_spec("jaxlib") is not None and metadata.version("jaxlib").startswith("0.10."):
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Once it is much, give up what tests have compiled: kept, that of all files is several GB.

    What Dynamo has compiled goes after each file: it keeps a number of programs for a function, and ours are in all.
    """
    yield
    if nextitem is None:
        return
    is_much = memory() >= max(MUCH, Kept.size + MORE)
    if "torch._dynamo" in sys.modules and (is_much or nextitem.path != item.path):
        sys.modules["torch._dynamo"].reset()
    if not is_much:
        return
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()
    if hasattr(LIBC, "malloc_trim"):  # glibc keeps what was freed, unless it is asked
        LIBC.malloc_trim(0)
    Kept.size = memory()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file to one worker: blocks of a document build on each other, and a module's fixtures are made once."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log) if config.getoption("dist") == "load" else None


documents = Sybil(parsers=[sections, PythonCodeBlockParser()], patterns=["*.md"], teardown=restore)
pytest_collect_file = documents.pytest()
