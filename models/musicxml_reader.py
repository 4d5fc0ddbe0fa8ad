"""MusicXML to scores, with ElementTree.

In: a partwise file, ours or a stranger's, plain or compressed (.mxl). Out: a `Score` at sounding
pitch, or the words under its notes. Ours come back exactly; of a stranger's file repeats are not
unfolded, grace notes are left out, a first bar that is not full is a pickup and ends on the bar
line, and the first key and meter hold for the whole piece. What `safe_xml` refuses is never parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree.ElementTree import Element

from models import bar_lines, file_limits, file_notes, mxl, safe_xml
from models.chord_kinds import quality_of
from models.errors import Refusal
from models.lyrics import Lyrics
from models.musicxml_lyrics import found_in
from models.score import Meter, Note, PlacedChord, Score, Tempo, Track, on_grid, sorted_notes
from models.theory import MODES, Chord, Key, pitch_class
from models.words_on_score import Found, lyrics_of

_MAX_BYTES = 16 << 20  # our own six-track minute is under 2 MiB; uploads have their own, lower cap
_FORTE = 90
_DAMAGED = "This MusicXML file is damaged and cannot be read; export it again and resend it."


@dataclass
class _Reading:
    """What gathers while the parts are read; times in beats."""

    key: Key = field(default_factory=lambda: Key("C"))
    meter: Meter = field(default_factory=Meter)
    meters: dict[int, Meter] = field(default_factory=dict)  # by the bar that states it, from 0
    tempos: dict[float, float] = field(default_factory=dict)
    chords: list[tuple[float, Chord | None]] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    bars: int = 0
    notes: int = 0
    words: list[_Words] = field(default_factory=list)


@dataclass
class _Words:
    """The first verse of a part, over its notes."""

    syllables: list[Found]
    notes: tuple[Note, ...]


@dataclass
class _Part:
    """The state of one part: divisions, transposition and the notes so far."""

    program: int = 0
    is_drum: bool = False
    drums: dict[str, int] = field(default_factory=dict)
    divisions: float = 1.0
    transpose: int = 0
    notes: list[Note] = field(default_factory=list)
    tied: dict[tuple[int, float], Note] = field(default_factory=dict)  # by pitch and end
    verses: dict[str, list[Found]] = field(default_factory=dict)


def read(path: Path, *, one_meter: bool = False) -> Score:
    """Read a MusicXML file.

    Raises
    ------
    Refusal
        When the file is not MusicXML, is damaged, or is beyond what Segno takes; with `one_meter`
        also when a part of it is in another meter (`bar_lines.require_one`).
    """
    return _read(path, one_meter)[0]


def read_words(path: Path) -> Lyrics | None:
    """The words under the notes of a file: the first verse of the part that has most.

    Returns
    -------
    None where there are none; onsets are those of `read`, repeats are not unfolded.

    Raises
    ------
    Refusal
        As `read`.
    """
    return read_both(path)[1]


def read_both(path: Path, *, one_meter: bool = False) -> tuple[Score, Lyrics | None]:
    """What `read` and `read_words` find, of a file that is parsed once."""
    score, words = _read(path, one_meter)
    most = max(words, key=lambda w: len(w.syllables), default=None)
    return score, lyrics_of(most.syllables, most.notes, score) if most else None


def _read(path: Path, one_meter: bool = False) -> tuple[Score, list[_Words]]:
    root = _parse(path)
    notes = file_notes.from_text(_segno_field(root))
    reading = _Reading()
    parts = root.findall("part")
    file_limits.check_counts(len(parts))
    headers = {header.get("id"): header for header in root.iterfind("part-list/score-part")}
    try:
        tracks = tuple(_read_part(headers.get(p.get("id")), p, reading) for p in parts)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal(_DAMAGED) from error
    if not tracks or not reading.bars:
        raise Refusal("There is no music in this MusicXML file; send one that has some bars.")
    if one_meter:
        _require_one_meter(reading)
    reading.tempos.setdefault(0.0, 120.0)  # what players assume
    score = Score(
        (root.findtext("work/work-title") or path.stem)[:200],
        reading.key,
        reading.meter,
        tuple(Tempo(onset, bpm) for onset, bpm in sorted(reading.tempos.items())),
        reading.bars,
        tracks,
        _chords(reading),
        file_notes.sections_from_marks(reading.marks, reading.bars),
    )
    if notes is not None:
        score = file_notes.restore(score, notes, _match)
    return score, reading.words


def _require_one_meter(reading: _Reading) -> None:
    signs, at = list[tuple[float, Meter]](), 0.0
    for bar in range(reading.bars):
        if meter := reading.meters.get(bar):
            signs.append((at, meter))
        at += (signs[-1][1] if signs else reading.meter).bar_beats
    bar_lines.require_one(signs, at, reading.meter, whole=True)


def _parse(path: Path) -> Element:
    data = path.read_bytes()
    if data.startswith(b"PK"):
        data = mxl.score_in(data)
    if len(data) > _MAX_BYTES:
        raise Refusal("This MusicXML file is too large for me; send a shorter piece.")
    try:
        root = safe_xml.parse(data)
    except safe_xml.Malformed as error:
        raise Refusal(_DAMAGED) from error
    if root.tag != "score-partwise":
        raise Refusal("This is not a partwise MusicXML file; export the score as MusicXML.")
    return root


def _segno_field(root: Element) -> str:
    for entry in root.iterfind("identification/miscellaneous/miscellaneous-field"):
        if entry.get("name") == "segno":
            return entry.text or ""
    return ""


def _match(found: Sequence[Track], rows: Sequence[file_notes.TrackRow]) -> tuple[Track, ...]:
    if not rows and not any(t.notes for t in found):
        return ()
    if len(found) != len(rows):
        return tuple(found)
    return tuple(row.track(t) for row, t in zip(rows, found, strict=True))


def _read_part(header: Element | None, element: Element, reading: _Reading) -> Track:
    part = _Part()
    name = ""
    if header is not None:
        name = (header.findtext("part-name") or "")[:200]
        _read_instruments(header, part)
    start = 0.0
    measures = element.findall("measure")
    for bar, measure in enumerate(measures):
        late = _missing(measure, part, reading) if bar == 0 and len(measures) > 1 else 0.0
        _read_measure(measure, bar, start + late, part, reading)
        start += reading.meter.bar_beats
        reading.bars = max(reading.bars, bar + 1)
    for note in part.tied.values():
        part.notes.append(note)  # a tie that nothing answers
    reading.notes += len(part.notes)
    file_limits.check_counts(notes=reading.notes, beats=start)
    role = file_notes.guess_role(name, part.program, part.is_drum)
    track = Track(name or "Part", role, part.program, sorted_notes(part.notes), part.is_drum)
    if part.verses:
        reading.words.append(_Words(part.verses[min(part.verses, key=_verse)], track.notes))
    return track


def _verse(name: str) -> tuple[int, str]:
    """Verses in order: "1", "2", "10", and then those that have names."""
    return int(name[:4]) if name[:4].isdecimal() else 10_000, name


def _missing(measure: Element, part: _Part, reading: _Reading) -> float:
    """Beats by which a first bar is too short: a pickup; 0 when it is full or empty."""
    divisions = float(measure.findtext("attributes/divisions") or part.divisions)
    cursor = length = 0.0
    for child in measure:
        if child.tag in ("note", "forward", "backup") and child.find("chord") is None:
            step = 0.0 if child.find("grace") is not None else _duration(child) / divisions
            cursor += -step if child.tag == "backup" else step
            length = max(length, cursor)
    beats, unit = (
        measure.findtext("attributes/time/beats"),
        measure.findtext("attributes/time/beat-type"),
    )
    full = int(beats) * 4 / int(unit) if beats and unit else reading.meter.bar_beats
    return full - length if 0 < length < full - 1e-6 else 0.0


def _duration(element: Element) -> float:
    return float(element.findtext("duration") or 0)


def _read_instruments(header: Element, part: _Part) -> None:
    for midi in header.iterfind("midi-instrument"):
        part.program = min(127, max(0, int(midi.findtext("midi-program") or 1) - 1))
        part.is_drum |= midi.findtext("midi-channel") == "10"
        if unpitched := midi.findtext("midi-unpitched"):
            part.drums[midi.get("id") or ""] = int(unpitched) - 1


def _read_measure(measure: Element, bar: int, start: float, part: _Part, reading: _Reading) -> None:
    """Walk a measure's cursor (beats from the bar line) over its children."""
    cursor = previous = 0.0
    for child in measure:
        if child.tag == "attributes":
            _read_attributes(child, bar, part, reading)
        elif child.tag in ("backup", "forward"):
            step = _duration(child) / part.divisions
            cursor = max(0.0, cursor + (step if child.tag == "forward" else -step))
        elif child.tag == "note":
            if child.find("grace") is not None:
                continue
            length = _duration(child) / part.divisions
            if child.find("chord") is None:
                previous = cursor
                cursor += length
            if child.find("rest") is None:
                _read_note(child, start + previous, length, part)
                for verse, syllable in found_in(child, on_grid(start + previous)):
                    part.verses.setdefault(verse, []).append(syllable)
        else:
            offset = float(child.findtext("offset") or 0) / part.divisions
            _read_mark(child, bar, on_grid(start + cursor + offset), reading)


