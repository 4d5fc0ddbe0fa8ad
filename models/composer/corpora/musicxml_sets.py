"""OpenEWLD: lead sheets in compressed MusicXML, read directly (music21 takes 1.5 s a file).

In: the folder `openewld` of the data directory. Out: `LeadSheet` values. The collection's table of
first performances is not in the data directory, so the date screen is stricter and needs nothing
else: only tunes whose every named author died before 1930, or that are traditional, are read.
Such a tune was first performed by 1929. Repeats are read as written, not unfolded.
"""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from models.composer.sheets import METERS, LeadSheet, build
from models.theory import QUALITY_CLASSES, pitch_class

_KINDS = {
    "major": "maj", "major-sixth": "maj", "minor": "min", "minor-sixth": "min",
    "diminished": "dim", "augmented": "aug", "suspended-fourth": "sus", "suspended-second": "sus",
    "dominant": "dom7", "dominant-ninth": "dom7", "dominant-11th": "dom7", "dominant-13th": "dom7",
    "augmented-seventh": "dom7", "major-seventh": "maj7", "major-ninth": "maj7",
    "minor-seventh": "min7", "minor-ninth": "min7", "minor-11th": "min7", "major-minor": "min7",
    "half-diminished": "hdim7", "diminished-seventh": "dim7", "power": "maj",
}  # fmt: skip


@dataclass
class _Reading:
    """What one pass over a part has gathered so far; times in quarter notes."""

    unit: int = 1
    now: float = 0.0
    meter: str | None = None
    key: tuple[int, bool] | None = None
    same: bool = True
    notes: list[tuple[float, float, int]] = field(default_factory=list)
    chords: list[tuple[float, int, int]] = field(default_factory=list)


def openewld(data: Path) -> Iterator[LeadSheet]:
    """Lead sheets whose authors all died before 1930, or traditional ones."""
    screen = tomllib.loads(Path(__file__).with_name("openewld.toml").read_text(encoding="utf-8"))
    for path in sorted((data / "openewld").glob("*/*/*.mxl")):
        names = path.parent.parent.name
        if any(name in names for name in screen["newer"]):
            continue
        # Names hold hyphens themselves (Rimsky-Korsakov): strip every known one, see what is left.
        rest = names
        for author in sorted(screen["authors"], key=len, reverse=True):
            rest = rest.replace(author, "")
        if rest.strip("-"):
            continue
        sheet = read_leadsheet(path, f"openewld/{path.stem}", "openewld", "song")
        if sheet:
            yield sheet


def read_leadsheet(path: Path, piece: str, source: str, style: str) -> LeadSheet | None:
    """The first part of a compressed MusicXML file; None when its meter changes or is unknown."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith(".xml") and "META" not in n]
        root = ElementTree.fromstring(archive.read(names[0]))  # noqa: S314 - our own data
    part = root.find("part")
    if part is None:
        return None
    reading = _Reading()
    for number, measure in enumerate(part.findall("measure")):
        started = reading.now
        _measure(measure, reading)
        if reading.meter is None:
            return None
        full = _bar_beats(reading.meter)
        length = reading.now - started
        if number == 0 and 0 < length < full - 0.01:  # a pickup ends on the bar line
            late = full - length
            reading.notes = [(on + late, d, p) for on, d, p in reading.notes]
            reading.chords = [(on + late, r, q) for on, r, q in reading.chords]
        reading.now = started + full
    if not reading.same or reading.meter not in METERS or reading.key is None:
        return None
    fifths, minor = reading.key
    minor = minor or _ends_minor(reading, fifths)
    return build(
        piece=piece,
        source=source,
        style=style,
        meter=reading.meter,
        tonic=(7 * fifths + (9 if minor else 0)) % 12,
        minor=minor,
        notes=reading.notes,
        chords=reading.chords,
    )


def _bar_beats(meter: str) -> float:
    beats, unit = meter.split("/")
    return int(beats) * 4 / int(unit)


def _ends_minor(reading: _Reading, fifths: int) -> bool:
    """Whether a tune written without a mode closes on its relative minor."""
    if not reading.chords:
        return False
    _, root, quality = reading.chords[-1]
    return root == (7 * fifths + 9) % 12 and QUALITY_CLASSES[quality].startswith("min")


def _measure(measure: ElementTree.Element, reading: _Reading) -> None:
    for item in measure:
        if item.tag == "attributes":
            _attributes(item, reading)
        elif item.tag == "harmony":
            root, kind = item.findtext("root/root-step"), item.findtext("kind")
            if root and kind in _KINDS:
                alter = round(float(item.findtext("root/root-alter") or 0))
                quality = QUALITY_CLASSES.index(_KINDS[kind])
                offset = float(item.findtext("offset") or 0) / reading.unit
                pc = (pitch_class(root) + alter) % 12
                reading.chords.append((reading.now + offset, pc, quality))
        elif item.tag in ("backup", "forward"):
            sign = -1 if item.tag == "backup" else 1
            reading.now += sign * float(item.findtext("duration") or 0) / reading.unit
        elif item.tag == "note" and item.find("grace") is None:
            _note(item, reading)


def _attributes(item: ElementTree.Element, reading: _Reading) -> None:
    if text := item.findtext("divisions"):
        reading.unit = int(text)
    if text := item.findtext("time/beats"):
        meter = f"{text}/{item.findtext('time/beat-type')}"
        meter = {"2/2": "4/4"}.get(meter, meter)
        reading.same = reading.same and reading.meter in (None, meter)
        reading.meter = meter
    if text := item.findtext("key/fifths"):
        key = (int(text), item.findtext("key/mode") == "minor")
        reading.same = reading.same and reading.key in (None, key)
        reading.key = key


def _note(item: ElementTree.Element, reading: _Reading) -> None:
    length = float(item.findtext("duration") or 0) / reading.unit
    in_chord = item.find("chord") is not None
    step = item.findtext("pitch/step")
    if step and item.findtext("voice", "1") == "1" and not in_chord:
        alter = round(float(item.findtext("pitch/alter") or 0))
        octave = int(item.findtext("pitch/octave") or 4)
        pitch = 12 * (octave + 1) + pitch_class(step) + alter
        tied = any(t.get("type") == "stop" for t in item.findall("tie"))
        if tied and reading.notes and reading.notes[-1][2] == pitch:
            onset, duration, _ = reading.notes.pop()
            reading.notes.append((onset, duration + length, pitch))
        else:
            reading.notes.append((reading.now, length, pitch))
    if not in_chord:
        reading.now += length
