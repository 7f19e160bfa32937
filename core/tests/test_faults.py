"""A fault of a ledger: which nestings it covers, what its error says. Malformed ledgers are in the suite's tests."""

import pytest

import nestgrad as ng
from nestgrad._faults import url
from nestgrad.extend import Fault, FaultError, read_faults

NORM = Fault(
    id="norm",
    operations=("layer_norm", "batch_norm"),
    nestings=("?F", "???*"),
    reason="its rules are wrong.",
    finding=None,
    use=("R", "RR"),
    compiled=("R",),
    in_direction=("FR",),
    links=("engine#1", "https://engine.org/norm"),
)


def test_it_covers_nestings_by_patterns():
    covered = {code for code in ("F", "R", "FF", "FR", "RF", "RR", "FRR", "RRRR") if NORM.covers(code)}
    assert covered == {"FF", "RF", "FRR", "RRRR"}
    assert NORM.covers("R", compiled=True)
    assert NORM.covers("FR", in_direction=True)


def test_its_error_names_operation_thread_and_way_out():
    refusal = NORM.refusal("engine", "RF")
    assert isinstance(refusal, ng.UnsupportedNestingError)
    assert (refusal.backend, refusal.nesting, refusal.operation) == ("engine", ng.Nesting("RF"), "layer_norm")
    assert refusal.reason == "its rules are wrong (engine#1)."
    assert refusal.use == ng.Nesting("RR")
    other = NORM.refusal("engine", "RRR", "batch_norm", advice="Pass it tensors.")
    assert (other.operation, other.reason, other.use) == (
        "batch_norm",
        "its rules are wrong (engine#1). Pass it tensors.",
        None,
    )


@pytest.mark.parametrize(("field", "value"), [("does", "hides"), ("kind", "mistake"), ("nestings", ("?X",))])
def test_what_a_field_may_not_be(field, value):
    with pytest.raises(FaultError, match="'norm'"):
        Fault(**{**vars(NORM), field: value})


def test_a_ledger_has_nothing_but_faults():
    with pytest.raises(FaultError, match="limit"):
        read_faults("[limit]\n")
    assert read_faults("") == {}


def test_the_address_of_a_thread():
    assert url("jax-ml/jax#7") == "https://github.com/jax-ml/jax/issues/7"
    assert url("https://engine.org/norm") == "https://engine.org/norm"
