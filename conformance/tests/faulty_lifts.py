"""Twelve wrong rules for functions of another engine, three in each engine's lift, put there one at a time."""

from types import SimpleNamespace
from typing import NamedTuple

import autograd.core
import jax
import jax.numpy as jnp
import numpy as np
import tensorflow as tf
from autograd.tracer import getval, isbox
from jax.interpreters import ad, batching

import nestgrad_autograd._lift as of_autograd
import nestgrad_jax._lift as of_jax
import nestgrad_tensorflow._lift as of_tensorflow
import nestgrad_torch._lift as of_torch
from nestgrad.extend import with_tangents


class Fault(NamedTuple):
    """A wrong rule, and a part of the tier that shows it.

    Attributes:
        put: puts it into the lift, by pytest's monkeypatch.
        outer: whose lift that is.
        scenario: a function of the tier.
        nestings: those that are measured of it.
        execution: in which.
    """

    put: object
    outer: str
    scenario: str
    nestings: tuple[str, ...]
    execution: str = "eager"

    @property
    def name(self):
        return f"{self.outer}_{self.put.__name__.partition('_')[2]}"


# jax


def jax_forgets_a_tangent(monkeypatch):
    """The forward rule pushes the first tangent alone."""

    def rule(primals, tangents, *, node):
        moving = [i for i, one in enumerate(tangents) if not isinstance(one, ad.Zero)]
        kept = [ad.Zero(one.aval) if i in moving[1:] else one for i, one in enumerate(map(_traced, tangents))]
        return of_jax._jvp(primals, kept, node=node)

    monkeypatch.setitem(ad.primitive_jvps, of_jax.foreign_p, rule)


def jax_holds_the_primals(monkeypatch):
    """The forward rule takes the primals for constants, so that its derivative lacks what comes from them."""

    def rule(primals, tangents, *, node):
        outputs, _ = of_jax._jvp(primals, tangents, node=node)
        return outputs, of_jax._jvp([jax.lax.stop_gradient(one) for one in primals], tangents, node=node)[1]

    monkeypatch.setitem(ad.primitive_jvps, of_jax.foreign_p, rule)


def jax_maps_the_first_row(monkeypatch):
    """The batching rule gives every row what belongs to the first."""

    def rule(inputs, axes, *, node):
        first = [
            one
            if axis is None
            else jnp.broadcast_to(jnp.take(jnp.moveaxis(one, axis, 0), jnp.array([0]), 0), _rows(one, axis))
            for one, axis in zip(inputs, axes, strict=True)
        ]
        return of_jax._batch(first, [None if axis is None else 0 for axis in axes], node=node)

    def fancy(axis_data, inputs, axes, **parameters):
        return rule(inputs, axes, **parameters)

    monkeypatch.setitem(batching.fancy_primitive_batchers, of_jax.foreign_p, fancy)


def _traced(tangent):
    return tangent if isinstance(tangent, ad.Zero) else jnp.asarray(tangent)


def _rows(array, axis):
    return jnp.moveaxis(array, axis, 0).shape


# torch


def torch_forgets_a_tangent(monkeypatch):
    """The forward rule pushes the first tangent alone."""
    right = of_torch._tangents

    def tangents(tensors):
        return dict(list(right(tensors).items())[:1])

    monkeypatch.setattr(of_torch, "_tangents", tangents)


def torch_holds_the_primals(monkeypatch):
    """The reverse rule takes the primals for constants."""
    right = of_torch.Foreign.backward

    def backward(ctx, *cotangents):
        held = SimpleNamespace(
            node=ctx.node,
            needs_input_grad=ctx.needs_input_grad,
            saved_tensors=[one.detach() for one in ctx.saved_tensors],
        )
        return right(held, *cotangents)

    monkeypatch.setattr(of_torch.Foreign, "backward", staticmethod(backward))


def torch_maps_the_first_row(monkeypatch):
    """The batching rule gives every row what belongs to the first."""
    right = of_torch.Foreign.vmap

    def vmap(info, axes, node, known, *tensors):
        first = [
            one if axis is None else one.movedim(axis, 0)[:1].expand(info.batch_size, *one.movedim(axis, 0).shape[1:])
            for one, axis in zip(tensors, axes[2:], strict=True)
        ]
        return right(info, (None, None, *[axis and 0 for axis in axes[2:]]), node, known, *first)

    monkeypatch.setattr(of_torch.Foreign, "vmap", staticmethod(vmap))


