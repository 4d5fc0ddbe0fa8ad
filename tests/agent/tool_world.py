"""Where tools are tried: a real database, real pieces on disk, nobody at Discord.

A piece is planned by the planner, gets a tune whose first figure returns, the plain accompaniment,
and files as the studio writes them, without sound.
"""

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from bot.agent import session as sessions
from bot.agent.at import At
from bot.agent.tools import REGISTRY, validate
from bot.agent.values import Asker, Session, Step
from bot.conversation.telling import sentence
from bot.domain import Request
from bot.piece import Lineage, PieceFile, facts_of
from bot.settings import Settings
from bot.taste.engine import Taste
from models import midi
from models.arranger import plain
from models.lyrics import Line, Lyrics, Sung
from models.planner import make_plan
from models.planner.intake import brief_from_json
from models.score import Note
from storage import pieces
from storage.db import DbThread
from storage.pieces import Piece

NOW = 1_763_900_000.0
ANN, BOB = 11, 22
#: Degrees of the scale and lengths of the figure that every second bar begins with.
FIGURE = ((0, 1.0), (2, 0.5), (4, 0.5))


def tune(plan):
    """A melody that sings the same figure in every second bar and a long note in the others."""
    scale, bar = plan.key.scale, plan.meter.bar_beats
    home = 60 + plan.key.tonic_pc % 12
    notes = []
    for number in range(plan.bars):
        at = number * bar
        if number % 2:
            notes.append(Note(at, home + (scale[4] - scale[0]) % 12, bar))
            continue
        for degree, beats in FIGURE:
            notes.append(Note(at, home + (scale[degree] - scale[0]) % 12, beats))
            at += beats
    return tuple(notes)


def words_for(plan, notes):
    """A line of words for every two bars of the verses and choruses, a syllable for each note."""
    bar = plan.meter.bar_beats
    lines = []
    for index, planned in enumerate(plan.sections):
        section = planned.section
        for first in range(section.start_bar, section.start_bar + section.bars, 2):
            here = [n for n in notes if first * bar <= n.onset < (first + 2) * bar]
            said = [f"{section.name[:3]}{first % section.bars}{n}" for n in range(len(here))]
            sung = tuple(
                Sung(text, note.onset, note.end) for text, note in zip(said, here, strict=True)
            )
            lines.append(Line(" ".join(said), index, sung))
    return Lyrics("Sea", "en", tuple(lines), hook=lines[0].text, themes=("the sea",))


@dataclass
class World:
    """A person in a session, with everything that tools use."""

    db: Any
    taste: Any
    settings: Settings
    asker: Asker
    session: Session

    @property
    def at(self):
        return At(self.asker, self.session, self.db, self.settings, self.taste, NOW)

    async def call(self, tool, **args):
        """Validate and run a tool; the session is as it leaves it."""
        step = validate(Step(tool, args))
        json.dumps(step.args)
        came = await REGISTRY[tool].run(self.at, **step.args)
        if isinstance(getattr(came, "session", None), Session):
            self.session = came.session
        return came

    async def lay(self, id="waltz111", *, owner=ANN, guild=None, channel=5, table=True, words=False,
                  parent=None, done=None, created=NOW - 100, **brief):  # fmt: skip
        """Make a piece, put it on the shelf and (unless told otherwise) on the table."""
        asked = brief_from_json({"style": "waltz", "key": "D minor", "bars": 24, **brief})
        plan = make_plan(asked, 7, "en")
        notes = tune(plan)
        score = plain.arrange(plan, notes)
        folder = self.settings.pieces_dir / id
        folder.mkdir(parents=True)
        midi.write(score, folder / "piece.mid")
        piece = PieceFile(asked, plan, 7, Lineage(parent, "compose"), id=id, done=done or {},
                          lyrics=words_for(plan, notes) if words else None)  # fmt: skip
        piece = replace(piece, facts=facts_of(piece, (), 1, score.seconds))
        piece.save(folder)
        saved = json.loads((folder / "piece.json").read_text())
        row = Piece(
            id, owner, guild, channel, None, plan.title, plan.style, "",
            str(plan.key), score.seconds, json.dumps(saved["brief"]), json.dumps(saved["plan"]),
            id, parent, None, created,
        )  # fmt: skip
        await self.db.run(pieces.save, row, words=plan.style)
        if table:
            done_by = ("", {})
            self.session = sessions.put(self.session, id, parent, plan.title, done_by, created)
        return row


@asynccontextmanager
async def opened(folder):
    """Ann in a direct message; the folder holds the database and the pieces."""
    settings = Settings(_env_file=None, data_dir=folder)
    async with DbThread(settings.database) as db:
        taste = Taste(db, settings.taste_dir, lambda: NOW, holdout=0.0)
        yield World(db, taste, settings, Asker(ANN, None, 5, "en"), Session(1, ANN))


def request(came) -> Request:
    """The request that a tool makes; it survives the job table."""
    kind = TypeAdapter(Request)
    assert kind.validate_json(kind.dump_json(came.request)) == came.request
    return came.request


def said(came, locale="en"):
    """All that an answer says in a language."""
    told = [sentence(each, locale) for each in came.said]
    return " ".join([*told, came.text]).strip()
