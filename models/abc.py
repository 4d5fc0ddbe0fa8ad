"""ABC notation to a score: a person's tune, as it is played.

In: the text of a file. Out: a `Score` of its first tune: key, meter, tempo, every voice a track,
repeats and endings unfolded, chord symbols (those of the first voice that has any). Grace notes,
decorations and words are left out; what follows another standard than 2.1 (abcnotation.com) is
passed over. A first bar that is not full is a pickup and ends on the bar line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models import abc_text, bar_lines, file_limits, file_notes
from models.abc_unfold import Bar, Sounding, unfolded
from models.errors import Refusal
from models.score import Meter, PlacedChord, Score, Tempo, Track, on_grid, sorted_notes
from models.theory import Chord, Key

_MAX_BYTES = 256 << 10
_METERS = {"C": "4/4", "C|": "2/2", "": "4/4", "none": "4/4"}
_COMPOUND = ("6/8", "9/8", "12/8")
_FIELD = re.compile(r"([A-Za-z]):([^|:].*|$)")
_PROGRAM = re.compile(r"%%MIDI\s+program\s+(?:\d{1,3}\s+)?(\d{1,3})\b")
_ACCIDENTAL = re.compile(r"(\^{1,2}|_{1,2}|=)([A-Ga-g])")
_EMPTY = "There are no notes in this ABC file; send one that plays something."


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a K: field says: the key, and the semitones by which it moves each letter."""

    key: Key
    shifts: Mapping[str, int]

    @classmethod
    def of(cls, key: Key, altered: Iterable[tuple[str, int]] = ()) -> _Signature:
        plain = {letter: abc_text.signature(letter, key.fifths) for letter in "ABCDEFG"}
        return cls(key, plain | dict(altered))


@dataclass
class _Voice:
    """A voice while it is read; `carried` are accidentals of notes tied over the bar line."""

    name: str
    signature: _Signature
    meter: str
    unit: float
    shift: int = 0
    program: int = 0
    bars: list[Bar] = field(default_factory=lambda: [Bar()])
    accidentals: dict[int, int] = field(default_factory=dict)
    carried: dict[int, int] = field(default_factory=dict)
    tuplet: tuple[int, float] = (0, 1.0)
    broken: float = 1.0
    last: tuple[float, int] = (0.0, 0)  # length of the last chord or rest, and how many notes
    symbol: Chord | None = None
    longest: float = 0.0  # of the voices that & lays over each other in this bar


@dataclass
class _Tune:
    """A tune while it is read: what the next voice starts with, and the voices."""

    title: str = ""
    meter: str = "4/4"
    unit: str = ""
    signature: _Signature = field(default_factory=lambda: _Signature.of(Key("C")))
    bpm: float | None = None
    program: int = 0
    options: dict[str, str] = field(default_factory=dict)  # by voice, from the header
    voices: dict[str, _Voice] = field(default_factory=dict)
    now: str = ""
    notes: int = 0

    def voice(self) -> _Voice:
        """The voice that is written now."""
        if self.now not in self.voices:
            unit = abc_text.unit_of(self.unit, self.meter) or 0.5
            made = _Voice(self.now, self.signature, self.meter, unit, program=self.program)
            made.bars[0].meter = self.meter
            self.voices[self.now] = made
            _options(made, self.options.get(self.now, ""))
            file_limits.check_counts(len(self.voices))
        return self.voices[self.now]


def read(path: Path) -> Score:
    """The first tune of an ABC file.

    Raises
    ------
    Refusal
        When there is none, it has no notes, changes its meter, or is beyond what Segno takes.
    """
    data = path.read_bytes()
    if len(data) > _MAX_BYTES:
        raise Refusal("This ABC file is larger than 256 KiB; send a shorter piece.")
    return read_text(decoded(data), path.stem)


