"""Which words a score depends on: by every way, beside captum, and adding up to the score."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from captum.attr import IntegratedGradients, LayerGradientXActivation
from torch import Tensor, nn

import backlight as bl
from backlight.errors import InputError, MethodError, TargetError
from tests.explanations.targets import huggingface
from tests.explanations.targets.networks import CLASSES, WORDS, Captioner, built, pictures

ASKED = "red circle above a square"
METHODS = ("gradient-x-input", "integrated-gradients")


class Answerer(nn.Module):
    """A curved function of every word and of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 6)
        self.gru = nn.GRU(6, 6, batch_first=True)
        self.answer = nn.Linear(6, 3)

    def forward(self, picture: Tensor, question: Tensor) -> Tensor:
        states, _ = self.gru(self.embed(question))
        return self.answer(states[:, -1] * picture.mean((2, 3)).repeat(1, 2).sin())


class Sums(nn.Module):
    """The sum of the words' vectors: what each has to do with a score is its own number."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), 3)

    def forward(self, picture: Tensor, question: Tensor) -> Tensor:
        return self.embed(question).sum(1) * picture.mean((2, 3))


def model(kind: type[nn.Module] = Answerer) -> bl.Model:
    return bl.Model(built(kind), labels=CLASSES, encode=bl.Vocabulary(WORDS))


def values(found: bl.WordRelevance, image: int = 0) -> list[float]:
    return [value for _, value in found[image]]


def test_where_words_are_added_up_each_has_what_it_adds() -> None:
    net, images = model(Sums), pictures()
    found = bl.word_relevance(net, images, "car", text=["a red square", "circle"])
    share = net.module.embed.weight[:, 2].detach() * images[:, 2].mean((1, 2))[:, None]
    places = [WORDS.index(word) for word in ("a", "red", "square")]
    assert [word for word, _ in found[0]] == ["a", "red", "square"]
    assert values(found) == pytest.approx(share[0, places].tolist())
    assert found[1] == (("circle", pytest.approx(float(share[1, WORDS.index("circle")]))),)
    # Start and end marks; the end mark also fills up the shorter text.
    start, end = share[:, 0], share[:, 1]
    assert found.rest == pytest.approx([float(start[0] + end[0]), float(start[1] + 3 * end[1])])
    assert found.names == ("car", "car")
    assert len(found) == 2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [Answerer, Captioner])
def test_all_ways_to_the_gradient_agree(kind: type[nn.Module], method: str) -> None:
    target = bl.Word("square") if kind is Captioner else bl.Answer("sky")
    labels = None if kind is Captioner else CLASSES
    net = bl.Model(built(kind), labels=labels, encode=bl.Vocabulary(WORDS))
    swept, *others = (
        bl.word_relevance(net, pictures(), target, text=ASKED, method=method, gradients=way)
        for way in ("backprop", "dual", "central", "richardson")
    )
    assert max(map(abs, values(swept))) > 1e-4
    for image in (0, 1):
        for other in others:
            assert values(other, image) == pytest.approx(values(swept, image), rel=1e-6, abs=1e-9)
    assert [found.gradients for found in (swept, *others)] == [
        *("backprop", "dual", "central", "richardson")
    ]


def test_gradient_x_input_is_captums() -> None:
    net, images = model(), pictures()
    tokens = net.encode([ASKED] * 2)
    by_captum = LayerGradientXActivation(net.module, net.module.embed)
    expected = by_captum.attribute((images, tokens), target=1).sum(2).detach()
    found = bl.word_relevance(net, images, "sky", text=ASKED)
    for image in (0, 1):
        assert values(found, image) == pytest.approx(expected[image, 1:-1].tolist())
        assert found.rest[image] == pytest.approx(float(expected[image, [0, -1]].sum()))


def test_integrated_gradients_are_captums() -> None:
    net, images = model(), pictures()
    embedded = net.module.embed(net.encode([ASKED] * 2)).detach()

    def behind(embedded: Tensor, images: Tensor) -> Tensor:
        states, _ = net.module.gru(embedded)
        return net.module.answer(states[:, -1] * images.mean((2, 3)).repeat(1, 2).sin())

    by_captum = IntegratedGradients(behind).attribute(
        embedded, target=1, additional_forward_args=(images,), n_steps=50, method="gausslegendre"
    )
    expected = by_captum.sum(2)
    found = bl.word_relevance(net, images, "sky", text=ASKED, method="integrated-gradients")
    for image in (0, 1):
        assert values(found, image) == pytest.approx(expected[image, 1:-1].tolist(), abs=1e-9)
    assert found.baseline is not None
    torch.testing.assert_close(found.baseline, behind(0 * embedded, images)[:, 1].detach())


class Sure(nn.Module):
    """A captioner that holds its words for certain, and knows nothing once they are taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding.from_pretrained(torch.ones(len(WORDS), 1))

    def forward(self, picture: Tensor, tokens: Tensor) -> Tensor:
        following = nn.functional.one_hot(tokens.roll(-1, 1), len(WORDS))
        return 40 * following * self.embed(tokens)


