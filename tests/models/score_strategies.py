"""Hypothesis strategies for scores that a file can hold; shared by the file tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from models.score import (
    TICKS_PER_BEAT,
    Meter,
    Note,
    PlacedChord,
    Score,
    Section,
    Tempo,
    Track,
    without_overlaps,
)
from models.theory import MODES, QUALITIES, Chord, Key, name_at_fifths

METERS = tuple(Meter.parse(m) for m in ("4/4", "3/4", "6/8", "2/4", "12/8", "5/4"))
_NAMES = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")),
        min_size=1,
        max_size=12,
    )
    .map(str.strip)
    .filter(bool)
)
_SPELLED = st.integers(-8, 10).map(name_at_fifths)


@st.composite
def keys(draw: Any) -> Key:
    """Every key with a signature of at most seven accidentals."""
    mode = draw(st.sampled_from(sorted(MODES)))
    fifths = draw(st.integers(-7, 7))
    return Key(name_at_fifths(fifths - Key("C", mode).fifths), mode)


@st.composite
def chords(draw: Any) -> Chord:
    """Every quality, with and without a bass."""
    root = draw(_SPELLED)
    bass = draw(st.none() | _SPELLED)
    return Chord(root, draw(st.sampled_from(sorted(QUALITIES))), None if bass == root else bass)


@st.composite
def notes_for(draw: Any, beats: float, grid: int) -> tuple[Note, ...]:
    """Polyphony with overlaps between pitches; `grid` in ticks."""
    steps = int(beats * TICKS_PER_BEAT) // grid
    found = []
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, steps - 1))
        length = draw(st.integers(1, min(steps - start, 2 * TICKS_PER_BEAT // grid * 3)))
        pitch, velocity = draw(st.integers(0, 127)), draw(st.integers(1, 127))
        onset = start * grid / TICKS_PER_BEAT
        found.append(Note(onset, pitch, length * grid / TICKS_PER_BEAT, velocity))
    return without_overlaps(found)


@st.composite
def scores(draw: Any, grids: tuple[int, ...] = (1, 40, 80, 120, 160)) -> Score:
    """Small scores with every kind of content."""
    meter = draw(st.sampled_from(METERS))
    bars = draw(st.integers(1, 5))
    beats = bars * meter.bar_beats
    tracks = []
    for role in draw(st.lists(st.sampled_from(("melody", "bass", "drums", "pad")), max_size=4)):
        notes = draw(notes_for(beats, draw(st.sampled_from(grids))))
        program = draw(st.integers(0, 127))
        tracks.append(Track(draw(_NAMES), role, program, notes, role == "drums"))
    onsets = sorted(draw(st.sets(st.integers(0, int(beats * 2) - 1), max_size=4)))
    ends = [*onsets[1:], int(beats * 2)]
    placed = []
    for onset, end in zip(onsets, ends, strict=False):
        length = draw(st.sampled_from((end - onset, 1)))
        placed.append(PlacedChord(onset / 2, length / 2, draw(chords())))
    starts = sorted(draw(st.sets(st.integers(0, bars - 1), max_size=3)))
    sections = tuple(
        Section(draw(st.sampled_from(("verse", "pre-chorus", "solo"))), label, start, 1)
        for label, start in zip("ABC", starts, strict=False)
    )
    bpm = st.floats(30, 300)
    tempos = [Tempo(0.0, draw(bpm))]
    if draw(st.booleans()):
        tempos.append(Tempo(beats / 2, draw(bpm)))
    title = draw(_NAMES)
    key = draw(keys())
    return Score(title, key, meter, tuple(tempos), bars, tuple(tracks), tuple(placed), sections)
