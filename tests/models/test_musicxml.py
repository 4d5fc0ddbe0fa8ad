from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from music21.musicxml.xmlToM21 import MusicXMLImporter
from score_strategies import scores

from models import musicxml
from models.chord_kinds import CHORD_KINDS, quality_of
from models.errors import Refusal
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track
from models.theory import QUALITIES, Chord, Key

C_MAJOR = Score("T", Key("C"), Meter(), (Tempo(0.0, 120.0),), 2)


def judge(path: Path) -> Any:
    """The file as music21 reads it: the reader that shares nothing with ours."""
    importer = MusicXMLImporter()
    with warnings.catch_warnings():  # it warns of General MIDI drums that it has no class for
        warnings.simplefilter("ignore")
        importer.readFile(str(path))
    return importer.stream


def sounding(part: Any) -> list[tuple[float, float, int]]:
    """(onset, duration, pitch) of a part as music21 reads it, ties joined."""
    found, held = [], {}
    flat = part.flatten().notes
    for n in sorted(flat, key=lambda n: n.offset):
        if "ChordSymbol" in n.classes or "NoChord" in n.classes:
            continue
        for member in n.notes if n.isChord else [n]:
            start, end = round(n.offset * 480), round((n.offset + n.quarterLength) * 480)
            tie = member.tie.type if member.tie else ""
            if tie in ("stop", "continue"):
                start = held.pop((member.pitch.midi, start))
            if tie in ("start", "continue"):
                held[member.pitch.midi, end] = start
            else:
                found.append((start / 480, (end - start) / 480, member.pitch.midi))
    assert not held
    return sorted(found)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(score=scores())
