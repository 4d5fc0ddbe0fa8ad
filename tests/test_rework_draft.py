"""From a request to a call of the composer's uses, and from what comes back to a piece."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_uses import FakeUses

from bot.domain import Request, Rework
from bot.piece import Lineage, PieceFile
from bot.rework import draft, opening
from bot.wording import done
from models import midi, musicxml
from models.arranger.plain import arrange
from models.composer.source import Source, read_source
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Note
from models.theory import Key

BRIEF = Brief(style="waltz", key="D minor", bars=16, tempo=100, title="First")


@pytest.fixture
def uses(monkeypatch):
    fake = FakeUses()
    monkeypatch.setattr("bot.rework.uses", fake)
    return fake


@pytest.fixture
def pieces(tmp_path):
    """A data folder with two finished pieces, and one as a person's upload."""
    home = tmp_path / "pieces"
    for name, brief in (("aaaaaaaa", BRIEF), ("bbbbbbbb", Brief(style="tango", title="Second"))):
        plan = make_plan(brief, 3)
        part, bar = plan.part("melody"), plan.meter.bar_beats
        low = part.low + 5
        melody = tuple(Note(n * bar, low + n % 4, bar) for n in range(plan.bars))
        folder = home / name
        folder.mkdir(parents=True)
        score = arrange(plan, melody)
        midi.write(score, folder / "piece.mid")
        musicxml.write(score, folder / "piece.musicxml")
        PieceFile(brief, plan, 3, id=name).save(folder)
    uploads = tmp_path / "uploads" / "1"
    uploads.mkdir(parents=True)
    (uploads / "tune.mid").write_bytes((home / "aaaaaaaa" / "piece.mid").read_bytes())
    return home


def make(pieces, rework, bars=0, brief=None, locale="en"):
    request = Request("rework", brief or Brief(), locale=locale, bars=bars, rework=rework)
    return draft(request, 5, pieces, None)


SLIDERS = {"intensity": 80, "polyphony": 40, "register": None, "motion": 0}


@pytest.mark.parametrize(
    ("rework", "bars", "call", "said"),
    [
        (Rework("continue"), 8, ("continue_", 8, 5), "“First”, continued by 8 bars."),
        (Rework("vary", count=1), 0, ("vary", 0.3, 5, 1), "“First”, close to it."),
        (Rework("infill", bars=(5, 8)), 0, ("infill", 4, 7, 5), "bars 5 to 8 rewritten"),
        (Rework("harmonise"), 0, ("harmonise", 5), "New chords under the melody of “First”."),
        (Rework("remelodise"), 0, ("remelodise", 5), "New melody over the chords of “First”."),
        (
            Rework("blend", reference="bbbbbbbb", share=0.25),
            0,
            ("blend", "Second", 0.25, 5),
            "“First” blended with “Second”, 25 % of the latter.",
        ),
        (
            Rework("manner", reference="bbbbbbbb"),
            0,
            ("manner", "Second", 5),
            "“First” in the manner of “Second”.",
        ),
    ],
)
def test_each_use_gets_what_was_asked_and_says_what_was_done(
    uses, pieces, rework, bars, call, said
):
    ((sketch, melody),) = make(pieces, replace(rework, source="aaaaaaaa"), bars)
    assert uses.calls == [call]
    assert sketch.lineage == Lineage("aaaaaaaa", rework.use)
    assert said in done({"rework": sketch.done})
    assert sketch.plan.bars == 16 + bars
    assert melody
    assert (sketch.brief.style, sketch.brief.key) == ("waltz", "D minor")
    assert sketch.brief.bars == sketch.plan.bars


def test_sliders_are_parts_of_one_and_unset_ones_stay_unset(uses, pieces):
    rework = Rework("restyle", source="aaaaaaaa", style="tango", mood="sad", **SLIDERS)
    ((sketch, _),) = make(pieces, rework)
    ((_, style, mood, sliders, _),) = uses.calls
    assert (style, mood) == ("tango", "sad")
    assert (sliders.intensity, sliders.polyphony) == (0.8, 0.4)
    assert (sliders.register, sliders.motion) == (None, 0.0)
    assert (sketch.brief.style, sketch.brief.moods) == ("tango", ("sad",))
    said = "“First” changed: Tango, Sad, rhythm 80/100, fullness 40/100, motion 0/100."
    assert done({"rework": sketch.done}) == said
    assert "节奏 80/100" in done({"rework": sketch.done}, "zh")


def test_several_variations_are_takes_and_several_blends_are_evenly_spaced(uses, pieces):
    takes = make(pieces, Rework("vary", source="aaaaaaaa", count=4, distance=0.8))
    assert uses.calls == [("vary", 0.8, 5, 4)]
    assert [sketch.take for sketch, _ in takes] == [1, 2, 3, 4]
    uses.calls.clear()
    blends = make(pieces, Rework("blend", source="aaaaaaaa", reference="bbbbbbbb", count=3))
    assert [call[2] for call in uses.calls] == [0.25, 0.5, 0.75]
    assert [sketch.done["share"] for sketch, _ in blends] == [25, 50, 75]


