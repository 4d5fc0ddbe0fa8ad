"""One measure of MusicXML: voices of `Piece`s on their staves, with the marks between them.

In: the layers of a bar, marks by tick, and how the part spells pitches. Out: children appended to
the `<measure>`. Layers follow each other with `<backup>`; rests of the inner ones are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from models.musicxml_marks import alteration
from models.notation import Piece, Voice
from models.percussion import drum
from models.theory import Key, name_at_fifths

_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_ONE_LINE = "E4"  # the lowest line
_FORTE = 90  # the velocity that MusicXML's `dynamics` counts as 100 percent


@dataclass(frozen=True, slots=True)
class Layer:
    """A voice of a bar: its staff (0 where the part has only one), its stems, its rests.

    No pieces mean a rest for the whole bar; `inner` voices show no rests.
    """

    voice: Voice
    staff: int = 0
    stem: str = ""
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    """How a part writes: the key that spells it, whether it is drums, its id, the bar's length.

    `flat` is a staff of one line, on which everything stands.
    """

    key: Key
    is_drum: bool
    part: str
    bar_ticks: int
    flat: bool = False


def fill(
    measure: Element,
    layers: Sequence[Layer],
    marks: Iterable[tuple[int, Element]],
    hand: Hand,
    words: Mapping[int, Element] | None = None,
) -> None:
    """Write the layers one after the other, with the marks before the note they stand over.

    `words` (tick -> `<lyric>`) stand under the notes of the first layer that has one there.
    """
    unsung = dict(words or {})
    waiting = iter(marks)
    pending = next(waiting, None)
    signs = {} if hand.is_drum else _accidentals(layers, hand.key)
    for number, layer in enumerate(layers):
        if number:
            backup = SubElement(measure, "backup")
            SubElement(backup, "duration").text = str(hand.bar_ticks)
        if not layer.voice:
            if number == 0:
                pending = _place(measure, pending, waiting, 0, hand.bar_ticks)
            _whole_rest(measure, number + 1, layer, hand)
        for piece in layer.voice:
            if number == 0:
                pending = _place(measure, pending, waiting, piece.start, piece.end)
            if layer.inner and not piece.pitches:  # rests of the inner voices only clutter the page
                forward = SubElement(measure, "forward")
                SubElement(forward, "duration").text = str(piece.ticks)
                continue
            for i in range(max(1, len(piece.pitches))):
                sign = None
                if piece.pitches:
                    sign = signs.get((number, piece.start, piece.pitches[i]))
                measure.append(_note(piece, i, number + 1, sign, layer, hand))
                if piece.pitches and not i and piece.start in unsung:
                    measure[-1].append(unsung.pop(piece.start))


def _whole_rest(measure: Element, voice: int, layer: Layer, hand: Hand) -> None:
    note = SubElement(measure, "note")
    SubElement(note, "rest", measure="yes")
    SubElement(note, "duration").text = str(hand.bar_ticks)
    SubElement(note, "voice").text = str(voice)
    if layer.staff:
        SubElement(note, "staff").text = str(layer.staff)


def _place(
    measure: Element,
    pending: tuple[int, Element] | None,
    waiting: Iterator[tuple[int, Element]],
    start: int,
    end: int,
) -> tuple[int, Element] | None:
    """Append the marks that fall in `start..end` (ticks), off-note ones with an offset."""
    while pending is not None and pending[0] < end:
        tick, element = pending
        if tick > start:
            offset = Element("offset")
            offset.text = str(tick - start)
            sound = element.find("sound")  # the schema wants the offset before the sound
            at = len(element) if sound is None else list(element).index(sound)
            element.insert(at, offset)
        measure.append(element)
        pending = next(waiting, None)
    return pending


def _spelled(pitch: int, key: Key) -> tuple[str, int, int]:
    """Step, alteration and octave of a MIDI note as the key writes it."""
    name = key.spell(pitch % 12)
    alter = alteration(name)
    return name[0], alter, (pitch - alter) // 12 - 1


def _accidentals(layers: Sequence[Layer], key: Key) -> dict[tuple[int, int, int], str]:
    """(layer, tick, pitch) -> accidental to print, in the order the bar is read."""
    found: dict[tuple[int, int, int], str] = {}
    shown: dict[tuple[int, str], int] = {}  # staff and place -> alteration in force
    signature = _signature(key)
    pieces = sorted(
        ((p.start, v, p) for v, layer in enumerate(layers) for p in layer.voice), key=_time
    )
    for start, v, piece in pieces:
        for pitch in piece.pitches:
            if pitch in piece.tied_in:
                continue
            step, alter, octave = _spelled(pitch, key)
            place = layers[v].staff, f"{step}{octave}"
            if shown.get(place, signature.get(step, 0)) != alter:
                found[v, start, pitch] = _ACCIDENTALS[alter]
            shown[place] = alter
    return found


def _time(entry: tuple[int, int, Piece]) -> tuple[int, int]:
    return entry[0], entry[1]


def _signature(key: Key) -> dict[str, int]:
    """Step -> alteration of the key signature."""
    diatonic = (name_at_fifths(p) for p in range(key.fifths - 1, key.fifths + 6))
    return {name[0]: alteration(name) for name in diatonic}


def _note(
    piece: Piece, i: int, voice: int, accidental: str | None, layer: Layer, hand: Hand
) -> Element:
    note = Element("note")
    if not piece.pitches:
        SubElement(note, "rest")
    else:
        note.set("dynamics", f"{piece.velocities[i] * 100 / _FORTE:.2f}")
        if i:
            SubElement(note, "chord")
        _pitch(note, piece.pitches[i], hand)
    SubElement(note, "duration").text = str(piece.ticks)
    if piece.pitches:
        for tie in _ties(piece, i):
            SubElement(note, "tie", type=tie)
    if hand.is_drum and piece.pitches:
        SubElement(note, "instrument", id=f"{hand.part}-I{piece.pitches[i]}")
    SubElement(note, "voice").text = str(voice)
    if piece.kind:
        SubElement(note, "type").text = piece.kind
        for _ in range(piece.dots):
            SubElement(note, "dot")
    if accidental:
        SubElement(note, "accidental").text = accidental
    if piece.triplet:
        ratio = SubElement(note, "time-modification")
        SubElement(ratio, "actual-notes").text = "3"
        SubElement(ratio, "normal-notes").text = "2"
    _looks(note, piece, i, layer, hand)
    if i == 0:
        for level, word in enumerate(piece.beams, start=1):
            SubElement(note, "beam", number=str(level)).text = word
    _notations(note, piece, i)
    return note


def _looks(note: Element, piece: Piece, i: int, layer: Layer, hand: Hand) -> None:
    """Stem, notehead and staff, in the order of the schema."""
    if layer.stem and piece.pitches:
        SubElement(note, "stem").text = layer.stem
    if hand.is_drum and piece.pitches and (head := drum(piece.pitches[i]).head):
        SubElement(note, "notehead").text = head
    if layer.staff:
        SubElement(note, "staff").text = str(layer.staff)


def _pitch(note: Element, pitch: int, hand: Hand) -> None:
    if hand.is_drum:
        place = _ONE_LINE if hand.flat else drum(pitch).place
        unpitched = SubElement(note, "unpitched")
        SubElement(unpitched, "display-step").text = place[0]
        SubElement(unpitched, "display-octave").text = place[1]
        return
    step, alter, octave = _spelled(pitch, hand.key)
    element = SubElement(note, "pitch")
    SubElement(element, "step").text = step
    if alter:
        SubElement(element, "alter").text = str(alter)
    SubElement(element, "octave").text = str(octave)


def _ties(piece: Piece, i: int) -> list[str]:
    pitch = piece.pitches[i]
    return ["stop"] * (pitch in piece.tied_in) + ["start"] * (pitch in piece.tied_out)


def _notations(note: Element, piece: Piece, i: int) -> None:
    ties = _ties(piece, i) if piece.pitches else []
    if not ties and not (piece.tuplet and i == 0):
        return
    notations = SubElement(note, "notations")
    for tie in ties:
        SubElement(notations, "tied", type=tie)
    if piece.tuplet and i == 0:
        SubElement(notations, "tuplet", type=piece.tuplet)
