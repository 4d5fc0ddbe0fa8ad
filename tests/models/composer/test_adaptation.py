"""The bench of adaptation: drummers as accent lines, whose pieces are taken, and who is heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import symusic

from models.composer.corpora.groove import accents, drum_sheets, grooves
from models.composer.encode import events_of
from models.composer.evaluation.adaptation import _excerpts, _most, _teller
from models.composer.sheets import LeadSheet


def beat(path: Path, bars: int) -> None:
    """Kick on one and three (a hi-hat with it), snare on two and four, hi-hat on every off-beat."""
    score = symusic.Score(480)
    track = symusic.Track(is_drum=True)
    for bar in range(bars):
        for step, pitch in [
            (0, 36),
            (0, 42),
            (4, 38),
            (8, 36),
            (12, 38),
            *((2 + 4 * k, 42) for k in range(4)),
        ]:
            # A little late, as people play.
            track.notes.append(symusic.Note((16 * bar + step) * 120 + 20, 60, pitch, 90))
    score.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    score.dump_midi(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with three of a drummer's beats, one short, one missing, and a fill."""
    rows = ["drummer,id,beat_type,time_signature,midi_filename"]
    for name, bars in (("long", 12), ("endless", 90), ("short", 4)):
        beat(tmp_path / "groove" / f"{name}.mid", bars)
        rows.append(f"drummer1,{name},beat,4-4,{name}.mid")
    rows.append("drummer1,gone,beat,4-4,gone.mid")
    rows.append("drummer1,fill,fill,4-4,long.mid")
    (tmp_path / "groove" / "info.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def test_a_beat_is_a_line_of_accents(folder: Path) -> None:
    sheet = accents(next(g for g in grooves(folder) if g.piece == "long"))
    assert sheet is not None
    assert (sheet.bars, sheet.author, sheet.chords) == (12, "drummer1", ())
    assert sheet.notes[:8] == tuple(
        (2 * i, 2, pitch) for i, pitch in enumerate((64, 60, 67, 60, 64, 60, 67, 60))
    )
    assert sum(e.duration for e in events_of(sheet)) == 12 * 16


def test_only_beats_that_are_there_and_long_enough(folder: Path) -> None:
    assert {g.piece for g in grooves(folder)} == {"long", "endless", "short"}
    found = list(drum_sheets(folder, 5))
    assert [(s.id, s.bars) for s in found] == [("endless", 48), ("long", 12)]
    assert len(list(drum_sheets(folder, 1))) == 1


def tune(author: str, number: int, step: int) -> LeadSheet:
    rng = np.random.default_rng(number)
    pitches = 60 + np.cumsum(rng.choice([-step, step], 64)) % 12
    notes = tuple((4 * i, 4, int(p)) for i, p in enumerate(pitches))
    return LeadSheet(f"{author}{number}", "s", "pop", "4/4", False, 16, notes, (), author)


def test_those_with_the_most_pieces_and_the_unseen_ones_first() -> None:
    sheets = [(tune("a", n, 1), n == 3) for n in range(4)] + [
        (tune("b", n, 1), True) for n in (0, 1)
    ]
    sheets += [(tune("", n, 1), True) for n in range(9)]
    found = _most(sheets, 1)
    assert list(found) == ["a"]
    assert [(s.id, new) for s, new in found["a"]][:2] == [("a3", True), ("a0", False)]


def test_musicians_who_differ_are_told_apart_and_those_who_do_not_are_not() -> None:
    apart = {
        "a": [tune("a", n, 1) for n in range(12)],
        "b": [tune("b", 50 + n, 5) for n in range(12)],
    }
    teller = _teller(apart)
    assert min(teller.right.values()) == 1.0
    assert teller.hears(_excerpts([tune("x", 99, 5)]), "b") > (0.99, 0.8)
    assert min(teller.sure.values()) > 0.8
    alike = {"a": apart["a"], "b": [tune("b", 50 + n, 1) for n in range(12)]}
    assert np.mean(list(_teller(alike).right.values())) < 0.85
