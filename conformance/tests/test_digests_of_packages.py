"""The digest of a scenario sees all that its function uses in its own package, and nothing else."""

import importlib
import itertools
import sys
import textwrap

import pytest

from nestgrad_conformance.scenarios import Scenario, ScenarioError, _modules, _text, bundled, normal

HELPERS = '''
def helper(x):
    """A cube."""
    # by a power
    return deeper(x)

def deeper(x):
    return x ** 3

def other(x):
    return x ** 3

def twice(function):
    return lambda *args: helper(function(*args))

class Base:
    """Cubes."""

    def __call__(self, x):
        """A cube."""
        return helper(x)

    def method(self, xp, x):
        return xp.sum(helper(x))

TABLE = {"cube": helper, "none": None}

from .main import *
'''
PACKAGE = {
    "__init__": "from .helpers import helper as handed_on\nfrom . import helpers",
    "helpers": HELPERS,
    "inner.__init__": "",
    "inner.deep": "from ..helpers import helper as deep",
    "another": "from .helpers import helper",
}
HELPER, OTHER = ("x ** 3\n\ndef other", "x * x ** 2\n\ndef other"), ("x ** 3\n\ndef twice", "x * x ** 2\n\ndef twice")
UNUSED = """
import engine_that_is_not_installed as engine
from .helpers import other

def unused(x):
    return other(x)

@engine.rule(other)
@other.rule
def unused_too(x):
    return helper(unused(x)) + engine.cube(x)
"""
NAMED = {
    "name": "from .helpers import helper\ndef f(x): return helper(x)",
    "alias": "from .helpers import helper as cube\ndef f(x): return cube(x)",
    "full name": "from pack.helpers import helper\ndef f(x): return helper(x)",
    "module": "from . import helpers\ndef f(x): return helpers.helper(x)",
    "module, alias": "import pack.helpers as h\ndef f(x): return h.helper(x)",
    "module, full name": "import pack.helpers\ndef f(x): return pack.helpers.helper(x)",
    "module of another's import": "from . import another\ndef f(x): return another.helper(x)",
    "inside": "def f(x):\n    from .helpers import helper\n    return helper(x)",
    "inside, module": "def f(x):\n    import pack.helpers as h\n    return h.helper(x)",
    "star": "from .helpers import *\ndef f(x): return helper(x)",
    "star of an import": "from .another import *\ndef f(x): return helper(x)",
    "handed on": "from . import handed_on\ndef f(x): return handed_on(x)",
    "handed on, module": "import pack\ndef f(x): return pack.handed_on(x)",
    "folder": "from .inner.deep import deep\ndef f(x): return deep(x)",
    "folder, module": "from .inner import deep\ndef f(x): return deep.deep(x)",
    "table": "from .helpers import TABLE\ndef f(x): return TABLE['cube'](x)",
    "own table": "from .helpers import helper\nTABLE = {}\nTABLE['cube'] = helper\ndef f(x): return TABLE['cube'](x)",
    "base class": "from .helpers import Base\nclass Cube(Base): pass\ndef f(x): return Cube()(x)",
    "decorator": "from .helpers import twice\n@twice\ndef f(x): return x",
    "comprehension": "from .helpers import helper\ndef f(x): return sum(helper(y) for y in x)",
    "default": "from .helpers import helper\ndef f(x, cube=helper): return cube(x)",
    "either": "try: from .fast import helper\nexcept: from .helpers import helper\ndef f(x): return helper(x)",
    "rule": "from .helpers import helper\nf = engine.primitive(len)\nengine.define_rule(f, lambda g: helper(g))",
    "rule, method": "from .helpers import helper\n@engine.primitive\ndef f(x): return x\nf.rule(helper)",
    "rule, decorator": "from .helpers import helper\nf = engine.primitive(len)\n@f.rule\ndef g(x): return helper(x)",
    "rules": "from .helpers import helper\nf = engine.primitive(len)\nfor one in (f,): engine.define(one, helper)",
    "async": "from .helpers import helper\nasync def f(x): return helper(x)",
}
GIVEN = {
    "decorated": "@scenario(normal(3))\ndef F(xp, x): return xp.sum(helper(x))",
    "lambda": "F = of(lambda xp, x: xp.sum(helper(x)))",
    "lambdas": "F, G = (scenario(normal(3))(f) for f in (lambda xp, x: xp.sum(helper(x)), lambda xp, x: other(x)))",
    "closure": "def make(g): return lambda xp, x: xp.sum(g(x))\nF = of(make(helper))",
    "closure, container": "def make(g): return lambda xp, x: xp.sum(g[0]['f'](x))\nF = of(make([{'f': helper}]))",
    "closure, module": "def make(m): return lambda xp, x: xp.sum(m.helper(x))\nF = of(make(helpers))",
    "closure, class": "def make(c): return lambda xp, x: xp.sum(c()(x))\nF = of(make(helpers.Base))",
    "closure, inner": "def make():\n    g = lambda x: helper(x)\n    return lambda xp, x: xp.sum(g(x))\nF = of(make())",
    "closure, wrapped": "def make(g): return lambda xp, x: xp.sum(g(x))\nF = of(make(cached(helper)))",
    "closure, errstate": "def make(g): return lambda xp, x: xp.sum(g(x))\nF = of(make(np.errstate()(helper)))",
    "wrapped": "@scenario(normal(3))\n@np.errstate()\ndef F(xp, x): return xp.sum(helper(x))",
    "default": "def make(g): return lambda xp, x, *, f=g: xp.sum(f(x))\nF = of(make(helper))",
    "decorators": "@scenario(normal(3))\n@helpers.twice\ndef F(xp, x): return xp.sum(x)",
    "partial": "def f(g, xp, x): return xp.sum(g(x))\nF = of(partial(f, helper))",
    "method": "F = of(helpers.Base().method)",
    "instance": "class Sum(helpers.Base):\n    def __call__(self, xp, x): return self.method(xp, x)\nF = of(Sum())",
    "inputs": "@scenario(lambda rng: helper(rng.standard_normal(3)))\ndef F(xp, x): return xp.sum(x)",
    "reference": "F = of('pack.another:helper', reference=lambda xp, x: xp.sum(helper(x)))",
    "closed form": "@scenario(normal(3), closed_form=lambda x, *vs: helper(x))\ndef F(xp, x): return xp.sum(x)",
    "setting": "@scenario(normal(3), setting='pack.inner.deep:deep')\ndef F(xp, x): return xp.sum(x)",
}
HEAD = """
from functools import lru_cache, partial
import numpy as np
from nestgrad_conformance.scenarios import Scenario, normal, scenario
from . import helpers
from .helpers import helper, other

cached = lru_cache(0)
of = lambda function, **fields: Scenario(id="f", function=function, inputs=normal(3), **fields)

def unused(x):
    return other(helper(x))
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """`write(main, *replacements)`: PACKAGE anew with this module, after replacements in its helpers."""
    numbers = itertools.count()

    def write(main, *replacements, name="pack", **modules):
        helpers = HELPERS
        for old, new in replacements:
            assert old in helpers
            helpers = helpers.replace(old, new)
        folder = tmp_path / str(next(numbers))
        for module, text in {**PACKAGE, "helpers": helpers, "main": main, **modules}.items():
            path = folder.joinpath(name, *module.split(".")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text)
        monkeypatch.syspath_prepend(folder)
        forget(name)

    yield write
    forget("pack")


def forget(package):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    _modules.load.cache_clear()


@pytest.fixture
def named(write):
    """The digest of the scenario that names `f` in such a package."""

    def digest(main, *replacements, **modules):
        write(main, *replacements, **modules)
        found = Scenario(id="f", function="pack.main:f", inputs=normal(3)).digest
        assert "pack" not in sys.modules
        return found

    return digest


@pytest.fixture
def given(write):
    """The digest of the scenario `F` in such a package."""

    def digest(main, *replacements):
        write(HEAD + main, *replacements)
        return importlib.import_module("pack.main").F.digest

    return digest


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_a_helper_that_is_named_counts(named, text):
    text = UNUSED + text
    assert named(text) != named(text, HELPER)
    assert named(text) == named(text, OTHER)
    assert named(text) == named(text.replace("helper(unused(x))", "unused(x)"))


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_a_helper_of_what_is_given_counts(given, text):
    assert given(text) != given(text, HELPER)
    assert given(text) == given(text, OTHER) or "make(helpers))" in text


def test_a_module_that_is_used_as_a_whole_counts_as_a_whole(named):
    for text in (
        "from . import helpers\ndef f(x, name): return getattr(helpers, name)(x)",
        "import pack\ndef f(x, name): return getattr(pack, name)(x)",
    ):
        assert named(text) != named(text, HELPER)


@pytest.mark.parametrize(
    "change",
    [
        ('    """A cube."""\n    # by a power\n', ""),
        ('    """Cubes."""\n\n', '    """Powers."""\n'),
        ('        """A cube."""\n', ""),
        ("deeper(x)\n", "deeper( x )  # three\n"),
        ("def other", "\n\ndef other"),
    ],
)
def test_looks_do_not_count(named, change):
    text = "from .helpers import Base\ndef f(x): return Base()(x)"
    assert named(text) == named(text, change)


def test_what_a_name_stands_for_counts(named):
    text = "from .helpers import helper as one, other as two\ndef f(x): return one(x) + 2 * two(x)"
    assert named(text) != named(
        text.replace("as one", "as three").replace("as two", "as one").replace("as three", "as two")
    )
    text = "from engine import sine as wave\ndef f(x): return wave(x)"
    assert named(text) != named(text.replace("sine", "cosine"))
    text = "from engine import *\ndef f(x): return wave(x)"
    assert named(text) != named(text.replace("engine", "engine.slow"))


def test_where_a_helper_stands_does_not_count(named):
    text = "from .helpers import helper\ndef f(x): return helper(x)"
    moved = {"moved": textwrap.dedent(HELPERS), "helpers": "from .moved import deeper"}
    assert named(text) == named(text.replace(".helpers", ".moved"), **moved)


def test_what_was_drawn_before_counts(named):
    draws = "\n".join(f"{name} = R.normal(size=3)" for name in "ABC")
    text = f"import numpy\nR = numpy.random.default_rng(0)\n{draws}\ndef f(x): return x @ B"
    assert named(text) != named(text.replace("A = R.normal(size=3)", "A = R.normal(size=4)"))
    assert named(text) == named(text.replace("C = R.normal(size=3)", "C = R.normal(size=4)"))


def test_other_packages_do_not_count(write, named):
    text = "from other_pack.helpers import *\nfrom other_pack.main import f as g\ndef f(x): return helper(g(x))"
    digests = set()
    for change in ((), (HELPER,)):
        write("def f(x): return x", *change, name="other_pack")
        digests.add(named(text))
    assert len(digests) == 1


def test_numbers_and_strings_that_a_function_closes_over_count(given):
    text = "def make(n): return lambda xp, x: xp.sum(helper(x)) + (n if len(x) > 3 else 0)\nF = of(make(1))"
    assert given(text) != given(text.replace("make(1)", "make(2)"))
    assert given(text) != given(text.replace("make(1)", "make('1')"))


def test_f_strings_are_printed_alike_by_every_python(named):
    text = "def f(x): return {f\"{x:.3f} of {'x'!r}\": x}"
    assert named(text) != named(text.replace("x:.3f", "x:.4f"))
    assert named(text) != named(text.replace("!r", "!s"))


def test_without_a_text_there_is_no_digest():
    made = eval("lambda xp, x: xp.sum(x)", {"__name__": "nowhere"})
    for function in (made, "nowhere:f", "nestgrad_conformance.scenarios.native.jax.control_flow:no_such_function"):
        with pytest.raises(ScenarioError, match="has no text"):
            _ = Scenario(id="f", function=function, inputs=normal(3)).digest


MODULE = "nestgrad_conformance.scenarios.native.autograd._common"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_all_bundled_scenarios_that_call_a_helper_see_it(monkeypatch):
    """Which ones do is counted where they run."""
    helper = importlib.import_module(MODULE)._weighted.__code__
    ours = [one for one in bundled() if isinstance(one.function, str) and one.engine == "autograd" and not one.pieces]
    calling = set()
    for one in ours:
        module, _, name = one.function.partition(":")
        called = []
        sys.setprofile(lambda frame, event, arg, called=called: called.append(frame.f_code))
        try:
            getattr(importlib.import_module(module), name)(one.x(0))
        finally:
            sys.setprofile(None)
        calling |= {one.id} & {one.id for code in called if code is helper}
    before = {one.id: one.digest for one in ours}
    read = _text.text

    def changed(spec):
        return read(spec).replace("np.sum(ramp * y * (1 + y))", "np.sum(ramp * (1 + y) * y)")

    monkeypatch.setattr(_text, "text", lambda spec: changed(spec) if spec and spec.name == MODULE else read(spec))
    _modules.load.cache_clear()
    try:
        seeing = {one.id for one in ours if one.digest != before[one.id]}
    finally:
        _modules.load.cache_clear()
    assert seeing == calling
    assert len(seeing) > 50
