"""Several words of a caption explained together."""

from __future__ import annotations

import pytest
import torch

import backlight as bl
from backlight.errors import TargetError

from .networks import WORDS, Captioner, Speaker, built, pictures


def model(kind: type = Captioner, **more: object) -> bl.Model:
    return bl.Model(built(kind), encode=bl.Vocabulary(WORDS), **more)


def test_every_word_has_the_map_it_has_by_itself() -> None:
    text = "a red circle above a blue square"
    together = bl.explain(model(), pictures(1), bl.Words(), text=text)
    assert isinstance(together, bl.Explanations)
    assert len(together) == 7
    for position, one in enumerate(together):
        alone = bl.explain(model(), pictures(1), bl.Word(position), text=text)
        torch.testing.assert_close(one.map, alone.map)
        assert one.names == alone.names
        assert one.text_facts is not None
        assert one.text_facts.positions == ((position,),)
        assert one.text_facts.words == (tuple(text.split()),)
        assert not one.text_facts.own


def test_the_words_that_the_model_says_by_itself_are_all_of_them() -> None:
    found = bl.explain(model(Speaker), pictures(1), bl.Words())
    said = found[0].texts[0].split()
    assert [one.names[0] for one in found] == [f"the word '{word}'" for word in said]
    assert all(one.text_facts is not None and one.text_facts.own for one in found)


def test_some_words_may_be_picked_and_turned_round() -> None:
    asked = bl.Words("circle", 0)
    found = bl.explain(model(), pictures(1), asked, text="a red circle")
    assert [one.names[0] for one in found] == ["the word 'circle'", "the word 'a'"]
    against = bl.explain(model(), pictures(1), bl.Not(asked), text="a red circle")
    for one, other in zip(found, against, strict=True):
        torch.testing.assert_close(other.map, -one.map)
    assert repr(asked) == "Words('circle', 0)"


def test_words_stand_among_other_targets() -> None:
    found = bl.explain(
        model(), pictures(1), targets=[bl.Caption(), bl.Words()], text="a red circle"
    )
    assert [one.names[0] for one in found][1:] == [
        f"the word '{w}'" for w in ("a", "red", "circle")
    ]
    assert float(found[0].scores) < sum(float(one.scores) for one in found[1:])  # and the end


def test_a_word_of_several_and_one_in_anothers_place_know_where_they_stand() -> None:
    text = "a red circle above a blue square"
    pair, instead = bl.explain(
        model(),
        pictures(1),
        targets=[bl.Word("blue square"), bl.Difference(bl.Word(2), bl.Word("square", at=2))],
        text=text,
    )
    assert pair.text_facts is not None
    assert pair.text_facts.positions == ((5, 6),)
    assert instead.text_facts is not None
    assert instead.text_facts.positions == ((2,),)


def test_captions_of_different_lengths_are_told_apart_from_each_other() -> None:
    texts = ["a circle", "a red circle"]
    with pytest.raises(TargetError, match="have 2 and 3 words: explain one image at a time"):
        bl.explain(model(), pictures(2), bl.Words(), text=texts)
    assert len(bl.explain(model(), pictures(2), bl.Words(0, 1), text=texts)) == 2


def test_without_a_vocabulary_positions_are_asked_for() -> None:
    bare = bl.Model(built(Captioner))
    inputs = (pictures(1), torch.tensor([[0, 2, 3, 5]]))
    with pytest.raises(TargetError, match="the model's vocabulary is needed"):
        bl.explain(bare, inputs, bl.Words())
    assert len(bl.explain(bare, inputs, bl.Words(0, 2))) == 2


def test_they_have_no_score_together() -> None:
    with pytest.raises(TargetError, match="are several targets and have no score together"):
        bl.Words("red")(torch.zeros(1, 2, 3))
    with pytest.raises(TargetError, match="are several targets"):
        bl.explain(model(), pictures(1), bl.Difference(bl.Words(), 0), text="a circle")
