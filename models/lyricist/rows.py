"""Several texts at once in a causal language model, each at its own length.

In: tokens to add to each row. Out: log-probabilities of the next token, over the tokens the
lyricist can use. Rows wait (with nothing added) while others go on; a row can be copied many times
(candidates of one line) and the chosen one kept. The cache has holes where a row waited: they are
masked, and positions count real tokens only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from transformers import DynamicCache, PreTrainedModel


class Rows:
    """Rows of text in `model`; next-token log-probabilities over `tokens` (ids, sorted)."""

    def __init__(self, model: PreTrainedModel, tokens: npt.NDArray[np.int64], rows: int) -> None:
        self._model = model
        self._head = model.get_output_embeddings().weight[torch.from_numpy(tokens)]  # (U, d)
        self._cache = DynamicCache()
        self._mask = torch.zeros(rows, 0, dtype=torch.long)

    @torch.inference_mode()
    def feed(self, added: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        """Add tokens to each row (none: it waits); log-probabilities (rows, U) after them.

        The values of a row that waits mean nothing.
        """
        width = max(1, *(len(tokens) for tokens in added))
        ids = torch.zeros(len(added), width, dtype=torch.long)
        real = torch.zeros(len(added), width, dtype=torch.long)
        for row, tokens in enumerate(added):
            if tokens:
                ids[row, -len(tokens) :] = torch.tensor(list(tokens))
                real[row, -len(tokens) :] = 1
        before = self._mask.sum(1, keepdim=True)
        self._mask = torch.cat([self._mask, real], dim=1)
        places = (before + real.cumsum(1) - 1).clamp(min=0)
        hidden = self._model.base_model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=places,
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state[:, -1]  # (rows, d)
        return torch.log_softmax((hidden @ self._head.T).float(), dim=-1).numpy()

    def choose(self, rows: Sequence[int]) -> None:
        """Keep these rows, in this order; a row named twice is copied."""
        index = torch.tensor(list(rows))
        self._cache.batch_select_indices(index)
        self._mask = self._mask[index]
