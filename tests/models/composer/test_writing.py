"""Distances, controls and measures of melodies: known values, and controls that must lose."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models import midi
from models.composer.encode import FIRST_ONSET, HOLD, REST, bar_events
from models.composer.evaluation import distance, muspy_measures, writing
from models.composer.ngram import BackOff, Ngram
from models.composer.sheets import LeadSheet
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key

_SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def _tune(number: int, bars: int = 16) -> LeadSheet:
    """A plain tune: four-bar phrases that come again, closing on a long note, mostly steps."""
    rng = np.random.default_rng(number)
    phrase: list[list[tuple[int, int, int]]] = []
    degree = int(rng.integers(2, 6))
    for bar in range(4):
        lengths = [2] * 8 if bar < 3 and rng.random() < 0.3 else [4, 4, 4, 4]
        lengths = [4, 4, 8] if bar == 3 else lengths
        row, at = [], 0
        for length in lengths:
            degree = min(7, max(0, degree + int(rng.choice((-1, -1, 1, 1, 2, -2)))))
            row.append((at, length, _SCALE[degree]))
            at += length
        phrase.append(row)
    notes = [
        (16 * b + at, length, pitch) for b in range(bars) for at, length, pitch in phrase[b % 4]
    ]
    return LeadSheet(f"t{number}", "test", "folk", "4/4", False, bars, tuple(notes), ())


def test_frechet_of_gaussians_is_the_known_one() -> None:
    """Same shape moved by (3, 4): 25; one axis twice as wide: its deviations' gap squared."""
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(20000, 2))
    assert distance.frechet(cloud, cloud) == pytest.approx(0, abs=1e-6)
    assert distance.frechet(cloud, cloud + np.array((3, 4))) == pytest.approx(25, abs=1e-6)
    assert distance.frechet(cloud, cloud * (2, 1)) == pytest.approx(1, abs=0.05)
    assert distance.frechet(cloud * (2, 1), cloud) == pytest.approx(1, abs=0.05)
    with pytest.raises(ValueError, match="two melodies"):
        distance.frechet(cloud[:1], cloud)


def test_a_copy_is_at_the_floor_and_a_shift_is_not() -> None:
    rng = np.random.default_rng(1)
    humans = rng.uniform(size=(40, 60))
    scale = distance.Scale.of(rng.uniform(size=(500, 60)))
    rows: dict[str, distance.Rows] = {
        "like them": (rng.uniform(size=(40, 60)), range(40)),
        "moved": (rng.uniform(size=(40, 60)) + 0.3, range(40)),
        "few, of no tune": (rng.uniform(size=(15, 60)), None),
    }
    got = distance.against(humans, rows, scale, rounds=12)
    floor = got[distance.FLOOR]
    assert got["like them"].mean == pytest.approx(floor.mean, rel=0.2)
    assert got["moved"].low > 2 * floor.high
    assert floor.closer_than(got["moved"]) == 1
    assert floor.low <= floor.mean <= floor.high
    assert len(floor.values) == 12
    again = distance.against(humans, rows, scale, rounds=12)
    assert again == got
    with pytest.raises(ValueError, match="eight"):
        distance.against(humans[:5], {}, scale)
    with pytest.raises(ValueError, match="too few"):
        distance.against(humans, {"one": (humans[:1], [0])}, scale)


def test_features_that_never_vary_do_not_blow_up() -> None:
    flat = np.zeros((30, 60))
    scale = distance.Scale.of(flat)
    assert np.abs(scale.apply(flat + 0.01)).max() == pytest.approx(0.5)


def test_all_probabilities_agree_with_each() -> None:
    model = BackOff(5)
    for seen, symbol in (((1, 2), 3), ((1, 2), 4), ((0, 2), 3), ((0, 0), 1)):
        model.add(seen, symbol)
    contexts: tuple[tuple[int, ...], ...] = ((1, 2), (9, 2), (9, 9), ())
    for context in contexts:
        every = model.probabilities(context)
        assert every.sum() == pytest.approx(1)
        one = [model.probability(context, symbol) for symbol in range(5)]
        np.testing.assert_allclose(every, one)


def test_the_sampler_tiles_bars_and_writes_what_it_counted() -> None:
    ngram = Ngram(3).fit([_tune(i) for i in range(30)])
    events = ngram.sample("4/4", 64, np.random.default_rng(0))
    ends = [e.step + e.duration for e in events]
    assert [e.step for e in events] == [0, *ends[:-1]]
    assert ends[-1] == 64 * 16
    bars = bar_events(events, 16, 64)
    assert all(sum(e.duration for e in row) == 16 for row in bars)
    onsets = [e for e in events if e.kind == FIRST_ONSET]
    assert np.mean([e.pitch in _SCALE for e in onsets]) > 0.9
    assert np.mean([e.duration in (2, 4, 8) for e in onsets]) > 0.9
    for before, event in pairwise(events):
        assert event.kind != HOLD or (event.step % 16 == 0 and before.kind != REST)
    assert events == ngram.sample("4/4", 64, np.random.default_rng(0))


