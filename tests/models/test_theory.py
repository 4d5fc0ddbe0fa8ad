from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_strategies import chords, keys

from models.errors import Refusal
from models.theory import (
    MODES,
    QUALITIES,
    QUALITY_CLASSES,
    Chord,
    Key,
    fifths_of,
    name_at_fifths,
    pitch_class,
    quality_class,
    roman,
    voice_lead,
    voicings,
)


def test_the_tables_are_well_formed():
    for steps in MODES.values():
        assert len(steps) == 7 and steps[0] == 0 and sorted(set(steps)) == list(steps)
    for quality, tones in QUALITIES.items():
        assert tones[0] == 0 and list(tones) == sorted(set(tones)), quality
        assert quality_class(quality) in QUALITY_CLASSES
    assert len({frozenset(t % 12 for t in tones) for tones in QUALITIES.values()}) == len(QUALITIES)


@pytest.mark.parametrize(
    ("name", "fifths", "scale"),
    [
        ("C major", 0, "C D E F G A B"),
        ("A minor", 0, "A B C D E F G"),
        ("D dorian", 0, "D E F G A B C"),
        ("E phrygian", 0, "E F G A B C D"),
        ("F lydian", 0, "F G A B C D E"),
        ("G mixolydian", 0, "G A B C D E F"),
        ("B locrian", 0, "B C D E F G A"),
        ("F# major", 6, "F# G# A# B C# D# E#"),
        ("Gb major", -6, "Gb Ab Bb Cb Db Eb F"),
        ("Bb minor", -5, "Bb C Db Eb F Gb Ab"),
        ("D minor", -1, "D E F G A Bb C"),
        ("G# minor", 5, "G# A# B C# D# E F#"),
    ],
)
def test_keys_signatures_and_spelling(name: str, fifths: int, scale: str):
    key = Key.parse(name)
    assert (key.fifths, str(key)) == (fifths, name)
    assert key.scale == tuple(pitch_class(n) for n in scale.split())
    assert [key.spell(pc) for pc in key.scale] == scale.split()


def test_chromatic_notes_are_spelled_as_musicians_expect():
    minor, major = Key.parse("A minor"), Key.parse("C major")
    assert minor.spell(8) == "G#"  # the leading note
    assert [major.spell(pc) for pc in (6, 8, 10, 1, 3)] == ["F#", "Ab", "Bb", "C#", "Eb"]
    assert Key.parse("E major").spell(3) == "D#"
    assert Key.parse("D minor").spell(1) == "C#"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Dm", "D minor"), ("f# dorian", "F# dorian"), ("B-flat major", "Bb major"),
        ("Bb", "Bb major"), ("c", "C major"), ("降B大调", "Bb major"), ("升F小调", "F# minor"),
        ("D 多利亚", "D dorian"),
        ("G# major", "Ab major"), ("E♭ minor", "Eb minor"), ("a moll", "A minor"),
        ("C sharp minor", "C# minor"), ("A aeolian", "A minor"), ("D_minor", "D minor"),
    ],
)  # fmt: skip
def test_keys_as_people_write_them(text: str, key: str):
    assert str(Key.parse(text)) == key


@pytest.mark.parametrize("text", ["", "H minor", "D funky", "hello", "12", "D minor please"])
def test_what_is_no_key_is_refused(text: str):
    with pytest.raises(Refusal):
        Key.parse(text)


@given(key=keys(), semitones=st.integers(-24, 24))
def test_transposing_a_key(key: Key, semitones: int):
    moved = key.transposed(semitones)
    assert moved.mode == key.mode and abs(moved.fifths) <= 7
    assert moved.tonic_pc == (key.tonic_pc + semitones) % 12
    assert Key.parse(str(key)) == key


@given(key=keys(), pc=st.integers(0, 11))
def test_spelling_is_true_and_never_doubly_altered(key: Key, pc: int):
    name = key.spell(pc)
    assert pitch_class(name) == pc and len(name) <= 2
    if pc in key.scale:
        # the seven notes of a key have seven letters
        assert sorted(key.spell(p)[0] for p in key.scale) == list("ABCDEFG")


@given(position=st.integers(-15, 19))
def test_the_line_of_fifths_goes_both_ways(position: int):
    name = name_at_fifths(position)
    assert fifths_of(name) == position
    assert pitch_class(name) == position * 7 % 12


@given(chord=chords())
def test_every_chord_symbol_reads_back(chord: Chord):
    assert Chord.parse(chord.symbol) == chord


