"""Chances that mean what they say, and scores of frames."""

from __future__ import annotations

import numpy as np
import pytest

from models.listener.calibrate import right_frames
from models.listener.calibration import Calibration, chances, expected_error, fit
from models.listener.decoding import Decoded
from models.listener.scoring import score


def frame(scores, bounds=1.0):
    return Decoded(0, 1, "edit", (), np.array(scores, dtype=float), bounds)


def overconfident(count, rng):
    """Frames whose scores claim more than they keep: right with the chance of half the margin."""
    rows, right = [], []
    for _ in range(count):
        margin = rng.uniform(0, 8)
        rows.append([frame([margin, 0.0, -9.0], rng.uniform(0.3, 1))])
        right.append([bool(rng.random() < 1 / (1 + np.exp(-margin / 2)))])
    return rows, right


def test_fitted_chances_are_kept():
    rng = np.random.default_rng(1)
    fitted = fit(*overconfident(1500, rng))
    rows, right = overconfident(1500, rng)

    def error(calibration):
        sure = [float(chances(row[0], calibration).max()) for row in rows]
        return expected_error(sure, [oks[0] for oks in right])

    assert error(fitted) < 0.04 < error(Calibration())


def test_chances_fall_with_doubtful_bounds_and_keep_their_order():
    calibration = Calibration(1.0, 1.0, 1.0, 0.0)
    sure = chances(frame([3.0, 1.0, 0.0]), calibration)
    doubtful = chances(frame([3.0, 1.0, 0.0], bounds=0.4), calibration)
    assert sure[0] > doubtful[0]
    assert list(np.argsort(-doubtful)) == [0, 1, 2]
    assert doubtful.sum() <= 1 + 1e-9


@pytest.mark.parametrize(
    ("sure", "right", "error"),
    [([0.95] * 4, [True] * 4, 0.05), ([0.5, 0.5], [True, False], 0.0), ([1.0], [False], 1.0)],
)
def test_expected_error_by_hand(sure, right, error):
    assert expected_error(sure, right) == pytest.approx(error)


def test_a_message_cut_up_wrongly_has_no_right_frame():
    assert right_frames(["edit", "show"], ["edit", "chat"]) == [True, False]
    assert right_frames(["edit"], ["edit", "edit"]) == [False, False]


def test_scores_by_hand():
    gold = [[("edit", [("pace", "faster")])], [("show", [("item", "midi"), ("item", "pdf")])]]
    ours = [[("edit", [("pace", "faster")])], [("show", [("item", "midi")])]]
    found = score(gold, ours)
    assert (found.intent, found.whole) == (100, 50)
    assert found.slot_f1 == pytest.approx(200 * 2 / 5)
    more = score(gold, [[*ours[0], ("chat", [])], ours[1]])
    assert (more.intent, more.whole) == (50, 0)
