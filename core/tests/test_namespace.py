"""What core asks of a backend's namespace: `NAMESPACE` says all of it, and nothing else."""

import ast
from pathlib import Path

import autograd.numpy as np
import numpy
import optree
import pytest

import nestgrad as ng
from nestgrad._basis import second_over_a_basis
from nestgrad._offers import offers
from nestgrad._spec import NAMESPACE


def asked(node):
    """The name that an expression takes from something that is called `xp`, if it does."""
    of = node.value if isinstance(node, ast.Attribute) else None
    called = getattr(of, "id", getattr(of, "attr", None))
    return node.attr if called == "xp" else None


def test_every_name_that_core_takes_from_xp_is_told():
    texts = [file.read_text() for file in Path(ng.__file__).parent.rglob("*.py")]
    found = {asked(node) for text in texts for node in ast.walk(ast.parse(text))}
    assert found - {None, "conj"} == set(NAMESPACE)  # `conj` is asked of those alone whose arrays are complex


def mapping(backend):
    """The same with a vmap."""

    class Mapping(type(backend)):
        def vmap(self, f, in_axes=0):
            return lambda rows: optree.tree_map(lambda *some: np.stack(some), *map(f, rows))

    return Mapping()


def test_what_is_told_suffices_and_is_needed():
    usual = ng.get_backend("autograd")

    def backend(*names):
        class Minimal(type(usual)):
            xp = type("Namespace", (), {name: staticmethod(getattr(usual.xp, name)) for name in names})

        return Minimal()

    def results(backend):
        x = numpy.array([3.0, 4.0])

        def f(x):
            return 1 / np.sqrt(np.sum(x * x))

        of_another_dtype = ng.gradient(lambda x: numpy.float32(1.0), backend=backend)(x)
        single = (x, x.astype(numpy.float32))
        product = second_over_a_basis(offers(backend), lambda x, y: f(x) + np.sum(y**3), single, single, (0, 1), (0, 1))
        return [
            of_another_dtype,
            *product[1],
            ng.jacobian(lambda x: x * x[0], nesting="F", backend=backend)(x),
            ng.laplacian(f, chunk_size=3, backend=mapping(backend))(numpy.arange(1.0, 6.0)),
            *(
                ng.derivative(f, nesting, backend=backend)(x, *[x] * (len(nesting) - 1 + ("R" not in nesting)))
                for nesting in NESTINGS
            ),
        ]

    for one, other in zip(results(backend(*NAMESPACE)), results(usual), strict=True):
        assert np.allclose(one, other)
    for name in NAMESPACE:
        with pytest.raises((AttributeError, ng.NestgradError), match=name):
            results(backend(*set(NAMESPACE) - {name}))


NESTINGS = ("R", "F", "FR", "RF", "RR", "FF", "RFR")
