"""What was said beside a photo: a caption whose words light up their maps, question and answer."""

from __future__ import annotations

from backlight.show.page_data import PhotoData, QuestionData, WordData
from backlight.show.page_text import escaped, number_text, percent_text

_TINTS = 8  # as many strengths of a tint as the style sheet has


def lit(photo: PhotoData) -> set[int]:
    """The maps that a word of the caption lights up: they need no button of their own."""
    return {word.map for word in photo.caption if word.map is not None}


def said(photo: PhotoData, number: int, shown: int | None) -> str:
    """The caption or the question of a photo as HTML; empty where it has neither."""
    parts = []
    if photo.asked is not None:
        parts.append(_asked(photo.asked))
    if photo.caption:
        parts.append(_caption(photo, number, shown))
    return f'<div class="said">{"".join(parts)}</div>' if parts else ""


def _caption(photo: PhotoData, number: int, shown: int | None) -> str:
    words = " ".join(_word(word, photo, number, shown) for word in photo.caption)
    if not lit(photo):
        return f'<p class="kind">Caption</p><p class="caption">{words}</p>'
    hint = "Point at a word, touch it or use the arrow keys: the photo shows where it looks."
    return (
        f'<fieldset><legend class="kind">Caption</legend><p class="caption">{words}</p></fieldset>'
        f'<p class="hint how">{hint}</p>'
    )


def _word(word: WordData, photo: PhotoData, number: int, shown: int | None) -> str:
    text = escaped(word.text)
    if word.map is None:
        return f"<mark>{text}</mark>" if word.marked else f"<span>{text}</span>"
    # One group with the buttons of other maps: one of them all is shown.
    state = " checked" if word.map == shown else ""
    state += " disabled" if photo.maps[word.map].unavailable else ""
    return (
        f'<label><input type="radio" name="map-{number}" value="{word.map}"{state}>'
        f"<span>{text}</span></label>"
    )


def _asked(asked: QuestionData) -> str:
    answer = ""
    if asked.answer:
        sure = "" if asked.probability is None else percent_text(asked.probability)
        answer = (
            f'<p class="kind">Answer</p><p class="answer"><bdi>{escaped(asked.answer)}</bdi> '
            f"<small>{escaped(sure)}</small></p>"
        )
    words = _tinted(asked) if asked.relevance else escaped(asked.text)
    key = (
        '<p class="hint">The stronger the colour behind a word, the more it mattered'
        f"{'; hatched: it spoke against the answer' if _has_against(asked) else ''}.</p>"
        if asked.relevance
        else ""
    )
    return f'<p class="kind">{escaped(asked.kind)}</p><p class="question">{words}</p>{key}{answer}'


def _tinted(asked: QuestionData) -> str:
    """Each word on a ground as dark as it was relevant, in proportion to the most relevant one."""
    most = max(abs(value) for _, value in asked.relevance) or 1.0
    return " ".join(
        f'<span class="tint tint-{round(abs(value) / most * _TINTS)}'
        f'{" against" if value < 0 else ""}" title="relevance {number_text(value)}">'
        f"{escaped(word)}</span>"
        for word, value in asked.relevance
    )


def _has_against(asked: QuestionData) -> bool:
    return any(value < 0 for _, value in asked.relevance)
