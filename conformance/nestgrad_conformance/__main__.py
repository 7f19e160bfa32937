"""`nestgrad` and `python -m nestgrad_conformance`: the command line, or how to install what it needs."""

import contextlib
import errno
import os
import sys

NEEDED = {"click", "rich", "msgspec", "packaging", "pytest"}
OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""What happens to standard output; whoever writes a file knows its name. A broken pipe is for click and rich."""


def main() -> None:
    """Run the command line; exit status 2 if its libraries are not installed, 1 if its output goes nowhere."""
    if sys.stdout is None:  # closed: every write to this one fails, and no other file takes its number
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    try:
        from nestgrad_conformance.cli import command

        command()  # it imports the command that is asked for
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        sys.stderr.write(f"The command line needs {error.name!r}. Install it: pip install 'nestgrad[conformance]'\n")
        sys.exit(2)
    except OSError as error:
        if error.filename is not None or error.errno not in OUTPUT:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter would complain of the same at its end
        with contextlib.suppress(OSError):  # it may be the same file
            sys.stderr.write(f"Standard output cannot be written: {error.strerror}.\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
