import itertools

import msgspec
import pytest

import nestgrad as ng
from nestgrad._registry import descriptor
from nestgrad_conformance.limits.limit import Limit, LimitsError, implied, read
from nestgrad_conformance.limits.names import check_names
from nestgrad_conformance.run.backend_run import Bench
from nestgrad_conformance.run.plan import Selection
from nestgrad_conformance.scenarios import Scenario, load, normal

FULL = """
[[limit]]
nesting = "*F*"
operation = "cumsum"
feature = "pytree"
kind = "upstream_bug"
reason = "a sum too many"
link = "https://example.org/1"
seen = ["1.8", "1.9.1"]
since = "1.8"
mended_in = "2.0"

[[limit]]
nesting = "RFF"
kind = "never"
reason = "too deep"
"""

ENTRY = '[[limit]]\nnesting = "F"\nkind = "never"\nreason = "r"\n'


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a limits file beside a descriptor of its own, and name the descriptor's module."""
    monkeypatch.syspath_prepend(tmp_path)
    numbers = itertools.count()

    def write(text, name="limits.toml"):
        module = f"limited_{tmp_path.name.replace('-', '_')}_{next(numbers)}"
        package = tmp_path / module
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "plugin.py").touch()
        (package / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return module

    return write


def limit(nesting="*", **fields):
    return Limit(nesting=nesting, **{"kind": "never", "reason": "it cannot", **fields})


def covers(one, nesting="FR", scenario="norm", features=("norm", "pytree"), version="1.9.1"):
    return one.covers(nesting, scenario, features, version)


def test_a_file_is_read(written):
    first, second = read(written(FULL), "limits.toml")
    assert first == Limit(
        nesting="*F*",
        operation="cumsum",
        feature="pytree",
        kind="upstream_bug",
        reason="a sum too many",
        link="https://example.org/1",
        seen=("1.8", "1.9.1"),
        since="1.8",
        mended_in="2.0",
    )
    assert second == limit("RFF", reason="too deep")


def test_the_file_is_beside_a_descriptor_in_a_module_of_a_package_too(written):
    assert len(read(written(FULL) + ".plugin", "limits.toml")) == 2


def test_no_file_and_an_empty_one_declare_nothing(written):
    assert read("anything", None) == ()
    assert read(written("# nothing\n"), "limits.toml") == ()


@pytest.mark.parametrize("name", ["nestgrad_autograd", "nestgrad_jax"])
def test_bundled_files_are_read(name):
    assert isinstance(read(name, "limits.toml"), tuple)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[limit]", "Expected"),
        (b"\xff\xfe", "decode"),
        ('[[limit]]\nnesting = "F"\nreason = "r"\n', "kind"),
        ('[[limit]]\nkind = "never"\nreason = "r"\n', "nesting"),
        ('[[limit]]\nnesting = "F"\nkind = "never"\n', "reason"),
        ('[[limit]]\nnesting = 1\nkind = "never"\nreason = "r"\n', "str"),
        ('[[limit]]\nnesting = "F"\nkind = "sometimes"\nreason = "r"\n', "sometimes"),
        ('[[limit]]\nnesting = "F"\nkind = "never"\nreason = "r"\nnotes = "n"\n', "notes"),
        ('[[limits]]\nnesting = "F"\nkind = "never"\nreason = "r"\n', "limits"),
        (f'{ENTRY}seen = ["new"]\n', "new"),
        (f'{ENTRY}seen = ["1"]\nmended_in = "new"\n', "new"),
        (f'{ENTRY}versions = "<2.14"\n', "versions"),
        ('[[limit]]\nnesting = "fr"\nkind = "never"\nreason = "r"\n', "'fr' matches no nesting"),
        (f'{ENTRY}executions = ["compield"]\n', "Did you mean 'compiled'"),
        (f'{ENTRY}compiled = "nan"\n', "'nan'"),
        (f'{ENTRY}executions = ["eager"]\ncompiled = "not_finite"\n', "it holds for eager executions alone"),
    ],
    ids=[
        *(
            "toml",
            "encoding",
            "kind",
            "nesting",
            "reason",
            "type",
            "value",
            "field",
            "table",
            "seen",
            "mended",
            "bound",
        ),
        *("pattern", "execution", "compiled", "compiled eagerly"),
    ],
)
def test_a_malformed_file_is_named(written, text, said):
    module = written(text)
    with pytest.raises(LimitsError) as caught:
        read(module, "limits.toml")
    assert module in str(caught.value)
    assert "limits.toml" in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_file_is_named(written):
    module = written("")
    with pytest.raises(LimitsError, match=rf"{module}.*absent\.toml"):
        read(module, "absent.toml")


