"""`ng.diagnose` on functions that the suite has never seen; what is the same on every engine, on autograd."""

import json

import autograd.numpy as np
import numpy
import pytest
from autograd.extend import defjvp, defvjp, primitive
from rich.console import Console

import nestgrad as ng
from nestgrad_conformance.report.schema import Cell

X = numpy.array([1.0, 2.0])
NESTINGS = {"reverse", "forward", "auto"} | {str(ng.Nesting(nesting)) for nesting in ("FR", "RF", "RR", "FF")}


def outcomes(f, x=X, *args, **options):
    return {cell.nesting: cell.outcome for cell in ng.diagnose(f, x, *args, backend="autograd", **options).cells}


def cell_of(nesting, f, x=X, *args, **options):
    (cell,) = ng.diagnose(f, x, *args, backend="autograd", nestings=[nesting], **options).cells
    return cell


def smooth(x):
    return np.sum(np.sin(x) ** 2) * np.exp(x[0])


def own_primitive(value, derivative):
    """An operation with one derivative for both modes, right or wrong."""
    operation = primitive(value)
    defvjp(operation, lambda ans, x: lambda g: g * derivative(x))
    defjvp(operation, lambda g, ans, x: g * derivative(x))
    return operation


two_thirds = own_primitive(lambda x: x**3, lambda x: 2 * x**2)
held = own_primitive(lambda x: x * 1.0, lambda x: 0.0 * x)


def test_a_smooth_function_is_right_in_every_nesting():
    diagnosis = ng.diagnose(smooth, X, backend="autograd")
    assert {cell.nesting for cell in diagnosis.cells} == NESTINGS
    assert {cell.outcome for cell in diagnosis.cells} == {"correct"}
    assert diagnosis.ok
    for cell in diagnosis.cells:
        assert isinstance(cell, Cell)
        assert cell.error <= cell.tolerance < 1e-6
        assert (cell.route, cell.f_calls, cell.dtype, cell.execution) == ("native", 1, "float64", "eager")
        assert cell.seconds > 0


def test_a_nesting_without_a_rule_is_refused():
    found = outcomes(lambda x: np.linalg.det(np.outer(x, x) + np.eye(2)))
    assert found == {name: "refused" if "forward" in name else "correct" for name in NESTINGS}
    cell = cell_of("FR", lambda x: np.linalg.det(np.outer(x, x) + np.eye(2)))
    assert "blocked by 'det'" in cell.message


def test_a_wrong_rule_is_wrong_in_every_nesting_though_all_agree():
    def f(x):
        return np.sum(two_thirds(x))

    diagnosis = ng.diagnose(f, X, backend="autograd")
    assert {cell.outcome for cell in diagnosis.cells} == {"wrong"}
    assert not diagnosis.ok
    assert cell_of("R", f).error == pytest.approx(4)  # 2x² for 3x², at 2


def test_a_right_gradient_with_a_wrong_second_derivative():
    def f(x):  # as in a variance whose mean is held: order 1 is right, for the sum of deviations is 0
        return np.sum((x - held(np.mean(x))) ** 2)

    # the mean is held by a rule of the user's own, so that the call is verified
    assert outcomes(f) == {name: "refused" if "over" in name or name == "auto" else "correct" for name in NESTINGS}


def test_a_held_value_is_a_silent_zero():
    assert set(outcomes(lambda x: np.sum(held(x) ** 3)).values()) == {"silent_zero"}


def test_nan_where_the_truth_is_finite():
    def guarded(x):
        return np.sum(np.where(x > 0, np.sqrt(x), 0.0))

    x = numpy.array([1.0, -2.0])
    refused = cell_of("RR", guarded, x)
    assert (refused.outcome, refused.exception) == ("refused", "NotFiniteError")
    bare = ng.diagnose(guarded, x, nestings=["R", "RR"], backend=ng.get_backend("autograd").raw())
    assert {cell.outcome for cell in bare.cells} == {"not_finite"}


