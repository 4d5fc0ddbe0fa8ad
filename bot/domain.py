"""The values that flow through the application, from a person's words to the answer.

In: what Discord or the terminal knows about an ask. Out: frozen values; nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from models.lyrics import Language
from models.planner.brief import Brief
from models.score import Note, Role

#: The notes of a melody, sorted, in beats from the start of the piece.
Melody = tuple[Note, ...]
RequestKind = Literal[
    "compose",
    "takes",
    "extend",
    "export",
    "rework",
    "learn",
    "arrange",
    "hear",
    "lyrics",
    "song",
    "listening",
    "edit",
]
#: What can be done with music that exists (models/composer/uses.py).
Use = Literal[
    "continue", "vary", "infill", "harmonise", "remelodise", "blend", "develop", "manner", "restyle"
]
#: What can be done with the players of music that exists (bot/arranging.py).
Act = Literal["arrange", "add", "replace", "mute", "reroll"]
#: What can be done with words (bot/writing.py).
Pen = Literal["write", "rewrite", "reline", "own"]
#: How far a variation goes from where it came, 0..1.
NEAR, FAR = 0.3, 0.8


@dataclass(frozen=True, slots=True)
class Rework:
    """What to do with music that exists: one use of the composer, with its settings.

    `source` and `reference` are a piece's id, or the path of a MIDI or MusicXML file: relative to
    the data folder for uploads, absolute from the terminal. `bars` is the first and last bar as
    people count them (1-based, inclusive); `Request.bars` says how many to continue by. `count` is
    how many results to choose from, `distance` 0..1 (`NEAR`, `FAR`), `share` the part of the
    reference in a blend, 0..1. `style` and `mood` are vocabulary ids. The sliders `intensity` (of
    rhythm), `polyphony`, `register` and `motion` are 0..100; None leaves them. `motif` is a hook in
    typed notes (see `bot.agent.motif`) where `source` does not hold it. `title` is what the person
    calls the file `source`. `longest` is the owner's limit in seconds of music.
    """

    use: Use
    source: str | None = None
    reference: str | None = None
    bars: tuple[int, int] | None = None
    count: int = 1
    distance: float = NEAR
    share: float = 0.5
    style: str | None = None
    mood: str | None = None
    intensity: int | None = None
    polyphony: int | None = None
    register: int | None = None
    motion: int | None = None
    motif: str = ""
    title: str = ""
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What to do with the players of music that exists.

    `arrange` writes a band (or an `ensemble`) for `source` in a `style`; `add` brings `instrument`
    in, `replace` gives `part` to it, `mute` takes `part` out, `reroll` writes `part` again; the
    last two in `bars` only where these are given (first and last, 1-based, inclusive).

    `source` and `like` (music whose accompaniment is the model) are named as `Rework.source`;
    `title` and `longest` as there. `keep` are the roles of a file that stay note for note. `part`
    is the name of a part as the score has it, or a role. `style`, `ensemble`, `instruments` and
    `instrument` are vocabulary ids. `key`, `tempo`, `meter` and `notes` (typed notes, see
    `models.transcriber.text`) correct what was heard in a recording. `like_title` is what the
    person calls the file `like`.
    """

    act: Act
    source: str | None = None
    title: str = ""
    style: str | None = None
    ensemble: str | None = None
    instruments: tuple[str, ...] = ()
    keep: tuple[Role, ...] = ("melody",)
    like: str | None = None
    like_title: str = ""
    part: str = ""
    instrument: str | None = None
    bars: tuple[int, int] | None = None
    key: str | None = None
    tempo: float | None = None
    meter: str | None = None
    notes: str = ""
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """What words to write, and for which music.

    `write` writes new words, `rewrite` others than a piece has (by what it was asked with, where
    nothing else is said here), `reline` only its line number `line`, `own` puts a person's `text`
    under the notes.

    `source` is named as `Rework.source`, and `title` and `longest` are as there; without a source
    the words come first and a melody is written to them, of the request's brief. `about` is the
    asker's own phrase; `themes` are what it comes to, `mood` a vocabulary id. `scheme` is letters
    ("ABAB"). `language` None is that of the request's locale. Without `clean` coarse words are
    allowed. `first_line` is the asker's; `lines` are further ones of theirs by number, and
    `required` words that must come. `name` is the song's title. `lines` and `line` count from 1
    over the words as they are shown to be edited: what returns counts once. `sing` also makes the
    demo with a robot's voice.
    """

    act: Pen
    source: str | None = None
    title: str = ""
    about: str = ""
    themes: tuple[str, ...] = ()
    mood: str | None = None
    scheme: str | None = None
    language: Language | None = None
    clean: bool = True
    first_line: str = ""
    lines: Mapping[int, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    name: str = ""
    line: int | None = None
    text: str = ""
    sing: bool = False
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What should become different about a piece; fields that are None or empty stay as they are.

    `tempo` is in quarter notes per minute; `pace` multiplies it (2.0: twice as fast), `faster` adds
    to it. `semitones` moves everything that has a pitch; `key` ("G minor", "G" for its present
    mode, "minor" for its present tonic) is moved to the nearer way, and a mode is changed with it.
    `meter` is "3/4". `style` and `mood` are vocabulary ids, `avoid` moods to get away from.
    The sliders -2..2 say less (-1: a bit less) or more: `intensity` of rhythm, `fullness`,
    `register`, `loudness`. `add`, `remove` and the two sides of each pair in `swap` are instruments
    or kits by vocabulary id, or names of parts and roles. `reroll` are parts to write again.
    `title` renames. `seconds` or `length_bars` is how long the whole is to be; `cut` and `repeat`
    name sections to take out or to play twice. `part`, and `bars` (first and last, 1-based,
    inclusive), say where the change holds; without them, everywhere.
    """

    tempo: float | None = None
    pace: float | None = None
    faster: float | None = None
    semitones: int | None = None
    key: str | None = None
    meter: str | None = None
    style: str | None = None
    mood: str | None = None
    avoid: tuple[str, ...] = ()
    intensity: int | None = None
    fullness: int | None = None
    register: int | None = None
    loudness: int | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    swap: tuple[tuple[str, str], ...] = ()
    reroll: tuple[str, ...] = ()
    title: str | None = None
    seconds: float | None = None
    length_bars: int | None = None
    cut: tuple[str, ...] = ()
    repeat: tuple[str, ...] = ()
    part: str | None = None
    bars: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A finished piece to change: its id, what should change, and the owner's limit in seconds."""

    source: str
    change: Change
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to learn a style from: 1 to 20 pieces in all, new ones and those learned from before.

    `files` are MIDI or MusicXML files, named as `Rework.source`, and `titles` what the person calls
    each. `folder` is where the style goes and `earlier` where the one that it adds to lies, both
    under the styles folder or absolute. Without `train` nothing is trained: the style is a vector
    of features of the melodies, and that only. `discord` says that the files came through it.
    """

    name: str
    folder: str
    files: tuple[str, ...]
    titles: tuple[str, ...]
    earlier: str | None = None
    train: bool = False
    discord: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """An export of somebody's own listening to count.

    `source` is the upload's path relative to the data folder, `title` what the person calls it;
    `everywhere` says what they agreed to: everywhere, or in the server where they sent it. `now` is
    when they did, in UTC epoch seconds: later plays are left out.
    """

    source: str
    title: str
    everywhere: bool
    now: float


@dataclass(frozen=True, slots=True)
class Request:
    """One job's worth of asking: what the runner stores, a worker executes and delivery answers.

    `compose` makes one piece from `brief`; `takes` makes `takes` variations of piece `parent` (or
    of `brief` when there is no parent); `extend` makes `parent` longer by `bars`; `export` renders
    more files of `parent` (`formats`: "wav", "stems", "voice", "score", "parts", "lead"; "voice"
    also beside a new piece); `rework` does what `rework` says with `parent` or with a file; `learn`
    learns a style by `lesson`; `arrange` does what `arrangement` says, and `hear` shows what is
    heard in the recording that it names, before anything is made of it. `lyrics` does what
    `writing` says with a piece, with a file, or with neither (words first); `song` makes a piece
    from `brief` with words by `writing`; `listening` counts the plays of the export that
    `listening` names; `edit` changes the piece that `edit` names. `style` is the folder of the
    learned style to compose in, see `Lesson.folder`.
    `text` is the asker's own words, shown back, never trained on. `locale` is "en" or "zh".
    `nonce` (the interaction's id) keeps the pieces of two people who ask for exactly the same
    thing apart.
    """

    kind: RequestKind
    brief: Brief = field(default_factory=Brief)
    text: str = ""
    locale: str = "en"
    parent: str | None = None
    takes: int = 1
    bars: int = 0
    formats: tuple[str, ...] = ()
    nonce: str = ""
    rework: Rework | None = None
    style: str | None = None
    lesson: Lesson | None = None
    arrangement: Arrangement | None = None
    writing: Writing | None = None
    listening: Import | None = None
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job is: step `step` of `of`; `label` is an English gettext message id."""

    step: int
    of: int
    label: str


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished piece on disk.

    `files` maps a kind of `bot.files.NAMES` to a path inside `folder`. `facts` is what the reply
    may state: title, style, moods, key, tempo, meter, bars, seconds, instruments, form, seed,
    verification (all JSON values). `waveform` is for voice messages: one byte per point, at most
    256.
    """

    piece_id: str
    folder: Path
    files: Mapping[str, Path]
    facts: Mapping[str, Any]
    stages: Mapping[str, float] = field(default_factory=dict)  # stage -> seconds, for the benches
    waveform: bytes = b""
