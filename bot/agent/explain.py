"""What is going on in a piece, read from its own score: key, chords, form, players, why, changes.

In: a piece's folder (`piece.mid`, `piece.json`), what is asked about, a language. Out: a text of
less than 1,900 characters. Everything said is counted in the score, stands in the plan or was
measured when the piece was made; what is typical of a style comes from the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import wording
from bot.agent import explain_score as counted
from bot.agent.explain_style import why
from bot.i18n import translate
from bot.lyrics_text import section_name
from bot.piece import PieceFile
from bot.recipe import clock, key_name
from bot.wording import quoted
from models import midi, vocabulary
from models.errors import Refusal
from models.score import PlacedChord, Score, Section
from models.theory import Key

#: Characters of an answer: it stands in one message, beside what the front adds.
LONGEST = 1800
NEW = "New players: {names}."
LEFT = "Gone are the players: {names}."
GONE = "The files of that piece are gone, so I cannot look into its score."
#: What is asked about -> the words that ask it; the first that is found counts.
_TOPICS: Sequence[tuple[str, str]] = (
    ("changes", r"chang|differ|what did you|done|edit|before|compare"
                r"|改了|变了|变化|修改|不同|区别|之前|原来"),
    ("words", r"lyric|words|text|rhyme|sung|歌词|词|押韵"),
    ("why", r"\bwhy\b|sound|style|genre|feel|mood|sad|happy|groove|swing|typical"
            r"|为什么|为何|风格|曲风|感觉|听起来|情绪|悲|欢"),
    ("chords", r"chord|harmon|progress|roman|cadence|和弦|和声|进行|级数"),
    ("form", r"form|structur|section|verse|chorus|bridge|intro|how long|length"
             r"|曲式|结构|段落|主歌|副歌|多长|时长"),
    ("key", r"\bkey\b|scale|tonal|major|minor|mode|tonic|调(?!整)|音阶"),
    ("tempo", r"tempo|bpm|fast|slow|speed|meter|metre|time signature|beat|rhythm"
              r"|速度|拍|节奏|快|慢"),
    ("players", r"instrument|who plays|play(?:s|ing|ers?)\b|part|band|arrang|drum|bass"
                r"|乐器|声部|谁在|演奏|配器|编曲|鼓|贝斯"),
    ("melody", r"melod|tune|hook|motif|theme|range|high|low|旋律|动机|主题|音域|最高|最低"),
)  # fmt: skip
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


def explain(folder: Path, about: str, locale: str, parent: Path | None = None) -> str:
    """The explanation; `about` narrows it, `parent` is the folder of the piece it was made from.

    Raises
    ------
    Refusal
        When the piece is gone.
    """
    piece = _read(folder, locale)
    before = None
    if parent is not None:
        try:
            before = _read(parent, locale)
        except Refusal:
            before = None  # deleted meanwhile: only what was noted then can be told
    topic = topic_of(about)
    tellers = _tellers(before)
    title = f"**{quoted(piece.saved.plan.title or piece.saved.id, 80)}**"
    if topic is not None:
        lines = tellers[topic](piece) or [translate(_ABSENT_CHOICES[topic], locale)]
        return _fitted([title, *lines])
    order = ("key", "tempo", "form", "chords", "players", "melody", "why", "changes", "words")
    lines = [title]
    for name in order:
        told = tellers[name](piece)
        lines += told[: _SHORT.get(name, len(told))]
    return _fitted(lines)


_ABSENT_CHOICES = {
    "changes": "It was composed from nothing, not made from another piece.",
    "words": "It has no words; say “write words about …” and it gets some.",
    "chords": "Its score holds no chord symbols.",
    "form": "Its score names no sections.",
    "key": "It has no pitched notes, so it is in no key.",
    "tempo": "Its score names no tempo.",
    "players": "Nobody plays in it.",
    "melody": "It has no melody of its own.",
    "why": "Its style is none that I have in my vocabulary.",
}
#: Lines of each topic where everything is told at once.
_SHORT = {"chords": 5, "why": 3, "players": 6, "form": 1, "melody": 2, "words": 1, "key": 1}


def topic_of(about: str) -> str | None:
    """What words ask about; None for everything."""
    plain = about.lower()
    return next((name for name, words in _TOPICS if re.search(words, plain)), None)


def _tellers(before: Read | None) -> Mapping[str, Callable[[Read], list[str]]]:
    return {
        "key": _key, "tempo": _tempo, "form": _form, "chords": _chords, "players": _players,
        "melody": _melody, "words": _words,
        "why": lambda piece: why(
            piece.saved.plan, piece.score, piece.chords, piece.saved.brief.moods, piece.locale
        ),
        "changes": lambda piece: _changes(piece, before),
    }  # fmt: skip


def _read(folder: Path, locale: str) -> Read:
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


def _fitted(lines: Sequence[str]) -> str:
    """Whole lines, as many as fit."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > LONGEST:
            break
        text += f"\n{line}" if text else line
    return text


# --- key, tempo, form -----------------------------------------------------------------------------