def test_every_score_comes_back_exactly(score: Score, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("xml") / "a.musicxml"
    musicxml.write(score, path)
    assert musicxml.read(path) == score


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(score=scores(grids=(40, 120, 160)))
def test_music21_reads_the_same_music(score: Score, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("xml") / "a.musicxml"
    musicxml.write(score, path)
    parsed = judge(path)
    key = parsed.recurse().getElementsByClass("KeySignature").first()
    meter = parsed.recurse().getElementsByClass("TimeSignature").first()
    assert (key.sharps, key.mode) == (score.key.fifths, score.key.mode)
    assert meter.ratioString == str(score.meter)
    assert len(parsed.parts[0].getElementsByClass("Measure")) == score.bars
    for track, part in zip(score.tracks, parsed.parts, strict=False):
        if not track.is_drum:
            assert sounding(part) == [
                (n.onset, n.duration, n.pitch)
                for n in sorted(track.notes, key=lambda n: (n.onset, n.duration, n.pitch))
            ]


def test_every_chord_quality_means_the_same_to_music21(tmp_path: Path):
    names = sorted(QUALITIES)
    chords = [Chord("Eb", q) for q in names] + [Chord("F#", q, "A") for q in names]
    placed = tuple(PlacedChord(i * 4.0, 4.0, c) for i, c in enumerate(chords))
    score = Score("C", Key("Eb"), Meter(), (Tempo(0.0, 99.5),), len(chords), (), placed)
    musicxml.write(score, tmp_path / "a.musicxml")
    assert musicxml.read(tmp_path / "a.musicxml").chords == placed
    symbols = list(judge(tmp_path / "a.musicxml").recurse().getElementsByClass("ChordSymbol"))
    assert len(symbols) == len(chords)
    for symbol, chord in zip(symbols, chords, strict=True):
        assert symbol.root().name.replace("-", "b") == chord.root
        # 11ths and 13ths: we leave out the tones that players leave out, music21 stacks them all
        assert {p.pitchClass for p in symbol.pitches} >= {*chord.pcs, chord.bass_pc}, chord.symbol


def test_kinds_are_one_to_one_and_strangers_get_the_nearest():
    assert set(CHORD_KINDS) == set(QUALITIES)
    assert {quality_of(*pair): None for pair in CHORD_KINDS.values()}.keys() == set(QUALITIES)
    assert quality_of("dominant", ((13, -1, "add"),)) == "7"
    assert quality_of("half-diminished-ninth", ()) == "m7b5"
    assert quality_of("Neapolitan", ()) is None


def test_drums_are_unpitched_on_channel_ten(tmp_path: Path):
    notes = tuple(Note(i / 2, p, 0.25, 60 + i) for i, p in enumerate((36, 42, 38, 42, 49, 60)))
    score = C_MAJOR.with_tracks([Track("Kit", "drums", 32, notes, is_drum=True)])
    musicxml.write(score, tmp_path / "a.musicxml")
    text = (tmp_path / "a.musicxml").read_text()
    assert "<midi-channel>10</midi-channel>" in text and "<sign>percussion</sign>" in text
    assert "<midi-unpitched>37</midi-unpitched>" in text and "<pitch>" not in text
    assert musicxml.read(tmp_path / "a.musicxml") == score
    assert len(list(judge(tmp_path / "a.musicxml").recurse().notes)) == 6


def test_spelling_and_accidentals_follow_the_key(tmp_path: Path):
    notes = (Note(0, 61, 1), Note(1, 61, 1), Note(2, 60, 1), Note(3, 61, 2))
    for tonic, step, signs in (("Ab", "D", 0), ("A", "C", 2)):
        score = Score("S", Key(tonic), Meter(), (Tempo(0.0, 120.0),), 2)
        musicxml.write(score.with_tracks([Track("P", "melody", 0, notes)]), tmp_path / "a.musicxml")
        parsed = judge(tmp_path / "a.musicxml")
        names = [n.pitch.step for n in parsed.recurse().notes]
        assert names[0] == step
        # In A: C sharp is in the signature, C natural needs its sign, the next C sharp again.
        assert (tmp_path / "a.musicxml").read_text().count("<accidental>") == signs


def test_sections_and_tempi_are_seen(tmp_path: Path):
    sections = (Section("verse", "A", 0, 1), Section("chorus", "B", 1, 1))
    score = Score(
        "S", Key("D", "dorian"), Meter(), (Tempo(0.0, 97.25), Tempo(5.0, 80.0)), 2, (), (), sections
    )
    musicxml.write(score, tmp_path / "a.musicxml")
    parsed = judge(tmp_path / "a.musicxml")
    marks = [r.content for r in parsed.recurse().getElementsByClass("RehearsalMark")]
    assert marks == ["[A] verse", "[B] chorus"]
    tempi = [m.getQuarterBPM() for m in parsed.recurse().getElementsByClass("MetronomeMark")]
    assert tempi == [97.25, 80.0]
    assert musicxml.read(tmp_path / "a.musicxml") == score


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<score-partwise",
        b"<html/>",
        b"\xff\xfe\x00",
        b"<score-partwise/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><score-partwise>&b;</score-partwise>',
        b"<score-partwise><part id='P1'><measure><note><pitch><step>H</step>"
        b"<octave>4</octave></pitch><duration>1</duration></note></measure></part></score-partwise>",
        b"<score-partwise><part id='P1'><measure><attributes><divisions>0</divisions>"
        b"</attributes></measure></part></score-partwise>",
    ],
)
def test_bad_files_are_refused(text: bytes, tmp_path: Path):
    (tmp_path / "a.musicxml").write_bytes(text)
    with pytest.raises(Refusal):
        musicxml.read(tmp_path / "a.musicxml")


def test_a_transposing_part_is_read_at_sounding_pitch(tmp_path: Path):
    (tmp_path / "clarinet.musicxml").write_text(
        "<score-partwise><part-list><score-part id='P1'><part-name>Clarinet</part-name>"
        "</score-part></part-list><part id='P1'><measure number='1'>"
        "<attributes><divisions>2</divisions>"
        "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
        "<key><fifths>2</fifths></key><time><beats>3</beats><beat-type>4</beat-type></time>"
        "</attributes><note><pitch><step>D</step><octave>4</octave></pitch><duration>3</duration>"
        "</note></measure></part></score-partwise>"
    )
    score = musicxml.read(tmp_path / "clarinet.musicxml")
    assert (str(score.key), str(score.meter)) == ("C major", "3/4")
    assert score.tracks[0].notes == (Note(0.0, 60, 1.5, 80),)


def test_a_minute_of_six_tracks_is_written_in_time(tmp_path: Path):
    def part(i: int) -> Track:
        notes = tuple(Note(k / 2, 48 + 5 * i + j, 0.5) for k in range(240) for j in (0, 4, 7))
        return Track(f"P{i}", "chords", i, notes)

    score = Score("L", Key("C"), Meter(), (Tempo(0.0, 120.0),), 30, tuple(map(part, range(6))))
    begun = time.process_time()
    musicxml.write(score, tmp_path / "a.musicxml")
    assert time.process_time() - begun < 1.5
