"""Chords from sounding notes: known progressions in every texture, and agreement with people."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import symusic

from models.composer.chord_finder import find_chords
from models.composer.corpora.midi_sets import _block_chords
from models.composer.sheets import TEMPLATES
from models.theory import QUALITY_CLASSES

Notes = list[tuple[float, float, int]]

_AXIS = [(0, "maj"), (7, "maj"), (9, "min"), (5, "maj")]  # C G Am F


def _block(at: float, root: int, quality: str, beats: float) -> Notes:
    bass = (at, beats, 36 + root)
    return [bass, *((at, beats, 60 + (root + i) % 12) for i in TEMPLATES[quality])]


def _arpeggio(at: float, root: int, quality: str, beats: float) -> Notes:
    tones = [48 + root + i for i in (0, *TEMPLATES[quality])]
    return [(at + i / 2, 0.5, tones[i % len(tones)]) for i in range(int(beats * 2))]


def _expected(progression: list[tuple[int, str]], beats: float) -> list[tuple[float, int, int]]:
    return [(i * beats, r, QUALITY_CLASSES.index(q)) for i, (r, q) in enumerate(progression)]


@pytest.mark.parametrize("texture", [_block, _arpeggio])
@pytest.mark.parametrize("beats", [2.0, 3.0, 4.0])
def test_a_chord_a_bar_in_every_meter(texture: object, beats: float) -> None:
    notes = [n for i, (r, q) in enumerate(_AXIS) for n in texture(i * beats, r, q, beats)]  # type: ignore[operator]
    assert find_chords(notes, beats, 4) == _expected(_AXIS, beats)


@pytest.mark.parametrize("quality", QUALITY_CLASSES)
def test_every_quality_on_every_root(quality: str) -> None:
    for root in range(12):
        notes = _block(0, root, quality, 4) + _block(4, (root + 1) % 12, "maj", 4)
        assert find_chords(notes, 4, 2)[0] == (0.0, root, QUALITY_CLASSES.index(quality))


def test_two_chords_in_a_bar_of_six_eighths() -> None:
    notes = _block(0, 2, "min", 1.5) + _block(1.5, 7, "maj", 1.5) + _block(3, 0, "maj", 3)
    assert [(at, r) for at, r, _ in find_chords(notes, 3.0, 2)] == [(0, 2), (1.5, 7), (3, 0)]


def test_passing_notes_and_silence_do_not_change_the_chord() -> None:
    notes = [*_block(0, 0, "maj", 4), (1.0, 0.25, 62), (3.0, 0.5, 65)]
    notes += _block(8, 0, "maj", 4)  # a silent bar between
    assert find_chords(notes, 4, 3) == [(0.0, 0, 0)]


def test_nothing_sounding_gives_no_chord_and_silence_before_the_first_has_none() -> None:
    assert find_chords([], 4, 2) == []
    assert find_chords(_block(4, 9, "min", 4), 4, 2)[0][0] == 4.0


def test_it_agrees_with_people_on_pop909(data_dir: Path) -> None:
    """Against POP909-CL's human chords on songs outside the tuning: root .95, and its third .90."""
    folders = sorted(p for p in (data_dir / "pop909").iterdir() if p.is_dir())
    random.Random(5).shuffle(folders)
    same = total = 0
    for folder in folders[:12]:
        path = folder / f"{folder.name}.chords_cleaned.mid"
        score = symusic.Score(str(path)) if path.exists() else None
        if score is None or len(score.time_signatures) != 1 or len(score.tracks) < 2:
            continue
        unit = score.ticks_per_quarter
        sign = score.time_signatures[0]
        bar = sign.numerator * 4 / sign.denominator
        notes = [(n.time / unit, n.duration / unit, n.pitch) for n in score.tracks[0].notes]
        bars = int(score.end() / unit // bar)
        found = find_chords(notes, bar, bars)
        stated = _block_chords(score.tracks[1], unit)
        for beat in range(int(stated[0][0]) + 1, int(bars * bar)):
            here = [r for at, r, _ in found if at <= beat][-1:]
            there = [r for at, r, _ in stated if at <= beat][-1:]
            same += here == there
            total += 1
    assert total > 1000
    assert same / total > 0.9
