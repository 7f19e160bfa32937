"""What each bundled backend has to show besides the laws of the protocols, which are in the conformance suite."""

import subprocess
import sys

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._registry import descriptor
from nestgrad.extend import COMPILERS, Nesting, provides

from .conftest import BUNDLED

SOME_WITHOUT_LINK = {"torch"}  # a third of its entries, most of whole features

RNG = np.random.default_rng(0)
X, V = RNG.standard_normal((2, 2, 3))


def test_composition_equals_the_named_operators(backend):
    def g(x):
        return backend.xp.sum(backend.xp.sin(x) * x**2)

    x, v = backend.asarray(X), backend.asarray(V)
    expected = (2 * np.sin(X) + 4 * X * np.cos(X) - X**2 * np.sin(X)) * V
    for nesting in ("FR", "RF", "RR"):
        named = getattr(ng, str(Nesting(nesting)))
        np.testing.assert_allclose(named(g, backend=backend)(x, v), expected)
        np.testing.assert_allclose(ng.gradient_and_hvp(g, nesting, backend=backend)(x, v)[1], expected)
        np.testing.assert_allclose(
            ng.nested_gradient(lambda y: backend.xp.sum(y * v), g, nesting=nesting, backend=backend)(x), expected
        )
    assert float(ng.forward_over_forward(g, backend=backend)(x, v, v)) == pytest.approx(np.sum(expected * V))


GUARDS = ("run", "classify", "finite", "canary", "raw", *(str(Nesting(code)) for code in ("FF", "FR", "RF", "RR")))


def test_the_raw_engine_is_the_base_and_claims_nothing_that_guards(backend):
    raw = backend.raw()
    assert isinstance(backend, type(raw))
    assert type(raw) is not type(backend)
    assert [ability for ability in GUARDS if provides(raw, ability)] == []
    modes = ("jvp", "vjp", "compile", "compile_traced", "compile_xla")
    assert [provides(raw, mode) for mode in modes] == [provides(backend, mode) for mode in modes]


def test_the_descriptor_tells_what_the_backend_is(backend):
    described = descriptor(backend.name)
    assert described.name == backend.name
    assert described.limits == "limits.toml"
    assert ng.get_backend(backend.name) is backend
    assert {"eager", *(name for name, method in COMPILERS.items() if provides(backend, method))} >= {*described.speeds}


def test_all_that_nestgrad_registers_is_here():
    assert BUNDLED[0] == "autograd"
    assert len(BUNDLED) == 4


@pytest.mark.parametrize("name", BUNDLED)
def test_the_descriptor_imports_no_engine(name):
    engines = sorted({descriptor(one).engine for one in BUNDLED} | {"jaxlib"})
    program = (
        f"import sys, nestgrad_{name} as plugin; plugin.nestgrad_backend(); import nestgrad; nestgrad.backends(); "
        f"print(*set({engines}) & {{m.partition('.')[0] for m in sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("name", BUNDLED)
def test_the_limits_are_readable_and_give_a_link(name):
    limits = pytest.importorskip("nestgrad_conformance.limits.limit")
    found = limits.read(f"nestgrad_{name}", "limits.toml")
    assert found
    for limit in found:
        assert limit.link.startswith("https://") if limit.link else name in SOME_WITHOUT_LINK
        assert limit.operation or limit.feature or limit.executions  # of a compiler, whatever f is
        assert limit.reason.endswith(".")
