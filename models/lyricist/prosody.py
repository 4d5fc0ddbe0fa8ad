"""From a melody to what the lyricist is asked for: stanzas, lines, syllables, weights, rhymes.

In: a score, ours or a stranger's. Out: a `SongGrid`, all of its sung sections as stanzas of lines
of `Slot`s, and from it a `SongAsk` (text only). The idea, a melody compiled into constraints for a
writer trained on text alone, is that of Y. Tian et al., "Unsupervised Melody-to-Lyrics Generation"
(ACL 2023). Which notes carry syllables and where lines end is in `phrasing`, the way back to the
melody in `placing`, words by a person in `checking`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from models.composer.key_choice import choose_key
from models.composer.melody_track import find_melody, skyline
from models.composer.sheets import METERS
from models.composer.source_form import sections_of
from models.errors import Refusal
from models.lyricist import schemes
from models.lyricist.asks import LineAsk, SongAsk, StanzaAsk
from models.lyricist.phrasing import Slot, lines_like, lines_of, merged, slots_of
from models.lyrics import Language
from models.score import Note, Score, Section

if TYPE_CHECKING:
    from models.lyricist.voice import Voice

#: Sections whose words return with them, and those that players keep for themselves.
RETURNING = frozenset(("chorus", "refrain", "hook", "drop", "pre-chorus", "build"))
PLAYED = frozenset(("intro", "outro", "solo", "break", "opening", "resolution", "interlude"))
_KINDS = {"refrain": "chorus", "hook": "chorus", "drop": "chorus", "build": "pre-chorus"}
_SMALL = 70  # syllables: a piece without sections and with no more than these is one verse
_SURPLUS = 2  # notes a line by which a returning stanza may differ and keep its words
_BLOCK = 16  # bars of a verse where nothing tells the form
_UPBEAT = 0.5  # bars before a section that may belong to its first line


@dataclass(frozen=True)
class GridStanza:
    """One stanza: its section (an index into `SongGrid.sections`), its lines, its rhymes.

    `same_as` is the index of the stanza whose words it repeats, None when it has its own.
    """

    section: int
    kind: str
    lines: tuple[tuple[Slot, ...], ...]
    scheme: str
    same_as: int | None = None


@dataclass(frozen=True)
class SongGrid:
    """All that is sung, in order. `sections` are the score's, or found where it states none."""

    stanzas: tuple[GridStanza, ...]
    sections: tuple[Section, ...]
    language: Language = "en"

    @property
    def own(self) -> tuple[int, ...]:
        """The stanzas that need words of their own, in order: those of a `SongAsk`."""
        return tuple(i for i, s in enumerate(self.stanzas) if s.same_as is None)

    @property
    def lines(self) -> tuple[tuple[Slot, ...], ...]:
        """Lines that need words, in order; a person counts them from 1."""
        return tuple(line for i in self.own for line in self.stanzas[i].lines)


def read_melody(score: Score, language: Language = "en") -> SongGrid:
    """The sung sections of a score as stanzas; see the module and `phrasing` for the rules.

    Raises
    ------
    Refusal
        When there is no melody that words could be sung to.
    """
    melody = sung_voice(score)
    slots = slots_of(melody, score)
    sections = score.sections or _found_sections(melody, score, len(slots))
    by_section = _by_section(slots, sections, score)
    names = [section.name.strip().lower() for section in sections]
    sung = [i for i, own in enumerate(by_section) if len(own) >= 3]
    words = [i for i in sung if names[i] not in PLAYED] or sung
    if not words:
        raise Refusal(
            "This melody has fewer notes than a line has syllables; send or compose a longer one."
        )
    found = _divided(by_section, words, sections, score)
    stanzas: list[GridStanza] = []
    first: dict[str, int] = {}  # where the words of a returning label begin
    for i in words:
        parts = _stanzas(found[i], i, _KINDS.get(names[i], names[i]))
        begun = first.setdefault(sections[i].label, len(stanzas))
        if names[i] in RETURNING and begun < len(stanzas):
            earlier = [k for k, s in enumerate(stanzas) if s.section == stanzas[begun].section]
            pairs = zip_longest(parts, earlier[: len(parts)])
            parts = [replace(p, same_as=k if _alike(p, k, stanzas) else None) for p, k in pairs]
        stanzas.extend(parts)
    return SongGrid(_evened(stanzas), tuple(sections), language)


