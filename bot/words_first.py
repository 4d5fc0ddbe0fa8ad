"""Words first: a person's text, or words written without a melody, get a melody of their own.

In: a `Writing` without music, and a brief of what the music should be like. Out: a piece to record,
its melody and its words, a note for every syllable. The words decide the bars and the rhythm
(`models.lyricist.rhythm`), the composer the pitches (`models.composer.setting`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bot import writing
from bot.domain import Melody, Request
from bot.piece import Lineage, PieceFile
from bot.policy import TOO_LONG
from bot.writing import Misfits, Task
from models.composer.page import Composer
from models.composer.setting import set_words
from models.errors import Refusal
from models.lyricist.asks import WrittenLine
from models.lyricist.checking import check_line, chinese_pieces
from models.lyricist.hyphenate import split
from models.lyricist.metre import weights
from models.lyricist.own_line import read_line
from models.lyricist.phrasing import Slot
from models.lyricist.placing import place_line
from models.lyricist.pronounce import Pronouncer
from models.lyricist.pronounce import load as load_pronouncer
from models.lyricist.prosody import GridStanza, SongGrid
from models.lyricist.rhythm import (
    Scanned,
    bars_a_line,
    rhythm,
    scan,
    scan_chinese,
    scan_feet,
)
from models.lyricist.schemes import checked, renewed
from models.lyricist.voice import Voice
from models.lyrics import Language, Line, Lyrics
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.form import own_form
from models.planner.plan import Plan
from models.score import Section

#: The form of a song that says nothing of it.
FORM = ("verse", "chorus", "verse", "chorus")
#: Syllables of each line with a rhyme scheme, and whether lines begin before the beat.
_VERSES = (
    ((8, 6, 8, 6), "ABCB", True),
    ((8, 8, 8, 8), "ABAB", True),
    ((8, 7, 8, 7), "ABAB", False),
)
_CHORUSES = (
    ((6, 6, 8, 6), "ABCB", True),
    ((7, 7, 7, 7), "AABB", False),
    ((8, 6, 8, 6), "ABAB", True),
)
_CHINESE = (((7, 7, 7, 7), "AAXA", False), ((5, 5, 5, 5), "XAXA", False))
_RETURNING = ("chorus", "refrain", "hook", "pre-chorus")
_HEAD = re.compile(
    r"^\s*[\[【(]?\s*([A-Za-z][A-Za-z-]*|[\u4e00-\u9fff]{1,3})\s*\d*\s*[\]】)]?\s*:?\s*$"
)
_NAMES = {
    "verse": "verse", "chorus": "chorus", "refrain": "chorus", "hook": "chorus",
    "bridge": "bridge", "pre-chorus": "pre-chorus", "prechorus": "pre-chorus",
    "主歌": "verse", "副歌": "chorus", "桥段": "bridge", "导歌": "pre-chorus",
}  # fmt: skip
#: Most lines of words that are set, and bars of the opening by bars a line.
MOST_LINES, _OPENING = 64, {1: 2, 2: 2, 4: 4}


@dataclass(frozen=True)
class Stanza:
    """One stanza before it has time: the section it makes, its lines, its rhymes.

    `lines` are None where they are still to be written. `same_as` as in `prosody.GridStanza`.
    """

    kind: str
    scanned: tuple[Scanned, ...]
    scheme: str
    lines: tuple[WrittenLine, ...] | None = None
    same_as: int | None = None


def draft(task: Task, request: Request, composer: Composer) -> tuple[PieceFile, Melody, Lyrics]:
    """A piece around its words: what to record, the melody, and the words on it.

    Raises
    ------
    Refusal
        When the words cannot be set, or the music that is asked for cannot be; see
        `writing.words_for`.
    """
    asked = task.asked
    language = writing.language_of(asked, task.locale)
    brief = replace(request.brief, bars=None, seconds=None, form=(), grade=None)
    first = make_plan(brief, task.seed, request.locale)
    if asked.act == "own":
        stanzas = own_stanzas(asked.text, language, request.locale)
    else:
        first_line = _first_line(asked.first_line, language, request.locale)
        stanzas = open_stanzas(
            request.brief, language, task.seed, asked.scheme, first_line, task.writers.voice
        )
    plan, grid = laid_out(stanzas, first, brief, task.seed, request.locale, language)
    if asked.longest is not None and plan.length > asked.longest:
        raise Refusal(TOO_LONG, asked=f"{plan.length:.0f}", most=f"{asked.longest:g}")
    if asked.act == "own":
        lyrics = _as_written(stanzas, grid)
        lyrics = replace(lyrics, title=asked.name or request.brief.title or _title(lyrics))
    else:
        mood = PieceFile(request.brief, plan, task.seed)
        lyrics = writing.written(task, grid, writing.valence_of(asked, mood))
    spans = [(slot.onset, slot.end) for s in grid.stanzas for line in s.lines for slot in line]
    melody = set_words(plan, spans, composer, task.seed)
    lineage = Lineage(None, asked.act)
    kept = replace(request.brief, seed=task.seed)
    done = {"use": "set", "title": lyrics.title, "seed": task.seed}
    piece = PieceFile(kept, plan, task.seed, lineage, locale=request.locale, done=done)
    return piece, melody, lyrics


def own_stanzas(text: str, language: Language, locale: str) -> tuple[Stanza, ...]:
    """A person's text as stanzas: blank lines part them, heads such as "[Chorus]" name them.

    Without heads, stanzas that come again word for word are the chorus. A head without lines
    brings back the words that it had before.

    Raises
    ------
    Refusal
        When there is nothing to sing, too much, or a line whose syllables cannot be counted.
    """
    blocks = _blocks(text)
    count = sum(len(lines) for _, lines in blocks)
    if not count:
        raise Refusal("There are no words to check; write one line of words for each sung line.")
    if count > MOST_LINES:
        raise Refusal(
            "That is {count} lines of words; I set at most {most} to music at once.",
            count=count,
            most=MOST_LINES,
        )
    pronouncer = load_pronouncer()
    found: list[Stanza] = []
    said: dict[tuple[str, ...], int] = {}
    number = 1
    for kind, lines in blocks:
        cut = [_cut(line, number + k, language, locale, pronouncer) for k, line in enumerate(lines)]
        number += len(lines)
        scanned = tuple(
            scan(line, pronouncer) if language == "en" else scan_chinese(_size(line))
            for line in cut
        )
        same = said.setdefault(lines, len(found))
        found.append(
            Stanza(kind, scanned, "X" * len(lines), tuple(cut), same if same < len(found) else None)
        )
    return tuple(found)


def _blocks(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """(kind, lines) of each stanza."""
    blocks: list[tuple[str, list[str]]] = []
    named = False
    for row in text.splitlines():
        line = " ".join(row.split())
        head = _HEAD.match(line)
        kind = _NAMES.get(head.group(1).lower()) if head else None
        if kind:
            named = True
            blocks.append((kind, []))
        elif not line and blocks and blocks[-1][1]:
            blocks.append(("", []))
        elif line:
            if not blocks:
                blocks.append(("", []))
            blocks[-1][1].append(line)
    before: dict[str, tuple[str, ...]] = {}
    out: list[tuple[str, tuple[str, ...]]] = []
    for kind, rows in blocks:
        lines = tuple(rows) or before.get(kind, ())
        if lines:
            before.setdefault(kind, lines)
            out.append((kind or "verse", lines))
    if not named:
        again = {lines for _, lines in out if sum(other == lines for _, other in out) > 1}
        out = [("chorus" if lines in again else kind, lines) for kind, lines in out]
    return out


def _cut(
    text: str, number: int, language: Language, locale: str, pronouncer: Pronouncer
) -> WrittenLine:
    """A person's line in syllables, each word with its usual number."""
    if language == "zh":
        pieces = chinese_pieces(text, pronouncer)
        words = tuple((p,) if size == 1 else split(p, size) for p, size in pieces if size)
        line = WrittenLine(text, words)
    else:
        sizes = [(*pronouncer.counts(word), 0)[0] for word in text.split()]
        line = read_line(text, sum(sizes), pronouncer)
    slots = [Slot(0.0, 1.0, 1, 1.0, 60)] * _size(line)
    problems = [p for p in check_line(text, slots, number, pronouncer, language) if not p.soft]
    if problems:
        raise Misfits(problems, text, locale)
    return line


