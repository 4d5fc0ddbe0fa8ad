"""What can be counted in a score: key, chords, the hook, ranges, what each part does.

In: a `Score` as read from a piece's own MIDI file. Out: frozen findings, no words. The key is found
by Albrecht and Shanahan's profiles (`models.key_finder`); the hook is the figure of a melody that
comes back most, whatever the pitch it begins on (as repetition is counted by Conklin and
Anagnostopoulou, *Representation and Discovery of Multiple Viewpoint Patterns*, ICMC 2001).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models import key_finder
from models.score import Note, PlacedChord, Score, Section, Track
from models.theory import Chord, Key, roman

#: Margins of `key_finder.find_key` from which a key is clear, and fairly clear.
CLEAR, FAIR = 0.06, 0.025
#: Notes of a hook, from the longest, and beats that it may last.
_HOOK_NOTES, _HOOK_BEATS = (8, 7, 6, 5, 4), 8.0
_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """The key that the notes themselves speak for; `inside` is the share of them in its scale."""

    key: Key
    agrees: bool
    margin: float
    inside: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """The chords of one section: `bars` has one tuple of chords for each bar, in order.

    `degrees` are their Roman numerals, likewise. `times` says how often these bars come round in
    the section. `like` is the number (from 0) of an earlier section with the same chords.
    """

    section: Section
    bars: tuple[tuple[Chord, ...], ...]
    degrees: tuple[tuple[str, ...], ...]
    times: int
    like: int | None = None

    def symbols(self) -> str:
        """Chord symbols, bar by bar: "Dm7 G7 | Cmaj7"."""
        return " | ".join(" ".join(c.symbol for c in bar) or "%" for bar in self.bars)

    def numerals(self) -> str:
        """Roman numerals, bar by bar: "ii7 V7 | Imaj7"."""
        return " | ".join(" ".join(bar) or "%" for bar in self.degrees)


@dataclass(frozen=True, slots=True)
class Harmony:
    """What chords do: how many kinds, the share with a seventh or more, those outside the key.

    `ending` is the pair of Roman numerals that the piece closes with.
    """

    kinds: int
    sevenths: float
    outside: tuple[str, ...]
    ending: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Hook:
    """The figure that returns most: its first notes, and the bars (from 1) where it begins.

    `moved` counts the returns that begin on another pitch.
    """

    notes: tuple[Note, ...]
    bars: tuple[int, ...]
    moved: int


@dataclass(frozen=True, slots=True)
class Line:
    """A melodic line: lowest and highest MIDI note, shares of steps (up to a whole tone)."""

    low: int
    high: int
    steps: float
    notes: int


@dataclass(frozen=True, slots=True)
class Playing:
    """What a track does: notes a bar where it plays, and the numbers of sections it plays in."""

    track: Track
    per_bar: float
    low: int
    high: int
    sections: tuple[int, ...]


def key_of(score: Score) -> FoundKey | None:
    """The key that the notes speak for; None without pitched notes."""
    pitched = [n for t in score.tracks if not t.is_drum for n in t.notes]
    if not pitched:
        return None
    tonic, minor, margin = key_finder.find_key(
        key_finder.weights((note.duration, note.pitch) for note in pitched)
    )
    mode = "minor" if minor else "major"
    near = Key("C", mode).transposed(tonic)
    agrees = tonic == score.key.tonic_pc and minor == score.key.is_minor
    scale = set((score.key if agrees else near).scale)
    whole = sum(note.duration for note in pitched)
    inside = sum(note.duration for note in pitched if note.pitch % 12 in scale) / whole
    return FoundKey(score.key if agrees else near, agrees, margin, inside)


def stretches(
    chords: Sequence[PlacedChord], sections: Sequence[Section], bar_beats: float, key: Key
) -> list[Stretch]:
    """The chords section by section; a bar in which the chord stays has none of its own."""
    found: list[Stretch] = []
    for section in sections:
        bars = _bars(chords, section, bar_beats)
        unit = _period(bars)
        same = next(
            (n for n, s in enumerate(found) if s.bars * s.times == tuple(bars) and any(bars)), None
        )
        flat = [chord for bar in bars for chord in bar]
        named = iter(degrees(flat, key))
        told = [tuple(next(named) for _ in bar) for bar in bars]
        # The last chord of a round leads into the next round.
        found.append(
            Stretch(section, tuple(bars[:unit]), tuple(told[:unit]), len(bars) // unit, same)
        )
    return found


def _bars(
    chords: Sequence[PlacedChord], section: Section, bar_beats: float
) -> list[tuple[Chord, ...]]:
    """The chords that begin in each bar of a section, and the one that sounds at its start."""
    bars: list[tuple[Chord, ...]] = []
    sounding: Chord | None = None
    for bar in range(section.start_bar, section.start_bar + section.bars):
        start, end = bar * bar_beats, (bar + 1) * bar_beats
        here: list[Chord] = []
        for placed in chords:
            if placed.onset < end and placed.onset + placed.duration > start:
                if placed.chord != sounding:
                    here.append(placed.chord)
                sounding = placed.chord
        bars.append(tuple(here))
    return bars


def degrees(chords: Sequence[Chord], key: Key) -> list[str]:
    """Roman numerals in a key; a dominant of another degree is told as such: "V7/ii"."""
    scale = set(key.scale)
    found = []
    for chord, after in zip(chords, (*chords[1:], None), strict=True):
        third = (chord.root_pc + 4) % 12
        applied = (
            after is not None
            and third in chord.pcs
            and third not in scale
            and (chord.root_pc - after.root_pc) % 12 == 7
            and after.root_pc in scale - {key.tonic_pc}
        )
        if applied and after is not None:
            plain = Chord(after.root, "m" if (after.root_pc + 3) % 12 in after.pcs else "")
            seventh = "7" if len(chord.pcs) > 3 else ""
            found.append(f"V{seventh}/{roman(plain, key)}")
        else:
            found.append(roman(chord, key))
    return found


def _period(bars: Sequence[tuple[Chord, ...]]) -> int:
    """The fewest bars that come round to fill a section; a chord that stays starts nothing anew."""
    size = len(bars)
    for unit in (1, 2, 4, 8):
        if unit < size and size % unit == 0 and all(bars[i] == bars[i % unit] for i in range(size)):
            return unit
    return max(size, 1)


def harmony_of(chords: Sequence[PlacedChord], key: Key) -> Harmony | None:
    """What the chords of a piece do; None without chords."""
    if not chords:
        return None
    scale = set(key.scale)
    every = [placed.chord for placed in chords]
    raised = {(key.tonic_pc + 11) % 12} if key.is_minor else set()  # the leading tone of minor
    outside = dict.fromkeys(
        c.symbol for c in every if set(c.pcs) - scale - (raised if _dominant(c, key) else set())
    )
    sevenths = sum(len(c.pcs) > 3 for c in every) / len(every)
    last = [roman(c, key) for c in every]
    changes = [a for n, a in enumerate(last) if n == 0 or a != last[n - 1]]
    ending = (changes[-2], changes[-1]) if len(changes) > 1 else None
    return Harmony(len({c.symbol for c in every}), sevenths, tuple(outside), ending)


def _dominant(chord: Chord, key: Key) -> bool:
    return chord.root_pc in ((key.tonic_pc + 7) % 12, (key.tonic_pc + 11) % 12)


def hook_of(notes: Sequence[Note], bar_beats: float) -> Hook | None:
    """The figure that returns most in a line; None where nothing of four notes comes back."""
    line = _top(notes)
    best: tuple[float, int, list[int]] | None = None
    for size in _HOOK_NOTES:
        places: dict[tuple[tuple[int, float], ...], list[int]] = defaultdict(list)
        for at in range(len(line) - size + 1):
            group = line[at : at + size]
            if group[-1].onset - group[0].onset < _HOOK_BEATS:
                figure = tuple(
                    (b.pitch - a.pitch, round(b.onset - a.onset, 2)) for a, b in pairwise(group)
                )
                found = places[figure]
                if len({step for step, _ in figure}) > 1 and (not found or found[-1] + size <= at):
                    found.append(at)
        for where in places.values():
            weight = (size - 1) * (len(where) - 1)
            if len(where) > 1 and (best is None or weight > best[0]):
                best = (weight, size, where)
    if best is None:
        return None
    _, size, where = best
    first = line[where[0]]
    bars = tuple(int(line[at].onset // bar_beats) + 1 for at in where)
    moved = sum(line[at].pitch != first.pitch for at in where)
    return Hook(tuple(line[where[0] : where[0] + size]), bars, moved)


def line_of(notes: Sequence[Note]) -> Line | None:
    """Range and motion of a line; None without notes."""
    line = _top(notes)
    if not line:
        return None
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(line)]
    steps = sum(1 <= move <= 2 for move in moves) / max(sum(move > 0 for move in moves), 1)
    pitches = [note.pitch for note in line]
    return Line(min(pitches), max(pitches), steps, len(line))


def _top(notes: Sequence[Note]) -> list[Note]:
    """One note at a time, the highest of those that begin together."""
    at: dict[float, Note] = {}
    for note in notes:
        if note.onset not in at or note.pitch > at[note.onset].pitch:
            at[note.onset] = note
    return [at[onset] for onset in sorted(at)]


def playing(score: Score, sections: Sequence[Section]) -> list[Playing]:
    """What each track does; silent ones are left out."""
    bar = score.meter.bar_beats
    found = []
    for track in score.tracks:
        if not track.notes:
            continue
        bars = {int(note.onset // bar) for note in track.notes}
        pitches = [note.pitch for note in track.notes]
        here = tuple(
            n
            for n, s in enumerate(sections)
            if any(s.start_bar <= b < s.start_bar + s.bars for b in bars)
        )
        per_bar = len(track.notes) / len(bars)
        found.append(Playing(track, per_bar, min(pitches), max(pitches), here))
    return found


def off_beat(notes: Sequence[Note], pulse: float) -> float:
    """The share (0..1) of onsets that fall between the felt beats."""
    onsets = {note.onset for note in notes}
    off = sum(abs(onset / pulse - round(onset / pulse)) > 0.05 for onset in onsets)
    return off / max(len(onsets), 1)


def roots(notes: Sequence[Note], score: Score, chords: Sequence[PlacedChord]) -> float:
    """The share (0..1) of a bass line's notes that are roots of the chord that sounds."""
    hits = total = 0
    for note in notes:
        chord = next(
            (c.chord for c in chords if c.onset <= note.onset < c.onset + c.duration), None
        )
        if chord is not None:
            total += 1
            hits += note.pitch % 12 == chord.root_pc
    return hits / max(total, 1)


def note_name(pitch: int, key: Key | None = None) -> str:
    """A MIDI note with its octave (60 is C4), spelled as a key writes it."""
    name = key.spell(pitch % 12) if key else _NAMES[pitch % 12]
    octave = pitch // 12 - 1
    if name.startswith("C") and pitch % 12 > 9:  # Cb lies in the octave above its sound
        octave += 1
    if name.startswith("B") and pitch % 12 < 2:  # B# in the one below
        octave -= 1
    return f"{name}{octave}"
