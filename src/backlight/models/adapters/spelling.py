"""Question answerers that spell their answers, made to tell the scores of the words."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class SpelledAnswers(nn.Module):
    """BLIP's question answerer, returning the scores of the answer's words.

    `BlipForQuestionAnswering` computes them and returns their loss only. This one consists of the
    same parts, under the same names, and runs them in the same order (Li et al. 2022, section
    4.3): the question looks at the picture, the answer at the question.

    Attributes:
        decoder_start_token_id: what every answer starts from.

    Args:
        blip: of `transformers`; its weights are shared.
    """

    def __init__(self, blip: Any) -> None:
        super().__init__()
        self.vision_model: nn.Module = blip.vision_model
        self.text_encoder: nn.Module = blip.text_encoder
        self.text_decoder: nn.Module = blip.text_decoder
        self.decoder_start_token_id = int(blip.decoder_start_token_id)

    def forward(
        self,
        pixel_values: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
    ) -> Any:
        """Scores (B, T, V) of what follows each of the answer's tokens; of its first one where no
        answer is given."""
        if decoder_input_ids is None:
            decoder_input_ids = torch.full_like(input_ids[:, :1], self.decoder_start_token_id)
        seen = self.vision_model(pixel_values=pixel_values)[0]
        asked = self.text_encoder(
            input_ids=input_ids,
            attention_mask=attention_mask,
            encoder_hidden_states=seen,
            encoder_attention_mask=torch.ones_like(seen[..., 0], dtype=torch.long),
        )[0]
        return self.text_decoder(
            input_ids=decoder_input_ids,
            encoder_hidden_states=asked,
            encoder_attention_mask=attention_mask,
        )
