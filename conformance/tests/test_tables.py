"""The tables of engines' own calls are those that are written from the rows above the functions."""

import pytest

from nestgrad_conformance.scenarios.native import _tables


@pytest.mark.parametrize("engine", _tables.ENGINES)
def test_a_table_is_what_the_rows_say(engine):
    assert _tables.is_written(engine), "run `python docs/update.py`"


def test_a_row_that_changes_changes_the_table(tmp_path, monkeypatch):
    (tmp_path / "engine").mkdir()
    module, table = tmp_path / "engine" / "layers.py", tmp_path / "engine" / "table.py"
    module.write_text('@row(normal(3), "norm", order=3)\ndef norm(x):\n    return x\n')
    monkeypatch.setattr(_tables, "FOLDER", tmp_path)
    table.write_text(_tables.table("engine"))
    assert _tables.is_written("engine")
    assert "_layers('norm', normal(3), 'norm', order=3)" in table.read_text()
    module.write_text('@row(normal(4), "norm", order=3)\ndef norm(x):\n    return x\n')
    assert not _tables.is_written("engine")
