import contextlib
import importlib
import itertools
import sys
import textwrap
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nestgrad as ng
from nestgrad import _left_out, _select

GROUP = "nestgrad.backends"
_numbers = itertools.count()


@dataclass(frozen=True)
class Engine:
    """A real engine with 64 bits, and how to make its arrays."""

    name: str
    xp: ModuleType
    backend: Any

    def array(self, values, dtype="float64"):
        return self.backend.asarray(np.asarray(values, dtype))


def _open_engine(stack, name):
    if name == "jax":
        jax = pytest.importorskip("jax")
        stack.enter_context(jax.enable_x64(True))
    backend = ng.get_backend(name)
    return Engine(name, backend.xp, backend)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    monkeypatch.delenv("NESTGRAD_BACKEND", raising=False)


@pytest.fixture(autouse=True)
def _nothing_selected(monkeypatch):
    """What other tests have planted and installed is forgotten."""
    monkeypatch.setattr(_select, "_selected", {})


@pytest.fixture(params=["autograd", "jax"])
def engine(request):
    """Each engine in turn; nothing of its state is changed after the test."""
    with contextlib.ExitStack() as stack:
        yield _open_engine(stack, request.param)


@pytest.fixture
def jax():
    """The jax module, with 64 bits while the test runs."""
    with contextlib.ExitStack() as stack:
        _open_engine(stack, "jax")
        yield sys.modules["jax"]


class Plant:
    """Writes distributions with plug-ins into a folder on `sys.path`, as pip would."""

    def __init__(self, folder):
        self.folder = folder
        self.modules = []

    @staticmethod
    def new_name():
        """A name no other test uses: loaded backends are kept by name."""
        return f"fake{next(_numbers)}"

    def module(self, name, source):
        (self.folder / f"{name}.py").write_text(textwrap.dedent(source))
        self.modules.append(name)
        importlib.invalidate_caches()

    def distribution(self, distribution, entries, group=GROUP, version="1.0"):
        """Metadata alone: `entries` maps entry-point names to values."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
        importlib.invalidate_caches()

    def plugin(self, source, name=None):
        """A distribution, its module and its entry point, all of one name, which is returned."""
        name = name or self.new_name()
        self.module(name, source)
        self.distribution(name, {name: name})
        return name

    def backend(self, name=None, *, engine="numpy", arrays=None, body="pass", **descriptor):
        """A working plug-in: a descriptor, an array class `Array` and an empty backend class `Fake`."""
        name = name or self.new_name()
        fields = {"name": name, "engine": engine, "install": f"pip install {engine}", "arrays": arrays or (name,)}
        fields |= {"implementation": f"{name}:Fake", **descriptor}
        source = f"""
from nestgrad.extend import Descriptor, hookimpl

@hookimpl
def nestgrad_backend():
    return Descriptor(**{fields!r})

class Array:
    shape, dtype = (), None

class Fake:
    name = {name!r}
    {body}
"""
        return self.plugin(source, name)

    def pack(self, source, name=None):
        """A distribution of the group `nestgrad.plugins`, its module and its entry point, all of one name."""
        name = name or self.new_name()
        self.module(name, source)
        self.distribution(name, {name: name}, group="nestgrad.plugins")
        return name

    def loaded(self):
        return [name for name in self.modules if name in sys.modules]


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """A folder on `sys.path` for plug-ins, taken away afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    planted = Plant(tmp_path)
    yield planted
    for name in planted.modules:
        sys.modules.pop(name, None)


@pytest.fixture
def named_anew(monkeypatch):
    """Nothing has been left out so far, nor is anything afterwards."""
    monkeypatch.setattr(_left_out, "_named", [])


@pytest.fixture
def installed(monkeypatch):
    """Call with names: from then on only these engines can be found."""

    def only(*engines):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, package=None: object() if name in engines else None
        )

    return only


@pytest.fixture
def spy():
    """An autograd backend that logs what each transform took, when that transform is done."""
    log = []

    class Spy(type(ng.get_backend("autograd"))):
        name = "spy"

        def jvp(self, f, primals, tangents, *, has_aux=False):
            result = super().jvp(f, primals, tangents, has_aux=has_aux)
            log.append(("F", *map(float, tangents)))
            return result

        def vjp(self, f, *primals, has_aux=False):
            value, pull, *aux = super().vjp(f, *primals, has_aux=has_aux)

            def pullback(cotangent):
                pulled = pull(cotangent)
                log.append(("R", *map(float, cotangent if isinstance(cotangent, tuple) else (cotangent,))))
                return pulled

            return value, pullback, *aux

    backend = Spy()
    backend.log = log
    return backend
