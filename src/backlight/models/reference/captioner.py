"""A captioner: a small convolutional network looks, an LSTM speaks.

Encoder and LSTM as in Vinyals et al. 2015 (arXiv 1411.4555), with soft attention as in Xu et al.
2015 (arXiv 1502.03044): for every word the LSTM weighs the places of the picture anew, and the maps
are averaged with these weights. One thing differs: the LSTM is not told what was seen, only where.
So what speaks for a word in the picture lies in that word's own glimpse, not in one before, and a
map of it can be read.

Some of what is seen comes from all places alike, whatever is attended to: what speaks against a
word then lies on other objects, not on the less telling parts of the word's own.

It is trained with pictures and captions alone. That a glimpse falls on an object is learned.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from backlight.errors import InputError
from backlight.models.reference.beam_search import State, beam_search
from backlight.models.reference.resnet import Block

SIDE: Final = 16  # cells along each side of the last maps, 4 pixels each
LENGTH: Final = 24  # tokens of a caption, marks included
_START, _END = 1, 2  # as in `backlight.scenes.Vocabulary`
_WIDTH = 64  # of words, and of what queries and keys are compared by
_HIDDEN = 0.5  # the share of places that attention may not rest on in training
EVENLY: Final = 0.65  # the share of what is seen that comes from all places alike


class Encoder(nn.Module):
    """Images (N, 3, 64, 64) to maps (N, channels, 16, 16), centred on the pixels they stand for.

    What is seen near by (12 pixels: colour, texture) and far around (60 pixels: shape) is joined at
    the end, so that colours need not be carried through the convolutions that blur them.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 6, stride=2, padding=2, bias=False), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.near = nn.Sequential(
            nn.Conv2d(32, channels, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.wide1 = Block(channels, channels, dilations=(1, 2))
        self.wide2 = Block(channels, channels, dilations=(2, 1))
        self.both = nn.Sequential(
            nn.Conv2d(2 * channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()
        )

    def forward(self, images: Tensor) -> Tensor:
        """The maps, not negative."""
        near = self.near(self.stem(images))
        return self.both(torch.cat([near, self.wide2(self.wide1(near))], 1))  # type: ignore[no-any-return]


class Glimpses(nn.Module):
    """The maps as each word sees them: every place weighed by the attention that is paid to it."""

    def forward(self, maps: Tensor, attention: Tensor) -> Tensor:
        """Maps (N, C, h, w) and attention (N, T, h, w) to (N, T · C, h, w), the channels of one
        word next to each other. Its mean over the places is the mean weighed by attention."""
        places = maps.shape[2] * maps.shape[3]
        return (places * attention[:, :, None] * maps[:, None]).flatten(1, 2)


class Memory(NamedTuple):
    """What the decoder knows of the sentence so far, with one row for each sentence.

    Attributes:
        hidden, cell: of the LSTM, (M, width).
        place: how much attention lay on each column and row of the maps, (M, 2 · 16).
    """

    hidden: Tensor
    cell: Tensor
    place: Tensor


class Captioner(nn.Module):
    """Images (N, 3, 64, 64) and tokens (N, T) to logits of the next words (N, T, words).

    Tokens begin with the start mark, 1, and end with the end mark, 2. What follows is not looked
    at by what comes before: fill up as you like.

    Args:
        words: how many numbers there are: words, and the three marks in front of them.
        channels: of the last maps.
        width: of the LSTM.

    Attributes:
        one_place: whether in training a word is said from one place alone, drawn by attention (Xu
            et al.'s hard attention): then every place that is looked at must tell all by itself,
            and no part of an object speaks against its own name.
        evenly: the share of what is seen that comes from all places alike, whatever is attended to:
            then what speaks against a word can lie where other objects are.
    """

    def __init__(self, words: int = 50, channels: int = 64, width: int = 128) -> None:
        super().__init__()
        self.one_place = False
        self.evenly = EVENLY
        self.encoder = Encoder(channels)
        self.embedding = nn.Embedding(words, _WIDTH)
        self.lstm = nn.LSTMCell(_WIDTH + 2 * SIDE, width)
        self.query = nn.Linear(width, _WIDTH)
        self.key = nn.Conv2d(channels, _WIDTH, 1)
        self.columns = nn.Parameter(0.1 * torch.randn(_WIDTH, 1, SIDE))
        self.rows = nn.Parameter(0.1 * torch.randn(_WIDTH, SIDE, 1))
        self.glimpses = Glimpses()
        self.pool = nn.AdaptiveAvgPool2d(1)
        # What is seen and what was said (and where) speak for words one beside the other.
        self.seen = nn.Linear(channels, words, bias=False)
        self.said = nn.Sequential(
            nn.Linear(width + 2 * SIDE, width), nn.ReLU(), nn.Linear(width, words)
        )

    def forward(self, images: Tensor, tokens: Tensor) -> Tensor:
        """Logits: at each place those of the word that comes after the tokens up to there.

        Raises:
            InputError: the images are not of 64 × 64 pixels.
        """
        return self.decode(self.encoded(images), tokens)

    def encoded(self, images: Tensor) -> Tensor:
        """The last maps of the images, (N, channels, 16, 16).

        Raises:
            InputError: the images are not of 64 × 64 pixels.
        """
        if images.ndim != 4 or images.shape[1:] != (3, 4 * SIDE, 4 * SIDE):
            raise InputError(
                f"this captioner takes images of shape (N, 3, {4 * SIDE}, {4 * SIDE}), "
                f"not {tuple(images.shape)}: give the photo itself, which is resized, or such a "
                "tensor"
            )
        return self.encoder(images)  # type: ignore[no-any-return]

    def decode(self, maps: Tensor, tokens: Tensor) -> Tensor:
        """Logits (M, T, words) of tokens (M, T); of M / N captions for each of N maps, those of one
        picture next to each other."""
        keys = self._keys(maps)
        hide = self._hidden(maps)
        memory = self._nothing(len(tokens))
        words = self.embedding(tokens)
        attention, contexts = [], []
        for place in range(tokens.shape[1]):
            memory, paid = self._look(words[:, place], memory, keys, hide)
            attention.append(paid)
            contexts.append(torch.cat([memory.hidden, memory.place], 1))
        looked = self._looked(maps, torch.stack(attention, 1))
        return self.seen(looked) + self.said(torch.stack(contexts, 1))  # type: ignore[no-any-return]

    @torch.no_grad()
    def generate(self, images: Tensor, *, beams: int = 1, length: int = LENGTH) -> Tensor:
        """Captions as token ids, (N, length), from the start mark to the end mark, filled up with
        the end mark.

        Args:
            images: (N, 3, 64, 64).
            beams: 1 for greedy decoding; more for beam search with so many sentences.
            length: how many tokens there may be, marks included.

        Raises:
            InputError: the images are not of 64 × 64 pixels, or `beams` or `length` is too small.
        """
        if beams < 1 or length < 2:
            raise InputError(
                f"captions need at least 1 beam and 2 tokens, not beams={beams}, length={length}"
            )
        maps = self.encoded(images)
        keys = self._keys(maps)

        def step(words: Tensor, state: State) -> tuple[Tensor, State]:
            memory, paid = self._look(self.embedding(words), Memory(*state), keys)
            logits = self.seen(_means(maps, self._spread(paid)[:, None])[:, 0])
            logits = logits + self.said(torch.cat([memory.hidden, memory.place], 1))
            return logits.log_softmax(1), memory

        found = beam_search(
            step,
            self._nothing(len(maps)),
            start=_START,
            end=_END,
            beams=beams,
            length=length - 1,
        )
        return torch.cat([torch.full_like(found.ids[:, :1], _START), found.ids], 1)

    def _keys(self, maps: Tensor) -> Tensor:
        """What queries are compared with: what lies at a place, and where it is."""
        return (self.key(maps) + self.columns + self.rows).flatten(2)  # type: ignore[no-any-return]

    def _nothing(self, sentences: int) -> Memory:
        weight = self.query.weight
        nothing = weight.new_zeros(sentences, weight.shape[1])
        return Memory(nothing, nothing, weight.new_zeros(sentences, 2 * SIDE))

    def _hidden(self, maps: Tensor) -> Tensor | None:
        """In training, places that no attention may be paid to, (N, 1, 256): what is looked for is
        then learned all over an object, not at one spot of it."""
        if not self.training:
            return None
        return torch.rand(len(maps), 1, SIDE * SIDE, device=maps.device) < _HIDDEN

    def _look(
        self, word: Tensor, memory: Memory, keys: Tensor, hide: Tensor | None = None
    ) -> tuple[Memory, Tensor]:
        """Take in one word of each sentence, (M, 64), and look: what is known then, and the
        attention paid to each place, (M, 256)."""
        told = torch.cat([word, memory.place], 1)
        hidden, cell = self.lstm(told, (memory.hidden, memory.cell))
        fit = self.query(hidden).view(len(keys), -1, _WIDTH) @ keys / _WIDTH**0.5
        if hide is not None:
            fit = fit.masked_fill(hide, -torch.inf)
        attention = fit.flatten(0, 1).softmax(1)
        grid = attention.view(-1, SIDE, SIDE)
        return Memory(hidden, cell, torch.cat([grid.sum(1), grid.sum(2)], 1)), attention

    def _looked(self, maps: Tensor, attention: Tensor) -> Tensor:
        """What is seen for every word of sentences, by attention (M, T, 256): (M, T, channels)."""
        if self.training and self.one_place:
            attention = _one_place(attention)
        attention = self._spread(attention)
        if self.training or len(attention) > len(maps):
            return _means(maps, attention)
        seen = self.pool(self.glimpses(maps, attention.view(*attention.shape[:2], SIDE, SIDE)))
        return seen.view(*attention.shape[:2], -1)  # type: ignore[no-any-return]

    def _spread(self, attention: Tensor) -> Tensor:
        """Attention, some of it taken from where it was paid and given to all places alike."""
        return (1 - self.evenly) * attention + self.evenly / attention.shape[-1]


def _means(maps: Tensor, attention: Tensor) -> Tensor:
    """The same as pooled glimpses, without the glimpses in memory."""
    flat = attention.reshape(len(maps), -1, SIDE * SIDE)
    means = flat @ maps.flatten(2).transpose(1, 2)
    return means.view(*attention.shape[:2], -1)


def _one_place(attention: Tensor) -> Tensor:
    """All attention on one place, drawn by attention (M, T, places). The gradient is that of the
    attention it was drawn by (the straight-through estimator, Bengio et al. 2013, arXiv 1308.3432).
    """
    places = torch.multinomial(attention.detach().flatten(0, 1), 1)
    drawn = torch.zeros_like(attention).flatten(0, 1).scatter_(1, places, 1.0)
    return drawn.view_as(attention) + attention - attention.detach()
