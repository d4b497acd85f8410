"""The result: raw and signed values first; scaled, cut out and drawn only when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from backlight.errors import InputError
from backlight.explanations.inputs import Photo
from backlight.explanations.methods import Method
from backlight.explanations.regions import THRESHOLD, Box, largest_region, on_photo
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.classes import class_name
from backlight.explanations.text_facts import TextFacts
from backlight.explanations.word_relevance import WordRelevance
from backlight.models.tasks import Task

if TYPE_CHECKING:
    from backlight.explanations.spots import Spot

PixelsOf = Literal["input", "photo"]


@dataclass(frozen=True)
class LayerFacts:
    """The layer looked at: its dotted name, its grid (`7×7×1280`), why it was chosen."""

    name: str
    grid: str
    reason: str


@dataclass(frozen=True)
class RankedClass:
    """One class of the model's ranking.

    Attributes:
        index, label: the class.
        score: as the model returned it, a logit.
        probability: its share among all classes, softmax over the scores; of a model whose classes
            are each there or not by themselves (`multi_label`), the sigmoid of its own score.
    """

    index: int
    label: str
    score: float
    probability: float


class Again(Protocol):
    """The same question, put to the model once more."""

    def __call__(self, method: str) -> Explanation:
        """By another method."""

    def words(self, method: str, steps: int) -> WordRelevance:
        """About the words."""

    def alone(self, index: int, target: Target) -> Again:
        """About one image of the batch only; `target` is what was asked about it."""

    @property
    def features(self) -> Tensor:
        """The feature maps of the layer looked at, (B, C, h, w): made when first asked for."""


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why a model said what it said about a batch of inputs.

    Attributes:
        map: raw and signed. Class-activation methods: (B, h, w) at the layer's own resolution;
            pixel methods: shaped like the input, (B, C, H, W).
        scores: the target's score for each image, (B,).
        target: what was explained.
        names: the same for each image, in words.
        classes: each image's class index; None where the target is no single class.
        logits: the model's (B, classes) output; None if it has another form.
        model, model_version: what was explained, as far as it is known by name.
        model_source: what `load_model` makes it from; None for a module of one's own.
        model_options: what was given with it, by argument of `load_model`.
        labels: names of the classes, where known.
        multi_label: whether each class is there or not by itself: see `Model`.
        image: the input as the model saw it, (B, C, H, W).
        photos: the photos it was made from; empty when tensors were given.
        texts: for each image the text that the model was fed with beside it; empty for none.
        text_facts: its words, as far as they are known; None for images alone.
        task: what the model is made for.
        gradients: the way that the derivatives were taken by.
        weights: class-activation methods: α_k, what each feature map was weighed by, (B, C), at
            least in single precision; None for pixel methods.
    """

    map: Tensor
    scores: Tensor
    target: Target
    names: tuple[str, ...]
    classes: tuple[int | None, ...]
    logits: Tensor | None
    spec: Method
    layer_facts: LayerFacts | None
    model: str
    model_version: str | None
    labels: Sequence[str] | None
    image: Tensor
    photos: tuple[Photo, ...] = ()
    texts: tuple[str, ...] = ()
    text_facts: TextFacts | None = None
    task: Task = "classify"
    model_source: str | None = None
    model_options: Mapping[str, str] = field(default_factory=dict)
    gradients: str = "backprop"
    multi_label: bool = False
    weights: Tensor | None = None
    again: Again | None = field(default=None)

    @property
    def method(self) -> str:
        """The method's name, as in `method=`."""
        return self.spec.name

    @property
    def layer(self) -> str | None:
        """The dotted name of the layer looked at; None for pixel methods."""
        return self.layer_facts.name if self.layer_facts else None

    @property
    def signed(self) -> bool:
        """Whether pictures show both signs: counterfactuals and plain gradients."""
        return self.spec.signed or self.target.counterfactual

    def __len__(self) -> int:
        return int(self.map.shape[0])

    def heatmap(self, *, signed: bool = False) -> Tensor:
        """The map at input resolution, scaled for each image: (B, H, W), float32.

        Rectified and divided by its maximum, so in [0, 1]: zero stays zero. A map with nothing
        positive is zero everywhere. With `signed`, not rectified and divided by its largest
        absolute value, so in [-1, 1].

        Maps of a layer are enlarged bilinearly. Pixel methods are reduced over channels first:
        signed to their sum; rectified to the largest positive value, for the plain gradient to the
        largest absolute value (Simonyan et al. 2014, section 3.1).
        """
        # At least in single precision; the map's own where that is finer, until it is scaled.
        values = self.map.to(torch.promote_types(self.map.dtype, torch.float32))
        if values.ndim == 4:
            if signed:
                values = values.sum(1)
            else:
                values = (values.abs() if self.spec.signed else values.clamp(min=0)).amax(1)
        else:
            values = values if signed else values.clamp(min=0)
            size = (int(self.image.shape[-2]), int(self.image.shape[-1]))
            values = F.interpolate(values.unsqueeze(1), size, mode="bilinear").squeeze(1)
        largest = values.abs().amax((1, 2), keepdim=True)
        return (values / torch.where(largest > 0, largest, torch.ones_like(largest))).float()

    def boxes(self, threshold: float = THRESHOLD, *, of: PixelsOf = "input") -> list[Box | None]:
        """For each image the box around the largest region above `threshold` of the maximum.

        Regions are connected by sides; the threshold of 15 % is the published one (Selvaraju et
        al. 2017, section 4.1).

        Args:
            threshold: a fraction of the map's maximum, at least 0 and below 1.
            of: whose pixels the box is given in, the model's input or the whole photo; where no
                photo was given, the input is the photo.

        Returns:
            (x0, y0, x1, y1) with x1, y1 just outside; None where nothing is positive.
        """
        if not 0 <= threshold < 1:
            raise InputError(
                f"threshold={threshold}: expected a fraction of the maximum, at least 0 and below 1"
            )
        if of not in ("input", "photo"):
            raise InputError(f"of={of!r}: boxes are given in pixels of the 'input' or the 'photo'")
        found = [largest_region(heat, threshold) for heat in self.heatmap().cpu().numpy()]
        if of == "input" or not self.photos:
            return found
        height, width = self.image.shape[-2:]
        return [
            None if box is None else on_photo(box, photo.region, (width, height))
            for box, photo in zip(found, self.photos, strict=True)
        ]

    def top(self, count: int = 5) -> list[list[RankedClass]]:
        """For each image the `count` classes with the highest scores, the best first.

        Raises:
            InputError: the model's output is not a table of class scores, or `count` is below 1.
        """
        if count < 1:
            raise InputError(f"count={count}: expected at least 1")
        if self.logits is None:
            raise InputError("this model's output is no (batch, classes) table: nothing to rank")
        table = self.logits.float()
        best = table.topk(min(count, table.shape[1]), dim=1)
        likely = table.sigmoid() if self.multi_label else table.softmax(1)
        shares = likely.gather(1, best.indices)
        # Labels that are not one for each score would name the wrong classes.
        labels = self.labels if self.labels and len(self.labels) == table.shape[1] else None
        return [
            [RankedClass(i, class_name(i, labels), s, p) for i, s, p in zip(*row, strict=True)]
            for row in zip(
                best.indices.tolist(), best.values.tolist(), shares.tolist(), strict=True
            )
        ]

    def channels(
        self, x: float, y: float, count: int = 8, *, index: int = 0, of: PixelsOf = "input"
    ) -> Spot:
        """Which feature maps light a spot: those with the largest contributions α_k·A_k there.

        For Grad-CAM the contributions of all channels add up to the raw map's value at that cell;
        for Guided Grad-CAM to that of its Grad-CAM. The model is run once more when this is first
        asked for, as the feature maps are not kept until then.

        Args:
            x, y: the spot, in pixels of the model's input, or `of` the photo.
            count: how many channels are told, those of either sign that matter most.
            index: which image of the batch.

        Raises:
            InputError: the spot lies outside of the input, `count` is below 1, or the method looks
                at no layer.
            OutputError: run again, the model does not say the same.
        """
        from backlight.explanations.spots import spot

        return spot(self, x, y, count, index, of)

    def with_method(self, method: str) -> Explanation:
        """The same question about the same inputs, answered with another method."""
        return self.asked_again()(method)

    def word_relevance(self, method: str = "gradient-x-input", *, steps: int = 32) -> WordRelevance:
        """Which words of the texts the score depends on: see `backlight.word_relevance`. Computed
        each time, by the same way to the gradients.

        Raises:
            InputError: there is no text, or no embedding layer that it goes into.
        """
        return self.asked_again().words(method, steps)

    def asked_again(self) -> Again:
        """The way back to the model; InputError where it was lost on the way here."""
        if self.again is None:
            raise InputError("this explanation was loaded or copied without its model")
        return self.again

    def overlay(self, index: int = 0, *, boxes: bool = False) -> Image.Image:
        """The picture of one image: its map over the photo, with legend and caption."""
        from backlight.explanations.pictures import picture

        return picture(self, index, boxes=boxes)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the picture (.png), a self-contained page (.html) or the numbers (.npz).

        The picture and the page show every image of the batch. Files are written whole or not
        at all.

        Raises:
            FileError: the file exists and `overwrite` is not set, or cannot be written; or the
                ending is another.
        """
        from backlight.explanations.saving import save

        return save(self, Path(path), overwrite=overwrite)

    def __repr__(self) -> str:
        where = f" at {self.layer} ({self.layer_facts.grid})" if self.layer_facts else ""
        what = ", ".join(self.names[:3]) + (", …" if len(self) > 3 else "")
        return f"<Explanation of {what} by {self.method}{where} in {self.model}>"

    def _repr_html_(self) -> str:
        from backlight.explanations.pictures import notebook

        return notebook(self)

    def __getstate__(self) -> dict[str, Any]:
        # The way back to the model stays here: a pickled result is numbers, not a network.
        return {**self.__dict__, "again": None}
