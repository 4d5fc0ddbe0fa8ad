"""Files of strangers as pieces: what is read, what is inferred, and what is refused."""

from __future__ import annotations

import random
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import symusic

from models import midi, musicxml
from models.arranger.plain import arrange
from models.composer.key_choice import choose_key
from models.composer.melody_grid import snap
from models.composer.source import Source, read_source, source_of_score
from models.errors import Refusal
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track, sorted_notes
from models.theory import Chord, Key
from models.verify import failed, verify

_TUNE = (62, 66, 69, 66, 67, 71, 74, 71, 69, 73, 76, 73, 74, 69, 66, 62)  # D G A D, a beat each


def _track(name: str, program: int, notes: list[Note], drums: bool = False) -> Track:
    return Track(name, "drums" if drums else "other", program, sorted_notes(notes), drums)


def _tune(late: float = 0.0, times: int = 2) -> list[Note]:
    return [Note(late + i, p + 12, 1.0, 90) for i, p in enumerate(_TUNE * times)]


def _chords(late: float = 0.0, times: int = 2) -> list[Note]:
    return [
        Note(late + 4 * i, root + tone, 4.0, 60)
        for i, root in enumerate((50, 55, 57, 50) * times)
        for tone in (0, 4, 7)
    ]


def _score(*tracks: Track, **changes: object) -> Score:
    end = max((n.end for t in tracks for n in t.notes), default=4.0)
    plain = Score("Tune", Key("C"), Meter(), (Tempo(0.0, 100.0),), int(-(-end // 4)), tracks)
    return replace(plain, **changes)  # type: ignore[arg-type]


def _sound(source: Source, folder: Path) -> None:
    """It can be arranged, written and read back as planned."""
    score = arrange(source.plan, source.melody)
    midi.write(score, folder / "piece.mid")
    musicxml.write(score, folder / "piece.musicxml")
    checks = verify(source.plan, folder / "piece.mid", folder / "piece.musicxml")
    assert failed(checks) == ()


def test_melody_key_chords_and_instrument_are_inferred(tmp_path: Path) -> None:
    midi.write(
        _score(_track("", 48, _chords()), _track("", 73, _tune()), _track("", 0, [], True)),
        tmp_path / "a.mid",
    )
    source = read_source(tmp_path / "a.mid")
    plan = source.plan
    assert (str(plan.key), str(plan.meter), plan.bpm, plan.bars) == ("D major", "4/4", 100.0, 8)
    assert [n.pitch for n in source.melody] == [p + 12 for p in _TUNE * 2]
    assert [c.chord.symbol for c in plan.chords] == ["D", "G", "A", "D", "G", "A", "D"]
    assert plan.parts[0].instrument == "flute" and plan.parts[0].role == "melody"
    assert [s.section.label for s in plan.sections] == ["A", "A"]
    _sound(source, tmp_path)


def test_both_hands_in_one_track_become_a_tune_and_its_chords(tmp_path: Path) -> None:
    source = source_of_score(_score(_track("Piano", 0, [*_tune(), *_chords()])))
    assert [n.pitch for n in source.melody] == [p + 12 for p in _TUNE * 2]
    assert [c.chord.symbol for c in source.plan.chords[:4]] == ["D", "G", "A", "D"]
    _sound(source, tmp_path)


def test_a_melody_alone_has_no_chords() -> None:
    source = source_of_score(_score(_track("", 73, _tune())))
    assert source.plan.chords == () and source.plan.bars == 8


def test_what_the_file_states_is_kept(tmp_path: Path) -> None:
    stated = [Chord.parse(c) for c in ("Dmaj7", "G6", "A7", "D")]
    score = _score(
        _track("Melody", 40, _tune(times=1)),
        _track("", 48, _chords(times=1)),
        key=Key("D", "mixolydian"),
        chords=tuple(PlacedChord(4.0 * i, 4.0, c) for i, c in enumerate(stated)),
        sections=(Section("verse", "A", 0, 2), Section("chorus", "B", 2, 2)),
    )
    plan = source_of_score(score, "waltz").plan
    assert str(plan.key) == "D mixolydian"
    assert [c.chord for c in plan.chords] == stated
    assert [s.section.name for s in plan.sections] == ["verse", "chorus"]
    assert plan.style == "waltz" and plan.parts[0].instrument == "violin"


def test_silence_before_the_music_goes_and_a_pickup_stays(tmp_path: Path) -> None:
    notes = [Note(11.0, 69, 1.0), *_tune(late=12.0)]
    source = source_of_score(_score(_track("", 73, notes), _track("", 0, [Note(0, 36, 1)], True)))
    assert source.melody[0].onset == 3.0 and source.melody[1].onset == 4.0
    assert source.plan.bars == 9


def test_where_the_melody_is_silent_somebody_else_plays(tmp_path: Path) -> None:
    lead = [*_tune(late=16.0), *_tune(late=72.0)]
    source = source_of_score(_score(_track("", 73, lead), _track("", 48, _chords(times=7))))
    rows = [(s.section.name, s.section.bars, "melody" in s.roles) for s in source.plan.sections]
    assert rows[0] == ("intro", 4, False)
    assert ("break", 6, False) in rows and rows[-1][0] == "outro"
    _sound(source, tmp_path)


def test_playing_is_brought_to_a_grid_and_exact_files_are_left_alone() -> None:
    rng = random.Random(2)
    written = [Note(i / 2, 60 + i % 7, 0.5) for i in range(16)]
    written += [Note(8 + i / 3, 60 + i % 7, 1 / 3) for i in range(9)]
    played = [replace(n, onset=n.onset + rng.uniform(0, 0.06)) for n in written]
    assert [round(n.onset, 3) for n in snap(played)] == [round(n.onset, 3) for n in written]
    fine = sorted_notes([Note(i / 8, 60 + i % 5, 1 / 8) for i in range(16)])
    assert snap(fine) == fine
    loose = snap(sorted_notes([Note(i * 0.37, 60 + i % 9, 0.9) for i in range(40)]))
    assert all(a.end <= b.onset + 1e-9 for a, b in pairwise(loose))
    assert all(n.duration > 0 for n in loose)


@pytest.mark.parametrize(
    ("stated", "chosen"),
    [
        ("C", "D major"),  # nothing stated
        ("D", "D major"),
        ("B minor", "D major"),  # the same signature, the wrong mode
        ("Eb", "D major"),  # out of the question
    ],
)
def test_a_stated_key_must_be_borne_out(stated: str, chosen: str) -> None:
    assert str(choose_key(Key.parse(stated), [*_tune(), *_chords()])) == chosen


def _bar(*notes: str) -> str:
    return "".join(
        f"<note><pitch><step>{n[0]}</step><octave>{n[1]}</octave></pitch>"
        f"<duration>{n[2]}</duration></note>"
        for n in notes
    )


def test_compressed_musicxml_with_a_pickup(tmp_path: Path) -> None:
    head = (
        "<attributes><divisions>1</divisions><key><fifths>1</fifths></key>"
        "<time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    )
    bars = [head + _bar("D41"), *[_bar("G42", "B41"), _bar("A42", "D51")] * 2, _bar("G43")]
    measures = "".join(f"<measure>{b}</measure>" for b in bars)
    text = f"<score-partwise><part id='P1'>{measures}</part></score-partwise>"
    with zipfile.ZipFile(tmp_path / "a.mxl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("score.xml", text)
    source = read_source(tmp_path / "a.mxl")
    assert [n.onset for n in source.melody[:3]] == [2.0, 3.0, 5.0]
    assert (str(source.plan.key), source.plan.bars) == ("G major", 6)


def _refused(score: Score, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        source_of_score(score)


def test_what_cannot_be_worked_on_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tune = _track("", 73, _tune())
    _refused(_score(), "no notes")
    _refused(_score(_track("", 0, [Note(i, 36, 1) for i in range(32)], True)), "Only drums")
    _refused(_score(tune, meter=Meter(7, 8)), "7/8")
    _refused(_score(_track("", 73, [Note(0, 60, 1)])), "less than one bar")
    _refused(_score(_track("", 73, _tune(times=110))), "440 bars")
    for junk in (b"", b"hello", b"RIFFxxxx", bytes(range(256))):
        (tmp_path / "a.mid").write_bytes(junk)
        with pytest.raises(Refusal, match="not a MIDI or MusicXML"):
            read_source(tmp_path / "a.mid")
    (tmp_path / "a.mxl").write_bytes(b"PK\x03\x04 and nothing")
    with pytest.raises(Refusal, match="damaged"):
        read_source(tmp_path / "a.mxl")


@pytest.mark.parametrize("kind", ["mid", "musicxml", "mxl"])
def test_damaged_files_give_a_piece_or_a_refusal(kind: str, tmp_path: Path) -> None:
    score = _score(_track("", 48, _chords()), _track("", 73, _tune()))
    midi.write(score, tmp_path / "good.mid")
    musicxml.write(score, tmp_path / "good.musicxml")
    with zipfile.ZipFile(tmp_path / "good.mxl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "good.musicxml", "good.xml")
    good = (tmp_path / f"good.{kind}").read_bytes()
    rng = random.Random(4)
    refused = 0
    for _ in range(60):
        bad = bytearray(good[: rng.randrange(len(good))] if rng.random() < 0.3 else good)
        for _ in range(rng.randrange(1, 6)):
            if bad:
                bad[rng.randrange(len(bad))] = rng.randrange(256)
        (tmp_path / f"bad.{kind}").write_bytes(bytes(bad))
        try:
            source = read_source(tmp_path / f"bad.{kind}")
        except Refusal:
            refused += 1
        else:
            assert source.melody and 1 <= source.plan.bars <= 400
    assert refused > 5


def test_real_files(data_dir: Path, tmp_path: Path) -> None:
    """From every collection and music21's corpus: each can be arranged and verified."""
    from music21 import corpus

    groups = [
        (data_dir / "pop909").glob("??7/??7.mid"),
        (data_dir / "nottingham").glob("*7.mid"),
        (data_dir / "gamemusic").glob("*/*.mid"),
        (data_dir / "openewld").glob("*/*/*.mxl"),
        (Path(p) for p in corpus.getComposer("bach") if Path(p).suffix == ".mxl"),
    ]
    rng = random.Random(9)
    sound = 0
    for group in groups:
        for path in rng.sample(sorted(group), 4):
            try:
                source = read_source(path)
            except Refusal:
                continue
            if source.plan.chords:
                _sound(source, tmp_path)
                sound += 1
    assert sound >= 15


def _in_meters(folder: Path, *parts: tuple[int, str]) -> dict[str, Path]:
    """A scale of quarters as MIDI and as MusicXML: so many bars of each meter in turn."""
    raw, at, number, measures = symusic.Score(480), 0, 0, ""
    track = symusic.Track("Tune", 73, False)
    for bars, name in parts:
        meter = Meter.parse(name)
        raw.time_signatures.append(symusic.TimeSignature(at * 480, *map(int, name.split("/"))))
        sign = (
            f"<attributes><divisions>1</divisions><time><beats>{meter.numerator}</beats>"
            f"<beat-type>{meter.denominator}</beat-type></time></attributes>"
        )
        for _ in range(bars):
            measures += f"<measure number='{number}'>{sign}"
            sign, number = "", number + 1
            for _ in range(int(meter.bar_beats)):
                step = at * 3 % 7
                pitch = (60, 62, 64, 65, 67, 69, 71)[step]
                track.notes.append(symusic.Note(at * 480, 480, pitch, 80))
                measures += (
                    f"<note><pitch><step>{'CDEFGAB'[step]}</step><octave>4</octave></pitch>"
                    "<duration>1</duration></note>"
                )
                at += 1
            measures += "</measure>"
    raw.tracks.append(track)
    (folder / "a.mid").write_bytes(raw.dumps_midi())
    (folder / "a.musicxml").write_text(
        "<score-partwise><part-list><score-part id='P1'><part-name>Tune</part-name></score-part>"
        f"</part-list><part id='P1'>{measures}</part></score-partwise>"
    )
    return {name: folder / f"a.{name}" for name in ("mid", "musicxml")}


@pytest.mark.parametrize("kind", ["mid", "musicxml"])
@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([(8, "4/4"), (8, "3/4")], "changes its meter at bar 9 (4/4 to 3/4)"),
        ([(4, "4/4"), (4, "4/4"), (12, "3/4")], "changes its meter at bar 9 (4/4 to 3/4)"),
        ([(4, "3/4"), (4, "6/8")], "changes its meter at bar 5 (3/4 to 6/8)"),
    ],
)
def test_music_in_two_meters_is_refused(tmp_path: Path, kind, parts, words) -> None:
    path = _in_meters(tmp_path, *parts)[kind]
    with pytest.raises(Refusal) as refused:
        read_source(path)
    assert words in str(refused.value)
    assert (midi if kind == "mid" else musicxml).read(path).bars  # other readers still may


@pytest.mark.parametrize("kind", ["mid", "musicxml"])
@pytest.mark.parametrize(
    "parts",
    [
        [(12, "4/4"), (1, "2/4"), (7, "4/4")],  # an odd bar
        [(4, "4/4"), (4, "2/2")],  # written otherwise
        [(4, "4/4"), (1, "3/4")],  # the last bar lends its beat to a pickup
        [(8, "4/4")],
    ],
)
def test_an_odd_bar_changes_nothing(tmp_path: Path, kind, parts) -> None:
    source = read_source(_in_meters(tmp_path, *parts)[kind])
    assert str(source.plan.meter) == "4/4"


def test_a_pickup_and_longer_bars_are_in_the_same_meter(tmp_path: Path) -> None:
    assert str(read_source(_in_meters(tmp_path, (1, "1/4"), (2, "4/4"))["mid"]).plan.meter) == "4/4"
    path = _in_meters(tmp_path, (10, "2/4"), (4, "4/4"))["mid"]
    assert str(read_source(path).plan.meter) == "2/4"
