"""Keys, modes, chords, spelling and voice leading: the grammar that every maker shares.

In: names people write ("F# minor", "Dm7b5/Ab"). Out: frozen values with pitch classes (0 = C),
MIDI notes (60 = middle C) and key signatures in fifths (-7..7). Spelling follows the line of
fifths (Temperley, *The Cognition of Basic Musical Structures*, 2001, ch. 5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

from models.errors import Refusal

# Line of fifths: F C G D A E B, seven steps per accidental.
_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

#: Mode name -> semitones above the tonic.
MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
}
# How far each mode's key signature lies from the major key on the same tonic, in fifths.
_MODE_FIFTHS = {
    "major": 0,
    "minor": -3,
    "dorian": -2,
    "phrygian": -4,
    "lydian": 1,
    "mixolydian": -1,
    "locrian": -5,
}
_MODE_WORDS = {
    "maj": "major",
    "M": "major",
    "ionian": "major",
    "dur": "major",
    "min": "minor",
    "m": "minor",
    "aeolian": "minor",
    "moll": "minor",
    "大调": "major",
    "小调": "minor",
    "大調": "major",
    "小調": "minor",
    "多利亚": "dorian",
    "弗里几亚": "phrygian",
    "利底亚": "lydian",
    "混合利底亚": "mixolydian",
    "洛克里亚": "locrian",
}

#: Chord quality (the suffix as written) -> semitones above the root.
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 14),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "mMaj7": (0, 3, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "aug7": (0, 4, 8, 10),
    "7b5": (0, 4, 6, 10),
    "7sus4": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "9sus4": (0, 5, 7, 10, 14),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "7#11": (0, 4, 7, 10, 18),
    "maj7#11": (0, 4, 7, 11, 18),
    "11": (0, 4, 7, 10, 14, 17),
    "m11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21),
    "maj13": (0, 4, 7, 11, 14, 21),
    "m13": (0, 3, 7, 10, 14, 21),
}
_QUALITY_WORDS = {
    "maj": "",
    "M": "",
    "min": "m",
    "-": "m",
    "mi": "m",
    "°": "dim",
    "o": "dim",
    "+": "aug",
    "sus": "sus4",
    "6/9": "69",
    "M7": "maj7",
    "Maj7": "maj7",
    "ma7": "maj7",
    "Δ": "maj7",
    "Δ7": "maj7",
    "j7": "maj7",
    "min7": "m7",
    "-7": "m7",
    "mi7": "m7",
    "mM7": "mMaj7",
    "m(maj7)": "mMaj7",
    "mmaj7": "mMaj7",
    "minmaj7": "mMaj7",
    "-maj7": "mMaj7",
    "ø": "m7b5",
    "ø7": "m7b5",
    "min7b5": "m7b5",
    "-7b5": "m7b5",
    "hdim7": "m7b5",
    "°7": "dim7",
    "o7": "dim7",
    "+7": "aug7",
    "7#5": "aug7",
    "7+": "aug7",
    "7sus": "7sus4",
    "9sus": "9sus4",
    "min6": "m6",
    "-6": "m6",
    "min9": "m9",
    "-9": "m9",
    "M9": "maj9",
    "min11": "m11",
    "-11": "m11",
    "m(add9)": "madd9",
    "(add9)": "add9",
    "2": "add9",
}
#: The ten classes that the models see; every quality falls into one of them.
QUALITY_CLASSES = ("maj", "min", "dim", "aug", "sus", "dom7", "maj7", "min7", "hdim7", "dim7")

_NOTE = r"[A-G](?:##|bb|#|b|♯|♭)?"
_CHORD = re.compile(rf"^({_NOTE})(.*?)(?:/({_NOTE}))?$")
_KEY = re.compile(
    r"^\s*([A-Ga-g])\s*(#|b|♯|♭|-?sharp|-?flat|升|降)?[\s_-]*(.*?)\s*$", re.IGNORECASE
)


def pitch_class(name: str) -> int:
    """Pitch class (0..11) of a spelled note name such as "C", "F#" or "Bb"."""
    name = name.replace("♯", "#").replace("♭", "b")
    return (_NATURALS[name[0]] + name.count("#") - name[1:].count("b")) % 12


def fifths_of(name: str) -> int:
    """Place of a spelled note on the line of fifths: F = -1, C = 0, G = 1, F# = 6, Bb = -2."""
    return _FIFTHS[name[0]] + 7 * (name.count("#") - name[1:].count("b"))


def name_at_fifths(position: int) -> str:
    """Spelled note at a place on the line of fifths; the inverse of `fifths_of`."""
    accidentals, letter = divmod(position + 1, 7)
    sign = "#" * accidentals if accidentals > 0 else "b" * -accidentals
    return "FCGDAEB"[letter] + sign


