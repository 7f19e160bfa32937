"""How a script spells an engine's own transforms: what its raw measurement runs, for a function of one array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Engine:
    """The spelling of one engine.

    Attributes:
        imports: lines that every script needs.
        array: the function that makes a NumPy array one of the engine's.
        single: the same, of float32.
        part: entries `start` to `stop` of the flat x in a shape.
        transforms: the definitions of `F(f, v)`, the derivative of f along v as a function of x, and of
            `R(f, v)`, the gradient of the inner product of f and v; without v, of f.
        namespace: the line that imports the standard's names as `xp`, for functions that are written in them.
        names: the spelling of the standard's names, for float64; None where the namespace has them all.
        plain: a result that NumPy takes.
        executions: what each execution makes of the function `nested`.
    """

    imports: tuple[str, ...]
    array: str
    single: str
    part: str
    transforms: Mapping[str, str]
    namespace: str
    names: Mapping[str, str] | None = None
    plain: str = "{0}"
    executions: Mapping[str, str] = field(default_factory=lambda: {"eager": "nested"})


_SAME = (
    *("abs", "cos", "cosh", "exp", "expm1", "log", "log1p", "max", "mean", "min", "ones_like", "prod", "reshape"),
    *("sin", "sinh", "sort", "sqrt", "stack", "sum", "tan", "tanh", "where", "zeros_like"),
)
_BINARY = ("add", "divide", "maximum", "minimum", "multiply", "subtract")
_ROUNDING = ("ceil", "floor", "sign", "square")
_LINALG = ("linalg.cholesky", "linalg.det", "linalg.inv", "linalg.pinv", "linalg.slogdet")
_NUMPY = (
    *("clip", "diff", "linalg.eigh", "linalg.matrix_power", "linalg.solve", "linalg.svd", "logaddexp", "matmul"),
    *("log10", "log2", "repeat", "roll", "std", "tensordot", "tile", "trace", "tril", "triu", "var"),
)
_AUTOGRAD = {
    **{name: f"xp.{name}" for name in (*_SAME, *_BINARY, *_ROUNDING, *_LINALG, *_NUMPY)},
    **{f"a{name}": f"xp.arc{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tanh", "tan2")},
    "concat": "xp.concatenate",
    "pow": "xp.power",
    "asarray": "numpy.asarray",
    "cumulative_prod": "xp.cumprod",
    "cumulative_sum": "xp.cumsum",
    "permute_dims": "xp.transpose",
}
_TENSORFLOW = {
    **{
        name: f"tf.{name}" for name in (*_SAME, *_BINARY, *_ROUNDING, *_LINALG, "broadcast_to", "concat", "expand_dims")
    },
    **{name: f"tf.math.{name}" for name in ("ceil", "expm1", "log", "log1p", "pow")},
    **{f"a{name}": f"tf.math.a{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tanh", "tan2")},
    **{name: f"tf.reduce_{name}" for name in ("max", "mean", "min", "prod", "sum")},
    "asarray": "(lambda a, dtype=None: tf.constant(numpy.asarray(a), dtype))",  # tf.constant makes float32 of lists
    "cumulative_prod": "tf.math.cumprod",
    "cumulative_sum": "tf.cumsum",
    "matrix_transpose": "tf.linalg.matrix_transpose",
    "permute_dims": "tf.transpose",
    "take": "tf.gather",
}

ENGINES = {
    "autograd": Engine(
        imports=("from autograd.core import make_jvp, make_vjp",),
        array="numpy.asarray",
        single="numpy.float32",
        part="x[{start}:{stop}].reshape({shape})",
        transforms={
            "F": "def F(f, v): return lambda x: make_jvp(f, x)(v)[1]",
            "R": "def R(f, v=1.0): return lambda x: make_vjp(f, x)[0](v)",
        },
        namespace="import autograd.numpy as xp",
        names=_AUTOGRAD,
    ),
    "jax": Engine(
        imports=("import jax", "jax.config.update('jax_enable_x64', True)"),
        array="jax.numpy.asarray",
        single="jax.numpy.float32",
        part="x[{start}:{stop}].reshape({shape})",
        transforms={
            "F": "def F(f, v): return lambda x: jax.jvp(f, (x,), (v,))[1]",
            "R": "def R(f, v=1.0): return lambda x: jax.vjp(f, x)[1](jax.numpy.asarray(v, x.dtype))[0]",
        },
        namespace="import jax.numpy as xp",
        executions={"eager": "nested", "compiled": "jax.jit(nested)"},
    ),
    "tensorflow": Engine(
        imports=(
            "import tensorflow as tf",
            "def dense(d, y): return tf.zeros_like(y) if d is None else tf.convert_to_tensor(d)  # None stands for 0",
        ),
        array="tf.constant",
        single="lambda a: tf.constant(a, tf.float32)",
        part="tf.reshape(x[{start}:{stop}], {shape})",
        transforms={
            "F": """\
def forward(f, x, v):
    with tf.autodiff.ForwardAccumulator(x, v) as accumulator: y = f(x)
    return dense(accumulator.jvp(y), y)
def F(f, v): return lambda x: forward(f, x, v)""",
            "R": """\
def reverse(f, x, v):
    with tf.GradientTape(persistent=True) as tape: tape.watch(x); y = f(x)
    return dense(tape.gradient(y, x, output_gradients=v), x)
def R(f, v=None): return lambda x: reverse(f, x, v)""",
        },
        namespace="",
        executions={
            "eager": "nested",
            "compiled": "tf.function(nested, autograph=False)",
            "xla": "tf.function(nested, autograph=False, jit_compile=True)",
        },
        names=_TENSORFLOW,
    ),
    "torch": Engine(
        imports=("import torch",),
        array="torch.tensor",
        single="lambda a: torch.tensor(a).float()",
        part="x[{start}:{stop}].reshape({shape})",
        transforms={
            "F": "def F(f, v): return lambda x: torch.func.jvp(f, (x,), (v,))[1]",
            "R": "def R(f, v=1.0): return lambda x: torch.func.vjp(f, x)[1](torch.as_tensor(v, dtype=x.dtype))[0]",
        },
        namespace="import array_api_compat.torch as xp",
        plain="{0}.detach()",  # a module's parameters ask for a graph
        executions={
            "eager": "nested",
            "compiled": "torch.compile(nested, fullgraph=True)",
            "traced": "torch.compile(nested, backend='aot_eager', fullgraph=True)",
        },
    ),
}
