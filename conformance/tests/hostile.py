"""Handlers that do to their worker all that an engine can; `test_room` has them imported there."""

import ctypes
import faulthandler
import os
import signal
import sys
import threading


def serve():
    return answer


def answer(request):
    """`b"word argument"` calls the function of that name."""
    word, _, argument = request.partition(b" ")
    return WORDS[word.decode()](argument)


CALLS = {}


def echo(argument):
    CALLS["echo"] = True
    return argument


def pid(argument):
    return str(os.getpid()).encode()


def segfault(argument):
    ctypes.string_at(0)


def silent_segfault(argument):
    faulthandler.disable()
    os.kill(os.getpid(), signal.SIGSEGV)


def abort(argument):
    os.abort()


def abort_when_old(argument):
    """Dies of what its worker did before."""
    if CALLS.get("echo"):
        os.abort()
    return b"young"


def hang(argument):
    threading.Event().wait()


def hang_deaf(argument):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    hang(argument)


def hang_with_the_lock(argument):
    ctypes.PyDLL(None).pause()  # PyDLL keeps the interpreter lock.


def leave(argument):
    os._exit(int(argument))


def leave_politely(argument):
    sys.exit(int(argument))


def fill_memory(argument):
    filled = []
    while True:
        filled.append(bytearray(1 << 26))


def raise_error(argument):
    raise ValueError(argument.decode())


def chatter(argument):
    for _ in range(100):
        print("p" * 100_000)
        os.write(1, b"c" * 100_000)
        os.write(2, b"e" * 100_000)
    print("the end")
    return b"said"


def print_and_crash(argument):
    chatter(argument)
    print("last words")
    silent_segfault(argument)


def close_streams(argument):
    os.close(1)
    os.close(2)
    return b"closed"


def close_everything(argument):
    os.closerange(0, 256)
    return b"lost"


def hold(argument):
    """Hangs, with the FIFO `argument` open from its first byte to the death of all holders."""
    os.write(os.open(argument, os.O_WRONLY), b"held")
    hang(argument)


def fork_and_hold(argument):
    if os.fork() == 0:
        hold(argument)
    hang(argument)


def fork_and_crash(argument):
    """Leaves a child which inherits the channel, so that no end of file tells of the death."""
    if os.fork() == 0:
        hold(argument)
    silent_segfault(argument)


def fork_and_reply(argument):
    if os.fork() == 0:
        hold(argument)
    return b"forked"


WORDS = {name: function for name, function in globals().items() if callable(function)}


def raising_factory():
    print("half way")
    raise RuntimeError("no engine\nhere")


def leaving_factory():
    os._exit(0)


def crashing_factory():
    silent_segfault(b"")


def hanging_factory():
    hang(b"")


def counting_factory():
    """Adds a byte to a file at each start, and fails."""
    with open(os.environ["STARTS"], "a") as starts:
        starts.write("x")
    raise RuntimeError("again")


def single_start_factory():
    """Starts once, and never again."""
    with open(os.environ["STARTS"], "x"):
        return answer


def environment():
    return lambda request: os.environ[request.decode()].encode()


def streams():
    return lambda request: sys.stdin.read().encode()