def test_the_words_of_a_certain_word_are_measured_from_what_is_said_without_them() -> None:
    net = bl.Model(Sure().double(), encode=bl.Vocabulary(WORDS))
    found = bl.word_relevance(
        net, pictures(), bl.Word(1), text="red circle", method="integrated-gradients", steps=100
    )
    guess = torch.tensor(1 / len(WORDS), dtype=torch.double).log()
    assert found.scores.tolist() == pytest.approx([0, 0], abs=1e-6)
    assert found.baseline is not None
    assert found.baseline.tolist() == pytest.approx([float(guess)] * 2)
    # "circle" is said at the place where "red" is heard.
    assert values(found) == pytest.approx([-float(guess), 0], abs=1e-6)
    assert found.gap.tolist() == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("target", ["sky", bl.Not("sky"), bl.Difference("sky", "car"), None])
def test_integrated_gradients_add_up_to_the_score_above_that_without_words(target: Any) -> None:
    found = bl.word_relevance(
        model(), pictures(), target, text=ASKED, method="integrated-gradients"
    )
    assert float(found.gap.abs().max()) < 1e-9
    few = bl.word_relevance(
        model(), pictures(), target, text=ASKED, method="integrated-gradients", steps=1
    )
    assert float(few.gap.abs().max()) > 1e-6


def test_they_add_up_also_where_the_score_is_curved_in_the_models_output() -> None:
    net = bl.Model(built(Captioner), encode=bl.Vocabulary(WORDS))
    found = bl.word_relevance(
        net, pictures(), bl.Caption(ASKED), method="integrated-gradients", steps=64
    )
    assert float(found.gap.abs().max()) < 1e-9
    assert [word for word, _ in found[0]] == ASKED.split()


def test_the_best_class_stays_the_one_that_was_the_best_with_all_words() -> None:
    images, net = pictures(), model()
    best = net.module(images, net.encode([ASKED] * 2)).argmax(1).tolist()
    by_itself, by_name = (
        bl.word_relevance(net, images, target, text=ASKED, method="integrated-gradients")
        for target in (None, best)
    )
    assert by_itself.words == by_name.words


def test_an_explanation_tells_it_too_by_the_way_it_was_made_by() -> None:
    net, target = bl.Model(built(Captioner), encode=bl.Vocabulary(WORDS)), bl.Word("square")
    why = bl.explain(net, pictures(), target, text=ASKED, layer="look", gradients="dual")
    expected = bl.word_relevance(net, pictures(), target, text=ASKED, gradients="dual")
    assert why.word_relevance().words == expected.words
    assert why.word_relevance().gradients == "dual"
    whole = why.word_relevance("integrated-gradients", steps=8)
    assert whole.baseline is not None
    with pytest.raises(InputError, match="without its model"):
        pickle.loads(pickle.dumps(why)).word_relevance()


def test_it_reads_as_a_line_for_each_image() -> None:
    found = bl.word_relevance(model(Sums), pictures(), "car", text="red circle")
    red, circle = values(found)
    assert str(found).splitlines()[0] == f"car: red {red:+.2f} circle {circle:+.2f}"
    with pytest.raises(InputError, match="gradient-x-input need not add up"):
        _ = found.gap


def test_without_a_vocabulary_the_words_are_their_token_ids() -> None:
    net, images = built(Answerer), pictures()
    tokens = bl.Vocabulary(WORDS)([ASKED] * 2)
    found = bl.word_relevance(net, (images, tokens), 1)
    known = bl.word_relevance(model(), images, 1, text=ASKED)
    assert [word for word, _ in found[0]] == [str(index) for index in tokens[0].tolist()]
    assert values(found)[1:-1] == values(known)


