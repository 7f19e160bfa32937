"""`nestgrad` and `python -m nestgrad_conformance`: the command line, or how to install what it needs."""

import sys

NEEDED = {"click", "rich", "msgspec", "packaging", "pytest"}


def main() -> None:
    """Run the command line; exit status 2 if its libraries are not installed."""
    try:
        from nestgrad_conformance.cli import command
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        sys.stderr.write(f"The command line needs {error.name!r}. Install it: pip install 'nestgrad[conformance]'\n")
        sys.exit(2)
    command()


if __name__ == "__main__":
    main()
