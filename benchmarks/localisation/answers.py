"""Do the maps of answers point at what was asked about? `python -m benchmarks localisation`.

The pointing game (Zhang et al. 2018, arXiv 1608.00507) on pictures and questions that no network
learned from: a right answer is explained by Grad-CAM, and the largest value of the map lies on the
object that was asked about or not. What "on" means is exact: the object's visible pixels.
Asked are questions whose answer is read from one object: its colour, shape or texture, what lies
beside another, and whether it is there where it is. "No" and numbers come from no one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

import backlight as bl
from backlight.scenes import CLASSES, COLOURS, Scene, scenes
from backlight.scenes.questions import Question
from backlight.scenes.words import split_words
from benchmarks.lines import Line
from benchmarks.localisation.pointing import percent

KINDS = ("colour", "shape", "texture", "relation", "presence")
# What questions of a kind name their object by, those about scenes and those of easy-VQA.
NAMED_BY = {
    "colour": {*CLASSES, "rectangle", "triangle"},
    "shape": {*COLOURS, "black", "brown", "gray", "teal"},
}
DEFINITE = KINDS[:4]  # whose answer changes with the object
# From the last to the first.
LAYERS = {
    "scenes-answerer": ("places", "keys", "grain", "stage2", "stage2.relu1", "stage1", "stem"),
    "easy-vqa-answerer": ("evidence", "stage2", "stage2.relu1", "stage1", "stem"),
}
SCENES, FIRST = 60, 1_200_000  # beyond those trained on, and those the records are measured on
PICTURES = 400  # of easy-VQA's test pictures, one question of each kind about each
AT_ONCE = 100
BOUND = 0.90


class Case(NamedTuple):
    """One question about one picture, and its answer.

    Attributes:
        image: (3, H, W), prepared.
        mask: the object asked about, bool (H, W).
        other: the answer that the same question has of another object of the picture; None where
            there is none, or it has the same.
        picture: which picture it is, by number.
    """

    image: Tensor
    text: str
    answer: str
    kind: str
    mask: Tensor
    other: str | None
    picture: int


def scene_cases(count: int = SCENES, first: int = FIRST) -> list[Case]:
    """All questions about one object, of so many scenes."""
    made = enumerate(scenes(count, seed=0, level="medium", start=first))
    return [case for number, scene in made for case in _of_scene(number, scene)]


def _of_scene(number: int, scene: Scene) -> Iterator[Case]:
    image = torch.from_numpy(scene.image).permute(2, 0, 1).float() / 127.5 - 1
    for question in scene.questions:
        if question.about is None or question.kind not in KINDS:
            continue
        mask = torch.from_numpy(scene.objects[question.about].mask)
        other = _of_another(scene, question)
        yield Case(image, question.text, question.answer, question.kind, mask, other, number)


def _of_another(scene: Scene, question: Question) -> str | None:
    """What another object has in place of what was answered."""
    if question.kind == "presence" or question.about is None:
        return None
    asked = scene.objects[question.about]
    what = next(
        name for name in ("colour", "shape", "texture") if getattr(asked, name) == question.answer
    )
    others = (getattr(thing, what) for thing in scene.objects if thing is not asked)
    return next((value for value in others if value != question.answer), None)


def easy_vqa_cases(count: int = PICTURES) -> list[Case]:
    """Of so many test pictures of easy-VQA, the first question of each kind that is not answered
    with no."""
    from backlight.models.reference.easy_vqa import ANSWERS, QUESTION_WORDS
    from training.answering import first_pictures
    from training.easy_vqa_data import KINDS as THEIRS
    from training.easy_vqa_data import easy_vqa_part, shape_masks
    from training.feeding import as_input

    asked = first_pictures(easy_vqa_part("test"), count)
    images = as_input(torch.from_numpy(asked.images))
    masks = torch.from_numpy(shape_masks(asked.images))
    found: dict[tuple[int, str], Case] = {}
    for of, tokens, answer, kind in zip(*asked[1:], strict=True):
        text = " ".join(QUESTION_WORDS[token - 1] for token in tokens if token)
        # "Is there no …?" is answered by what is there, too, but with no.
        if ANSWERS[answer] == "no" or "no" in text.split() or "not" in text.split():
            continue
        case = Case(images[of], text, ANSWERS[answer], THEIRS[kind], masks[of], None, int(of))
        found.setdefault((int(of), THEIRS[kind]), case)
    return list(found.values())


def right(model: bl.Model, cases: Sequence[Case]) -> list[Case]:
    """Those that the network answers rightly."""
    assert model.labels is not None
    said: list[str] = []
    for part in _parts(cases):
        with torch.inference_mode():
            logits = model.module(_images(part), model.encode([case.text for case in part]))  # type: ignore[misc]
        said += [model.labels[place] for place in logits.argmax(1).tolist()]
    return [case for case, answer in zip(cases, said, strict=True) if case.answer == answer]


class Points(NamedTuple):
    """For every case, where the largest value of its map lies.

    Attributes:
        place: (N,), the pixel, counted row by row.
        on: (N,), whether that is the object asked about; False where nothing is positive.
        shown: (N,), whether anything in the map is positive.
    """

    place: Tensor
    on: Tensor
    shown: Tensor


Asking = Callable[[Sequence[Case]], Any]


def pointed(
    model: bl.Model, cases: Sequence[Case], asking: Asking, layer: str | None = None
) -> Points:
    """Where the maps point: Grad-CAM at a layer, of what `asking` makes of cases for a target."""
    found = []
    for part in _parts(cases):
        texts = [case.text for case in part]
        why = bl.explain(model, _images(part), asking(part), text=texts, layer=layer)
        highest, place = why.heatmap().flatten(1).max(1)
        masks = torch.stack([case.mask for case in part]).flatten(1)
        shown = highest > 0
        found.append(Points(place, masks[torch.arange(len(part)), place] & shown, shown))
    return Points(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def answers(cases: Sequence[Case]) -> bl.Answer:
    """What was answered."""
    return bl.Answer([case.answer for case in cases])


def against(cases: Sequence[Case]) -> bl.Not:
    """What speaks against it."""
    return bl.Not(answers(cases))


def rather(cases: Sequence[Case]) -> bl.Difference:
    """Why that rather than what another object of the picture would have as its answer."""
    return bl.Difference(answers(cases), bl.Answer([case.other for case in cases]))


def otherwise(cases: Sequence[Case]) -> bl.Difference:
    """Why not what another object would have: the other way round."""
    return bl.Difference(bl.Answer([case.other for case in cases]), answers(cases))


def moved(cases: Sequence[Case], points: Points) -> Tensor:
    """Of pairs of cases about the same picture and different objects: whether both maps point at
    their own object, and so moved when the other was asked about, bool (pairs,)."""
    by_picture: dict[int, list[int]] = {}
    for number, case in enumerate(cases):
        by_picture.setdefault(case.picture, []).append(number)
    both = [
        bool(points.on[one] & points.on[other])
        for numbers in by_picture.values()
        for place, one in enumerate(numbers)
        for other in numbers[place + 1 :]
        if not bool((cases[one].mask & cases[other].mask).any())
    ]
    return torch.tensor(both)


def naming(model: bl.Model, cases: Sequence[Case], method: str) -> Tensor:
    """Whether the word that the question names the object by has the largest relevance of all,
    bool (N,), of questions of one kind that do name it."""
    found = []
    named = [case for case in cases if NAMED_BY[case.kind] & set(split_words(case.text))]
    for part in _parts(named):
        texts = [case.text for case in part]
        said = bl.word_relevance(model, _images(part), answers(part), text=texts, method=method)
        for case, row in zip(part, said.words, strict=True):
            largest = max(row, key=lambda word: abs(word[1]))
            found.append(largest[0] in NAMED_BY[case.kind])
    return torch.tensor(found)


def measure(name: str, every: Sequence[Case]) -> Iterator[Line]:
    """A table of one network's layers, and the bound at the layer chosen by itself."""
    model = bl.load_model(name)
    cases = right(model, every)
    print(
        f"\n{name}: {len(every)} questions about one object, {len(cases)} answered rightly; share "
        "of maps whose largest value is on that object"
    )
    kinds = [kind for kind in (*KINDS, "all") if kind == "all" or _of_kind(cases, kind)]
    print(f"  {'at the layer':<16}" + "".join(f"{kind:>10}" for kind in kinds), end="")
    print(f"{'no map':>9}{'not the answer: off it':>24}")
    for layer in LAYERS[name]:
        towards, away = pointed(model, cases, answers, layer), pointed(model, cases, against, layer)
        shares = [percent(towards.on[_places(cases, kind)]) for kind in kinds]
        print(
            f"  {layer:<16}"
            + "".join(f"{share:>10}" for share in shares)
            + f"{percent(~towards.shown):>9}{percent(~away.on[away.shown]):>24}"
        )
    there, off = pointed(model, cases, answers), pointed(model, cases, against)
    definite = _places(cases, "definite")
    present = _places(cases, "presence")
    yield Line(f"{name}: maps on the object", _share(there.on[definite]), BOUND, at_least=True)
    yield Line(f"{name}: maps of yes on it", _share(there.on[present]), BOUND, at_least=True)
    yield Line(f"{name}: maps of Not off it", _share(~off.on[off.shown]), BOUND, at_least=True)
    compared = [case for case in cases if case.other is not None]
    if compared:
        yield from _compared(name, model, compared)
        pairs = moved(cases, there)
        print(f"  of two objects in one picture, each map on its own: {percent(pairs)}")
    for method in ("gradient-x-input", "integrated-gradients"):
        heeded = {kind: naming(model, _of_kind(cases, kind), method) for kind in NAMED_BY}
        shares = ", ".join(f"{kind} {percent(named)}" for kind, named in heeded.items())
        print(f"  the word that names the object has the largest {method}: {shares}")


