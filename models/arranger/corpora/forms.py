"""Chord and section rows of a band whose file states neither: shared by the corpora.

In: notes and chords found in them. Out: rows as `Band` keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.arranger.band import SECTIONS, SLOTS, Rows, rows
from models.composer.sheets import TEMPLATES
from models.composer.source_form import sections_of
from models.score import Meter, Note
from models.theory import QUALITY_CLASSES, Key

_LONG = 16  # bars; a longer opening or ending without the melody is music of its own


def with_bass(chords: Sequence[tuple[int, int, int]], notes: Sequence[Sequence[int]]) -> Rows:
    """Chord rows with the bass that plays under the start of each where that is a chord tone.

    `notes` are rows of a `Band`; where the bass rests or plays another tone it is the root.
    """
    low = sorted((row[1], row[2], row[3]) for row in notes if row[0] == SLOTS.index("bass"))
    found = []
    for on, root, quality in chords:
        under = [pitch % 12 for begin, length, pitch in low if begin <= on < begin + length]
        tones = {(root + i) % 12 for i in TEMPLATES[QUALITY_CLASSES[quality]]}
        bass = under[0] if under and under[0] in tones else root
        found.append((on, root, quality, bass))
    return rows(found, 4)


def section_rows(melody: Sequence[Note], tonic: int, minor: bool, meter: str, bars: int) -> Rows:
    """Sections from the returns of a melody: openings and endings without it, else "verse"."""
    if not melody:
        return rows([(0, bars, SECTIONS.index("verse"))], 3)
    key = Key("A", "minor").transposed(tonic - 9) if minor else Key("C").transposed(tonic)
    found = sections_of(melody, key, Meter.parse(meter), bars)
    framing = [s.name in SECTIONS and s.bars <= _LONG for s in found]
    names = [s.name if f else "verse" for s, f in zip(found, framing, strict=True)]
    return rows(
        [(s.start_bar, s.bars, SECTIONS.index(n)) for s, n in zip(found, names, strict=True)], 3
    )
