"""The gallery of songs: 20 with words as `/song` makes them, and an honest reading of the words.

In: `gallery_songs.toml`, the recipes and the readings. Out: for each song its lead sheet and its
picture, both small, its MIDI with the words, and a README with the words and what was read in
them. No seed is tried twice and no word is touched. Sound: `python -m bot song`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image, ImageChops

from bot import worded, writing
from bot.domain import Progress, Writing
from bot.gallery import quiet_studio
from bot.gallery_files import draw, written
from bot.lyrics_text import stanzas
from bot.piece import PieceFile
from bot.recipe import players, recipe
from bot.studio import Studio, sketch_of
from models import hub, midi
from models.composer.generate import load_composer
from models.errors import Refusal
from models.planner.intake import brief_from_json
from models.score import Score

#: What all songs may weigh together, in bytes.
MAX_BYTES = 500_000
#: Width of a page and of a picture in pixels; which grey is ink; colours of a picture.
_PAGE, _PICTURE, _INK, _COLOURS = 820, 300, 150, 6
_BORDER = 12  # pixels left around a page
_RECIPES = Path(__file__).with_name("gallery_songs.toml")


@dataclass(frozen=True)
class Entry:
    """One recipe, see `gallery_songs.toml`; `good` and `nonsense` are the reading."""

    name: str
    seed: int
    theme: str
    brief: Mapping[str, Any] = field(default_factory=dict)
    scheme: str | None = None
    language: str = "en"
    good: str = ""
    nonsense: str = ""

    @property
    def asked(self) -> Writing:
        """What `/song` is asked of the words."""
        themes = tuple(part.strip() for part in self.theme.split(","))
        return Writing(
            "write",
            about=self.theme,
            themes=themes,
            mood=self.brief.get("mood"),
            scheme=self.scheme,
            language="zh" if self.language == "zh" else "en",
        )


@dataclass(frozen=True)
class Hung:
    """A song of the gallery: its recipe, the piece with its words, its score."""

    entry: Entry
    piece: PieceFile
    score: Score


def entries(path: Path = _RECIPES) -> tuple[Entry, ...]:
    """The recipes, in order."""
    return tuple(Entry(**row) for row in _table(path)["songs"])


def _table(path: Path = _RECIPES) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def rebuild(out: Path, show: Callable[[str], None]) -> None:
    """Make every song again with the shipped weights, into `out`; `show` gets a line for each.

    Raises
    ------
    Refusal
        When a weight is missing.
    ValueError
        When the songs weigh more than they may.
    """
    out.mkdir(parents=True, exist_ok=True)
    studio, writers = quiet_studio(load_composer()), writing.Writers()
    hung = []
    for entry in entries():
        song = made(entry, studio, writers, out)
        if song is not None:
            hung.append(song)
            show(f"{entry.name}: {recipe(song.piece.facts)}")
    text = page(hung, hub.manifest("lyricist").sha256, str(_table()["heard_on"]))
    (out / "README.md").write_text(text, encoding="utf-8")
    weight = sum(file.stat().st_size for file in out.iterdir())
    if weight > MAX_BYTES:
        raise ValueError(f"the songs weigh {weight} bytes, more than {MAX_BYTES}")


def made(entry: Entry, studio: Studio, writers: writing.Writers, out: Path) -> Hung | None:
    """Make one song as `out`/NAME.mid, NAME.png and NAME-sheet.png; None without its lyricist."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / entry.name
        sketch = sketch_of(brief_from_json(entry.brief), entry.seed)
        piece = written(studio, sketch, folder)
        score = midi.read(folder / "piece.mid")
        task = writing.Task(entry.asked, "en", entry.seed, writers, _quiet)
        try:
            lyrics = writing.words_for(task, score, piece)
        except Refusal:
            if entry.language == "en":
                raise
            return None  # the Chinese lyricist is not shipped
        piece = worded.titled(replace(piece, lyrics=lyrics), lyrics, entry.asked)
        piece = replace(piece, facts={**piece.facts, "title": piece.plan.title})
        score = replace(score, title=piece.plan.title)
        worded.write(piece, score, folder)
        worded.engrave(piece, score, folder)
        karaoke = folder / "karaoke.mid"
        source = karaoke if karaoke.exists() else folder / "piece.mid"
        (out / f"{entry.name}.mid").write_bytes(source.read_bytes())
        pitched = score.with_tracks([track for track in score.tracks if not track.is_drum])
        draw(pitched, out / f"{entry.name}.png", Path(scratch))
        _small_picture(out / f"{entry.name}.png")
        _small_page(folder / "lead-sheet.png", out / f"{entry.name}-sheet.png")
        return Hung(entry, piece, score)


