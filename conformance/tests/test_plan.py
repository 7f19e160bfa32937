"""What a run plans: profiles, selections and shards."""

import pytest

from nestgrad.extend import Descriptor
from nestgrad.internal import descriptor
from nestgrad_conformance.run.backend_run import THREADS, Bench
from nestgrad_conformance.run.caches import CACHE, folder
from nestgrad_conformance.run.plan import Selection, Shard
from nestgrad_conformance.run.profiles import EXECUTIONS, PROFILES, nestings_of
from nestgrad_conformance.scenarios import Scenario, load, normal

ENGINES = ("autograd", "jax", "tensorflow", "torch")
TORCH, TENSORFLOW = descriptor("torch"), descriptor("tensorflow")


def one(name="s", tier="ops", **fields):
    return Scenario(id=name, function=lambda xp, x: xp.sum(x**2), inputs=normal(2), tier=tier, **fields)


OPS = [one(f"op_{number}", order=3, sample=number % 5 == 0) for number in range(300)]


def places(profile, scenario, engine):
    """The highest order in each execution."""
    planned = {
        execution: set(nestings_of(profile, scenario, execution, descriptor(engine))) for execution in EXECUTIONS
    }
    return {execution: max(map(len, nestings - {"auto"})) for execution, nestings in planned.items() if nestings}


def test_full_is_everything_but_inductor_which_has_its_sample():
    for engine in ENGINES:
        others = [execution for execution in EXECUTIONS if (engine, execution) != ("torch", "compiled")]
        assert places("full", one(order=2), engine) == dict.fromkeys(others, 2)
    assert places("full", one(tier="programs", sample=True, order=2), "torch") == dict.fromkeys(EXECUTIONS, 2)


def test_each_profile_is_part_of_the_next_larger_one():
    for engine in ENGINES:
        small, medium, large = (
            set(Selection(profile=name).tasks([*load().values(), *OPS], descriptor(engine))) for name in PROFILES
        )
        assert small < medium < large


def test_quick_has_a_third_of_ops_and_no_native_ones():
    chosen = [scenario for scenario in OPS if places("quick", scenario, "torch")]
    assert 80 <= len(chosen) <= 120
    assert places("quick", one(tier="native", sample=True), "torch") == {}


def test_a_third_does_not_depend_on_what_else_there_is():
    def chosen(scenarios):
        return {task.scenario for task in Selection(profile="quick").tasks(scenarios, TORCH)}

    assert chosen(OPS[::2]) | chosen(OPS[1::2]) == chosen(OPS)


def test_quick_takes_the_fastest_execution():
    sample = one(tier="programs", sample=True, order=3)
    assert places("quick", sample, "torch") == {"eager": 2}
    assert places("quick", sample, "jax") == {"compiled": 2}


def told(**speeds):
    return Descriptor("mine", "mine", "", ("mine",), "mine:Mine", speeds=speeds)


@pytest.mark.parametrize(
    ("speeds", "found"),
    [
        ({}, {"eager": 2, "compiled": 2}),
        ({"eager": "slow"}, {"compiled": 2}),
        ({"eager": "hours", "compiled": "slow"}, {"compiled": 2}),
        ({"eager": "slow", "compiled": "slow"}, {"eager": 2}),
        ({"compiled": "hours", "traced": "fast"}, {"eager": 2}),
    ],
)
def test_a_backend_tells_its_own_speeds(speeds, found):
    """The suite knows of no engine: what a profile measures of a third party's goes by its descriptor."""
    planned = {execution: nestings_of("standard", one(order=2), execution, told(**speeds)) for execution in EXECUTIONS}
    whole = {
        execution: max(map(len, {*nestings} - {"auto"})) for execution, nestings in planned.items() if "R" in nestings
    }
    assert whole == found


def test_quick_measures_the_choice_between_nestings_where_no_execution_is_slow():
    (scenario, *_) = (one for one in OPS if places("quick", one, "torch"))
    assert nestings_of("quick", scenario, "eager", TORCH) == ["R", "F", "FR", "RF", "RR", "FF", "auto"]
    assert nestings_of("quick", scenario, "eager", TENSORFLOW) == ["R", "F", "FR", "RF", "RR", "FF"]


