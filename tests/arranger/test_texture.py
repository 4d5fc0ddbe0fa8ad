"""How a band of another piece moves is read bar by bar, and changes what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import midi
from models.arranger.generate import Texture, arrange, load_arranger
from models.arranger.guest import open_guest
from models.arranger.texture import texture_of
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import ROLES, Note, Score, Track

PLAN = make_plan(Brief(style="pop", key="C major", meter="4/4", bars=4), 5)
MELODY = tuple(Note(4.0 * i, 72 + i, 4.0) for i in range(4))


@pytest.fixture(scope="module")
def arranger():
    return load_arranger()


@pytest.fixture(scope="module")
def read(arranger):
    """The textures of two pieces of the gallery, and of the piano of another."""

    def of(name: str, roles=ROLES) -> Texture:
        score = midi.read(Path(f"docs/gallery/{name}.mid"))
        guest = open_guest(score, keep=roles)
        return texture_of(score.with_tracks(guest.kept), guest.source.plan, arranger)

    return of


def test_it_is_the_busiest_bars(read) -> None:
    jingle = read("08-good-morning-oats")
    assert len(jingle.ids) == len(jingle.steps) == len(jingle.roots) <= 4 * jingle.bar
    assert jingle.steps.drums.any() or jingle.steps.words.any()
    drums = read("08-good-morning-oats", ("drums",))
    assert not drums.steps.words.any()


def test_a_tune_alone_has_no_texture(read) -> None:
    with pytest.raises(Refusal, match="Nobody accompanies in that file"):
        read("08-good-morning-oats", ("melody",))


def test_another_meter_is_refused(read, arranger) -> None:
    waltz = read("02-turning-round")
    with pytest.raises(Refusal, match="same meter"):
        arrange(PLAN, MELODY, arranger, 3, texture=waltz)


def test_the_band_goes_on_like_the_model(arranger) -> None:
    """A kick on every sixteenth, which nobody would play, is taken up; without it, it is not."""
    drums = [p for p in PLAN.parts if p.is_drum]
    hits = tuple(Note(i / 4, 36, 0.25, 100) for i in range(64))
    strange = Score(
        "x", PLAN.key, PLAN.meter, PLAN.tempos, PLAN.bars,
        (Track(drums[0].name, "drums", 0, hits, is_drum=True),), PLAN.chords,
        tuple(s.section for s in PLAN.sections),
    )  # fmt: skip

    def kicks(texture: Texture | None) -> int:
        found = 0
        for seed in range(3):
            score = arrange(PLAN, MELODY, arranger, seed, texture=texture)
            kit = next(t for t in score.tracks if t.is_drum)
            found += sum(n.pitch == 36 for n in kit.notes)
        return found

    assert kicks(texture_of(strange, PLAN, arranger)) > 1.5 * kicks(None)