def test_the_model_is_left_as_it_was() -> None:
    net = model()
    net.module.train()
    before, state = copy.deepcopy(net.module.state_dict()), torch.get_rng_state()
    bl.word_relevance(net, pictures(), 1, text=ASKED, method="integrated-gradients", steps=2)
    assert net.module.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in net.module.state_dict().items())
    assert all(parameter.grad is None for parameter in net.module.parameters())
    hooks = [part._forward_hooks or part._forward_pre_hooks for part in net.module.modules()]
    assert not any(hooks)


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> bl.Tokens:
    return bl.Tokens(huggingface.tokenizer(tmp_path_factory.mktemp("tokenizer")))


def test_pieces_of_a_word_are_added_up(question: bl.Tokens) -> None:
    """Of ViLT, beside captum, which knows pieces only."""
    text, images = "what colour is the circles?", huggingface.pictures()
    net = bl.Model(huggingface.built("ViltForQuestionAnswering"), encode=question)
    found = bl.word_relevance(net, images, 1, text=text)
    assert [word for word, _ in found[0]] == ["what", "colour", "is", "the", "circles", "?"]

    def behind(ids: Tensor) -> Tensor:
        rest = {key: entry for key, entry in question([text] * 2).items() if key != "input_ids"}
        logits: Tensor = net.module(input_ids=ids, pixel_values=images, **rest).logits
        return logits

    layer = net.module.vilt.embeddings.text_embeddings.word_embeddings
    by_captum = LayerGradientXActivation(behind, layer)
    pieces = by_captum.attribute(question([text] * 2)["input_ids"], target=1).sum(2)[0].detach()
    expected = [*pieces[1:5].tolist(), float(pieces[5:7].sum()), float(pieces[7])]
    assert values(found) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["BlipForQuestionAnswering", "CLIPModel"])
def test_hugging_faces_models_by_every_way(name: str, question: bl.Tokens) -> None:
    target = bl.Answer("red circle") if name.startswith("Blip") else None
    net = bl.Model(huggingface.built(name), encode=question)
    images = huggingface.pictures()[:1]
    swept, dual, central = (
        bl.word_relevance(net, images, target, text="is the red circle?", gradients=way)
        for way in ("backprop", "dual", "central")
    )
    assert [word for word, _ in swept[0]] == ["is", "the", "red", "circle", "?"]
    assert values(dual) == pytest.approx(values(swept), rel=1e-8)
    assert values(central) == pytest.approx(values(swept), rel=1e-4, abs=1e-7)


class _OneHot(nn.Module):
    def forward(self, picture: Tensor, question: Tensor) -> Tensor:
        words = nn.functional.one_hot(question, len(WORDS)).sum(1).to(picture.dtype)
        return picture.mean((2, 3)) * words[:, :3]


class _Twice(Sums):
    """Embeds the question, then another with the same layer."""

    def forward(self, picture: Tensor, question: Tensor) -> Tensor:
        asked = super().forward(picture, question)
        return asked + self.embed(question.flip(1)).sum(1)


@pytest.mark.parametrize(
    ("kind", "given", "error", "message"),
    [
        (Sums, {}, InputError, r"given no text whose words could matter: give text='…'"),
        (Sums, {"text": "  "}, InputError, "the text '  ' has no words"),
        (Sums, {"text": "red cirle"}, InputError, r"no word 'cirle'.*did you mean 'circle'"),
        (Sums, {"text": ASKED, "steps": 0}, InputError, "steps=0: expected a whole number"),
        (Sums, {"text": ASKED, "steps": 2.5}, InputError, "steps=2.5: expected a whole number"),
        (
            Sums,
            {"text": ASKED, "method": "integrated-gradient"},
            MethodError,
            "no method 'integrated-gradient' for words; did you mean 'integrated-gradients'",
        ),
        (Sums, {"text": ASKED, "method": "lime"}, MethodError, "there are gradient-x-input and"),
        (Sums, {"text": ASKED, "target": "cat"}, TargetError, "did you mean 'car'"),
        (Sums, {"text": ASKED, "gradients": "complex-step"}, MethodError, "does not go here"),
        (_OneHot, {"text": ASKED}, InputError, "go into no torch.nn.Embedding"),
        (_Twice, {"text": ASKED}, InputError, "'embed' of _Twice also embeds other words"),
    ],
)
def test_what_cannot_be_done_is_said(
    kind: type[nn.Module], given: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        bl.word_relevance(model(kind), pictures(), **{"target": "sky", **given})
