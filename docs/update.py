"""Writes what follows from something else: tables of scenarios, digests, the index of findings, tables in pages.

    python docs/update.py

The index is made of the pages, and of the ledgers of faults as far as a page belongs to one; the tables in engines.md
are the ledgers, and those in cost.md are what `nestgrad bench --json docs/reports/bench.json` has measured. The tests
hold the files against what this would write.
"""

from __future__ import annotations

import fnmatch
import itertools
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nestgrad as ng
from nestgrad.extend import Fault
from nestgrad.internal import descriptor, url
from nestgrad_conformance.bench import page, storage
from nestgrad_conformance.limits.ledger import faults
from nestgrad_conformance.scenarios.native import _tables

DOCS = Path(__file__).parent
DIGESTS = DOCS.parent / "conformance" / "tests" / "test_digests.py"
INDEX, ENGINES, COST = DOCS / "findings" / "index.md", DOCS / "engines.md", DOCS / "cost.md"
BENCH = DOCS / "reports" / "bench.json"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in INDEX.parent.glob("*.md") if page.stem != "index"}
KINDS = ["wrong number", "silent zero", "lost digits", "NaN", "crash", "wrong dtype"]
CODES = ["".join(letters) for order in (1, 2, 3) for letters in itertools.product("FR", repeat=order)]
NAMED = {
    "all": "*",
    "all with an F": "*F*",
    "all with an R": "*R*",
    "all of order 2 and more": "??*",
    "all of order 3 and more": "???*",
    "all with an F that is not outermost": "?*F*",
    "all with an F below another one": "*F*F*",
}
FEW = 2  # nestings that are right, to be told in place of those that are wrong
SHOWN = 6  # operations of one fault, before a page has to be read for the others


def ledgers() -> dict[str, tuple[Fault, ...]]:
    """The faults of every bundled backend that has a ledger."""
    described = {info.module: descriptor(info.name) for info in ng.backends() if info.bundled}
    return {one.name: faults(module, one.faults) for module, one in described.items() if one.faults}


def facts(page: str) -> dict[str, str]:
    """What the table at the top of a page says, by name."""
    return dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", page.split("\n\n", 3)[1], re.MULTILINE)[1:])


def title(page: str) -> str:
    """The mechanism that a page is about."""
    return page.splitlines()[0].removeprefix("# ").partition(": ")[2]


def nestings(fault: Fault) -> str:
    """The nestings of a fault up to order 3, in as few words as can be."""
    covered = {code for code in CODES if fault.covers(code)}
    for words, pattern in NAMED.items():
        if covered == set(fnmatch.filter(CODES, pattern)):
            return words
    others = [code for code in CODES if code not in covered]
    if len(others) <= FEW:
        return f"all but {', '.join(f'`{code}`' for code in others)}"
    return ", ".join(f"`{code}`" for code in CODES if code in covered) or "none uncompiled"


def operations(fault: Fault) -> str:
    """What a fault is about, and when."""
    names = [f"`{name}`" for name in fault.operations]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more + (f" ({fault.when})" if fault.when else "")


def thread(link: str) -> str:
    """A link in Markdown."""
    return f"[{link.removeprefix('https://')}]({url(link)})"


def row(name: str, known: dict[str, tuple[Fault, ...]]) -> str:
    """The line of a page in the index: of the ledger's faults if it is about some, else of its own facts."""
    told, page = facts(PAGES[name]), PAGES[name]
    own = [fault for fault in itertools.chain(*known.values()) if fault.finding == name]
    if own:
        links = dict.fromkeys(link for fault in own for link in fault.links)
        told["Operations"] = "; ".join(dict.fromkeys(map(operations, own)))
        told["Nestings"] = " / ".join(dict.fromkeys(map(nestings, own)))
        told["Thread"] = ", ".join(map(thread, links)) or "none found"
    shown = (told[fact] for fact in ("Operations", "Nestings", "Kind", "Thread"))
    return f"| [{title(page)}]({name}.md) | {' | '.join(shown)} |"


def count(engine: str) -> str:
    """The line of an engine in the index's table of counts."""
    kinds = [facts(page)["Kind"] for name, page in PAGES.items() if name.startswith(f"{engine}-")]
    having = Counter(kind for told in kinds for kind in KINDS if kind in told)
    return f"| {engine} | {len(kinds)} | {' | '.join(str(having[kind]) for kind in KINDS)} |"


def index(text: str) -> str:
    """The index of findings: its counts, its rows, its table of contents. New pages come last in their engine's."""
    known = ledgers()
    listed = re.findall(r"^\| \[.*?\]\(([\w-]+)\.md\)", text, re.MULTILINE)
    engines = list(dict.fromkeys(name.partition("-")[0] for name in listed))
    order = [
        name for engine in engines for name in dict.fromkeys((*listed, *sorted(PAGES))) if name.startswith(f"{engine}-")
    ]
    for engine in engines:
        rows = [row(name, known) for name in order if name.startswith(f"{engine}-")]
        old = re.findall(rf"(?:^\| \[.*?\]\({engine}-[\w-]+\.md\).*\n)+", text, re.MULTILINE)
        text = text.replace(old[0], "\n".join(rows) + "\n")
        text = re.sub(rf"^\| {engine} \| \d+ .*$", count(engine), text, flags=re.MULTILINE)
    text = re.sub(r"\*\*\d+\*\* causes", f"**{len(PAGES)}** causes", text)
    head, start, _ = text.partition(":hidden:\n\n")
    return head + start + "\n".join(order) + "\n```\n"


def table(known: tuple[Fault, ...]) -> str:
    """A ledger as a table."""
    lines = ["| operations | nestings that are wrong | nestgrad | use | why |", "| --- | --- | --- | --- | --- |"]
    for fault in known:
        use = ", ".join(f"`{code}`" for code in fault.use) or "–"
        gone = f" Mended in {fault.mended_in}." if fault.mended_in else ""
        why = (
            f"[{fault.reason[0].upper()}{fault.reason[1:]}](findings/{fault.finding}.md)"
            if fault.finding
            else fault.reason
        )
        lines.append(f"| {operations(fault)} | {nestings(fault)} | {fault.does} | {use} | {why}{gone} |")
    return "\n".join(lines)


def engines(text: str) -> str:
    """The page of engines, with the ledgers as they are."""
    for name, known in ledgers().items():
        begin, end = f"<!-- ledger of {name} -->\n", f"<!-- end of the ledger of {name} -->"
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}\n{table(known)}\n\n{end}{rest.partition(end)[2]}"
    return text


def cost(text: str) -> str:
    """The page of costs, with the figures that are kept."""
    suite = storage.read(BENCH)
    for name, made in page.SECTIONS.items():
        begin, end = f"<!-- figures: {name} -->\n", f"<!-- end of figures: {name} -->"
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}\n{made(suite)}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    for path, made in ((INDEX, index), (ENGINES, engines), (COST, cost)):
        path.write_text(made(path.read_text(encoding="utf-8")), encoding="utf-8")
    if tables := _tables.write():
        subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *tables], check=True)
    subprocess.run([sys.executable, str(DIGESTS)], check=True)  # a new process, which reads the tables anew