def _compared(name: str, model: bl.Model, cases: Sequence[Case]) -> Iterator[Line]:
    """Why this answer rather than that of another object, and the other way round."""
    there, off = pointed(model, cases, rather), pointed(model, cases, otherwise)
    print(f"  why rather than another object's answer: {percent(there.on)} on the object")
    print(f"  why another object's answer rather: {percent(~off.on[off.shown])} off the object")
    yield Line(f"{name}: maps of Difference on it", _share(there.on), BOUND, at_least=True)
    share = _share(~off.on[off.shown])
    yield Line(f"{name}: maps of Difference off it", share, BOUND, at_least=True)


def run() -> list[Line]:
    """Both networks, with their tables."""
    threads = torch.get_num_threads()
    # Networks so small gain nothing from a second thread, and lose much by it on a busy machine.
    torch.set_num_threads(1)
    lines = [*measure("scenes-answerer", scene_cases())]
    lines += measure("easy-vqa-answerer", easy_vqa_cases())
    torch.set_num_threads(threads)
    return lines


def _parts(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), AT_ONCE):
        yield cases[start : start + AT_ONCE]


def _images(cases: Sequence[Case]) -> Tensor:
    return torch.stack([case.image for case in cases])


def _of_kind(cases: Sequence[Case], kind: str) -> list[Case]:
    return [cases[place] for place in _places(cases, kind)]


def _places(cases: Sequence[Case], kind: str) -> list[int]:
    """Where the cases of a kind stand; "definite" is all but presence, "all" is all."""
    kinds = {"definite": DEFINITE, "all": KINDS}.get(kind, (kind,))
    return [place for place, case in enumerate(cases) if case.kind in kinds]


def _share(true: Tensor) -> float:
    return float(true.float().mean())
