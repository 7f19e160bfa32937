"""A right engine is never told that it is wrong. By hand, everything: `python test_false_alarms.py jax 5`."""

import collections
import fnmatch
import json
import subprocess
import sys

import pytest

import nestgrad as ng
from nestgrad._nesting import words as words_of
from nestgrad_conformance.judge.measure import measure
from nestgrad_conformance.judge.subject import AUTO, Subject
from nestgrad_conformance.scenarios import bundled

SEEDS = 5

# A third of what there was, of each kind the cheap ones: untraced, jax takes milliseconds for an operation.
THIRD = (
    *("mlp_softplus", "solve", "gather", "sort_rows", "where", "cumulative_sum", "product_with_two_zeros", "empty"),
    *("linear", "constant", "captured", "confusion_distinct", "jax_custom_vjp", "jax_custom_vjp_plain"),
    "jax_pure_callback",
)


def words(scenario):
    """Every word that the suite measures for a scenario, in the order in which it does."""
    return [word.code for order in range(1, scenario.order + 1) for word in words_of(order)] + [AUTO]


def measured(backend, scenarios, seeds):
    """Each cell's name with its measurement."""
    for scenario in scenarios:
        for seed in seeds:
            subject = Subject(scenario, backend, seed)
            for word in words(scenario):
                yield f"{scenario.id}/{word}/{seed}", measure(subject, word)


def false_alarms(name, seeds, patterns=("*",)):
    """The outcomes on a backend, counted, and the cells that are neither correct nor refused."""
    backend = ng.get_backend(name)
    getattr(backend, "prepare_worker", lambda: None)()
    scenarios = [
        one
        for one in bundled()
        if one.engine in (None, name) and any(fnmatch.fnmatchcase(one.id, pattern) for pattern in patterns)
    ]
    counts, alarms = collections.Counter(), {}
    for cell, found in measured(backend, scenarios, seeds):
        counts[found.outcome] += 1
        if found.outcome not in ("correct", "refused"):
            alarms[cell] = f"{found.outcome}: {found.message}; off by {found.error} where {found.tolerance} is allowed"
    return {"scenarios": len(scenarios), "counts": dict(counts), "alarms": alarms}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_autograd(seed):
    found = false_alarms("autograd", [seed])
    assert found["alarms"] == {}
    assert found["counts"]["correct"] > 5 * found["counts"]["refused"] > 0


def test_jax():
    pytest.importorskip("jax")
    command = [sys.executable, __file__, "jax", str(SEEDS), *THIRD]
    reply = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300)
    found = json.loads(reply.stdout)
    assert found["alarms"] == {}
    assert found["scenarios"] == len(THIRD)
    assert found["counts"]["correct"] > 5 * found["counts"]["refused"] > 0


def main(name, seeds, *patterns):
    print(json.dumps(false_alarms(name, range(int(seeds)), patterns or ("*",)), indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
