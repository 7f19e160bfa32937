import itertools

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._nesting import nestings
from nestgrad.extend import compose

CODES = [nesting.code for order in (1, 2, 3, 4) for nesting in nestings(order)]
rng = np.random.default_rng(7)
ROWS = rng.normal(size=(5, 3))  # f(x) = Π (row·x): every derivative mixes every coordinate
X = rng.normal(size=3)
V = rng.normal(size=(4, 3))


def product_of_rows(xp, rows=ROWS):
    def f(*parts):
        x = xp.concatenate(parts) if len(parts) > 1 else parts[0]
        factors = [(xp.asarray(row) * x).sum() for row in rows]
        value = factors[0]
        for factor in factors[1:]:
            value = value * factor
        return value

    return f


def closed_form(nesting, directions):
    """Dᵏ Π(row·x) [v1, …]: the sum over distinct rows for the directions, one row free if the nesting has an R."""
    count, gradient = len(directions), "R" in nesting
    result = 0
    for chosen in itertools.permutations(range(len(ROWS)), count + gradient):
        rest = [ROWS[j] @ X for j in range(len(ROWS)) if j not in chosen]
        used = [ROWS[j] @ v for j, v in zip(chosen, directions, strict=False)]
        result = result + np.prod([*rest, *used]) * (ROWS[chosen[-1]] if gradient else 1)
    return result


def directions_of(nesting):
    return list(V[: len(nesting) - ("R" in nesting)])


# jax is slow where it runs operation by operation
@pytest.mark.parametrize(
    ("engine", "nesting"),
    [*(("autograd", nesting) for nesting in CODES), *(("jax", nesting) for nesting in (*CODES[:6], "RFR"))],
    indirect=["engine"],
)
def test_nesting_against_its_closed_form(engine, nesting):
    array = engine.array
    derive = compose(engine.backend, nesting)
    result = derive(product_of_rows(engine.xp), (array(X),), *((array(v),) for v in directions_of(nesting)))
    value = result[0] if "R" in nesting else result
    np.testing.assert_allclose(engine.backend.to_numpy(value), closed_form(nesting, directions_of(nesting)), rtol=1e-11)


def test_closed_form_against_differences():
    f = product_of_rows(np)
    step = 1e-5
    gradient = [(f(X + step * e) - f(X - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(closed_form("R", []), gradient, rtol=1e-8)
    along = (f(X + step * V[0]) - f(X - step * V[0])) / (2 * step)
    np.testing.assert_allclose(closed_form("F", V[:1]), along, rtol=1e-8)


@pytest.mark.parametrize(
    ("engine", "nesting"),
    [*(("autograd", nesting) for nesting in CODES), *(("jax", nesting) for nesting in CODES[:6])],
    indirect=["engine"],
)
def test_several_primals(engine, nesting):
    def split(vector):
        return engine.array(vector[:1]), engine.array(vector[1:])

    result = compose(engine.backend, nesting)(
        product_of_rows(engine.xp), split(X), *(split(v) for v in directions_of(nesting))
    )
    parts = result if "R" in nesting else [engine.xp.reshape(result, (1,))]
    found = np.concatenate([engine.backend.to_numpy(part) for part in parts])
    np.testing.assert_allclose(found, np.atleast_1d(closed_form(nesting, directions_of(nesting))), rtol=1e-11)


@pytest.mark.parametrize("nesting", CODES[:14])
def test_aux_comes_through_once_and_untraced(nesting):
    calls = []

    def f(x):
        calls.append(x)
        return (x**4).sum(), {"scaled": 3 * x}

    result, aux = compose(ng.get_backend("autograd"), nesting)(
        f, (X,), *((v,) for v in directions_of(nesting)), has_aux=True
    )
    assert len(calls) == 1
    assert type(aux["scaled"]) is np.ndarray
    np.testing.assert_array_equal(aux["scaled"], 3 * X)
    value = result[0] if "R" in nesting else result
    scale = 4 * np.prod([3, 2][: len(nesting) - 1]) * X ** (4 - len(nesting)) * np.prod(directions_of(nesting), axis=0)
    np.testing.assert_allclose(value, scale if "R" in nesting else scale.sum(), rtol=1e-12)


# what each transform takes, the innermost first; a first R takes the cotangent 1
ORDERS = {
    "F": [("F", 2)],
    "R": [("R", 1)],
    "FF": [("F", 2), ("F", 3)],
    "FR": [("R", 1), ("F", 2)],
    "RF": [("F", 2), ("R", 1)],
    "RR": [("R", 1), ("R", 2)],
    "FFF": [("F", 2), ("F", 3), ("F", 5)],
    "FFR": [("R", 1), ("F", 2), ("F", 3)],
    "FRF": [("F", 2), ("R", 1), ("F", 3)],
    "RFF": [("F", 2), ("F", 3), ("R", 1)],
    "FRR": [("R", 1), ("R", 2), ("F", 3)],
    "RFR": [("R", 1), ("F", 2), ("R", 3)],
    "RRF": [("F", 2), ("R", 1), ("R", 3)],
    "RRR": [("R", 1), ("R", 2), ("R", 3)],
}


@pytest.mark.parametrize(("nesting", "expected"), ORDERS.items())
def test_letters_run_innermost_first_and_take_directions_in_that_order(spy, nesting, expected):
    directions = [(np.float64(v),) for v in (2, 3, 5)][: len(nesting) - ("R" in nesting)]
    compose(spy, nesting)(lambda x: x**5, (np.float64(1.5),), *directions)
    assert spy.log == expected


@pytest.mark.parametrize("nesting", ["FR", "forward_over_reverse"])
def test_either_spelling_composes(spy, nesting):
    (result,) = compose(spy, nesting)(lambda x: x**3, (np.float64(2.0),), (np.float64(1.0),))
    assert result == 12.0
