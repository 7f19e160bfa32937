import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nestgrad_conformance.processes.room import Died, Replied, Room

PATH = {"PYTHONPATH": str(Path(__file__).parent)}
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def open_room(handler="serve", timeout=600.0, **options):
    return Room(f"hostile:{handler}", timeout=timeout, environment=PATH, **options)


@pytest.fixture(scope="module")
def room():
    with open_room(memory=1 << 29) as room:
        yield room


@pytest.fixture(scope="module")
def hasty_room():
    with open_room(timeout=1) as room:
        yield room


class Fifo:
    """What a worker or its child holds open; its end says that all of them are dead."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = os.fsencode(path)
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self):
        assert select.select([self.reader], [], [], 10)[0], "still held"
        return os.read(self.reader, 4)


@pytest.fixture
def fifo(tmp_path):
    fifo = Fifo(tmp_path / "fifo")
    yield fifo
    os.close(fifo.reader)


def assert_works(room):
    hasty, room.timeout = room.timeout, 600
    assert room.ask(b"echo hello") == Replied(b"hello")
    room.timeout = hasty


@pytest.mark.parametrize(
    ("request_", "kind", "detail"),
    [
        (b"segfault", "crash", "SIGSEGV"),
        (b"silent_segfault", "crash", "SIGSEGV"),
        (b"abort", "crash", "SIGABRT"),
        (b"leave 0", "exit", "exit status 0"),
        (b"leave_politely 3", "exit", "exit status 3"),
        (b"raise_error oh", "exit", "ValueError('oh')"),
        (b"close_everything", "exit", "exit status 1"),
    ],
)
def test_death(room, request_, kind, detail):
    died = room.ask(request_)
    assert isinstance(died, Died)
    assert (died.kind, died.detail) == (kind, detail)
    assert_works(room)


def test_what_a_worker_dies_of_after_others_is_asked_again():
    with open_room() as room:
        assert room.ask(b"echo first") == Replied(b"first")
        assert room.ask(b"abort_when_old") == Replied(b"young")
        assert room.ask(b"abort").kind == "crash"
        assert room.ask(b"abort").kind == "crash"


@pytest.mark.parametrize("request_", [b"hang", b"hang_deaf", b"hang_with_the_lock"])
def test_hang(hasty_room, request_):
    died = hasty_room.ask(request_)
    assert (died.kind, died.detail) == ("timeout", "no answer in 1 s")
    assert_works(hasty_room)


def test_requests_are_answered_in_order(room):
    requests = [str(n).encode() for n in range(1000)]
    assert [room.ask(b"echo " + request) for request in requests] == list(map(Replied, requests))


def test_large_messages(room):
    large = bytes(10_000_000)
    assert room.ask(b"echo " + large) == Replied(large)


def test_an_exception_leaves_the_worker_alone(room):
    before = room.ask(b"pid")
    room.ask(b"raise_error oh")
    assert room.ask(b"pid") == before


@linux
def test_full_memory_takes_a_fresh_worker(room):
    before = room.ask(b"pid")
    died = room.ask(b"fill_memory")
    assert (died.kind, died.detail) == ("memory", "MemoryError()")
    assert_works(room)
    assert room.ask(b"pid") != before


def test_prints_do_not_reach_the_channel(room):
    assert room.ask(b"chatter") == Replied(b"said")
    assert_works(room)


def test_tail(room):
    tail = room.ask(b"print_and_crash").tail
    assert len(tail) == 2000
    assert tail.endswith("e" * 1000 + "the end\nlast words\n")


def test_a_crash_leaves_a_traceback_in_the_tail(room):
    assert "in segfault" in room.ask(b"segfault").tail


def test_closed_streams(room):
    assert room.ask(b"close_streams") == Replied(b"closed")
    assert_works(room)
    assert room.ask(b"silent_segfault").detail == "SIGSEGV"


def test_stdin_is_empty():
    with open_room("streams") as room:
        assert room.ask(b"") == Replied(b"")


def test_environment():
    with open_room("environment") as room:
        assert room.ask(b"PYTHONPATH") == Replied(PATH["PYTHONPATH"].encode())
        assert room.ask(b"PATH") == Replied(os.environb[b"PATH"])


@pytest.mark.parametrize(
    ("handler", "detail"),
    [
        ("hostile:raising_factory", "RuntimeError: no engine\nhere"),
        ("hostile:leaving_factory", "exit status 0"),
        ("hostile:crashing_factory", "SIGSEGV"),
        ("hostile:hanging_factory", "no answer in 1 s"),
        ("hostile:absent", "AttributeError: module 'hostile' has no attribute 'absent'"),
        ("no_such_module:serve", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_startup_failure(handler, detail):
    with Room(handler, timeout=600, startup_timeout=1, environment=PATH) as room:
        died = room.ask(b"echo hello")
        assert (died.kind, died.detail) == ("startup", detail)
        assert room.ask(b"echo hello") is died


def test_a_startup_failure_tells_the_exception_by_fields():
    with open_room("raising_factory") as room:
        raised = room.ask(b"").raised
    assert (raised.message, raised.is_a(RuntimeError), raised.is_a(OSError)) == ("no engine\nhere", True, False)


def test_startup_failure_shows_its_traceback():
    with open_room("raising_factory") as room:
        tail = room.ask(b"").tail
    assert tail.startswith("half way\nTraceback")
    assert "in raising_factory" in tail


def test_a_failed_startup_is_not_repeated(tmp_path):
    starts = tmp_path / "starts"
    with Room("hostile:counting_factory", timeout=600, environment={**PATH, "STARTS": str(starts)}) as room:
        for _ in range(3):
            assert room.ask(b"").detail == "RuntimeError: again"
    assert starts.read_text() == "x"


def test_a_failed_restart_is_a_startup_failure(tmp_path):
    variables = {**PATH, "STARTS": str(tmp_path / "starts")}
    with Room("hostile:single_start_factory", timeout=600, environment=variables) as room:
        assert room.ask(b"leave 0").kind == "exit"
        assert room.ask(b"echo hello").kind == "startup"


@linux
@pytest.mark.parametrize("wait", [True, False], ids=["dead", "dying"])
@pytest.mark.parametrize("repetition", range(3))
def test_a_request_to_a_worker_that_died_idle_is_not_lost(room, wait, repetition):
    pid = int(room.ask(b"pid").payload)
    os.kill(pid, signal.SIGKILL)
    if wait:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert_works(room)


@linux
def test_a_request_is_not_lost_while_a_child_holds_the_channel(room, fifo):
    pid = int(room.ask(b"pid").payload)
    assert room.ask(b"fork_and_reply " + fifo.path) == Replied(b"forked")
    assert fifo.read() == b"held"  # Else the child may be killed before it has opened the fifo.
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert_works(room)
    assert fifo.read() == b""


def test_a_child_dies_with_a_hung_worker(hasty_room, fifo):
    assert hasty_room.ask(b"fork_and_hold " + fifo.path).kind == "timeout"
    assert (fifo.read(), fifo.read()) == (b"held", b"")
    assert_works(hasty_room)


def test_a_child_that_holds_the_channel_hides_no_death(room, fifo):
    assert room.ask(b"fork_and_crash " + fifo.path).detail == "SIGSEGV"
    assert_works(room)


@pytest.mark.parametrize("request_", [b"hang", b"hang_deaf", b"hang_with_the_lock"])
def test_an_aborted_room_answers_at_once_and_starts_no_worker_again(request_):
    with open_room() as room:
        assert_works(room)
        threading.Timer(0.5, room.abort).start()
        died = room.ask(request_)
        assert isinstance(died, Died)
        assert died.kind != "timeout"  # it did not wait for the end of its patience
        assert isinstance(room.ask(b"pid"), Died)


def test_a_closed_room_has_no_worker():
    with open_room() as room:
        pid = int(room.ask(b"pid").payload)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_room_that_was_never_asked_closes():
    with open_room():
        pass


SUPERVISOR = """
import sys
from nestgrad_conformance.processes.room import Room
with Room("hostile:serve", timeout=600) as room:
    room.ask(sys.argv[1].encode())
"""


@pytest.fixture
def supervisor(fifo):
    """A process which waits for a hung worker, in a process group that Ctrl-C can reach."""
    command = [sys.executable, "-c", SUPERVISOR, b"hold " + fifo.path]
    environment = {**os.environ, **PATH}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert fifo.read() == b"held"
        yield process
        process.kill()


def test_interrupt_leaves_no_orphan(supervisor, fifo):
    os.killpg(supervisor.pid, signal.SIGINT)
    _, errors = supervisor.communicate()
    assert fifo.read() == b""
    assert errors.count(b"Traceback") == 1
    assert errors.endswith(b"KeyboardInterrupt\n")


@linux
def test_a_hung_worker_dies_with_its_parent(supervisor, fifo):
    supervisor.kill()
    assert fifo.read() == b""
