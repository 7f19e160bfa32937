"""The way from core to the judge: a hook, and what to install where nobody implements it."""

import subprocess
import sys

import pytest

import nestgrad as ng

WITHOUT = """
import sys
sys.modules["{missing}"] = None
import nestgrad as ng
try:
    ng.diagnose(lambda x: x * x, 2.0, backend="autograd")
except ng.ExtraNotInstalledError as error:
    print(error)
"""


@pytest.mark.parametrize("missing", ["msgspec", "rich"])
def test_without_a_library_the_error_has_the_install_line(missing):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing)], capture_output=True, text=True, check=False
    )
    assert missing in done.stdout, done.stderr
    assert "pip install 'nestgrad[conformance]'" in done.stdout


def test_without_a_plug_in_the_error_has_the_install_line(monkeypatch):
    monkeypatch.setattr("nestgrad._plugins.answers", lambda *_, **__: iter(()))
    with pytest.raises(ng.ExtraNotInstalledError, match=r"pip install 'nestgrad\[conformance\]'"):
        ng.diagnose(lambda x: x * x, 2.0, backend="autograd")


def test_importing_core_imports_no_judge():
    code = "import sys, nestgrad, nestgrad.testing; sys.exit(any(m.startswith('nestgrad_conf') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
