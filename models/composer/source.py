"""A person's file as a piece to work on: what it states is kept, what it does not is inferred.

In: a MIDI or MusicXML file, or a `Score` read from one. Out: a `Source`, a plan and a melody that
the arranger and `verify` take like one of our own. The melody is the track that `melody_track`
finds, brought to one voice and, where it was played freely, to a grid; the key is the file's where
the notes bear it out; chords are the file's symbols or what the other tracks sound, and none under
a melody that stands alone (the caller harmonises it); sections are the file's or follow from what
returns. Parts beside the melody come from the style, as in a new piece.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from models import midi, musicxml, vocabulary
from models.composer.chord_finder import find_chords
from models.composer.key_choice import choose_key
from models.composer.melody_grid import snap
from models.composer.melody_track import find_melody, skyline
from models.composer.sheets import METERS
from models.composer.source_form import played_bars, sections_of
from models.errors import Refusal
from models.planner import form
from models.planner.bounds import BARS, TEMPO
from models.planner.orchestration import orchestrate, register
from models.planner.plan import Part, Plan, PlanSection
from models.planner.tokens import PLAIN
from models.score import Meter, Note, PlacedChord, Score, Section, Track
from models.theory import Chord, Key

# Meters written otherwise that are one of ours when felt. 1/4 is what programs that follow a
# recording write for "a beat": mostly four of them are a bar.
_SAME = {"1/4": "4/4", "2/2": "4/4", "12/8": "6/8", "6/4": "3/4", "4/8": "2/4"}
_TAIL = 0.3  # beats: a last note may ring this far into a bar of its own
_ALONE = 0.8  # share of a track's notes in one voice from which it is a melody without chords
_EFFECTS = 112  # programs from here on have no pitch to speak of


@dataclass(frozen=True)
class Source:
    """A piece to work on: its plan, and its melody in beats from the start, one voice, sorted."""

    plan: Plan
    melody: tuple[Note, ...]


def read_source(path: Path, style: str = "pop") -> Source:
    """A MIDI (.mid) or MusicXML (.musicxml, .xml, .mxl) file as a piece, told by its content.

    For files of our own and of data sets: a person's go through `bot.reading` to a score first.

    Raises
    ------
    Refusal
        As `read_score`, or when its music is not a melody of 1 to 400 bars in a meter I know.
    """
    return source_of_score(read_score(path), style)


def read_score(path: Path) -> Score:
    """The score in a MIDI or MusicXML file, in one meter.

    Raises
    ------
    Refusal
        When the file is of another kind or damaged, or changes its meter.
    """
    with path.open("rb") as stream:
        start = stream.read(256).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"MThd"):
        return midi.read(path, one_meter=True)
    if start.startswith((b"<", b"PK", b"\xff\xfe", b"\xfe\xff")):
        return musicxml.read(path, one_meter=True)
    raise Refusal("That is not a MIDI or MusicXML file; export the music as one and send that.")


def source_of_score(score: Score, style: str = "pop", *, whole: bool = False) -> Source:
    """A score as a piece; `style` (a vocabulary id) chooses the parts beside the melody.

    Silent bars before the first note are left out, unless the `whole` of it is asked for.

    Raises
    ------
    Refusal
        When there is no melody of 1 to 400 bars in a meter I know.
    """
    meter = felt_meter(score)
    pitched = [t for t in score.tracks if t.notes and not t.is_drum]
    pitched = [t for t in pitched if t.program < _EFFECTS] or pitched
    chosen = find_melody(pitched)
    if chosen is None:
        if any(t.notes for t in score.tracks):
            raise Refusal("Only drums play in this file; send one with a melody.")
        raise Refusal("There are no notes in this file; send one that plays something.")
    lead = pitched[chosen]
    silent = 0 if whole else _silent_bars(pitched, meter)
    bars = _bars(pitched, meter) - silent
    begin, end = silent * meter.bar_beats, (silent + bars) * meter.bar_beats
    melody = _within(snap(skyline(lead.notes)), begin, end)
    if not melody:
        raise Refusal("There is no melody in this file that I could follow; send one with a tune.")
    key = choose_key(score.key, [n for t in pitched for n in t.notes])
    chords = _stated(score, begin, end) or _heard(pitched, chosen, key, meter, begin, bars)
    return Source(_plan(score, style, key, meter, bars, silent, chords, lead, melody), melody)


def felt_meter(score: Score) -> Meter:
    """The meter of ours in which a file's music is felt.

    Raises
    ------
    Refusal
        When there is none.
    """
    name = _SAME.get(str(score.meter), str(score.meter))
    if name not in METERS:
        raise Refusal(
            "This file is in {meter}; I can work on music in 4/4, 3/4, 6/8 and 2/4.",
            meter=str(score.meter),
        )
    return Meter.parse(name)


def _silent_bars(tracks: Sequence[Track], meter: Meter) -> int:
    """Whole bars before the first pitched note: set-up, a count-in, drums alone."""
    return int((min(t.notes[0].onset for t in tracks) + 1e-6) // meter.bar_beats)


def _bars(tracks: Sequence[Track], meter: Meter) -> int:
    """Bars up to the last pitched note."""
    bar = meter.bar_beats
    notes = [n for t in tracks for n in t.notes]
    first, last = min(n.onset for n in notes), max(n.end for n in notes)
    if last - first < bar - _TAIL:
        raise Refusal("This file holds less than one bar of music; send a longer piece.")
    bars = max(math.ceil((last - _TAIL) / bar), 1)
    if bars - int(first // bar) > BARS[1]:
        raise Refusal(
            "This file is {bars} bars long; I can work on at most {most}. Send a part of it.",
            bars=bars - int(first // bar),
            most=BARS[1],
        )
    return bars


def _within(melody: Sequence[Note], begin: float, end: float) -> tuple[Note, ...]:
    """Notes between two bar lines, counted from the first; what rings over is cut."""
    return tuple(
        replace(n, onset=n.onset - begin, duration=min(n.duration, end - n.onset))
        for n in melody
        if begin <= n.onset < end
    )


def _stated(score: Score, begin: float, end: float) -> tuple[PlacedChord, ...]:
    """The file's chord symbols from a bar line on, the first one back to it."""
    marks: dict[float, Chord] = {}
    for placed in score.chords:
        if placed.onset < end:
            marks[max(0.0, placed.onset - begin)] = placed.chord
    return _tiled(sorted(marks.items(), key=lambda m: m[0]), end - begin)


