"""What both halves of the gallery need: recipes read, tunes typed, pieces written, pictures drawn.

In: `gallery.toml`, sketches, scores. Out: the files of a piece but for the sound.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from bot.agent.motif import read_motif
from bot.domain import Melody
from bot.piece import PieceFile, facts_of
from bot.recording import Stopwatch
from bot.render import picture
from bot.studio import Studio
from models import midi
from models.planner.plan import Plan
from models.score import Score, Track

_COLOURS = 64  # of a picture: a few hues, each in some shades


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """All recipes, as `gallery.toml` has them."""
    return tomllib.loads(Path(__file__).with_name("gallery.toml").read_text(encoding="utf-8"))


def typed_notes(tune: Sequence[str], plan: Plan, first_bar: int = 1) -> Melody:
    """A typed tune, its first line in `first_bar` (from 1); each line has up to four bars."""
    bar = plan.meter.bar_beats
    notes, at = [], (first_bar - 1) * bar
    for line in tune:
        heard = read_motif(line, plan.meter, plan.key)
        notes += [replace(n, onset=n.onset + at) for n in heard]
        at += (line.count("|") + 1) * bar
    return tuple(notes)


def put(sketch: PieceFile, plan: Plan, melody: Melody, folder: Path) -> None:
    """A melody alone as a piece to work on, in the new `folder`."""
    part = plan.part("melody")
    score = Score(
        plan.title, plan.key, plan.meter, plan.tempos, plan.bars,
        (Track("Melody", "melody", part.program if part else 0, melody),),
        plan.chords, tuple(s.section for s in plan.sections),
    )  # fmt: skip
    folder.mkdir()
    midi.write(score, folder / "piece.mid")
    replace(sketch, plan=plan, id=folder.name).save(folder)


def written(
    studio: Studio, sketch: PieceFile, folder: Path, given: Melody | Score | None = None
) -> PieceFile:
    """A piece with all its files but the sound, in the new `folder`."""
    folder.mkdir()
    made = studio.write(sketch, folder, Stopwatch({}), given=given)
    piece = replace(
        sketch,
        id=folder.name,
        melody_seed=made.melody_seed,
        verification=made.checks,
        facts=facts_of(sketch, made.checks, made.tries, made.score.seconds),
    )
    piece.save(folder)
    return piece


def draw(score: Score, path: Path, scratch: Path) -> None:
    """The piano roll in few colours, so that many of them weigh little."""
    whole = scratch / "whole.png"
    picture.piano_roll(score, whole)
    with Image.open(whole) as image:
        few = image.quantize(_COLOURS, Image.Quantize.MEDIANCUT, 3, dither=Image.Dither.NONE)
        few.save(path, "PNG", optimize=True)
