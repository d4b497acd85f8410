"""Models of Hugging Face from folders that `save_pretrained` wrote."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from skimage import data

import backlight as bl
from backlight.errors import InputError, MissingExtraError, ModelError, TargetError
from tests.explanations.targets import huggingface as hf

from .folders import processor, saved, vit

ASKED = "what colour is the circle?"
CAT = data.chelsea()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for each kind of model."""
    root: Path = tmp_path_factory.mktemp("hugging face")
    for name in hf.BUILDS:
        saved(name, root / name)
    saved("ViTForImageClassification", root / "vit", vit)
    return root


@pytest.mark.parametrize(
    ("name", "task", "target", "text"),
    [
        ("vit", "classify", "dog", None),
        ("BlipForConditionalGeneration", "caption", bl.Word("red"), "a red circle"),
        ("VisionEncoderDecoderModel", "caption", bl.Word("circle"), "a red circle"),
        ("BlipForQuestionAnswering", "vqa", bl.Answer("red"), ASKED),
        ("ViltForQuestionAnswering", "vqa", bl.Answer(1), ASKED),
        ("CLIPModel", "embed", bl.Embedding(), "a red circle"),
        ("DetrForObjectDetection", "detect", bl.Box(0), None),
        ("SegformerForSemanticSegmentation", "segment", bl.Pixels(0, torch.ones(8, 8)), None),
    ],
)
def test_a_photo_is_explained_in_one_line(
    folders: Path, name: str, task: str, target: Any, text: str | None
) -> None:
    why = bl.explain(f"hf:{folders / name}", CAT, target, text=text)
    assert why.map.shape[0] == 1
    assert why.model_source == f"hf:{folders / name}"
    model = bl.load_model(f"hf:{folders / name}")
    assert model.task == task
    assert bl.load_model(f"hf:{folders / name}", task=model.task).task == task
    assert model.dtype == torch.float32
    assert not model.module.training
    again = bl.explain(model, CAT, target, text=text)
    assert torch.allclose(why.map, again.map)
    assert (why.photos[0].region[2] > 0, why.texts) == (True, (text,) if text else ())


def test_the_weights_are_those_that_were_saved(folders: Path) -> None:
    model = bl.load_model(f"hf:{folders / 'DetrForObjectDetection'}")
    expected = hf.built("DetrForObjectDetection").float().state_dict()
    for name, value in model.module.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_names_and_sizes_come_along(folders: Path) -> None:
    model = bl.load_model(f"hf:{folders / 'vit'}")
    assert model.labels == ("cat", "dog", "bird")
    assert model.input_shape == (None, 3, 32, 32)
    assert model.version is not None
    assert model.version.endswith("weights in vit")
    assert isinstance(model.preprocess, bl.Preprocess)
    assert not model.multi_label


def test_made_up_names_are_none_and_several_classes_may_be_there(tmp_path: Path) -> None:
    problem = "multi_label_classification"
    saved("ViTForImageClassification", tmp_path, lambda: vit(labels=False, problem_type=problem))
    model = bl.load_model(f"hf:{tmp_path}")
    assert model.labels is None
    assert model.multi_label
    why = bl.explain(model, CAT)
    assert why.logits is not None
    ranked = why.top(3)[0]
    expected = [float(why.logits[0, entry.index].sigmoid()) for entry in ranked]
    assert [entry.probability for entry in ranked] == pytest.approx(expected)


def test_captions_start_from_the_decoders_own_mark(folders: Path) -> None:
    model = bl.load_model(f"hf:{folders / 'BlipForConditionalGeneration'}")
    assert model.encode is not None
    fed = model.encode(["a red"])
    assert isinstance(fed, dict)
    pieces = [hf.START, hf.PIECES.index("a"), hf.PIECES.index("red"), hf.PIECES.index("[SEP]")]
    assert fed["input_ids"].tolist() == [pieces]


@pytest.mark.parametrize("target", [None, bl.Embedding(), bl.Embedding(similar_to=CAT)])
def test_a_model_of_pictures_and_texts_asks_for_a_text(folders: Path, target: Any) -> None:
    clip = bl.load_model(f"hf:{folders / 'CLIPModel'}")
    with pytest.raises(InputError, match=r"does not run without: give one as text='…'"):
        bl.explain(clip, CAT, target)
    near = bl.explain(clip, CAT, bl.Embedding(similar_to=CAT[:, ::-1]), text="a red circle")
    assert 0 < float(near.scores[0]) < 1


def test_the_mark_that_answers_start_from_is_no_word(folders: Path) -> None:
    model = bl.load_model(f"hf:{folders / 'BlipForQuestionAnswering'}")
    assert isinstance(model.encode, bl.Tokens)
    red = hf.PIECES.index("red")
    assert [word.word for word in model.encode.spoken([hf.START, red, 3])] == ["red"]
    why = bl.explain(model, hf.pictures()[:1], bl.Answer(), text="what colour is the circle?")
    assert "DEC" not in why.names[0]


