"""`--update-limits`: what a run says about a limits file, proposed as an edit."""

import json
import os
import shutil
import subprocess
import sys
import tomllib

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from nestgrad import Nesting
from nestgrad.extend import Fault
from nestgrad_conformance.cli import command
from nestgrad_conformance.judge.measurement import Refusal
from nestgrad_conformance.limits.limit import Limit, parse
from nestgrad_conformance.limits.patterns import patterns
from nestgrad_conformance.limits.text import entries, entry
from nestgrad_conformance.report.proposal import edited, of_the_ledger
from nestgrad_conformance.report.schema import Cell

FILE = """# Header.

# Why svd is special.
[[limit]]
operation = "svd"
nesting = "*F*"
kind = "not_yet"
reason = "no rule"
link = "https://example.org/1"

[[limit]]
operation = "qr"
nesting = "*"
kind = "never"
reason = "not at all"
"""


def measured(
    nesting, operation, outcome, declared="supported", execution="eager", scenario=None, refusal=None, tags=()
):
    verdict = {
        ("limit", "correct"): "undeclared",
        ("limit", "refused"): "refused",
        ("supported", "correct"): "supported",
    }
    return Cell(
        id=f"a/{scenario or operation}@1/{nesting}/{execution}/float64",
        backend="a",
        tier="ops",
        dtype="float64",
        device="cpu",
        nesting=str(Nesting(nesting)),
        scenario=scenario or f"s_{operation}",
        execution=execution,
        features=[operation, *tags],
        outcome=outcome,
        declared=declared,
        verdict=verdict.get((declared, outcome), "broken"),
        refusal=refusal,
    )


def refusal(operation, reason="no rule for it."):
    return Refusal(operation, reason, use="RR")


def seen(*versions, bounds=""):
    """The file, its first entry measured in these versions."""
    link = 'link = "https://example.org/1"\n'
    return FILE.replace(link, f"{link}seen = {json.dumps(versions)}\n{bounds}")


def first(text):
    return tomllib.loads(text)["limit"][0]


def test_what_is_as_declared_is_left_as_it_is_written():
    cells = [measured("FR", "svd", "refused", "limit"), measured("RR", "svd", "correct")]
    assert edited(seen("1"), cells, "1") == (seen("1"), [])


@pytest.mark.parametrize("before", [FILE, seen("0.9"), seen("0.9", "2"), seen("1")])
def test_a_limit_that_is_met_was_seen_in_that_version(before):
    text, notes = edited(before, [measured("FR", "svd", "refused", "limit")], "1")
    assert first(text)["seen"] == sorted({*first(before).get("seen", ()), "1"})
    assert [line for line in text.splitlines() if "seen" not in line] == [
        line for line in before.splitlines() if "seen" not in line
    ]
    assert notes == []


def test_versions_are_sorted_as_versions_and_stand_where_their_author_put_the_rest():
    written = (
        "[[limit]] \n".strip()
        + '\nseen = [\n  "0.9",\n]  # by hand\nnesting = "F"\nkind = "never"\nreason = "r"\n\n# Below.\n'
    )
    text, _ = edited(written, [measured("F", "svd", "refused", "limit")], "0.10")
    assert text == '[[limit]]\nnesting = "F"\nkind = "never"\nreason = "r"\nseen = ["0.9", "0.10"]\n\n# Below.\n'


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (seen("0.9"), {"seen": ["0.9"], "mended_in": "1"}),
        (seen("0.9", "1"), {"seen": ["0.9"], "mended_in": "1"}),
        (seen("2", "3"), {"seen": ["2", "3"], "since": "2"}),
    ],
)
def test_a_limit_that_is_right_in_this_version_ends_there_if_another_one_has_it(before, left):
    cells = [measured(nesting, "svd", "correct", "limit") for nesting in ("F", "FR")]
    text, notes = edited(before, cells, "1")
    kept = {name: first(text).get(name) for name in ("seen", "since", "mended_in") if first(text).get(name)}
    assert (first(text)["operation"], kept, notes) == ("svd", left, [])
    assert not parse(text, "")[0].holds_in("1")
    assert parse(text, "")[0].holds_in(left["seen"][0])


