"""Does the finished file say what was planned? Read back with other people's readers and compared.

In: a `Plan` and the MIDI and MusicXML files made from it. Out: `Check`s. The MIDI is read with
symusic alone and the MusicXML with music21 (its part list from the XML itself), never with our
own `midi.read` or `musicxml.read`, so that a fault in a writer cannot hide in its reader.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import symusic

from models.planner.plan import Part, Plan
from models.score import PlacedChord

#: Share of the notes of chord and pad parts that must belong to the chord at their onset.
CHORD_TONE_SHARE = 0.9
_SECONDS_OFF = 0.1  # a length in seconds is met within this
_BPM_OFF = 0.01  # MIDI counts microseconds per beat: 0.002 bpm at 300
_EPSILON = 1e-3  # beats

Heard = tuple[float, float, int]  # onset and duration in beats, MIDI note


@dataclass(frozen=True, slots=True)
class Check:
    """One thing asked, what the file holds, and whether they agree."""

    name: str
    asked: str
    found: str
    ok: bool


@dataclass(frozen=True, slots=True)
class PartFacts:
    """A part as a file states it; `program` counts from 0; drums in MusicXML have no pitches."""

    name: str
    program: int
    is_drum: bool
    notes: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one file states. `chords` are (beat, symbol), `sections` (beat, mark)."""

    signature: int
    mode: str
    bpms: tuple[float, ...]
    meter: str
    beats: float
    seconds: float
    chords: tuple[tuple[float, str], ...]
    sections: tuple[tuple[float, str], ...]
    parts: tuple[PartFacts, ...]


def verify(plan: Plan, midi_path: Path, musicxml_path: Path) -> tuple[Check, ...]:
    """Parse both files back and compare them with the plan, and with each other."""
    checks: list[Check] = []
    facts: list[Facts] = []
    for label, reader, path in (
        ("MIDI", midi_facts, midi_path),
        ("MusicXML", musicxml_facts, musicxml_path),
    ):
        try:
            found = reader(path)
        except Exception as error:
            checks.append(Check(f"{label} file", "readable", repr(error)[:200], False))
            continue
        facts.append(found)
        checks.extend(_stated(plan, found, label))
    if len(facts) == 2:
        midi, xml = facts
        checks.extend(_sounding(plan, midi))
        checks.append(_same_notes(midi, xml))
    return tuple(checks)