def _size(line: WrittenLine) -> int:
    return sum(len(word) for word in line.words)


def _first_line(text: str, language: Language, locale: str) -> Scanned | None:
    """How a person's own first line is said."""
    if not text:
        return None
    line = _cut(text, 1, language, locale, load_pronouncer())
    return scan(line, load_pronouncer()) if language == "en" else scan_chinese(_size(line))


def open_stanzas(
    brief: Brief,
    language: Language,
    seed: int,
    scheme: str | None = None,
    first_line: Scanned | None = None,
    voice: Voice | None = None,
) -> tuple[Stanza, ...]:
    """Stanzas to be written, in metres that people sing, for the sections asked for.

    In a learned voice, verses are as long and rhyme as its writer's do.
    """
    rng = Random(f"{seed}/words")
    verse: tuple[tuple[int, ...], str, bool]
    verse = rng.choice(_CHINESE if language == "zh" else _VERSES)
    if voice and language == "en" and _singable(voice):
        verse = voice.syllables, voice.scheme, verse[2]
    others = [m for m in (_CHINESE if language == "zh" else _CHORUSES) if m[0] != verse[0]]
    chorus = rng.choice(others)
    names = [name.lower() for name in brief.form] or list(FORM)
    sung = [n for n in names if n not in ("intro", "outro", "solo", "break")] or list(FORM)
    letters = checked(scheme) if scheme else None
    found: list[Stanza] = []
    first: dict[str, int] = {}
    for name in sung:
        kind = _NAMES.get(re.sub(r"\W*\d*$", "", name), "verse")
        counts, rhymes, upbeat = chorus if kind in ("chorus", "bridge") else verse
        feet = tuple(scan_chinese(n) if language == "zh" else scan_feet(n, upbeat) for n in counts)
        same = first.get(kind) if kind in _RETURNING else None
        first.setdefault(kind, len(found))
        rhymes = renewed(letters, len(counts)) if letters else rhymes
        if first_line and not found:
            feet = (first_line, *feet[1:])
        found.append(Stanza(kind, feet, rhymes, same_as=same))
    return tuple(found)


