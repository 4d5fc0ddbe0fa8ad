"""The n-gram is a probability, the sampler is exact, and counting counts what was written."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.planner import harmony, learn
from models.planner.corpora import Song, _chart, _lead_sheet, _tonic
from models.planner.harmony import MIX, START, Sampler, draw, mixed, sampler
from models.planner.keys import infer_key
from models.planner.tokens import PLAIN, TOKENS, from_chord, from_pitch_classes, relative, to_chord
from models.theory import QUALITIES, QUALITY_CLASSES, Chord, Key


def song(tokens: list[int], corpus: str = "pop909", name: str = "a", mode: str = "major") -> Song:
    events = tuple((4.0 * i, t) for i, t in enumerate(tokens))
    return Song(corpus, name, mode, 4.0, 1.0, events, (4.0 * len(tokens),))


def tiny(seed: int, size: int = 3) -> Sampler:
    """A random trigram over a few tokens, repeats excluded as in the shipped tables."""
    rng = np.random.default_rng(seed)
    transition = rng.random((size + 1, size + 1, size)) + 0.05
    for i in range(size):
        transition[:, i, i] = 0.0
    transition /= transition.sum(-1, keepdims=True)
    blank = np.zeros(size)
    return Sampler(tuple(range(size)), transition, blank, np.ones((4, size)), blank, {})


def test_draws_follow_the_model_given_the_constraints() -> None:
    table = tiny(1)
    weights = [
        np.array([1.0, 0.5, 0.0]),
        np.ones(3),
        np.array([0.2, 1.0, 3.0]),
        np.array([1.0, 0, 0]),
    ]
    exact: dict[tuple[int, ...], float] = {}
    for path in product(range(3), repeat=4):
        p, a, b = 1.0, 3, 3
        for weight, c in zip(weights, path, strict=True):
            p *= table.transition[a, b, c] * weight[c]
            a, b = b, c
        exact[path] = p
    total = sum(exact.values())
    rng, n = Random(0), 6000
    seen = Counter(tuple(draw(table, weights, rng)) for _ in range(n))
    assert set(seen) <= {path for path, p in exact.items() if p > 0}
    for path, p in exact.items():
        expected = p / total
        spread = (expected * (1 - expected) / n) ** 0.5
        assert abs(seen[path] / n - expected) < 5 * spread + 1e-9, path


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from(sorted(MIX)), st.booleans())
def test_forbidden_tokens_are_never_drawn(seed: int, size: int, name: str, minor: bool) -> None:
    table = sampler(name, "minor" if minor else "major")
    rng = np.random.default_rng(seed)
    weights = [(rng.random(len(table.tokens)) < 0.3).astype(float) for _ in range(size)]
    for weight in weights:
        weight[rng.integers(len(table.tokens), size=3)] = 1.0
    drawn = draw(table, weights, Random(seed))
    assert len(drawn) == size
    for weight, token in zip(weights, drawn, strict=True):
        assert weight[table.index(token)] > 0
    assert all(a != b for a, b in pairwise(drawn))


def test_an_impossible_sequence_is_an_error() -> None:
    only = np.array([1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="no chord sequence"):
        draw(tiny(2), [only, only], Random(1))


@pytest.mark.parametrize("name", sorted(MIX))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_shipped_tables_are_probabilities_and_know_their_cadences(name: str, mode: str) -> None:
    model = mixed(harmony.shipped(), name, mode)
    np.testing.assert_allclose(model.unigram.sum(), 1)
    np.testing.assert_allclose(model.bigram.sum(-1), 1)
    np.testing.assert_allclose(model.trigram.sum(-1), 1)
    assert (model.trigram > 0).all()
    table = sampler(name, mode)
    np.testing.assert_allclose(table.transition.sum(-1), 1)
    assert set(harmony.CADENTIAL) <= set(table.tokens)
    kept = model.unigrams[list(table.tokens)].sum() / model.unigrams.sum()
    assert kept > 0.9


def test_every_rhythm_starts_somewhere_in_four_bars() -> None:
    for name in MIX:
        for pulses, masks in sampler(name, "major").rhythms.items():
            assert all(0 < mask < 1 << (4 * pulses) for mask in masks)


def test_counting_is_by_song_and_by_place() -> None:
    home, four, five = 0, 50, 75
    songs = [song([home, four, five, home] * 2, name=str(i)) for i in range(3)]
    rows = learn.count(songs)
    trigrams = {tuple(r[:3]): r[3:] for r in harmony._rows(rows["trigrams"], 5)}
    assert trigrams[home, four, five] == [6, 3]
    assert trigrams[START, START, home] == [3, 3]
    position = {tuple(r[:2]): r[2] for r in harmony._rows(rows["position"], 3)}
    assert position[2, five] == 6
    assert {tuple(r[:2]): r[2] for r in harmony._rows(rows["cadences"], 3)} == {(five, home): 3}
    chord_a_bar = sum(1 << (4 * bar) for bar in range(4))
    assert harmony._rows(rows["rhythms"], 3) == [[4, chord_a_bar, 6]]


def test_what_was_learned_predicts_new_songs_better_than_frequencies() -> None:
    rng = Random(5)
    turns = ([0, 91, 50, 75], [0, 50, 75, 0], [91, 50, 0, 75])

    def songs(corpus: str, n: int) -> list[Song]:
        return [
            song([t for _ in range(6) for t in rng.choice(turns)], corpus, f"{corpus}{i}")
            for i in range(n)
        ]

    corpora = learn.learn([s for c in learn.CORPORA for s in songs(c, 20)])
    table = learn.evaluate(corpora, songs("pop909", 10))
    scores = next(p for name, _, _, p in table if name == "pop")
    assert scores["trigram"] < scores["bigram"] < 0.7 * scores["unigram"]


def test_the_split_keeps_all_parts_of_a_song_together() -> None:
    parts = [song([0, 50], name=f"{n}.{i}") for n in range(300) for i in range(3)]
    kept = [learn.held_out(p) for p in parts]
    assert all(len(set(kept[i : i + 3])) == 1 for i in range(0, len(kept), 3))
    assert 0.05 < sum(kept) / len(kept) < 0.17


def test_tokens_and_chords_agree() -> None:
    key = Key("D", "minor")
    for quality in QUALITIES:
        token = relative(from_chord(Chord("A", quality)), key.tonic_pc)
        assert token // 10 == 7
        assert QUALITY_CLASSES[token % 10] == Chord("A", quality).quality_class
    for token in range(TOKENS):
        assert relative(from_chord(to_chord(token, key)), key.tonic_pc) == token


@pytest.mark.parametrize(
    ("pitches", "symbol"),
    [
        ([48, 52, 55], "C"),
        ([52, 55, 60], "C"),
        ([57, 60, 64, 67], "Am7"),
        ([43, 47, 50, 53], "G7"),
        ([47, 50, 53], "Bdim"),
        ([50, 55, 57], "Dsus4"),
    ],
)
def test_struck_notes_are_named(pitches: list[int], symbol: str) -> None:
    assert from_pitch_classes(pitches) == from_chord(Chord.parse(symbol))


def test_two_notes_are_no_chord() -> None:
    assert from_pitch_classes([48, 55, 60]) is None


def test_signatures_and_last_chords_name_the_tonic() -> None:
    assert _tonic(1, from_chord(Chord("G"))) == (7, "major")
    assert _tonic(1, from_chord(Chord("E", "m"))) == (4, "minor")
    assert _tonic(0, from_chord(Chord("D", "m"))) == (2, "minor")  # dorian counts as minor
    assert _tonic(2, from_chord(Chord("A", "7"))) == (2, "major")  # a tune that stops on V


def test_charts_are_read_with_their_endings() -> None:
    chart = {
        "Key": "Dmin",
        "Rhythm": "Bossa Nova",
        "TimeSignature": "4/4",
        "Sections": [
            {
                "MainSegment": {"Chords": "Dm7|G7alt,C7(b9)|Fmaj7|E07"},
                "Endings": [{"Chords": "Em7b5|A7"}, {"Chords": "A7|Dm6/F"}],
            }
        ],
    }
    read = _chart("x", chart)
    assert read is not None
    assert (read.corpus, read.mode, read.bar_beats) == ("latin", "minor", 4.0)
    assert read.ends == (24.0, 48.0)
    named = [f"{t // 10}{PLAIN[t % 10]}" for _, t in read.events]
    assert named[:5] == ["0m7", "57", "107", "3maj7", "2dim7"]
    assert named[-2:] == ["77", "0m"]
    assert [onset for onset, _ in read.events][:4] == [0.0, 4.0, 6.0, 8.0]


def test_lead_sheets_are_read_from_musicxml() -> None:
    from xml.etree import ElementTree

    def measure(number: int, chord: str, kind: str) -> str:
        attributes = (
            "<attributes><divisions>1</divisions><time><beats>3</beats><beat-type>4</beat-type>"
            "</time></attributes>"
        )
        return (
            f"<measure number='{number}'>{attributes if number == 1 else ''}"
            f"<harmony><root><root-step>{chord}</root-step></root><kind>{kind}</kind></harmony>"
            "<note><duration>3</duration></note></measure>"
        )

    cells = [("C", "major"), ("F", "major"), ("G", "dominant"), ("C", "major")] * 3
    text = "".join(measure(i + 1, *cell) for i, cell in enumerate(cells))
    sheet = _lead_sheet("x", ElementTree.fromstring(f"<score><part>{text}</part></score>"))  # noqa: S314
    assert sheet is not None
    assert (sheet.mode, sheet.bar_beats) == ("major", 3.0)
    assert [t for _, t in sheet.events][:3] == [0, 50, 75]
    assert sheet.events[1][0] == 3.0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 11), st.sampled_from(["major", "minor"]), st.integers(0, 10**6))
def test_cadences_tell_the_key(pc: int, mode: str, seed: int) -> None:
    key = Key("C", mode).transposed(pc)
    minor = mode == "minor"
    middle = Random(seed).sample([50 + minor, 80 if minor else 91, 30 if minor else 21], 3)
    tokens = [int(minor), *middle, 75, int(minor)]
    chords = [(to_chord(t, key), 1.0) for t in tokens]
    assert str(infer_key(chords)) == str(key)