def _divided(
    by_section: Sequence[Sequence[Slot]],
    words: Sequence[int],
    sections: Sequence[Section],
    score: Score,
) -> dict[int, tuple[tuple[Slot, ...], ...]]:
    """The lines of each section with words; what returns is divided as it was the first time."""
    starts = [section.start_bar * score.meter.bar_beats for section in sections]
    found: dict[int, tuple[tuple[Slot, ...], ...]] = {}
    first: dict[str, int] = {}
    for i in words:
        model = first.setdefault(sections[i].label, i)
        like = None
        if model != i:
            bar = score.meter.bar_beats
            like = lines_like(by_section[i], starts[i], found[model], starts[model], bar)
        found[i] = like or lines_of(by_section[i], score)
    return found


def sung_voice(score: Score) -> tuple[Note, ...]:
    """The melody as one voice, each note as long as it sounds alone.

    Raises
    ------
    Refusal
        When nothing pitched plays.
    """
    chosen = find_melody(score.tracks)
    if chosen is None:
        raise Refusal("There is no melody to write words for; send or compose one first.")
    notes = score.tracks[chosen].notes
    overlap = any(a.end > b.onset + 0.05 for a, b in pairwise(notes))
    if overlap:
        return skyline(notes)
    stops = [n.onset for n in notes[1:]] + [float("inf")]
    return tuple(
        replace(n, duration=min(n.duration, stop - n.onset))
        for n, stop in zip(notes, stops, strict=True)
    )


def _found_sections(melody: Sequence[Note], score: Score, syllables: int) -> tuple[Section, ...]:
    """Sections of a score that states none: by what returns; the highest that does is the chorus.

    That choruses stand out by height among what returns is measured in J. van Balen et al.,
    "Analysing chorus" (ISMIR 2013).
    """
    if syllables <= _SMALL:
        return (Section("verse", "A", 0, score.bars),)
    if str(score.meter) not in METERS:  # what returns is known in the composer's meters only
        starts = range(0, score.bars, _BLOCK)
        return tuple(
            Section("verse", f"A{n}", at, min(_BLOCK, score.bars - at))
            for n, at in enumerate(starts, 1)
        )
    key = choose_key(score.key, list(melody))
    found = sections_of(melody, key, score.meter, score.bars)
    bar = score.meter.bar_beats
    heights: dict[str, list[int]] = {}
    for section in found:
        span = section.start_bar * bar, (section.start_bar + section.bars) * bar
        inside = [n.pitch for n in melody if span[0] <= n.onset < span[1]]
        heights.setdefault(section.label, []).extend(inside)
    themes = [s.label for s in found if s.name == "theme"]
    again = [x for x in dict.fromkeys(themes) if themes.count(x) > 1 and heights[x]]
    means = {x: sum(heights[x]) / len(heights[x]) for x in again}
    # A song seldom opens with its chorus, so its first theme is that only where it has no other.
    likely = [x for x in means if x != themes[0]] or [x for x in means if len(set(themes)) > 2]
    chorus = max(likely, key=lambda x: means[x], default="")

    def name(section: Section) -> str:
        if section.name != "theme":
            return section.name
        late = 2 * section.start_bar > score.bars
        other = "bridge" if late and chorus and section.label not in again else "verse"
        return "chorus" if section.label == chorus else other

    return tuple(replace(section, name=name(section)) for section in found)


def _by_section(
    slots: Sequence[Slot], sections: Sequence[Section], score: Score
) -> list[list[Slot]]:
    """Slots of each section, its upbeat with it: what follows a breath just before its bar line."""
    bar = score.meter.bar_beats
    out: list[list[Slot]] = [[] for _ in sections]
    starts = [s.start_bar * bar for s in sections]
    for slot in slots:
        number = max((i for i, at in enumerate(starts) if at <= slot.onset + 0.05), default=0)
        out[number].append(slot)
    for number in range(len(sections) - 1):
        line = starts[number + 1]
        tail = [s for s in out[number] if s.onset >= line - _UPBEAT * bar - 0.05]
        rest = out[number][: len(out[number]) - len(tail)]
        following = out[number + 1][:1]
        if not tail or not rest or not following:
            continue
        cut = _upbeat(rest[-1], tail, following[0], line)
        out[number + 1][:0] = tail[cut:]
        out[number] = rest + tail[:cut]
    return out


def _upbeat(before: Slot, tail: Sequence[Slot], after: Slot, line: float) -> int:
    """From which slot of a section's last half bar on the upbeat of the next begins."""
    row = [before, *tail, after]
    gaps = [b.onset - a.onset + max(0.0, b.onset - a.end) for a, b in pairwise(row)]
    if after.onset > line + 1.05:  # the next section does not begin with what would lead into it
        return len(tail)
    # The widest gap; of equal ones the last, which is the section's own bar line.
    return max(range(len(gaps)), key=lambda i: (gaps[i] + 0.25 * (i == len(tail)), i))


