"""The gallery: 12 pieces over the five purposes and one tune in 12 styles, and its listening sheet.

In: `gallery.toml`, the recipes. Out: for each piece its MIDI and a small picture, and a README with
the recipes, what can be measured and what was heard. No sound: `python -m bot compose` renders it.
On one machine the same weights write the same bytes. The arrangements: `gallery_arrangements`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import gallery_arrangements as arrangements
from bot import wording
from bot.domain import Melody, Request, Rework
from bot.gallery_facts import facts_in_words
from bot.gallery_files import draw, put, table, typed_notes, written
from bot.piece import PieceFile
from bot.recipe import players, recipe
from bot.rework import draft
from bot.studio import Studio, sketch_of
from models import hub, midi
from models.arranger.generate import load_arranger
from models.composer.generate import Composer, load_composer
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.score import Score

#: What everything in the gallery may weigh together, in bytes.
MAX_BYTES = 700_000


@dataclass(frozen=True)
class Entry:
    """One recipe, see `gallery.toml`."""

    name: str
    use: str
    seed: int
    listen: str
    brief: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    bars: int = 0
    rework: Mapping[str, Any] = field(default_factory=dict)
    tune: tuple[str, ...] = ()
    weak: str = ""
    good: str = ""

    def said(self) -> str:
        """The recipe as it is asked for, on one line."""
        told: dict[str, Any] = {"use": self.use, "source": self.source, **self.rework}
        told |= {"bars": self.bars, "brief": dict(self.brief), "seed": self.seed}
        return json.dumps({k: v for k, v in told.items() if v}, ensure_ascii=False)


@dataclass(frozen=True)
class Hung:
    """A piece of the gallery: its recipe, what it became, and its score as read from its file."""

    entry: Entry
    piece: PieceFile
    score: Score


def entries() -> tuple[Entry, ...]:
    """The recipes, in order; one works only on those before it."""
    return tuple(Entry(**{**row, "tune": tuple(row.get("tune", ()))}) for row in table()["pieces"])


def rebuild(out: Path, show: Callable[[str], None]) -> None:
    """Make every piece again with the shipped weights, into `out`; `show` gets a line for each.

    Raises
    ------
    Refusal
        When a weight is missing or a recipe cannot be met.
    """
    out.mkdir(parents=True, exist_ok=True)
    studio = quiet_studio(load_composer())
    hung = []
    for piece in made(entries(), studio.composer, out):
        hung.append(piece)
        show(f"{piece.entry.name}: {recipe(piece.piece.facts)}")
    arranged = []
    for one in arrangements.made(arrangements.entries(), studio, out):
        arranged.append(one)
        show(f"{one.entry.name}: {recipe(one.piece.facts)}")
    text = sheet(hung, hub.manifest("composer").sha256)
    text += "\n" + arrangements.sheet(arranged, hub.manifest("arranger").sha256)
    (out / "README.md").write_text(text, encoding="utf-8")


def quiet_studio(composer: Composer) -> Studio:
    """A studio that writes and does not render: it needs no soundfont."""
    return Studio(composer, load_arranger(), Path())


def made(wanted: Sequence[Entry], composer: Composer, out: Path) -> list[Hung]:
    """Make recipes in order, each as `out`/NAME.mid and NAME.png."""
    studio = quiet_studio(composer)
    hung = []
    with TemporaryDirectory() as scratch:
        for entry in wanted:
            folder = Path(scratch) / entry.name
            sketch, melody = _drafted(entry, studio, Path(scratch))
            piece = written(studio, sketch, folder, melody)
            (out / f"{entry.name}.mid").write_bytes((folder / "piece.mid").read_bytes())
            score = midi.read(folder / "piece.mid")
            draw(score, out / f"{entry.name}.png", Path(scratch))
            hung.append(Hung(entry, piece, score))
    return hung


def _drafted(entry: Entry, studio: Studio, pieces: Path) -> tuple[PieceFile, Melody | None]:
    """A recipe as a piece to write; what it works on is written first where it is not there."""
    brief = brief_from_json(entry.brief) if entry.brief else Brief()
    if entry.use == "compose":
        return sketch_of(brief, entry.seed), None
    place = entry.source
    if not place and entry.use != "develop":
        place = f"{entry.name} source"
        sketch = sketch_of(brief, entry.seed)
        if entry.tune:
            _typed(entry.tune, sketch, pieces / place)
        else:
            written(studio, sketch, pieces / place)
    asked = {"use": entry.use, "source": place or None, **entry.rework}
    request = Request("rework", brief=brief, bars=entry.bars, rework=Rework(**asked))
    return draft(request, entry.seed, pieces, studio.composer)[0]


def _typed(tune: Sequence[str], sketch: PieceFile, folder: Path) -> None:
    """A typed tune, alone, as a piece to work on: its chords are to be found."""
    plan = replace(sketch.plan, chords=())
    put(sketch, plan, typed_notes(tune, plan), folder)


def sheet(hung: Sequence[Hung], weight: str) -> str:
    """The README: recipes, measured facts and what was heard, weaknesses first."""
    heard_on = str(table()["heard_on"])
    fresh = bool(heard_on) and weight.startswith(heard_on)
    lines = [
        "# Gallery",
        "",
        "Twelve pieces over the five purposes, each exactly as the composer wrote it: no seed was",
        "tried twice and no note was touched. `python -m bot gallery` makes them again; the weight",
        f"here is `{weight[:12]}`. Open the MIDI files in any player; for the sound of a brief,",
        "put it into a file for `python -m bot compose --brief FILE`. Below them stands",
        "[one tune in twelve styles](#one-tune-in-twelve-styles).",
        "",
        "In each listing the numbers are read back from the MIDI file by the same command.",
        "Nobody listened by ear: what is weak and good was judged from the notes, the pictures and",
        "these measures.",
        "",
    ]
    if heard_on and not fresh:
        lines += [f"The words were written on an earlier weight (`{heard_on}`).", ""]
    for one in hung:
        lines += _listed(one)
    return "\n".join(lines).rstrip() + "\n"


def _listed(one: Hung) -> list[str]:
    entry, facts = one.entry, one.piece.facts
    done = wording.done(facts, "en", lambda text, length: text[:length])
    out = [
        f"## {entry.name[:2]} {facts['title']}",
        "",
        f"![Piano roll]({entry.name}.png)",
        "",
        f"[{entry.name}.mid]({entry.name}.mid) · {facts['purpose']} · {recipe(facts)}  ",
        f"{players(facts)}  ",
        *([f"{done}  "] if done else []),
        f"Recipe: `{entry.said()}`",
        "",
    ]
    told = (("Weak", entry.weak), ("Good", entry.good), ("Listen for", entry.listen))
    out += [f"- **{name}**: {text}" for name, text in told if text]
    return [*out, f"- **Measured**: {facts_in_words(one.piece.plan, one.score)}", ""]
