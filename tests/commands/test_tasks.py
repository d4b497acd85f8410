"""`backlight explain` of captions, questions, boxes and pixels: what the options ask."""

from __future__ import annotations

import html
import json
import math
import re
import shlex
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backlight as bl

from . import task_factories
from .conftest import Printed, Run

GIVEN = "a blue square and a red circle"


@pytest.fixture
def ask(run: Run, photo: str) -> Run:
    """Types `backlight explain cat.png --model` with a network of `task_factories`."""

    def typed(model: str, *words: str) -> Printed:
        return run("explain", photo, *words, "--model", f"commands.task_factories:{model}")

    return typed


def numbers(ask: Run, model: str, *words: str) -> tuple[np.ndarray, Any]:
    """The maps that a command writes, and what it says of them."""
    printed = ask(model, *words, "--out", "found.npz", "--force")
    assert printed.errors == []
    with np.load("found.npz") as found:
        return found["map"], json.loads(str(found["about"]))


ALIKE: dict[str, tuple[str, list[str], Any, str | None]] = {
    "the words of its own caption": ("captioner", [], bl.Words(), None),
    "a word": ("captioner", ["--word", "circle"], bl.Word("circle"), None),
    "a word by its position": ("captioner", ["--word", "1"], bl.Word(1), None),
    "words": ("captioner", ["--word", "red", "--word", "0"], bl.Words("red", 0), None),
    "a caption that is given": ("captioner", ["--caption", GIVEN], bl.Words(), GIVEN),
    "a caption as one": ("captioner", ["--whole", "--caption", GIVEN], bl.Caption(), GIVEN),
    "the network's answer": ("answerer", ["--question", "a red square?"], None, "a red square?"),
    "an answer": (
        "answerer",
        ["--question", "a red square?", "--answer", "blue"],
        bl.Answer("blue"),
        "a red square?",
    ),
    "the surest detection": ("detector", [], bl.Box(0), None),
    "the surest dog": ("detector", ["--target", "dog"], bl.Box("dog"), None),
    "a dog somewhere": (
        "detector",
        ["--target", "dog", "--box", "0,0,9.5,30"],
        bl.Box("dog", box=(0, 0, 9.5, 30)),
        None,
    ),
    "pixels": ("segmenter", ["--target", "PIXELS"], bl.Pixels, None),
    "a text": ("matcher", ["--caption", "a red circle"], bl.Embedding(), "a red circle"),
    "the best action": ("policy", [], None, None),
    "an action": ("policy", ["--target", "stay"], bl.Action("stay"), None),
    "a word of a network that does not tell its task": (
        "untold",
        ["--task", "caption", "--word", "red"],
        bl.Word("red"),
        None,
    ),
}


@pytest.mark.parametrize("case", ALIKE)
def test_the_options_ask_what_the_library_is_asked(
    ask: Run, photo: str, here: Path, case: str
) -> None:
    name, words, target, text = ALIKE[case]
    model = getattr(task_factories, name)()
    if target is bl.Pixels:
        seen = model.module(model.preprocess(photo)).argmax(1).flatten().mode().values
        label = model.labels[int(seen)]
        words, target = ["--target", label], bl.Pixels(label)
    why = bl.explain(model, photo, target, text=text)
    maps, _ = numbers(ask, name, *words)
    expected = [one.map.numpy() for one in why] if isinstance(why, list) else why.map.numpy()
    np.testing.assert_array_equal(maps, expected)


