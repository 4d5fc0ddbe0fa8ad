"""The melodies that words are written for, one stanza of each, with a theme and a mood to write of.

In: the hymnal, the composer's sheets of pop909, and plans that the composer writes melodies for.
Out: `Case`s. Tuning looks at validation tunes and at one half of the themes, the table at test
tunes and at the other half.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from models.composer.data import load_sheets
from models.composer.generate import Composer, compose
from models.composer.sheets import STEPS_PER_BEAT, LeadSheet
from models.errors import Refusal
from models.lyricist.asks import SongAsk, StanzaAsk
from models.lyricist.hymnal import Hymn, read_hymns
from models.lyricist.prosody import GridStanza, ask_of, read_melody
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key

Split = Literal["validation", "test"]
SOURCES = ("hymnal", "pop909", "own")
#: Melodies of each source: a hundred in all.
SHARES = {"hymnal": 40, "pop909": 30, "own": 30}
#: What is asked of the mood: the middles of five equal steps from dark to glad.
VALENCES = (-0.8, -0.4, 0.0, 0.4, 0.8)
#: Syllables that a verse should have, and lines.
_FEWEST, _MOST, _LINES = 14, 44, (3, 6)
#: Singers' styles that the own melodies go round in.
_STYLES = (
    "pop", "ballad", "soul", "rock", "indie_pop", "musical_theatre", "city_pop", "gospel",
    "soft_rock", "bossa_nova",
)  # fmt: skip
_SEEDS = {"validation": 710_000, "test": 720_000}
T = TypeVar("T")
_BPM = 100.0  # of a sheet that states no tempo


@dataclass(frozen=True)
class Case:
    """A stanza to write: its grid and ask, the theme and the valence to write of, and a seed.

    `hymn` is the hymn whose tune it is.
    """

    source: str
    name: str
    grid: GridStanza
    stanza: StanzaAsk
    theme: str
    valence: float
    seed: int
    hymn: Hymn | None = None

    @property
    def ask(self) -> SongAsk:
        """What the lyricist is asked."""
        return SongAsk((self.stanza,), (self.theme,), self.valence)


def all_themes() -> tuple[str, ...]:
    """The fixed list of themes."""
    text = Path(__file__).with_name("themes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def asked_themes(split: Split) -> tuple[str, ...]:
    """The themes that are asked for on a split: every second of the list."""
    return all_themes()[0 if split == "validation" else 1 :: 2]


def cases(
    data: Path, cache: Path, composer: Composer, split: Split, shares: dict[str, int]
) -> list[Case]:
    """So many stanzas of each source, in the order of `SOURCES`.

    Themes and valences are dealt out independently of each other and of the tunes.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks a collection.
    """
    found: list[tuple[str, str, GridStanza, StanzaAsk, Hymn | None]] = []
    scores = {
        "hymnal": hymn_scores(data, split),
        "pop909": pop_scores(data, cache, split),
        "own": own_scores(composer, split),
    }
    for source in SOURCES:
        wanted = shares.get(source, 0)
        for name, score, hymn in scores[source] if wanted else ():
            part = stanza_of(score)
            if part is not None:
                found.append((source, name, *part, hymn))
                wanted -= 1
            if not wanted:
                break
    rng = random.Random(_SEEDS[split])
    themes = dealt(asked_themes(split), len(found), rng)
    valences = dealt(VALENCES, len(found), rng)
    return [
        Case(source, name, grid, stanza, themes[i], valences[i], _SEEDS[split] + i, hymn)
        for i, (source, name, grid, stanza, hymn) in enumerate(found)
    ]


def dealt(values: Sequence[T], number: int, rng: random.Random) -> list[T]:
    """So many of the values, each as often as the others, in a random order."""
    rows = [values[i % len(values)] for i in range(number)]
    rng.shuffle(rows)
    return rows


def stanza_of(score: Score) -> tuple[GridStanza, StanzaAsk] | None:
    """The first stanza of a melody that is as long as a verse; None when it has none."""
    try:
        grid = read_melody(score)
    except Refusal:
        return None
    ask = ask_of(grid)
    for index, stanza in zip(grid.own, ask.stanzas, strict=True):
        syllables = sum(len(line.weights) for line in stanza.lines)
        if _LINES[0] <= len(stanza.lines) <= _LINES[1] and _FEWEST <= syllables <= _MOST:
            return grid.stanzas[index], stanza
    return None


def hymn_scores(data: Path, split: Split) -> Iterator[tuple[str, Score, Hymn | None]]:
    """The hymnal's tunes, each once, in an order by chance."""
    hymns = read_hymns(data, split)
    random.Random(_SEEDS[split]).shuffle(hymns)
    seen: set[str] = set()
    for hymn in hymns:
        if hymn.tune not in seen:
            seen.add(hymn.tune)
            yield hymn.title, hymn.melody, hymn


def pop_scores(data: Path, cache: Path, split: Split) -> Iterator[tuple[str, Score, None]]:
    """The melodies of pop909 that the composer was not trained on either."""
    for sheet in load_sheets(data, cache)[split]:
        if sheet.source == "pop909":
            yield sheet.id, score_of(sheet), None


def score_of(sheet: LeadSheet) -> Score:
    """A lead sheet's melody in C, without its chords."""
    step = 1 / STEPS_PER_BEAT
    notes = tuple(Note(on * step, pitch, length * step, 88) for on, length, pitch in sheet.notes)
    key = Key("C", "minor" if sheet.minor else "major")
    track = Track("Melody", "melody", 0, notes)
    tempos = (Tempo(0.0, _BPM),)
    return Score(sheet.id, key, Meter.parse(sheet.meter), tempos, sheet.bars, (track,))


def own_scores(composer: Composer, split: Split) -> Iterator[tuple[str, Score, None]]:
    """Songs that the composer writes, without end, in styles and moods by turns."""
    for number in range(10_000):
        brief = Brief(style=_STYLES[number % len(_STYLES)], purpose="song", bars=24)
        seed = _SEEDS[split] + number
        plan = make_plan(brief, seed)
        track = Track("Melody", "melody", 0, compose(plan, composer, seed))
        sections = tuple(s.section for s in plan.sections)
        head = (plan.title, plan.key, plan.meter, plan.tempos, plan.bars)
        yield f"{brief.style} {seed}", Score(*head, (track,), (), sections), None