def test_words_come_from_the_disk_without_a_bar(
    folders: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bl.load_model(f"hf:{folders / 'VisionEncoderDecoderModel'}")
    assert capfd.readouterr() == ("", "")


def test_random_weights_need_a_configuration_only(tmp_path: Path) -> None:
    vit().config.save_pretrained(tmp_path)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    model = bl.load_model(f"hf:{tmp_path}", weights="none", task="classify", preprocess="unit")
    assert torch.equal(torch.get_rng_state(), before)
    assert model.version == "random weights"
    assert model.input_shape == (None, 3, 32, 32)
    assert isinstance(model.preprocess, bl.Preprocess)
    assert model.preprocess.shape == (32, 32)
    assert bl.explain(model, CAT, "cat").map.shape == (1, 4, 4)


def test_weights_in_a_file_go_into_it(folders: Path, tmp_path: Path) -> None:
    state = {name: value + 1 for name, value in vit().state_dict().items()}
    torch.save(state, tmp_path / "other.pth")
    model = bl.load_model(f"hf:{folders / 'vit'}", weights=tmp_path / "other.pth")
    assert all(torch.equal(value, state[name]) for name, value in model.module.state_dict().items())


def test_a_family_has_several_tasks(folders: Path, tmp_path: Path) -> None:
    """The body of a classifier embeds, where all that it needs was saved."""
    import transformers

    config = transformers.Dinov2Config(**hf.SMALL, num_attention_heads=2, image_size=32)
    config.patch_size = 8
    transformers.Dinov2ForImageClassification(config).save_pretrained(tmp_path)
    model = bl.load_model(f"hf:{tmp_path}", task="embed", preprocess="imagenet")
    assert type(model.module).__name__ == "Dinov2Model"
    assert float(bl.explain(model, CAT, bl.Embedding(CAT)).scores) == pytest.approx(1)


def refused(name: object, **options: Any) -> str:
    with pytest.raises(ModelError) as caught:
        bl.load_model(f"hf:{name}", **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_head_that_was_not_saved_is_refused(tmp_path: Path) -> None:
    import transformers

    config = transformers.ViTConfig(**hf.VISION)
    transformers.ViTModel(config).save_pretrained(tmp_path)
    message = refused(tmp_path, task="classify")
    assert "no weights for 2 parts of ViTForImageClassification" in message
    assert "weights='none' for random ones" in message


def test_another_task_than_its_own_is_refused(folders: Path) -> None:
    message = refused(folders / "SegformerForSemanticSegmentation", task="vqa")
    assert message.endswith(
        "is SegformerForSemanticSegmentation, for task 'segment': it cannot be loaded for "
        "task 'vqa'"
    )
    assert "no task 'clasify'; did you mean 'classify'?" in refused(folders, task="clasify")


def test_a_model_of_text_alone_is_refused(tmp_path: Path) -> None:
    import transformers

    transformers.BertModel(
        transformers.BertConfig(**hf.SMALL, num_attention_heads=2)
    ).save_pretrained(tmp_path)
    assert "is BertModel, which takes no picture (pixel_values)" in refused(tmp_path)


def test_a_folder_that_is_not_there_names_the_nearest(folders: Path) -> None:
    assert refused(folders / "ClipModel").endswith("did you mean 'CLIPModel'?")
    assert "has no config.json" in refused(folders)
    assert "no folder '': expected hf:OWNER/NAME or hf:FOLDER" in refused("")


def test_damaged_files_are_said_in_one_line(folders: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folders / "vit", broken)
    (broken / "model.safetensors").write_bytes(b"nothing")
    assert "the weights of hf:" in refused(broken)
    (broken / "config.json").write_text("{")
    assert "the configuration of hf:" in refused(broken)


def test_words_without_a_tokenizer_are_refused(folders: Path, tmp_path: Path) -> None:
    import transformers

    model = hf.built("BlipForQuestionAnswering").float()
    model.save_pretrained(tmp_path)
    processor("Blip").save_pretrained(tmp_path)
    assert "the tokenizer of hf:" in refused(tmp_path)
    assert isinstance(model, transformers.BlipForQuestionAnswering)


def test_without_a_network_the_way_out_is_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    message = refused("nobody/no-such-model")
    assert message.startswith("the configuration of hf:nobody/no-such-model could not be fetched")
    assert "hf:FOLDER reads a folder that save_pretrained wrote" in message


def test_a_name_that_the_hub_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    class RepositoryNotFoundError(Exception):
        """As the hub's, which is told by its name."""

    def unknown(*_args: Any, local_files_only: bool = False, **_options: Any) -> Any:
        if local_files_only:
            raise OSError("not in the cache")
        raise OSError("is not a local folder\nand not a model") from RepositoryNotFoundError()

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", unknown)
    assert "no model 'goggle/vit' on the Hugging Face hub, or it is private" in refused(
        "goggle/vit"
    )


def test_without_transformers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *more: Any) -> Any:
        if name == "transformers":
            raise ModuleNotFoundError("No module named 'transformers'", name="transformers")
        return known(name, *more)

    known = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[hf\]'"):
        bl.load_model("hf:google/vit-base-patch16-224")


def test_empty_and_unknown_words_of_a_question(folders: Path) -> None:
    vilt = bl.load_model(f"hf:{folders / 'ViltForQuestionAnswering'}", labels=["red", "blue", "2"])
    with pytest.raises(InputError, match="the text '  ' has no words"):
        bl.explain(vilt, CAT, bl.Answer(0), text="  ")
    with pytest.raises(TargetError, match=r"no answer 'bleu'; did you mean 'blue'"):
        bl.explain(vilt, CAT, bl.Answer("bleu"), text=ASKED)
