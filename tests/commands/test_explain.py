"""`backlight explain`: what it prints, what it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import backlight as bl

from .conftest import Run
from .photos import chelsea, labelled, sample


def test_a_real_photo_is_answered_with_the_best_classes_of_a_plain_forward_pass(
    run: Run, here: Path
) -> None:
    photo = str(sample("chelsea.png"))
    printed = run("explain", photo)
    model = bl.load_model("efficientnet-lite0")
    scores = model.module(model.preprocess(photo))[0].detach()
    best = scores.topk(5).indices.tolist()
    assert printed.code == 0
    assert printed.errors == []
    rows = re.findall(r"([▸ ]) +([\d.]+)% .{20} +(-?[\d.]+) +(\d+)  (.+)\n", printed.out)
    assert [int(index) for *_, index, _ in rows] == best
    assert [label for *_, label in rows] == [model.labels[index] for index in best]
    shares = [100 * float(scores.softmax(0)[index]) for index in best]
    assert [float(share) for _, share, *_ in rows] == pytest.approx(shares, abs=0.06)
    listed = [float(score) for _, _, score, _, _ in rows]
    assert listed == pytest.approx(scores[best].tolist(), abs=0.006)
    assert [mark for mark, *_ in rows] == ["▸", " ", " ", " ", " "]
    assert "wrote chelsea.why.png and chelsea.why.html" in printed.out
    assert sorted(path.name for path in here.iterdir()) == ["chelsea.why.html", "chelsea.why.png"]


def test_the_picture_and_the_page_are_what_the_library_makes(
    explain: Run, photo: str, here: Path
) -> None:
    assert explain(photo).code == 0
    with Image.open(here / "cat.why.png") as picture:
        assert picture.width >= 120
        picture.load()
    page = (here / "cat.why.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "Reproduce this" in page


def test_out_names_a_folder_that_is_made_or_one_file(explain: Run, photo: str, here: Path) -> None:
    assert explain(photo, "--out", "new/maps").code == 0
    assert sorted(path.name for path in (here / "new/maps").iterdir()) == [
        "cat.why.html",
        "cat.why.png",
    ]
    assert explain(photo, "--out", "numbers.npz").code == 0
    with np.load(here / "numbers.npz") as numbers:
        assert numbers["map"].shape == (1, 7, 7)
    assert explain(photo, "--out", "only.HTML").code == 0
    assert (here / "only.HTML").exists()
    assert not (here / "only.why.png").exists()


def test_a_folder_may_have_a_dot_in_its_name_when_it_is_there_or_ends_in_a_slash(
    explain: Run, photo: str, here: Path
) -> None:
    (here / "maps.v1").mkdir()
    assert explain(photo, "--out", "maps.v1").code == 0
    assert explain(photo, "--out", "maps.v2/").code == 0
    assert (here / "maps.v2/cat.why.png").exists()


def test_json_is_one_object_a_line_for_each_photo(explain: Run, photo: str, here: Path) -> None:
    chelsea().save(here / "second ü.png")
    printed = explain(photo, "second ü.png", "--json", "--top", "3")
    records = [json.loads(line) for line in printed.out.splitlines()]
    assert [record["photo"] for record in records] == ["cat.png", "second ü.png"]
    assert printed.out.isascii()
    first = records[0]
    assert set(first) == {
        "photo", "model", "model_version", "method", "gradients", "layer", "target",
        "counterfactual", "class", "score", "box", "top", "files", "multi_label",
    }  # fmt: skip
    assert first["model"] == "small"
    assert first["layer"]["grid"] == "7×7×8"
    assert len(first["top"]) == 3
    assert first["top"][0]["class"] == first["class"]
    assert first["top"][0]["score"] == first["score"]
    assert first["files"] == ["cat.why.png", "cat.why.html"]
    x0, y0, x1, y1 = first["box"]
    assert 0 <= x0 < x1 <= 120
    assert 0 <= y0 < y1 <= 80


@pytest.mark.parametrize(
    ("way", "title"), [("dual", "dual numbers"), ("central", "central differences")]
)
def test_the_way_to_the_derivatives_is_chosen_said_and_kept(
    explain: Run, photo: str, here: Path, way: str, title: str
) -> None:
    swept = json.loads(explain(photo, "--json", "--out", "swept.npz").out)
    printed = explain(photo, "--gradients", way)
    assert f"grad-cam by {title} · score {swept['score']:.2f}" in printed.out
    assert title in (here / "cat.why.html").read_text(encoding="utf-8")
    explain(photo, "--gradients", way, "--out", "moved.npz")
    with np.load("swept.npz") as one, np.load("moved.npz") as other:
        top = np.abs(one["map"]).max()
        np.testing.assert_allclose(other["map"], one["map"], atol=2e-3 * top)
        assert json.loads(str(other["about"]))["gradients"] == way


def test_a_target_is_marked_also_where_it_is_not_among_the_best(explain: Run, photo: str) -> None:
    ranking = json.loads(explain(photo, "--json", "--top", "4").out)["top"]
    worst = ranking[-1]
    printed = explain(photo, "--target", str(worst["class"]), "--top", "1", "--force")
    rows = [line for line in printed.out.splitlines() if "%" in line]
    assert len(rows) == 2
    assert rows[0].startswith("  ")
    assert rows[1].startswith("▸")
    assert f"{worst['score']:.2f}" in rows[1]


def test_a_label_and_an_index_name_the_same_class(explain: Run, photo: str, here: Path) -> None:
    named = [
        json.loads(explain(photo, "--json", "--target", word, "--out", f"{word}.npz").out)
        for word in ("1", "dog", "DOG")
    ]
    assert {record["target"] for record in named} == {"dog"}
    assert len({record["score"] for record in named}) == 1


def test_a_counterfactual_turns_the_score_and_the_map_round(
    explain: Run, photo: str, here: Path
) -> None:
    plain = json.loads(explain(photo, "--json", "--target", "dog", "--out", "for.npz").out)
    against = json.loads(
        explain(photo, "--json", "--target", "dog", "--counterfactual", "--out", "against.npz").out
    )
    assert against["target"] == "not dog"
    assert against["counterfactual"]
    assert against["score"] == -plain["score"]
    with np.load(here / "for.npz") as first, np.load(here / "against.npz") as second:
        assert np.array_equal(second["map"], -first["map"])


@pytest.mark.parametrize("method", ["guided-grad-cam", "guided-backprop", "deconvnet", "gradient"])
def test_every_method_can_be_named(method: str, explain: Run, photo: str, here: Path) -> None:
    printed = explain(photo, "--method", method, "--out", "map.npz")
    assert printed.code == 0
    assert f"small · {method} · score" in printed.out
    assert ("layer 3" in printed.out) == (method == "guided-grad-cam")
    with np.load(here / "map.npz") as numbers:
        assert numbers["map"].shape == (1, 3, 32, 32)


def test_a_layer_can_be_named(explain: Run, photo: str) -> None:
    assert "\n  layer 1: 15×15×8, as asked for\n" in explain(photo, "--layer", "1").out


def test_several_photos_are_answered_in_order_also_around_options(
    explain: Run, photo: str, here: Path
) -> None:
    names = ["a.png", "b.png", "c.png"]
    for name in names:
        chelsea().resize((60, 60)).save(here / name)
    printed = explain("a.png", "--top", "1", "b.png", "c.png", "--json")
    assert [json.loads(line)["photo"] for line in printed.out.splitlines()] == names


def test_a_photo_whose_name_begins_with_a_dash_comes_after_two_dashes(
    run: Run, photo: str, here: Path
) -> None:
    (here / photo).rename(here / "-cat.png")
    model = "commands.factories:small"
    assert run("explain", "--model", model, "--", "-cat.png").code == 0
    assert (here / "-cat.why.png").exists()


def test_photos_of_every_kind_are_read(explain: Run, here: Path) -> None:
    picture = chelsea().resize((90, 60))
    grey = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save("deep.png")
    picture.convert("CMYK").save("print.jpg")
    picture.quantize(32).save("palette.png", transparency=3)
    turned = Image.Exif()
    turned[0x112] = 6
    picture.transpose(Image.Transpose.ROTATE_90).save("turned.jpg", exif=turned)
    picture.save("moving.gif", save_all=True, append_images=[Image.new("RGB", (90, 60), "red")])
    names = ["deep.png", "print.jpg", "palette.png", "turned.jpg", "moving.gif"]
    printed = explain(*names, "--json")
    assert printed.errors == []
    records = [json.loads(line) for line in printed.out.splitlines()]
    assert [record["photo"] for record in records] == names
    # Read upright, all are the same photo but for rounding: so is the answer.
    assert len({record["class"] for record in records}) == 1
    for name in names:
        with Image.open(here / f"{Path(name).stem}.why.png") as drawn:
            assert drawn.width > drawn.height / 2


def test_a_map_with_nothing_positive_is_said_to_be_empty(explain: Run, photo: str) -> None:
    printed = explain(photo, "--target", "cat", model="against")
    assert printed.code == 0
    assert "nothing there speaks for cat: the picture shows no map" in printed.out


@pytest.mark.parametrize("photo", labelled()[:2], ids=lambda path: path.stem)
def test_a_labelled_photo_is_answered_with_its_label(photo: Path, run: Run, here: Path) -> None:
    printed = run("explain", str(photo), "--json", "--out", "map.npz")
    assert json.loads(printed.out)["class"] == int(photo.stem.rsplit("_", 1)[1])
