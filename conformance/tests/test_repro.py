"""Scripts for the engine alone: they show what the report says, or are not written."""

import ast
import json
import math
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from optree.integrations.numpy import tree_ravel

from nestgrad_conformance.cli import command
from nestgrad_conformance.judge.verdict import WRONG
from nestgrad_conformance.report.schema import ReportError, read
from nestgrad_conformance.repro import LINES, script
from nestgrad_conformance.repro.inline import inlined
from nestgrad_conformance.repro.inputs import inputs, rebuilt
from nestgrad_conformance.repro.row import row
from nestgrad_conformance.scenarios import load, normal
from nestgrad_conformance.scenarios._scenario import scenario

from .every import every

SCENARIOS = load()
OFF = re.compile(r"off by (\S+)")

# Runs scripts one after the other in one process, so that the engine is imported once.
RUN = """
import contextlib, io, json, runpy, sys
printed = []
for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as text:
        runpy.run_path(path)
    assert "nestgrad" not in " ".join(sys.modules), path
    printed.append(text.getvalue())
print(json.dumps(printed))
"""


def measured(tmp_path, engine, *globs, nestings=(), tiers=("ops", "programs", "native")):
    """The cells of a raw run."""
    file = tmp_path / "raw.json"
    chosen = [part for glob in globs for part in ("--scenario", glob)]
    chosen += [part for nesting in nestings for part in ("--nesting", nesting)]
    chosen += [part for tier in tiers for part in ("--tier", tier)]
    arguments = ["conformance", engine, "--raw", "--execution", "eager", *chosen, "--report", str(file)]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code in (0, 1), done.output
    return read(file)


def ran(tmp_path, report, cells):
    """What the scripts of these cells print: how far the engine is off, by cell."""
    files = [tmp_path / f"{number}.py" for number in range(len(cells))]
    for file, cell in zip(files, cells, strict=True):
        text = script(cell.id, SCENARIOS, report)
        assert len(text.splitlines()) <= LINES
        file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, files)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    return [float(OFF.search(text)[1]) for text in json.loads(done.stdout.splitlines()[-1])]


@pytest.mark.parametrize(
    ("engine", "globs", "nestings"),
    [
        ("autograd", ["product_with_*", "product_near_zero", "op_prod_*", "op_pow_*", "op_var_axis"], []),
        (
            "torch",
            ["torch_layer_norm", "torch_scatter_products", "gaussian_process", "op_prod_*", "op_linalg_solve"],
            [],
        ),
        (
            "tensorflow",
            ["confusion_aliased", "tensorflow_function_*", "tensorflow_moments", "op_prod_*", "op_pow_zero_base"],
            ["R", "FR", "RF", "RR"],
        ),
    ],
)
def test_a_wrong_number_is_off_by_what_the_report_says(tmp_path, engine, globs, nestings):
    report = measured(tmp_path, engine, *globs, nestings=nestings)
    wrong = [cell for cell in report.cells if cell.outcome in WRONG and cell.nesting != "auto"]
    assert len(wrong) >= 10
    for cell, off in zip(wrong, ran(tmp_path, report, wrong), strict=True):
        if cell.outcome == "not_finite":
            assert not math.isfinite(off), cell.id
        else:
            assert off == pytest.approx(cell.error, rel=1e-4, abs=1e-6), cell.id


@pytest.mark.parametrize(
    ("engine", "globs", "nestings"),
    [
        ("autograd", ["power", "pytree", "empty", "zero_dim", "seed_composite", "autograd_primitive_both"], []),
        ("jax", ["broadcasting", "confusion_aliased", "jax_custom_vjp_plain"], ["R", "FR", "RF", "RR"]),
        ("torch", ["op_fft_*", "op_exp_*", "op_linalg_qr", "op_take*", "op_sort*"], ["FR"]),
    ],
)
def test_a_right_number_is_near_the_difference(tmp_path, engine, globs, nestings):
    report = measured(tmp_path, engine, *globs, nestings=nestings)
    right = [cell for cell in report.cells if cell.outcome == "correct" and cell.nesting != "auto"]
    assert len(right) >= 10
    for cell, off in zip(right, ran(tmp_path, report, right), strict=True):
        assert off < 1e-5, cell.id


