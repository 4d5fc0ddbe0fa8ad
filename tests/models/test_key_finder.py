"""Keys from pitch-class durations: known pieces, transposition, and inputs that are no music."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

from models.key_finder import find_key, weights

# "Twinkle, twinkle" and the opening of "Greensleeves", as (duration, MIDI pitch).
_TWINKLE = [(1, p) for p in (60, 60, 67, 67, 69, 69)] + [(2, 67)]
_TWINKLE += [(1, p) for p in (65, 65, 64, 64, 62, 62)] + [(2, 60)]
_GREENSLEEVES = [
    (1, 69), (2, 72), (1, 74), (1.5, 76), (0.5, 77), (1, 76), (2, 74), (1, 71), (1.5, 67),
    (0.5, 69), (1, 71), (2, 72), (1, 69), (1.5, 69), (0.5, 68), (1, 69), (2, 71), (1, 68),
    (2, 64), (3, 69),
]  # fmt: skip


@pytest.mark.parametrize("shift", range(12))
def test_known_tunes_in_every_transposition(shift: int) -> None:
    tune = weights((d, p + shift) for d, p in _TWINKLE)
    assert find_key(tune)[:2] == (shift, False)
    air = weights((d, p + shift) for d, p in _GREENSLEEVES)
    assert find_key(air)[:2] == ((9 + shift) % 12, True)


@given(st.lists(st.floats(0.01, 50), min_size=12, max_size=12), st.integers(0, 11))
def test_the_answer_moves_with_the_music_and_not_with_its_length(
    heard: list[float], shift: int
) -> None:
    tonic, minor, margin = find_key(heard)
    moved = find_key(np.roll(heard, shift) * 7)
    assert margin >= 0
    assert moved[2] == pytest.approx(margin, abs=1e-9)
    if margin > 1e-9:
        assert moved[:2] == ((tonic + shift) % 12, minor)


@pytest.mark.parametrize("bad", [[0.0] * 12, [1.0] * 11, [-1.0, *[1.0] * 11]])
def test_what_is_no_music_is_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="twelve weights"):
        find_key(bad)


def test_nottingham_is_found_as_documented(data_dir: Path) -> None:
    """Exact tonic and mode, melody and chords, against the first key of each file."""
    right = []
    for path in sorted((data_dir / "nottingham").glob("*.mid")):
        score = symusic.Score(str(path))
        stated = score.key_signatures[0]
        minor = bool(stated.tonality)
        tonic = (7 * stated.key + 9 * minor) % 12
        heard = weights((n.duration, n.pitch) for t in score.tracks for n in t.notes)
        right.append(find_key(heard)[:2] == (tonic, minor))
    assert np.mean(right) == pytest.approx(0.905, abs=0.001)
