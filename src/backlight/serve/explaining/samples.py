"""Photos to try things on: of packages that happen to be installed, and scenes that are made.

They are found by a name from a list: nothing in a request leads to a file.
"""

from __future__ import annotations

import functools
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from backlight.errors import ModelError, did_you_mean
from backlight.models.labels import imagenet_labels
from backlight.scenes import make_scene
from backlight.serve.recent import NotThere

# By name: the package, the file in it, what it shows.
_PHOTOS = {
    "cat": ("skimage", "data/chelsea.png", "a cat"),
    "astronaut": ("skimage", "data/astronaut.png", "an astronaut"),
    "coffee": ("skimage", "data/coffee.png", "a cup of coffee"),
    "rocket": ("skimage", "data/rocket.jpg", "a rocket"),
    "motorcycle": ("skimage", "data/motorcycle_left.png", "a motorcycle"),
    "temple": ("sklearn", "datasets/images/china.jpg", "a Chinese temple"),
    "flower": ("sklearn", "datasets/images/flower.jpg", "a dahlia"),
}
# Twenty photos of ImageNet, the number of their class at the end of the name.
_FOOLBOX = "data/imagenet_??_*.jpg"
# Scenes far behind those that the networks have learned from.
_FIRST_SCENE, _SCENES = 1_000_000, 6
_MOST_SCENE, _MOST_DIGITS = 2**31, 10
#: Pixels of a made scene's sides.
SCENE_SIZE = 64


@dataclass(frozen=True)
class Sample:
    """A photo on offer.

    Attributes:
        photo: what it is asked for by, `sample:NAME` or `scene:NUMBER`.
        name: what it shows, in words.
        file: its file's name; of a scene none.
        questions: of a scene, some that can be asked about it.
        caption: of a scene, one that is true of it.
    """

    photo: str
    name: str
    file: str = ""
    questions: tuple[str, ...] = ()
    caption: str = ""


def samples() -> list[Sample]:
    """All that are offered."""
    photos = [Sample(name, shows, path.name) for name, (path, shows) in _found().items()]
    scenes = [_scene(index) for index in range(_FIRST_SCENE, _FIRST_SCENE + _SCENES)]
    return [*photos, *scenes]


def read_sample(photo: str) -> tuple[bytes, str]:
    """The bytes of a sample's file, and the file's name: empty for a scene, which has none.

    Raises:
        NotThere: there is no such sample; the nearest is named.
    """
    kind, _, rest = photo.partition(":")
    if kind == "scene":
        digits = rest.isascii() and rest.isdecimal() and len(rest) <= _MOST_DIGITS
        if not digits or int(rest) >= _MOST_SCENE:
            raise NotThere(f"no scene {rest[:40]!r}: scene:NUMBER, a whole number below 2^31")
        stream = io.BytesIO()
        Image.fromarray(make_scene(int(rest), size=SCENE_SIZE).image).save(stream, "PNG")
        return stream.getvalue(), ""
    known = _found()
    if photo not in known:
        hint = did_you_mean(photo[:100], known) or "; /api/samples lists them"
        raise NotThere(f"no sample {photo[:100]!r}{hint}")
    path = known[photo][0]
    return path.read_bytes(), path.name


@functools.cache
def _found() -> dict[str, tuple[Path, str]]:
    """By name the file and what it shows, of the packages that are installed."""
    found = {}
    for name, (package, file, shows) in _PHOTOS.items():
        folder = _folder(package)
        if folder is not None and (folder / file).is_file():
            found[f"sample:{name}"] = folder / file, shows
    folder = _folder("foolbox")
    if folder is not None:
        labels = _labels()
        for path in sorted(folder.glob(_FOOLBOX)):
            number = path.stem.rpartition("_")[2]
            shows = labels[int(number)] if labels and number.isdecimal() else path.stem
            found[f"sample:{path.stem}"] = path, shows.partition(",")[0]
    return found


def _folder(package: str) -> Path | None:
    """Where a package lies, without importing it; None where it is not installed."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found is not None and found.origin else None


def _labels() -> tuple[str, ...]:
    try:
        return imagenet_labels()
    except ModelError:
        return ()


@functools.cache
def _scene(index: int) -> Sample:
    scene = make_scene(index, size=SCENE_SIZE)
    questions = tuple(question.text for question in scene.questions[:4])
    caption = str(scene.captions[0]) if scene.captions else ""
    return Sample(f"scene:{index}", f"a made scene: {caption}", "", questions, caption)