@pytest.mark.parametrize(
    ("kink", "x"),
    [
        (lambda x: np.sum(np.abs(x)), [0.0, 1.0]),
        (lambda x: np.max(x), [1.0, 1.0]),
        (lambda x: np.sqrt(np.sum(x**2)), [0.0, 0.0]),
        (lambda x: np.sum(np.floor(x)), [1.0, 1.5]),
    ],
    ids=["abs", "max", "norm", "floor"],
)
def test_a_kink_is_never_correct(kink, x):
    assert "correct" not in outcomes(kink, numpy.array(x), nestings=["R", "FR", "RR", "RF"]).values()


def test_a_kink_of_the_gradient_is_not_correct_in_order_2():
    found = outcomes(lambda x: np.sum(np.maximum(x, 0) ** 2), numpy.array([0.0, 1.0]), nestings=["R", "FR", "RF", "RR"])
    assert found.pop("reverse") == "correct"
    assert "correct" not in found.values()


def test_a_random_function_is_uncertain():
    rng = numpy.random.default_rng(0)
    diagnosis = ng.diagnose(lambda x: np.sum(x**2) * (1 + 1e-6 * rng.random()), X, backend="autograd")
    assert {cell.outcome for cell in diagnosis.cells} == {"uncertain"}
    assert all("answers differently twice" in cell.message for cell in diagnosis.cells)
    assert not diagnosis.ok


def test_a_function_without_a_value_is_uncertain():
    assert set(outcomes(lambda x: np.sum(np.log(x)), -X).values()) == {"uncertain"}


def test_side_effects_do_not_disturb():
    seen = []

    def f(x):
        seen.append(type(x).__name__)
        return np.sum(x**3)

    assert set(outcomes(f).values()) == {"correct"}
    assert "ndarray" in seen


def test_any_container_arguments_and_captured_arrays():
    scale = numpy.array([3.0, -1.0])

    def f(x, power, *, offset=1.0):
        return np.sum(x["w"][0] ** power * scale) * x["b"] + np.sum(x["w"][1]) ** 3 + offset

    x = {"w": [numpy.array([1.0, 2.0]), numpy.array([[0.5]])], "b": numpy.array(0.25)}
    assert set(outcomes(f, x, 3).values()) == {"correct"}


def test_arguments_are_not_differentiated():
    weights = numpy.array([1.0, -2.0])
    diagnosis = ng.diagnose(lambda x, w: np.sum(w * x**2), X, weights, backend="autograd")
    assert diagnosis.ok


@pytest.mark.parametrize("n", [65, 300])
def test_many_coordinates_are_known_by_projections(n):
    x = numpy.linspace(0.5, 1.5, n)
    assert cell_of("R", lambda x: np.sum(x**3), x).outcome == "correct"
    assert cell_of("FR", lambda x: np.sum(x**3), x).outcome == "correct"
    assert cell_of("R", lambda x: np.sum(two_thirds(x)), x).outcome == "wrong"
    assert cell_of("RR", lambda x: np.sum(two_thirds(x)), x).outcome == "wrong"


def test_a_scalar_and_a_number():
    assert cell_of("FR", lambda x: x**3, numpy.array(2.0)).outcome == "correct"
    assert cell_of("FR", lambda x: x**3, 2.0).outcome == "correct"


def test_order_3():
    assert set(outcomes(smooth, nestings=["RRR", "FFF", "FRF"]).values()) == {"correct"}


def test_float32_is_judged_by_values_in_float64():
    diagnosis = ng.diagnose(smooth, X.astype(numpy.float32), backend="autograd")
    assert diagnosis.ok
    assert diagnosis.values == "float64"
    assert all(cell.dtype == "float32" and 1e-5 < cell.tolerance < 1e-1 for cell in diagnosis.cells)
    assert "x is float32, so a number may be off by 0.001 of its scale" in str(diagnosis)
    assert cell_of("RR", lambda x: np.sum(two_thirds(x)), X.astype(numpy.float32)).outcome == "wrong"