def _heard(
    tracks: Sequence[Track], chosen: int, key: Key, meter: Meter, begin: float, bars: int
) -> tuple[PlacedChord, ...]:
    """Chords of what sounds beside the melody; of all notes where one track plays both hands."""
    beside = [n for i, t in enumerate(tracks) if i != chosen for n in t.notes]
    if not beside:
        own = tracks[chosen].notes
        if len(skyline(own)) >= _ALONE * len(own):
            return ()
        beside = list(own)
    notes = [(n.onset - begin, n.duration, n.pitch) for n in beside]
    found = find_chords(notes, meter.bar_beats, bars)
    named = [(at, Chord(key.spell(root), PLAIN[quality])) for at, root, quality in found]
    return _tiled(named, bars * meter.bar_beats)


def _tiled(marks: Sequence[tuple[float, Chord]], end: float) -> tuple[PlacedChord, ...]:
    """Chords that follow each other without a gap from the first bar line (a pickup) to the end."""
    starts = [0.0, *(at for at, _ in marks[1:])]
    stops = [*starts[1:], end]
    rows = zip(starts, stops, marks, strict=False)
    return tuple(PlacedChord(a, b - a, chord) for a, b, (_, chord) in rows if b > a)


def _plan(
    score: Score,
    style: str,
    key: Key,
    meter: Meter,
    bars: int,
    silent: int,
    chords: tuple[PlacedChord, ...],
    lead: Track,
    melody: tuple[Note, ...],
) -> Plan:
    words = vocabulary.load()
    manner = words.styles[style]
    bpm = felt_bpm(score)
    mood = (-0.25 if key.is_minor else 0.25, min(0.6, max(-0.6, 0.6 * math.log2(bpm / 104))))
    part = _melody_part(lead, melody)
    others = orchestrate(manner, (), (), mood[1], None, words, Random(f"{style}/parts"))
    parts = [part]
    for other in others:
        if other.role != "melody":
            # Parts are told apart by name in the finished files.
            twice = other.instrument == part.instrument and not other.is_drum
            name = f"{other.name} (accompaniment)" if twice else other.name
            parts.append(replace(other, name=name))
    roles = tuple(dict.fromkeys(p.role for p in parts))
    sections = _sections(score, meter, bars, silent, key, melody)
    return Plan(
        title=score.title.strip() or "Untitled",
        style=style,
        purpose="song",
        key=key,
        meter=meter,
        bpm=bpm,
        bars=bars,
        seconds=None,
        sections=_singing(form.shape(sections, roles, (mood,), manner.density, 1.0), melody, meter),
        chords=chords,
        parts=tuple(parts),
        swing=0.5,  # the melody keeps its own timing
        loop=False,
        grade=None,
        seed=0,
    )


