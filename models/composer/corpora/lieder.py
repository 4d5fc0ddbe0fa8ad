"""OpenScore Lieder (CC0): art songs in compressed MusicXML as lead sheets.

In: the folder `lieder` of the data directory. Out: `LeadSheet` values, one per stretch of constant
key signature and meter: the sung line, and chords found in all that sounds (`chord_finder`).
The files are read with ElementTree, since music21 takes 4 s for one. Repeats are read as written.
Source: Gotham and Jonas, *The OpenScore Lieder Corpus*, MEC 2021.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from models.composer.chord_finder import find_chords
from models.composer.corpora.measures import place_bars
from models.composer.sheets import METERS, LeadSheet, build
from models.key_finder import find_key, weights
from models.theory import pitch_class

#: Meters written otherwise than the composer counts them, with the same notes to a half bar.
_MEANS = {"2/2": "4/4", "12/8": "6/8"}
Sounding = tuple[float, float, int]


@dataclass
class _Part:
    """One part: (measure, offset, duration, pitch) in quarter notes, and its measures' lengths."""

    notes: list[list[float]] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    signs: list[tuple[str, int, str]] = field(default_factory=list)  # meter, fifths, mode
    openings: list[bool] = field(default_factory=list)
    syllables: int = 0
    transposes: bool = False


def lieder(data: Path) -> Iterator[LeadSheet]:
    """Every usable stretch of every song, in order of file names."""
    for path in sorted((data / "lieder").glob("*.mxl")):
        yield from read_song(path, f"lieder/{path.stem}", "lieder", "lied")


