"""A right engine is never told that it is wrong. By hand: `nestgrad mutation --no-score --sound jax --seeds 5`."""

import json
import subprocess
import sys

import pytest

from nestgrad_conformance.mutation.alarms import false_alarms
from nestgrad_conformance.run.plan import Selection

SEEDS = 1  # of jax; `nestgrad mutation` takes 20

# A third of what there was, of each kind the cheap ones: untraced, jax takes milliseconds for an operation.
THIRD = (
    *("mlp_softplus", "solve", "gather", "sort_rows", "where", "cumulative_sum", "product_with_two_zeros", "empty"),
    *("linear", "constant", "captured", "confusion_distinct", "jax_custom_vjp", "jax_custom_vjp_plain"),
    "jax_pure_callback",
)


@pytest.mark.filterwarnings("ignore")  # numbers are judged, not their warnings
@pytest.mark.parametrize(("seed", "part"), [(1, "op_[a-c]*"), (2, "op_[s-u]*")])
def test_autograd(seed, part):
    found = false_alarms("autograd", [seed], Selection(scenarios=(part,)))
    assert found.alarms == {}
    assert found.counts["correct"] > 2 * found.counts["refused"] > 0  # autograd lacks a third of linalg


def test_jax():
    pytest.importorskip("jax")
    command = [sys.executable, __file__, "jax", str(SEEDS), *THIRD]
    reply = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found = json.loads(reply.stdout)
    assert found["alarms"] == {}
    assert found["counts"]["correct"] > 5 * found["counts"]["refused"] > 0


def main(name, seeds, *patterns):
    found = false_alarms(name, range(int(seeds)), Selection(scenarios=patterns, executions=("eager",)))
    print(json.dumps({"alarms": found.alarms, "counts": found.counts}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
