"""The ledger of what an engine gets wrong: a TOML file beside a backend, free of engines, so that everyone can read it.

    [fault.layer_norm]
    operations = ["layer_norm"]
    nestings = ["?F", "???*"]
    reason = "torch's rules take the saved mean and deviation for constants, and the number is wrong."
    links = ["pytorch#196700"]
    use = ["RR"]
    seen = ["2.13.0", "2.14.1"]
    finding = "torch-saved-results"
    shown_by = [{ features = ["layer_norm", "fused"] }]

The backend adds how each fault is seen in a call. The conformance suite derives limits of it, the documentation its
indexes.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args

from ._errors import NestgradError, did_you_mean
from ._nesting import Nesting
from ._refusal import UnsupportedNestingError

Kind = Literal["never", "not_yet", "upstream_bug"]
Does = Literal["refuses", "repairs"]
Shown = Mapping[str, Any]


class FaultError(NestgradError, ValueError):
    """A ledger of faults that cannot be read; the message names the entry."""


@dataclass(frozen=True)
class Fault:
    """One mistake of an engine, the nestings in which its number is wrong, and what the backend does about it.

    Attributes:
        id: its name in the ledger.
        operations: what it is about, as users of the engine know it.
        nestings: patterns on the code of a nesting, as fnmatch reads them.
        reason: what the engine does, in one sentence: that of the error.
        does: whether the backend `refuses` these nestings by name, or `repairs` them.
        kind: as of a limit: `upstream_bug`, or `never` where the engine does what it documents, `not_yet` where it
            lacks something.
        use: codes of nestings that are right instead.
        when: under which circumstances, in words, if not always.
        compiled: further patterns, of nestings that are wrong in a compiled program.
        in_direction: further patterns, of nestings that are wrong where the user differentiates the result in the
            direction.
        links: threads as `owner/repository#number`, or `name#number` where both are called so, and pages.
        seen: versions of the engine that it was met in.
        mended_in: the version that was measured without it.
        finding: the page of docs/findings that shows it with the engine alone.
        shown_by: which scenarios show it, by `features` that they carry (two at most), or by `scenario`; with
            `nestings`, `executions` and `unless` where these are not the fault's own, `compiled = "not_finite"` where a
            result that is not finite takes the place of the refusal in an execution that is not eager, and `refused`
            where they are refused though the fault is repaired elsewhere.

    Raises:
        FaultError: a field is missing or wrong.
    """

    id: str
    operations: tuple[str, ...]
    nestings: tuple[str, ...]
    reason: str
    finding: str | None
    does: Does = "refuses"
    kind: Kind = "upstream_bug"
    use: tuple[str, ...] = ()
    when: str | None = None
    compiled: tuple[str, ...] = ()
    in_direction: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    mended_in: str | None = None
    shown_by: tuple[Shown, ...] = field(default=(), hash=False)

    def __post_init__(self) -> None:
        for name, known in (("does", get_args(Does)), ("kind", get_args(Kind))):
            if getattr(self, name) not in known:
                raise FaultError(f"fault {self.id!r}: {name} is {getattr(self, name)!r}, not one of {known}.")
        patterns = (*self.nestings, *self.compiled, *self.in_direction)
        if not patterns or not set("".join(patterns)) <= set("FR*?[]!"):
            raise FaultError(f"fault {self.id!r}: {patterns} match no nesting; they are of F, R, *, ? and [ ].")

    def covers(self, code: str, *, compiled: bool = False, in_direction: bool = False) -> bool:
        """Whether the number is wrong under the nesting of this code, or its derivative in the direction is."""
        patterns = self.nestings + self.compiled * compiled + self.in_direction * in_direction
        return any(fnmatch.fnmatchcase(code, pattern) for pattern in patterns)

    def refusal(
        self, backend: str, nesting: str | Nesting, operation: str | None = None, advice: str = ""
    ) -> UnsupportedNestingError:
        """The error to raise instead of the number; of a fault with several operations it names one.

        Example:
            >>> fault = Fault("norm", ("norm",), ("?F",), "the rule is wrong.", None, use=("RR",), links=("engine#1",))
            >>> print(fault.refusal("engine", "RF").reason)
            the rule is wrong (engine#1).
        """
        nesting = Nesting(nesting)
        threads = [link for link in self.links if "://" not in link]
        told = f"{self.reason.rstrip('.')} ({', '.join(threads)})." if threads else self.reason
        return UnsupportedNestingError(
            backend=backend,
            nesting=nesting,
            operation=operation or self.operations[0],
            reason=f"{told} {advice}".rstrip(),
            blocks=self.nestings if self.does == "refuses" else (),
            use=next((Nesting(code) for code in self.use if len(code) == nesting.order), None),
        )


def read_faults(text: str) -> dict[str, Fault]:
    """The faults in the text of a ledger, by id.

    Raises:
        FaultError: it is not TOML, or an entry has a field that there is not, or lacks one.
    """
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultError(f"The ledger of faults is no TOML: {error}") from error
    if set(written) - {"fault"}:
        raise FaultError(f"A ledger has entries [fault.ID] alone; it has {sorted(set(written) - {'fault'})} too.")
    return {name: _fault(name, entry) for name, entry in written.get("fault", {}).items()}


def _fault(name: str, entry: dict[str, Any]) -> Fault:
    needed = {one.name: one.default is MISSING and one.name != "finding" for one in fields(Fault) if one.name != "id"}
    for key in entry:
        if key not in needed:
            raise FaultError(f"fault {name!r}: there is no field {key!r}. {did_you_mean(key, needed)}")
    if missing := [key for key, is_needed in needed.items() if is_needed and key not in entry]:
        raise FaultError(f"fault {name!r} lacks {', '.join(missing)}.")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Fault(name, **{"finding": None, **values})


def url(link: str) -> str:
    """The address of a thread: `pytorch#1` is in pytorch/pytorch, `jax-ml/jax#1` in jax-ml/jax; a page has its own.

    Example:
        >>> url("pytorch#196700")
        'https://github.com/pytorch/pytorch/issues/196700'
    """
    if "://" in link:
        return link
    repository, _, number = link.partition("#")
    where = repository if "/" in repository else f"{repository}/{repository}"
    return f"https://github.com/{where}/issues/{number}"
