"""Magenta's Groove MIDI data set as bands of drums alone: played beats and fills.

In: the folder `groove` of the data directory (Gillick et al., "Learning to Groove with Inverse
Sequence Transformations", ICML 2019; CC BY 4.0). Out: `Band`s with velocities on the sixteenth
grid, keys as General MIDI has them, split as `info.csv` says. A fill is a section of its own:
it starts and ends on bar lines, so what is short has one bar.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

import symusic

from models import vocabulary
from models.arranger.band import SECTIONS, Band, rows
from models.arranger.corpora import grid
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT
from models.score import Note

#: The data set's styles that the vocabulary knows; the longest beginning of a style counts.
STYLES: dict[str, str] = {
    "afrobeat": "afrobeat", "afrocuban/calypso": "calypso", "blues/shuffle": "blues_shuffle",
    "country": "country", "dance/disco": "disco", "funk": "funk", "gospel": "gospel",
    "highlife": "afrobeat", "hiphop": "boom_bap", "jazz": "swing", "jazz/funk": "fusion",
    "jazz/fusion": "fusion", "jazz/klezmer": "klezmer", "jazz/fast": "bebop", "jazz/march": "march",
    "jazz/linear": "fusion", "latin/brazilian": "samba", "latin/brazilian-bossa": "bossa_nova",
    "latin/reggaeton": "reggaeton", "latin/samba": "samba", "neworleans": "dixieland",
    "neworleans/funk": "funk", "neworleans/chacha": "cha_cha", "pop": "pop", "pop/soft": "ballad",
    "punk": "punk", "reggae": "reggae", "rock": "rock", "rock/folk": "folk", "rock/indie": "indie",
    "rock/rockabilly": "rock_and_roll", "soul": "soul",
}  # fmt: skip
#: Styles that the vocabulary has no word for, but a family.
FAMILIES: dict[str, str] = {
    "afrocuban": "latin", "dance": "electronic", "latin": "latin", "middleeastern": "world",
}  # fmt: skip
_METERS = {"4-4": "4/4", "3-4": "3/4", "6-8": "6/8"}
_LEAST = 4  # strokes
_BEAT, _FILL = 12, 2  # swung off-eighths that make a feel
_AHEAD = 0.1  # beats; how far from the click a stroke on the beat may lie


def groove_drums(data: Path) -> Iterator[Band]:
    """Every beat and fill in one of our meters whose file is there, in windows.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks the collection.
    """
    folder = data / "groove"
    with (folder / "info.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    usable = [r for r in table if r["time_signature"] in _METERS]
    usable = [r for r in usable if (folder / r["midi_filename"]).is_file()]
    swung: set[str] = set()
    for row in sorted(usable, key=lambda r: r["beat_type"]):  # beats before fills
        notes = _strokes(folder / row["midi_filename"])
        # A bar or two is too little to tell a feel from a figure: fills trust the beats about them.
        few = _FILL if row["beat_type"] == "fill" and _sitting(row) in swung else _BEAT
        swing = (
            0.5 if row["time_signature"] == "6-8" else grid.swing_of((n.onset for n in notes), few)
        )
        if swing != 0.5:
            swung.add(_sitting(row))
        band = _band(row, notes, swing)
        if band:
            yield from (w for w in grid.cut(band) if len(w.notes) >= _LEAST)


def style_of(name: str) -> tuple[str, str]:
    """Style id and family of one of the data set's styles ("latin/samba"), "" for unknown."""
    known = [k for k in STYLES if name.startswith(k)]
    plain = max((k for k in FAMILIES if name.startswith(k)), key=len, default="")
    best = max(known, key=len, default="")
    if not best:
        return "", FAMILIES.get(plain, "")
    return STYLES[best], vocabulary.load().styles[STYLES[best]].family


def _strokes(path: Path) -> list[Note]:
    score = symusic.Score.from_midi(path.read_bytes())
    unit = score.ticks_per_quarter
    notes = [
        Note(n.time / unit, n.pitch, n.duration / unit, n.velocity)
        for track in score.tracks
        for n in track.notes
    ]
    # Everybody in this set lies a little ahead of the click; the player's own beat is meant here.
    near = [n.onset - round(n.onset) for n in notes]
    lag = median([d for d in near if abs(d) <= _AHEAD] or [0.0])
    moved = [replace(n, onset=max(0.0, n.onset - lag)) for n in notes]
    return grid.gm_drums(moved, "roland")


def _sitting(row: Mapping[str, str]) -> str:
    """What a drummer played in one sitting in one style and tempo."""
    return f"groove/{row['session']}/{row['style']}/{row['bpm']}"


def _band(row: Mapping[str, str], notes: list[Note], swing: float) -> Band | None:
    meter = _METERS[row["time_signature"]]
    if len(notes) < _LEAST:
        return None
    size = BAR_STEPS[meter]
    # A last stroke on the bar line ends the recording; it does not begin another bar.
    last = max(grid.step(n.onset, swing) for n in notes)
    bars = max(1, -(-last // size))
    first = int(min(n.onset for n in notes) * STEPS_PER_BEAT + 0.5) // size
    begin = first * size / STEPS_PER_BEAT
    moved = [Note(n.onset - begin, n.pitch, n.duration, n.velocity) for n in notes]
    bars -= first
    style, family = style_of(row["style"])
    fill = row["beat_type"] == "fill"
    return Band(
        id=f"groove/{row['id']}",
        tune=f"groove/{row['id']}",
        source="groove",
        split=row["split"],
        style=style,
        family=family,
        meter=meter,
        tonic=0,
        minor=False,
        bpm=float(row["bpm"]),
        swing=swing,
        bars=bars,
        melody=rows((), 3),
        chords=rows((), 4),
        sections=rows([(0, bars, SECTIONS.index("verse"))], 3) if fill else rows((), 3),
        notes=rows(grid.slot_rows("drums", moved, swing, bars * size), 5),
    )