def test_a_caption_is_told_with_each_word_how_likely_it_was_and_where_it_looks(
    ask: Run, photo: str
) -> None:
    printed = ask("captioner")
    assert printed.out.startswith("cat.png: “a red circle”\n  tiny-caption · grad-cam\n")
    rows = re.findall(r"^ +([\d.]+)%.{20,22} +(-[\d.]+)  (\w+) +(.+)$", printed.out, re.MULTILINE)
    assert [word for _, _, word, _ in rows] == ["a", "red", "circle"]
    whys = bl.explain(task_factories.captioner(), photo, bl.Words())
    for (share, score, _, place), why in zip(rows, whys, strict=True):
        assert float(score) == pytest.approx(float(why.scores[0]), abs=0.006)
        assert float(share) == pytest.approx(100 * math.exp(float(why.scores[0])), abs=0.06)
        assert place in PLACES
        heat = why.heatmap()[0]
        third_of_row, third_of_column = PLACES[place]
        row, column = divmod(int(heat.argmax()), heat.shape[1])
        assert (3 * row // heat.shape[0], 3 * column // heat.shape[1]) == (
            third_of_row,
            third_of_column,
        )


PLACES = {
    **{"upper left": (0, 0), "upper middle": (0, 1), "upper right": (0, 2)},
    **{"middle left": (1, 0), "centre": (1, 1), "middle right": (1, 2)},
    **{"lower left": (2, 0), "lower middle": (2, 1), "lower right": (2, 2)},
}


def test_an_answer_is_told_with_the_question_and_the_runners_up(ask: Run, photo: str) -> None:
    printed = ask("answerer", "--question", "a red square?")
    model = task_factories.answerer()
    logits = model.module(model.preprocess(photo), model.encode(["a red square?"]))[0].detach()
    order = logits.argsort(descending=True).tolist()
    lines = printed.out.splitlines()
    assert lines[0] == f"cat.png: {task_factories.ANSWERS[order[0]]}"
    assert lines[1] == "  “a red square?”"
    rows = re.findall(r"([\d.]+)% .{20} +(-?[\d.]+) +(\d+)  (\w+)", printed.out)
    assert [int(index) for _, _, index, _ in rows] == order
    assert [label for *_, label in rows] == [task_factories.ANSWERS[i] for i in order]
    shares = [100 * float(p) for p in logits.softmax(0)[order]]
    assert [float(share) for share, *_ in rows] == pytest.approx(shares, abs=0.06)
    assert "answer\n" in printed.out


def test_json_holds_the_text_and_every_word(ask: Run, here: Path) -> None:
    whole = json.loads(ask("captioner", "--json").out)
    assert whole["caption"] == "a red circle"
    assert [entry["target"] for entry in whole["targets"]] == ["a", "red", "circle"]
    for entry in whole["targets"]:
        assert entry["probability"] == pytest.approx(math.exp(entry["score"]))
    assert whole["files"] == ["cat.why.png", "cat.why.html"]
    one = json.loads(ask("captioner", "--word", "red", "--json", "--force").out)
    assert (one["target"], one["caption"]) == ("the word 'red'", "a red circle")
    asked = json.loads(ask("answerer", "--question", "a circle?", "--json", "--force").out)
    assert asked["question"] == "a circle?"


def test_several_classes_are_told_and_drawn_together(run: Run, photo: str, here: Path) -> None:
    model = "commands.factories:small"
    printed = run("explain", photo, "--target", "dog", "--target", "cat", "--model", model)
    assert printed.out.startswith("cat.png: dog, cat\n")
    page = (here / "cat.why.html").read_text(encoding="utf-8")
    assert page.count('class="layer') == 2
    against = ["--counterfactual", "--out", "against.npz"]
    run("explain", photo, "--target", "dog", "--target", "cat", "--model", model, *against)
    run("explain", photo, "--target", "cat", "--model", model, "--out", "for.npz")
    with np.load("against.npz") as several, np.load("for.npz") as one:
        np.testing.assert_allclose(several["map"][1], -one["map"], rtol=1e-5)


