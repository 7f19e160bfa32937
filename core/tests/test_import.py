import json
import subprocess
import sys

import pytest

import nestgrad as ng

HEAVY = {"jax", "jaxlib", "torch", "tensorflow", "autograd", "scipy", "nestgrad_conformance", "pytest"}
OF_PLUGINS = {"pluggy", "importlib.metadata", "email", "zipfile"}
BUNDLED = [info.module for info in ng.backends() if info.bundled]
CHECK = """
import json, sys
exec(sys.argv[1])
print(json.dumps(sorted({*sys.modules, *(name.partition(".")[0] for name in sys.modules)})))
"""


def imported_by(code, watched=HEAVY):
    """Those of the watched modules that a fresh process has imported after running this code."""
    run = subprocess.run([sys.executable, "-c", CHECK, code], capture_output=True, text=True, check=True)
    return watched & set(json.loads(run.stdout.splitlines()[-1]))


def test_bundled_modules_are_known():
    assert {"nestgrad_autograd", "nestgrad_jax"} <= set(BUNDLED)


@pytest.mark.parametrize("module", ["nestgrad", "nestgrad.extend", *BUNDLED])
def test_imports_no_engine(module):
    assert imported_by(f"import {module}") == set()


@pytest.mark.parametrize("module", ["nestgrad", "nestgrad.extend", "nestgrad.internal", *BUNDLED])
def test_numpy_is_not_imported_before_there_is_a_value(module):
    code = f"import {module}, nestgrad; nestgrad.hvp(abs); assert nestgrad.backends()"
    assert imported_by(code, {"numpy"}) == set()
    assert imported_by(f"{code}; nestgrad._select.is_neutral([])", {"numpy"}) == {"numpy"}  # so it can fail


@pytest.mark.parametrize("code", ["import nestgrad", "import nestgrad; nestgrad.hvp(abs)", "import nestgrad.testing"])
def test_what_plugins_need_is_not_imported_before_one_is_looked_for(code):
    assert imported_by(code, OF_PLUGINS) == set()


def test_looking_for_backends_imports_what_plugins_need():
    """So the check above can fail."""
    code = "import nestgrad; nestgrad.get_backend('autograd')"
    assert {"pluggy", "importlib.metadata", "email"} <= imported_by(code, OF_PLUGINS)


def test_listing_imports_no_engine():
    assert imported_by("import nestgrad; assert nestgrad.backends()") == set()


def test_making_an_operator_imports_no_engine():
    assert imported_by("import nestgrad; nestgrad.hvp(abs, compile=True); nestgrad.nested_gradient(abs, abs)") == set()


def test_running_on_one_engine_imports_no_other():
    """Also shows that the check can fail."""
    code = "import nestgrad; nestgrad.gradient(lambda x: x * x, backend='autograd')(1.0)"
    assert imported_by(code) == {"autograd"}


@pytest.mark.parametrize("module", ["nestgrad_autograd._impl", "autograd", "nestgrad_conformance"])
def test_the_check_can_fail(module):
    assert module.partition(".")[0].removeprefix("nestgrad_") in {
        name.removeprefix("nestgrad_") for name in imported_by(f"import {module}")
    }