def failed(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks that did not hold."""
    return tuple(c for c in checks if not c.ok)


def midi_facts(path: Path) -> Facts:
    """What a MIDI file states, as symusic reads it."""
    midi = symusic.Score.from_midi(path.read_bytes())
    beat = midi.ticks_per_quarter
    key, meter = midi.key_signatures[0], midi.time_signatures[0]
    marks = [(m.time / beat, m.text) for m in midi.markers]
    ends = [at for at, text in marks if text.startswith("End ")]
    beats = ends[-1] if ends else midi.end() / beat
    parts = tuple(
        PartFacts(
            t.name,
            t.program,
            t.is_drum,
            tuple(sorted((n.time / beat, n.duration / beat, n.pitch) for n in t.notes)),
        )
        for t in midi.tracks
        if t.notes or not t.lyrics  # symusic reads the words of a track as a track of their own
    )
    sections = tuple((at, text) for at, text in marks if text.startswith("["))
    chords = tuple((at, text) for at, text in marks if not text.startswith(("[", "End ", "N.C.")))
    tempos = [(t.time / beat, t.qpm) for t in midi.tempos]
    return Facts(
        key.key,
        "minor" if key.tonality else "major",
        tuple(bpm for _, bpm in tempos),
        f"{meter.numerator}/{meter.denominator}",
        beats,
        _seconds(tempos, beats),
        chords,
        sections,
        parts,
    )


def _seconds(tempos: Sequence[tuple[float, float]], beats: float) -> float:
    ends = [at for at, _ in tempos[1:]] + [beats]
    return sum(
        max(0.0, min(end, beats) - at) * 60 / bpm
        for (at, bpm), end in zip(tempos, ends, strict=False)
    )


def musicxml_facts(path: Path) -> Facts:
    """What a MusicXML file states, as music21 reads it."""
    from music21.musicxml.xmlToM21 import MusicXMLImporter

    importer = MusicXMLImporter()
    with warnings.catch_warnings():  # it warns of General MIDI drums that it has no class for
        warnings.simplefilter("ignore")
        importer.readFile(str(path))
    parts = list(importer.stream.parts)
    first = parts[0].flatten()
    key = first.getElementsByClass("KeySignature").first()
    meter = first.getElementsByClass("TimeSignature").first()
    measures = parts[0].getElementsByClass("Measure")
    beats = len(measures) * float(meter.barDuration.quarterLength)
    tempos = [
        (float(m.offset), float(m.getQuarterBPM()))
        for m in first.getElementsByClass("MetronomeMark")
    ]
    symbols = first.getElementsByClass("ChordSymbol")
    return Facts(
        int(key.sharps),
        str(key.mode),
        tuple(bpm for _, bpm in tempos),
        str(meter.ratioString),
        beats,
        _seconds(tempos, beats),
        tuple((float(s.offset), _symbol(s)) for s in symbols if s.chordKind != "none"),
        tuple((float(r.offset), str(r.content)) for r in first.getElementsByClass("RehearsalMark")),
        tuple(
            PartFacts(name, program, drum, () if drum else _heard(part))
            for (name, program, drum), part in zip(_part_list(path), parts, strict=True)
        ),
    )


def _symbol(symbol: Any) -> str:
    root, bass = symbol.root().name, symbol.bass().name
    text = root + (symbol.chordKindStr or "") + (f"/{bass}" if bass != root else "")
    return str(text).replace("-", "b")


def _part_list(path: Path) -> list[tuple[str, int, bool]]:
    root = ElementTree.parse(path).getroot()  # noqa: S314 - a file we have just written
    return [
        (
            part.findtext("part-name") or "",
            int(part.findtext("midi-instrument/midi-program") or 1) - 1,
            part.findtext("midi-instrument/midi-channel") == "10",
        )
        for part in root.iterfind("part-list/score-part")
    ]


def _heard(part: Any) -> tuple[Heard, ...]:
    """Notes of a music21 part with their ties joined."""
    found: list[Heard] = []
    held: dict[tuple[int, int], int] = {}  # (pitch, tick where the tie goes on) -> first tick
    for n in part.flatten().notes:
        if {"Harmony", "Unpitched"} & set(n.classes):
            continue
        for member in n.notes if n.isChord else [n]:
            start, end = round(n.offset * 480), round((n.offset + n.quarterLength) * 480)
            pitch, tie = member.pitch.midi, member.tie.type if member.tie else ""
            if tie in ("stop", "continue"):
                start = held.pop((pitch, start), start)
            if tie in ("start", "continue"):
                held[pitch, end] = start
            else:
                found.append((start / 480, (end - start) / 480, pitch))
    return tuple(sorted(found))


def _stated(plan: Plan, found: Facts, label: str) -> list[Check]:
    """What a file must state word for word."""

    def equal(name: str, asked: Any, got: Any) -> Check:
        return Check(f"{name} ({label})", str(asked), str(got), asked == got)

    # MIDI knows two modes only; which minor or major it is stands in the MusicXML.
    two_modes = "minor" if plan.key.is_minor else "major"
    bar = plan.meter.bar_beats
    bpms = tuple(t.bpm for t in plan.tempos)
    checks = [
        equal("key signature", plan.key.fifths, found.signature),
        equal("mode", two_modes if label == "MIDI" else plan.key.mode, found.mode),
        Check(
            f"tempo ({label})",
            ", ".join(f"{b:.3f}" for b in bpms),
            ", ".join(f"{b:.3f}" for b in found.bpms),
            len(found.bpms) == len(bpms)
            and all(abs(f - b) <= _BPM_OFF for f, b in zip(found.bpms, bpms, strict=True)),
        ),
        equal("meter", str(plan.meter), found.meter),
        equal("bars", float(plan.bars), round(found.beats / bar, 3)),
        _listed(f"chords ({label})", _planned_chords(plan.chords), found.chords),
        _listed(
            f"form ({label})",
            [
                (s.section.start_bar * bar, f"[{s.section.label}] {s.section.name}")
                for s in plan.sections
            ],
            found.sections,
        ),
        _instruments(plan, found, label),
    ]
    if plan.seconds is not None:
        close = abs(found.seconds - plan.seconds) <= _SECONDS_OFF
        asked, got = f"{plan.seconds:.2f}", f"{found.seconds:.2f}"
        checks.append(Check(f"seconds ({label})", asked, got, close))
    return checks


def _planned_chords(chords: Sequence[PlacedChord]) -> list[tuple[float, str]]:
    return [(c.onset, c.chord.symbol) for c in chords]


def _listed(
    name: str, asked: Sequence[tuple[float, str]], found: Sequence[tuple[float, str]]
) -> Check:
    """Compare rows of (beat, text); `found` names the first difference."""
    for a, f in zip(asked, found, strict=False):
        if a[1] != f[1] or abs(a[0] - f[0]) > _EPSILON:
            return Check(name, f"{a[1]} at beat {a[0]:g}", f"{f[1]} at beat {f[0]:g}", False)
    return Check(name, str(len(asked)), str(len(found)), len(asked) == len(found))


def _instruments(plan: Plan, found: Facts, label: str) -> Check:
    asked = sorted((p.is_drum, p.program, p.name) for p in plan.parts)
    got = sorted((p.is_drum, p.program, p.name) for p in found.parts)
    return Check(f"instruments ({label})", _programs(asked), _programs(got), asked == got)


def _programs(rows: Sequence[tuple[bool, int, str]]) -> str:
    return ", ".join(f"{name} ({'kit' if drum else 'program'} {n})" for drum, n, name in rows)


def _paired(plan: Plan, found: Facts) -> list[tuple[Part, PartFacts]]:
    """Each planned part with the sounding track of its name, program and kind, used once."""
    left = list(found.parts)
    pairs = []
    for part in plan.parts:
        wanted = (part.name, part.program, part.is_drum)
        track = next((t for t in left if (t.name, t.program, t.is_drum) == wanted), None)
        if track is not None:
            left.remove(track)
            pairs.append((part, track))
    return pairs


def _sounding(plan: Plan, midi: Facts) -> list[Check]:
    """What must be heard: every part, in its range, the chords, the melody, up to the end."""
    pairs = _paired(plan, midi)
    silent = [p.name for p in plan.parts if not any(q is p and t.notes for q, t in pairs)]
    outside = [
        f"{part.name} {pitch}"
        for part, track in pairs
        if not part.is_drum
        for _, _, pitch in track.notes
        if not part.low <= pitch <= part.high
    ]
    return [
        Check("every part plays", "none silent", ", ".join(silent) or "none silent", not silent),
        Check("ranges", "none outside", ", ".join(outside[:5]) or "none outside", not outside),
        _chord_tones(plan, pairs),
        _melody(plan, pairs),
        _ending(plan, midi),
    ]


def _chord_tones(plan: Plan, pairs: Sequence[tuple[Part, PartFacts]]) -> Check:
    hits = total = 0
    for part, track in pairs:
        if part.role not in ("chords", "pad"):
            continue
        for onset, _, pitch in track.notes:
            chord = next(
                (c.chord for c in reversed(plan.chords) if c.onset <= onset + _EPSILON), None
            )
            if chord is not None:
                total += 1
                hits += pitch % 12 in chord.pcs or pitch % 12 == chord.bass_pc
    share = hits / total if total else 1.0
    asked = f">= {CHORD_TONE_SHARE:.0%} of notes"
    return Check("chords sound", asked, f"{share:.0%} of {total}", share >= CHORD_TONE_SHARE)


def _melody(plan: Plan, pairs: Sequence[tuple[Part, PartFacts]]) -> Check:
    """The melody plays in every section that has it, in at least half of its bars."""
    bar = plan.meter.bar_beats
    played = {
        int((onset + _EPSILON) // bar)
        for part, track in pairs
        if part.role == "melody"
        for onset, _, _ in track.notes
    }
    thin = []
    for planned in plan.sections:
        section = planned.section
        bars = range(section.start_bar, section.start_bar + section.bars)
        if "melody" in planned.roles and 2 * sum(b in played for b in bars) < section.bars:
            thin.append(f"{section.name} at bar {section.start_bar + 1}")
    if not plan.part("melody"):
        thin = []
    return Check("melody bars", "every section", ", ".join(thin) or "every section", not thin)


def _ending(plan: Plan, midi: Facts) -> Check:
    """Nothing sounds past the last bar line, and the last bar is not empty."""
    last = max((on + length for p in midi.parts for on, length, _ in p.notes), default=0.0)
    end = plan.bars * plan.meter.bar_beats
    ok = end - plan.meter.bar_beats < last <= end + _EPSILON
    name = "loop" if plan.loop else "ending"
    return Check(name, f"sounds until beat {end:g}", f"beat {last:g}", ok)


def _same_notes(midi: Facts, xml: Facts) -> Check:
    """Both files hold the same notes; drums are counted out, music21 cannot tell them apart."""

    def rows(facts: Facts) -> dict[str, list[Heard]]:
        found: dict[str, list[Heard]] = {}
        for p in facts.parts:
            if not p.is_drum and p.notes:
                found.setdefault(f"{p.name} {p.program}", []).extend(p.notes)
        return found

    a, b = rows(midi), rows(xml)
    wrong = []
    for name in sorted({*a, *b}):
        left, right = sorted(a.get(name, [])), sorted(b.get(name, []))
        same = len(left) == len(right) and all(
            m[2] == x[2] and abs(m[0] - x[0]) < _EPSILON and abs(m[1] - x[1]) < _EPSILON
            for m, x in zip(left, right, strict=True)
        )
        if not same:
            wrong.append(name)
    return Check("same notes in both files", "yes", ", ".join(wrong) or "yes", not wrong)
