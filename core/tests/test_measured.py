"""What the suite has measured of an engine, as a file beside its backend."""

import types

import pytest

import nestgrad as ng
from nestgrad import _measured
from nestgrad.extend import Descriptor


def described(monkeypatch, tmp_path, text):
    """A backend `mine` whose module is in a folder with a file of what was measured."""
    (tmp_path / "mine.py").touch()
    (tmp_path / "measured.json").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    mine = Descriptor("mine", "mine", "pip install mine", ("mine",), "mine:Mine", measured="measured.json")
    monkeypatch.setattr(_measured, "backends", lambda: [types.SimpleNamespace(name="mine", module="mine")])
    monkeypatch.setattr(_measured, "descriptor", lambda name: mine)
    _measured.measured.cache_clear()


def test_a_nesting_at_a_time(monkeypatch, tmp_path):
    described(monkeypatch, tmp_path, '{"engine": "mine 1", "operations": {"sin": "R RR", "exp": "F FF FR R RF RR"}}')
    try:
        assert _measured.unmeasured("mine", ng.Nesting("FR"), {"sin", "exp", "cos"}) == ("cos", "sin")
        assert _measured.unmeasured("mine", ng.Nesting("RR"), {"sin", "exp"}) == ()
        assert _measured.unmeasured("mine", ng.Nesting("FFR"), {"cos"}) == ()
    finally:
        _measured.measured.cache_clear()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"operations": 3}', '{"operations": {"sin": 3}}'])
def test_a_file_that_cannot_be_read_is_the_plug_ins_fault(monkeypatch, tmp_path, text):
    described(monkeypatch, tmp_path, text)
    try:
        with pytest.raises(ng.BackendUnavailableError, match=r"mine/measured\.json cannot be read"):
            _measured.measured("mine")
    finally:
        _measured.measured.cache_clear()


def test_a_backend_without_such_a_file_has_measured_nothing():
    assert _measured.measured("a backend that nobody has registered") == {}