def test_what_one_version_between_others_does_not_have_is_left_with_a_note():
    text, (note,) = edited(seen("0.9", "2"), [measured("F", "svd", "correct", "limit")], "1")
    assert text == seen("0.9", "2")
    assert "Right in 1" in note


def test_a_limit_that_shrinks_is_as_it_was_for_the_versions_that_it_was_seen_in():
    cells = [measured("FR", "svd", "refused", "limit"), measured("RF", "svd", "correct", "limit")]
    text, _ = edited(seen("0.9"), cells, "1")
    old, new = (limit for limit in parse(text, "") if limit.operation == "svd")
    assert (old.nesting, old.seen, old.mended_in) == ("*F*", ("0.9",), "1")
    assert (new.seen, new.since, new.mended_in) == (("1",), None, None)
    assert [new.covers(nesting, "s_svd", ["svd"], "1") for nesting in ("FR", "RF")] == [True, False]


def test_a_limit_that_is_stale_throughout_goes_with_its_comment():
    cells = [measured(nesting, "svd", "correct", "limit") for nesting in ("F", "FR")]
    text, notes = edited(FILE, cells, "1")
    assert [limit["operation"] for limit in tomllib.loads(text)["limit"]] == ["qr"]
    assert text.startswith("# Header.\n\n[[limit]]")
    assert notes == []


def test_a_limit_that_is_stale_in_part_shrinks_to_what_is_refused():
    cells = [measured(nesting, "svd", "refused", "limit") for nesting in ("FR", "FF", "F")]
    cells += [measured("RF", "svd", "correct", "limit"), measured("RR", "svd", "correct")]
    text, _ = edited(FILE, cells, "1")
    svd = [limit for limit in tomllib.loads(text)["limit"] if limit["operation"] == "svd"]
    assert [(limit["nesting"], limit["reason"], limit["link"]) for limit in svd] == [
        ("F*", "no rule", "https://example.org/1")
    ]


def test_a_limit_that_depends_on_the_scenario_is_left_with_a_note():
    cells = [measured("FR", "svd", "refused", "limit"), measured("FR", "svd", "correct", "limit", scenario="other")]
    text, notes = edited(FILE, cells, "1")
    assert text == seen("1")
    assert "FR eager" in notes[0]


def test_a_refusal_that_nothing_declares_becomes_a_limit_with_its_reason():
    cells = [measured(nesting, "pinv", "refused", refusal=refusal("pinv")) for nesting in ("F", "FR", "RF")]
    cells += [measured(nesting, "pinv", "correct") for nesting in ("R", "RR")]
    text, notes = edited(FILE, cells, "1")
    assert text.startswith(FILE)
    assert tomllib.loads(text)["limit"][2:] == [
        {"operation": "pinv", "nesting": "*F*", "kind": "not_yet", "reason": "no rule for it.", "seen": ["1"]}
    ]
    assert notes == []


def test_an_execution_is_named_where_the_others_are_right():
    cells = [measured("RR", "pinv", "refused", execution="xla", refusal=refusal("pinv"))]
    cells += [measured("RR", "pinv", "correct")]
    text, _ = edited("", cells, "1")
    assert [(limit.nesting, limit.executions) for limit in parse(text, "")] == [("*", ("xla",))]


def test_a_feature_is_used_where_the_operation_is_right_elsewhere():
    cells = [measured("FR", "conv", "refused", refusal=refusal("conv"), tags=["strided"])]
    cells += [measured("FR", "conv", "correct", scenario="plain"), measured("RR", "conv", "correct", tags=["strided"])]
    (limit,) = parse(edited("", cells, "1")[0], "")
    assert (limit.operation, limit.feature, limit.nesting) == (None, "strided", "*F*")