@pytest.mark.parametrize("kind", ["never", "not_yet", "upstream_bug"])
@pytest.mark.parametrize("link", ['link = "https://example.org/2"\n', "", 'link = ""\n'])
def test_a_scenario_is_named_only_as_an_upstream_bug_with_a_link(written, kind, link):
    text = f'[[limit]]\nnesting = "RF"\nscenario = "norm"\nkind = "{kind}"\nreason = "r"\n{link}'
    if kind == "upstream_bug" and "https" in link:
        (found,) = read(written(text), "limits.toml")
        assert covers(found, "RF")
        assert not covers(found, "RF", scenario="norm_2")
    else:
        with pytest.raises(LimitsError, match=r"norm.*only as upstream_bug with a link"):
            read(written(text), "limits.toml")


@pytest.mark.parametrize("kind", ["not_yet", "upstream_bug"])
def test_only_what_is_never_possible_holds_for_everything(written, kind):
    with pytest.raises(LimitsError, match="names no operation, feature, scenario or execution"):
        read(written(f'[[limit]]\nnesting = "F"\nkind = "{kind}"\nreason = "r"\n'), "limits.toml")


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*F*", ["F", "FR", "RF", "RFR"], ["R", "RR"]),
        ("R?", ["RF", "RR"], ["R", "RFR", "FR"]),
        ("RF", ["RF"], ["FR", "RFF", "FRF"]),
        ("[FR]F", ["FF", "RF"], ["F", "FR"]),
        ("???*", ["FFF", "RRRR"], ["RR"]),
        ("*", ["F", "RRR"], []),
        ("*f*", [], ["F", "RF"]),
    ],
)
def test_patterns(pattern, yes, no):
    assert [nesting for nesting in yes + no if covers(limit(pattern), nesting)] == yes


def test_operation_and_feature_both_have_to_be_there():
    assert covers(limit(operation="norm"))
    assert covers(limit(feature="pytree"))
    assert covers(limit(operation="norm", feature="pytree"))
    assert not covers(limit(operation="norm", feature="sort"))
    assert not covers(limit(operation="nor"))
    assert not covers(limit(operation="norm"), features=())


@pytest.mark.parametrize(
    ("bounds", "version", "holds"),
    [
        ({}, "0.1", True),
        ({}, "99", True),
        ({"seen": ("1.9",)}, "0.1", True),
        ({"seen": ("1.9",)}, "99", True),
        ({"mended_in": "2.0"}, "1.9.1", True),
        ({"mended_in": "2.0"}, "2.0", False),
        ({"mended_in": "2.0"}, "2", False),
        ({"mended_in": "2.0"}, "2.0+cpu", False),
        ({"mended_in": "2.0"}, "2.0rc1", True),
        ({"mended_in": "1.10"}, "1.9", True),
        ({"since": "1.8"}, "1.8.0", True),
        ({"since": "1.8"}, "1.7.9", False),
        ({"since": "1.8"}, "1.10.0.dev20250101", True),
        ({"since": "1.8", "mended_in": "2.0"}, "1.9", True),
        ({"since": "1.8", "mended_in": "2.0"}, "2.1", False),
    ],
)
def test_it_holds_for_every_version_but_those_that_were_measured_without_it(bounds, version, holds):
    assert covers(limit(**bounds), version=version) == holds


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ('mended_in = "2"\n', "belongs into `seen`"),
        ('since = "2"\n', "belongs into `seen`"),
        ('seen = ["2.1"]\nsince = "2"\n', "a bound is a version that was measured"),
        ('seen = ["1", "2"]\nmended_in = "2"\n', "`seen` in 2,"),
        ('seen = ["1", "3"]\nmended_in = "2"\n', "`seen` in 3,"),
        ('seen = ["1", "2"]\nsince = "2"\n', "`seen` in 1,"),
    ],
)
def test_a_bound_stands_between_versions_that_were_measured(written, versions, said):
    with pytest.raises(LimitsError, match=said):
        read(written(ENTRY + versions), "limits.toml")


