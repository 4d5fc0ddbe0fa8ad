"""What of a piece is explained by its parts: players, melody, words, and what was changed.

In: a `Read` piece. Out: sentences in its reader's language; every number is counted in the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import wording
from bot.agent import explain_score as counted
from bot.i18n import translate
from bot.lyrics_text import section_name
from bot.piece import PieceFile
from bot.recipe import key_name
from bot.wording import quoted
from models import midi, vocabulary
from models.errors import Refusal
from models.score import PlacedChord, Score, Section
from models.theory import Key

GONE = "The files of that piece are gone, so I cannot look into its score."
LEFT = "Gone are the players: {names}."
NEW = "New players: {names}."
#: What is set beside the piece that this one was made from.
COMPARED_CHOICES = {"key": "key", "tempo": "tempo", "meter": "meter", "bars": "bars"}


@dataclass(frozen=True, slots=True)
class Read:
    """A piece as it is explained: what was saved of it, its score, chords and sections."""

    saved: PieceFile
    score: Score
    chords: tuple[PlacedChord, ...]
    sections: tuple[Section, ...]
    names: tuple[str, ...]
    locale: str

    @property
    def key(self) -> Key:
        """The key it is written in."""
        return self.score.key


def read(folder: Path, locale: str) -> Read:
    """A piece's folder as it is explained in a language.

    Raises
    ------
    Refusal
        When the piece is gone.
    """
    saved = PieceFile.load(folder)
    if not (folder / "piece.mid").is_file():
        raise Refusal(GONE)
    score = midi.read(folder / "piece.mid")
    sections = score.sections or tuple(planned.section for planned in saved.plan.sections)
    return Read(
        saved, score, score.chords or saved.plan.chords, sections, _named(sections, locale), locale
    )


def _named(sections: Sequence[Section], locale: str) -> tuple[str, ...]:
    """Names of sections, numbered where there are several of a name."""
    names = [section.name for section in sections]
    return tuple(
        section_name(name, names[: n + 1].count(name) if names.count(name) > 1 else 0, locale)
        for n, name in enumerate(names)
    )


# --- players, melody, words -----------------------------------------------------------------------


def players(piece: Read) -> list[str]:
    """Who plays, what in which role, how much and how high."""
    locale = piece.locale
    found = counted.playing(piece.score, piece.sections)
    lines = []
    for each in found:
        role = translate(wording.ROLES[each.track.role], locale)
        values = {
            "name": _part_name(each.track.name, locale), "role": role,
            "notes": f"{each.per_bar:.1f}".removesuffix(".0"),
        }  # fmt: skip
        if each.track.is_drum:
            line = translate("{name} ({role}): strokes per bar: {notes}", locale, **values)
        else:
            low, high = (counted.note_name(p, piece.key) for p in (each.low, each.high))
            line = translate("{name} ({role}): {low} to {high}, notes per bar: {notes}", locale,
                             **values, low=low, high=high)  # fmt: skip
        silent = [name for n, name in enumerate(piece.names) if n not in each.sections]
        if silent and len(silent) < len(piece.names):
            rests = translate(", ", locale).join(silent[:4])
            line += translate("; rests in {sections}", locale, sections=rests)
        lines.append(f"- {line}")
    head = translate("{count} players:", locale, count=len(found))
    return [head, *lines] if found else []


def _part_name(name: str, locale: str) -> str:
    words = vocabulary.load()
    entry = words.instruments.find(name) or words.kits.find(name)
    return entry.name(locale) if entry and entry.name() == name else quoted(name, 40)


def melody(piece: Read) -> list[str]:
    """Range and motion of the melody, and its hook."""
    track = piece.score.track("melody")
    line = counted.line_of(track.notes) if track else None
    if track is None or line is None:
        return []
    locale, key = piece.locale, piece.key
    lines = [
        translate(
            "Melody: {low} to {high} ({semitones} semitones), {steps} % of its moves are steps.",
            locale, low=counted.note_name(line.low, key), high=counted.note_name(line.high, key),
            semitones=line.high - line.low, steps=round(line.steps * 100),
        )
    ]  # fmt: skip
    hook = counted.hook_of(track.notes, piece.score.meter.bar_beats)
    if hook is not None:
        notes = " ".join(counted.note_name(n.pitch, key) for n in hook.notes)
        bars = ", ".join(str(bar) for bar in dict.fromkeys(hook.bars[1:8]))
        text = translate("Its hook is {notes}, in bar {first}; it returns {count} times, in bars "
                         "{bars}", locale, notes=notes, first=hook.bars[0],
                         count=len(hook.bars) - 1, bars=bars)  # fmt: skip
        if len(hook.bars) == 2:
            text = translate("Its hook is {notes}, in bar {first}; it returns once, in bar {bars}",
                             locale, notes=notes, first=hook.bars[0], bars=bars)  # fmt: skip
        if hook.moved:
            text += translate(" ({count} at another pitch)", locale, count=hook.moved)
        lines.append(text + ("。" if locale == "zh" else "."))
    return lines


def words(piece: Read) -> list[str]:
    """How many words there are, about what, and how they rhyme."""
    lyrics = piece.saved.lyrics
    if lyrics is None:
        return []
    locale = piece.locale
    syllables = sum(len(line.sung) for line in lyrics.lines)
    lines = [translate("Words: {lines} lines, {syllables} syllables, each on its note.", locale,
                       lines=len(lyrics.lines), syllables=syllables)]  # fmt: skip
    if lyrics.themes:
        told = translate(", ", locale).join(quoted(theme, 40) for theme in lyrics.themes)
        lines.append(translate("They are about: {themes}.", locale, themes=told))
    if lyrics.schemes:
        schemes = translate(", ", locale).join(dict.fromkeys(lyrics.schemes.values()))
        lines.append(translate("Rhyme scheme: {schemes}.", locale, schemes=schemes))
    if lyrics.hook:
        lines.append(translate("The line to remember: “{line}”.", locale,
                               line=quoted(lyrics.hook, 100)))  # fmt: skip
    return lines


# --- what was changed -----------------------------------------------------------------------------


def changes(piece: Read, before: Read | None) -> list[str]:
    """What was done to another piece to make this one, and what is different now."""
    done = piece.saved.facts.get("rework")
    lines = []
    if done:
        lines.append(wording.done(piece.saved.facts, piece.locale))
    if before is not None:
        lines += _compared(before, piece)
    return [line for line in lines if line]


def _compared(before: Read, after: Read) -> list[str]:
    """What differs between the scores of a piece and of the one it was made from."""
    old, new, locale = before.score, after.score, after.locale
    pairs = (
        ("key", key_name(str(old.key), locale), key_name(str(new.key), locale)),
        ("tempo", f"{old.bpm:.4g}", f"{new.bpm:.4g}"),
        ("meter", str(old.meter), str(new.meter)),
        ("bars", str(old.bars), str(new.bars)),
    )
    lines = [
        f"- {translate(COMPARED_CHOICES[name], locale)}: {one} → {other}"
        for name, one, other in pairs
        if one != other
    ]
    was = {t.name for t in old.tracks if t.notes}
    now = {t.name for t in new.tracks if t.notes}
    for template, names in ((NEW, now - was), (LEFT, was - now)):
        if names:
            told = translate(", ", locale).join(_part_name(n, locale) for n in sorted(names))
            lines.append(translate(template, locale, names=told))
    same = [t.name for t in new.tracks if t.notes and t in old.tracks]
    if same:
        told = translate(", ", locale).join(_part_name(n, locale) for n in same[:6])
        lines.append(translate("Note for note as before: {names}.", locale, names=told))
    return lines