@pytest.mark.parametrize("reason", ["the tape says: no (Use 'RR' instead).", "no.\n Use 'FF' or what else you like."])
def test_a_reason_is_what_the_refusal_says_whatever_that_is(reason):
    """Nothing is read out of a message: an operation with a quote in its name, a reason with a way out in it."""
    cells = [measured("FR", "pinv", "refused", refusal=refusal("it's", reason))]
    (limit,) = parse(edited("", cells, "1")[0], "")
    assert limit.reason == " ".join(reason.split())


def test_a_refusal_of_an_older_report_is_a_note():
    cells = [measured("FR", "pinv", "refused")]
    text, (note,) = edited(FILE, cells, "1")
    assert text == FILE
    assert "older" in note
    assert cells[0].id in note


def test_a_refusal_that_no_feature_tells_apart_is_a_note():
    cells = [measured("FR", "conv", "refused", refusal=refusal("conv"))]
    cells += [measured("FR", "conv", "correct", scenario="other")]
    text, notes = edited(FILE, cells, "1")
    assert text == FILE
    assert cells[0].id in notes[0]


@pytest.mark.parametrize("outcome", ["wrong", "silent_zero", "not_finite", "error", "crash", "timeout", "uncertain"])
@pytest.mark.parametrize("declared", ["supported", "limit"])
def test_no_finding_is_ever_declared_away(outcome, declared):
    assert edited(FILE, [measured("FR", "svd", outcome, declared)], "1") == (FILE, [])


def both(nesting, eager, compiled, declared):
    """A cell of svd, eagerly and compiled."""
    return [
        measured(nesting, "svd", eager, declared, refusal=refusal("svd") if eager == "refused" else None),
        measured(nesting, "svd", compiled, declared, "compiled"),
    ]


def test_a_limit_says_that_a_compiled_result_is_not_finite_where_cells_show_it():
    cells = [cell for nesting in ("FR", "FF") for cell in both(nesting, "refused", "not_finite", "limit")]
    text, notes = edited(seen("1"), cells, "1")
    assert text == seen("1").replace('seen = ["1"]', 'compiled = "not_finite"\nseen = ["1"]')
    assert notes == []
    told = [replace(cell, declared="not_finite", verdict="not_finite") for cell in cells if cell.execution != "eager"]
    assert edited(text, told, "1") == (text, [])


def test_a_refusal_that_nothing_declares_says_so_too():
    cells = [cell for nesting in ("F", "FR") for cell in both(nesting, "refused", "not_finite", "supported")]
    cells += both("R", "correct", "correct", "supported")
    (limit,) = parse(edited("", cells, "1")[0], "")
    assert (limit.nesting, limit.executions, limit.compiled) == ("*F*", (), "not_finite")


def test_it_is_said_of_the_executions_that_show_it():
    cells = [*both("F", "refused", "correct", "supported"), *both("FR", "refused", "not_finite", "supported")]
    compiled, eager = parse(edited("", cells, "1")[0], "")
    assert (eager.nesting, eager.executions, eager.compiled) == ("*", ("eager",), None)
    assert (compiled.executions, compiled.compiled) == (("compiled",), "not_finite")
    assert [compiled.covers(nesting, "s_svd", ["svd"], "1", "compiled") for nesting in ("F", "FR")] == [False, True]


def test_a_compiled_result_that_is_not_finite_by_itself_is_a_finding():
    assert edited("", [measured("FR", "svd", "not_finite", execution="compiled")], "1") == ("\n", [])


def test_a_limit_of_another_version_is_no_concern_of_this_run():
    text = seen("0.9", bounds='mended_in = "1"\n')
    assert edited(text, [measured("FR", "svd", "correct")], "1") == (text, [])


def test_a_file_that_is_written_otherwise_is_left_to_a_person():
    text = 'limit = [{ nesting = "*", operation = "svd", kind = "never", reason = "r" }]\n'
    unchanged, (note,) = edited(text, [measured("FR", "svd", "correct", "limit")], "1")
    assert unchanged == text
    assert "by hand" in note


def test_entries_and_their_text():
    head, (svd, qr) = entries(FILE)
    assert head + svd + qr == FILE
    assert svd.startswith("# Why svd is special.")
    limits = parse(FILE, "")
    assert parse("\n".join(map(entry, limits)), "") == limits