def read_song(path: Path, piece: str, source: str, style: str) -> Iterator[LeadSheet]:
    """The sheets of one compressed MusicXML score for a voice and accompaniment.

    The voice is the part with most syllables, else the first. Parts of transposing instruments
    are left out.

    Raises
    ------
    zipfile.BadZipFile, xml.etree.ElementTree.ParseError
        When the file is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith(".xml") and "META" not in n]
        root = ElementTree.fromstring(archive.read(names[0]))  # noqa: S314 - our own data
    parts = [p for p in map(_part, root.findall("part")) if not p.transposes]
    if not parts:
        return
    voice = max(parts, key=lambda p: p.syllables)
    author = plain_name(root.findtext("identification/creator[@type='composer']") or "")
    runs = groupby(range(len(voice.signs)), key=voice.signs.__getitem__)
    for number, ((meter, fifths, mode), run) in enumerate(runs):
        measures = list(run)
        ends = measures[-1] == len(voice.signs) - 1
        meter = _MEANS.get(meter, meter)
        if meter not in METERS:
            continue
        full = _beats(meter)
        lengths = [max(p.lengths[m] for p in parts if m < len(p.lengths)) for m in measures]
        starts, bars = place_bars(lengths, [voice.openings[m] for m in measures], full)
        place = dict(zip(measures, starts, strict=True))
        sounding = sorted(n for part in parts for n in _within(part, place))
        melody = _within(voice, place)
        if len(melody) < 12:
            continue
        minor = mode == "minor" if mode else sounds_minor(sounding, fifths, ends)
        sheet = build(
            piece=f"{piece}#{number}",
            source=source,
            style=style,
            meter=meter,
            tonic=(7 * fifths + (9 if minor else 0)) % 12,
            minor=minor,
            notes=melody,
            chords=find_chords(sounding, full, bars),
            author=author,
        )
        if sheet:
            yield sheet


def plain_name(text: str) -> str:
    """One writing for each composer: "Brahms, Johannes (1833-1897)" is "Johannes Brahms"."""
    name = re.sub(r"\s*\([^)]*\)\s*$", "", text).strip()
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma else name


def sounds_minor(notes: Sequence[Sounding], fifths: int, ends: bool) -> bool:
    """Whether music under a key signature without a mode is in its relative minor.

    `notes` are (onset, duration, pitch) of all parts; `ends` says that the song ends with them, and
    then its last bass note decides when it is one of the two tonics. Else `find_key` does when it
    names one of the two keys; else the heavier of the tones that set the two tonic triads apart.
    """
    major, minor = 7 * fifths % 12, (7 * fifths + 9) % 12
    end = max(on + length for on, length, _ in notes)
    bass = min(pitch for on, length, pitch in notes if on + length >= end - 0.5) % 12
    if ends and bass in (major, minor):
        return bass == minor
    heard = weights((length, pitch) for _, length, pitch in notes)
    tonic, found_minor, _ = find_key(heard)
    if tonic == (minor if found_minor else major):
        return found_minor
    # The leading tone of minor is foreign to the signature: where it sounds, minor is meant.
    dark = heard[minor] + heard[(minor + 7) % 12] + heard[(minor + 11) % 12]
    return bool(dark > heard[major] + heard[(major + 7) % 12])


def _within(part: _Part, place: dict[int, float]) -> list[Sounding]:
    """Notes of the given measures, moved to where those stand."""
    return [(place[int(m)] + at, d, int(p)) for m, at, d, p in part.notes if int(m) in place]


def _beats(meter: str) -> float:
    count, unit = meter.split("/")
    return int(count) * 4 / int(unit)


def _part(element: ElementTree.Element) -> _Part:
    part = _Part()
    unit, sign, opening = 1.0, ("", 0, ""), True
    tied: dict[int, list[float]] = {}
    for number, measure in enumerate(element.findall("measure")):
        now = reach = 0.0
        onset = 0.0
        for item in measure:
            if item.tag == "attributes":
                unit = float(item.findtext("divisions") or unit)
                sign = _sign(item, sign)
                part.transposes |= item.find("transpose") is not None
            elif item.tag in ("backup", "forward"):
                length = float(item.findtext("duration") or 0) / unit
                now += length if item.tag == "forward" else -length
            elif item.tag == "note" and item.find("grace") is None:
                length = float(item.findtext("duration") or 0) / unit
                if item.find("chord") is None:
                    onset, now = now, now + length
                if item.find("cue") is None:
                    _note(item, part, tied, [number, onset, length])
            reach = max(reach, now)
        part.lengths.append(reach)
        part.signs.append(sign)
        before, opening = _section(measure, opening)
        part.openings.append(before)
    return part


def _sign(item: ElementTree.Element, old: tuple[str, int, str]) -> tuple[str, int, str]:
    meter, fifths, mode = old
    if beats := item.findtext("time/beats"):
        meter = f"{beats}/{item.findtext('time/beat-type')}"
    if text := item.findtext("key/fifths"):
        fifths, mode = int(text), item.findtext("key/mode") or ""
    return meter, fifths, mode if mode in ("major", "minor") else ""


def _section(measure: ElementTree.Element, opening: bool) -> tuple[bool, bool]:
    """Whether this measure begins a section, and whether the next one does."""
    closes = False
    for line in measure.findall("barline"):
        repeat = line.find("repeat")
        double = line.findtext("bar-style") in ("light-light", "light-heavy")
        if line.get("location") == "left":
            opening |= repeat is not None
        else:
            closes |= repeat is not None or double
    return opening, closes


def _note(
    item: ElementTree.Element, part: _Part, tied: dict[int, list[float]], place: Iterable[float]
) -> None:
    """Add a sounding note, or lengthen the one it is tied to."""
    step = item.findtext("pitch/step")
    if not step:
        return
    part.syllables += item.find("lyric/text") is not None
    alter = round(float(item.findtext("pitch/alter") or 0))
    pitch = 12 * (int(item.findtext("pitch/octave") or 4) + 1) + pitch_class(step) + alter
    note = [*place, pitch]
    ties = {t.get("type") for t in item.findall("tie")}
    held = tied.pop(pitch, None) if "stop" in ties else None
    if held:
        held[2] += note[2]
    else:
        part.notes.append(note)
    if "start" in ties:
        tied[pitch] = held or note
