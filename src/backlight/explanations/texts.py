"""Text beside the image: a question, or the caption whose words are explained."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from backlight.errors import InputError, TargetError
from backlight.explanations.chance import generators_kept
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.targets.answers import Answer
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.words import Caption
from backlight.explanations.tokens import tokens_of
from backlight.models.model import Model
from backlight.models.vocabulary import Reader, Vocabulary

# What Hugging Face's models call the picture, and the words.
_IMAGE_NAME, _TOKENS_NAME = "pixel_values", "input_ids"
_ANSWER_NAME = "decoder_input_ids"

Text = str | Sequence[str]


def by_text(model: Model, targets: Sequence[Target]) -> list[list[int]]:
    """The places of the targets that can share a run, as they are fed with the same words. Those
    that bring none go with the first."""
    spells = _ANSWER_NAME in _parameters(model)
    groups: dict[tuple[str, ...], list[int]] = {}
    without: list[int] = []
    for place, target in enumerate(targets):
        brought = tuple(dict.fromkeys(_brought(target, spells)))
        (groups.setdefault(brought, []) if brought else without).append(place)
    found = list(groups.values()) or [[]]
    found[0] = sorted(found[0] + without)
    return found


def _brought(target: Target, spells: bool) -> Iterator[str]:
    """The texts that a target must be fed with."""
    for part in target.parts():
        if part.text is not None:
            yield part.text
        if spells and isinstance(part, Answer) and (part.answer is not None or part.is_own):
            yield part.answer or ""  # its own is another than any that is given


def with_words(
    model: Model, batch: Inputs, targets: Sequence[Target], text: Text | None = None
) -> Inputs:
    """The inputs with the text that the model is fed with.

    That is the one given; or the one that a target brings along (a caption); or, where a target
    is about words or the model says nothing else, and none are known, those that it says of the
    image by itself.

    Raises:
        InputError: the model takes no text, or not this one.
        TargetError: the targets need different texts, or the model cannot speak by itself.
    """
    parts = [part for target in targets for part in target.parts()]
    brought = list(dict.fromkeys(part.text for part in parts if part.text is not None))
    if len(brought) > 1:
        raise TargetError(
            f"one run is fed with one text, not with {' and '.join(map(repr, brought))}: "
            "explain them one at a time"
        )
    if brought and text is not None and text != brought[0]:
        raise TargetError(f"the target is about {brought[0]!r}, but text={text!r} was given")
    if text is None and brought:
        text = brought[0]
    if text is not None:
        return _with_text(model, batch, text, targets)
    if tokens_of(batch) is not None:
        return batch
    reading = next((part for part in parts if part.reads_tokens), None)
    if reading is not None or model.task == "caption":
        return _with_own_words(model, batch, reading or Caption())
    _check_asked(model, batch, parts)
    return batch


def _check_asked(model: Model, batch: Inputs, parts: Sequence[Target]) -> None:
    """Refuse inputs without a question, where the model or a target needs one."""
    if model.encode is not None:
        asked = next((part for part in parts if isinstance(part, Answer)), None)
        if model.task == "vqa" and (asked is None or asked.answer is None):
            raise InputError(f"{model.name} answers questions: give one as text='…?'")
        if asked:
            raise InputError(f"no question was asked for {asked}: give it as text='…?'")
        if model.task == "embed" and {_IMAGE_NAME, _TOKENS_NAME} <= _parameters(model).keys():
            raise InputError(
                f"{model.name} embeds a photo beside a text, and does not run without: "
                "give one as text='…'"
            )
    # Whoever gives more than the image may ask in another form than token ids.
    elif model.task == "vqa" and len(batch.arguments) + len(batch.named or {}) == 1:
        raise InputError(
            f"{model.name} answers questions: give one as token ids behind the image, "
            "(image, tokens), or bl.Model(module, …, encode=bl.Vocabulary(words)) and text='…?'"
        )


def _with_text(model: Model, batch: Inputs, text: Text, targets: Sequence[Target]) -> Inputs:
    if model.encode is None:
        raise InputError(
            f"{model.name} has no vocabulary for text={text!r}: give bl.Model(module, …, "
            "encode=bl.Vocabulary(words)), or token ids as a tensor among the inputs"
        )
    if tokens_of(batch) is not None:
        raise InputError("the inputs hold token ids already: give these or text=, not both")
    count = len(batch.image)
    texts = [text] * count if isinstance(text, str) else _listed(text)
    if len(texts) != count:
        raise InputError(f"{len(texts)} texts were given for {count} images: expected one for each")
    fed = _fed(model, batch, model.encode(texts), count)
    if _ANSWER_NAME in _parameters(model):
        if answer := _answer(targets):
            fed = fed.beside({_ANSWER_NAME: _spelt(model, model.encode([answer] * count), count)})
        elif any(_is_own_answer(part) for target in targets for part in target.parts()):
            fed = fed.beside({_ANSWER_NAME: _own_answer(model, fed)})
    return dataclasses.replace(fed, texts=tuple(texts))


def _listed(text: Any) -> list[str]:
    one = isinstance(text, bytes) or not isinstance(text, Iterable)
    texts: list[Any] = [text] if one else list(text)
    for entry in texts:
        if not isinstance(entry, str):
            raise InputError(
                f"text takes a string, or a list with one for each image, not {_kind(entry)}"
            )
    return texts


def _answer(targets: Sequence[Target]) -> str | None:
    """The answer that a model is fed with that spells its answers.

    Raises:
        TargetError: the targets are about different ones.
    """
    parts = [part for target in targets for part in target.parts()]
    answers = [part.answer for part in parts if isinstance(part, Answer)]
    known = list(dict.fromkeys(answer for answer in answers if answer is not None))
    if known and any(map(_is_own_answer, parts)):
        raise TargetError(
            f"this model spells its answers, and one run is fed with one, not with its own and "
            f"{known[0]!r}: explain them one at a time"
        )
    if len(known) > 1:
        raise TargetError(
            f"this model spells its answers, and one run is fed with one, not with "
            f"{' and '.join(map(repr, known))}: explain them one at a time"
        )
    return known[0] if known else None


def _is_own_answer(part: Target) -> bool:
    return isinstance(part, Answer) and part.is_own


def _own_answer(model: Model, fed: Inputs) -> Tensor:
    """The token ids of the answer that a model spells by itself, (B, L).

    Raises:
        TargetError: it has no way to.
    """
    replica = Replica(model.module)
    answer = getattr(replica.module, "answer", None)
    if not callable(answer):
        raise TargetError(
            f"{model.name} spells its answers and has no answer(…) to find its own: give one, "
            "bl.Answer('…')"
        )
    with torch.no_grad():
        ids = fed.run(replica, fed.image.clone(), method="answer")
    return _checked(ids, len(fed.image))


def _spelt(model: Model, made: Any, count: int) -> Tensor:
    """The token ids of an answer, from the decoder's own start mark on."""
    ids = made if isinstance(made, Tensor) else made.get(_TOKENS_NAME)
    ids = _checked(ids, count).clone().to(model.device)
    start = getattr(model.module, "decoder_start_token_id", None)
    if start is not None:
        ids[:, 0] = start
    return ids