def _key(piece: Read) -> list[str]:
    found = counted.key_of(piece.score)
    if found is None:
        return []
    locale = piece.locale
    named = key_name(str(piece.key), locale)
    share = round(found.inside * 100)
    if found.agrees:
        sure = (
            "clearly" if found.margin >= counted.CLEAR
            else "fairly clearly" if found.margin >= counted.FAIR
            else "but narrowly"
        )  # fmt: skip
        return [
            translate(
                "Key: {key}. The notes say so too, {sure}; {share} % of their time lies in its "
                "scale.",
                locale, key=named, sure=translate(SURE_CHOICES[sure], locale), share=share,
            )
        ]  # fmt: skip
    return [
        translate(
            "Key: {key}, as it was planned; by its notes alone one could hear {other} as well.",
            locale, key=named, other=key_name(str(found.key), locale),
        )
    ]  # fmt: skip


SURE_CHOICES = {
    "clearly": "clearly", "fairly clearly": "fairly clearly", "but narrowly": "but narrowly",
}  # fmt: skip


def _tempo(piece: Read) -> list[str]:
    score = piece.score
    return [
        translate(
            "Tempo: ♩ = {tempo} in {meter}; {bars} bars, {time}.",
            piece.locale, tempo=f"{score.bpm:.4g}", meter=str(score.meter), bars=score.bars,
            time=clock(score.seconds),
        )
    ]  # fmt: skip


def _form(piece: Read) -> list[str]:
    if not piece.sections:
        return []
    bar, locale = piece.score.meter.bar_beats, piece.locale
    rows: list[str] = []
    again: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    for section, name in zip(piece.sections, piece.names, strict=True):
        first, last = section.start_bar + 1, section.start_bar + section.bars
        start = clock(piece.score.seconds_at(section.start_bar * bar))
        rows.append(
            translate("{name} (bars {first}–{last}, from {time})", locale, name=name, first=first,
                      last=last, time=start)
        )  # fmt: skip
        if section.label in seen:
            again.append((name, seen[section.label]))
        seen.setdefault(section.label, name)
    lines = [translate("Form: {sections}.", locale, sections=translate(", ", locale).join(rows))]
    if again:
        pairs = [
            translate("{name} with that of {first}", locale, name=name, first=first)
            for name, first in again
        ]
        lines.append(translate("The same music returns: {pairs}.", locale,
                               pairs=translate(", ", locale).join(pairs)))  # fmt: skip
    return lines


# --- chords ---------------------------------------------------------------------------------------


def _chords(piece: Read) -> list[str]:
    if not piece.chords:
        return []
    locale, key = piece.locale, piece.key
    lines = [translate("Chords, with their degrees in {key}:", locale,
                       key=key_name(str(key), locale))]  # fmt: skip
    bar = piece.score.meter.bar_beats
    found = counted.stretches(piece.chords, piece.sections, bar, key)
    colon = "：" if locale == "zh" else ": "
    for number, stretch in enumerate(found):
        if stretch.like is None:
            same = [n for n, other in enumerate(found) if n == number or other.like == number]
            names = translate(", ", locale).join(piece.names[n] for n in same)
            times = f" ×{stretch.times}" if stretch.times > 1 else ""
            lines.append(f"{names}{colon}`{stretch.symbols()}`{times} – {stretch.numerals()}")
    return [*lines, *_remarks(piece)]


def _remarks(piece: Read) -> list[str]:
    """What stands out: how it closes, and what is borrowed from outside of the key."""
    found = counted.harmony_of(piece.chords, piece.key)
    if found is None:
        return []
    lines, locale = [], piece.locale
    if found.ending:
        penultimate, last = found.ending
        kind = _cadence(penultimate, last)
        if kind:
            lines.append(translate("It closes with {first}–{last}, {cadence}.", locale,
                                   first=penultimate, last=last,
                                   cadence=translate(kind, locale)))  # fmt: skip
    if found.outside:
        shown = translate(", ", locale).join(found.outside[:6])
        lines.append(translate("Borrowed from outside the key: {chords}.", locale, chords=shown))
    else:
        lines.append(translate("Every chord belongs to the key.", locale))
    return lines


CADENCE_CHOICES = {
    "authentic": "an authentic cadence", "plagal": "a plagal cadence",
    "half": "a half cadence that stays open", "deceptive": "a deceptive cadence",
}  # fmt: skip


def _cadence(penultimate: str, last: str) -> str:
    """The kind of ending that two Roman numerals make; "" for one without a name."""

    def degree(numeral: str) -> str:
        match = re.match(r"[#b]*([ivIV]+)", numeral)
        return match[1].upper() if match and not numeral.startswith(("#", "b")) else ""

    one, two = degree(penultimate), degree(last)
    if one in ("V", "VII") and two == "I":
        return CADENCE_CHOICES["authentic"]
    if one == "IV" and two == "I":
        return CADENCE_CHOICES["plagal"]
    if one == "V" and two == "VI":
        return CADENCE_CHOICES["deceptive"]
    return CADENCE_CHOICES["half"] if two == "V" else ""


# --- players, melody, words -----------------------------------------------------------------------


def _players(piece: Read) -> list[str]:
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


def _melody(piece: Read) -> list[str]:
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


def _words(piece: Read) -> list[str]:
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


def _changes(piece: Read, before: Read | None) -> list[str]:
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
