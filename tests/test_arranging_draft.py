"""From a request to an arrangement, and to files that say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.arranging import Makers, draft
from bot.domain import Arrangement, Request
from bot.piece import Lineage, PieceFile
from models import midi, musicxml
from models.arranger.generate import load_arranger
from models.arranger.playable import violations
from models.arranger.whole import arrange
from models.composer.generate import load_composer
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Meter, Note, PlacedChord, Score, Tempo, Track, without_overlaps
from models.theory import Chord, Key
from models.verify import failed, verify

BRIEF = Brief(style="pop", key="G major", bars=8, tempo=100, title="First")


@pytest.fixture(scope="module")
def makers() -> Makers:
    return Makers(load_composer(), load_arranger())


@pytest.fixture(scope="module")
def pieces(makers, tmp_path_factory) -> Path:
    """A data folder with a finished piece and a folder of uploads."""
    home = tmp_path_factory.mktemp("data") / "pieces"
    plan = make_plan(BRIEF, 3)
    low = plan.part("melody").low + 5
    melody = tuple(Note(2.0 * n, low + (0, 2, 4, 7)[n % 4], 2.0) for n in range(16))
    folder = home / "aaaaaaaa"
    folder.mkdir(parents=True)
    midi.write(arrange(plan, melody, makers.arranger, 3), folder / "piece.mid")
    PieceFile(BRIEF, plan, 3, id="aaaaaaaa").save(folder)
    (home.parent / "uploads").mkdir()
    return home


@pytest.fixture
def make(pieces, makers, tmp_path):
    """Draft, write, read back: every result passes the check of our own pieces."""

    def made(asked: Arrangement, seed: int = 7, sound: bool = True) -> tuple[PieceFile, Score]:
        sketch, score = draft(Request("arrange", arrangement=asked), seed, pieces, makers)
        midi.write(score, tmp_path / "piece.mid")
        musicxml.write(score, tmp_path / "piece.musicxml")
        if sound:
            checks = verify(sketch.plan, tmp_path / "piece.mid", tmp_path / "piece.musicxml")
            assert failed(checks) == ()
        back = midi.read(tmp_path / "piece.mid")
        notes = sorted(without_overlaps(t.notes) for t in score.tracks)
        assert sorted(t.notes for t in back.tracks) == notes
        return sketch, score

    return made


@pytest.fixture
def upload(pieces):
    """A score as a person's file; returns how a request names it."""

    def put(name: str, score: Score) -> str:
        path = pieces.parent / "uploads" / name
        (musicxml if name.endswith("xml") else midi).write(score, path)
        return f"uploads/{name}"

    return put


def original(pieces: Path) -> Score:
    return midi.read(pieces / "aaaaaaaa" / "piece.mid")


def test_another_style_keeps_melody_form_and_chords(pieces, make) -> None:
    old = original(pieces)
    for style in ("swing", "waltz"):
        sketch, new = make(Arrangement("arrange", "aaaaaaaa", style=style))
        before, after = old.track("melody").notes, new.track("melody").notes
        assert [(n.onset, n.duration) for n in after] == [(n.onset, n.duration) for n in before]
        assert len({a.pitch - b.pitch for a, b in zip(after, before, strict=True)}) == 1
        assert (new.chords, new.sections, new.meter) == (old.chords, old.sections, old.meter)
        assert sketch.plan.style == style
        assert sketch.plan.bpm == new.bpm
        assert sketch.lineage == Lineage("aaaaaaaa", "arrange")
        assert violations(new, sketch.plan) == []


