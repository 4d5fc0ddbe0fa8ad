"""How near texts are in meaning: unit vectors of MiniLM-L6 (mean over tokens, as it was trained).

N. Reimers and I. Gurevych, "Sentence-BERT", EMNLP 2019; the model's own card gives the pooling.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from models.lyricist.base import load_minilm

_BATCH = 64


class Meaning:
    """Texts -> vectors; loads MiniLM once."""

    def __init__(self) -> None:
        self._model, self._tokenizer = load_minilm()

    @torch.inference_mode()
    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (texts, 384), float32."""
        out = np.zeros((len(texts), 384), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            tokens = self._tokenizer(
                [texts[i] for i in rows], padding=True, truncation=True, return_tensors="pt"
            )
            hidden = self._model(**tokens).last_hidden_state  # (B, L, 384)
            mask = tokens["attention_mask"].unsqueeze(-1).float()
            mean = (hidden * mask).sum(1) / mask.sum(1)
            out[rows] = torch.nn.functional.normalize(mean, dim=-1).numpy()
        return out
