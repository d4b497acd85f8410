"""What the text beside an image is to a person: the caption a word is of, the question asked."""

from __future__ import annotations

import math

from backlight.explanations.explanation import Explanation
from backlight.explanations.targets.answers import Answer
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.combined import Difference, Not
from backlight.explanations.targets.embeddings import Embedding
from backlight.explanations.targets.words import OfTokens, Word

# Each of these looks at an explanation of one image.


def plain(target: Target) -> Target:
    """The target inside of any `Not`."""
    while isinstance(target, Not):
        target = target.inner
    return target


def is_of_words(one: Explanation) -> bool:
    """Whether words that the model says are explained."""
    return any(part.reads_tokens for part in one.target.parts())


def caption(one: Explanation) -> tuple[str, ...]:
    """The words of the caption that is explained, or of which words are; empty where there is
    none, or where only the model knows its words."""
    facts = one.text_facts
    return facts.words[0] if facts is not None and facts.words and is_of_words(one) else ()


def positions(one: Explanation) -> tuple[int, ...]:
    """The words that are explained, as places in the caption."""
    facts = one.text_facts
    return facts.positions[0] if facts is not None and facts.positions else ()


def question(one: Explanation) -> str:
    """The text that the model was asked; empty where there is none, or it is a caption."""
    return one.texts[0] if one.texts and not is_of_words(one) else ""


def text_kind(one: Explanation) -> str:
    """What to call that text."""
    compared = any(isinstance(part, Embedding) for part in one.target.parts())
    return "Text" if compared else "Question"


def short_name(one: Explanation) -> str:
    """What is explained, in as few words as tell it from others: of words the words alone."""
    words, places = caption(one), positions(one)
    if places and type(plain(one.target)) is Word and _is_said(one):
        said = " ".join(words[place] for place in places)
        return f"not {said}" if one.target.counterfactual else said
    return one.names[0]


def probability(one: Explanation) -> float | None:
    """How likely the model held what is explained; None where its score does not say it."""
    if one.classes[0] is not None and one.logits is not None:
        table = one.logits[0].float()
        shares = table.sigmoid() if one.multi_label else table.softmax(0)
        return float(shares[one.classes[0]]) if one.classes[0] < len(shares) else None
    spelt = isinstance(plain(one.target), OfTokens | Answer)
    if isinstance(one.target, Difference) or not spelt or one.logits is not None:
        return None
    score = float(one.scores[0])
    return math.exp(-score if one.target.counterfactual else score)


def _is_said(one: Explanation) -> bool:
    """Whether the word stands in the caption, and is not asked for in another's place."""
    target = plain(one.target)
    return isinstance(target, Word) and target.at is None
