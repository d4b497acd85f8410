"""Words and the numbers that models know them by: a vocabulary, or a tokenizer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from backlight.errors import InputError, ModelError, did_you_mean

#: What turns texts, one for each image, into what the model takes beside the image: token ids
#: (B, T), or a mapping from the names of arguments to tensors with B first.
Encoder = Callable[[Sequence[str]], Tensor | Mapping[str, Tensor]]

# What `Vocabulary` takes for one word: letters and digits with what joins them, or a sign.
_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def _folded(text: str) -> str:
    """Without regard to case, and to whether an accent is part of its letter or follows it."""
    return unicodedata.normalize("NFC", text.casefold())


@dataclass(frozen=True)
class Spoken:
    """One word among token ids: what it is, and the places of its tokens, [start, stop)."""

    word: str
    start: int
    stop: int


@runtime_checkable
class Reader(Protocol):
    """An encoder that also tells the words among token ids, which targets by text need.

    Attributes:
        ends: whether an end mark follows the last word of every text.
    """

    ends: bool

    def __call__(self, texts: Sequence[str]) -> Tensor | Mapping[str, Tensor]:
        """Texts as what the model takes."""

    def spoken(self, ids: Sequence[int]) -> list[Spoken]:
        """The words of one row of token ids, without marks and padding."""

    def ids(self, text: str) -> list[int]:
        """The token ids of some words, without marks. InputError for a word that is unknown."""


class Vocabulary:
    """A list of words, each known to the model by its place in it.

    ``bl.Model(captioner, preprocess, encode=bl.Vocabulary(words))`` feeds the model with texts.
    Case is ignored; of punctuation marks only those count that are words of the list.

    Args:
        words: all of them, marks included, in the order of the model's scores.
        start, end: the marks put around every text; None for none.
        padding: what fills up shorter texts of a batch: a word of the list; the end mark or the
            first word where it is left out.
        unknown: what stands for a word that is not in the list; None refuses it.
        length: how many tokens each text is filled up to; as many as the longest has when left out.

    Raises:
        ModelError: a mark is not in the list, or a word is there twice.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        start: str | None = "<start>",
        end: str | None = "<end>",
        padding: str | None = None,
        unknown: str | None = None,
        length: int | None = None,
    ) -> None:
        self.words = tuple(words)
        for word in self.words:
            if not isinstance(word, str):
                raise ModelError(f"a vocabulary is of words, not of {type(word).__name__}: {word}")
        self._place = {_folded(word): index for index, word in enumerate(self.words)}
        if len(self._place) < len(self.words):
            seen = [_folded(word) for word in self.words]
            twice = next(word for word in seen if seen.count(word) > 1)
            raise ModelError(f"the vocabulary has {twice!r} twice: expected every word once")
        for what, mark in (("start", start), ("end", end), ("padding", padding)):
            if mark is not None and _folded(mark) not in self._place:
                raise ModelError(
                    f"the vocabulary has no {what} mark {mark!r}: expected it among the words"
                    + (f", or {what}=None" if what != "padding" else "")
                )
        if unknown is not None and _folded(unknown) not in self._place:
            raise ModelError(f"the vocabulary has no {unknown!r} for words that are unknown")
        self._before = [] if start is None else [self._place[_folded(start)]]
        self.ends = end is not None
        self._after = [] if end is None else [self._place[_folded(end)]]
        filling = padding or end
        self._padding = 0 if filling is None else self._place[_folded(filling)]
        marks = (start, end, padding, unknown)
        self._marks = {self._place[_folded(mark)] for mark in marks if mark is not None}
        self._unknown = None if unknown is None else self._place[_folded(unknown)]
        self._length = length

    def __len__(self) -> int:
        return len(self.words)

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Token ids, (B, T), int64.

        Raises:
            InputError: a text is empty or too long, or a word is not in the vocabulary (the
                nearest are named).
        """
        rows = [[*self._before, *self.ids(text), *self._after] for text in texts]
        longest = max(map(len, rows), default=0)
        length = self._length or longest
        if longest > length:
            text = texts[[len(row) for row in rows].index(longest)]
            raise InputError(f"the text {text!r} has {longest} tokens: expected at most {length}")
        filled = [row + [self._padding] * (length - len(row)) for row in rows]
        return torch.tensor(filled, dtype=torch.int64)

    def ids(self, text: str) -> list[int]:
        """The token ids of the words of a text, without marks."""
        written = _WORD.findall(_folded(text))
        words = [word for word in written if word.isalnum() or word in self._place or len(word) > 1]
        if not words:
            raise InputError(f"the text {text!r} has no words: expected at least one")
        return [self._id(word) for word in words]

    def _id(self, word: str) -> int:
        place = self._place.get(word, self._unknown)
        if place is None:
            known = [w for index, w in enumerate(self.words) if index not in self._marks]
            raise InputError(f"no word {word!r} in the vocabulary{did_you_mean(word, known)}")
        return place

    def spoken(self, ids: Sequence[int]) -> list[Spoken]:
        """The words among token ids, up to the end mark, without marks and padding."""
        found = []
        for place, index in enumerate(ids):
            if [index] == self._after:
                break
            if index not in self._marks - {self._unknown}:
                found.append(Spoken(self.words[index], place, place + 1))
        return found


class Tokens:
    """A Hugging Face tokenizer as the encoder of a model.

    ``bl.Model(blip, preprocess, encode=bl.Tokens(tokenizer, start=30522))``.

    Args:
        tokenizer: of `transformers`; called on a list of texts.
        start: the token id that takes the place of the first, where the decoder was trained with
            another start mark than the tokenizer sets (BLIP: `config.text_config.bos_token_id`).
            Where the tokenizer sets no marks at all, it goes in front, and its end mark behind.
        marks: token ids that are no words, beside those that the tokenizer knows as such: what a
            decoder of answers starts from.
    """

    def __init__(
        self, tokenizer: Any, start: int | None = None, *, marks: Sequence[int] = ()
    ) -> None:
        self.tokenizer, self.start, self.ends = tokenizer, start, True
        self.marks = tuple(marks)

    def __call__(self, texts: Sequence[str]) -> Mapping[str, Tensor]:
        """`input_ids` (B, T) and what else the tokenizer makes.

        Raises:
            InputError: a text is empty, or the tokenizer does not know one of its words.
        """
        for text in texts:
            if not text.strip():
                raise InputError(f"the text {text!r} has no words: expected at least one")
            self.ids(text)
        if self.start is not None and not self.tokenizer([""])["input_ids"][0]:
            return self._marked(self.start, [self.ids(text) for text in texts])
        made = dict(self.tokenizer(list(texts), return_tensors="pt", padding=True))
        if self.start is not None:
            made["input_ids"] = made["input_ids"].clone()
            made["input_ids"][:, 0] = self.start
        return made

    def _marked(self, start: int, words: Sequence[Sequence[int]]) -> Mapping[str, Tensor]:
        """With the marks that a tokenizer of bare words (GPT-2's) leaves out."""
        end, padding = self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
        rows = [torch.tensor([start, *ids, *([] if end is None else [end])]) for ids in words]
        filling = padding if padding is not None else end or 0
        masks = [torch.ones_like(row) for row in rows]
        return {
            "input_ids": pad_sequence(rows, batch_first=True, padding_value=filling),
            "attention_mask": pad_sequence(masks, batch_first=True),
        }

    def ids(self, text: str) -> list[int]:
        """The token ids of some words, without marks."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        unknown = self.tokenizer.unk_token_id
        if unknown is not None and unknown in found and self._lacks(unknown):
            word = next((w for w in _WORD.findall(text) if unknown in self._plain(w)), text)
            known = [piece for piece in self.tokenizer.get_vocab() if piece.isalnum()]
            raise InputError(
                f"the tokenizer does not know {word!r} and would read {self.tokenizer.unk_token} "
                f"in its place{did_you_mean(word, known) if len(known) < _MOST_COMPARED else ''}"
            )
        return found

    def _plain(self, word: str) -> list[int]:
        found: list[int] = self.tokenizer.encode(word, add_special_tokens=False)
        return found

    def _lacks(self, unknown: int) -> bool:
        """Whether that mark is for nothing else; GPT-2's is its end mark, too."""
        return unknown not in (self.tokenizer.eos_token_id, self.tokenizer.pad_token_id)

    def spoken(self, ids: Sequence[int]) -> list[Spoken]:
        """The words among token ids: pieces joined, marks and padding left out."""
        marks = {*self.tokenizer.all_special_ids, *self.marks, self.start}
        marks.discard(self.tokenizer.unk_token_id)
        # Models have marks that their tokenizers do not know: BLIP's start mark comes as None.
        pieces = [piece or "" for piece in self.tokenizer.convert_ids_to_tokens(list(ids))]
        begins = any(piece[:1] in _BEGIN for piece in pieces)
        found: list[Spoken] = []
        for place, (index, piece) in enumerate(zip(ids, pieces, strict=True)):
            if index in marks or not piece:
                continue
            goes_on = piece.startswith("##") or (begins and piece[:1] not in _BEGIN)
            text = piece.removeprefix("##") if not begins else piece.lstrip("".join(_BEGIN))
            if goes_on and found and found[-1].stop == place:
                found[-1] = Spoken(found[-1].word + text, found[-1].start, place + 1)
            else:
                found.append(Spoken(text, place, place + 1))
        return found


# In longer vocabularies of pieces of words, looking for the nearest takes long and finds little.
_MOST_COMPARED = 10_000

# What byte-pair and sentence-piece tokenizers write in front of a piece that begins a word.
_BEGIN = ("Ġ", "▁")