@dataclass(frozen=True)
class Key:
    """A tonic as spelled and a mode of `MODES`; prints as "D minor"."""

    tonic: str
    mode: str = "major"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"unknown mode {self.mode!r}")
        if abs(self.fifths) > 7:  # G# major has eight sharps: write A flat
            step = -12 if self.fifths > 0 else 12
            object.__setattr__(self, "tonic", name_at_fifths(fifths_of(self.tonic) + step))

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read "D minor", "Dm", "f# dorian", "B-flat major", "降B大调"; a bare note is major.

        Raises
        ------
        Refusal
            When the text names no key.
        """
        cleaned = text.strip().replace("调式", "")
        if cleaned[:1] in "升降" and cleaned[1:2]:
            cleaned = cleaned[1] + cleaned[0] + cleaned[2:]
        match = _KEY.match(cleaned)
        if match:
            letter, sign, word = match.groups()
            sharp = sign is not None and sign.lower().lstrip("-") in ("#", "♯", "sharp", "升")
            accidental = "" if sign is None else "#" if sharp else "b"
            word = word.removesuffix("key").strip()
            mode = _MODE_WORDS.get(word) or _MODE_WORDS.get(word.lower(), word.lower() or "major")
            if mode in MODES:
                return cls(letter.upper() + accidental, mode)
        raise Refusal(
            "“{key}” is not a key I know; write it like “D minor”, “F# dorian” or “Bb”.",
            key=text[:40],
        )

    @property
    def tonic_pc(self) -> int:
        """Pitch class of the tonic."""
        return pitch_class(self.tonic)

    @property
    def fifths(self) -> int:
        """Sharps (positive) or flats (negative) of the key signature, -7..7."""
        return fifths_of(self.tonic) + _MODE_FIFTHS[self.mode]

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return 3 in MODES[self.mode]

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes, tonic first."""
        return tuple((self.tonic_pc + step) % 12 for step in MODES[self.mode])

    def spell(self, pc: int) -> str:
        """Name of a pitch class as this key writes it: the nearest place on the line of fifths.

        The two neighbours at equal distance are the flat sixth (taken in major) and the raised
        seventh (taken in minor). Double accidentals are never used.
        """
        centre = self.fifths + 2  # the middle of the seven diatonic places (fifths-1 .. fifths+5)
        places = [p for p in range(-8, 13) if (p * 7) % 12 == pc % 12]
        return name_at_fifths(
            min(places, key=lambda p: (abs(p - centre), -p if self.is_minor else p))
        )

    def transposed(self, semitones: int) -> Key:
        """The same mode on the tonic `semitones` higher, spelled with the fewest accidentals."""
        pc = (self.tonic_pc + semitones) % 12
        places = [p for p in range(-7, 8) if (p * 7) % 12 == pc]
        keys = [Key(name_at_fifths(p), self.mode) for p in places]
        return min(keys, key=lambda k: (abs(k.fifths), -k.fifths))

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"


@dataclass(frozen=True)
class Chord:
    """A spelled root, a quality of `QUALITIES`, and a bass when it is not the root."""

    root: str
    quality: str = ""
    bass: str | None = None

    @classmethod
    def parse(cls, symbol: str) -> Chord:
        """Read a chord symbol: "C", "F#m7", "Bbmaj7/D", "G7sus4", "Am7b5".

        Raises
        ------
        Refusal
            When the symbol is not a chord.
        """
        text = symbol.strip().replace("♯", "#").replace("♭", "b")
        match = _CHORD.match(text)
        if match:
            root, suffix, bass = match.groups()
            if text.endswith("6/9"):
                suffix, bass = text[len(root) :], None
            quality = suffix if suffix in QUALITIES else _QUALITY_WORDS.get(suffix)
            if quality is None and suffix.replace("(", "").replace(")", "") in QUALITIES:
                quality = suffix.replace("(", "").replace(")", "")
            if quality is not None:
                return cls(root, quality, None if bass == root else bass)
        raise Refusal(
            "“{chord}” is not a chord I know; write chords like “Dm7 G7 Cmaj7 F/A”.",
            chord=symbol[:30],
        )

    @property
    def symbol(self) -> str:
        """The chord symbol; `Chord.parse(c.symbol) == c`."""
        return f"{self.root}{self.quality}" + (f"/{self.bass}" if self.bass else "")

    @cached_property
    def root_pc(self) -> int:
        """Pitch class of the root."""
        return pitch_class(self.root)

    @cached_property
    def bass_pc(self) -> int:
        """Pitch class of the lowest note."""
        return pitch_class(self.bass) if self.bass else self.root_pc

    @cached_property
    def pcs(self) -> tuple[int, ...]:
        """Pitch classes from the root upwards, without repeats; the bass is not added."""
        return tuple(dict.fromkeys((self.root_pc + i) % 12 for i in QUALITIES[self.quality]))

    @property
    def quality_class(self) -> str:
        """The one of `QUALITY_CLASSES` that a model sees."""
        return quality_class(self.quality)

    def transposed(self, semitones: int, key: Key) -> Chord:
        """The chord `semitones` higher, spelled as `key` writes it."""
        bass = key.spell(self.bass_pc + semitones) if self.bass else None
        return Chord(key.spell(self.root_pc + semitones), self.quality, bass)


