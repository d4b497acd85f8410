"""What a person gives, a photo or tensors, as the batch that the model takes."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from backlight.errors import BacklightError, ImageError, InputError, ModelError
from backlight.explanations.chance import generators_kept
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import is_float
from backlight.explanations.wrappers import uncompiled
from backlight.models.adapters.choose import adapted
from backlight.models.black_box import BlackBox
from backlight.models.images import read_image
from backlight.models.model import Model
from backlight.models.tasks import why_no_photos

Region = tuple[float, float, float, float]
ModelLike = nn.Module | Model | str | tuple[Callable[..., Any], Callable[..., Any]]


@dataclass(frozen=True)
class Photo:
    """One photo as it was given, upright and RGB, and the region of it that the model sees.

    Attributes:
        picture: the whole photo.
        region: (x0, y0, x1, y1) in the photo's pixels.
        name: the file's name without its folder, or else `image 1`.
        is_file: whether that is a file's name.
    """

    picture: Image.Image
    region: Region
    name: str
    is_file: bool = False


@dataclass(frozen=True)
class Inputs:
    """A batch for the model.

    Attributes:
        image: the tensor that is looked at, (B, C, H, W) for pictures.
        arguments: positional arguments of the model; None where the image goes.
        named: keyword arguments of the model; None where the image goes.
        photos: the photos the batch was made from; empty when tensors were given.
        texts: for each image the text that goes beside it; empty where there is none.
        own_words: whether the model said these texts by itself.
    """

    image: Tensor
    arguments: tuple[Any, ...] = (None,)
    named: Mapping[str, Any] | None = None
    photos: tuple[Photo, ...] = ()
    texts: tuple[str, ...] = ()
    own_words: bool = False

    def run(self, replica: Replica, image: Tensor, method: str = "forward") -> Any:
        """Call the replica, or another method of it, with `image` in the image's place."""
        arguments = [image if entry is _IMAGE else _own(entry) for entry in self.arguments]
        named = {
            key: image if entry is _IMAGE else _own(entry)
            for key, entry in (self.named or {}).items()
        }
        call = replica.module if method == "forward" else getattr(replica.module, method)
        with generators_kept(replica.original, image.device, method):
            return call(*arguments, **named)

    def beside(self, more: Tensor | Mapping[str, Tensor], image_as: str | None = None) -> Inputs:
        """The same with one more argument, or several by name; the image, where it is the only
        one, then goes by the name `image_as`."""
        if isinstance(more, Tensor):
            return dataclasses.replace(self, arguments=(*self.arguments, more))
        arguments, named = self.arguments, {**(self.named or {}), **more}
        if image_as and len(arguments) == 1 and arguments[0] is _IMAGE:
            arguments, named[image_as] = (), _IMAGE
        return dataclasses.replace(self, arguments=arguments, named=named)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image; InputError where it is no picture."""
        if self.image.ndim != 4:
            raise InputError(
                f"maps need an image of shape (batch, channels, height, width), "
                f"not {tuple(self.image.shape)}"
            )
        return int(self.image.shape[2]), int(self.image.shape[3])

    def name(self, index: int) -> str:
        """What to call an image in a message: `image 2 (cat.jpg)`, counted from 0."""
        given = self.photos[index].name if self.photos else f"image {index + 1}"
        return f"image {index}" if given == f"image {index + 1}" else f"image {index} ({given})"

    @property
    def first(self) -> Inputs:
        """The same with the first image only, for looking at the model rather than the photo."""
        return self.one(0)

    def one(self, index: int) -> Inputs:
        """The same with one image only."""
        batch, place = self.image.shape[0], slice(index, index + 1)

        def cut(entry: Any) -> Any:
            is_batched = isinstance(entry, Tensor) and entry.ndim > 0 and len(entry) == batch
            return entry[place] if is_batched else entry

        named = None if self.named is None else {k: cut(v) for k, v in self.named.items()}
        arguments, words = tuple(map(cut, self.arguments)), (self.texts[place], self.own_words)
        return Inputs(self.image[place], arguments, named, self.photos[place], *words)


class _ImageGoesHere:
    pass


_IMAGE = _ImageGoesHere()


def _own(entry: Any) -> Any:
    """Tensors, also those in lists, tuples and dicts, copied: the model may write to them."""
    if isinstance(entry, Tensor):
        return entry.clone()
    if type(entry) in (list, tuple):
        return type(entry)(map(_own, entry))
    return {k: _own(v) for k, v in entry.items()} if type(entry) is dict else entry


def as_model(model: ModelLike) -> Model:
    """A `Model` from what may be given for one: itself, a module, a name to load, or a pair of
    callables (features, tail)."""
    if isinstance(model, Model):
        return adapted(model)
    if isinstance(model, nn.Module):
        # Uncompiled for its name; what runs is the replica's matter.
        return adapted(Model(uncompiled(model)))
    if isinstance(model, tuple | list):
        if len(model) != 2:
            raise ModelError(f"a model is a pair (features, tail), got {len(model)} entries")
        return Model(BlackBox(*model))
    from backlight.models.loading import load_model

    return adapted(load_model(model))


def is_black(module: nn.Module) -> bool:
    """Whether no derivative rule leads through the model, only values come out of it."""
    return bool(getattr(module, "black", False))


def prepare(model: Model, given: Any) -> Inputs:
    """The batch for `model` from whatever was given.

    Args:
        model: its preprocessing turns photos into tensors; tensors are taken as they are, but for
            the model's device and, where all its weights share one, floating-point type.
        given: a photo (path, bytes, PIL image, array of height × width × channels, or a `Photo`
            read before), a list of photos, a tensor (B, C, H, W) or (C, H, W), or a tuple or
            mapping of tensors for a model with several inputs.

    Raises:
        ImageError: a photo cannot be read.
        InputError: anything else that does not fit the model.
    """
    inputs = _prepared(model, given)
    if not math.prod(inputs.size) * len(inputs.image):
        raise InputError(f"the input tensor is empty: shape {tuple(inputs.image.shape)}")
    _check_finite(inputs)
    return inputs


def _prepared(model: Model, given: Any) -> Inputs:
    as_input = getattr(model.module, "as_input", None)  # of adapters whose inputs are no photos
    given = given if as_input is None else as_input(given)
    if isinstance(given, Tensor):
        return Inputs(_for_model(model, _with_batch(given)), (_IMAGE,))
    if isinstance(given, Mapping):
        named = {key: _for_model(model, entry) for key, entry in given.items()}
        main = _main_entry(list(named.values()), "a mapping")
        places = {k: _IMAGE if v is main else v for k, v in named.items()}
        return Inputs(main, (), places)
    if isinstance(given, tuple) and any(isinstance(entry, Tensor) for entry in given):
        entries = [_for_model(model, entry) for entry in given]
        main = _main_entry(entries, "a tuple")
        return Inputs(main, tuple(_IMAGE if entry is main else entry for entry in entries))
    if isinstance(given, list) and given and all(isinstance(entry, Tensor) for entry in given):
        return Inputs(_for_model(model, _joined(given)), (_IMAGE,))
    if isinstance(given, np.ndarray) and given.ndim == 4:
        given = list(given)
    photos = list(given) if isinstance(given, list | tuple) else [given]
    if not photos:
        raise InputError("an empty list was given: expected at least one photo")
    return _from_photos(model, photos)


def _check_finite(inputs: Inputs) -> None:
    image = inputs.image
    # The sum tells at a small part of the cost; only where it overflows is each value looked at.
    if image.is_meta or bool(torch.isfinite(image.sum())):
        return
    good = torch.isfinite(image).flatten(1).all(1)
    if not bool(good.all()):
        name = inputs.name(int(good.int().argmin()))
        raise InputError(f"the input tensor holds NaN or infinite values in {name}")


def _from_photos(model: Model, given: list[Any]) -> Inputs:
    if model.preprocess is None:
        otherwise = f"give a tensor, or {_with_photos(model)}"
        raise InputError(why_no_photos(model.name, model.task, otherwise))
    photos, tensors = [], []
    for index, source in enumerate(given):
        try:
            picture = source.picture if isinstance(source, Photo) else read_image(source)
        except BacklightError as error:
            if len(given) == 1:
                raise
            raise ImageError(f"photo {index + 1} of {len(given)}: {error}") from error
        tensors.append(_one_image(model.preprocess(picture)))
        region_of = getattr(model.preprocess, "region", None)
        whole = (0.0, 0.0, float(picture.width), float(picture.height))
        name = _file_name(source)
        photos.append(
            Photo(
                picture,
                region_of(picture.size) if region_of else whole,
                name or f"image {index + 1}",
                bool(name),
            )
        )
    return Inputs(_for_model(model, _joined(tensors)), (_IMAGE,), photos=tuple(photos))


def _with_photos(model: Model) -> str:
    """The call that makes a model that takes photos of this one."""
    if model.source is not None:
        call = f"bl.load_model({model.source!r}, preprocess='imagenet')"
        return f"{call}, 'unit' or 'symmetric'"
    return "bl.Model(module, preprocess=bl.Preprocess(size=224, …))"


def _one_image(made: Any) -> Tensor:
    if not isinstance(made, Tensor) or made.ndim not in (3, 4):
        kind = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
        raise InputError(f"preprocess must make a tensor (1, C, H, W) of a photo, not {kind}")
    return _with_batch(made)


def _file_name(source: Any) -> str:
    """The name of the file a photo comes from, without its folder; empty where there is none."""
    if isinstance(source, Photo):
        return source.name if source.is_file else ""
    if not isinstance(source, str | os.PathLike):
        source = getattr(source, "filename", None) or getattr(source, "name", None)
    return os.path.basename(os.fsdecode(source)) if isinstance(source, str | os.PathLike) else ""


def _with_batch(tensor: Tensor) -> Tensor:
    return tensor.unsqueeze(0) if tensor.ndim == 3 else tensor


def _joined(tensors: list[Tensor]) -> Tensor:
    shapes = {tuple(tensor.shape) for tensor in tensors}
    if len(shapes) > 1:
        raise InputError(f"tensors of one batch need one shape, not {sorted(shapes)}")
    return torch.cat(tensors) if tensors[0].ndim == 4 else torch.stack(tensors)


def _main_entry(entries: list[Any], kind: str) -> Tensor:
    """The picture among several inputs: the first floating-point tensor with four dimensions,
    or else with the most."""
    floats = [entry for entry in entries if is_float(entry)]
    if not floats:
        raise InputError(f"{kind} of inputs needs a floating-point tensor to look at, found none")
    main: Tensor = next((t for t in floats if t.ndim == 4), max(floats, key=lambda t: t.ndim))
    return main


def _for_model(model: Model, entry: Any) -> Any:
    """A tensor on the model's device and in its precision; anything else as it is."""
    if not isinstance(entry, Tensor):
        return entry
    first = next((p for p in model.module.parameters() if p.is_floating_point()), None)
    dtype = entry.dtype
    if first is not None and entry.is_floating_point() and dtype != first.dtype:
        dtype = model.dtype or dtype
    # A copy of our own: the result keeps it, whatever becomes of the caller's.
    with torch.inference_mode(False):
        return entry.detach().to(device=model.device, dtype=dtype, copy=True)