def test_shuffling_keeps_every_bar() -> None:
    melody = writing.melody_of(_tune(0))
    shuffled = writing.shuffled_bars(melody, 1)
    assert shuffled.bars != melody.bars
    assert len(shuffled.bars) == len(melody.bars)

    def kept(m: writing.Melody) -> list[tuple[tuple[int, int, int], ...]]:
        return sorted(tuple((e.step % 16, e.pitch, e.duration) for e in row) for row in m.bars)

    assert kept(shuffled) == kept(melody)
    assert [row[0].step for row in shuffled.bars] == [16 * b for b in range(16)]


def test_a_tie_whose_note_went_elsewhere_is_struck_again() -> None:
    notes = ((0, 12, 60), (12, 12, 64), (24, 8, 67), (32, 16, 69), (48, 16, 71))
    sheet = LeadSheet("tie", "test", "folk", "4/4", False, 4, notes, ())
    melody = writing.melody_of(sheet, 4)
    assert melody.bars[1][0].kind == HOLD
    seen = set()
    for seed in range(12):
        bars = writing.shuffled_bars(melody, seed).bars
        for number, row in enumerate(bars):
            if row[0].pitch == 64 and row[0].duration == 8:
                tied = number > 0 and bars[number - 1][-1].pitch == 64
                assert row[0].kind == (HOLD if tied else FIRST_ONSET)
                seen.add(tied)
    assert seen == {True, False}


def test_controls_are_further_than_people_and_a_new_human_row_is_not() -> None:
    """Tunes of one maker: a second set by it is near, the controls are not."""
    train = [_tune(i) for i in range(100, 160)]
    test = writing.humans([_tune(i) for i in range(40)])
    like = [
        writing.Melody(m.tune, m.meter, m.minor, writing.melody_of(_tune(500 + i)).bars)
        for i, m in enumerate(test)
    ]
    sources = {m.tune: "test" for m in test}
    got = writing.table(test, train, sources, {"maker": like}, rounds=10)
    far = {name: line.distance for name, line in got.items()}
    assert far["maker"].mean < 1.4 * far["human"].mean
    for name in ("n-gram", "shuffled bars", "bars of other tunes"):
        assert far["maker"].closer_than(far[name]) == 1
        assert far[name].mean > 1.5 * far["human"].mean
    assert set(got["maker"].muspy) == set(muspy_measures.NAMES)
    assert got["human"].melodies == 40


def test_muspy_measures_of_a_known_melody() -> None:
    """A scale in quarters over two bars, the last note held into a third."""
    notes = tuple((4 * i, 4 if i < 7 else 8, p) for i, p in enumerate(_SCALE))
    sheet = LeadSheet("s", "test", "folk", "4/4", False, 3, notes, ())
    melody = writing.melody_of(sheet)
    music = muspy_measures.as_music(melody.bars, 16)
    assert [n.time for n in music.tracks[0].notes] == [4 * i for i in range(8)]
    assert music.tracks[0].notes[-1].duration == 8
    got = muspy_measures.measures(melody.bars, 16)
    assert got["pitch_range"] == 12
    assert got["n_pitches_used"] == 8
    assert got["n_pitch_classes_used"] == 7
    assert got["scale_consistency"] == 1
    share = np.array([2, 1, 1, 1, 1, 1, 1]) / 8
    assert got["pitch_class_entropy"] == pytest.approx(-(share * np.log2(share)).sum())
    silent = muspy_measures.measures([[], []], 16)
    assert all(np.isnan(v) for v in silent.values())
    both = muspy_measures.means([(melody.bars, 16), ([[], []], 16)])
    assert both == got


def test_melodies_of_files_are_read_in_their_key(tmp_path: Path) -> None:
    """A tune moved to D and down an octave, with a bass: the same melody is read back."""
    sheet = _tune(3)
    tune = tuple(Note(on / 4 + 8, p - 10, length / 4, 90) for on, length, p in sheet.notes)
    bass = tuple(Note(4.0 * b, 38, 4.0, 70) for b in range(18))
    tracks = (Track("Flute", "melody", 73, tune), Track("Bass", "bass", 33, bass))
    score = Score("t", Key("D", "major"), Meter(4, 4), (Tempo(0, 100),), 18, tracks)
    midi.write(score, tmp_path / "a.mid")
    (found,) = writing.melodies_from(tmp_path)
    assert found.meter == "4/4"
    assert not found.minor
    expected = writing.melody_of(sheet)
    shift = found.bars[0][0].pitch - expected.bars[0][0].pitch
    assert shift % 12 == 0
    np.testing.assert_allclose(found.profile()[:30], expected.profile()[:30], atol=1e-6)


def test_stored_melodies_come_back(tmp_path: Path) -> None:
    sheet = _tune(1)
    entry = {"meter": "4/4", "minor": False, "bars": 16, "notes": [list(n) for n in sheet.notes]}
    path = tmp_path / "previous.json"
    path.write_text(json.dumps({"t1": entry}), encoding="utf-8")
    assert writing.stored(path) == [writing.melody_of(sheet)]
