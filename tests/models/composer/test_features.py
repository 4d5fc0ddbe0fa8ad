"""The sixty features: hand-checked values, bounds, excerpts and speed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.composer.encode import FIRST_ONSET, HOLD, REST, Event, bar_events, events_of
from models.composer.features import NAMES, profile
from models.composer.sheets import LeadSheet


def _sheet(notes: list[tuple[int, int, int]], bars: int, minor: bool = False) -> LeadSheet:
    return LeadSheet("t", "test", "folk", "4/4", minor, bars, tuple(notes), ())


def _read(sheet: LeadSheet) -> dict[str, float]:
    bars = bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)
    return dict(zip(NAMES, profile(bars, sheet.bar_steps, sheet.minor).tolist(), strict=True))


def _random(seed: int, bars: int = 8) -> LeadSheet:
    rng = np.random.default_rng(seed)
    onsets = sorted(rng.choice(bars * 16, bars * 5, replace=False).tolist())
    ends = [*onsets[1:], bars * 16]
    notes = [
        (a, int(rng.integers(1, b - a + 1)), int(rng.integers(50, 80)))
        for a, b in zip(onsets, ends, strict=True)
    ]
    return _sheet(notes, bars)


def test_there_are_sixty_names() -> None:
    assert len(NAMES) == len(set(NAMES)) == 60


def test_a_scale_in_quarters_is_read_as_such() -> None:
    """C D E F | G A B C: hand-counted."""
    pitches = [60, 62, 64, 65, 67, 69, 71, 72]
    got = _read(_sheet([(4 * i, 4, p) for i, p in enumerate(pitches)], 2))
    assert got["pitch_class_0"] == pytest.approx(2 / 8)
    assert got["pitch_class_1"] == got["rest_share"] == got["chromatic"] == 0
    assert got["move_up_2"] == pytest.approx(5 / 7)
    assert got["move_up_1"] == pytest.approx(2 / 7)
    assert got["length_4"] == 1
    assert got["onset_eighth_0_of_bar"] == got["onset_eighth_6_of_bar"] == pytest.approx(1 / 4)
    assert got["notes_per_beat"] == pytest.approx(1 / 4)
    assert got["off_beat"] == got["density_variation"] == got["direction_changes"] == 0
    assert got["move_over_bar_line"] == pytest.approx(2 / 12)
    assert got["range"] == pytest.approx(12 / 24)
    assert got["rhythm_repeats"] == 1
    assert got["notes_repeat"] == got["notes_return"] == 0
    assert got["phrase_length"] == pytest.approx(2 / 8)
    assert got["rhythm_entropy"] == 0


def test_a_tied_note_counts_once_with_its_whole_length() -> None:
    got = _read(_sheet([(0, 8, 60), (14, 6, 64), (24, 8, 67)], 2))
    assert got["length_5_to_7"] == pytest.approx(1 / 3)
    assert got["pitch_class_4"] == pytest.approx(6 / 22)
    assert got["syncopation"] == pytest.approx(1 / 3)
    assert got["rest_share"] == pytest.approx(10 / 32)


def test_an_arch_rises_and_a_valley_falls() -> None:
    heights = [60, 62, 64, 65, 67, 69, 71, 72, 72, 71, 69, 67, 65, 64, 62, 60]
    arch = _read(_sheet([(4 * i, 4, p) for i, p in enumerate(heights)], 4))
    valley = _read(_sheet([(4 * i, 4, 130 - p) for i, p in enumerate(heights)], 4))
    assert arch["arch"] > 0.6 > 0.4 > valley["arch"]


def _tune(order: str) -> dict[str, float]:
    """Bars of C, D, E or F in quarters; a capital letter ends on a half note."""
    notes = []
    for number, letter in enumerate(order):
        pitch = 60 + "cdef".index(letter.lower()) * 2
        lengths = (4, 4, 8) if letter.isupper() else (4, 4, 4, 4)
        at = 16 * number
        for length in lengths:
            notes.append((at, length, pitch))
            at += length
    return _read(_sheet(notes, len(order)))


def test_order_of_bars_is_heard() -> None:
    """The same eight bars, as two phrases and shuffled."""
    tune, shuffled = _tune("cdeFcdeF"), _tune("ccFdeedF")
    assert tune["notes_return"] == tune["rhythm_returns"] == 1
    assert shuffled["notes_return"] == 0
    assert tune["notes_repeat"] == 0
    assert shuffled["notes_repeat"] == pytest.approx(2 / 7)
    assert tune["rhythm_repeats"] == pytest.approx(4 / 7)
    assert tune["phrase_close"] == pytest.approx(0.5 + (0.5 - 0.3125) / 2)
    assert shuffled["phrase_close"] == pytest.approx(0.5 + (0.375 - 0.3125) / 2)
    assert tune["pitch_class_0"] == shuffled["pitch_class_0"] == pytest.approx(1 / 4)


def test_the_scale_depends_on_the_mode() -> None:
    notes = [(4 * i, 4, p) for i, p in enumerate([60, 63, 67, 68])]
    assert _read(_sheet(notes, 1))["chromatic"] == pytest.approx(1 / 2)
    assert _read(_sheet(notes, 1, minor=True))["chromatic"] == 0


@pytest.mark.parametrize("seed", range(6))
def test_features_are_bounded_and_do_not_depend_on_where_steps_begin(seed: int) -> None:
    bars = bar_events(events_of(_random(seed)), 16, 8)
    got = profile(bars, 16, False)
    assert got.shape == (60,)
    assert got.dtype == np.float32
    assert np.isfinite(got).all()
    assert got.min() >= 0
    assert got.max() <= 1
    moved = [[e._replace(step=e.step + 64) for e in events] for events in bars]
    np.testing.assert_array_equal(profile(moved, 16, False), got)
    for first, size in ((0, 12), (12, 13), (25, 7), (32, 8)):
        assert got[first : first + size].sum() == pytest.approx(1, abs=1e-5)


def test_empty_silent_and_cut_bars_are_harmless() -> None:
    assert not profile([], 16, False).any()
    assert not profile([[], []], 16, False).any()
    silent = profile([[Event(0, REST, 60, 16)]], 16, True)
    assert silent[NAMES.index("rest_share")] == 1
    assert silent.sum() == 1
    held = [[Event(0, HOLD, 60, 16)], [Event(16, HOLD, 60, 8), Event(24, FIRST_ONSET, 62, 8)]]
    got = profile(held, 16, False)
    assert got[2] == 1
    assert np.isfinite(got).all()


def test_sixty_four_bars_take_less_than_two_milliseconds() -> None:
    bars = bar_events(events_of(_random(1, 64)), 16, 64)
    times = []
    for _ in range(20):
        start = time.process_time()
        profile(bars, 16, False)
        times.append(time.process_time() - start)
    assert min(times) < 0.002
