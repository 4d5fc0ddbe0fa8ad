"""Written words on the notes of their melody.

In: a `SongGrid` and the `WrittenSong` of its ask. Out: `Lyrics`, the whole song as sung, with the
words of a chorus under every one of its returns.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.lyricist.asks import SongAsk, WrittenLine, WrittenSong
from models.lyricist.phrasing import Slot
from models.lyricist.prosody import SongGrid
from models.lyricist.schemes import joined
from models.lyrics import Line, Lyrics, Sung


def place(
    grid: SongGrid,
    song: WrittenSong,
    *,
    themes: Sequence[str] = (),
    mood: str = "",
    by: str = "Segno",
    ask: SongAsk | None = None,
) -> Lyrics:
    """A written song on its melody; `ask` tells the rhyme schemes when they are not the grid's.

    Raises
    ------
    ValueError
        When the song was written for another grid: stanzas, lines or syllables differ.
    """
    written = dict(zip(grid.own, song.stanzas, strict=True))
    rhymes = [s.scheme for s in ask.stanzas] if ask else [grid.stanzas[i].scheme for i in grid.own]
    scheme_of = dict(zip(grid.own, rhymes, strict=True))
    lines: list[Line] = []
    schemes: dict[int, list[str]] = {}
    for index, stanza in enumerate(grid.stanzas):
        source = index if stanza.same_as is None else stanza.same_as
        for text, slots in zip(written[source], stanza.lines, strict=True):
            lines.append(place_line(text, slots, stanza.section))
        schemes.setdefault(stanza.section, []).append(scheme_of[source])
    return Lyrics(
        title=song.title,
        language=grid.language,
        lines=tuple(lines),
        hook=song.hook,
        by=by,
        themes=tuple(themes),
        mood=mood,
        schemes={section: joined(parts) for section, parts in schemes.items()},
    )


def place_line(line: WrittenLine, slots: Sequence[Slot], section: int) -> Line:
    """One line's syllables on its slots.

    Raises
    ------
    ValueError
        When there are more or fewer syllables than slots.
    """
    syllables = [
        (text, number < len(word) - 1) for word in line.words for number, text in enumerate(word)
    ]
    if len(syllables) != len(slots):
        raise ValueError(f"{len(syllables)} syllables for {len(slots)} slots: {line.text!r}")
    sung = tuple(
        Sung(text, slot.onset, slot.end, slot.notes, goes_on)
        for (text, goes_on), slot in zip(syllables, slots, strict=True)
    )
    return Line(line.text, section, sung)
