"""Chord progressions as people wrote them, read from the data sets of `--data DIR`.

In: POP909-CL (MIDI chord track), Nottingham (MIDI chord track), OpenEWLD (MusicXML harmony), jazz
charts (JSON) and the Bach chorales that ship with music21. Out: `Song`s whose chords are relative
to the tonic, which is all that `learn` counts. Chord names are facts; no melody is read.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from models.errors import Refusal
from models.planner.keys import infer_key
from models.planner.tokens import from_chord, from_pitch_classes, relative
from models.theory import Chord, Key

#: Titles of the chart collection that hold other material than single songs.
_CHART_COLLECTION = "JazzStandards.json"


@dataclass(frozen=True, slots=True)
class Song:
    """One piece of harmony: `events` are (onset in beats, token), tokens relative to the tonic.

    `bar_beats` is a bar in quarter notes and `pulse` its felt beat; `ends` are the beats at which
    sections close; `mode` is "major" or "minor".
    """

    corpus: str
    name: str
    mode: str
    bar_beats: float
    pulse: float
    events: tuple[tuple[float, int], ...]
    ends: tuple[float, ...]


def read_all(data: Path) -> Iterator[Song]:
    """Every song of every corpus, in a fixed order."""
    yield from pop909(data / "pop909")
    yield from nottingham(data / "nottingham")
    yield from openewld(data / "openewld")
    yield from jazz_charts(data / "jazz_charts")
    yield from chorales()


def _merged(events: Iterable[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """Chord changes only: a chord that is struck again is one event."""
    out: list[tuple[float, int]] = []
    for onset, token in sorted(events):
        if out and out[-1][0] == onset:
            out.pop()
        if not out or out[-1][1] != token:
            out.append((onset, token))
    return tuple(out)


def _struck(notes: Iterable[tuple[int, int]], tpq: int) -> list[tuple[float, list[int]]]:
    """Notes (tick, pitch) grouped by onset in beats, lowest pitch first."""
    groups: dict[int, list[int]] = {}
    for tick, pitch in notes:
        groups.setdefault(tick, []).append(pitch)
    return [(tick / tpq, sorted(pitches)) for tick, pitches in sorted(groups.items())]


def pop909(folder: Path) -> Iterator[Song]:
    """POP909-CL: human-corrected chords, keys and meters; a new song at each change of key."""
    import symusic

    for path in sorted(folder.glob("*/*.chords_cleaned.mid")):
        score = symusic.Score(str(path))
        track = score.tracks[-1]
        struck = _struck(((n.time, n.pitch) for n in track.notes), score.tpq)
        keys = sorted((k.time / score.tpq, k.key, k.tonality) for k in score.key_signatures)
        meter = score.time_signatures[0]
        bar = meter.numerator * 4 / meter.denominator
        for i, (start, fifths, minor) in enumerate(keys):
            stop = keys[i + 1][0] if i + 1 < len(keys) else float("inf")
            tonic = (fifths * 7 + (9 if minor else 0)) % 12
            events = [
                (onset - start, relative(token, tonic))
                for onset, pitches in struck
                if start <= onset < stop and (token := from_pitch_classes(pitches)) is not None
            ]
            if len(events) >= 8:
                end = events[-1][0] + bar
                pulse = 1.5 if meter.denominator == 8 else 1.0
                name, mode = f"{path.parent.name}.{i}", "minor" if minor else "major"
                yield Song("pop909", name, mode, bar, pulse, _merged(events), (end,))


def nottingham(folder: Path) -> Iterator[Song]:
    """Traditional dance tunes: chords in the second track; parts are eight bars long."""
    import symusic

    for path in sorted(folder.glob("*.mid")):
        score = symusic.Score(str(path))
        if len(score.tracks) < 2 or not score.time_signatures or not score.key_signatures:
            continue
        meter = score.time_signatures[0]
        bar = meter.numerator * 4 / meter.denominator
        struck = _struck(((n.time, n.pitch) for n in score.tracks[1].notes), score.tpq)
        found = [(at, from_pitch_classes(pitches)) for at, pitches in struck]
        chords = [(at, token) for at, token in found if token is not None]
        if len(chords) < 8:
            continue
        tonic, mode = _tonic(score.key_signatures[0].key, chords[-1][1])
        origin = chords[0][0] // bar * bar
        events = _merged((at - origin, relative(token, tonic)) for at, token in chords)
        last = events[-1][0] + bar
        ends = tuple(8 * bar * i for i in range(1, int(last // (8 * bar)) + 1)) or (last,)
        pulse = 1.5 if meter.denominator == 8 else 1.0
        yield Song("nottingham", path.stem, mode, bar, pulse, events, ends)


def _tonic(fifths: int, last: int) -> tuple[int, str]:
    """Tonic and mode from a key signature and the last chord (absolute token)."""
    root, minor = last // 10, last % 10 in (1, 7)
    major_tonic = fifths * 7 % 12
    if minor and (root - major_tonic) % 12 in (2, 4, 9):  # dorian, phrygian and natural minor
        return root, "minor"
    return major_tonic, "major"


_KINDS = {
    "major": "maj",
    "minor": "min",
    "dominant": "7",
    "augmented": "aug",
    "diminished": "dim",
    "dominant-seventh": "7",
    "major-seventh": "maj7",
    "minor-seventh": "m7",
    "diminished-seventh": "dim7",
    "half-diminished": "m7b5",
    "half-diminished-seventh": "m7b5",
    "augmented-seventh": "aug7",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "dominant-ninth": "9",
    "major-ninth": "maj9",
    "minor-ninth": "m9",
    "suspended-fourth": "sus4",
    "suspended-second": "sus2",
    "minor-major": "mMaj7",
    "major-minor": "mMaj7",
    "dominant-13th": "13",
    "dominant-11th": "11",
}


def openewld(folder: Path) -> Iterator[Song]:
    """Lead sheets of the songbook years: the `harmony` elements of each MusicXML file."""
    for path in sorted(folder.glob("*/*/*.mxl")):
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if not n.startswith("META-INF"))
            root = ElementTree.parse(io.BytesIO(archive.read(name))).getroot()  # noqa: S314
        song = _lead_sheet(path.stem, root)
        if song is not None:
            yield song


def _lead_sheet(name: str, root: ElementTree.Element) -> Song | None:
    """Chords of the first part; None when there are too few or the meter changes."""
    divisions, bar, pulse, start = 1.0, 0.0, 1.0, 0.0
    chords: list[tuple[float, Chord]] = []
    for measure in root.findall("part[1]/measure"):
        here = start
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions") or divisions)
                if beats := item.findtext("time/beats"):
                    kind = int(item.findtext("time/beat-type") or 4)
                    if bar and bar != int(beats) * 4 / kind:
                        return None
                    bar, pulse = int(beats) * 4 / kind, 1.5 if kind == 8 else 1.0
            elif item.tag == "harmony":
                if chord := _harmony(item):
                    chords.append((here, chord))
            elif item.tag == "note" and item.find("chord") is None:
                here += float(item.findtext("duration") or 0) / divisions
        # A pick-up bar is shorter; the first full bar opens the grid.
        start = here if measure.get("implicit") == "yes" or here - start < bar else start + bar
    return _absolute("openewld", name, bar or 4.0, pulse, chords, ())


def _harmony(item: ElementTree.Element) -> Chord | None:
    step = item.findtext("root/root-step")
    kind = _KINDS.get(item.findtext("kind") or "")
    if step is None or kind is None:
        return None
    alter = int(float(item.findtext("root/root-alter") or 0))
    return Chord.parse(step + ("#" * alter if alter > 0 else "b" * -alter) + kind)


def _absolute(
    corpus: str,
    name: str,
    bar: float,
    pulse: float,
    chords: list[tuple[float, Chord]],
    ends: tuple[float, ...],
    key: Key | None = None,
) -> Song | None:
    """A song from spelled chords; the key is inferred from them when it is not given."""
    if len(chords) < 8:
        return None
    key = key or infer_key([(c, 1.0) for _, c in chords])
    first = chords[0][0] // bar * bar
    events = _merged((at - first, relative(from_chord(c), key.tonic_pc)) for at, c in chords)
    mode = "minor" if key.is_minor else "major"
    return Song(corpus, name, mode, bar, pulse, events, ends or (events[-1][0] + bar,))


_RHYTHMS = {"Bossa Nova": "latin", "Latin": "latin", "Samba": "latin", "Afro": "latin"}


def jazz_charts(folder: Path) -> Iterator[Song]:
    """Charts of standards; corpus "latin" by rhythm, "blues" by its twelve bars, else "swing"."""
    for path in sorted(folder.glob("*.json")):
        if path.name == _CHART_COLLECTION:  # the same songs once more, with others' held back
            continue
        chart = json.loads(path.read_text(encoding="utf-8"))
        song = _chart(path.stem, chart)
        if song is not None:
            yield song


def _chart(name: str, chart: dict) -> Song | None:
    numerator, denominator = (int(n) for n in (chart.get("TimeSignature") or "4/4").split("/"))
    bar = numerator * 4 / denominator
    chords: list[tuple[float, Chord]] = []
    ends: list[float] = []
    at = 0.0
    for section in chart["Sections"]:
        body = section["MainSegment"]["Chords"].split("|")
        endings = [e["Chords"].split("|") for e in section.get("Endings", [])] or [[]]
        for ending in endings:
            for cell in (*body, *ending):
                symbols = [c for s in cell.split(",") if (c := _chart_chord(s))]
                step = bar / max(1, len(symbols))
                chords += [(at + i * step, c) for i, c in enumerate(symbols)]
                at += bar
            ends.append(at)
    key = None
    if text := chart.get("Key"):
        key = Key(text.removesuffix("min"), "minor" if text.endswith("min") else "major")
    song = _absolute("swing", name, bar, 1.0, chords, tuple(ends), key)
    if song is None:
        return None
    corpus = _RHYTHMS.get(chart["Rhythm"], "blues" if _is_blues(song) else "swing")
    return Song(corpus, name, song.mode, bar, 1.0, song.events, song.ends)


def _is_blues(song: Song) -> bool:
    """Twelve-bar periods that reach the fourth degree in bar five."""
    if {round(b - a) for a, b in zip((0.0, *song.ends), song.ends, strict=False)} != {
        round(12 * song.bar_beats)
    }:
        return False
    sounding = [token for onset, token in song.events if onset <= 4 * song.bar_beats]
    return song.events[0][1] // 10 == 0 and sounding[-1] // 10 == 5


def _chart_chord(symbol: str) -> Chord | None:
    """A chart's symbol; alterations that the vocabulary lacks fall back to their plain chord."""
    text = re.sub(r"\(.*?\)", "", symbol).strip().split("/")[0]
    match = re.match(r"^([A-G][b#]?)(.*)$", text)
    if not match:
        return None
    root, suffix = match.groups()
    suffix = {"0": "dim", "07": "dim7", "m": "m", "": ""}.get(suffix, suffix)
    for candidate in (suffix, re.sub(r"[b#]\d+|alt", "", suffix), suffix[:2], suffix[:1]):
        try:
            return Chord.parse(root + candidate)
        except Refusal:
            continue
    return Chord(root)


