"""Question answerers that spell their answers, made to tell the scores of the words."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# No answer is longer, as `generate` of transformers has it.
MOST_TOKENS = 20


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
        self.end = int(blip.config.text_config.sep_token_id)

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
            decoder_input_ids = self._start(input_ids)
        asked = self._asked(pixel_values, input_ids, attention_mask)
        return self._spelt(asked, attention_mask, decoder_input_ids)

    def answer(
        self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor | None = None
    ) -> Tensor:
        """The answer it gives, (B, L): from the start mark on the likeliest token each time
        (greedy), up to the end mark, which also fills up the shorter ones."""
        asked = self._asked(pixel_values, input_ids, attention_mask)
        said = self._start(input_ids)
        for _ in range(MOST_TOKENS):
            logits = self._spelt(asked, attention_mask, said).logits[:, -1]
            ended = (said[:, -1:] == self.end).squeeze(1)
            said = torch.cat((said, logits.argmax(1).where(~ended, self.end)[:, None]), 1)
            if bool((said[:, -1] == self.end).all()):
                break
        return said

    def _start(self, input_ids: Tensor) -> Tensor:
        return torch.full_like(input_ids[:, :1], self.decoder_start_token_id)

    def _asked(self, pixels: Tensor, input_ids: Tensor, attention_mask: Tensor | None) -> Tensor:
        """The question, having looked at the picture."""
        seen = self.vision_model(pixel_values=pixels)[0]
        asked: Tensor = self.text_encoder(
            input_ids=input_ids,
            attention_mask=attention_mask,
            encoder_hidden_states=seen,
            encoder_attention_mask=torch.ones_like(seen[..., 0], dtype=torch.long),
        )[0]
        return asked

    def _spelt(self, asked: Tensor, attention_mask: Tensor | None, said: Tensor) -> Any:
        return self.text_decoder(
            input_ids=said, encoder_hidden_states=asked, encoder_attention_mask=attention_mask
        )