@pytest.mark.parametrize(
    ("text", "symbol", "tones"),
    [
        ("C", "C", "C E G"), ("F#m7", "F#m7", "F# A C# E"), ("Bbmaj7/D", "Bbmaj7/D", "Bb D F A"),
        ("G7sus", "G7sus4", "G C D F"), ("Am7b5", "Am7b5", "A C Eb G"),
        ("Cø", "Cm7b5", "C Eb Gb Bb"),
        ("C°7", "Cdim7", "C Eb Gb A"), ("EbΔ", "Ebmaj7", "Eb G Bb D"), ("D-7", "Dm7", "D F A C"),
        ("C6/9", "C69", "C E G A D"), ("C(add9)", "Cadd9", "C E G D"), ("G+", "Gaug", "G B D#"),
        ("A7(b9)", "A7b9", "A C# E G Bb"), ("E♭m", "Ebm", "Eb Gb Bb"), ("C/C", "C", "C E G"),
    ],
)  # fmt: skip
def test_chords_as_people_write_them(text: str, symbol: str, tones: str):
    chord = Chord.parse(text)
    assert chord.symbol == symbol
    assert chord.pcs == tuple(pitch_class(n) for n in tones.split())


@pytest.mark.parametrize("text", ["", "H7", "Cfoo", "7", "C/x", "Dm7/", "N.C.", "[A] verse"])
def test_what_is_no_chord_is_refused(text: str):
    with pytest.raises(Refusal):
        Chord.parse(text)


def test_refusals_cross_process_borders():
    import pickle

    with pytest.raises(Refusal) as caught:
        Chord.parse("H7")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (str(again), again.values) == (str(caught.value), caught.value.values)


@pytest.mark.parametrize(
    ("key", "symbols", "numerals"),
    [
        ("C major", "C Dm7 G7 Am F Bdim Bb", "I ii7 V7 vi IV viio bVII"),
        ("A minor", "Am Dm E7 F Bm7b5 G#dim7", "i iv V7 VI iiø7 #viio7"),
        ("D dorian", "Dm G Em", "i IV ii"),
    ],
)
def test_roman_numerals(key: str, symbols: str, numerals: str):
    found = [roman(Chord.parse(s), Key.parse(key)) for s in symbols.split()]
    assert found == numerals.split()


@pytest.mark.parametrize(
    ("quality", "name"),
    [
        ("", "maj"), ("m6", "min"), ("dim", "dim"), ("aug", "aug"), ("5", "sus"), ("9", "dom7"),
        ("maj13", "maj7"), ("m9", "min7"), ("m7b5", "hdim7"), ("dim7", "dim7"), ("7sus4", "sus"),
    ],
)  # fmt: skip
def test_quality_classes(quality: str, name: str):
    assert quality_class(quality) == name


@given(chord=chords(), semitones=st.integers(-11, 11), key=keys())
def test_transposing_a_chord_moves_every_tone(chord: Chord, semitones: int, key: Key):
    moved = chord.transposed(semitones, key)
    assert {(pc + semitones) % 12 for pc in chord.pcs} == set(moved.pcs)
    assert moved.bass_pc == (chord.bass_pc + semitones) % 12


@given(chord=chords(), voices=st.integers(2, 4))
def test_voicings_hold_the_chord_in_the_range(chord: Chord, voices: int):
    found = voicings(chord, 48, 76, voices)
    third = next((t for t in (3, 4) if t in QUALITIES[chord.quality]), None)
    assert found
    for voicing in found[::7]:
        assert len(set(voicing)) == voices and list(voicing) == sorted(voicing)
        assert voicing[0] >= 48 and voicing[-1] <= 76
        assert {p % 12 for p in voicing} <= set(chord.pcs)
        if third is not None:
            assert (chord.root_pc + third) % 12 in {p % 12 for p in voicing}


def test_voice_leading_moves_little_and_avoids_parallels():
    # I - vi - IV - V in C: the textbook answer keeps common tones and moves by step.
    previous = (55, 60, 64)
    for symbol, expected in (("Am", (57, 60, 64)), ("F", (57, 60, 65)), ("G", (55, 59, 62))):
        chord = voice_lead(previous, Chord.parse(symbol), 48, 72)
        moved = sum(abs(a - b) for a, b in zip(previous, chord, strict=True))
        best = sum(abs(a - b) for a, b in zip(previous, expected, strict=True))
        assert moved <= best + 1, (symbol, chord)
        previous = chord
    line = [voice_lead(None, Chord.parse("C"), 48, 72)]
    for symbol in ("Dm", "Em", "F", "G", "Am"):
        line.append(voice_lead(line[-1], Chord.parse(symbol), 48, 72))
    for a, b in pairwise(line):
        fifths = [
            (i, j)
            for i in range(3)
            for j in range(i + 1, 3)
            if (a[j] - a[i]) % 12 == 7 == (b[j] - b[i]) % 12 and a[i] != b[i]
        ]
        assert not fifths, (a, b)


def test_a_range_too_narrow_is_an_error():
    with pytest.raises(ValueError, match="does not fit"):
        voice_lead(None, Chord.parse("C"), 60, 62)