@pytest.mark.parametrize("engine", ["autograd", "torch"])
def test_a_script_in_float32_is_near_the_difference_in_float64(tmp_path, engine):
    names = ("float32_of_rosenbrock", "float32_of_op_exp", "float32_of_op_mean")
    files = [tmp_path / f"{name}.py" for name in names]
    for file, name in zip(files, names, strict=True):
        file.write_text(script(f"{engine}/{name}@1/R/eager/float32", SCENARIOS))
    done = subprocess.run([sys.executable, "-c", RUN, *map(str, files)], capture_output=True, text=True, check=True)
    for text in json.loads(done.stdout.splitlines()[-1]):
        differences = json.loads(text.splitlines()[0].removeprefix("differences "))
        assert 0 < float(OFF.search(text)[1]) < 1e-5 * max(map(abs, differences))


def test_a_script_runs_by_itself_and_shows_both_numbers(tmp_path):
    file = tmp_path / "s.py"
    arguments = ["report", "repro", "autograd/product_with_a_zero@1/FR/eager/float64", "-o", str(file)]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    differences, number = done.stdout.splitlines()
    x = SCENARIOS["product_with_a_zero"].x(0)
    v = SCENARIOS["product_with_a_zero"].direction(0, 0)
    hessian = [[np.prod(np.delete(x, [i, j])) if i != j else 2.0 for j in range(5)] for i in range(5)]
    assert json.loads(differences.removeprefix("differences ")) == pytest.approx(np.array(hessian) @ v, abs=1e-7)
    assert number.startswith("autograd [nan")


IN_SETTINGS = {
    "autograd": ["threads_of_confusion_aliased", "argument_of_product_with_a_zero", "product_with_a_zero"],
    "torch": [
        *("threads_of_rosenbrock", "torch_linearize_of_determinant", "torch_*_in_direction_of_product_with_a_zero"),
        *("captured_of_torch_layer_norm", "torch_layer_norm"),
    ],
}


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
@pytest.mark.parametrize("engine", IN_SETTINGS)
def test_a_setting_is_written_out_or_the_function_is_wrong_by_itself(engine, tmp_path):
    report = measured(tmp_path, engine, *IN_SETTINGS[engine], tiers=("transforms", "native", "programs"))
    wrong = [cell for cell in report.cells if cell.outcome in WRONG]
    settings = {SCENARIOS[cell.scenario].setting for cell in wrong}
    assert len(settings) == (3 if engine == "autograd" else 6)
    for off, cell in zip(ran(tmp_path, report, wrong), wrong, strict=True):
        assert not off < 1e-3, cell.id


@pytest.mark.parametrize("engine", ["autograd", "jax", "tensorflow", "torch"])
def test_most_functions_have_a_script(engine):
    written = 0
    cells = [
        f"{engine}/{one.id}@{one.revision}/FR/eager/float64"
        for one in SCENARIOS.values()
        if one.engine in (None, engine) and one.tier in ("programs", "native")
    ]
    for cell in cells:
        try:
            text = script(cell, SCENARIOS)
        except ReportError:
            continue
        ast.parse(text)
        assert not re.search(r"(import|from) nestgrad", text)
        written += 1
    assert written > 0.6 * len(cells)


@pytest.mark.parametrize("engine", ["jax", "torch"])
def test_a_row_of_the_table_has_a_script(engine):
    too_long = "op_linalg_svd_batched"
    for one in SCENARIOS.values():
        if one.tier == "ops" and one.id != too_long:
            ast.parse(script(f"{engine}/{one.id}@{one.revision}/FR/eager/float64", SCENARIOS))


@every({one.id: one for one in SCENARIOS.values() if one.tier == "ops" and one.reference is None})
def test_the_text_of_a_row_has_the_value_of_the_row(one):
    imports, body = row(one).lines()
    space = {}
    exec("\n".join([*imports, *body]), space)
    assert space["row"](np, one.x(0)) == pytest.approx(one.function(np, one.x(0)), rel=1e-13, nan_ok=True)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("torch/nothing@1/RF/eager/float64", "is no cell that a script can show"),
        ("nonsense", "is no cell that a script can show"),
        ("torch/rosenbrock@7/RF/eager/float64", "Did you mean 'torch/rosenbrock@1/RF/eager/float64'"),
        ("torch/rosenbrock@1/auto/eager/float64", "name the nesting"),
        ("torch/rosenbrock@1/RF/eager/float32", "Did you mean 'torch/rosenbrock@1/RF/eager/float64'"),
        ("torch/vmap_of_rosenbrock@1/RF/eager/float64", "torch/rosenbrock@1/RF/eager/float64 shows it"),
        ("torch/rosenbrock@1/RFRF/eager/float64", "for derivatives up to order 3"),
        ("torch/rosenbrock@1/RX/eager/float64", "Did you mean 'torch/rosenbrock@1/R/eager/float64'"),
        ("torch/rosenbrock@1/RF/xla/float64", "no execution 'xla'"),
        ("mlx/rosenbrock@1/RF/eager/float64", "scripts are for"),
        ("jax/torch_layer_norm@1/RF/eager/float64", "for torch alone"),
        ("tensorflow/norm@1/RF/eager/float64", "no spelling of the standard's 'linalg.vector_norm'"),
        ("tensorflow/op_sort_descending@1/RF/eager/float64", "may spell descending of xp.sort otherwise"),
        ("tensorflow/tensorflow_keras_lstm@1/RF/eager/float64", "30 are allowed"),
    ],
)
def test_what_has_no_script_says_why_in_one_line(cell, message):
    done = CliRunner().invoke(command, ["report", "repro", cell])
    assert done.exit_code == 2
    assert done.output.count("\n") == 1
    assert message in done.output