def _read_attributes(element: Element, bar: int, part: _Part, reading: _Reading) -> None:
    part.divisions = float(element.findtext("divisions") or part.divisions)
    if part.divisions <= 0:
        raise ValueError("divisions")
    transpose = element.find("transpose")
    if transpose is not None:
        octaves = int(transpose.findtext("octave-change") or 0)
        part.transpose = int(transpose.findtext("chromatic") or 0) + 12 * octaves
    beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
    if bar and beats and unit and beats.isdecimal() and unit.isdecimal() and int(beats) * int(unit):
        reading.meters.setdefault(bar, Meter(int(beats), int(unit)))
    if reading.bars:
        return  # the first key and meter hold
    if fifths := element.findtext("key/fifths"):
        mode = element.findtext("key/mode") or "major"
        number = int(fifths) + part.transpose * 7
        number = (number + 6) % 12 - 6 if part.transpose else number
        reading.key = file_notes.key_of(max(-7, min(7, number)), minor=False)
        reading.key = file_notes.with_mode(reading.key, mode if mode in MODES else "major")
    if beats and unit:
        reading.meter = Meter(int(beats), int(unit))
        if not 0 < reading.meter.bar_beats <= 64:
            raise ValueError("meter")
        reading.meters.setdefault(0, reading.meter)


