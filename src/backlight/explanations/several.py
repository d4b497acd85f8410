"""Several explanations of the same images: a list that can be looked at and saved as one."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import SupportsIndex, overload

import torch
from PIL import Image

from backlight.errors import InputError
from backlight.explanations.explanation import Explanation


class Explanations(list[Explanation]):
    """What `explain` returns where several things were asked about the same images.

    A list in every way, a part of which is one like it; and one picture, page or file: of a
    caption's words a page on which each word lights up its map, of other targets or layers one map
    beside the other.
    """

    @overload
    def __getitem__(self, place: SupportsIndex) -> Explanation: ...
    @overload
    def __getitem__(self, place: slice) -> Explanations: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Explanation | Explanations:
        if isinstance(place, slice):
            return Explanations(super().__getitem__(place))
        return super().__getitem__(place)

    def overlay(self, index: int = 0) -> Image.Image:
        """The picture of one image: all its maps side by side, each with what it explains."""
        from backlight.explanations.sheets import sheet_of

        return sheet_of(self.checked(), index)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the picture (.png), a self-contained page (.html) or the numbers (.npz).

        In the file of numbers the maps have one more dimension, the first, as many as there are
        explanations.

        Raises:
            FileError: the file exists and `overwrite` is not set, or cannot be written; or the
                ending is another.
            InputError: there are none, or they are of different images; for .npz also of maps of
                different sizes.
        """
        from backlight.explanations.saving import save

        return save(self.checked(), Path(path), overwrite=overwrite)

    def checked(self) -> Explanations:
        """Itself, once it is known that all are of the same images.

        Raises:
            InputError: there are none, or they are not.
        """
        if not self:
            raise InputError("there is no explanation in the list: expected at least one")
        first = self[0].image
        for place, one in enumerate(self):
            same = one.image is first or (
                one.image.shape == first.shape and bool(torch.equal(one.image, first))
            )
            if not same:
                raise InputError(
                    f"explanations 0 and {place} are of different images: save each by itself"
                )
        return self

    def _repr_html_(self) -> str:
        from backlight.explanations.sheets import notebook_of

        return notebook_of(self)
