"""Multi-turn scripts: what people say over several turns, and how the table must look in the end.

In: `dialogues/*.toml`, each dialogue with its lines and its `end`. Out: which ends were right, and
for the others what was wrong. The conditions of an `end`, all measured on the files of the piece on
the table or on the session, never on what a reply claims:

    style, key, meter, title, ensemble   as said ("D minor")
    tempo, bars, seconds                 a number (within 2 %), or "slower", "faster", "longer",
                                         "shorter" than the first piece, or the "same"
    has, hasnt                           instruments or kits by vocabulary id or group
    moved                                semitones that the melody lies above the first piece's
    mood                                 "sadder", "happier", "calmer", "wilder" than the first
    words                                true, false, "en" or "zh"
    about                                a word that must be among the words' themes or lines
    versions, choices                    how many pieces the session knows, how many are offered
    table                                which piece lies on the table, 0 is the first that was made
    listed                               whether suggestions were listed
    says                                 words of which one must be in the last answer
    shows                                kinds of files of the last answer
    asks                                 whether the last answer is a question
    command                              the slash command that the last answer names
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bench.talking import State
from bot.piece import PieceFile
from models import midi, mood_judge, vocabulary

_CLOSE = 0.02
FOLDER = Path(__file__).with_name("dialogues")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Lines of one person, and the conditions that must hold after the last."""

    name: str
    lines: tuple[str, ...]
    end: Mapping[str, Any]
    language: str = "en"
    file: str = ""
    split: str = "test"


def load(folder: Path = FOLDER) -> tuple[Dialogue, ...]:
    """Every dialogue of the folder, in the order of its files; each third one is for tuning."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        listed = tomllib.loads(path.read_text(encoding="utf-8"))["dialogue"]
        for number, each in enumerate(listed):
            split = "validation" if number % 3 == 0 else "test"
            lines = tuple(each.pop("lines"))
            found.append(Dialogue(lines=lines, split=split, **each))
    return tuple(found)


def wrong(dialogue: Dialogue, state: State, pieces: Path) -> list[str]:
    """What does not hold of a dialogue's end; empty when all of it does."""
    found = []
    for name, wanted in dialogue.end.items():
        seen, holds = _CHECKS[name](wanted, state, pieces)
        if not holds:
            found.append(f"{name}: wanted {wanted!r}, found {seen!r}")
    return found


Seen = tuple[Any, bool]
_Check = Callable[[Any, State, Path], Seen]


def _fact(name: str) -> _Check:
    def check(wanted: Any, state: State, _: Path) -> Seen:
        seen = state.table.facts.get(name) if state.table else None
        return seen, str(seen).casefold() == str(wanted).casefold()

    return check


def _number(name: str, more: str, less: str) -> _Check:
    """A figure of the piece on the table, by itself or beside the first piece's."""

    def check(wanted: Any, state: State, _: Path) -> Seen:
        seen = _figure(state.table, name)
        first = _figure(state.pieces[0] if state.pieces else None, name)
        if seen is None or first is None:
            return seen, False
        if wanted == "same":
            return (first, seen), seen == first
        if wanted in (more, less):
            return (first, seen), seen > first if wanted == more else seen < first
        return seen, abs(seen - float(wanted)) <= _CLOSE * float(wanted)

    return check


def _figure(piece: PieceFile | None, name: str) -> float | None:
    return None if piece is None else float(piece.facts[name])


def _players(state: State) -> set[str]:
    return set(state.table.facts["instruments"]) if state.table else set()


def _members(name: str) -> set[str]:
    """An instrument or kit itself, or those of a group."""
    words = vocabulary.load()
    group = words.groups.find(name)
    return {name, *(group.members if group else ())}


def _has(wanted: Any, state: State, _: Path) -> Seen:
    seen = _players(state)
    return seen, all(seen & _members(name) for name in wanted)


def _hasnt(wanted: Any, state: State, _: Path) -> Seen:
    seen = _players(state)
    return seen, state.table is not None and not any(seen & _members(name) for name in wanted)