@every({one.id: one for one in SCENARIOS.values() if one.tier == "programs" and not one.nested})
def test_the_text_of_a_program_has_the_value_of_the_program(one):
    """The second draw of a generator is another number without the first."""
    try:
        text = inlined(one.function)
    except ReportError:
        return  # it has no text of its own
    imports, body = text.lines()
    space = {}
    exec("\n".join([*imports, *body]), space)
    with np.errstate(all="ignore"):
        assert space[text.name](np, one.x(0)) == pytest.approx(one.function(np, one.x(0)), rel=1e-13)


@pytest.mark.parametrize("name", ["mlp_tanh", "broadcasting", "pytree", "empty", "zero_dim", "norm"])
def test_inputs_are_those_of_the_suite(name):
    one = SCENARIOS[name]
    imports, lines = inputs(one, 0, "FFR")
    space = {}
    exec("\n".join([*imports, *lines]), space)
    for key, tree in (("x", one.x(0)), ("v0", one.direction(0, 0)), ("v1", one.direction(0, 1))):
        np.testing.assert_array_equal(np.ravel(space[key]), tree_ravel(tree)[0])
    again = eval(rebuilt(one.x(0), "x[{start}:{stop}].reshape({shape})"), space)
    np.testing.assert_array_equal(tree_ravel(again)[0], tree_ravel(one.x(0))[0])


def test_a_function_that_other_code_makes_is_refused():
    made = scenario(normal(3))(lambda xp, x: xp.sum(x))
    made = replace(made, id="made")
    with pytest.raises(ReportError, match="no text of its own"):
        script("torch/made@1/RF/eager/float64", {"made": made})
    with pytest.raises(ReportError, match="no row of the table"):
        script("torch/made@1/RF/eager/float64", {"made": replace(made, operation="sum")})


def test_a_cell_is_found_by_what_the_report_says_of_it(tmp_path):
    """Not by its id: a name with the marks of an id in it is one of a pack's scenario like any other."""
    odd = replace(SCENARIOS["zero_dim"], id="odd/zero@dim@2_of_it")
    report = measured(tmp_path, "autograd", "zero_dim", nestings=("RR",))
    (cell,) = report.cells
    cell.scenario, cell.id = odd.id, cell.id.replace("zero_dim", odd.id)
    text = script(cell.id, {**SCENARIOS, odd.id: odd}, report)
    assert text.startswith(f'"""{cell.id}: autograd alone.')
    assert text.splitlines()[1:] == script(cell.id, {**SCENARIOS, odd.id: odd}).splitlines()[1:]
    with pytest.raises(ReportError, match="another revision of this scenario by now"):
        script(cell.id, {odd.id: replace(odd, revision=2)}, report)


def test_a_setting_has_the_function_that_its_scenario_names():
    """The base is a field: no id is read for it, and nothing is guessed."""
    one = replace(SCENARIOS["threads_of_rosenbrock"], id="mine")
    assert "of rosenbrock" not in script("torch/mine@1/RF/eager/float64", {**SCENARIOS, "mine": one})
    with pytest.raises(ReportError, match="not known which scenario"):
        script("torch/mine@1/RF/eager/float64", {"mine": replace(one, base=None)})


def test_a_cell_that_breaks_a_law_is_not_shown_as_a_number(tmp_path):
    report = measured(tmp_path, "autograd", "zero_dim")
    cell = report.cells[0]
    for cell.message in ("it is not symmetric", "the other thread has another number", None):
        cell.outcome, cell.error = "wrong", cell.tolerance / 2
        with pytest.raises(ReportError, match=f"no single number shows what is wrong: {cell.message}"):
            script(cell.id, SCENARIOS, report)
    with pytest.raises(ReportError, match="The report has no cell"):
        script("autograd/solve@1/RR/eager/float64", SCENARIOS, report)
