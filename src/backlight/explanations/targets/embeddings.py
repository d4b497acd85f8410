"""The target of networks that return a vector: how like another it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from backlight.errors import TargetError
from backlight.explanations.targets.base import Context, OfRoot
from backlight.explanations.targets.forms import embedding, no_such, text_embedding


class Embedding(OfRoot):
    """How like another vector the image's embedding is: the cosine of the angle between them.

    Args:
        similar_to: an embedding, a tensor or array of shape (D,) or (B, D); or another input of
            the model (a photo, a tensor (C, H, W) or (B, C, H, W)), which is embedded first; or
            None for the text that the model was fed with beside the image (CLIP).

    Raises:
        TargetError: the sizes differ, or there is no text to be similar to.
    """

    def __init__(self, similar_to: Any = None) -> None:
        self.similar_to = similar_to
        self._name = similar_to if isinstance(similar_to, str) else ""
        shape = getattr(similar_to, "shape", ())
        #: The vectors to be like, (1 or B, D); None until they are known.
        self.vectors: Tensor | None = None
        if len(shape) in (1, 2):
            vectors = torch.as_tensor(similar_to).detach()
            self.vectors = vectors if vectors.ndim == 2 else vectors.unsqueeze(0)

    def prepared(self, embed: Callable[[Any], Tensor]) -> Embedding:
        if self.similar_to is None or self.vectors is not None:
            return self
        known = Embedding(embedding(embed(self.similar_to)).detach())
        known._name = self._name
        return known

    def root(self, output: Any, context: Context) -> Tensor:
        own = embedding(output)
        if self.vectors is not None:
            return own
        if self.similar_to is not None:
            raise TargetError(f"{self} must be embedded first, which explain does")
        texts = text_embedding(output)
        if texts is None:
            raise no_such("text_embeds, and Embedding() names nothing else", output)
        # A text does not depend on the image; where it does, both are differentiated.
        texts = texts.expand(len(own), -1) if len(texts) == 1 else texts
        if len(texts) != len(own):
            raise TargetError(f"{len(texts)} texts for {len(own)} images: expected as many")
        return torch.cat((own, texts), 1)

    def score(self, root: Tensor, context: Context) -> Tensor:
        if self.vectors is None:
            own, texts = root.chunk(2, 1)
            return F.cosine_similarity(own, texts, dim=1)
        others = self.vectors.to(root.device, root.dtype)
        if others.shape[1] != root.shape[1] or len(others) not in (1, len(root)):
            raise TargetError(
                f"the embedding to be similar to has shape {tuple(others.shape)}: expected "
                f"{(1, root.shape[1])} or {tuple(root.shape)}"
            )
        return F.cosine_similarity(root, others, dim=1)

    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        return (str(self),) * len(root)

    def __str__(self) -> str:
        if self._name:
            return f"similarity to {self._name}"
        nothing = self.similar_to is None and self.vectors is None
        return f"similarity to {'the text' if nothing else 'another embedding'}"

    def __repr__(self) -> str:
        return f"Embedding({self._name!r})" if self._name else "Embedding(…)"
