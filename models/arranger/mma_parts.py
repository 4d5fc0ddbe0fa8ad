"""From MMA's voices to a band on our grid: which groove is whose style, which voice is which slot.

In: `mma_styles.toml` and the voices of `mma.render`. Out: `Groove`s by style, the variants that a
form uses (intro, verse, chorus, fills, ending), and note rows of `models.arranger.band.Band`.

Slots by rule, from the class that MMA puts in a track's name:
- drums: every drum track, merged;
- bass: Bass and Walk tracks below E3 (52) on average, merged to one voice; where one of them is
  played on a bass (General MIDI 32 to 39) only such (the library's `casio` files also keep phrases
  of other instruments in Bass tracks; those are melodic here); where none is that low, the lowest
  of them, moved down by octaves;
  a bass that lies below E1 on average is moved up by an octave, and so is every note below it;
- pad: of the Chord tracks whose notes last half a bar on average, the one that sounds longest;
- chords, chords2: of all other Chord, Plectrum and Arpeggio tracks the two with the most onsets;
- counter: of the melodic tracks with one note at a time (Solo, Aria, Scale, Melody and high Bass)
  the one with the most onsets, moved up by octaves where it lies below C3 on average; with more
  notes at a time they count as chordal.
Tracks with a name of their own (the `kara` files) go by their instrument and their texture.
"""

from __future__ import annotations

import math
import random
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from models.arranger.band import SLOTS
from models.arranger.corpora.grid import unswing
from models.arranger.mma_run import StyleFile, Voice, style_file
from models.composer.sheets import BAR_STEPS
from models.vocabulary import load

#: How a bar of a groove is read: our meter, and how many of our bars it spans.
SPANS: dict[str, tuple[str, int]] = {
    "4/4": ("4/4", 1),
    "3/4": ("3/4", 1),
    "6/8": ("6/8", 1),
    "12/8": ("6/8", 2),
    "2/4": ("2/4", 2),
}
#: Where a Bass track stops being a bass: mean MIDI pitch.
_BASS_TOP = 52
_BASS_PROGRAMS = range(32, 40)
#: The lowest string of a bass.
_E1 = 28
_C3 = 48
#: A strum: notes that follow each other within this many beats are struck together.
_STRUM = 0.1

Rows = list[tuple[int, int, int, int, int]]
Notes = list[tuple[float, float, int, int]]


@dataclass(frozen=True, slots=True)
class Groove:
    """An entry of the table.

    Plays a style file (`path`), or only the groove `pinned` of it (or ""); `drums` is the drum
    machine's groove that takes the drums over (or "").
    """

    style: str
    feel: str
    path: str
    pinned: str
    drums: str

    @property
    def id(self) -> str:
        """A name that tells it from all others."""
        text = self.path + (f":{self.pinned}" if self.pinned else "")
        return f"{self.style}/{self.feel}/{text}" + (f"&{self.drums}" if self.drums else "")

    @property
    def family(self) -> str:
        """The family of its style."""
        return load().styles[self.style].family

    @property
    def meter(self) -> str:
        """Our meter."""
        return SPANS[self.feel][0]

    @property
    def span(self) -> int:
        """How many of our bars a bar of the groove lasts."""
        return SPANS[self.feel][1]

    @property
    def steps(self) -> int:
        """Sixteenth steps in a bar of the groove."""
        return BAR_STEPS[self.meter] * self.span


@dataclass(frozen=True, slots=True)
class Variants:
    """The grooves that the sections of a piece use, "" where the file has none, with lengths."""

    intro: str
    verse: str
    chorus: str
    verse_fill: str
    chorus_fill: str
    end: str
    intro_bars: int
    end_bars: int


@lru_cache(maxsize=1)
def grooves() -> tuple[Groove, ...]:
    """The whole table, in the file's order."""
    text = (Path(__file__).parent / "mma_styles.toml").read_text(encoding="utf-8")
    found = []
    for style, feels in tomllib.loads(text).items():
        for feel, entries in feels.items():
            for entry in entries:
                band, _, drums = (part.strip() for part in entry.partition("&"))
                path, _, pinned = band.partition(":")
                found.append(Groove(style, feel, path, pinned, drums))
    return tuple(found)


def variants(groove: Groove, rng: random.Random) -> Variants:
    """Choose who plays what: a verse, its fuller chorus, their fills, an intro and an ending."""
    file = style_file(groove.path)
    playing = file.plain or file.sus or file.plus
    verse = groove.pinned or rng.choice(playing)
    if not groove.pinned and file.sus and rng.random() < 0.4:
        verse = rng.choice(file.sus)
    others = [n for n in playing if n != verse] if not groove.pinned else []
    chorus = _fuller(verse, file) or (rng.choice(others) if others else verse)
    intro = _short(file.intros, file, rng)
    end = _short(file.ends, file, rng)
    return Variants(
        intro,
        verse,
        chorus,
        _fill(verse, file, rng),
        _fill(chorus, file, rng),
        end,
        max(2, file.sizes.get(intro, 2)),
        file.sizes.get(end, 0),
    )


