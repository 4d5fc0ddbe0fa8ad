"""Edits of finished pieces: what was asked is in the files, and what was not is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import wording
from bot.arranging import Makers
from bot.domain import Change, Edit, Request
from bot.editing import draft
from bot.piece import Lineage, PieceFile
from models import midi, mood_judge, musicxml
from models.arranger.generate import load_arranger
from models.arranger.whole import arrange
from models.composer.generate import compose, load_composer
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Score
from models.verify import failed, verify

FORM = ("intro", "verse", "chorus", "outro")
BRIEFS = {
    "song": Brief(style="pop", key="G major", bars=16, tempo=100, form=FORM, title="First"),
    "waltz": Brief(style="waltz", key="E minor", bars=8, seconds=16),
}


@pytest.fixture(scope="module")
def makers() -> Makers:
    return Makers(load_composer(), load_arranger())


@pytest.fixture(scope="module")
def pieces(makers, tmp_path_factory) -> Path:
    """A data folder with finished pieces of two styles."""
    home = tmp_path_factory.mktemp("data") / "pieces"
    for name, brief in BRIEFS.items():
        plan = make_plan(brief, 3)
        score = arrange(plan, compose(plan, makers.composer, 3), makers.arranger, 3)
        folder = home / name
        folder.mkdir(parents=True)
        midi.write(score, folder / "piece.mid")
        PieceFile(brief, plan, 3, id=name).save(folder)
    return home


@pytest.fixture
def edit(pieces, makers, tmp_path):
    """Edit, write, read back: the files say what the plan says, and what was asked came out."""

    def made(change: Change, piece: str = "song", seed: int = 7) -> tuple[PieceFile, Score]:
        request = Request("edit", edit=Edit(piece, change))
        sketch, score = draft(request, seed, pieces, makers)
        midi.write(score, tmp_path / "piece.mid")
        musicxml.write(score, tmp_path / "piece.musicxml")
        checks = verify(sketch.plan, tmp_path / "piece.mid", tmp_path / "piece.musicxml")
        assert failed(checks) == ()
        assert {n: m for n, m in sketch.done["measured"].items() if not m["ok"]} == {}
        assert sketch.done["same"] is True
        assert sketch.lineage == Lineage(piece, "edit")
        return sketch, midi.read(tmp_path / "piece.mid")

    return made


def original(pieces: Path, name: str = "song") -> Score:
    return midi.read(pieces / name / "piece.mid")


def test_another_tempo_keeps_every_note(pieces, edit) -> None:
    for change, bpm in (
        (Change(tempo=90), 90),
        (Change(pace=2.0), 200),
        (Change(faster=-10), 90),
    ):
        sketch, score = edit(change)
        assert score.bpm == pytest.approx(bpm)
        assert score.tracks == original(pieces).tracks
        assert sketch.plan.length == pytest.approx(64 * 60 / bpm)
    sketch, _ = edit(Change(pace=0.5), "waltz")
    assert sketch.plan.seconds is None
    assert sketch.plan.length == pytest.approx(32)


def test_up_a_third_moves_notes_chords_and_key(pieces, edit) -> None:
    sketch, score = edit(Change(semitones=4))
    old = original(pieces)
    assert str(sketch.plan.key) == str(score.key) == "B major"
    assert [c.chord.root_pc for c in score.chords] == [
        (c.chord.root_pc + 4) % 12 for c in old.chords
    ]
    for before, after in zip(old.tracks, score.tracks, strict=True):
        steps = 0 if before.is_drum else 4
        classes = {(n.onset, (n.pitch + steps) % 12) for n in before.notes}
        assert {(n.onset, n.pitch % 12) for n in after.notes} == classes
        assert {n.onset for n in after.notes} == {n.onset for n in before.notes}


def test_in_minor_chord_tones_stay_chord_tones(pieces, edit) -> None:
    sketch, score = edit(Change(key="minor"))
    assert str(score.key) == "G minor"
    tune, old = score.track("melody"), original(pieces).track("melody")
    assert [n.onset for n in tune.notes] == [n.onset for n in old.notes]
    for a, b in zip(old.notes, tune.notes, strict=True):
        before, after = original(pieces).chord_at(a.onset), score.chord_at(b.onset)
        assert (a.pitch % 12 in before.pcs) <= (b.pitch % 12 in after.pcs)
    assert "G major → G minor" in wording.done({"rework": sketch.done})


def test_players_come_go_and_change(pieces, edit) -> None:
    old = {t.name: t.notes for t in original(pieces).tracks}
    _, fewer = edit(Change(remove=("drums",)))
    assert not any(t.is_drum for t in fewer.tracks)
    _, more = edit(Change(add=("cello",)))
    assert {n: t.notes for t in more.tracks if (n := t.name) in old} == old
    sketch, tuba = edit(Change(swap=(("bass", "tuba"),)))
    assert "Tuba" in {t.name for t in tuba.tracks}
    assert "Tuba in place of the bass" in wording.done({"rework": sketch.done})


def test_several_things_at_once(pieces, edit) -> None:
    change = Change(title="Second", pace=0.9, semitones=-2, remove=("drums",), loudness=-1)
    sketch, score = edit(change)
    assert (sketch.plan.title, score.title) == ("Second", "Second")
    assert set(sketch.done["measured"]) == {"title", "pace", "semitones", "remove", "loudness"}
    assert (str(score.key), score.bpm) == ("F major", 90)
    assert edit(change)[1] == score


def test_the_form_shrinks_and_grows_and_still_ends(pieces, edit) -> None:
    old = original(pieces)
    _, score = edit(Change(cut=("intro",)))
    assert [s.name for s in score.sections] == list(FORM[1:])
    last = {t.name: [n for n in t.notes if n.onset >= old.beats - 4] for t in old.tracks}
    moved = score.beats - old.beats
    for track in score.tracks:
        here = [(n.onset - moved, n.pitch) for n in track.notes if n.onset >= score.beats - 4]
        assert here == [(n.onset, n.pitch) for n in last[track.name]]
    _, twice = edit(Change(repeat=("chorus",)))
    assert [s.name for s in twice.sections].count("chorus") == 2
    _, short = edit(Change(seconds=20))
    assert short.seconds == pytest.approx(20, abs=0.05)
    assert edit(Change(length_bars=24))[1].bars == 24


def test_louder_is_played_harder_and_a_part_alone_stands_out(pieces, edit) -> None:
    bass = original(pieces).track("bass").name
    sketch, _ = edit(Change(loudness=1, part="bass"))
    row = sketch.done["measured"]["loudness"]
    assert row["after"] > row["before"] + 3
    sketch, score = edit(Change(loudness=1, bars=(5, 8)))
    for a, b in zip(original(pieces).tracks, score.tracks, strict=True):
        outside = [n for n in a.notes if not 16 <= n.onset < 32]
        assert outside == [n for n in b.notes if not 16 <= n.onset < 32]
    assert bass in {t.name for t in score.tracks}


def test_a_waltz_of_a_song_keeps_its_tune_in_order(pieces, edit) -> None:
    sketch, score = edit(Change(meter="3/4"))
    old, new = original(pieces).track("melody"), score.track("melody")
    assert (str(score.meter), score.bars, sketch.plan.bpm) == ("3/4", 16, 100)
    assert len(new.notes) > 0.9 * len(old.notes)
    downbeats = [(n.onset / 4, n.pitch % 12) for n in old.notes if n.onset % 4 == 0]
    assert [(n.onset / 3, n.pitch % 12) for n in new.notes if n.onset % 3 == 0] == downbeats
    _, split = edit(Change(meter="2/4"))
    assert split.bars == 32
    assert split.tracks == original(pieces).tracks


def test_sadder_is_heard_and_in_some_bars_only_there(pieces, edit) -> None:
    before = mood_judge.judge(original(pieces))
    _, score = edit(Change(mood="sad"))
    after = mood_judge.judge(score)
    assert after[0] < before[0] - 0.1
    assert after[1] < before[1]
    tune, old = score.track("melody").notes, original(pieces).track("melody").notes
    assert [n.onset for n in tune] == [n.onset for n in old]
    bars = original(pieces).sections[1]
    first, last = bars.start_bar + 1, bars.start_bar + bars.bars
    _, some = edit(Change(mood="sad", bars=(first, last)))
    start, end = 4.0 * (first - 1), 4.0 * last
    for a, b in zip(original(pieces).tracks, some.tracks, strict=True):
        outside = [n for n in a.notes if n.end <= start or n.onset >= end]
        assert outside == [n for n in b.notes if n.end <= start or n.onset >= end]


def test_sliders_move_what_they_name(pieces, edit) -> None:
    for change in (
        Change(intensity=1, part="drums"),
        Change(intensity=-1, part="bass", bars=(5, 8)),
        Change(fullness=1),
        Change(fullness=-1),
        Change(register=1),
    ):
        sketch, _ = edit(change)
        (row,) = sketch.done["measured"].values()
        assert (row["after"] - row["before"]) * row["asked"] > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(), "Tell me what to change"),
        (Change(tempo=90, pace=2.0), "contradict"),
        (Change(add=("flute",), remove=("flute",)), "contradict"),
        (Change(mood="sad", avoid=("sad",)), "contradict"),
        (Change(key="G major"), "like that already"),
        (Change(tempo=90, bars=(1, 4)), "hold for the whole piece"),
        (Change(key="minor", part="bass"), "One part alone"),
        (Change(semitones=3, part="bass"), "whole octaves"),
        (Change(reroll=("bass",), bars=(15, 40)), "has 16 bars"),
        (Change(remove=("oboe",)), "no part “oboe”"),
        (Change(remove=("melody",)), "melody is the piece"),
        (Change(cut=("bridge",)), "cannot find “bridge”"),
        (Change(meter="5/4"), "cannot write in 5/4"),
        (Change(pace=9.0), "no playable tempo"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(pieces, makers, change, words) -> None:
    with pytest.raises(Refusal, match=words):
        draft(Request("edit", edit=Edit("song", change)), 7, pieces, makers)