def _with_own_words(model: Model, batch: Inputs, target: Target) -> Inputs:
    replica = Replica(model.module)
    generate = getattr(replica.module, "generate", None)
    if not callable(generate):
        raise TargetError(
            f"{target} needs the words that the model is fed with, text='…': {model.name} has no "
            "generate(image) to make some by itself"
        )
    with torch.no_grad(), generators_kept(replica.original, batch.image.device, "generate"):
        tokens = generate(batch.image.clone())
    if not isinstance(tokens, Tensor) or tokens.ndim != 2 or not _are_whole(tokens):
        raise InputError(
            f"generate(image) must return token ids (batch, length), not {_kind(tokens)}"
        )
    if isinstance(model.encode, Vocabulary):
        beyond = tokens[(tokens < 0) | (tokens >= len(model.encode))].tolist()
        if beyond:
            raise InputError(
                f"generate(image) returned the token id {beyond[0]}, but the vocabulary has "
                f"{len(model.encode)} words, 0 to {len(model.encode) - 1}"
            )
    made = {_TOKENS_NAME: tokens} if _TOKENS_NAME in _parameters(model) else tokens
    fed = dataclasses.replace(_fed(model, batch, made, len(batch.image)), own_words=True)
    if not isinstance(model.encode, Reader):
        return fed
    said = (model.encode.spoken(row) for row in tokens.tolist())
    return dataclasses.replace(fed, texts=tuple(" ".join(w.word for w in row) for row in said))


def _fed(model: Model, batch: Inputs, made: Any, count: int) -> Inputs:
    """The inputs with what an encoder made of the texts in its place."""
    if isinstance(made, Tensor):
        return batch.beside(_checked(made, count).to(model.device))
    if not isinstance(made, Mapping):
        raise InputError(
            "encode must return token ids (batch, length) or a mapping of named tensors, "
            f"not {type(made).__name__}"
        )
    takes = _parameters(model)
    if _TOKENS_NAME in made and _TOKENS_NAME not in takes and _ANSWER_NAME in takes:
        # An encoder of pictures with a decoder of words: the words are what it says.
        made = {_ANSWER_NAME: made[_TOKENS_NAME]}
    named = {
        name: _checked(entry, count).to(model.device)
        for name, entry in made.items()
        # What a tokenizer makes besides, and this model does not know, is left out.
        if name in takes or not takes.keys() & made.keys()
    }
    return batch.beside(named, image_as=_IMAGE_NAME if _IMAGE_NAME in takes else None)


def _checked(entry: Any, count: int) -> Tensor:
    if not isinstance(entry, Tensor) or not entry.ndim or len(entry) != count:
        raise InputError(
            f"encode must return one row for each of {count} texts, not {_kind(entry)}"
        )
    return entry


def _are_whole(tokens: Tensor) -> bool:
    kind = tokens.dtype
    return not kind.is_floating_point and not kind.is_complex and kind != torch.bool


def _kind(entry: Any) -> str:
    """What something is, for messages; of tensors the type and the shape."""
    if not isinstance(entry, Tensor):
        return type(entry).__name__
    return f"{str(entry.dtype).removeprefix('torch.')} {tuple(entry.shape)}"


def _parameters(model: Model) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(model.module.forward).parameters
    except (TypeError, ValueError):
        return {}