def test_every_field_of_a_limit_is_written():
    texts = {name: name for name in ("operation", "feature", "unless", "scenario", "link", "reason")}
    versions = {"seen": ("1", "2"), "since": "1", "mended_in": "3"}
    executions = {"executions": ("eager", "xla"), "compiled": "not_finite"}
    whole = Limit(nesting="*F*", kind="upstream_bug", **executions, **texts, **versions)
    assert all(msgspec.structs.astuple(whole))
    assert parse(entry(whole), "") == (whole,)


def test_a_reason_with_quotes_is_written_as_toml():
    (limit,) = parse(FILE.split("\n\n")[2], "")
    odd = 'says "no"\\ ‖x‖\n'
    assert parse(entry(replace(limit, reason=odd)), "")[0].reason == odd


@pytest.mark.parametrize(
    ("those", "others", "found"),
    [
        ({"F", "FR", "RF"}, {"R", "RR"}, ("*F*",)),
        ({"FR", "FF"}, {"F", "R", "RR", "RF"}, ("F?",)),
        ({"RF"}, {"R", "RR", "FR", "FF", "F"}, ("RF",)),
        ({"R", "F"}, set(), ("*",)),
        ({"FR", "RF"}, {"RR", "FF"}, ("FR", "RF")),
    ],
)
def test_patterns(those, others, found):
    assert patterns(those, others) == found


THIRD_PARTY = {
    "nestgrad_third/__init__.py": """
from nestgrad.extend import Descriptor, hookimpl

@hookimpl
def nestgrad_backend():
    return Descriptor("third", "autograd", "", (), "nestgrad_third._impl:Third", limits="limits.toml")
""",
    "nestgrad_third/_impl.py": """
from nestgrad_autograd._impl import Autograd

class Third(Autograd):
    name = "third"
""",
    "nestgrad_third/limits.toml": """# What we refuse.

[[limit]]
operation = "norm"
nesting = "*F*"
kind = "not_yet"
reason = "once there was no rule"
""",
    "nestgrad_third-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: nestgrad-third\nVersion: 1\n",
    "nestgrad_third-1.dist-info/entry_points.txt": "[nestgrad.backends]\nthird = nestgrad_third\n",
}


@pytest.fixture
def third(tmp_path):
    for name, text in THIRD_PARTY.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
def test_an_installed_third_partys_file_is_proposed_for_and_left_alone(third):
    options = ["--scenario", "inverse_norm", "--scenario", "solve", "--execution", "eager", "--update-limits"]
    path = os.pathsep.join(filter(None, [str(third), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "nestgrad_conformance", "conformance", "third", *options],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    file = third / "nestgrad_third/limits.toml"
    assert done.returncode == 1, done.stderr
    assert file.read_text() == THIRD_PARTY["nestgrad_third/limits.toml"]
    assert done.stdout.startswith(f"--- {file}\n+++ {file}\n")
    applied = subprocess.run(["patch", str(file)], input=done.stdout, text=True, capture_output=True, check=False)
    assert applied.returncode == 0, applied.stdout
    (limit,) = tomllib.loads(file.read_text())["limit"]
    assert (limit["operation"], limit["nesting"], limit["kind"]) == ("solve", "*F*", "not_yet")


def test_a_raw_engine_has_no_limits_to_update():
    done = CliRunner().invoke(command, ["conformance", "autograd", "--raw", "--update-limits"])
    assert done.exit_code == 2
    assert "declares no limits" in done.output


def test_a_fault_of_the_ledger_that_is_met_by_right_numbers_is_told():
    fault = Fault("qr", ("qr",), ("?F",), "its rule is wrong.", None, shown_by=({"features": ["qr"]},))
    cells = [
        measured("RF", "qr", "correct", "limit"),
        measured("FF", "qr", "refused", "limit"),
        measured("RF", "svd", "correct", "limit"),
    ]
    assert of_the_ledger([fault], cells, "1.0") == ["The fault 'qr' of the ledger is not in 1.0: s_qr RF."]
    assert of_the_ledger([fault], cells[1:], "1.0") == []