@pytest.mark.parametrize(
    ("engine", "tier", "sample", "found"),
    [
        ("torch", "ops", False, {"eager": 2}),
        ("torch", "ops", True, {"eager": 2}),
        ("torch", "programs", True, {"eager": 3, "compiled": 2}),
        ("torch", "native", True, {"eager": 3}),
        ("torch", "native", False, {"eager": 2}),
        ("jax", "ops", False, {"compiled": 2}),
        ("jax", "ops", True, {"compiled": 2}),
        ("jax", "programs", True, {"compiled": 3, "eager": 2}),
        ("tensorflow", "programs", True, {"eager": 2, "compiled": 2}),
        ("tensorflow", "ops", False, {"eager": 2}),
    ],
)
def test_standard(engine, tier, sample, found):
    assert places("standard", one(tier=tier, sample=sample, order=3), engine) == found


@pytest.mark.parametrize(("engine", "slow"), [("torch", "traced"), ("jax", "eager"), ("tensorflow", "eager")])
def test_standard_has_every_operation_in_the_slow_executions_too(engine, slow):
    scenarios = load().values()
    selection = Selection(profile="standard", executions=(slow,))
    planned = {task.scenario for task in selection.tasks(scenarios, descriptor(engine))}
    operations = {scenario.operation for scenario in scenarios} - {None}
    assert {scenario.operation for scenario in scenarios if scenario.id in planned} - {None} == operations


@pytest.mark.parametrize(
    ("engine", "slow", "fast"),
    [("torch", "traced", "eager"), ("jax", "eager", "compiled"), ("tensorflow", "compiled", "eager")],
)
def test_standard_measures_order_1_of_an_operation_where_that_is_fast(engine, slow, fast):
    scenario = one("op_exp", operation="exp", plain=True, order=2)
    found = {execution: nestings_of("standard", scenario, execution, descriptor(engine)) for execution in (slow, fast)}
    assert found == {slow: ["FR", "RF", "RR", "FF"], fast: ["R", "F", "FR", "RF", "RR", "FF", "auto"]}


@pytest.mark.parametrize(("engine", "fastest"), [("torch", "eager"), ("jax", "compiled"), ("tensorflow", "eager")])
def test_the_choice_between_nestings_is_measured_where_that_is_fastest_and_in_full_everywhere(engine, fastest):
    def chosen(profile):
        scenarios = [*OPS, one("op", order=2, operation="op", plain=True)]
        tasks = Selection(profile=profile).tasks(scenarios, descriptor(engine))
        return {task.execution for task in tasks if task.nesting == "auto"}

    assert chosen("quick") == ({fastest} if engine != "tensorflow" else set())
    assert chosen("standard") == {fastest} < chosen("full")


def test_a_selection_narrows_a_profile():
    tasks = Selection(scenarios=("op_1?",), executions=("xla",), nestings=("FR",)).tasks(OPS, TORCH)
    assert {(task.scenario, task.nesting, task.execution) for task in tasks} == {
        (f"op_1{number}", "FR", "xla") for number in range(10)
    }
    assert Selection(executions=("xla",), profile="quick").tasks(OPS, TORCH) == []


def test_the_cache_is_the_users_own_unless_it_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv(CACHE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "nestgrad"
    monkeypatch.setenv(CACHE, str(tmp_path / "own"))
    assert folder() == tmp_path / "own"


def test_shards_share_every_scenario_out_once():
    whole = Selection().tasks(OPS, TORCH)
    shards = [Selection(shard=Shard(number, 7)).tasks(OPS, TORCH) for number in range(1, 8)]
    scenarios = [{task.scenario for task in tasks} for tasks in shards]
    assert sorted(map(len, scenarios)) == [42, 43, 43, 43, 43, 43, 43]
    assert sum(map(len, scenarios)) == len(set().union(*scenarios)) == len(OPS)
    assert sorted(map(repr, (task for tasks in shards for task in tasks))) == sorted(map(repr, whole))


def test_a_shard_is_written_as_it_is_read():
    assert Shard.parse("2/4") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"
    with pytest.raises(ValueError, match="no shard 5/4"):
        Shard(5, 4)


@pytest.mark.parametrize(("own", "found"), [(None, "1"), ("4", "4")])
def test_a_worker_has_one_thread_unless_the_user_has_set_their_number(monkeypatch, own, found):
    monkeypatch.delenv(THREADS, raising=False)
    if own is not None:
        monkeypatch.setenv(THREADS, own)
    room = Bench("autograd", load(), Selection(), timeout=600).room()
    assert room.environment[THREADS] == found