def test_float32_alone_is_judged_by_values_in_float32():
    def narrow(x):
        assert x.dtype == numpy.float32
        return np.sum(x**3)

    diagnosis = ng.diagnose(narrow, X.astype(numpy.float32), backend="autograd", nestings=["R", "F"])
    assert (diagnosis.ok, diagnosis.values) == (True, "float32")

    def wrong(x):
        assert x.dtype == numpy.float32
        return np.sum(two_thirds(x))

    assert cell_of("R", wrong, X.astype(numpy.float32)).outcome == "wrong"


def test_what_f_raises_at_the_point_is_raised():
    def broken(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ng.diagnose(broken, X, backend="autograd")


@pytest.mark.parametrize(
    ("f", "x", "options", "error", "message"),
    [
        (lambda x: x, X, {}, ng.NonScalarOutputError, r"shape \(2,\)"),
        (lambda x: np.sum(x, keepdims=True), X, {}, ng.NonScalarOutputError, r"shape \(1,\)"),
        (smooth, numpy.array([1, 2]), {}, ng.NotDifferentiableError, "int64"),
        (smooth, [], {}, ng.NotDifferentiableError, "no array"),
        (smooth, X.astype(numpy.longdouble), {}, ng.NotDifferentiableError, "float32 and float64 can be judged"),
        (smooth, X, {"nestings": "FX"}, ng.InvalidNestingError, "'FX' is no nesting"),
        (smooth, X, {"nestings": []}, ng.InvalidNestingError, "No nesting"),
        (smooth, X, {"executions": ["xla"]}, ng.UnsupportedExecutionError, "no execution 'xla'"),
        (smooth, X, {"executions": []}, ng.UnsupportedExecutionError, "no execution"),
    ],
)
def test_bad_input_is_a_typed_error(f, x, options, error, message):
    with pytest.raises(error, match=message):
        ng.diagnose(f, x, backend="autograd", **options)


def test_the_table_and_the_plain_data():
    diagnosis = ng.diagnose(lambda x: np.linalg.det(np.outer(x, x) + np.eye(2)), X, backend="autograd")
    text = str(diagnosis)
    rows = [line.split() for line in text.splitlines() if line.startswith(" ")]
    assert {row[0]: row[1] for row in rows[1:] if len(row) > 1} == {
        "R": "correct", "F": "refused", "FR": "refused", "RF": "refused", "RR": "correct", "FF": "refused",
        "auto": "correct",
    }  # fmt: skip
    assert "FR: autograd refuses 'FR'" in text
    assert repr(diagnosis) == text
    with (console := Console(width=70)).capture() as printed:
        console.print(diagnosis)
    assert "…" not in printed.get()
    data = json.loads(json.dumps(diagnosis.to_dict()))
    assert (data["backend"], data["ok"]) == ("autograd", True)
    assert [cell["outcome"] for cell in data["cells"]] == [cell.outcome for cell in diagnosis.cells]
    assert set(data["cells"][0]) == set(Cell.__struct_fields__)


def test_another_exception_than_a_refusal_is_an_error():
    def fussy(x):
        if not isinstance(x, numpy.ndarray):
            raise OSError("only plain arrays here")
        return np.sum(x**2)

    diagnosis = ng.diagnose(fussy, X, backend="autograd")
    assert {cell.outcome for cell in diagnosis.cells} == {"error"}
    assert "only plain arrays here" in diagnosis.cells[0].message
    assert not diagnosis.ok


def test_an_error_about_x_says_which_backend_was_picked():
    with pytest.raises(ng.NotDifferentiableError, match="The backend is autograd, as nothing says otherwise"):
        ng.diagnose(lambda x: (x**2).sum(), np.array([1, 2]))
    with pytest.raises(ng.NotDifferentiableError, match="The backend is autograd, which was given as backend="):
        ng.diagnose(lambda x: (x**2).sum(), np.array([1, 2]), backend="autograd")
