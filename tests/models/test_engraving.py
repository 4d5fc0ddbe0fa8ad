"""What the engraver is given: note values by the meter, staves, percussion, a tidy page."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import HealthCheck, given, settings
from score_strategies import scores

from bot.render import sheet
from models import musicxml
from models.note_values import VALUES, Pulse, split
from models.paper import Paper, abbreviation, dynamics
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track, sorted_notes
from models.staves import BASS, TREBLE, staves_of
from models.theory import Chord, Key
from models.tidy import snap, top_line, two_lines

FOUR = Meter()


def score_of(*tracks: Track, bars: int = 2, meter: Meter = FOUR, **more: object) -> Score:
    return Score("T", Key("F"), meter, (Tempo(0.0, 120.0),), bars, tracks, **more)  # type: ignore[arg-type]


def written(score: Score, path: Path, **paper: object) -> Element:
    musicxml.write(score, path / "a.musicxml", Paper(**paper))  # type: ignore[arg-type]
    return ElementTree.parse(path / "a.musicxml").getroot()  # noqa: S314 - written above


def track(*rows: tuple[float, int, float], drums: bool = False, program: int = 0) -> Track:
    notes = sorted_notes(Note(*row) for row in rows)
    return Track("T", "drums" if drums else "chords", program, notes, drums)


@pytest.mark.parametrize(
    ("meter", "start", "end", "rest", "lengths"),
    [
        ("4/4", 0, 4, False, [4]),
        ("4/4", 0.5, 1.5, False, [1]),  # a syncopation inside half a bar
        ("4/4", 1.5, 2.5, False, [0.5, 0.5]),  # the middle of the bar is shown
        ("4/4", 1, 3, False, [2]),
        ("4/4", 0.5, 2.5, False, [1.5, 0.5]),
        ("4/4", 0.75, 1.25, False, [0.25, 0.25]),
        ("4/4", 0, 3.5, False, [2, 1.5]),
        ("4/4", 2 / 3, 4 / 3, False, [1 / 3, 1 / 3]),
        ("4/4", 1, 3, True, [1, 1]),
        ("4/4", 0, 1.5, True, [1, 0.5]),
        ("3/4", 0.5, 2.5, False, [0.5, 1.5]),
        ("3/4", 1, 3, False, [2]),
        ("6/8", 1, 2, False, [0.5, 0.5]),
        ("6/8", 0, 3, False, [3]),
        ("6/8", 0, 2, True, [1.5, 0.5]),
    ],
)
def test_values_show_the_beats(
    meter: str, start: float, end: float, rest: bool, lengths: list[float]
):
    pulse = Pulse.of(Meter.parse(meter))
    found = split(round(start * 480), round((end - start) * 480), pulse, rest)
    assert found == [round(length * 480) for length in lengths]


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "2/4", "12/8", "5/4", "7/8"])
def test_sixteenths_are_always_written_with_values(meter: str):
    pulse = Pulse.of(Meter.parse(meter))
    for start in range(0, pulse.bar, 120):
        for ticks in range(120, pulse.bar - start + 1, 120):
            for rest in (False, True):
                found = split(start, ticks, pulse, rest)
                assert sum(found) == ticks and set(found) <= set(VALUES)


def test_drums_have_two_voices_and_their_own_heads(tmp_path: Path):
    beat = [(i / 2, 46 if i == 7 else 42, 0.1) for i in range(8)]
    kit = track(
        *beat, (0, 36, 0.1), (2, 36, 0.1), (1, 38, 0.1), (0, 49, 2), (3, 44, 0.1), drums=True
    )
    root = written(score_of(kit, bars=1), tmp_path)
    attributes = root.find("part/measure/attributes")
    assert attributes.findtext("clef/sign") == "percussion"
    assert attributes.find("key") is None
    notes = [n for n in root.iter("note") if n.find("unpitched") is not None]
    assert len(notes) == len(kit.notes) and root.find(".//pitch") is None
    heads = {
        (n.findtext("unpitched/display-step") + n.findtext("unpitched/display-octave")): (
            n.findtext("notehead"), n.findtext("stem"), n.findtext("voice"))
        for n in notes
    }  # fmt: skip
    assert heads["F4"] == (None, "down", "2") and heads["D4"] == ("x", "down", "2")
    assert heads["C5"] == (None, "up", "1") and heads["A5"] == ("x", "up", "1")
    assert {n.findtext("notehead") for n in notes} == {None, "x", "circle-x"}
    assert musicxml.read(tmp_path / "a.musicxml").tracks[0].is_drum
    assert {n.pitch for n in musicxml.read(tmp_path / "a.musicxml").tracks[0].notes} == {
        n.pitch for n in kit.notes
    }


def test_one_drum_stands_on_one_line(tmp_path: Path):
    root = written(score_of(track((0, 70, 0.1), (1, 82, 0.1), drums=True)), tmp_path)
    assert root.findtext(".//staff-lines") == "1"
    assert {n.text for n in root.iter("display-step")} == {"E"}


def test_a_piano_over_both_hands_has_two_staves(tmp_path: Path):
    wide = [(float(i), p, 1.0) for i in range(8) for p in (41, 48, 65, 72)]
    piano = track(*wide)
    root = written(score_of(piano), tmp_path)
    assert root.findtext(".//staves") == "2"
    assert [c.findtext("sign") for c in root.iter("clef")] == ["G", "F"]
    by_staff = {(n.findtext("staff"), n.findtext("pitch/octave")) for n in root.iter("note")}
    assert by_staff == {("1", "4"), ("1", "5"), ("2", "2"), ("2", "3")}
    assert musicxml.read(tmp_path / "a.musicxml").tracks[0].notes == piano.notes
    high = track(*[row for row in wide if row[1] > 60])
    assert [s.clef for s in staves_of(high, FOUR, 2, tidy=True)] == [TREBLE]
    low = track(*[row for row in wide if row[1] < 60])
    assert [s.clef for s in staves_of(low, FOUR, 2, tidy=True)] == [BASS]


def test_a_held_bass_gets_a_line_of_its_own_and_crossings_are_tied():
    held = sorted_notes([Note(0, 48, 4.0), *(Note(i, 60 + i, 1.0) for i in range(4))])
    upper, lower = two_lines(held)
    assert [n.pitch for n in upper] == [60, 61, 62, 63] and lower == (Note(0, 48, 4.0),)
    arpeggio = sorted_notes(Note(i / 2, 48 + 4 * i, 4 - i / 2) for i in range(8))
    for line in two_lines(arpeggio):
        assert all(a.end <= b.onset or a.onset == b.onset for a, b in pairwise(line))


def test_human_timing_is_read_on_the_grid():
    played = (Note(0.03, 60, 0.4), Note(0.98, 62, 0.3), Note(1.35, 64, 0.3), Note(1.66, 65, 0.3))
    found = snap(played, FOUR, 4.0)
    assert [n.pitch for n in found] == [60, 62, 64, 65]
    assert [round(n.onset * 3, 2) for n in found] == [0, 3, 4, 5]


def test_the_page_says_sections_dynamics_tempo_and_swing(tmp_path: Path):
    loud = tuple(Note(float(i), 60, 1.0, 50 if i < 4 else 95) for i in range(8))
    sections = (Section("verse", "A", 0, 1), Section("chorus", "B", 1, 1))
    chords = (PlacedChord(0, 4, Chord("Bb", "m7b5")), PlacedChord(4, 4, Chord("F")))
    score = score_of(Track("Piano", "melody", 0, loud), sections=sections, chords=chords)
    root = written(score, tmp_path, swing=True, sections={"verse": "主歌"})
    assert [r.text.strip("\u00a0") for r in root.iter("rehearsal")] == ["主歌", "Chorus"]
    assert (
        [d[0].tag for d in root.iter("dynamics")]
        == ["p", "f"]
        == list(dynamics(score, score.tracks[0]).values())
    )
    assert root.findtext(".//words").strip("\u00a0") == "Swing"
    assert [b.findtext("bar-style") for b in root.iter("barline")] == ["light-light", "light-heavy"]
    assert [k.get("text") for k in root.iter("kind")] == ["m7♭5", ""]
    assert root.findtext(".//part-abbreviation") == "Pno."
    assert abbreviation("Violin 2") == "Vln. 2" and abbreviation("小提琴") == "小提琴"


def test_a_part_counts_its_empty_bars(tmp_path: Path):
    late = score_of(track((20.0, 60, 1.0)), bars=7)
    assert written(late, tmp_path, kind="part").findtext(".//multiple-rest") == "5"
    assert written(late, tmp_path).find(".//multiple-rest") is None


def test_a_lead_sheet_has_one_line_on_one_staff(tmp_path: Path):
    wide = track(*[(float(i), p, 2.0) for i in range(8) for p in (36, 60, 84)])
    tune = Track("T", "melody", 0, top_line(wide.notes))
    assert {n.pitch for n in tune.notes} == {84} and len(tune.notes) == 8
    root = written(score_of(tune), tmp_path, kind="lead")
    assert root.find(".//staves") is None and root.find(".//dynamics") is None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(score=scores(grids=(1, 40, 60, 80, 120, 160)))
def test_every_bar_of_every_page_is_full(score: Score, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("xml")
    bar = round(score.meter.bar_beats * 480)
    for kind in ("score", "part", "lead"):
        for measure in written(score, folder, kind=kind).iter("measure"):
            at = 0
            for element in measure:
                length = int(element.findtext("duration") or 0)
                if element.tag == "backup":
                    assert at == bar == length
                    at = 0
                elif element.find("chord") is None:
                    at += length
                assert element.tag != "note" or element.find("rest[@measure]") is not None or length
            assert at == bar


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(score=scores(grids=(1, 40, 120)))
def test_any_score_can_be_engraved(score: Score, tmp_path_factory: pytest.TempPathFactory):
    made = sheet.engrave(score, tmp_path_factory.mktemp("any"))
    assert made["score"].read_bytes().startswith(b"%PDF")
