"""Where each General MIDI drum stands on a percussion staff, and which limb plays it.

In: a drum's MIDI note. Out: its line or space (named as in the treble clef), its notehead and
whether the feet play it. After Norman Weinberg, *Guidelines for Drumset Notation* (Percussive Arts
Society, 1998): drums have ordinary heads, cymbals an x, the open hi-hat a circled x, the bell of
the ride a diamond; hands write their stems up, feet down. The noteheads are those of
https://www.w3.org/2021/06/musicxml40/musicxml-reference/data-types/notehead-value/.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drum:
    """A drum as it is written: `place` such as "C5", notehead ("" is the ordinary one), limb."""

    name: str
    place: str
    head: str = ""
    foot: bool = False


_OTHER = Drum("Percussion", "B4", "x")
_DRUMS = {
    35: Drum("Bass Drum 2", "F4", foot=True),
    36: Drum("Bass Drum", "F4", foot=True),
    37: Drum("Cross Stick", "C5", "x"),
    38: Drum("Snare Drum", "C5"),
    39: Drum("Hand Clap", "C5", "slash"),
    40: Drum("Electric Snare", "C5"),
    41: Drum("Low Floor Tom", "G4"),
    42: Drum("Closed Hi-Hat", "G5", "x"),
    43: Drum("Floor Tom", "A4"),
    44: Drum("Pedal Hi-Hat", "D4", "x", foot=True),
    45: Drum("Low Tom", "B4"),
    46: Drum("Open Hi-Hat", "G5", "circle-x"),
    47: Drum("Low-Mid Tom", "D5"),
    48: Drum("High-Mid Tom", "D5"),
    49: Drum("Crash Cymbal", "A5", "x"),
    50: Drum("High Tom", "E5"),
    51: Drum("Ride Cymbal", "F5", "x"),
    52: Drum("China Cymbal", "C6", "x"),
    53: Drum("Ride Bell", "F5", "diamond"),
    54: Drum("Tambourine", "B4", "diamond"),
    55: Drum("Splash Cymbal", "B5", "x"),
    56: Drum("Cowbell", "E5", "triangle"),
    57: Drum("Crash Cymbal 2", "B5", "x"),
    58: Drum("Vibraslap", "B4", "slash"),
    59: Drum("Ride Cymbal 2", "F5", "x"),
    60: Drum("High Bongo", "E5", "slash"),
    61: Drum("Low Bongo", "D5", "slash"),
    62: Drum("Muted Conga", "B4", "x"),
    63: Drum("High Conga", "B4", "slash"),
    64: Drum("Low Conga", "A4", "slash"),
    65: Drum("High Timbale", "E5", "slash"),
    66: Drum("Low Timbale", "D5", "slash"),
    67: Drum("High Agogo", "E5", "triangle"),
    68: Drum("Low Agogo", "D5", "triangle"),
    69: Drum("Cabasa", "G5", "slash"),
    70: Drum("Maracas", "G5", "slash"),
    71: Drum("Short Whistle", "A5", "slash"),
    72: Drum("Long Whistle", "A5", "slash"),
    73: Drum("Short Guiro", "A4", "x"),
    74: Drum("Long Guiro", "A4", "x"),
    75: Drum("Claves", "E5", "x"),
    76: Drum("High Wood Block", "E5", "triangle"),
    77: Drum("Low Wood Block", "D5", "triangle"),
    78: Drum("Muted Cuica", "D5", "x"),
    79: Drum("Open Cuica", "D5", "slash"),
    80: Drum("Muted Triangle", "A5", "triangle"),
    81: Drum("Open Triangle", "A5", "triangle"),
    82: Drum("Shaker", "G5", "slash"),
}


def drum(pitch: int) -> Drum:
    """How a General MIDI drum (MIDI note 0..127) is written."""
    return _DRUMS.get(pitch, _OTHER)
