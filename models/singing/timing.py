"""Where every sound of a song goes: vowels on their notes, consonants before the beat.

In: spoken syllables and the notes they stand under, in seconds. Out: `Stretch`es, each a piece of
a line's speech and the time it is to fill. After J. Sundberg, *The Science of the Singing Voice*,
1987, and "Consonants sung before the beat": the vowel's onset is what listeners hear as the note's.
Consonants keep their spoken length unless a note is too short for them; the vowel takes the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.singing.diction import Spoken
from models.singing.espeak import Phone
from models.singing.phonemes import held, is_voiceless

#: A rest shorter than this, in seconds, is sung through.
BRIDGE = 0.15
_MOST = 0.55  # of the time from vowel to vowel that consonants may take
_RELEASE = 0.06  # seconds that a last consonant may sound into a rest
_CATCH = 0.1  # seconds of silence between lines that no rest parts
_EARLIEST = 0.035  # seconds that consonants have, at least, where the sound begins with the vowel


@dataclass(frozen=True, slots=True)
class Tone:
    """A note as performed: from `start` to `end` in seconds, `pitch` as MIDI note."""

    start: float
    end: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A syllable of line `line` and the tones its vowel is sung on."""

    line: int
    spoken: Spoken
    tones: tuple[Tone, ...]

    @property
    def start(self) -> float:
        """When its first note begins."""
        return self.tones[0].start

    @property
    def end(self) -> float:
        """When its last note ends."""
        return self.tones[-1].end


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech of line `line` from `source` to `source_end` fills `start` to `end` (seconds)."""

    line: int
    start: float
    end: float
    source: float
    source_end: float
    voiceless: bool = False
    vowel: bool = False


@dataclass(frozen=True, slots=True)
class _Room:
    """What the consonants of one syllable get: when they begin, and how they are shortened."""

    vowel_end: float
    after_scale: float
    next_lead: float  # seconds of the consonants before the next vowel


def lay_out(placed: Sequence[Placed]) -> list[Stretch]:
    """All stretches of a song in the order of time; what lies between them is silence."""
    stretches: list[Stretch] = []
    if not placed:
        return stretches
    first = placed[0]
    lead = min(_length(first.spoken.before), max(first.start, _EARLIEST))
    for i, item in enumerate(placed):
        start = max(item.start, lead) if i == 0 else item.start
        stretches += _run(item.line, item.spoken.before, start - lead, start)
        following = placed[i + 1] if i + 1 < len(placed) else None
        room = _room(item, following)
        stretches += _vowel(item, start, room.vowel_end)
        end = room.vowel_end + _length(item.spoken.after) * room.after_scale
        stretches += _run(item.line, item.spoken.after, room.vowel_end, end)
        lead = room.next_lead
    return [s for s in stretches if s.end > s.start]


def _room(item: Placed, following: Placed | None) -> _Room:
    after = _length(item.spoken.after)
    lead = _length(following.spoken.before) if following else 0.0
    if following and following.start - item.end < BRIDGE:
        span = following.start - item.start
        catch = min(_CATCH, 0.15 * span) if following.line != item.line else 0.0
        most = _MOST * span
        scale = min(1.0, (most - catch) / max(after + lead, 1e-9))
        vowel_end = following.start - catch - scale * (after + lead)
        return _Room(vowel_end, scale, scale * lead)
    rest = following.start - item.end if following else 10 * _RELEASE
    end = item.end + min(_RELEASE, rest / 4)
    scale = min(1.0, _MOST * (end - item.start) / max(after, 1e-9))
    vowel_end = min(item.end, end - scale * after)
    return _Room(vowel_end, scale, min(lead, 0.7 * rest))


def _length(phones: Sequence[Phone]) -> float:
    return sum(p.end - p.start for p in phones)


def _run(line: int, phones: Sequence[Phone], start: float, end: float) -> list[Stretch]:
    """Consonants one after the other, shortened alike."""
    natural = _length(phones)
    scale = (end - start) / natural if natural else 0.0
    found = []
    for phone in phones:
        until = start + scale * (phone.end - phone.start)
        voiceless = is_voiceless(phone.name)
        found.append(Stretch(line, start, until, phone.start, phone.end, voiceless))
        start = until
    return found


def _vowel(item: Placed, start: float, end: float) -> list[Stretch]:
    """The ends of a vowel at the speed they were spoken, its held part as long as needed."""
    vowel = item.spoken.vowel
    natural, wanted = vowel.end - vowel.start, end - start
    if wanted <= natural:
        return [Stretch(item.line, start, end, vowel.start, vowel.end, vowel=True)]
    low, high = held(vowel.name)
    head, tail = low * natural, (1 - high) * natural
    cuts = (start, start + head, end - tail, end)
    sources = (vowel.start, vowel.start + head, vowel.end - tail, vowel.end)
    return [
        Stretch(item.line, cuts[i], cuts[i + 1], sources[i], sources[i + 1], vowel=True)
        for i in range(3)
    ]