def _stanzas(lines: Sequence[tuple[Slot, ...]], section: int, kind: str) -> list[GridStanza]:
    """A section's lines in stanzas of four; what is left over makes one of 2 to 6."""
    sizes = [4] * (len(lines) // 4)
    left = len(lines) % 4
    if not sizes or left == 3:
        sizes.append(left)
    else:
        sizes[-1] += left
    out, at = [], 0
    for size in (s for s in sizes if s):
        part = tuple(lines[at : at + size])
        out.append(GridStanza(section, kind, part, schemes.default_scheme(part)))
        at += size
    return out


def _alike(part: GridStanza, source: int | None, stanzas: Sequence[GridStanza]) -> bool:
    """Whether a stanza can sing the words of an earlier one, line by line."""
    if source is None or len(part.lines) != len(stanzas[source].lines):
        return False
    pairs = zip(part.lines, stanzas[source].lines, strict=True)
    return all(abs(len(a) - len(b)) <= _SURPLUS for a, b in pairs)


def _evened(stanzas: Sequence[GridStanza]) -> tuple[GridStanza, ...]:
    """Returning lines with equally many syllables: as many as the time with the fewest notes has.

    Where there are more notes, the surplus is sung as melismas, at the places that leave the
    rhythm nearest to that time's.
    """
    out = list(stanzas)
    for source, stanza in enumerate(stanzas):
        times = [i for i, s in enumerate(stanzas) if s.same_as == source]
        if not times:
            continue
        lines = [list(stanzas[i].lines) for i in (source, *times)]
        for number in range(len(stanza.lines)):
            model = min((row[number] for row in lines), key=len)
            for row in lines:
                row[number] = fitted(row[number], model)
        for i, row in zip((source, *times), lines, strict=True):
            out[i] = replace(out[i], lines=tuple(row), scheme=stanza.scheme)
    return tuple(out)


def fitted(line: tuple[Slot, ...], model: Sequence[Slot]) -> tuple[Slot, ...]:
    """A line with as many slots as `model`, notes joined where its rhythm asks for it."""
    while len(line) > len(model):
        shapes = [merged(line, i) for i in range(len(line) - 1)]
        line = min(shapes, key=lambda shape: _distance(shape, model))
    return line


def _distance(shape: Sequence[Slot], model: Sequence[Slot]) -> float:
    start, other = shape[0].onset, model[0].onset
    return sum(
        abs((a.onset - start) - (b.onset - other)) + 0.1 * (a.weight < b.weight)
        for a, b in zip(shape, model, strict=False)
    )


def ask_of(
    grid: SongGrid,
    *,
    themes: Sequence[str] = (),
    valence: float | None = None,
    scheme: str | None = None,
    clean: bool = True,
    given: Mapping[int, str] | None = None,
    required: Sequence[str] = (),
    avoid: Sequence[str] = (),
    voice: Voice | None = None,
) -> SongAsk:
    """What the lyricist is asked to write for a grid: its own stanzas, in order.

    `given` holds a person's lines by number, counted from 1 over `grid.lines`; `scheme` is laid
    over every stanza; the `required` words are asked of the first chorus, or where there is none
    of the first stanza.

    Raises
    ------
    Refusal
        When the scheme is none or a given line's number is not in the song.
    """
    letters = schemes.checked(scheme) if scheme else None
    kept = dict(given or {})
    for number in kept:
        if not 1 <= number <= len(grid.lines):
            raise Refusal(
                "There is no line {line}; this melody has {lines} lines of words.",
                line=number,
                lines=len(grid.lines),
            )
    own = [grid.stanzas[i] for i in grid.own]
    home = next((k for k, s in enumerate(own) if s.kind == "chorus"), 0)
    asks, number = [], 0
    for k, stanza in enumerate(own):
        lines = []
        for line in stanza.lines:
            number += 1
            weights = tuple(slot.weight for slot in line)
            pitches = tuple(slot.pitch for slot in line)
            lines.append(LineAsk(weights, kept.get(number), pitches))
        rhymes = schemes.renewed(letters, len(lines)) if letters else stanza.scheme
        words = tuple(required) if k == home else ()
        asks.append(StanzaAsk(stanza.kind, tuple(lines), rhymes, words))
    return SongAsk(tuple(asks), tuple(themes), valence, clean, tuple(avoid), voice)
