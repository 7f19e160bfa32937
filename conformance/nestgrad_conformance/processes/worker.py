"""The process in a `Room`: it loads one handler, then answers requests until the channel closes.

    python -m nestgrad_conformance.processes.worker MODULE:FACTORY DESCRIPTOR MEMORY

`DESCRIPTOR` is an inherited socket; the standard streams carry nothing but prints. `MEMORY`, unless it is 0,
caps the address space, in bytes, before the handler's module is imported (macOS does not enforce it).
"""

import contextlib
import ctypes
import gc
import os
import pkgutil
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Literal

import msgspec

Handler = Callable[[bytes], bytes]

_PR_SET_PDEATHSIG = 1
_YOUNG = 50_000  # objects between two runs of the collector; 700 is usual


class Replied(msgspec.Struct, frozen=True, tag=True):
    """The handler's reply."""

    payload: bytes


class Raised(msgspec.Struct, frozen=True):
    """An exception that ended a start.

    Attributes:
        classes: the full names of its class and of all that this inherits.
        message: its text.
    """

    classes: tuple[str, ...]
    message: str

    @classmethod
    def of(cls, error: BaseException) -> "Raised":
        """What travels of an exception."""
        return cls(tuple(map(name_of, type(error).__mro__)), str(error))

    def is_a(self, kind: type[BaseException]) -> bool:
        """Whether it is an exception of this class."""
        return name_of(kind) in self.classes


class Died(msgspec.Struct, frozen=True, tag=True):
    """There is no reply: what happened instead, and the end of what the worker had printed.

    Attributes:
        kind: how it ended.
        detail: what is to be said of that.
        tail: the end of what was printed.
        raised: what the start of the worker raised.
        signal: the number of the signal that killed it.
    """

    kind: Literal["crash", "timeout", "memory", "exit", "startup"]
    detail: str
    tail: str = ""
    raised: Raised | None = None
    signal: int | None = None


Answer = Replied | Died


def name_of(kind: type) -> str:
    """A class's name, with its module's."""
    return f"{kind.__module__}.{kind.__qualname__}"


def main(handler: str, descriptor: str, memory: str) -> None:
    """Answers requests until the parent closes the channel or dies."""
    channel = Connection(int(descriptor))
    os.set_inheritable(channel.fileno(), False)  # A grandchild must not keep it open.
    _die_with_parent()
    _cap_memory(int(memory))
    handle = _load(handler, channel)
    _spare_the_collector()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            channel.send_bytes(_answer(handle, channel.recv_bytes()))


def _die_with_parent() -> None:
    # A hung handler never sees the channel close. The "parent" is the thread that started this process.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _cap_memory(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError):  # The hard limit is lower already, or this is macOS.
        resource.setrlimit(resource.RLIMIT_AS, (size or hard, hard))


def _load(handler: str, channel: Connection) -> Handler:
    """Imports and builds the handler, and tells the parent how that went."""
    try:
        handle: Handler = pkgutil.resolve_name(handler)()
    except Exception as error:
        last_line = traceback.format_exception_only(error)[-1].strip()
        channel.send_bytes(msgspec.msgpack.encode(Died("startup", last_line, raised=Raised.of(error))))
        raise  # The whole traceback belongs in the tail.
    channel.send_bytes(msgspec.msgpack.encode(Replied(b"")))
    return handle


def _spare_the_collector() -> None:
    """Compilers make Python's collector run often, and each time it would look through all that an engine imports."""
    gc.freeze()
    gc.set_threshold(_YOUNG)


def _answer(handle: Handler, request: bytes) -> bytes:
    try:
        return msgspec.msgpack.encode(Replied(handle(request)))
    except MemoryError as error:
        died = Died("memory", repr(error))
    except Exception as error:
        died = Died("exit", repr(error))
    return msgspec.msgpack.encode(died)  # Encoded here, once the traceback has let go of its memory.


if __name__ == "__main__":
    main(*sys.argv[1:])
