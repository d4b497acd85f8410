"""Everything a person can give becomes the batch the model takes, or one line that says why not."""

from __future__ import annotations

import io
from collections import UserDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch import Tensor, nn

import backlight as bl
from backlight.errors import ImageError, InputError
from backlight.explanations.inputs import Inputs, prepare
from backlight.models.model import Model

from .networks import photos, resnet_like

CHELSEA = data.chelsea()
PREPROCESS = bl.Preprocess(size=(32, 48), mean=0.5, std=0.25)


def with_photos(module: nn.Module | None = None, **options: Any) -> Model:
    return Model(module or resnet_like().float(), preprocess=PREPROCESS, **options)


def encoded(kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(CHELSEA).save(stream, format=kind)
    return stream.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a cat.png"
    file.write_bytes(encoded())
    return file


FORMS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a path": (lambda path: path, "a cat.png"),
    "a path as text": (str, "a cat.png"),
    "bytes": (lambda path: path.read_bytes(), "image 1"),
    "a bytearray": (lambda path: bytearray(path.read_bytes()), "image 1"),
    "a stream": (lambda path: io.BytesIO(path.read_bytes()), "image 1"),
    "a Pillow image": (lambda path: Image.fromarray(CHELSEA), "image 1"),
    "a Pillow image of a file": (lambda path: Image.open(path), "a cat.png"),
    "an array of bytes": (lambda path: CHELSEA, "image 1"),
    "an array from 0 to 1": (lambda path: CHELSEA / 255, "image 1"),
    "an array in single precision": (lambda path: (CHELSEA / 255).astype(np.float32), "image 1"),
    "a list of one": (lambda path: [path], "a cat.png"),
    "a tuple of one": (lambda path: (path,), "a cat.png"),
    "an array of photos": (lambda path: CHELSEA[None], "image 1"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_photo_in_any_form_is_the_same_batch(form: str, path: Path) -> None:
    make, name = FORMS[form]
    batch = prepare(with_photos(), make(path))

    assert torch.equal(batch.image, PREPROCESS(CHELSEA))
    (photo,) = batch.photos
    assert np.array_equal(np.asarray(photo.picture), CHELSEA)
    assert photo.region == PREPROCESS.region((451, 300))
    assert (photo.name, photo.is_file) == (name, name != "image 1")


def test_an_open_file_is_called_by_its_name(path: Path) -> None:
    with path.open("rb") as stream:
        assert prepare(with_photos(), stream).photos[0].name == "a cat.png"


def test_photos_of_several_sizes_are_one_batch() -> None:
    given = [CHELSEA, data.coffee(), CHELSEA[:90, :40], data.camera()]
    batch = prepare(with_photos(), given)

    expected = torch.cat([PREPROCESS(photo) for photo in given])
    assert torch.equal(batch.image, expected)
    assert [photo.picture.size for photo in batch.photos] == [
        *((451, 300), (600, 400), (40, 90), (512, 512))
    ]
    assert [photo.name for photo in batch.photos] == [f"image {i}" for i in (1, 2, 3, 4)]
    assert batch.photos[3].region == PREPROCESS.region((512, 512))


def test_an_array_of_photos_is_a_batch() -> None:
    stack = np.stack([CHELSEA, CHELSEA[::-1]])
    assert torch.equal(
        prepare(with_photos(), stack).image, torch.cat([PREPROCESS(s) for s in stack])
    )


def test_a_preprocess_of_ones_own_may_make_a_single_image_and_sees_all_of_it() -> None:
    def squash(picture: Image.Image) -> Tensor:
        small = np.asarray(picture.resize((16, 16)), dtype=np.float32)
        return torch.from_numpy(small.transpose(2, 0, 1) / 255)

    batch = prepare(Model(resnet_like(), preprocess=squash), [CHELSEA, CHELSEA])
    assert batch.image.shape == (2, 3, 16, 16)
    assert batch.image.dtype == torch.float64
    assert batch.photos[0].region == (0, 0, 451, 300)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda p: np.zeros((3, 8, 8)), r"must make a tensor \(1, C, H, W\) of a photo, not nd"),
        (lambda p: torch.zeros(8, 8), r"must make a tensor.*not \(8, 8\)"),
        (lambda p: {"pixel_values": torch.zeros(1, 3, 8, 8)}, r"must make a tensor.*not dict"),
        (lambda p: torch.zeros(3, p.height, p.width), r"tensors of one batch need one shape"),
        (lambda p: torch.full((3, 8, 8), torch.nan), r"NaN or infinite values in image 0"),
        (lambda p: torch.zeros(3, 0, 8), r"the input tensor is empty"),
    ],
)
def test_a_preprocess_that_makes_something_else_is_found_out(made: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare(Model(resnet_like(), preprocess=made), [CHELSEA, data.coffee()])


# Tensors.


def run_with(batch: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the model is called with, the image's place taken by the image."""
    seen: list[Any] = []

    class Notes(nn.Module):
        def forward(self, *arguments: Any, **named: Any) -> None:
            seen.append((arguments, named))

    from backlight.explanations.replica import Replica

    batch.run(Replica(Notes()), batch.image)
    (called,) = seen
    return called


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda x: x, (2, 3, 24, 24)),
        (lambda x: x[0], (1, 3, 24, 24)),
        (lambda x: [x[0], x[1], x[0]], (3, 3, 24, 24)),
        (lambda x: [x, x], (4, 3, 24, 24)),
        (lambda x: (x,), (2, 3, 24, 24)),
        (lambda x: {"image": x}, (2, 3, 24, 24)),
    ],
)
def test_tensors_are_taken_as_they_are(make: Callable[[Tensor], Any], shape: Any) -> None:
    batch = prepare(Model(resnet_like()), make(photos()))
    assert batch.image.shape == shape
    assert torch.equal(batch.image[0], photos()[0])
    assert batch.photos == ()
    assert batch.size == (24, 24)