# TensorFlow


def tensorflow_forgets_a_tangent(monkeypatch):
    """The forward rule pushes the first tangent alone."""
    right = of_tensorflow._Rules.push

    def push(self, *tangents):
        moving = [i for i, one in enumerate(tangents) if one is not None]
        return right(self, *[None if i in moving[1:] else one for i, one in enumerate(tangents)])

    monkeypatch.setattr(of_tensorflow._Rules, "push", push)


def tensorflow_forgets_a_cotangent(monkeypatch):
    """The reverse rule pulls the first cotangent alone."""
    right = of_tensorflow._Rules.pull

    def pull(self, *cotangents):
        return right(self, cotangents[0], *[None] * (len(cotangents) - 1))

    monkeypatch.setattr(of_tensorflow._Rules, "pull", pull)


def tensorflow_holds_the_primals_in_a_graph(monkeypatch):
    """The reverse rule in a graph takes the primals for constants."""
    right = of_tensorflow._Rules.pull

    def pull(self, *cotangents):
        if any(map(tf.is_symbolic_tensor, self._x)):
            self._x = [tf.stop_gradient(one) for one in self._x]
        return right(self, *cotangents)

    monkeypatch.setattr(of_tensorflow._Rules, "pull", pull)


# autograd


def autograd_swaps_the_cotangents(monkeypatch):
    """The reverse rule pulls the cotangent of the last result as that of the first, where they are alike."""

    def rule(argnums, ans, args, kwargs):
        pull = of_autograd._pull(argnums, ans, args, kwargs)
        last = max(i for i in range(len(ans)) if np.shape(ans[i]) == np.shape(ans[0]))
        return lambda u: pull((u[last], *(u[i] for i in range(1, len(ans)))))

    monkeypatch.setitem(autograd.core.primitive_vjps, of_autograd.foreign, rule)


def autograd_pulls_at_the_first_point(monkeypatch):
    """The reverse rule of a node takes the primals of its first call."""
    first = {}

    def rule(argnums, ans, args, kwargs):
        node, *x = args
        held = first.setdefault(node, [_unboxed(one) for one in x])
        stale = [one if isbox(one) else other for one, other in zip(x, held, strict=True)]
        return of_autograd._pull(argnums, ans, (node, *stale), kwargs)

    monkeypatch.setitem(autograd.core.primitive_vjps, of_autograd.foreign, rule)


def autograd_takes_a_tangent_for_another(monkeypatch):
    """The forward rule gives the first result the tangent of the last one that is like it."""

    def swapped(found, moves):
        pairs = with_tangents(found, moves)
        last = next(t for y, t in reversed(pairs) if np.shape(y) == np.shape(pairs[0][0]))
        return [(pairs[0][0], last), *pairs[1:]]

    monkeypatch.setattr(of_autograd, "with_tangents", swapped)


def _unboxed(value):
    while isbox(value):
        value = getval(value)
    return value


FAULTS = (
    Fault(jax_forgets_a_tangent, "jax", "foreign_two_arguments", ("F", "R")),
    Fault(jax_holds_the_primals, "jax", "foreign_rosenbrock", ("FF", "FR", "RR")),
    Fault(jax_maps_the_first_row, "jax", "vmap_of_foreign_rosenbrock", ("R", "FR")),
    Fault(torch_forgets_a_tangent, "torch", "foreign_two_arguments", ("F", "FR")),
    Fault(torch_holds_the_primals, "torch", "foreign_rosenbrock", ("FR", "RR")),
    Fault(torch_maps_the_first_row, "torch", "vmap_of_foreign_rosenbrock", ("R", "RR")),
    Fault(tensorflow_forgets_a_tangent, "tensorflow", "foreign_two_arguments", ("F", "FR")),
    Fault(tensorflow_forgets_a_cotangent, "tensorflow", "foreign_containers", ("R",)),
    Fault(tensorflow_holds_the_primals_in_a_graph, "tensorflow", "foreign_between", ("RR",), "compiled"),
    Fault(autograd_swaps_the_cotangents, "autograd", "foreign_containers", ("R", "RR")),
    Fault(autograd_pulls_at_the_first_point, "autograd", "foreign_rosenbrock", ("R",)),
    Fault(autograd_takes_a_tangent_for_another, "autograd", "foreign_containers", ("F", "FF")),
)