def chorales() -> Iterator[Song]:
    """Bach's four-part chorales from music21's corpus (public domain), a chord per beat.

    A beat's chord is the best-fitting template of what sounds on it; phrase ends are fermatas.
    """
    from music21 import corpus

    for path in sorted(corpus.getComposer("bach"), key=str):
        if path.suffix not in (".mxl", ".xml"):
            continue
        parsed = corpus.parse(str(path))
        if len(parsed.parts) == 4:
            song = _chorale(path.stem, parsed)
            if song is not None:
                yield song


def _chorale(name: str, parsed: Any) -> Song | None:
    meters = {m.ratioString for m in parsed.parts[0].recurse().getElementsByClass("TimeSignature")}
    signature = parsed.parts[0].recurse().getElementsByClass("KeySignature").first()
    if len(meters) != 1 or signature is None:
        return None
    numerator, denominator = (int(n) for n in meters.pop().split("/"))
    bar = numerator * 4 / denominator
    pickup = parsed.parts[0].getElementsByClass("Measure").first().duration.quarterLength % bar
    notes, ends = [], []
    for part in parsed.parts:
        for note in part.flatten().notes:
            for pitch in note.pitches:
                notes.append((float(note.offset), float(note.quarterLength), pitch.midi))
    for note in parsed.parts[0].flatten().notes:
        if any("Fermata" in type(e).__name__ for e in note.expressions):
            ends.append(float(note.offset + note.quarterLength))
    last = max(onset + length for onset, length, _ in notes)
    chords = []
    for beat in range(int(last)):
        sounding = sorted(p for on, length, p in notes if on <= beat < on + length)
        token = from_pitch_classes(sounding)
        if token is not None:
            chords.append((float(beat), token))
    if len(chords) < 8:
        return None
    tonic, mode = _tonic(signature.sharps, chords[-1][1])
    if mode == "major" and chords[-1][1] // 10 == (tonic + 9) % 12:  # a Picardy third ends minor
        tonic, mode = (tonic + 9) % 12, "minor"
    events = _merged((at - pickup, relative(token, tonic)) for at, token in chords)
    return Song("chorales", name, mode, bar, 1.0, events, tuple(e - pickup for e in ends))
