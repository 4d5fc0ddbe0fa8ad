"""What stands over and under the notes in MusicXML: chord symbols, tempo, sections, dynamics.

In: a `Score` and, for a printed page, its `Paper`. Out: elements by bar, each with the tick in the
bar where it stands. A file for exchange keeps each section's label and every tempo to its last
digit; a page has names in boxes, tempi in the felt beat, "Swing" and dynamics.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from models import file_notes
from models.chord_kinds import CHORD_KINDS
from models.paper import Paper, dynamics
from models.score import TICKS_PER_BEAT, Score, Section, Track, on_grid
from models.theory import Chord

#: (tick in the bar, element), in order.
Marks = list[tuple[int, Element]]
_SAME_TEMPO = 0.03  # a change below this share is not printed
_RITARDANDO = 0.97


def directions(score: Score, paper: Paper | None) -> dict[int, Marks]:
    """Rehearsal marks, tempi and chord symbols by bar."""
    bar_ticks = round(score.meter.bar_beats * TICKS_PER_BEAT)
    placed: Marks = []
    for section in score.sections:
        placed.append((section.start_bar * bar_ticks, _rehearsal(section, paper)))
    placed.extend(_exact_tempi(score) if paper is None else _printed_tempi(score, paper))
    nexts = [c.onset for c in score.chords[1:]] + [score.beats]
    for chord, following in zip(score.chords, nexts, strict=False):
        placed.append((round(chord.onset * TICKS_PER_BEAT), _harmony(chord.chord, paper)))
        end = on_grid(chord.onset + chord.duration)
        if end < following:
            placed.append((round(end * TICKS_PER_BEAT), _harmony(None, paper)))
    by_bar: dict[int, Marks] = {}
    for tick, element in sorted(placed, key=lambda p: p[0]):
        by_bar.setdefault(tick // bar_ticks, []).append((tick % bar_ticks, element))
    return by_bar


def loudness(score: Score, track: Track, placement: str = "below") -> dict[int, Element]:
    """Bar -> the dynamic by the track's first note from there on; `placement`: over or below."""
    found = {}
    for bar, mark in dynamics(score, track).items():
        element = Element("direction", placement=placement)
        SubElement(SubElement(SubElement(element, "direction-type"), "dynamics"), mark)
        found[bar] = element
    return found


def _rehearsal(section: Section, paper: Paper | None) -> Element:
    mark = Element("direction", placement="above")
    rehearsal = SubElement(SubElement(mark, "direction-type"), "rehearsal")
    if paper is None:
        rehearsal.text = file_notes.section_mark(section)
    else:
        rehearsal.set("enclosure", "rectangle")
        name = paper.section(section.name)
        # verovio measures no Chinese characters: a space on either side for each
        room = "\u00a0" * sum(ord(c) >= 0x2E80 for c in name)
        rehearsal.text = f"{room}{name}{room}"
    return mark


def _exact_tempi(score: Score) -> Marks:
    found = []
    for tempo in score.tempos:
        mark = Element("direction", placement="above")
        metronome = SubElement(SubElement(mark, "direction-type"), "metronome")
        SubElement(metronome, "beat-unit").text = "quarter"
        SubElement(metronome, "per-minute").text = f"{tempo.bpm:.6g}"  # as exact as the MIDI file
        SubElement(mark, "sound", tempo=repr(tempo.bpm))
        found.append((round(tempo.onset * TICKS_PER_BEAT), mark))
    return found


def _printed_tempi(score: Score, paper: Paper) -> Marks:
    """The tempo in felt beats with "Swing"; a slower end is a "rit."."""
    found: Marks = []
    shown = 0.0
    for tempo in score.tempos:
        at = round(tempo.onset * TICKS_PER_BEAT)
        mark = Element("direction", placement="above")
        if shown and tempo.bpm < _RITARDANDO * shown:
            words = SubElement(SubElement(mark, "direction-type"), "words")
            words.set("font-style", "italic")
            words.text = "rit."
        elif abs(tempo.bpm - shown) > _SAME_TEMPO * shown:
            if paper.swing and not shown:
                words = SubElement(SubElement(mark, "direction-type"), "words")
                words.set("font-weight", "bold")
                words.text = "Swing\u00a0\u00a0"  # verovio drops a common space
            metronome = SubElement(SubElement(mark, "direction-type"), "metronome")
            SubElement(metronome, "beat-unit").text = "quarter"
            if score.meter.is_compound:
                SubElement(metronome, "beat-unit-dot")
            felt = tempo.bpm / (1.5 if score.meter.is_compound else 1.0)
            SubElement(metronome, "per-minute").text = f"{felt:.0f}"
        else:
            continue
        SubElement(mark, "sound", tempo=f"{tempo.bpm:.2f}")
        shown = tempo.bpm
        found.append((at, mark))
    return found


def _harmony(chord: Chord | None, paper: Paper | None) -> Element:
    found = Element("harmony")
    if chord is None:
        named(found, "root", "C")  # the schema wants a root even where nothing sounds
        SubElement(found, "kind", text="N.C.").text = "none"
        return found
    kind, degrees = CHORD_KINDS[chord.quality]
    named(found, "root", chord.root)
    text = chord.quality
    if paper is not None:
        text = text.replace("b", "♭").replace("#", "♯")
    SubElement(found, "kind", text=text).text = kind
    if chord.bass:
        named(found, "bass", chord.bass)
    for value, alter, how in degrees:
        degree = SubElement(found, "degree", {"print-object": "no"})
        SubElement(degree, "degree-value").text = str(value)
        SubElement(degree, "degree-alter").text = str(alter)
        SubElement(degree, "degree-type").text = how
    return found


def named(parent: Element, what: str, name: str) -> None:
    """A spelled note as MusicXML writes roots and basses."""
    element = SubElement(parent, what)
    SubElement(element, f"{what}-step").text = name[0]
    if alter := alteration(name):
        SubElement(element, f"{what}-alter").text = str(alter)


def alteration(name: str) -> int:
    """Semitones by which a spelled note is raised."""
    return name.count("#") - name[1:].count("b")