def _moved(wanted: Any, state: State, pieces: Path) -> Seen:
    if state.table is None:
        return None, False
    notes = [
        midi.read(pieces / piece.id / "piece.mid").track("melody")
        for piece in (state.pieces[0], state.table)
    ]
    if notes[0] is None or notes[1] is None:
        return None, False
    shifts = {b.pitch - a.pitch for a, b in zip(notes[0].notes, notes[1].notes, strict=False)}
    return sorted(shifts), shifts == {wanted}


#: 0 is valence, 1 arousal (`models.mood_judge.judge`), and which way it must go.
_FEELS: Mapping[str, tuple[int, int]] = {
    "sadder": (0, -1), "happier": (0, 1), "calmer": (1, -1), "wilder": (1, 1),
}  # fmt: skip


def _mood(wanted: Any, state: State, pieces: Path) -> Seen:
    if state.table is None:
        return None, False
    side, way = _FEELS[wanted]
    first, now = (
        mood_judge.judge(pieces / piece.id / "piece.mid")[side]
        for piece in (state.pieces[0], state.table)
    )
    return (round(first, 2), round(now, 2)), way * (now - first) > 0


def _ensemble(wanted: Any, state: State, _: Path) -> Seen:
    seen = state.table.plan.ensemble if state.table else None
    return seen, seen == wanted


def _words(wanted: Any, state: State, _: Path) -> Seen:
    lyrics = state.table.lyrics if state.table else None
    seen = lyrics.language if lyrics else False
    return seen, bool(seen) == wanted if isinstance(wanted, bool) else seen == wanted


def _about(wanted: Any, state: State, _: Path) -> Seen:
    lyrics = state.table.lyrics if state.table else None
    text = str(lyrics.to_json()).casefold() if lyrics else ""
    return text[:120], str(wanted).casefold() in text


def _versions(wanted: Any, state: State, _: Path) -> Seen:
    return len(state.session.versions), len(state.session.versions) == wanted


def _choices(wanted: Any, state: State, _: Path) -> Seen:
    return len(state.session.choices), len(state.session.choices) == wanted


def _table(wanted: Any, state: State, _: Path) -> Seen:
    ids = [piece.id for piece in state.pieces]
    seen = ids.index(state.session.table) if state.session.table in ids else None
    return seen, seen == wanted


def _listed(wanted: Any, state: State, _: Path) -> Seen:
    return bool(state.session.suggested), bool(state.session.suggested) == wanted


def _says(wanted: Any, state: State, _: Path) -> Seen:
    last = state.replies[-1].casefold() if state.replies else ""
    any_of = [wanted] if isinstance(wanted, str) else wanted
    return last[:200], any(str(word).casefold() in last for word in any_of)


def _shows(wanted: Any, state: State, _: Path) -> Seen:
    seen = set(state.shown[-1].show.kinds) if state.shown else set()
    return seen, set(wanted) <= seen


def _asks(wanted: Any, state: State, _: Path) -> Seen:
    seen = bool(state.shown and state.shown[-1].show.options)
    return seen, seen == wanted


def _command(wanted: Any, state: State, _: Path) -> Seen:
    seen = state.shown[-1].show.command if state.shown else ""
    return seen, seen.lstrip("/").startswith(str(wanted).lstrip("/"))


_CHECKS: Mapping[str, _Check] = {
    **{name: _fact(name) for name in ("style", "key", "meter", "title")},
    "ensemble": _ensemble,
    "tempo": _number("tempo", "faster", "slower"),
    "bars": _number("bars", "longer", "shorter"),
    "seconds": _number("seconds", "longer", "shorter"),
    "has": _has, "hasnt": _hasnt, "moved": _moved, "mood": _mood, "words": _words,
    "about": _about, "versions": _versions, "choices": _choices, "table": _table,
    "listed": _listed, "says": _says, "shows": _shows, "asks": _asks, "command": _command,
}  # fmt: skip
