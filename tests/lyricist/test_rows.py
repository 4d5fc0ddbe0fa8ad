"""Rows of different length in one batch say what each would say alone."""

from __future__ import annotations

import numpy as np
import torch

from models.lyricist.rows import Rows
from tests.lyricist.small_writer import small_model

TOKENS = np.arange(0, 49152, 100)


def alone(ids: list[int]) -> np.ndarray:
    model = small_model()
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, -1, torch.from_numpy(TOKENS)]
    return torch.log_softmax(logits.float(), -1).numpy()


def test_waiting_rows_and_uneven_additions_change_nothing() -> None:
    rows = Rows(small_model(), TOKENS, 2)
    rows.feed([[5, 6, 7], [8]])
    rows.feed([[], [9, 10]])
    got = rows.feed([[11], [12]])
    np.testing.assert_allclose(got[0], alone([5, 6, 7, 11]), atol=1e-4)
    np.testing.assert_allclose(got[1], alone([8, 9, 10, 12]), atol=1e-4)


def test_a_chosen_row_goes_on_as_it_was() -> None:
    rows = Rows(small_model(), TOKENS, 2)
    rows.feed([[5, 6], [8]])
    rows.choose([1, 0, 0])
    got = rows.feed([[1], [2], [3, 4]])
    for row, ids in enumerate(([8, 1], [5, 6, 2], [5, 6, 3, 4])):
        np.testing.assert_allclose(got[row], alone(ids), atol=1e-4)
