"""A room for code that may crash, hang, exit, fill memory or print: a worker process, replaced when it dies.

    with Room("package.module:factory", timeout=60) as room:
        answer = room.ask(b"request")

The factory is called once in each worker, and returns the handler: a function from bytes to bytes.

- Messages travel on a socket of their own: nothing that is printed can corrupt them.
- The worker leads a session of its own: Ctrl-C spares it, and a kill takes its process group.
- The memory cap limits the address space, on Linux only; an engine that answers it by aborting is a "crash".
- When the parent is killed, an idle worker ends. On Linux a busy one is killed too, and so is any worker
  when the thread that started it ends; on macOS a busy one ends after its request, a hung one never.
"""

import contextlib
import dataclasses
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import IO

import msgspec

from nestgrad_conformance.processes.worker import Answer, Died, Replied

__all__ = ["Answer", "Died", "Replied", "Room"]

_GRACE = 5.0  # seconds for a process to end, or for its output to
_GLANCE = 0.1  # seconds between two looks at whether a silent worker still lives
_TAIL = 2000  # characters
# A crash loses no print (-u) and leaves a traceback; no file in this directory shadows a module (-P).
_COMMAND = [sys.executable, "-u", "-P", "-X", "faulthandler", "-m", "nestgrad_conformance.processes.worker"]
_ANSWER: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


@dataclasses.dataclass(eq=False)
class Room(contextlib.AbstractContextManager["Room"]):
    """One handler in a worker process, asked one request at a time.

    Args:
        handler: "module:factory", imported in the worker.
        timeout: Seconds for one request.
        startup_timeout: Seconds to import the module and call the factory.
        memory: Bytes of address space, or None for no cap.
        environment: Variables added to this process's own.
    """

    handler: str
    _: dataclasses.KW_ONLY
    timeout: float
    startup_timeout: float = 120
    memory: int | None = 8 << 30
    environment: Mapping[str, str] | None = None
    _worker: "_Worker | Died | None" = dataclasses.field(default=None, init=False, repr=False)
    _answered: int = dataclasses.field(default=0, init=False, repr=False)
    _aborted: bool = dataclasses.field(default=False, init=False, repr=False)

    def __exit__(self, *exception: object) -> None:
        self.close()

    def ask(self, request: bytes) -> Answer:
        """The handler's reply, or how the worker died; once startup has failed, always that failure.

        A worker that has answered other requests may have died of those, as of the memory that they left behind.
        Then a new one is asked too, and its answer counts; not if it was killed from outside.
        """
        before = self._answered
        answer = self._attempt(request) or self._attempt(request)  # The first worker may have died idle.
        if before and isinstance(answer, Died) and _perhaps_of_others(answer) and not self._aborted:
            answer = self._attempt(request)
        return answer or Died("crash", "died twice before it read the request")

    def close(self) -> None:
        """Lets the worker end, and kills what is left of it."""
        if isinstance(self._worker, _Worker):
            self._worker.close()
            self._worker = None

    def abort(self) -> None:
        """Kills the worker, from any thread: the request under way, and any to come, has no reply."""
        self._aborted = True
        if isinstance(worker := self._worker, _Worker):
            worker.shoot()

    def _attempt(self, request: bytes) -> Answer | None:
        """The answer, or None when the worker died before it read the request."""
        if self._aborted:
            return Died("exit", "aborted")
        if self._worker is None:
            self._worker = self._start()
        if isinstance(self._worker, Died):
            return self._worker
        try:
            answer = self._worker.exchange(self.timeout, request)
            self._answered += 1
            return answer
        except ConnectionError:
            return None
        finally:
            if self._worker.channel.closed:  # It is dead.
                self._worker, self._answered = None, 0

    def _start(self) -> "_Worker | Died":
        self._worker = worker = _Worker(self)  # At once: it may be aborted while it starts.
        if self._aborted:
            worker.shoot()
        answer = worker.exchange(self.startup_timeout)
        return worker if isinstance(answer, Replied) else msgspec.structs.replace(answer, kind="startup")


class _Worker:
    """One process, the channel to it, and the end of what it prints."""

    def __init__(self, room: Room) -> None:
        self.channel, theirs = _channel(room.timeout)
        with theirs:
            self._process = subprocess.Popen(
                [*_COMMAND, room.handler, str(theirs.fileno()), str(room.memory or 0)],
                bufsize=0,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(room.environment or {})},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self._tail = _Tail(self._process.stdout)

    def exchange(self, timeout: float, *requests: bytes) -> Answer:
        """The next answer, after these requests; ConnectionError if it died before it read them."""
        try:
            for request in requests:
                if self._process.poll() is not None:
                    raise ConnectionError
                self.channel.send_bytes(request)
            answer = self._receive(timeout)
        except (TimeoutError, BlockingIOError):
            self.kill()
            return Died("timeout", f"no answer in {timeout:g} s", self._tail.text)
        except ConnectionError:
            self.kill()
            raise
        except (EOFError, OSError):
            return self._obituary()
        except BaseException:
            self.kill()
            raise
        if isinstance(answer, Died):
            if answer.kind != "exit":  # Its memory is full, or it has no handler.
                self.close()
            answer = msgspec.structs.replace(answer, tail=self._tail.text)
        return answer

    def close(self) -> None:
        """Ends the process at its leisure, then by force."""
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        self.kill()

    def kill(self) -> None:
        """Kills the process and its children."""
        self.channel.close()
        self.shoot()
        self._process.wait()
        self._tail.join(_GRACE)  # A child that has left the group may hold the stream open.

    def shoot(self) -> None:
        """Sends the signal alone; whoever waits for an answer learns of the death."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # All of them had ended.
            os.killpg(self._process.pid, signal.SIGKILL)

    def _receive(self, timeout: float) -> Answer:
        deadline = time.monotonic() + timeout
        while not self.channel.poll(max(0, min(_GLANCE, deadline - time.monotonic()))):
            # A forked child may hold the channel open after its death.
            if self._process.poll() is not None and not self.channel.poll():
                raise EOFError
            if time.monotonic() >= deadline:
                raise TimeoutError
        return _ANSWER.decode(self.channel.recv_bytes())

    def _obituary(self) -> Died:
        self.close()
        status = self._process.returncode
        if status >= 0:
            return Died("exit", f"exit status {status}", self._tail.text)
        names = {known.value: known.name for known in signal.Signals}
        return Died("crash", names.get(-status, f"signal {-status}"), self._tail.text, signal=-status)


class _Tail(threading.Thread):
    """Reads a stream to its end, and keeps the last characters."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._kept = b""
        self.start()

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")[-_TAIL:]

    def run(self) -> None:
        with self._stream:
            while chunk := self._stream.read(1 << 16):
                self._kept = (self._kept + chunk)[-4 * _TAIL :]  # At most four bytes a character.


def _perhaps_of_others(death: Died) -> bool:
    return death.kind in ("crash", "memory", "exit") and death.signal != signal.SIGKILL


def _channel(stall: float) -> tuple[Connection, socket.socket]:
    """Both ends; ours waits no longer than `stall` seconds for a half-sent message to go on."""
    ours, theirs = socket.socketpair()
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(stall), int(stall % 1 * 1e6)))
    return Connection(ours.detach()), theirs