def test_the_callers_tensor_is_copied_and_needs_no_gradient() -> None:
    image = photos().requires_grad_()
    batch = prepare(Model(resnet_like()), image)
    assert batch.image.data_ptr() != image.data_ptr()
    assert not batch.image.requires_grad
    assert image.requires_grad


@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        (torch.float64, torch.float32, torch.float64),
        (torch.float32, torch.float64, torch.float32),
        (torch.bfloat16, torch.float32, torch.bfloat16),
        (torch.float32, torch.uint8, torch.uint8),
    ],
)
def test_tensors_get_the_models_precision_unless_they_are_integers(
    model: torch.dtype, given: torch.dtype, expected: torch.dtype
) -> None:
    batch = prepare(Model(resnet_like().to(model)), torch.zeros(1, 3, 16, 16).to(given))
    assert batch.image.dtype == expected


def test_a_model_without_weights_gets_tensors_as_they_are() -> None:
    batch = prepare(Model(nn.ReLU()), torch.zeros(1, 3, 16, 16, dtype=torch.float16))
    assert batch.image.dtype == torch.float16


def test_among_several_inputs_the_picture_is_found_and_the_others_keep_their_places() -> None:
    words, mask = torch.tensor([[1, 2], [3, 4]]), torch.ones(2, 2)
    by_place = prepare(Model(resnet_like()), (words, photos(), mask, "as it is", None))
    arguments, named = run_with(by_place)
    assert torch.equal(arguments[0], words)
    assert arguments[1] is by_place.image
    assert arguments[2].dtype == torch.float64
    assert arguments[3:] == ("as it is", None)
    assert named == {}

    given = UserDict(words=words, mask=mask, pixel_values=photos())
    by_name = prepare(Model(resnet_like()), given)
    arguments, named = run_with(by_name)
    assert arguments == ()
    assert list(named) == ["words", "mask", "pixel_values"]
    assert named["pixel_values"] is by_name.image


def test_the_first_of_a_batch_takes_its_part_of_every_batched_input() -> None:
    words, weights = torch.arange(4).reshape(2, 2), torch.ones(5)
    first = prepare(Model(resnet_like()), (words, photos(), weights)).first
    arguments, _ = run_with(first)
    assert torch.equal(arguments[0], words[:1])
    assert torch.equal(first.image, photos()[:1])
    assert torch.equal(arguments[2], weights.double())


# What does not fit.

