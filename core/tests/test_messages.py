"""A table from what an engine says to refusals."""

import pytest

from nestgrad.extend import Message, Mode, Nesting, Refusal, recognised, throughout

TABLE = (
    Message(r"no (forward|reverse) rule for (\w+)", "{1}", "the engine has no {0} rule for it.", Mode.REVERSE),
    Message(r"no rule", None, "the engine has none."),
    Message(r"rule for sort", "sort", "this comes too late."),
    Message(r"(?s)in a loop.*of (\w+)", "{}", "it is in a loop.", Mode.FORWARD),
)


@pytest.mark.parametrize(
    ("text", "nesting", "refusal"),
    [
        ("Sorry: no forward rule for sort.", "FR", Refusal("sort", "the engine has no forward rule for it.", "RR")),
        ("no reverse rule for sort", "RR", Refusal("sort", "the engine has no reverse rule for it.")),
        ("no rule for sort", "F", Refusal(None, "the engine has none.")),
        ("in a loop\nof cumsum", "RFR", Refusal("cumsum", "it is in a loop.", "FFF")),
        ("in a loop\nof cumsum", "F", Refusal("cumsum", "it is in a loop.")),
        ("something else", "R", None),
        ("", "R", None),
    ],
)
def test_the_first_message_that_fits(text, nesting, refusal):
    assert recognised(TABLE, RuntimeError(text), Nesting(nesting)) == refusal


def test_an_empty_table_recognises_nothing():
    assert recognised((), RuntimeError("no rule"), Nesting("R")) is None


@pytest.mark.parametrize(
    ("operation", "reason"),
    [("{1}", "so."), ("sort", "{} and {} and {}."), ("{name}", "so."), (None, "{5}.")],
)
def test_a_group_that_the_pattern_lacks_is_found_when_the_table_is_made(operation, reason):
    with pytest.raises(ValueError, match="holds a group that"):
        Message(r"no rule for (\w+)", operation, reason)


@pytest.mark.parametrize(
    ("nesting", "reverse", "forward"),
    [("R", None, "F"), ("F", "R", None), ("FR", "RR", "FF"), ("RR", None, "FF"), ("FFF", "RRR", None)],
)
def test_one_mode_throughout(nesting, reverse, forward):
    assert throughout(Mode.REVERSE, Nesting(nesting)) == reverse
    assert throughout(Mode.FORWARD, Nesting(nesting)) == forward