@pytest.mark.parametrize(
    ("compiled", "execution", "declared"),
    [
        (None, "eager", "limit"),
        (None, "xla", "limit"),
        ("not_finite", "eager", "limit"),
        ("not_finite", "compiled", "not_finite"),
        ("not_finite", "traced", "not_finite"),
        ("not_finite", "xla", "not_finite"),
    ],
)
def test_what_is_declared_of_a_compiled_program(compiled, execution, declared):
    """A refusal, or a result that is not finite: DESIGN's two rows for limits."""
    assert limit(compiled=compiled).declares(execution) == declared


def test_the_file_of_a_module_that_is_not_there_is_named():
    with pytest.raises(LimitsError, match="nowhere_at_all"):
        read("nowhere_at_all", "limits.toml")


def test_implied_limits_of_a_missing_mode():
    both = {"forward": True, "reverse": True}
    assert implied(both, None) == ()
    (no_forward,) = implied({**both, "forward": False}, None)
    assert no_forward.kind == "never"
    assert "forward" in no_forward.reason
    assert [nesting for nesting in ("F", "R", "FR", "RR", "RRF") if covers(no_forward, nesting)] == ["F", "FR", "RRF"]
    (no_reverse,) = implied({**both, "reverse": False}, None)
    assert [nesting for nesting in ("F", "R", "FR", "FF", "RFF") if covers(no_reverse, nesting)] == ["R", "FR", "RFF"]


@pytest.mark.parametrize(("most", "beyond"), [(1, ["FR", "RRR"]), (2, ["RRR"]), (3, [])])
def test_implied_limit_of_a_greatest_order(most, beyond):
    (found,) = implied({"forward": True, "reverse": True}, most)
    assert [nesting for nesting in ("F", "FR", "RRR") if covers(found, nesting)] == beyond
    assert str(most) in found.reason


def test_a_limit_is_written_without_what_it_leaves_open():
    assert msgspec.to_builtins(limit("F")) == {"nesting": "F", "kind": "never", "reason": "it cannot"}


def made(name, *features, engine=None):
    return Scenario(id=name, function=lambda xp, x: x, inputs=normal(), features=frozenset(features), engine=engine)


SCENARIOS = (made("one", "sort", "norm"), made("two", "norm"), made("mine", "fused", engine="e"), made("x", engine="f"))


@pytest.mark.parametrize(
    "fields",
    [
        {"operation": "norm"},
        {"operation": "norm", "unless": "sort"},
        {"operation": "sort", "feature": "norm"},
        {"feature": "fused"},
        {"scenario": "mine"},
        {},
    ],
)
def test_a_limit_may_name_what_scenarios_of_its_engine_have(fields):
    check_names([limit(**fields)], SCENARIOS, "e", "f.toml")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"operation": "nrom"}, "no scenario has the operation 'nrom'. Did you mean 'norm'?"),
        ({"feature": "fuse"}, "no scenario has the feature 'fuse'. Did you mean 'fused'?"),
        ({"operation": "norm", "unless": "sorted"}, "no scenario has the feature 'sorted'. Did you mean 'sort'"),
        ({"scenario": "mime"}, "no scenario has the id 'mime'. Did you mean 'mine'?"),
        ({"scenario": "x"}, "no scenario has the id 'x'."),
        ({"operation": "sort", "feature": "fused"}, "no scenario has all that it names together"),
        ({"operation": "sort", "unless": "norm"}, "no scenario has all that it names together"),
    ],
)
def test_a_limit_on_what_no_scenario_has_is_an_error(fields, said):
    with pytest.raises(LimitsError) as caught:
        check_names([limit(), limit("RF", **fields)], SCENARIOS, "e", "f.toml")
    assert str(caught.value).startswith("f.toml: entry 2 ('RF', 'it cannot'): ")
    assert said in str(caught.value)


@pytest.mark.parametrize("name", sorted({info.name for info in ng.backends()}))
def test_the_limits_of_every_installed_backend_name_what_there_is(name):
    scenarios = load()
    Bench(name, scenarios, Selection(), timeout=1)
    fewer = {one.id: one for one in scenarios.values() if one.tier == "transforms" and "nested" not in one.features}
    if descriptor(name).limits is not None:
        with pytest.raises(LimitsError, match="no scenario has"):
            Bench(name, fewer, Selection(), timeout=1)
