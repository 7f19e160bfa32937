import json
import subprocess
import sys

import pytest

import nestgrad as ng
from nestgrad import BackendConflictError, BackendNotFoundError, BackendUnavailableError
from nestgrad._registry import descriptor, embedded
from nestgrad.extend import SPEC_VERSION, Descriptor

MAJOR, MINOR = map(int, SPEC_VERSION.split("."))
BROKEN = "raise RuntimeError('boom at import')"


def named(name):
    return [info for info in ng.backends() if info.name == name]


def refused(name, kind=BackendUnavailableError):
    """The message and the cause of the error that asking for this backend raises."""
    with pytest.raises(kind) as caught:
        ng.get_backend(name)
    return str(caught.value), caught.value.__cause__


def test_bundled_backends_are_listed():
    bundled = {info.name: info for info in ng.backends() if info.bundled}
    assert {"autograd", "jax"} <= set(bundled)
    assert bundled["jax"].module == "nestgrad_jax"
    assert bundled["jax"].distribution == "nestgrad"


def test_planted_distribution_is_listed_from_its_metadata(plant):
    name = plant.new_name()
    plant.distribution("some-engine", {name: "a_module"}, version="3.2")
    (info,) = named(name)
    assert (info.module, info.distribution, info.version) == ("a_module", "some-engine", "3.2")
    assert not info.bundled


def test_listing_is_by_name(plant):
    plant.distribution("late-and-early", {"zz": "z", "aa": "a"})
    names = [info.name for info in ng.backends()]
    assert names == sorted(names)
    assert {"aa", "zz"} < set(names)


def test_listing_imports_no_plugin(plant):
    name = plant.plugin(BROKEN)
    assert named(name)
    assert plant.loaded() == []


def test_other_groups_are_not_listed(plant):
    name = plant.new_name()
    plant.distribution(name, {name: name}, group="nestgrad.plugins")
    assert named(name) == []


def test_getting_one_loads_no_other(plant):
    name, other, broken = plant.backend(), plant.backend(), plant.plugin(BROKEN)
    assert ng.get_backend(name).name == name
    assert plant.loaded() == [name]
    assert other != broken


def test_getting_twice_gives_the_same_object(plant):
    name = plant.backend()
    assert ng.get_backend(name) is ng.get_backend(name)


def test_descriptor_imports_no_implementation(plant):
    name, implementation = plant.new_name(), plant.new_name()
    plant.module(implementation, BROKEN)
    plant.backend(name, implementation=f"{implementation}:Fake", arrays=("one", "two"))
    assert descriptor(name).arrays == ("one", "two")
    assert plant.loaded() == [name]


def test_the_embedded_default_is_a_bundled_one(plant):
    plant.backend("aaa-first", embedded=True)
    assert embedded() == "autograd"


def test_same_distribution_twice_on_the_path_counts_once(plant, tmp_path, monkeypatch):
    name = plant.backend()
    again = tmp_path / "again"
    again.mkdir()
    monkeypatch.syspath_prepend(again)
    type(plant)(again).distribution(name, {name: name}, version="9.9")
    (info,) = named(name)
    assert info.version == "9.9"


def test_unknown_name_gets_the_closest(plant):
    plant.distribution("torchish", {"torchish": "nowhere"})
    message, _ = refused("torchis", BackendNotFoundError)
    assert "'torchis'" in message
    assert "'torchish'" in message


def test_unlike_name_gets_all_names():
    message, _ = refused("zzzzzzzz", BackendNotFoundError)
    assert "'autograd'" in message
    assert "'jax'" in message


def test_two_distributions_with_one_name_are_both_named(plant):
    name = plant.new_name()
    plant.distribution("acme-one", {name: "one"})
    plant.distribution("acme-two", {name: "two"})
    assert [info.distribution for info in named(name)] == ["acme-one", "acme-two"]
    message, _ = refused(name, BackendConflictError)
    assert "'acme-one'" in message
    assert "'acme-two'" in message


