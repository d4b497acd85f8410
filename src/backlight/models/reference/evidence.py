"""What the reference classifiers share: every place is scored, and the places are put together.

A picture shows a red ring where some place of it does. So each place of the last maps scores every
shape in every colour, and the picture's scores are taken over its places by log-sum-exp, a smooth
maximum (Pinheiro and Collobert 2015, arXiv 1411.6228, equation 6). Shape and colour are scored
together, since a ring can be told by its centre, where no ring is, but its colour only on itself:
networks that learn whether there is "a red ring" look at the ring, those that learn "a ring" at its
hole. A shape is there if it is in any colour, which is log-sum-exp once more.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Evidence(NamedTuple):
    """What a classifier says of pictures.

    Attributes:
        shapes: (B, shapes), the logit of each, for "it is there" against "it is not".
        pairs: (B, shapes, colours), the same for each shape in each colour. Learned from, and of
            use nowhere else.
    """

    shapes: Tensor
    pairs: Tensor


def over_places(scores: Tensor, colours: int) -> Tensor:
    """The logits of pairs: from the scores of every place, (B, shapes × colours, places), the
    logarithm of the mean of their exponentials, (B, shapes, colours)."""
    pooled = log_mean_exp(scores)
    return pooled.reshape(len(pooled), -1, colours)


def log_mean_exp(scores: Tensor) -> Tensor:
    """Log-sum-exp over the last axis, less the logarithm of its length: no place adds anything by
    being there. From (…, n) to (…)."""
    if scores.dtype in (torch.float16, torch.bfloat16):  # sums of a thousand terms
        scores = scores.float()
    return scores.logsumexp(-1) - math.log(scores.shape[-1])


def over_colours(pairs: Tensor) -> Tensor:
    """The logits of shapes, (B, shapes): each in whatever colour."""
    return pairs.logsumexp(-1)