def test_a_file_is_worked_on_under_the_name_its_sender_gave_it(uses, pieces):
    rework = Rework("vary", source="uploads/1/tune.mid", title="My tune", count=1)
    ((sketch, _),) = make(pieces, rework)
    assert sketch.lineage == Lineage(None, "vary")
    assert sketch.plan.title == sketch.brief.title == "My tune"
    assert (sketch.brief.key, sketch.brief.meter) == ("D minor", "3/4")
    ((again, _),) = make(pieces, Rework("vary", source=str(pieces / "aaaaaaaa"), count=1))
    assert again.lineage.parent == "aaaaaaaa"  # a piece's folder, as the terminal names it


def test_a_melody_that_stands_alone_gets_chords_before_anything_else(uses, pieces):
    folder = pieces / "aaaaaaaa"
    score = midi.read(folder / "piece.mid")
    alone = replace(score, tracks=(score.track("melody"),), chords=())
    midi.write(alone, pieces.parent / "uploads" / "1" / "alone.mid")
    make(pieces, Rework("vary", source="uploads/1/alone.mid", count=1))
    assert [call[0] for call in uses.calls] == ["harmonise", "vary"]


def test_a_typed_hook_sets_the_key_unless_one_is_asked_for(uses, pieces):
    hook = "D4 F#4 A4 D5 | C#5 A4 D5"
    ((sketch, _),) = make(pieces, Rework("develop", motif=hook))
    ((_, motif, key, _),) = uses.calls
    assert key == "D major"
    assert [n.pitch for n in motif] == [62, 66, 69, 74, 73, 69, 74]
    assert sketch.brief.seed == 5
    assert sketch.lineage == Lineage(None, "develop")
    assert done({"rework": sketch.done}) == "Made from your hook, which returns."

    make(pieces, Rework("develop", motif="1 2 3"), brief=Brief(key="G major", meter="3/4"))
    _, motif, key, _ = uses.calls[-1]
    assert (key, [n.pitch for n in motif]) == ("G major", [67, 69, 71])


def test_the_opening_of_a_file_is_a_hook_in_the_key_that_is_asked_for(uses, pieces):
    rework = Rework("develop", source="uploads/1/tune.mid", title="My tune")
    ((sketch, _),) = make(pieces, rework, brief=Brief(key="F minor"))
    _, motif, key, _ = uses.calls[-1]
    heard = read_source(pieces.parent / "uploads" / "1" / "tune.mid").melody
    assert key == "F minor"
    assert [n.pitch - 3 for n in motif] == [n.pitch for n in heard[: len(motif)]]
    assert done({"rework": sketch.done}) == "Made from the opening of “My tune”, which returns."
    make(pieces, rework)
    assert uses.calls[-1][2] == "D minor"  # nobody asked: the file's own


def test_an_opening_starts_at_a_bar_and_ends_at_one():
    plan = make_plan(Brief(meter="4/4", key="C major", bars=8), 1)
    notes = tuple(Note(5.0 + 2 * n, 60 + n, 3.0) for n in range(8))  # begins in the second bar
    hook = opening(Source(plan, notes), Key("C"))
    assert [(n.onset, n.pitch) for n in hook] == [(1, 60), (3, 61), (5, 62), (7, 63)]
    assert hook[-1].end == 8
    slow = tuple(Note(8.0 * n, 60, 8.0) for n in range(4))
    assert len(opening(Source(plan, slow), Key("C"))) == 2  # four bars at most


@pytest.mark.parametrize(
    ("rework", "words"),
    [
        (Rework("vary"), "Tell me which music"),
        (Rework("vary", source="cccccccc"), "not have that file any more"),
        (Rework("vary", source="uploads/1/gone.mid"), "not have that file any more"),
        (Rework("blend", source="aaaaaaaa"), "takes two pieces"),
        (Rework("infill", source="aaaaaaaa", bars=(9, 17)), "no such bars"),
        (Rework("infill", source="aaaaaaaa"), "no such bars"),
        (Rework("vary", source="aaaaaaaa", longest=20), "the longest piece I make here is 20"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(uses, pieces, rework, words):
    with pytest.raises(Refusal, match=words):
        make(pieces, rework)
    assert uses.calls == []


def test_a_result_that_grew_too_long_is_refused(uses, pieces):
    with pytest.raises(Refusal, match="the longest piece I make here is 40"):
        make(pieces, Rework("continue", source="aaaaaaaa", longest=40), bars=16)


def test_a_piece_without_a_melody_is_refused(uses, pieces):
    folder = pieces / "aaaaaaaa"
    score = midi.read(folder / "piece.mid")
    midi.write(score.with_tracks(t for t in score.tracks if t.role != "melody"),
               folder / "piece.mid")  # fmt: skip
    with pytest.raises(Refusal, match="“First” has no melody"):
        make(pieces, Rework("vary", source="aaaaaaaa"))