def _singable(voice: Voice) -> bool:
    """Whether the usual stanza of a voice can be a verse."""
    return 2 <= len(voice.syllables) <= 8 and all(3 <= n <= 12 for n in voice.syllables)


def laid_out(
    stanzas: Sequence[Stanza], first: Plan, brief: Brief, seed: int, locale: str, language: Language
) -> tuple[Plan, SongGrid]:
    """The plan whose bars the words fill, after an opening, and where each syllable is sung."""
    meter, bpm = first.meter, first.bpm
    scanned = [line for stanza in stanzas for line in stanza.scanned]
    kinds = [stanza.kind for stanza in stanzas for _ in stanza.scanned]
    bars = bars_a_line(scanned, meter, bpm)
    timed = iter(rhythm(scanned, kinds, meter, bpm, bars))
    labels = _labels(stanzas)
    at = _OPENING[bars]
    sections = [Section("intro", "I", 0, at)]
    rows: list[list[tuple[tuple[float, float], ...]]] = []
    for stanza, label in zip(stanzas, labels, strict=True):
        size = bars * len(stanza.scanned)
        sections.append(Section(stanza.kind, label, at, size))
        lines = []
        for k in range(len(stanza.scanned)):
            start = (at + k * bars) * meter.bar_beats
            lines.append(tuple((a + start, b + start) for a, b in next(timed).spans))
        rows.append(lines)
        at += size
    wanted = replace(brief, meter=str(meter), tempo=bpm, bars=at)
    plan = _sung(make_plan(wanted, seed, locale, tuple(sections)))
    return plan, SongGrid(_slots(stanzas, rows, plan), tuple(sections), language)


def _labels(stanzas: Sequence[Stanza]) -> list[str]:
    """Stanzas of a kind with as many lines return with the same tune, as their words let it."""
    slots = own_form([stanza.kind for stanza in stanzas])
    sizes: dict[str, list[int]] = {}
    out = []
    for stanza, slot in zip(stanzas, slots, strict=True):
        known = sizes.setdefault(slot.label, [])
        if len(stanza.scanned) not in known:
            known.append(len(stanza.scanned))
        number = known.index(len(stanza.scanned))
        out.append(f"{slot.label}{number + 1}" if number else slot.label)
    return out


def _sung(plan: Plan) -> Plan:
    """The plan with a singer in every section: an upbeat may begin in the one before."""
    sections = tuple(
        s if "melody" in s.roles else replace(s, roles=("melody", *s.roles)) for s in plan.sections
    )
    return replace(plan, sections=sections)


def _slots(
    stanzas: Sequence[Stanza], rows: Sequence[Sequence[Sequence[tuple[float, float]]]], plan: Plan
) -> tuple[GridStanza, ...]:
    """A slot for each syllable, with the weight of its place; its pitch is not known yet."""
    spans = [span for lines in rows for line in lines for span in line]
    heavy = iter(weights(spans, plan.meter))
    return tuple(
        GridStanza(
            number, stanza.kind,
            tuple(
                tuple(Slot(onset, end, 1, next(heavy), 60) for onset, end in line) for line in lines
            ),
            stanza.scheme, stanza.same_as,
        )
        for number, (stanza, lines) in enumerate(zip(stanzas, rows, strict=True), 1)
    )  # fmt: skip


def _as_written(stanzas: Sequence[Stanza], grid: SongGrid) -> Lyrics:
    """A person's words on their grid."""
    lines: list[Line] = []
    for stanza, laid in zip(stanzas, grid.stanzas, strict=True):
        for text, slots in zip(stanza.lines or (), laid.lines, strict=True):
            lines.append(place_line(text, slots, laid.section))
    hook = next((s.lines[0].text for s in stanzas if s.kind == "chorus" and s.lines), "")
    return Lyrics("", grid.language, tuple(lines), hook, by="")


def _title(lyrics: Lyrics) -> str:
    """What a song without a title is called: its hook, or how it begins."""
    return (lyrics.hook or lyrics.lines[0].text).strip(" ,.;:!?，。；：！？")[:60]