REFUSED: dict[str, tuple[Any, str]] = {
    "an empty list": ([], r"an empty list was given: expected at least one photo"),
    "an empty tuple": ((), r"an empty list was given"),
    "an empty mapping": ({}, r"a mapping of inputs needs a floating-point tensor.*found none"),
    "a mapping without pictures": ({"ids": torch.zeros(1, 4, dtype=torch.long)}, r"found none"),
    "a number": (torch.tensor(1.0), r"maps need an image of shape .*not \(\)"),
    "a vector": (torch.zeros(5), r"maps need an image of shape .*not \(5,\)"),
    "a table": (torch.zeros(4, 5), r"maps need an image of shape \(batch, channels.*not \(4, 5\)"),
    "a video": (torch.zeros(1, 3, 2, 8, 8), r"maps need an image.*not \(1, 3, 2, 8, 8\)"),
    "a table by name": ({"x": torch.zeros(4, 5)}, r"maps need an image.*not \(4, 5\)"),
    "no images": (torch.zeros(0, 3, 8, 8), r"the input tensor is empty: shape \(0, 3, 8, 8\)"),
    "no pixels": (torch.zeros(1, 3, 0, 8), r"the input tensor is empty"),
    "tensors of several sizes": (
        [torch.zeros(3, 8, 8), torch.zeros(3, 9, 8)],
        r"tensors of one batch need one shape, not \[\(3, 8, 8\), \(3, 9, 8\)\]",
    ),
    "not a number": (
        torch.stack([torch.zeros(3, 8, 8), torch.full((3, 8, 8), torch.nan)]),
        r"the input tensor holds NaN or infinite values in image 1",
    ),
    "infinity": (torch.full((1, 3, 8, 8), torch.inf), r"NaN or infinite values in image 0"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_tensor_that_is_no_picture_is_refused_in_one_line(kind: str) -> None:
    given, message = REFUSED[kind]
    with pytest.raises(InputError, match=message) as caught:
        prepare(Model(resnet_like()), given)
    assert "\n" not in str(caught.value)


def test_numbers_whose_sum_overflows_are_no_infinity() -> None:
    large = torch.full((1, 3, 64, 64), 6e4, dtype=torch.float16)
    assert prepare(Model(nn.ReLU()), large).image.dtype == torch.float16


@pytest.mark.parametrize("given", ["photo.jpg", Path("photo.jpg"), b"", CHELSEA, [CHELSEA], 5])
def test_a_plain_module_takes_no_photos_and_says_how_it_would(given: Any) -> None:
    message = r"ResNetLike has no preprocessing for photos: give a tensor, or bl\.Model\("
    with pytest.raises(InputError, match=message) as caught:
        bl.explain(resnet_like(), given)
    assert "preprocess=bl.Preprocess(size=224" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, r"expected an image as a path, bytes.*got int"),
        (None, r"expected an image.*got NoneType"),
        (object(), r"expected an image.*got object"),
        (b"not an image", r"the image of 12 bytes is not an image"),
        ("nowhere.png", r"no image 'nowhere.png'"),
        (np.full((4, 4, 3), np.nan), r"NaN"),
        ([CHELSEA, "nowhere.png"], r"photo 2 of 2: no image 'nowhere.png'"),
        ([CHELSEA, photos()[0]], r"photo 2 of 2: expected an image.*got Tensor"),
    ],
)
def test_what_is_no_photo_is_refused_with_its_place_in_the_list(given: Any, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        prepare(with_photos(), given)
    assert "\n" not in str(caught.value)


def test_the_models_own_error_passes_through_as_it_is() -> None:
    class Table(torch.nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image[:, 0].flatten(1)[:, :6] @ torch.zeros(5, 2, dtype=image.dtype)

    image = torch.zeros(2, 4, 16, 16, dtype=torch.float64)
    with pytest.raises(RuntimeError) as theirs:
        Table()(image)
    for method in ("grad-cam", "gradient"):
        with pytest.raises(RuntimeError) as ours:
            bl.explain(Table(), image, method=method)
        assert str(ours.value) == str(theirs.value)


def test_images_are_called_by_their_files_in_messages(path: Path) -> None:
    batch = prepare(with_photos(), [CHELSEA, path])
    assert (batch.name(0), batch.name(1)) == ("image 0", "image 1 (a cat.png)")
    assert prepare(Model(resnet_like()), photos()).name(1) == "image 1"