def test_distribution_without_metadata_disturbs_nobody(plant):
    """As an interrupted uninstall leaves it behind: entry points, and no name."""
    name = plant.backend()
    plant.distribution("left-over", {name: name, "autograd": name})
    (plant.folder / "left_over-1.0.dist-info" / "METADATA").unlink()
    assert "jax" in {info.name for info in ng.backends()}
    assert ng.get_backend("jax").name == "jax"


def test_entry_point_and_descriptor_must_agree(plant):
    name = plant.backend()
    plant.distribution("alias", {"alias-name": name})
    message, _ = refused("alias-name", BackendConflictError)
    assert "'alias-name'" in message
    assert repr(name) in message


def test_plugin_that_raises_on_import(plant):
    name = plant.plugin(BROKEN)
    message, cause = refused(name)
    assert type(cause) is RuntimeError
    assert "boom at import" in message
    assert repr(name) in message
    assert ng.get_backend("autograd").name == "autograd"
    assert ng.get_backend(plant.backend()).name != name


def test_module_of_the_entry_point_is_missing(plant):
    name = plant.new_name()
    plant.distribution(name, {name: "no_such_module_anywhere"})
    message, cause = refused(name)
    assert isinstance(cause, ModuleNotFoundError)
    assert "no_such_module_anywhere" in message


@pytest.mark.parametrize("error", ["RuntimeError('boom in hook')", "ImportError('boom in hook')"])
def test_hook_that_raises(plant, error):
    name = plant.plugin(f"""
        from nestgrad.extend import hookimpl

        @hookimpl
        def nestgrad_backend():
            raise {error}
    """)
    message, cause = refused(name)
    assert "boom in hook" in message
    assert type(cause).__name__ in error


def test_missing_engine_gives_its_install_line(plant):
    implementation = plant.new_name()
    plant.module(implementation, "import engine_that_nobody_has")
    name = plant.backend(
        engine="engine_that_nobody_has", install="pip install 'that[cpu]'", implementation=f"{implementation}:Fake"
    )
    message, cause = refused(name)
    assert "pip install 'that[cpu]'" in message
    assert "not installed" in message
    assert isinstance(cause, ModuleNotFoundError)


def test_half_installed_engine_says_so(plant):
    engine, implementation = plant.new_name(), plant.new_name()
    plant.module(engine, "raise ImportError('libengine.so: cannot open shared object file')")
    plant.module(implementation, f"import {engine}")
    name = plant.backend(engine=engine, install="pip install that", implementation=f"{implementation}:Fake")
    message, cause = refused(name)
    assert "libengine.so" in message
    assert "not installed" not in message
    assert "pip install that" in message
    assert type(cause) is ImportError


def test_implementation_that_raises_on_import(plant):
    implementation = plant.new_name()
    plant.module(implementation, BROKEN)
    message, cause = refused(plant.backend(implementation=f"{implementation}:Fake"))
    assert "boom at import" in message
    assert type(cause) is RuntimeError


def test_implementation_attribute_missing(plant):
    name = plant.new_name()
    message, cause = refused(plant.backend(name, implementation=f"{name}:Nowhere"))
    assert "Nowhere" in message
    assert isinstance(cause, AttributeError)


def test_implementation_that_raises_when_made(plant):
    name = plant.backend(body="def __init__(self): raise RuntimeError('boom when made')")
    message, cause = refused(name)
    assert "boom when made" in message
    assert type(cause) is RuntimeError


def test_misspelt_hook(plant):
    name = plant.plugin("""
        from nestgrad.extend import hookimpl

        @hookimpl
        def nestgrad_bakend():
            return None
    """)
    message, _ = refused(name)
    assert "nestgrad_bakend" in message
    assert "nestgrad_backend" in message


def test_no_hook_at_all(plant):
    message, _ = refused(plant.plugin("def nestgrad_backend(): return None"))
    assert "nestgrad_backend" in message


@pytest.mark.parametrize("value", ["'a string'", "{'name': 'x'}", "object()"])
def test_hook_of_another_type(plant, value):
    name = plant.plugin(f"""
        from nestgrad.extend import hookimpl

        @hookimpl
        def nestgrad_backend():
            return {value}
    """)
    message, _ = refused(name)
    assert "Descriptor" in message


