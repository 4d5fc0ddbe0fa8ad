"""A world where words are written at once: everything is real but Discord, the sound, the network.

`Scribe` is `TinyStudio` with a melody that can be sung and with `bot.writing` over it, whose writer
(`Quick`) has a word of one syllable for every note.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

from discord_world import TinyStudio, open_world, song, tiny_audio
from PIL import Image
from pydantic import TypeAdapter

from bot import worded, writing
from bot.domain import Writing
from bot.files import NAMES, files_in
from bot.piece import PieceFile
from models import midi
from models.lyricist.asks import WrittenLine, WrittenSong
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.score import Note, Score, Tempo, Track

WORDS = ("sea", "light", "home", "straight", "night", "strength", "wind", "stone", "star", "bread")
PLAN = TypeAdapter(Plan)


def tune(plan, title="Evening"):
    """Two bars to a line in every section: three notes, then a long one that ends the line."""
    notes = []
    for bar in range(plan.bars):
        at = 3.0 * bar
        if bar % 2:
            notes.append(Note(at, 67, 2.0))
        else:
            notes += [Note(at + k, 60 + 2 * ((bar + k) % 5), 1.0) for k in range(3)]
    sections = tuple(planned.section for planned in plan.sections)
    lead = Track("Voice", "melody", 0, tuple(notes))
    return Score(title, plan.key, plan.meter, (Tempo(0.0, 96.0),), plan.bars, (lead,), (), sections)


@lru_cache(maxsize=1)
def tune_file():
    """The tune as the bytes of a MIDI file, as a person would send it."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "tune.mid"
        midi.write(tune(PLAN.validate_python(song())), path)
        return path.read_bytes()


class Quick:
    """Writes a word for each syllable; takes differ by their seed and by what was refused."""

    def __init__(self, words=WORDS, between=" "):
        self.words, self.between = words, between
        self.asks = []

    def write(self, ask, seed, progress=None, cancelled=None):
        self.asks.append(ask)
        start = seed
        first = ask.stanzas[0].lines[0]
        while first.given is None and self.line(first, start).text in ask.avoid:
            start += 1  # what was refused is not said again, whatever the seed
        stanzas = tuple(
            tuple(self.line(line, start + 7 * s + n) for n, line in enumerate(stanza.lines))
            for s, stanza in enumerate(ask.stanzas)
        )
        if progress is not None:
            progress(1, 1)
        return WrittenSong(stanzas, "Sea *light*", stanzas[0][0].text)

    def line(self, ask, number):
        step = 1 + number % 3
        new = [self.words[(number + k * step) % 10] for k in range(len(ask.weights))]
        given = (ask.given or "").split() if self.between else tuple(ask.given or "")
        words = given or new
        return WrittenLine(self.between.join(words), tuple((word,) for word in words))


class Scribe(TinyStudio):
    """Makes songs whose words are real to the application."""

    def __init__(self, slots=1, form=(), bars=0):
        super().__init__(slots)
        self.writer, self.chinese = Quick(), Quick("山水月风花雪夜雨江春", "")
        self.plan = PLAN.validate_python(song())
        if form:
            self.plan = make_plan(Brief(style="pop", form=form, bars=bars, meter="3/4"), 3)

    async def submit(self, spec, on_progress):
        try:
            return await super().submit(spec, on_progress)
        except writing.Misfits as found:  # as `bot.jobs.tasks` hands them on
            told = {"problems": list(found.problems), "text": found.text}
            return json.dumps({"misfits": told})

    def make(self, request, seed, home):
        if request["kind"] not in ("lyrics", "song"):
            return super().make(request, seed, home)
        asked = TypeAdapter(Writing).validate_python(request["writing"])
        plan, score, before = self.music(asked, home)
        writers = writing.Writers(lambda: self.writer, lambda: self.chinese)
        task = writing.Task(asked, request["locale"], seed, writers, lambda _: None)
        lyrics = writing.words_for(task, score, before)
        clip = self.piece(request, seed, 0, home)
        folder = Path(clip["folder"])
        facts = {
            **clip["facts"], "title": lyrics.title,
            "words": writing.facts_of(asked, lyrics, before),
            "rework": {"use": asked.act, "title": "Evening", "first": asked.line},
        }  # fmt: skip
        found = json.loads((folder / "piece.json").read_text())
        piece = PieceFile(
            Brief(style="pop"), plan, seed, id=folder.name, locale=request["locale"], facts=facts,
            lyrics=lyrics,
        )  # fmt: skip
        piece.save(folder)
        saved = json.loads((folder / "piece.json").read_text()) | {"lineage": found["lineage"]}
        (folder / "piece.json").write_text(json.dumps(saved))
        midi.write(score, folder / "piece.mid")
        (folder / "lyrics.txt").write_text(worded.text_of(lyrics, score, request["locale"]))
        (folder / "lyrics.lrc").write_text("[00:00.00]la")
        (folder / NAMES["karaoke"][0]).write_bytes((folder / "piece.mid").read_bytes())
        Image.new("RGB", (8, 4)).save(folder / "lead-sheet.png")
        (folder / "lead-sheet.pdf").write_bytes(b"paper")
        if asked.sing:
            (folder / "sung-robot-demo.mp3").write_bytes(tiny_audio("mp3"))
        files = {kind: str(path) for kind, path in files_in(folder).items()}
        return [{**clip, "files": files, "facts": facts}]

    def export(self, folder, formats):
        if "sung" in formats:
            (folder / NAMES["sung"][0]).write_bytes(tiny_audio("mp3"))
        return super().export(folder, formats)

    def music(self, asked, home):
        plan = self.plan
        if asked.source is None:
            return plan, tune(plan), None
        folder = home / asked.source
        if not folder.is_dir():
            return plan, midi.read(home.parent / asked.source), None
        saved = json.loads((folder / "piece.json").read_text())
        if saved.get("lyrics"):
            return plan, midi.read(folder / "piece.mid"), PieceFile.load(folder)
        return plan, tune(plan), None


@asynccontextmanager
async def open_songs(folder, **options):
    """A world with a scribe."""
    async with open_world(folder, studio=options.pop("studio", None) or Scribe(), **options) as w:
        yield w


def said(message):
    """All that a message says: its text and its embeds."""
    return "\n".join([message.content, *(embed.description or "" for embed in message.embeds)])
