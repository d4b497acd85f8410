"""Beam search: the likeliest sentence of a network that says one word at a time.

Several sentences are carried on side by side, and those that have become unlikely are dropped. The
search knows nothing of the network but what it says of the next word.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

#: What a network remembers of the words so far: tensors with one row for each sentence.
State = tuple[Tensor, ...]

#: From the last word of each sentence, (M,), and what is remembered of it, to the log-probabilities
#: of the next word, (M, V), and what is remembered then. M is the number of images times the
#: number of beams, the sentences of one image next to each other.
Step = Callable[[Tensor, State], tuple[Tensor, State]]


class Sentences(NamedTuple):
    """What was found, one sentence for each image.

    Attributes:
        ids: the words behind the start mark, (N, length); from its end on a sentence is filled up
            with the end mark.
        scores: the mean log-probability of the words, the end mark's included, (N,).
    """

    ids: Tensor
    scores: Tensor


def beam_search(
    step: Step, state: State, *, start: int, end: int, beams: int, length: int
) -> Sentences:
    """The best sentence found for each of N images.

    Sentences are dropped by the sum of their words' log-probabilities and compared in the end by
    the mean, so that short ones have no advantage (Wu et al. 2016, arXiv 1609.08144, section 7,
    with α = 1). One beam is greedy decoding, the likeliest word each time. With several, the
    greedy sentence is compared with what was found: it may have been dropped on the way, and a
    wider search should not end worse.

    Args:
        step: what the network says of the next word.
        state: what it remembers before the first word, N rows.
        start, end: the numbers of the marks.
        beams: how many sentences of each image are carried on.
        length: how many words there are at most, the end mark included. What is cut there counts
            as it is.
    """
    found = _searched(step, state, start, end, beams, length)
    if beams == 1:
        return found
    greedy = _searched(step, state, start, end, 1, length)
    better = greedy.scores > found.scores
    return Sentences(
        torch.where(better[:, None], greedy.ids, found.ids),
        torch.where(better, greedy.scores, found.scores),
    )


def _searched(step: Step, state: State, start: int, end: int, beams: int, length: int) -> Sentences:
    count, device = len(state[0]), state[0].device
    state = tuple(part.repeat_interleave(beams, 0) for part in state)
    words = torch.full((count * beams,), start, device=device)
    # All beams begin alike: all but the first wait until there are different sentences.
    sums = torch.full((count, beams), -math.inf, device=device)
    sums[:, 0] = 0
    ids = torch.full((count, beams, length), end, device=device)
    best = Sentences(ids[:, 0].clone(), torch.full((count,), -math.inf, device=device))
    first_row = beams * torch.arange(count, device=device)[:, None]
    for place in range(length):
        log_probabilities, state = step(words, state)
        options = sums[:, :, None] + log_probabilities.view(count, beams, -1)
        sums, chosen = _top(options.flatten(1), beams)
        before, next_words = chosen // options.shape[2], chosen % options.shape[2]
        ids = ids.gather(1, before[:, :, None].expand_as(ids))
        ids[:, :, place] = next_words
        ended = (next_words == end) | (place == length - 1)
        best = _better(best, ids, torch.where(ended, sums / (place + 1), -math.inf))
        sums = sums.masked_fill(ended, -math.inf)
        if bool(sums.isneginf().all()):
            break
        state = tuple(part[(first_row + before).flatten()] for part in state)
        words = next_words.flatten()
    return best


def _top(options: Tensor, beams: int) -> tuple[Tensor, Tensor]:
    """The `beams` largest of each row and where they are; filled up where there are fewer."""
    found, where = options.topk(min(beams, options.shape[1]), 1)
    missing = beams - found.shape[1]
    if missing:
        found = torch.cat([found, found.new_full((len(found), missing), -math.inf)], 1)
        where = torch.cat([where, where.new_zeros(len(where), missing)], 1)
    return found, where


def _better(best: Sentences, ids: Tensor, scores: Tensor) -> Sentences:
    """For each image the best so far, or the best of new sentences (N, beams, length)."""
    scores, which = scores.max(1)
    ids = ids[torch.arange(len(ids), device=ids.device), which]
    better = scores > best.scores
    return Sentences(
        torch.where(better[:, None], ids, best.ids), torch.where(better, scores, best.scores)
    )
