"""Names that those who come from other libraries type, and what stands for them here."""

from __future__ import annotations

import sys

from ._errors import did_you_mean

HERE = {
    # jax
    "grad": "ng.gradient(f)",
    "value_and_grad": "ng.value_and_gradient(f)",
    "jacrev": 'ng.jacobian(f, nesting="R")',
    "jacfwd": 'ng.jacobian(f, nesting="F")',
    # torch.func and torch.autograd.functional
    "grad_and_value": "ng.value_and_gradient(f)",
    "vhp": "ng.hvp(f)",  # the Hessian is symmetric
    # autograd
    "grad_and_aux": "ng.gradient(f, has_aux=True)",
    "elementwise_grad": "ng.gradient(lambda x: f(x).sum())",
    "make_jvp": "ng.jvp(f, (x,), (v,))",
    "make_vjp": "ng.vjp(f, x)",
    "make_hvp": "ng.hvp(f).at(x)",
    "hessian_vector_product": "ng.hvp(f)",
    "hessian_tensor_product": "ng.hvp(f)",
    "vector_jacobian_product": "ng.vjp(f, x)",
    # TensorFlow
    "GradientTape": "ng.gradient(f)",
    "ForwardAccumulator": "ng.jvp(f, (x,), (v,))",
    # SciPy, and what people call things
    "hessp": "ng.hvp(f)",
    "jacobian_vector_product": "ng.jvp(f, (x,), (v,))",
    "directional_derivative": 'ng.derivative(f, "F")',
    "hessian_trace": "ng.laplacian(f)",
    "gradient_penalty": "ng.nested_gradient(g, f, argnums=1)",
}
"""What gives the same, as it is written with `import nestgrad as ng`."""

_MAPS = (
    "the engine's own goes around any operator. For rows there is ng.laplacian(f, batched=True), and for many "
    "directions at one point ng.hvp(f).batch(x, V)"
)
_COMPILERS = (
    "compile=True compiles a derivative, as in ng.hvp(f, compile=True); the engine's own goes around it as well"
)
_OF_F = "f has the engine's own, which every operator follows"

INSTEAD = {
    "linearize": "ng.hvp(f).at(x) linearises the gradient at x: many products with the Hessian there",
    "vmap": _MAPS,
    "pmap": _MAPS,
    "vectorized_map": _MAPS,
    "jit": _COMPILERS,
    "compile": _COMPILERS,
    "stop_gradient": _OF_F,
    "checkpoint": _OF_F,
    "remat": _OF_F,
    "custom_jvp": _OF_F,
    "custom_vjp": _OF_F,
    "custom_gradient": _OF_F,
    "testing": "it is a module: import nestgrad.testing",
}
"""What else there is to say."""


def absent(name: str) -> AttributeError:
    """The error for a name that nestgrad does not have."""
    if name.startswith("_"):  # code asks for these, to see whether there is one
        return AttributeError(f"module {__package__!r} has no attribute {name!r}", name=name)
    if name in HERE:
        told = f"it is {HERE[name]} here."
    elif name in INSTEAD:
        told = f"{INSTEAD[name]}."
    else:
        told = did_you_mean(name, (known for known in vars(sys.modules[__package__]) if not known.startswith("_")))
    return AttributeError(f"nestgrad has no {name!r}: {told}", name=name)  # with obj, Python would add guesses
