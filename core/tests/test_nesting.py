import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nestgrad as ng
from nestgrad import InvalidNestingError, Mode, Nesting
from nestgrad._nesting import nestings

NAMES = {"F": "forward", "R": "reverse"}
CODES = st.text("FR", min_size=1, max_size=8)
quick = settings(database=None, deadline=None, max_examples=40)


def long_name(code):
    return "_over_".join(NAMES[letter] for letter in code)


@quick
@given(CODES)
def test_both_spellings_are_one_nesting(code):
    short, long = Nesting(code), Nesting(long_name(code))
    assert short == long
    assert hash(short) == hash(long)
    assert {short: 1}[long] == 1


@quick
@given(CODES)
def test_names_itself_in_both_spellings(code):
    nesting = Nesting(long_name(code))
    assert (str(nesting), nesting.code, repr(nesting)) == (long_name(code), code, f"Nesting({code!r})")
    assert eval(repr(nesting)) == nesting


@quick
@given(CODES)
def test_iterates_its_modes_outermost_first(code):
    nesting = Nesting(code)
    assert [mode.letter for mode in nesting] == list(code)
    assert [mode.value for mode in nesting] == [NAMES[letter] for letter in code]
    assert (nesting.outer.letter, nesting.inner.letter) == (code[0], code[-1])


@quick
@given(CODES)
def test_order_is_the_number_of_modes(code):
    assert Nesting(code).order == len(Nesting(code)) == len(code)


@pytest.mark.parametrize(
    ("code", "directions"), [("F", 1), ("R", 0), ("FF", 2), ("FR", 1), ("RF", 1), ("RR", 1), ("FFF", 3), ("FFR", 2)]
)
def test_directions(code, directions):
    assert Nesting(code).directions == directions


@quick
@given(CODES, CODES)
def test_equal_only_to_the_same_nesting(one, other):
    assert (Nesting(one) == Nesting(other)) == (one == other)
    assert (Nesting(one) != Nesting(other)) == (one != other)


def test_is_no_string():
    assert Nesting("FR") != "FR"
    assert Nesting("R") != Mode.REVERSE


def test_contains_modes():
    assert Mode.FORWARD in Nesting("FF")
    assert Mode.REVERSE not in Nesting("FF")


@quick
@given(CODES)
def test_survives_pickle_and_copy(code):
    nesting = Nesting(code)
    copies = [pickle.loads(pickle.dumps(nesting, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    assert [*copies, copy.copy(nesting), copy.deepcopy(nesting), Nesting(nesting)] == [nesting] * (len(copies) + 3)


@pytest.mark.parametrize("attribute", ["order", "code", "_modes", "anything"])
def test_attributes_cannot_be_set(attribute):
    nesting = Nesting("FR")
    with pytest.raises(AttributeError):
        setattr(nesting, attribute, "R")
    assert nesting.code == "FR"


@pytest.mark.parametrize("attribute", ["order", "_modes"])
def test_attributes_cannot_be_deleted(attribute):
    nesting = Nesting("FR")
    with pytest.raises(AttributeError):
        delattr(nesting, attribute)
    assert nesting.code == "FR"


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_nestings_are_all_of_one_order(order):
    found = nestings(order)
    assert len(found) == len(set(found)) == 2**order
    assert {nesting.order for nesting in found} == {order}


def test_nestings_of_order_two():
    assert {nesting.code for nesting in nestings(2)} == {"FF", "FR", "RF", "RR"}


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ("*", ["FF", "FR", "RF", "RR"]),
        ("?F", ["FF", "RF"]),
        ("F*", ["FF", "FR"]),
        ("[!F]R", ["RR"]),
        ("RF", ["RF"]),
        ("??*", ["FF", "FR", "RF", "RR"]),
        ("???*", []),
        ("R", []),
        ("", []),
        ("rf", []),
        ("reverse*", []),
    ],
)
def test_matches_a_pattern_on_its_code(pattern, codes):
    assert [nesting.code for nesting in nestings(2) if nesting.matches(pattern)] == codes


def test_empty_nesting():
    with pytest.raises(InvalidNestingError, match="empty"):
        Nesting("")


@pytest.mark.parametrize("nesting", [None, 2, b"FR", ("F", "R"), Mode.FORWARD])
def test_no_string_is_no_nesting(nesting):
    with pytest.raises(InvalidNestingError, match="not "):
        Nesting(nesting)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("foward_over_reverse", "forward_over_reverse"),
        ("reverse_over_foward", "reverse_over_forward"),
        ("reverse-over-reverse", "reverse_over_reverse"),
        ("revers", "reverse"),
        ("FX", "FR"),
        ("fr", "FR"),
    ],
)
def test_misspelt_nestings_get_the_closest(misspelt, meant):
    with pytest.raises(InvalidNestingError) as caught:
        Nesting(misspelt)
    assert repr(misspelt) in str(caught.value)
    assert repr(meant) in str(caught.value)


@pytest.mark.parametrize(
    "nesting", ["F_over_R", "forward_over_R", "FRforward", "_over_", "forward_over_", " FR", "FR "]
)
def test_mixed_spellings_are_no_nesting(nesting):
    with pytest.raises(InvalidNestingError):
        Nesting(nesting)


@quick
@given(st.text("FRxforwadevs_ ", max_size=12))
def test_any_other_text_is_refused(nesting):
    if nesting and set(nesting) <= {"F", "R"}:
        nesting += "x"
    if set(nesting.split("_over_")) <= set(NAMES.values()):
        nesting += "_"
    with pytest.raises(InvalidNestingError):
        Nesting(nesting)


def test_error_is_a_value_error_of_this_package():
    assert issubclass(InvalidNestingError, ValueError)
    assert issubclass(InvalidNestingError, ng.NestgradError)