def _quiet(_: Progress) -> None:
    return None


def _small_picture(path: Path) -> None:
    """A piano roll so small that it shows no more than the shape of the song."""
    with Image.open(path) as image:
        height = round(image.height * _PICTURE / image.width)
        small = image.convert("RGB").resize((_PICTURE, height), Image.Resampling.BOX)
        few = small.quantize(_COLOURS, Image.Quantize.MEDIANCUT, 3, dither=Image.Dither.NONE)
        few.save(path, "PNG", optimize=True)


def _small_page(source: Path, path: Path) -> None:
    """A page of notes in black and white, its empty border off."""
    with Image.open(source) as image:
        grey = image.convert("L")
    left, top, right, bottom = ImageChops.invert(grey).getbbox() or (0, 0, *grey.size)
    whole = grey.crop((left - _BORDER, top - _BORDER, right + _BORDER, bottom + _BORDER))
    height = round(whole.height * _PAGE / whole.width)
    small = whole.resize((_PAGE, height), Image.Resampling.LANCZOS)
    ink = small.point([0 if grey < _INK else 255 for grey in range(256)])
    ink.convert("1").save(path, "PNG", optimize=True)


def page(hung: Sequence[Hung], weight: str, heard_on: str) -> str:
    """The README: recipes, words, and the reading of them."""
    lines = [
        "# Songs",
        "",
        f"{len(hung)} songs, each as `/song` makes it: no seed was tried twice and no word was",
        "touched. `python -m bot gallery --songs` makes them again; the adapter of the words is",
        f"`{weight[:12]}`. The readings say which lines make sense and which are nonsense; they",
        "were made by reading, not by measuring. In every line syllables are notes; that says",
        "nothing about sense.",
        "",
    ]
    if heard_on and not weight.startswith(heard_on):
        lines += [f"The readings are of an earlier adapter (`{heard_on}`).", ""]
    for song in hung:
        lines += _listed(song)
    return "\n".join(lines).rstrip() + "\n"


def _listed(song: Hung) -> list[str]:
    entry, piece = song.entry, song.piece
    if piece.lyrics is None:
        raise ValueError("a song without words")
    sections = [section.name for section in song.score.sections]
    asked = f"words about {entry.theme}" + (f", rhymes {entry.scheme}" if entry.scheme else "")
    out = [
        f"## {entry.name[:2]} {piece.plan.title}",
        "",
        f"![Lead sheet]({entry.name}-sheet.png) ![Piano roll]({entry.name}.png)",
        "",
        f"[{entry.name}.mid]({entry.name}.mid) · {recipe(piece.facts)}  ",
        f"{players(piece.facts)}  ",
        f"Asked: {asked}; seed {entry.seed}",
        "",
    ]
    for stanza in stanzas(piece.lyrics, sections):
        if stanza.again:
            out += [f"*{stanza.head}, as before*", ""]
        else:
            out += [f"*{stanza.head}*  ", *(f"{line}  " for line in stanza.lines), ""]
    told = (("Good", entry.good), ("Nonsense", entry.nonsense))
    return [*out, *(f"- **{name}**: {text}" for name, text in told if text), ""]
