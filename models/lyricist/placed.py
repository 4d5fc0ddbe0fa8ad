"""Words that stand on a melody, read back as the grid they were written for.

In: `Lyrics` and their score. Out: a `SongGrid` with the lines, syllables and returns that the words
have, so that one line, or all of them, can be written again where the person saw them. (A melody's
own grid, `prosody.read_melody`, may divide lines otherwise than the words that came first.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from models.lyricist.metre import weights
from models.lyricist.phrasing import Slot
from models.lyricist.prosody import RETURNING, GridStanza, SongGrid
from models.lyricist.schemes import default_scheme, joined
from models.lyrics import Line, Lyrics, Sung
from models.score import Score
from models.words_on_score import singer

_STANZA = 4  # lines
_BEFORE_CHORUS = ("pre-chorus", "build")


def grid_of(lyrics: Lyrics, score: Score) -> SongGrid:
    """The grid of words that stand: a section with the name and words of an earlier one returns."""
    slots = _slots(lyrics, score)
    stanzas: list[GridStanza] = []
    first: dict[tuple[str, tuple[str, ...]], int] = {}  # a section's words -> its first stanza
    for section, group in groupby(range(len(lyrics.lines)), lambda n: lyrics.lines[n].section):
        numbers = list(group)
        name = score.sections[section].name if section < len(score.sections) else "verse"
        said = name, tuple(lyrics.lines[n].text for n in numbers)
        source = first.get(said)
        first.setdefault(said, len(stanzas))
        for k, (part, letters) in enumerate(_stanzas(numbers, lyrics.schemes.get(section, ""))):
            lines = tuple(slots[n] for n in part)
            same = None if source is None else source + k
            rhymes = letters or default_scheme(lines)
            stanzas.append(GridStanza(section, _kind(name), lines, rhymes, same))
    return SongGrid(tuple(stanzas), score.sections, lyrics.language)


def numbered(lyrics: Lyrics, grid: SongGrid) -> tuple[str, ...]:
    """The lines as `SongGrid.lines` counts them: words that return stand once."""
    rows = iter(lyrics.lines)
    found: list[str] = []
    for stanza in grid.stanzas:
        own = [next(rows).text for _ in stanza.lines]
        found += own if stanza.same_as is None else []
    return tuple(found)


def kept(old: Lyrics, new: Lyrics) -> Lyrics:
    """`new`, with the very syllables of `old` in every line that says the same."""
    lines: list[Line] = [
        before if before.text == after.text else after
        for before, after in zip(old.lines, new.lines, strict=True)
    ]
    hook = new.hook if old.hook not in {line.text for line in lines} else old.hook
    return Lyrics(
        old.title, new.language, tuple(lines), hook, old.by, new.themes, new.mood, new.schemes
    )


def _kind(name: str) -> str:
    plain = name.strip().lower()
    if plain in _BEFORE_CHORUS:
        return "pre-chorus"
    return "chorus" if plain in RETURNING else plain


def _stanzas(numbers: Sequence[int], scheme: str) -> list[tuple[Sequence[int], str]]:
    """A section's lines by fours where no rhyme is torn, each stanza's letters from A on."""
    if len(scheme) != len(numbers):
        scheme = ""
    cuts = range(0, len(numbers), _STANZA)
    parts = [(numbers[n : n + _STANZA], scheme[n : n + _STANZA]) for n in cuts]
    torn = any(set(a) & set(b) - {"X"} for i, (_, a) in enumerate(parts) for _, b in parts[i + 1 :])
    if torn or len(parts[-1][0]) < 2:
        parts = [(numbers, scheme)]
    return [(part, joined([letters])) for part, letters in parts]


def _slots(lyrics: Lyrics, score: Score) -> list[tuple[Slot, ...]]:
    """A slot for each syllable, by line; weights are those of the whole song's rhythm."""
    sung: list[Sung] = [one for line in lyrics.lines for one in line.sung]
    track = singer(score, lyrics)
    notes = score.tracks[track].notes if track is not None else ()
    pitches = {round(n.onset, 3): n.pitch for n in notes}
    heavy = weights([(one.onset, one.end) for one in sung], score.meter)
    flat = [
        Slot(one.onset, one.end, one.notes, weight, pitches.get(round(one.onset, 3), 60))
        for one, weight in zip(sung, heavy, strict=True)
    ]
    out, at = [], 0
    for line in lyrics.lines:
        out.append(tuple(flat[at : at + len(line.sung)]))
        at += len(line.sung)
    return out
