"""How a band of another piece moves is read bar by bar, and changes what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models import midi
from models.arranger.generate import Texture, arrange, load_arranger
from models.arranger.guest import open_guest
from models.arranger.texture import texture_of
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import ROLES, Note

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


def test_one_latent_for_each_bar_that_is_accompanied(read) -> None:
    jingle = read("08-good-morning-oats")
    score = midi.read(Path("docs/gallery/08-good-morning-oats.mid"))
    assert 0 < len(jingle.latents) <= score.bars
    assert np.isfinite(jingle.latents).all()
    drums = read("08-good-morning-oats", ("drums",))
    assert drums.latents.shape[1] == jingle.latents.shape[1]
    assert not np.allclose(drums.latents[0], jingle.latents[0])


def test_a_tune_alone_has_no_texture(read) -> None:
    with pytest.raises(Refusal, match="Nobody accompanies in that file"):
        read("08-good-morning-oats", ("melody",))


def test_it_changes_what_is_written_and_comes_round_again(read, arranger) -> None:
    texture = read("08-good-morning-oats")
    two = Texture(texture.latents[:2])
    twice = Texture(np.concatenate([two.latents, two.latents, two.latents]))

    def written(texture: Texture | None):
        score = arrange(PLAN, MELODY, arranger, 3, texture=texture)
        return [t.notes for t in score.tracks if t.role != "melody"]

    assert written(two) == written(twice)  # two bars over four: they come round
    assert written(two) != written(None)
    assert written(two) != written(Texture(texture.latents[:2] + 3))
