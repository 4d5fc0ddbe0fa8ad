"""Chord qualities as MusicXML names them: a `<kind>` and the degrees that change it.

In: a quality of `theory.QUALITIES`. Out: kind and (degree, alter, type) rows; the other way for
reading, where a stranger's spelling of a chord gets the nearest quality. Kinds are those of
https://www.w3.org/2021/06/musicxml40/musicxml-reference/data-types/kind-value/.
"""

from __future__ import annotations

Degree = tuple[int, int, str]

#: Quality -> (kind, degrees); every quality of `theory.QUALITIES` has its own pair.
CHORD_KINDS: dict[str, tuple[str, tuple[Degree, ...]]] = {
    "": ("major", ()),
    "m": ("minor", ()),
    "dim": ("diminished", ()),
    "aug": ("augmented", ()),
    "sus2": ("suspended-second", ()),
    "sus4": ("suspended-fourth", ()),
    "5": ("power", ()),
    "6": ("major-sixth", ()),
    "m6": ("minor-sixth", ()),
    "69": ("major-sixth", ((9, 0, "add"),)),
    "7": ("dominant", ()),
    "maj7": ("major-seventh", ()),
    "m7": ("minor-seventh", ()),
    "mMaj7": ("major-minor", ()),
    "m7b5": ("half-diminished", ()),
    "dim7": ("diminished-seventh", ()),
    "aug7": ("augmented-seventh", ()),
    "7b5": ("dominant", ((5, -1, "alter"),)),
    "7sus4": ("dominant", ((3, 0, "subtract"), (4, 0, "add"))),
    "add9": ("major", ((9, 0, "add"),)),
    "madd9": ("minor", ((9, 0, "add"),)),
    "9": ("dominant-ninth", ()),
    "maj9": ("major-ninth", ()),
    "m9": ("minor-ninth", ()),
    "9sus4": ("dominant-ninth", ((3, 0, "subtract"), (4, 0, "add"))),
    "7b9": ("dominant", ((9, -1, "add"),)),
    "7#9": ("dominant", ((9, 1, "add"),)),
    "7#11": ("dominant", ((11, 1, "add"),)),
    "maj7#11": ("major-seventh", ((11, 1, "add"),)),
    "11": ("dominant-11th", ()),
    "m11": ("minor-11th", ()),
    "13": ("dominant-13th", ()),
    "maj13": ("major-13th", ()),
    "m13": ("minor-13th", ()),
}
# Kinds that only strangers write, and the quality that keeps most of their tones.
_NEAREST = {
    "augmented-major-seventh": "aug",
    "major-11th": "maj9",
    "minor-major-ninth": "mMaj7",
    "half-diminished-ninth": "m7b5",
    "suspended-fourth-seventh": "7sus4",
}


def quality_of(kind: str, degrees: tuple[Degree, ...]) -> str | None:
    """The quality that a kind and its degrees write, the nearest one if need be, or None."""
    pairs = {pair: quality for quality, pair in CHORD_KINDS.items()}
    wanted = (kind, tuple(sorted(degrees)))
    return pairs.get(wanted, pairs.get((kind, ()), _NEAREST.get(kind)))