def _fuller(verse: str, file: StyleFile) -> str:
    plain = verse.lower().replace("sus", "")
    for name in file.plus:
        if name.lower().replace("plus", "") == verse.lower():
            return name
    for name in (*file.plus, *file.sus):
        if name != verse and name.lower().replace("plus", "").replace("sus", "") == plain:
            return name
    return ""


def _short(names: Sequence[str], file: StyleFile, rng: random.Random) -> str:
    """One of the variants of at most four bars."""
    fitting = [n for n in names if file.sizes[n] <= 4 and not n.rstrip("abcdABCD").endswith("8")]
    return rng.choice(fitting) if fitting else ""


def _fill(verse: str, file: StyleFile, rng: random.Random) -> str:
    """A fill of the same letter (MainA: FillAA) or, where there are none, of the same name."""
    letter = verse[-1] if verse[-1] in "ABCD" else ""
    if letter:
        mine = [f for f in file.fills if f.rstrip("ABCD") + letter == f or f"Fill{letter}" in f]
    else:
        mine = [f for f in file.fills if ("sus" in f.lower()) == ("sus" in verse.lower())]
    mine = mine or list(file.fills)
    return rng.choice(mine) if mine else ""


def slots(voices: Sequence[Voice], bar_beats: float) -> dict[str, Notes]:
    """The notes of each slot by the rule above; `bar_beats` is a bar in the voices' beats."""
    bass: list[Voice] = []
    pads: list[Voice] = []
    comps: list[Voice] = []
    lines: list[Voice] = []
    voices = _with_bass(voices)
    basses = any(v.program in _BASS_PROGRAMS and _class(v) == "bass" for v in voices)
    for voice in voices:
        if voice.is_drum:
            continue
        kind = _class(voice)
        if kind == "bass" and basses and voice.program not in _BASS_PROGRAMS:
            kind = "line"
        if kind == "bass":
            bass.append(voice)
        elif kind == "line" and _single(voice):
            lines.append(voice)
        elif kind == "chord" and fmean(n[1] for n in voice.notes) >= bar_beats / 2:
            pads.append(voice)
        else:
            comps.append(voice)
    comps.sort(key=lambda v: (-_onsets(v), v.name))
    found = {
        "drums": [n for v in voices if v.is_drum for n in v.notes],
        "bass": _playable(_one_voice(n for v in bass for n in v.notes)),
        "chords": list(comps[0].notes) if comps else [],
        "chords2": list(comps[1].notes) if len(comps) > 1 else [],
        "pad": list(max(pads, key=_sounding).notes) if pads else [],
        "counter": _above_bass(_one_voice(max(lines, key=_onsets).notes)) if lines else [],
    }
    return {slot: notes for slot, notes in found.items() if notes}


def _with_bass(voices: Sequence[Voice]) -> Sequence[Voice]:
    """Where no Bass track is low, the lowest of them, moved down by octaves until it is."""
    named = [v for v in voices if re.match(r"bass|walk", v.name, re.IGNORECASE) and not v.is_drum]
    if not named or any(_height(v) < _BASS_TOP for v in named):
        return voices
    lowest = min(named, key=_height)
    shift = 12 * math.ceil((_height(lowest) - _BASS_TOP + 0.001) / 12)
    moved = replace(lowest, notes=tuple((o, d, p - shift, v) for o, d, p, v in lowest.notes))
    return [moved if v is lowest else v for v in voices]


def _height(voice: Voice) -> float:
    return fmean(n[2] for n in voice.notes)


def _class(voice: Voice) -> str:
    """What a voice is: bass, chord (may be a pad), comp, or line."""
    name = voice.name.partition("-")[0].lower()
    low = _height(voice) < _BASS_TOP
    if name in ("bass", "walk"):
        return "bass" if low else "line"
    if name == "chord":
        return "chord"
    if name in ("plectrum", "arpeggio"):
        return "comp"
    if name in ("solo", "aria", "scale", "melody"):
        return "line"
    if voice.program in _BASS_PROGRAMS and low:
        return "bass"
    return "line" if _single(voice) else "chord"


def _onsets(voice: Voice) -> int:
    return len({round(n[0] * 8) for n in voice.notes})


def _sounding(voice: Voice) -> float:
    return sum(n[1] for n in voice.notes)


def _single(voice: Voice) -> bool:
    return _onsets(voice) >= 0.9 * len(voice.notes)


