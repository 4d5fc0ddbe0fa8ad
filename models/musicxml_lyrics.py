"""Words under the notes of MusicXML: `<lyric>` written and read.

In: the written bars of the track that sings and its `Lyrics`. Out: the elements by bar and tick,
with hyphens (`syllabic`), lines that hold the last syllable of a word over several notes (`extend`,
from start to stop, because verovio draws on through rests without a stop), and where lines and
stanzas end (`end-line`, `end-paragraph`: elements for karaoke, after RP-017). Or, from the notes of
a file, its first verse as `Found` syllables.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement

from models.lyrics import Lyrics
from models.notation import Voice
from models.score import TICKS_PER_BEAT
from models.words_on_score import After, Found, Placed, clean, placed

#: Bar -> tick in the bar -> what stands under the note that begins there.
Under = Mapping[int, Mapping[int, Element]]
_AFTER: dict[After, tuple[str, ...]] = {
    "line": ("end-line",),
    "stanza": ("end-line", "end-paragraph"),
}


def under(
    written: Iterable[Sequence[Sequence[Voice]]], lyrics: Lyrics, bar_ticks: int, *, page: bool
) -> Under:
    """The words under the voices of one track (by group and bar), as elements.

    `page` is for the engraver: notes have moved to its grid, and the signs for karaoke are left
    out. Syllables whose notes have become one share it.
    """
    begun, all_starts = _starts(written, bar_ticks)
    if not begun:
        return {}
    words: dict[int, list[Placed]] = {}
    for one in placed(lyrics):
        tick = round(one.sung.onset * TICKS_PER_BEAT)
        at = _nearest(begun, tick)
        if page or at == tick:
            words.setdefault(at, []).append(one)
    found: dict[int, dict[int, Element]] = {}
    order = sorted(words)
    for at, following in zip(order, [*order[1:], None], strict=True):
        last = _last_note(begun, all_starts, at, words[at][-1].sung.notes, following)
        held = last > at and words[at][-1].syllabic in ("single", "end")
        found.setdefault(at // bar_ticks, {})[at % bar_ticks] = _lyric(words[at], held, page)
        if held:
            found.setdefault(last // bar_ticks, {})[last % bar_ticks] = _stop()
    return found


def _starts(
    written: Iterable[Sequence[Sequence[Voice]]], bar_ticks: int
) -> tuple[list[int], list[int]]:
    """Ticks at which notes begin, and at which any piece of a note does."""
    begun: set[int] = set()
    pieces: set[int] = set()
    for bars in written:
        for bar, voices in enumerate(bars):
            for piece in (p for voice in voices for p in voice if p.pitches):
                at = bar * bar_ticks + piece.start
                pieces.add(at)
                if set(piece.pitches) - set(piece.tied_in):
                    begun.add(at)
    return sorted(begun), sorted(pieces)


def _nearest(starts: Sequence[int], tick: int) -> int:
    at = bisect_left(starts, tick)
    return min(starts[max(0, at - 1) : at + 1], key=lambda start: abs(start - tick))


def _last_note(
    begun: Sequence[int], pieces: Sequence[int], at: int, notes: int, following: int | None
) -> int:
    """The tick of the last piece that a syllable of so many notes is held over."""
    index = bisect_left(begun, at) + max(1, notes)
    ends = [begun[index]] if index < len(begun) else []
    ends += [following] if following is not None else []
    stop = min(ends, default=pieces[-1] + 1)
    return pieces[bisect_left(pieces, stop) - 1]


def _lyric(words: Sequence[Placed], held: bool, page: bool) -> Element:
    lyric = Element("lyric", number="1")
    for number, one in enumerate(words):
        if number:
            SubElement(lyric, "elision").text = "\u203f"
        SubElement(lyric, "syllabic").text = one.syllabic
        SubElement(lyric, "text").text = one.sung.text
    if held:
        SubElement(lyric, "extend", type="start")
    for name in () if page else _AFTER.get(words[-1].after, ()):
        SubElement(lyric, name)
    return lyric


def _stop() -> Element:
    lyric = Element("lyric", number="1")
    SubElement(lyric, "extend", type="stop")
    return lyric


def found_in(note: Element, onset: float) -> list[tuple[str, Found]]:
    """(verse, syllable) for each text under a note; elided syllables are one."""
    found = []
    for lyric in note.iterfind("lyric"):
        text = clean("\u203f".join(filter(None, (t.text for t in lyric.iterfind("text")))))
        if not text:
            continue
        syllabics = [s.text for s in lyric.iterfind("syllabic")]
        joined = bool(syllabics) and syllabics[-1] in ("begin", "middle")
        after: After | None = None
        if lyric.find("end-paragraph") is not None:
            after = "stanza"
        elif lyric.find("end-line") is not None:
            after = "line"
        verse = lyric.get("number") or lyric.get("name") or "1"
        found.append((verse, Found(onset, text, joined, after)))
    return found