def _read_note(element: Element, onset: float, length: float, part: _Part) -> None:
    pitch = _pitch(element, part)
    if not 0 <= pitch <= 127:
        raise ValueError("pitch")
    velocity = round(float(element.get("dynamics") or 80 * 100 / _FORTE) * _FORTE / 100)
    ties = {tie.get("type") for tie in element.iterfind("tie")}
    note = Note(onset, pitch, length, max(1, min(127, velocity)))
    begun = part.tied.pop((pitch, on_grid(onset)), None) if "stop" in ties else None
    if begun is not None:
        note = replace(begun, duration=onset + length - begun.onset)
    if "start" in ties:
        part.tied[pitch, on_grid(onset + length)] = note
    else:
        part.notes.append(note)


def _pitch(element: Element, part: _Part) -> int:
    instrument = element.find("instrument")
    if instrument is not None and (instrument.get("id") or "") in part.drums:
        return part.drums[instrument.get("id") or ""]
    for tag, step, octave in (
        ("pitch", "step", "octave"),
        ("unpitched", "display-step", "display-octave"),
    ):
        found = element.find(tag)
        if found is not None:
            base = pitch_class(found.findtext(step) or "C") + 12 * int(found.findtext(octave) or 4)
            return base + 12 + round(float(found.findtext("alter") or 0)) + part.transpose
    raise ValueError("a note without a pitch")


def _read_mark(element: Element, bar: int, at: float, reading: _Reading) -> None:
    sound = element if element.tag == "sound" else element.find("sound")
    if sound is not None and (tempo := float(sound.get("tempo") or 0)) > 0:
        reading.tempos.setdefault(at, tempo)
    for rehearsal in element.iterfind("direction-type/rehearsal"):
        reading.marks.append((bar, rehearsal.text or ""))
    if element.tag == "harmony":
        if element.findtext("kind") == "none":
            reading.chords.append((at, None))
        elif chord := _chord(element):
            reading.chords.append((at, chord))


def _chord(element: Element) -> Chord | None:
    degrees = tuple(
        (
            int(d.findtext("degree-value") or 0),
            int(d.findtext("degree-alter") or 0),
            d.findtext("degree-type") or "add",
        )
        for d in element.iterfind("degree")
    )
    quality = quality_of(element.findtext("kind") or "", degrees)
    root = _name(element, "root")
    if quality is None or root is None:
        return None
    bass = _name(element, "bass")
    return Chord(root, quality, None if bass == root else bass)


def _name(element: Element, what: str) -> str | None:
    found = element.find(what)
    if found is None:
        return None
    alter = round(float(found.findtext(f"{what}-alter") or 0))
    if abs(alter) > 2:
        raise ValueError("alter")
    sign = "#" * alter if alter > 0 else "b" * -alter
    return (found.findtext(f"{what}-step") or "C").strip()[:1].upper() + sign


def _chords(reading: _Reading) -> tuple[PlacedChord, ...]:
    marks = sorted(reading.chords, key=lambda c: c[0])
    ends = [onset for onset, _ in marks[1:]] + [reading.bars * reading.meter.bar_beats]
    return tuple(
        PlacedChord(onset, on_grid(end - onset), chord)
        for (onset, chord), end in zip(marks, ends, strict=False)
        if chord and end > onset
    )