@pytest.mark.parametrize("version", [SPEC_VERSION, *([f"{MAJOR}.{MINOR - 1}"] if MINOR else [])])
def test_same_and_older_minor_version_run(plant, version):
    name = plant.backend(body=f"spec_version = {version!r}")
    assert ng.get_backend(name).name == name


@pytest.mark.parametrize("version", [f"{MAJOR}.{MINOR + 1}", f"{MAJOR + 1}.0"])
def test_newer_version_asks_for_a_newer_nestgrad(plant, version):
    message, _ = refused(plant.backend(body=f"spec_version = {version!r}"))
    assert version in message
    assert SPEC_VERSION in message
    assert "Upgrade nestgrad" in message


def test_older_major_version_asks_for_a_newer_plugin(plant):
    message, _ = refused(plant.backend(body=f"spec_version = '{MAJOR - 1}.7'"))
    assert "Upgrade the plug-in" in message


@pytest.mark.parametrize("version", ["'1'", "'1.0.0'", "'one.two'", "None", "1.0"])
def test_malformed_version_is_the_plugins_fault(plant, version):
    name = plant.backend(body=f"spec_version = {version}")
    message, _ = refused(name)
    assert repr(name) in message


def test_a_module_that_ends_the_process_does_not_end_ours(plant):
    ending = "raise SystemExit('boom')"
    implementation = plant.new_name()
    plant.module(implementation, ending)
    for name in (
        plant.plugin(ending),
        plant.backend(implementation=f"{implementation}:Fake"),
        plant.backend(body=f"def __init__(self): {ending}"),
        plant.plugin(f"""
            from nestgrad.extend import hookimpl

            @hookimpl
            def nestgrad_backend():
                {ending}
        """),
    ):
        message, cause = refused(name)
        assert "SystemExit: boom" in message
        assert type(cause) is SystemExit


def test_an_interrupt_passes(plant):
    with pytest.raises(KeyboardInterrupt):
        ng.get_backend(plant.plugin("raise KeyboardInterrupt"))


def test_limits_are_named_by_a_string(plant):
    message, _ = refused(plant.backend(limits=3))
    assert "every field is a string" in message


@pytest.mark.parametrize("speeds", [{"eager": "quick"}, {"jit": "slow"}, "slow", ["eager"]])
def test_speeds_are_of_executions(speeds):
    with pytest.raises(TypeError, match="`speeds` goes from eager, compiled, traced, xla to fast, slow or hours"):
        Descriptor("mine", "mine", "", ("mine",), "mine:Mine", speeds=speeds)


def test_an_execution_that_is_not_named_is_fast():
    described = Descriptor("mine", "mine", "", ("mine",), "mine:Mine", speeds={"compiled": "hours"})
    assert [described.speed(execution) for execution in ("eager", "compiled")] == ["fast", "hours"]
    assert hash(described) == hash(Descriptor("mine", "mine", "", ("mine",), "mine:Mine"))


def test_a_distribution_whose_entry_points_cannot_be_read_is_left_out(plant, named_anew):
    plant.distribution("mal-formed", {"x": "y"})
    (plant.folder / "mal_formed-1.0.dist-info" / "entry_points.txt").write_text("[nestgrad.backends]\nno equals sign\n")
    with pytest.warns(ng.PluginWarning, match="Distribution 'mal-formed' is left out") as told:
        names = [info.name for info in ng.backends()]
    assert "autograd" in names
    assert told[0].filename == __file__


def test_a_fresh_process_lists_without_importing(plant):
    name = plant.plugin(BROKEN)
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import nestgrad as ng; names = [i.name for i in "
        "ng.backends()]; print(json.dumps([names, [m for m in ('jax', 'autograd', sys.argv[2]) if m in sys.modules]]))"
    )
    out = subprocess.run([sys.executable, "-c", code, plant.folder, name], capture_output=True, check=True, text=True)
    names, imported = json.loads(out.stdout)
    assert name in names
    assert imported == []