def _one_voice(notes: Iterable[tuple[float, float, int, int]]) -> Notes:
    """One note at a time: the lowest of those that begin together, each cut at the next."""
    firsts: Notes = []
    for note in sorted(notes, key=lambda n: (round(n[0] * 8), n[2])):
        if not firsts or round(note[0] * 8) > round(firsts[-1][0] * 8):
            firsts.append(note)
    ends = [*(n[0] for n in firsts[1:]), float("inf")][: len(firsts)]
    return [(o, min(d, e - o), p, v) for (o, d, p, v), e in zip(firsts, ends, strict=True)]


def _playable(notes: Notes) -> Notes:
    """MMA's basses at times go below what a bass has: up an octave, all or one by one."""
    up = 12 if notes and fmean(n[2] for n in notes) < _E1 + 2 else 0
    raised = [(o, d, p + up, v) for o, d, p, v in notes]
    return [
        (o, d, p if p >= _E1 else p + 12 * math.ceil((_E1 - p) / 12), v) for o, d, p, v in raised
    ]


def _above_bass(notes: Notes) -> Notes:
    """A line below C3 would be a second bass."""
    up = 12 * max(0, math.ceil((_C3 - fmean(n[2] for n in notes)) / 12))
    return [(o, d, p + up, v) for o, d, p, v in notes]


def _together(spans: Notes) -> Notes:
    """Strums struck at once, where their first string is: on a grid they would fall apart."""
    found: Notes = []
    start = last = -1.0
    for onset, stop, pitch, velocity in sorted(spans):
        if onset - last > _STRUM:
            start = onset
        last = onset
        found.append((start, stop, pitch, velocity))
    return found


def _restruck(rows: Rows) -> Rows:
    """A pad's chord changes whole: MMA ties the tones that two chords share."""
    starts = sorted({row[1] for row in rows})
    found: Rows = []
    for slot, onset, length, pitch, velocity in rows:
        inside = [s for s in starts if onset < s < onset + length]
        edges = [onset, *inside, onset + length]
        found += [(slot, a, b - a, pitch, velocity) for a, b in pairwise(edges)]
    return found


def find_swing(onsets: Iterable[float]) -> float:
    """Where the off-eighths fall in the beat (0.5 straight), from onsets in beats.

    Swung: onsets between 0.58 and 0.78 of the beat, few at its half and, unlike straight
    sixteenths, few at its first quarter.
    """
    places = [o % 1.0 for o in onsets]
    late = [p for p in places if 0.58 <= p < 0.78]
    half = sum(0.42 <= p < 0.58 for p in places)
    first = sum(0.18 <= p < 0.29 for p in places)
    if len(late) < 4 or half > 0.6 * len(late) or first > 0.25 * len(late):
        return 0.5
    return round(median(late), 3)


def gridded(parts: dict[str, Notes], groove: Groove, beats: int, bars: int) -> tuple[Rows, float]:
    """Note rows of a band and its swing.

    Parameters
    ----------
    parts : dict of slot to notes
        Times in MMA's beats.
    groove : Groove
        How the bar is read.
    beats : int
        MMA's beats in a bar of the groove.
    bars : int
        Bars of the groove; what lies after them is cut off.
    """
    scale = groove.steps / beats / 4
    times = {
        slot: [(o * scale, (o + d) * scale, p, v) for o, d, p, v in notes]
        for slot, notes in parts.items()
    }
    swing = 0.5
    if groove.meter != "6/8":
        swing = find_swing(n[0] for notes in times.values() for n in notes)
    end = bars * groove.steps
    rows: Rows = []
    for slot, notes in times.items():
        if slot in ("chords", "chords2", "pad"):
            notes = _together(notes)
        mine = _on_grid(slot, notes, swing, end)
        rows += _restruck(mine) if slot == "pad" else mine
    return sorted(rows), swing


def _on_grid(slot: str, spans: Notes, swing: float, end: int) -> Rows:
    """Rows of a slot from (start, stop, pitch, velocity) in beats, up to the step `end`."""
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    for start, stop, pitch, velocity in spans:
        onset = max(0, round(unswing(start, swing) * 4))
        length = 1 if slot == "drums" else max(1, round(unswing(stop, swing) * 4) - onset)
        if onset < end and velocity > 0:
            old = taken.get((onset, pitch), (0, 0))
            length = max(old[0], min(length, end - onset))
            taken[onset, pitch] = (length, max(old[1], velocity))
    number = SLOTS.index(slot)
    return [(number, o, d, p, v) for (o, p), (d, v) in _unlapped(taken).items()]


def _unlapped(
    notes: dict[tuple[int, int], tuple[int, int]],
) -> dict[tuple[int, int], tuple[int, int]]:
    """Each key is let go before it is struck again."""
    found = dict(notes)
    last: dict[int, int] = {}
    for onset, pitch in sorted(notes):
        if pitch in last:
            length, velocity = found[last[pitch], pitch]
            found[last[pitch], pitch] = (min(length, onset - last[pitch]), velocity)
        last[pitch] = onset
    return found
