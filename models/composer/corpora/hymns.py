"""Open Hymnal (public domain): hymns in four parts as lead sheets.

In: the folder `hymnal` of the data directory, ABC with one voice to a part. Out: `LeadSheet`
values: the soprano, and chords found in all four parts (`chord_finder`). Only files that say
"copyright: public domain" are read; repeats are read as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from models.composer.chord_finder import find_chords
from models.composer.corpora.abc_reader import Tune, read_abc
from models.composer.corpora.lieder import plain_name, sounds_minor
from models.composer.corpora.measures import place_bars
from models.composer.sheets import METERS, LeadSheet, build
from models.theory import pitch_class


def hymnal(data: Path) -> Iterator[LeadSheet]:
    """Every usable hymn, in order of file names."""
    for path in sorted((data / "hymnal").glob("*.abc")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "copyright: public domain" not in text.lower():
            continue
        for tune in read_abc(text):
            sheet = read_hymn(tune, f"hymnal/{path.stem}", _composer(text))
            if sheet:
                yield sheet


def read_hymn(tune: Tune, piece: str, author: str = "") -> LeadSheet | None:
    """A hymn's first voice over the chords of all; None when its parts are not barred alike."""
    meter = {"2/2": "4/4"}.get(tune.meter, tune.meter)
    voices = list(tune.voices.values())
    if meter not in METERS or len(voices) < 3 or len({len(bars) for bars in voices}) > 1:
        return None
    top, bottom = map(int, meter.split("/"))
    full = top * 4 / bottom
    lengths = [max(bar.length for bar in bars) for bars in zip(*voices, strict=True)]
    if max(lengths) > full + 0.01:
        return None
    starts, count = place_bars(lengths, [bar.opening for bar in voices[0]], full)
    parts = [
        [
            (start + onset, duration, pitch)
            for start, bar in zip(starts, bars, strict=True)
            for onset, duration, pitch in bar.notes
        ]
        for bars in voices
    ]
    sounding = sorted(note for part in parts for note in part)
    minor = tune.key.is_minor if tune.told else sounds_minor(sounding, tune.key.fifths, ends=True)
    tonic = pitch_class(tune.key.tonic)
    return build(
        piece=piece,
        source="hymnal",
        style="chorale",
        meter=meter,
        tonic=tonic if tune.told or not minor else (tonic + 9) % 12,
        minor=minor,
        notes=parts[0],
        chords=find_chords(sounding, full, count),
        author=author,
    )


def _composer(text: str) -> str:
    """The first name in the file's own index line; "" when that is a people or a book."""
    match = re.search(r"^%OHCOMPOSER\s+([^;\n]*)", text, re.MULTILINE)
    name = match[1] if match else ""
    named = ", " in name and "\ufffd" not in name and not name.lower().startswith("from ")
    return plain_name(name) if named else ""
