"""POP909 (with POP909-CL's corrected grid, keys and chords) and Nottingham: MIDI to lead sheets.

In: the folders `pop909` and `nottingham` of the data directory. Out: `LeadSheet` values, one per
stretch of constant key and meter. The corrected files merge all tracks, so the melody is found by
pairing, pitch by pitch and in order, its notes in `NNN.mid` with the same notes in the corrected
file (a pitch whose counts differ by a few repaired notes is matched by nearest relative time).
The artist of a song is in the collection's spreadsheet, whose cells are inline strings of XML.
Sources: Wang et al., *POP909*, ISMIR 2020; POP909-CL (MIT); Nottingham Music Database (E. Foxley).
"""

from __future__ import annotations

import zipfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import symusic

from models.composer.sheets import METERS, LeadSheet, build, name_chord

_XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DANCES = {
    "jigs": "jig", "slip": "jig", "reels": "reel", "hpps": "hornpipe", "waltzes": "waltz",
    "morris": "morris", "playford": "playford", "xmas": "carol", "ashover": "folk",
}  # fmt: skip


def pop909(data: Path) -> Iterator[LeadSheet]:
    """Every usable POP909 song; melody from `NNN.mid`, time, key and chords from POP909-CL."""
    artists = pop909_artists(data)
    for folder in sorted((data / "pop909").iterdir()):
        raw = folder / f"{folder.name}.mid"
        clean = folder / f"{folder.name}.chords_cleaned.mid"
        if not raw.exists() or not clean.exists():
            continue
        original, corrected = symusic.Score(str(raw)), symusic.Score(str(clean))
        if len(corrected.tracks) < 2:
            continue
        melody = corrected_part(original, corrected.tracks[0], corrected.ticks_per_quarter)
        artist = artists.get(folder.name, "")
        yield from _stretches(f"pop909/{folder.name}", "pop909", "pop", corrected, melody, artist)


def pop909_artists(data: Path) -> dict[str, str]:
    """Song id ("001") -> artist; nothing when the spreadsheet is not there."""
    path = data / "pop909" / "index.xlsx"
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    root = ElementTree.fromstring(sheet)  # noqa: S314 - our own data
    found = {}
    for row in root.iter(f"{_XLSX}row"):
        cells = {
            (cell.get("r") or "").rstrip("0123456789"): cell.findtext(f"{_XLSX}is/{_XLSX}t") or ""
            for cell in row
        }
        found[cells.get("A", "")] = cells.get("C", "").strip()
    return found


def nottingham(data: Path) -> Iterator[LeadSheet]:
    """Every usable Nottingham tune: first track melody, second track block chords."""
    for path in sorted((data / "nottingham").glob("*.mid")):
        score = symusic.Score(str(path))
        if len(score.tracks) < 2:
            continue
        style = next((s for k, s in _DANCES.items() if path.stem.startswith(k)), "folk")
        unit = score.ticks_per_quarter
        melody = [(n.time / unit, n.duration / unit, n.pitch) for n in score.tracks[0].notes]
        yield from _stretches(f"nottingham/{path.stem}", "nottingham", style, score, melody)


def corrected_part(
    original: Any, merged: Any, unit: int, name: str = "MELODY"
) -> list[tuple[float, float, int]]:
    """One track of the original as the corrected file has it: (onset, duration, pitch) in beats."""
    targets: dict[int, list[Any]] = defaultdict(list)
    for note in sorted(merged.notes, key=lambda n: n.time):
        targets[note.pitch].append(note)
    everything: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for track in original.tracks:
        for note in track.notes:
            everything[note.pitch].append((note.time, track.name == name))
    anchors: list[tuple[int, int]] = []
    melody: list[tuple[float, float, int]] = []
    leftover: list[tuple[int, int]] = []
    for pitch, places in everything.items():
        places.sort()
        found = targets[pitch]
        for i, (time, wanted) in enumerate(places):
            if len(found) == len(places):
                anchors.append((time, found[i].time))
                if wanted:
                    note = found[i]
                    melody.append((note.time / unit, note.duration / unit, pitch))
            elif wanted:
                leftover.append((time, pitch))
    anchors.sort()
    starts = [a for a, _ in anchors]
    for time, pitch in leftover:
        if not targets[pitch] or not anchors:
            continue
        guess = anchors[min(bisect_left(starts, time), len(anchors) - 1)][1]
        note = min(targets[pitch], key=lambda n: abs(n.time - guess))
        if abs(note.time - guess) <= unit:
            melody.append((note.time / unit, note.duration / unit, pitch))
    return sorted(melody)


def _stretches(
    piece: str,
    source: str,
    style: str,
    score: Any,
    melody: list[tuple[float, float, int]],
    author: str = "",
) -> Iterator[LeadSheet]:
    """One sheet per stretch of constant key and meter."""
    unit = score.ticks_per_quarter
    meters = {s.time / unit: f"{s.numerator}/{s.denominator}" for s in score.time_signatures}
    keys = {k.time / unit: ((7 * k.key) % 12, bool(k.tonality)) for k in score.key_signatures}
    if not meters or not keys:
        return
    chords = _block_chords(score.tracks[1], unit)
    borders = sorted({0.0, *meters, *keys})
    meter, key = meters[min(meters)], keys[min(keys)]
    for number, (start, end) in enumerate(pairwise([*borders, float("inf")])):
        meter, key = meters.get(start, meter), keys.get(start, key)
        name = {"2/2": "4/4"}.get(meter, meter)
        if name not in METERS:
            continue
        fifths_pc, minor = key
        sheet = build(
            piece=f"{piece}#{number}",
            source=source,
            style=style,
            meter=name,
            tonic=(fifths_pc + 9 if minor else fifths_pc) % 12,
            minor=minor,
            notes=[(on - start, d, p) for on, d, p in melody if start <= on < end],
            chords=[(on - start, r, q) for on, r, q in chords if start <= on < end],
            author=author,
        )
        if sheet:
            yield sheet


def _block_chords(track: Any, unit: int) -> list[tuple[float, int, int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for note in track.notes:
        groups[note.time].append(note.pitch)
    named = [(time / unit, name_chord(pitches)) for time, pitches in sorted(groups.items())]
    return [(time, chord[0], chord[1]) for time, chord in named if chord]