def decoded(data: bytes) -> str:
    """The text of a file, its lines ended by line feeds."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(text: str, title: str = "") -> Score:
    """The first tune of a text; `title` is for one that has none. Raises as `read` does."""
    return _score(_parsed(text.split("\n")), title)


def written_bars(text: str) -> list[Bar]:
    """The first voice of the first tune as it is written: no repeats played, no ties joined.

    Raises
    ------
    Refusal
        When there is no tune in it.
    """
    tune = _parsed(text.split("\n"))
    return next((v.bars for v in tune.voices.values()), [])


def _parsed(lines: Sequence[str]) -> _Tune:
    """The tune that begins at the first X: (or at the start), up to the next."""
    starts = [i for i, line in enumerate(lines) if line.startswith("X:")]
    first = starts[0] if starts else 0
    last = starts[1] if len(starts) > 1 else len(lines)
    tune, body = _Tune(), False
    for line in lines[first:last]:
        if program := _PROGRAM.match(line):
            tune.program = min(127, int(program[1]))
            if tune.voices:
                tune.voice().program = tune.program
            continue
        line = re.sub(r"(?<!\\)%.*", "", line).rstrip()
        if match := _FIELD.fullmatch(line):
            _field(tune, match[1], match[2].strip(), body)
            body |= match[1] == "K"
        elif body:
            for token in abc_text.TOKEN.finditer(line):
                _token(tune, token)
                file_limits.check_counts(notes=tune.notes)
    if not body:
        raise Refusal("This ABC tune has no key (K:), so I cannot tell where it starts; add one.")
    return tune


def _field(tune: _Tune, letter: str, value: str, body: bool) -> None:
    if letter == "T":
        tune.title = tune.title or value[:200]
    elif letter == "V" and value:
        tune.now, _, options = value.partition(" ")
        if body:
            _options(tune.voice(), options)
        else:
            tune.options[tune.now] = options
    elif letter == "Q":
        tune.bpm = tune.bpm or _bpm(value)
    elif letter == "K" and (signature := _signature(value)):
        if body:
            tune.voice().signature = signature
        else:
            tune.signature = signature
    elif letter == "M" and (meter := _meter(value)):
        if body:
            voice = tune.voice()
            voice.meter = voice.bars[-1].meter = meter
        else:
            tune.meter = meter
    elif letter == "L":
        if body:
            tune.voice().unit = abc_text.unit_of(value, tune.meter) or tune.voice().unit
        else:
            tune.unit = value


def _options(voice: _Voice, text: str) -> None:
    """What a V: field says beside the name of the voice."""
    if name := re.search(r'\b(?:name|nm)="([^"]{1,100})"', text):
        voice.name = name[1]
    marks = {"-8": -12, "+8": 12}
    shift = sum(step for mark, step in marks.items() if re.search(rf"clef=\w*\{mark}", text))
    for word, size in (("octave", 12), ("transpose", 1)):
        if told := re.search(rf"\b{word}=(-?\d{{1,2}})\b", text):
            shift += size * int(told[1])
    voice.shift = shift or voice.shift


def _signature(value: str) -> _Signature | None:
    if value[:2].lower() == "hp":  # the pipes' scale: F and C sharp, G natural
        return _Signature.of(Key("A", "mixolydian"))
    match = abc_text.KEY.match(value)
    if match:
        word = match[3] if match[3].lower() not in ("clef", "exp", "octave") else ""
        short = "m" if word == "m" else "" if word == "M" else word.lower()[:3]
        key = Key(match[1] + match[2], abc_text.MODES.get(short, "major"))
    elif value.lower().startswith("none") or not value:
        key = Key("C")
    else:
        return None
    fields = _ACCIDENTAL.findall(value)
    return _Signature.of(key, ((name.upper(), abc_text.SHIFTS[sign]) for sign, name in fields))


def _meter(value: str) -> str | None:
    name = _METERS.get(value, value)
    if match := re.fullmatch(r"(\d{1,2})\s*/\s*(\d{1,2})", name):
        top, bottom = int(match[1]), int(match[2])
        if 1 <= top <= 32 and bottom in (1, 2, 4, 8, 16, 32):
            return f"{top}/{bottom}"
    return None


def _bpm(value: str) -> float | None:
    """Quarter notes per minute of Q: such as "1/4=120", "Allegro" 3/8=80 or 120."""
    match = re.search(r"(?:(\d{1,3})/(\d{1,3})\s*)?=?\s*(\d{1,4}(?:\.\d{1,3})?)\s*$", value)
    if not match or not float(match[3]):
        return None
    unit = 4 * int(match[1]) / max(1, int(match[2])) if match[1] else 1.0
    return unit * float(match[3]) or None


def _token(tune: _Tune, token: re.Match[str]) -> None:
    if token["field"]:
        _field(tune, token["field"], (token["value"] or "").strip(), True)
        return
    voice = tune.voice()
    if token["text"] is not None:
        voice.symbol = _symbol(token["text"]) or voice.symbol
    elif token["bar"]:
        _bar(voice, token["bar"], token["number"])
    elif token["ending"]:
        voice.bars[-1].ending = _numbers(token["ending"])
    elif token["tuplet"]:
        voice.tuplet = abc_text.tuplet(token, voice.meter in _COMPOUND)
    elif token["broken"]:
        _break(voice, token["broken"])
    elif token["tie"]:
        bar = voice.bars[-1]
        count = voice.last[1]
        bar.notes[len(bar.notes) - count :] = [
            n._replace(tied=True) for n in bar.notes[len(bar.notes) - count :]
        ]
    elif token["overlay"]:
        voice.longest = max(voice.longest, voice.bars[-1].length)
        voice.bars[-1].length, voice.last = 0.0, (0.0, 0)
    elif token["chord"] or token["note"]:
        tune.notes += _sound(voice, token)


def _symbol(text: str) -> Chord | None:
    """A chord symbol; None for a remark ("^slowly") or what is no chord I know."""
    try:
        return None if text[:1] in "^_<>@" else Chord.parse(text)
    except Refusal:
        return None


def _numbers(text: str) -> frozenset[int]:
    """Which times an ending is played: "1", "1,3", "1-3"."""
    found: set[int] = set()
    for part in text.split(","):
        low, _, high = part.partition("-")
        if low.isdecimal():
            found.update(range(int(low), min(int(low) + 20, int(high or low)) + 1))
    return frozenset(found)


def _bar(voice: _Voice, mark: str, number: str | None) -> None:
    """A bar line: what is before it is a bar, unless it is empty; repeats hang on both sides."""
    bar = voice.bars[-1]
    bar.length = max(bar.length, voice.longest)
    if bar.length or bar.notes:
        voice.bars.append(Bar())
    elif len(voice.bars) > 1:
        bar = voice.bars[-2]
    after = voice.bars[-1]
    closes = mark.startswith(":") and (len(voice.bars) > 1)
    bar.closes |= closes
    bar.ends |= closes or "||" in mark or "]" in mark
    after.opens |= mark.endswith(":")
    if number:
        after.ending = _numbers(number)
    voice.longest, voice.last = 0.0, (0.0, 0)
    tied = {n.place for n in bar.notes if n.tied}
    voice.carried = {p: s for p, s in voice.accidentals.items() if p in tied}
    voice.accidentals = {}


def _break(voice: _Voice, signs: str) -> None:
    """`a>b` lengthens a and shortens b; what was written last is changed now, the next later."""
    short = 0.5 ** len(signs)
    share = 2 - short if signs[0] == ">" else short
    length, count = voice.last
    bar = voice.bars[-1]
    bar.length += length * (share - 1)
    first = len(bar.notes) - count
    bar.notes[first:] = [n._replace(duration=n.duration * share) for n in bar.notes[first:]]
    voice.broken = 2 - share


def _sound(voice: _Voice, token: re.Match[str]) -> int:
    """A note, a chord or a rest; returns how many notes it is."""
    inside = re.sub(r'"[^"]*"|![^!]*!', "", token["chord"] or "")
    names = abc_text.PITCH.findall(inside or (token["note"] or ""))
    long_rest = (token["note"] or "")[:1] in ("Z", "X")
    if not names and not long_rest:
        return 0
    length = abc_text.factor((token["clen"] if token["chord"] else token["len"]) or "")
    if long_rest:  # counted in bars
        length *= Meter.parse(voice.meter).bar_beats
    else:
        length *= voice.unit * voice.broken
    if token["chord"]:
        length *= abc_text.factor(names[0][3])
    left, share = voice.tuplet
    if left and not long_rest:
        length *= share
        voice.tuplet = (left - 1, share)
    bar = voice.bars[-1]
    sounding = [_note(voice, name, length) for name in names if name[1] not in "zx"]
    if voice.symbol:
        bar.symbols.append((bar.length, voice.symbol))
    bar.notes += sounding
    bar.length += length
    voice.last, voice.broken, voice.symbol = (length, len(sounding)), 1.0, None
    return len(sounding)


def _note(voice: _Voice, name: tuple[str, str, str, str, str], length: float) -> Sounding:
    sign, letter, marks, _, tie = name
    place = abc_text.white_key(letter, marks)
    if sign:
        voice.accidentals[place] = abc_text.SHIFTS[sign]
    elif place in voice.carried:
        # The rest of a tied note: its accidental holds for it alone.
        shift = voice.carried.pop(place)
        return Sounding(voice.bars[-1].length, length, place, shift + voice.shift, bool(tie))
    voice.carried.pop(place, None)
    shift = voice.accidentals.get(place, voice.signature.shifts[letter.upper()])
    return Sounding(voice.bars[-1].length, length, place, shift + voice.shift, bool(tie))


def _score(tune: _Tune, title: str) -> Score:
    voices = [v for v in tune.voices.values() if any(b.notes for b in v.bars)]
    if not voices:
        raise Refusal(_EMPTY)
    parts = [unfolded(v.bars) for v in voices]
    if not any(p.notes for p in parts):  # all are in endings that never come
        raise Refusal(_EMPTY)
    signs = max((p.meters for p in parts), key=len)
    end = max(p.end for p in parts)
    lines = bar_lines.lay(signs, end)
    bar_lines.require_one(signs, end, lines.meter)
    tracks = []
    for voice, part in zip(voices, parts, strict=True):
        name = voice.name or ("Melody" if len(voices) == 1 else "Voice")
        notes = (replace(n, onset=lines.place(n.onset)) for n in part.notes)
        role = file_notes.guess_role(name, voice.program, False)
        tracks.append(Track(name[:200], role, voice.program, sorted_notes(notes)))
    bars = max(1, -int(-(lines.place(end) - 1e-6) // lines.meter.bar_beats))
    beats = bars * lines.meter.bar_beats
    chords = next((p.chords for p in parts if p.chords), [])
    return Score(
        tune.title or title[:200],
        tune.signature.key,
        lines.meter,
        (Tempo(0.0, tune.bpm or 120.0),),
        bars,
        tuple(tracks),
        _placed([(on_grid(lines.place(at)), chord) for at, chord in chords], beats),
    )


def _placed(marks: Sequence[tuple[float, Chord]], end: float) -> tuple[PlacedChord, ...]:
    """Chords that each last until the next."""
    stops = [at for at, _ in marks[1:]] + [end]
    rows = zip(marks, stops, strict=False)
    return tuple(PlacedChord(at, on_grid(stop - at), c) for (at, c), stop in rows if stop > at)