def felt_bpm(score: Score) -> float:
    """The tempo that rules most of the piece; the mean where none does (a played tempo map)."""
    ends = [t.onset for t in score.tempos[1:]] + [score.beats]
    ruled: dict[float, float] = {}
    for tempo, end in zip(score.tempos, ends, strict=True):
        ruled[tempo.bpm] = ruled.get(tempo.bpm, 0.0) + max(0.0, min(end, score.beats) - tempo.onset)
    bpm = max(ruled, key=lambda b: ruled[b])
    if ruled[bpm] < 0.5 * score.beats:
        bpm = score.beats * 60 / score.seconds
    low, high = TEMPO
    while bpm > high:  # somebody counts eighths as beats; half as fast is what is felt
        bpm /= 2
    return round(max(low, bpm), 3)


def _melody_part(lead: Track, melody: Sequence[Note]) -> Part:
    """The person's own instrument, in a register that holds what they wrote."""
    instrument = next(i for i in vocabulary.load().instruments if i.program == lead.program)
    low, high = register("melody", instrument)
    pitches = [n.pitch for n in melody]
    return Part(
        "melody",
        instrument.id,
        instrument.name(),
        instrument.program,
        min(low, *pitches),
        max(high, *pitches),
    )


def _singing(
    sections: Sequence[PlanSection], melody: Sequence[Note], meter: Meter
) -> tuple[PlanSection, ...]:
    """The melody among the roles of just those sections in which it plays half of the bars.

    One section has it always: the one it plays most of.
    """
    played = played_bars(melody, meter)

    def share(planned: PlanSection) -> float:
        at, size = planned.section.start_bar, planned.section.bars
        return sum(b in played for b in range(at, at + size)) / size

    best = max(sections, key=share)
    out = []
    for planned in sections:
        others = tuple(r for r in planned.roles if r != "melody")
        sings = share(planned) >= 0.5 or planned is best or not others
        out.append(replace(planned, roles=("melody", *others) if sings else others))
    return tuple(out)


def _sections(
    score: Score, meter: Meter, bars: int, silent: int, key: Key, melody: Sequence[Note]
) -> tuple[Section, ...]:
    """The file's sections where they tile it, else the returns of the melody."""
    stated = score.sections
    if stated and not silent and score.meter == meter and sum(s.bars for s in stated) == bars:
        ends = [s.start_bar + s.bars for s in stated]
        if [s.start_bar for s in stated] == [0, *ends[:-1]]:
            return stated
    return sections_of(melody, key, meter, bars)
