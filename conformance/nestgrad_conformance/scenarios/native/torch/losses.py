"""Losses and distances of torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(3, 5), "loss", order=3)
def cross_entropy(x: Any) -> Any:
    """functional.cross_entropy against classes, with smoothing."""
    return functional.cross_entropy(x, torch.tensor([0, 3, 1]), label_smoothing=0.1)


@row(normal(4), "loss", "mse_loss", order=3)
def mse_loss(x: Any) -> Any:
    """functional.mse_loss against a constant."""
    return functional.mse_loss(x**2, _ramp(*x.shape))


@row(uniform(0.1, 0.9, 4), "loss", "huber_loss")
def huber_loss(x: Any) -> Any:
    """functional.huber_loss, away from its corner."""
    return functional.huber_loss(x**2, _ramp(*x.shape), delta=0.7)


@row(uniform(0.1, 0.9, 4), "loss")
def smooth_l1_loss(x: Any) -> Any:
    """functional.smooth_l1_loss, away from its corner."""
    return functional.smooth_l1_loss(x**2, _ramp(*x.shape), beta=0.7)


@row(normal(4), "loss", "soft_margin_loss")
def soft_margin_loss(x: Any) -> Any:
    """functional.soft_margin_loss."""
    return functional.soft_margin_loss(x, torch.sign(_ramp(*x.shape)))


@row(normal(4), "loss")
def bce_with_logits(x: Any) -> Any:
    """functional.binary_cross_entropy_with_logits."""
    return functional.binary_cross_entropy_with_logits(x**2, (1 + _ramp(*x.shape)) / 2)


@row(normal(3, 4), "loss")
def kl_div(x: Any) -> Any:
    """functional.kl_div of two softmaxes."""
    return functional.kl_div(functional.log_softmax(x, -1), functional.softmax(x**2, -1), reduction="batchmean")


@row(normal(5, 4), "loss", "ctc_loss", "untraceable")
def ctc_loss(x: Any) -> Any:
    """functional.ctc_loss."""
    probabilities = functional.log_softmax(x, -1)
    return functional.ctc_loss(probabilities[:, None], torch.tensor([[1, 2]]), torch.tensor([5]), torch.tensor([2]))


@row(normal(3, 4))
def cosine_similarity(x: Any) -> Any:
    """functional.cosine_similarity."""
    return torch.sum(functional.cosine_similarity(x[1:], x[:1] ** 2) ** 2)


@row(normal(3, 4), "loss", "cosine_embedding_loss", order=3)
def cosine_embedding_loss(x: Any) -> Any:
    """functional.cosine_embedding_loss."""
    return functional.cosine_embedding_loss(x[:2], x[1:] ** 2, torch.ones(2)) ** 2


@row(normal(4, 3), "cdist")
def cdist(x: Any) -> Any:
    """torch.cdist."""
    return _weighted(torch.cdist(x, x[:2] + 3))


@row(normal(3, 4))
def pairwise_distance(x: Any) -> Any:
    """functional.pairwise_distance."""
    return torch.sum(functional.pairwise_distance(x[:2], x[1:] ** 2) ** 2)


@row(normal(3, 4), "loss")
def triplet_margin_loss(x: Any) -> Any:
    """functional.triplet_margin_loss, its margin exceeded."""
    return functional.triplet_margin_loss(x[0], x[1], x[2], margin=9.0)


@row(normal(3, 4), "loss")
def multilabel_soft_margin_loss(x: Any) -> Any:
    """functional.multilabel_soft_margin_loss."""
    return functional.multilabel_soft_margin_loss(x, (1 + torch.sign(_ramp(*x.shape))) / 2)


@row(normal(3, 4), "loss", "untraceable")
def gaussian_nll_loss(x: Any) -> Any:
    """functional.gaussian_nll_loss."""
    return functional.gaussian_nll_loss(x[0], x[1] ** 2, 0.5 + x[2] ** 2)


@row(normal(4), "loss")
def poisson_nll_loss(x: Any) -> Any:
    """functional.poisson_nll_loss."""
    return functional.poisson_nll_loss(x, _ramp(*x.shape) ** 2)


@row(normal(4), "loss")
def binary_cross_entropy(x: Any) -> Any:
    """functional.binary_cross_entropy of probabilities."""
    return functional.binary_cross_entropy(torch.sigmoid(x), (1 + _ramp(*x.shape)) / 2)


@row(normal(3, 4), "loss")
def nll_loss(x: Any) -> Any:
    """functional.nll_loss with weights of the classes and a class that is ignored."""
    weights = torch.tensor([1.0, 2.0, 0.5, 1.5])
    return functional.nll_loss(functional.log_softmax(x, -1), torch.tensor([0, 3, 1]), weights, ignore_index=3) ** 2


@row(normal(3, 4), "loss")
def cross_entropy_of_probabilities(x: Any) -> Any:
    """functional.cross_entropy against probabilities that are a part of x."""
    return functional.cross_entropy(x, torch.softmax(x**2, -1))


@row(normal(3, 4), "loss", "multi_margin_loss")
def margin_losses(x: Any) -> Any:
    """margin_ranking_loss, hinge_embedding_loss and multi_margin_loss, their margins exceeded."""
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0])
    total = functional.margin_ranking_loss(x[0], x[1] ** 2, signs, margin=30.0)
    total = total + functional.hinge_embedding_loss(x[0] ** 3, signs, margin=30.0)
    return total + functional.multi_margin_loss(x, torch.tensor([0, 3, 1]), p=2, margin=30.0)


@row(normal(4), "loss")
def l1_loss(x: Any) -> Any:
    """functional.l1_loss, away from its corner."""
    return functional.l1_loss(x**3, torch.full_like(x.detach(), 9.0))


@row(normal(3, 4), "loss")
def triplet_margin_with_distance(x: Any) -> Any:
    """functional.triplet_margin_with_distance_loss, its margin exceeded."""
    distance = functional.pairwise_distance
    return functional.triplet_margin_with_distance_loss(x[:1], x[1:2], x[2:], distance_function=distance, margin=9.0)


@row(normal(4, 3), "pdist")
def pdist(x: Any) -> Any:
    """functional.pdist."""
    return _weighted(functional.pdist(x))


_CLASSES = torch.tensor([2, 0, 1])


@row(normal(3), "loss", "class_weights")
def class_weights(x: Any) -> Any:
    """The weights of the classes in a cross-entropy, learned with the scores."""
    return functional.cross_entropy(_ramp(3, 3) * torch.sin(x), _CLASSES, weight=torch.exp(x)) + torch.sum(x**3)


@row(normal(3, 3), "loss", "chunked_cross_entropy", "untraceable")
def chunked_cross_entropy(x: Any) -> Any:
    """linear_cross_entropy in chunks, which spares the matrix of all scores."""
    options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=2)
    return functional.linear_cross_entropy(x, torch.sin(x), _CLASSES, options=options)