def test_through_an_ensemble_and_back_the_melody_is_the_same(pieces, make, makers) -> None:
    sketch, quartet = make(Arrangement("arrange", "aaaaaaaa", ensemble="string_quartet"))
    assert {t.name for t in quartet.tracks} >= {"Violin I", "Cello"}
    folder = pieces / "bbbbbbbb"
    folder.mkdir(exist_ok=True)
    midi.write(quartet, folder / "piece.mid")
    replace(sketch, id="bbbbbbbb").save(folder)
    _, back = make(Arrangement("arrange", "bbbbbbbb", style="bossa_nova"))
    sung = [s for s in sketch.plan.sections if "melody" in s.roles]
    bars = {
        b for s in sung for b in range(s.section.start_bar, s.section.start_bar + s.section.bars)
    }
    expected = [n for n in original(pieces).track("melody").notes if int(n.onset // 4) in bars]
    found = back.track("melody").notes
    assert [(n.onset, n.pitch % 12) for n in found] == [(n.onset, n.pitch % 12) for n in expected]


def test_new_drums_in_some_bars_touch_nothing_else(pieces, make) -> None:
    old = original(pieces)
    asked = Arrangement("reroll", "aaaaaaaa", part="drums", bars=(3, 6))
    sketch, new = make(asked)
    assert sketch.done["same"] is True
    for before, after in zip(old.tracks, new.tracks, strict=True):
        if not before.is_drum:
            assert after == before
            continue
        assert after.notes != before.notes
        for a, b in ((before, after), (after, before)):
            assert {n for n in a.notes if not 8 <= n.onset < 24} <= {
                n for n in b.notes if not 8 <= n.onset < 24
            }
    assert make(asked)[1] == new
    assert make(asked, seed=8)[1] != new


def test_in_out_and_another_player(pieces, make) -> None:
    old = original(pieces)
    notes = {t.name: t.notes for t in old.tracks}
    bass = old.track("bass")
    _, joined = make(Arrangement("add", "aaaaaaaa", instrument="cello"))
    assert {n: t.notes for t in joined.tracks if (n := t.name) in notes} == notes
    assert len(joined.tracks) == len(old.tracks) + 1
    _, fewer = make(Arrangement("mute", "aaaaaaaa", part="drums"))
    assert {t.name for t in fewer.tracks} == set(notes) - {old.track("drums").name}
    sketch, tuba = make(Arrangement("replace", "aaaaaaaa", part="bass", instrument="tuba"))
    played = tuba.track("bass").notes
    assert [(n.onset, n.pitch % 12) for n in played] == [
        (n.onset, n.pitch % 12) for n in bass.notes
    ]
    assert violations(tuba, sketch.plan) == []
    _, quiet = make(Arrangement("mute", "aaaaaaaa", part="drums", bars=(1, 2)))
    assert quiet.track("drums").notes == tuple(n for n in old.track("drums").notes if n.onset >= 8)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Arrangement("arrange"), "Tell me which music"),
        (Arrangement("reroll", "gone", part="bass"), "not have that file any more"),
        (Arrangement("add", "aaaaaaaa"), "which instrument is to join"),
        (Arrangement("reroll", "aaaaaaaa", part="oboe"), "no part “oboe”"),
        (Arrangement("mute", "aaaaaaaa", part="melody"), "melody is the piece"),
        (Arrangement("reroll", "aaaaaaaa", part="melody"), "written again by /rework"),
        (Arrangement("reroll", "aaaaaaaa", part="bass", bars=(7, 9)), "has 8 bars"),
        (Arrangement("mute", "aaaaaaaa", part="bass", bars=(1, 8)), "take the part out"),
        (
            Arrangement("replace", "aaaaaaaa", part="bass", instrument="standard"),
            "by other drums",
        ),
        (Arrangement("arrange", "aaaaaaaa", keep=("drums",)), "chosen for files"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(pieces, makers, asked, words) -> None:
    with pytest.raises(Refusal, match=words):
        draft(Request("arrange", arrangement=asked), 7, pieces, makers)


def test_a_file_keeps_what_it_is_told_to_keep(pieces, make, upload) -> None:
    source = upload("own.mid", replace(original(pieces), chords=(), sections=()))
    keep = ("melody", "bass", "drums")
    sketch, new = make(Arrangement("arrange", source, style="funk", keep=keep, title="Mine"))
    notes = [t.notes for t in new.tracks]
    assert all(t.notes in notes for t in original(pieces).tracks if t.role in keep)
    assert set(sketch.done["kept"]) == set(keep)
    assert sketch.plan.title == "Mine"
    with_quartet = Arrangement("arrange", source, keep=("melody", "drums"), ensemble="satb")
    drums = make(with_quartet)[1].track("drums")
    assert drums.notes == original(pieces).track("drums").notes


def alone(*tracks: Track) -> Score:
    return Score("", Key("C"), Meter(), (Tempo(0.0, 100.0),), 4, tracks)


LINE = tuple(Note(float(i), 36 + (0, 4, 7, 5)[i % 4], 1.0) for i in range(16))


def test_a_bass_a_beat_or_a_tune_alone_gets_a_band(make, upload) -> None:
    beat = tuple(Note(float(i), 36 if i % 2 == 0 else 38, 0.25) for i in range(16))
    tune = tuple(replace(n, pitch=n.pitch + 30) for n in LINE)
    for role, track in (
        ("bass", Track("Bass", "bass", 33, LINE)),
        ("drums", Track("Kit", "drums", 0, beat, is_drum=True)),
        ("melody", Track("Tune", "melody", 73, tune)),
    ):
        asked = Arrangement(
            "arrange", upload(f"{role}.mid", alone(track)), keep=(role,), style="funk"
        )
        sketch, new = make(asked)
        assert new.track(role).notes == track.notes
        assert {"bass", "drums", "chords"} <= {t.role for t in new.tracks if t.notes}
        assert (new.track("melody") is None) == (role != "melody")
        assert sketch.plan.chords


def test_a_lead_sheet_keeps_its_chord_symbols(make, upload) -> None:
    names = ("C", "Am7", "Dm7", "G7")
    chords = tuple(PlacedChord(4.0 * i, 4.0, Chord.parse(n)) for i, n in enumerate(names))
    tune = Track("Tune", "melody", 73, tuple(replace(n, pitch=n.pitch + 36) for n in LINE))
    sheet = replace(alone(tune), chords=chords)
    _, new = make(Arrangement("arrange", upload("lead.musicxml", sheet), style="bossa_nova"))
    assert tuple(c.chord.symbol for c in new.chords) == names
    assert new.track("melody").notes[0].pitch == 72
    players = Arrangement("arrange", upload("lead.musicxml", sheet), instruments=("flute", "piano"))
    assert {"flute", "piano"} <= {p.instrument for p in make(players)[0].plan.parts}
