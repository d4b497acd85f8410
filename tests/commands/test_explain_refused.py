"""`backlight explain` on what cannot be used: one line on standard error for each bad thing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from .conftest import Printed, Run
from .photos import chelsea, png_claiming

# How an argument looks in Python; on the command line it is an option.
PYTHON = re.compile(r"\b(weights|overwrite|target|layer|method|labels|preprocess)=")


def refused(printed: Printed) -> str:
    """The one line that was said, nothing else."""
    assert printed.code == 2
    assert printed.out == ""
    assert len(printed.errors) == 1, printed.errors
    line = printed.errors[0]
    assert line.startswith("backlight: ")
    assert not PYTHON.search(line)
    return line.removeprefix("backlight: ")


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def saved(name: str) -> bytes:
    chelsea().save(name)
    return Path(name).read_bytes()


BAD_PHOTOS: dict[str, tuple[Callable[[], bytes], str]] = {
    "text.jpg": (lambda: b"a shopping list", "not an image"),
    "byte.png": (lambda: b"\x89", "not an image"),
    "empty.png": (lambda: b"", "is empty"),
    "half.png": (lambda: half(saved("whole.png")), "damaged or cut short"),
    "half.jpg": (lambda: half(saved("whole.jpg")), "damaged or cut short"),
    "bomb.png": (lambda: png_claiming(60_000, 60_000), "60000×60000 pixels"),
    "dot.bmp": (lambda: _dot(), "1×1 pixel"),
}


def _dot() -> bytes:
    Image.new("RGB", (1, 1)).save("dot.bmp")
    return Path("dot.bmp").read_bytes()


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photo_is_named_with_the_reason(name: str, explain: Run, here: Path) -> None:
    make, expected = BAD_PHOTOS[name]
    (here / name).write_bytes(make())
    line = refused(explain(name))
    assert line.startswith(f"'{name}' ")
    assert expected in line
    assert not list(here.glob("*.why.*"))


def test_a_missing_photo_is_answered_with_the_nearest_name(explain: Run, photo: str) -> None:
    assert refused(explain("cap.png")) == "no image 'cap.png'; did you mean 'cat.png'?"


def test_a_folder_is_no_photo(explain: Run, here: Path) -> None:
    (here / "album").mkdir()
    assert refused(explain("album")) == "'album' is a directory, not an image"


def test_good_photos_are_explained_and_each_bad_one_listed(
    explain: Run, photo: str, here: Path
) -> None:
    for name, (make, _) in BAD_PHOTOS.items():
        (here / name).write_bytes(make())
    chelsea().save("last.png")
    printed = explain(*BAD_PHOTOS, photo, "missing.png", "last.png", "--json")
    assert printed.code == 2
    good = [json.loads(line)["photo"] for line in printed.out.splitlines()]
    assert good == [photo, "last.png"]
    # half.png and half.jpg would share one name: that is said of the second.
    named = [line.removeprefix("backlight: ") for line in printed.errors]
    assert sorted(re.findall(r"[a-z]+\.[a-z]+", line)[0] for line in named) == sorted(
        [*BAD_PHOTOS, "missing.png"]
    )


def test_what_is_wrong_for_all_photos_is_said_once(explain: Run, photo: str, here: Path) -> None:
    chelsea().save("other.png")
    line = refused(explain(photo, "other.png", "--target", "bird"))
    assert line == "no class 'bird'" or line.startswith("no class 'bird';")


def test_what_is_wrong_for_one_of_several_photos_names_it(
    explain: Run, photo: str, here: Path
) -> None:
    Image.new("RGB", (50, 50), "red").save("red.png")
    printed = explain("red.png", photo, model="dislikes_red")
    assert printed.code == 2
    assert printed.errors == [
        "backlight: red.png: failed with RuntimeError: red (--traceback shows where)"
    ]
    assert (here / "cat.why.png").exists()
    assert not (here / "red.why.png").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--target", "dgo"], "no class 'dgo'; did you mean 'dog'?"),
        (["--target", "4"], "no class 4: the model has 4, 0 to 3"),
        (["--target", "-1"], "no class -1: the model has 4, 0 to 3"),
        (["--layer", "nonsense"], "no layer 'nonsense'"),
        (["--layer", "6"], "layer '6' returns (1, 4)"),
        (["--method", "gradcam"], "no method 'gradcam'; did you mean 'grad-cam'"),
        (["--gradients", "duals"], "no way 'duals' to a gradient; did you mean 'dual'"),
        (
            ["--gradients", "dual", "--method", "deconvnet"],
            "deconvnet needs backpropagation, not --gradients dual: --method grad-cam takes",
        ),
        (["--method", "x"], "there are grad-cam, guided-grad-cam"),
        (["--device", "gpu"], "no device 'gpu': expected 'cpu', 'cuda'"),
        (["--preprocess", "imagnet"], "no preprocessing 'imagnet'; did you mean 'imagenet'?"),
        (["--preprocess", "x"], "expected imagenet, unit, symmetric"),
        (["--labels", "missing.txt"], "--labels missing.txt: No such file or directory"),
        (["--labels", "cat.png"], "--labels cat.png: not UTF-8 text"),
        (["--labels", "imagenet"], "1000 labels, but 4 scores for each image: --labels FILE"),
        (
            ["--weights", "none"],
            "--weights 'none' is for known, torchvision:, timm: and hf: models",
        ),
        (["--weights", "missing.pth"], "no file 'missing.pth'"),
        (["--out", "map.pdf"], "--out map.pdf: expected a folder or a .png, .html or .npz file"),
        (["--out", "cat.png/maps"], "cat.png is not a folder"),
        (["--out", "missing/map.png"], "there is no folder missing"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_with_what_would_work(
    words: list[str], expected: str, explain: Run, photo: str, here: Path
) -> None:
    assert expected in refused(explain(photo, *words))
    assert [path.name for path in here.iterdir()] == [photo]


def test_the_nearest_of_a_thousand_labels_is_named(run: Run, photo: str) -> None:
    line = refused(run("explain", photo, "--target", "tiger-cat"))
    assert line == "no class 'tiger-cat'; did you mean 'tiger cat'?"


def test_a_layer_without_spatial_extent_is_answered_with_one_that_has_it(
    run: Run, photo: str
) -> None:
    line = refused(run("explain", photo, "--layer", "_fc"))
    assert "layer '_fc' returns (1, 1000)" in line
    assert "try '_swish'" in line


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("constant", "is zero everywhere"),
        ("not_a_number", "the score of 'cat' is nan"),
        ("raises", "failed with RuntimeError: the first line (--traceback shows where)"),
        ("raises_nothing_said", "failed with ValueError (--traceback shows where)"),
        (
            "no_scores",
            "give a function that returns a model with class scores, --model package.module",
        ),
        ("bare", "has no preprocessing for photos: add --preprocess imagenet, unit or"),
        ("fails", "raised ZeroDivisionError: no model today"),
        ("number", "returned int: expected a torch.nn.Module or a backlight.Model"),
        ("smal", "no 'smal' in 'commands.factories'; did you mean 'small'"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_with_the_reason(
    model: str, expected: str, explain: Run, photo: str, here: Path
) -> None:
    assert expected in refused(explain(photo, model=model))
    assert [path.name for path in here.iterdir()] == [photo]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("efficientnet-lite9", "no model 'efficientnet-lite9'; did you mean 'efficientnet-lite"),
        (
            "nonsense",
            "expected torchvision:NAME, timm:NAME, hf:NAME, package.module:function or a .pt2",
        ),
        ("missing.pt2", "no file 'missing.pt2'"),
        ("cat.png", "'cat.png' is not a model: expected a .pt2 file"),
        ("missing_module:net", "no module 'missing_module' to import"),
        ("torchvision:resnet19", "torchvision has no model 'resnet19'; did you mean 'resnet18'"),
        ("timm:resnet19", "timm has no model 'resnet19'; did you mean"),
    ],
)
def test_a_model_that_is_not_there_is_answered_with_the_forms_that_are(
    model: str, expected: str, run: Run, photo: str
) -> None:
    assert expected in refused(run("explain", photo, "--model", model))


def test_the_model_is_said_to_be_bad_after_the_photos_that_are(
    run: Run, photo: str, here: Path
) -> None:
    (here / "cat.why.png").write_bytes(b"precious")
    chelsea().save("other.png")
    printed = run("explain", photo, "other.png", "--model", "nonsense")
    assert printed.code == 2
    assert printed.errors[0] == "backlight: cat.png: cat.why.png exists; --force writes over it"
    assert printed.errors[1].startswith("backlight: no model 'nonsense'")
    assert len(printed.errors) == 2


@pytest.mark.parametrize("existing", ["cat.why.png", "cat.why.html"])
def test_a_file_that_exists_is_kept_unless_forced(
    existing: str, explain: Run, photo: str, here: Path
) -> None:
    (here / existing).write_bytes(b"precious")
    assert refused(explain(photo)) == f"{existing} exists; --force writes over it"
    assert (here / existing).read_bytes() == b"precious"
    assert len(list(here.iterdir())) == 2
    assert explain(photo, "--force").code == 0
    assert (here / existing).read_bytes() != b"precious"


def test_a_photo_is_never_written_over(explain: Run, photo: str, here: Path) -> None:
    content = (here / photo).read_bytes()
    assert "is one of the photos" in refused(explain(photo, "--out", photo, "--force"))
    (here / "link.png").symlink_to(here / photo)
    assert "is one of the photos" in refused(explain(photo, "--out", "link.png", "--force"))
    assert (here / photo).read_bytes() == content


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
def test_a_folder_that_cannot_be_written_to_is_refused(explain: Run, photo: str) -> None:
    assert "/proc" in refused(explain(photo, "--out", "/proc/maps"))
    assert "cannot write /proc/cat.why.png" in refused(explain(photo, "--out", "/proc"))


def test_one_file_is_not_enough_for_two_photos(explain: Run, photo: str, here: Path) -> None:
    chelsea().save("other.png")
    line = refused(explain(photo, "other.png", "--out", "map.png"))
    assert line == "--out map.png: 2 photos need a folder, not a file"


def test_two_photos_of_one_name_do_not_share_a_file(explain: Run, photo: str, here: Path) -> None:
    (here / "other").mkdir()
    chelsea().save("other/cat.jpg")
    printed = explain(photo, "other/cat.jpg", photo, "--json")
    assert [json.loads(line)["photo"] for line in printed.out.splitlines()] == [photo]
    assert printed.errors == [
        "backlight: other/cat.jpg: cat.png takes the same name, cat.why.png: "
        "explain each with its own --out",
        "backlight: cat.png is given twice",
    ]


def test_an_unlabelled_model_says_how_to_name_its_classes(explain: Run, photo: str) -> None:
    line = refused(explain(photo, "--target", "dog", model="unlabelled"))
    assert "give a class index, 0 to 3, or name its classes with --labels FILE" in line


def test_control_characters_in_a_name_never_reach_the_terminal(explain: Run, here: Path) -> None:
    names = ["line\nbreak.png", "\x1b[31mred.png", os.fsdecode(b"\xff.png")]
    for name in names:
        (here / name).write_bytes(b"no image")
    printed = explain(*names)
    assert len(printed.errors) == 3
    assert all(line.isprintable() for line in printed.errors)
    chelsea().save(names[1])
    assert "\x1b" not in explain(names[1]).out


def test_traceback_shows_where_the_model_raised(explain: Run, photo: str) -> None:
    with pytest.raises(RuntimeError, match="the first line"):
        explain(photo, "--traceback", model="raises")


def test_ctrl_c_ends_it_quietly(explain: Run, photo: str) -> None:
    printed = explain(photo, model="interrupted")
    assert (printed.code, printed.out, printed.errors) == (130, "", [])