@cache
def quality_class(quality: str) -> str:
    """Which of `QUALITY_CLASSES` a chord quality belongs to."""
    tones = QUALITIES[quality]
    third = "min" if 3 in tones else "maj" if 4 in tones else "sus"
    if third == "sus":
        return "sus"
    if third == "min" and 6 in tones and 7 not in tones:
        return "dim7" if 9 in tones else "hdim7" if 10 in tones else "dim"
    if third == "maj" and 8 in tones and 7 not in tones and 10 not in tones:
        return "aug"
    if 10 in tones:
        return "min7" if third == "min" else "dom7"
    if 11 in tones:
        return "maj7" if third == "maj" else "min7"
    return third


_ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII")


def roman(chord: Chord, key: Key) -> str:
    """Roman numeral of a chord in a key: "V7", "ii7", "bVI", "viio7"."""
    degree = (ord(chord.root[0]) - ord(key.tonic[0])) % 7
    natural = (key.tonic_pc + MODES[key.mode][degree]) % 12
    shift = (chord.root_pc - natural + 6) % 12 - 6
    tones = QUALITIES[chord.quality]
    numeral = _ROMANS[degree].lower() if 3 in tones else _ROMANS[degree]
    accidental = "#" * shift if shift > 0 else "b" * -shift
    suffix = chord.quality.removeprefix("m") if 3 in tones else chord.quality
    suffix = {"dim": "o", "dim7": "o7", "aug": "+", "aug7": "+7"}.get(suffix, suffix)
    return accidental + numeral + ("ø7" if chord.quality == "m7b5" else suffix)


def voicings(chord: Chord, low: int, high: int, voices: int) -> list[tuple[int, ...]]:
    """All close-to-open voicings of a chord within `low..high` (MIDI notes), lowest note first.

    The essential tones (third, then seventh, then root, then colour) are kept when there are
    fewer voices than tones; with more voices than tones the root and fifth are doubled.
    """
    tones = list(chord.pcs)
    rank = {0: 2, 7: 5}  # third and seventh first, root next, fifth last
    order = sorted(tones, key=lambda pc: rank.get((pc - chord.root_pc) % 12, 1))
    if len(tones) > voices:
        tones = order[:voices]
    while len(tones) < voices:
        tones.append(tones[len(tones) % len(chord.pcs)])
    choices = [[n for n in range(low, high + 1) if n % 12 == pc] for pc in tones]
    found = {tuple(sorted(c)) for c in product(*choices)}
    return sorted(v for v in found if len(set(v)) == voices and v[-1] - v[0] <= 19)


def voice_lead(
    previous: tuple[int, ...] | None, chord: Chord, low: int, high: int, voices: int = 3
) -> tuple[int, ...]:
    """The voicing of `chord` that moves least from `previous` (MIDI notes, lowest first).

    Cost is the sum of semitones moved, voice by voice, with parallel perfect fifths and octaves
    charged as 4 semitones (Tymoczko, *A Geometry of Music*, 2011, ch. 2: minimal voice leading).
    Without a previous chord, the voicing nearest the middle of the range is taken.

    Raises
    ------
    ValueError
        When the range is too narrow to hold the chord.
    """
    options = voicings(chord, low, high, voices)
    if not options:
        raise ValueError(f"{chord.symbol} does not fit {voices} voices between {low} and {high}")
    if previous is None or len(previous) != voices:
        middle = (low + high) / 2
        return min(options, key=lambda v: (abs(sum(v) / voices - middle), v[-1] - v[0]))
    return min(options, key=lambda v: (_motion(previous, v), v))


def _motion(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    cost = sum(abs(x - y) for x, y in zip(a, b, strict=True))
    for i in range(len(a)):
        for j in range(i + 1, len(a)):
            same = (a[j] - a[i]) % 12 == (b[j] - b[i]) % 12
            if same and a[i] != b[i] and (a[j] - a[i]) % 12 in (0, 7):
                cost += 4
    return cost
