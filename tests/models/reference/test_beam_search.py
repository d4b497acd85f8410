"""Beam search beside greedy decoding and the trying of every sentence, both written out here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from backlight.models.reference import beam_search as module
from backlight.models.reference.beam_search import Sentences, State, beam_search

WORDS, LENGTH, IMAGES = 4, 4, 60
END, START = 0, WORDS  # the start mark is never said
Sentence = tuple[int, ...]


class Babble:
    """A network that says something of its own after every beginning of a sentence.

    Beginnings are numbered: 0 is the empty one, and the one that comes of number n by the word w
    has the number n × WORDS + w + 1.
    """

    def __init__(self, seed: int, spread: float = 2.0) -> None:
        chance = torch.Generator().manual_seed(seed)
        beginnings = sum(WORDS**n for n in range(LENGTH))
        noise = spread * torch.randn(IMAGES, beginnings, WORDS, generator=chance)
        self.says = noise.double().log_softmax(2)

    def step(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        beginning, image = state
        beginning = torch.where(words == START, 0, beginning * WORDS + words + 1)
        return self.says[image, beginning], (beginning, image)

    def find(self, beams: int, length: int = LENGTH) -> Sentences:
        state = (torch.zeros(IMAGES, dtype=torch.int64), torch.arange(IMAGES))
        return beam_search(self.step, state, start=START, end=END, beams=beams, length=length)

    def score(self, image: int, sentence: Sentence) -> float:
        """The mean log-probability of the words."""
        beginning, total = 0, 0.0
        for word in sentence:
            total += float(self.says[image, beginning, word])
            beginning = beginning * WORDS + word + 1
        return total / len(sentence)

    def greedy(self, image: int) -> Sentence:
        sentence: Sentence = ()
        beginning = 0
        while len(sentence) < LENGTH and END not in sentence:
            word = int(self.says[image, beginning].argmax())
            sentence, beginning = (*sentence, word), beginning * WORDS + word + 1
        return sentence


def every_sentence(length: int = LENGTH) -> Iterator[Sentence]:
    """All that end with the end mark, and all that are cut at the length."""
    others = [word for word in range(WORDS) if word != END]
    for count in range(length):
        for words in itertools.product(others, repeat=count):
            yield (*words, END)
    yield from itertools.product(others, repeat=length)


def filled(sentence: Sentence, length: int = LENGTH) -> list[int]:
    return [*sentence, *[END] * (length - len(sentence))]


@pytest.mark.parametrize("seed", range(3))
def test_one_beam_is_greedy_decoding(seed: int) -> None:
    babble = Babble(seed)
    found = babble.find(beams=1)
    for image in range(IMAGES):
        sentence = babble.greedy(image)
        assert found.ids[image].tolist() == filled(sentence)
        assert float(found.scores[image]) == pytest.approx(babble.score(image, sentence))


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_as_wide_as_all_beginnings_finds_the_best_of_all_sentences(seed: int) -> None:
    babble = Babble(seed)
    found = babble.find(beams=WORDS ** (LENGTH - 1))
    for image in range(IMAGES):
        best = max(every_sentence(), key=lambda sentence: babble.score(image, sentence))
        assert found.ids[image].tolist() == filled(best)
        assert float(found.scores[image]) == pytest.approx(babble.score(image, best))


@pytest.mark.parametrize("beams", [2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_more_beams_are_never_worse_than_greedy_decoding(beams: int, seed: int) -> None:
    babble = Babble(seed)
    greedy, found = babble.find(beams=1), babble.find(beams)
    assert bool((found.scores >= greedy.scores).all())
    assert bool((found.scores > greedy.scores).any())


def test_without_the_greedy_sentence_a_beam_would_sometimes_be_worse() -> None:
    babble = Babble(8, spread=1)
    state = (torch.zeros(IMAGES, dtype=torch.int64), torch.arange(IMAGES))
    pruned = module._searched(babble.step, state, START, END, 2, LENGTH)
    worse = pruned.scores < babble.find(beams=1).scores
    assert bool(worse.any())
    assert torch.equal(babble.find(beams=2).scores[worse], babble.find(beams=1).scores[worse])


@pytest.mark.parametrize("beams", [1, 3])
def test_the_score_is_that_of_the_sentence(beams: int) -> None:
    babble = Babble(7)
    found = babble.find(beams)
    for image, row in enumerate(found.ids.tolist()):
        sentence = tuple(row[: row.index(END) + 1] if END in row else row)
        assert float(found.scores[image]) == pytest.approx(babble.score(image, sentence))


def test_a_sentence_is_cut_at_the_length() -> None:
    babble = Babble(3)
    babble.says[:, :, END] -= 50  # nobody ever wants to stop
    for beams in (1, 4):
        found = babble.find(beams, length=2)
        assert found.ids.shape == (IMAGES, 2)
        assert not bool((found.ids == END).any())


def test_no_sentence_is_favoured_for_being_short() -> None:
    """The end at once has a third of the probability; after another first word all is certain."""
    babble = Babble(0)
    babble.says[:] = torch.tensor([0.34, 0.33, 0.33, 1e-9]).double().log()
    certain = torch.tensor([1 - 3e-9, 1e-9, 1e-9, 1e-9]).double().log()
    babble.says[:, 2] = certain  # after the word 1: the end
    found = babble.find(beams=3)
    assert found.ids[0].tolist() == filled((1, END))
    assert float(found.scores[0]) == pytest.approx(float(torch.tensor(0.33).log()) / 2, abs=1e-6)
    assert babble.find(beams=1).ids[0].tolist() == filled((END,))