REFUSED: dict[str, tuple[str, list[str], str]] = {
    "a question to a classifier": (
        "policy",
        ["--question", "why?"],
        "--question says nothing to tiny-act, which chooses actions: it takes --target; "
        "--task vqa if the model does that",
    ),
    "a word of a model that says nothing": (
        "segmenter",
        ["--word", "red"],
        "--word says nothing to tiny-segment, which gives every pixel a class: it takes --target; "
        "--task caption if the model does that",
    ),
    "no question": (
        "answerer",
        [],
        'tiny-vqa answers questions: ask one, as in --question "what colour is it?"',
    ),
    "an empty question": ("answerer", ["--question", " ? "], "the text ' ? ' has no words"),
    "an unknown word in the question": (
        "answerer",
        ["--question", "a rad circle?"],
        "no word 'rad' in the vocabulary; did you mean 'red'",
    ),
    "an unknown answer": (
        "answerer",
        ["--question", "a circle?", "--answer", "rad"],
        "no answer 'rad'; did you mean 'red'",
    ),
    "a task that there is not": (
        "captioner",
        ["--task", "captoin"],
        "no task 'captoin'; did you mean 'caption'?",
    ),
    "a word that the vocabulary lacks": (
        "captioner",
        ["--word", "circel"],
        "no word 'circel' in the vocabulary; did you mean 'circle'?",
    ),
    "a word that is not said": (
        "captioner",
        ["--word", "square"],
        "the caption 'a red circle' has no word 'square'; --caption TEXT explains another",
    ),
    "a position beyond the caption": (
        "captioner",
        ["--word", "3"],
        "no word at position 3: the caption 'a red circle' has 3, 0 to 2",
    ),
    "a word and the whole": (
        "captioner",
        ["--word", "red", "--whole"],
        "--whole explains the caption as one, --word a word of it: leave one out",
    ),
    "no class of pixels": (
        "segmenter",
        [],
        "tiny-segment gives every pixel a class: name one as --target, such as 'road'",
    ),
    "a box without a class": (
        "detector",
        ["--box", "1,2,3,4"],
        "--box says where one detection is: give its class as --target CLASS",
    ),
    "half a box": (
        "detector",
        ["--target", "dog", "--box", "1,2,x"],
        "--box 1,2,x: expected x0,y0,x1,y1 in pixels, such as 30,40,120,200",
    ),
    "no text to compare with": (
        "matcher",
        [],
        'tiny-embed compares a photo with a text: give it as --caption "a cat"',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_asked_is_refused_with_what_can(ask: Run, here: Path, case: str) -> None:
    model, words, expected = REFUSED[case]
    printed = ask(model, *words)
    assert (printed.code, printed.out) == (2, "")
    (line,) = printed.errors
    assert line.startswith(f"backlight: {expected}")
    assert not list(here.glob("*.why.*"))


def test_a_known_network_does_what_it_was_made_for(run: Run, photo: str) -> None:
    printed = run("explain", photo, "--task", "caption")
    assert printed.errors == [
        "backlight: efficientnet-lite0 is made for the task 'classify', not for "
        "'caption': leave task out"
    ]


RUN_AGAIN = [case for case in ALIKE if case != "pixels"]


@pytest.mark.parametrize("case", RUN_AGAIN)
def test_the_command_on_the_page_makes_the_same_maps(
    ask: Run, run: Run, here: Path, case: str
) -> None:
    name, words, _, _ = ALIKE[case]
    maps, about = numbers(ask, name, *words)
    assert ask(name, *words, "--out", "page.html").code == 0
    page = (here / "page.html").read_text(encoding="utf-8")
    found = re.search(r'<code id="command">(.*?)</code>', page, re.DOTALL)
    assert found is not None
    typed = shlex.split(html.unescape(re.sub(r"<[^>]+>", "", found[1])))
    assert typed[:2] == ["backlight", "explain"]
    assert run(*typed[1:], "--out", "again.npz").errors == []
    with np.load("again.npz") as again:
        np.testing.assert_array_equal(again["map"], maps)
        assert json.loads(str(again["about"])) == about


def test_what_transformers_says_of_its_own_defaults_is_not_passed_on(ask: Run) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask("talkative", "--word", "red", "--out", "talk.npz").errors == []
