"""A recording as music: notes on a grid, key, tempo and meter, for a person to check.

In: a recording of one voice (hum, whistle, one line of an instrument) or of several notes at once.
Out: `Heard`, which shows what was heard, or a `Refusal` that says why nothing was. `corrected`
takes what a person says about it and hears the rest again from the same sound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from models.errors import Refusal
from models.score import Meter, Note, without_overlaps
from models.theory import Key
from models.transcriber import habits, polyphonic, recording
from models.transcriber.beat import Rhythm, find_rhythm
from models.transcriber.key import Meant, find_meant, key_by_sound
from models.transcriber.onsets import with_early_onsets
from models.transcriber.pitch import RATE, Floats, track
from models.transcriber.segment import SungNote, segment

Kind = Literal["auto", "line", "polyphonic"]
_FEWEST = 3
_CHORDAL = 0.3  # share of the sounding time with an independent second note
_STEADY = 1.0  # mean cost of a frame from which pitch glides as in speech
_TOGETHER = 0.05  # seconds within which notes are one chord
_STEP = 0.25  # beats in a 16th
#: A gap of up to an eighth between notes is articulation, as in the composer's sheets.
_DETACHED = 2


@dataclass(frozen=True)
class Heard:
    """What was heard.

    `notes` are in beats from the first bar line: a pickup begins late in the first bar. `seconds`
    is the length of the recording (at most 60), `tuning_cents` what the singer's A differs from 440
    Hz, `confidence` 0..1. `sung` are the same notes as they sounded: seconds and MIDI pitch with
    fractions, tuning removed; `pitches` is what each was meant to be.
    """

    notes: tuple[Note, ...]
    key: Key
    bpm: float
    meter: Meter
    seconds: float
    tuning_cents: float
    confidence: float
    polyphonic: bool
    sung: tuple[SungNote, ...]
    pitches: tuple[int, ...]

    @property
    def bars(self) -> int:
        """Whole bars up to the last note's end."""
        return max(1, math.ceil(max(n.end for n in self.notes) / self.meter.bar_beats - 1e-9))

    @property
    def timed(self) -> tuple[tuple[float, float, int], ...]:
        """Onset and offset in seconds and the MIDI pitch that was meant, of each sung note."""
        return tuple((s.onset, s.offset, p) for s, p in zip(self.sung, self.pitches, strict=True))


def hear(path: Path, *, kind: Kind = "auto") -> Heard:
    """Write down a recording.

    Raises
    ------
    Refusal
        When it cannot be read, is silent, too short, or holds no tune.
    """
    sound = recording.read(path)
    return hear_sound(sound, kind=kind)


def hear_sound(sound: Floats, *, kind: Kind = "auto") -> Heard:
    """As `hear`, from mono sound at `pitch.RATE`."""
    seconds = round(len(sound) / RATE, 2)
    if kind == "polyphonic":
        return _chords(polyphonic.transcribe(sound), seconds)
    if kind == "auto" and polyphonic.available():
        several = polyphonic.transcribe(sound)
        if _is_chordal(several):
            return _chords(several, seconds)
    heard = track(sound)
    found = segment(heard)
    if len(found.notes) < _FEWEST or heard.voiced.mean() < 0.1:
        raise Refusal(
            "I heard no tune in this recording; hum or play one closer to the microphone, without "
            "music in the background."
        )
    if found.wander > _STEADY:
        raise Refusal(
            "This sounds like speech or noise, not like a tune; hum it on “la” or “da”, with "
            "steady notes."
        )
    tuning = found.tuning
    notes = with_early_onsets(found.notes, sound, tuning / 100)
    return _written(notes, seconds, tuning, False, 1 - min(1.0, found.wander / _STEADY))


def corrected(
    heard: Heard,
    *,
    key: Key | None = None,
    bpm: float | None = None,
    meter: Meter | None = None,
    notes: Sequence[Note] | None = None,
) -> Heard:
    """What was heard, with a person's corrections; the rest follows from the recording again.

    With `notes` (in beats) nothing is heard again: they are what the person means.
    """
    if notes is not None:
        line = without_overlaps(notes)
        if not line:
            raise Refusal("There are no notes left; keep at least one.")
        return replace(heard, notes=line, key=key or heard.key, bpm=bpm or heard.bpm,
                       meter=meter or heard.meter)  # fmt: skip
    meant = _meant(heard.sung, heard.polyphonic, key or heard.key)
    rhythm, steps = _rhythm(heard.sung, meant, meter or heard.meter, bpm or heard.bpm)
    return replace(
        heard,
        notes=_on_grid(heard.sung, meant.pitches, steps, rhythm),
        key=key or heard.key,
        bpm=rhythm.bpm,
        meter=rhythm.meter,
        pitches=meant.pitches,
    )


def _written(
    sung: tuple[SungNote, ...], seconds: float, tuning: float, several: bool, clear: float
) -> Heard:
    meant = _meant(sung, several, None)
    rhythm, steps = _rhythm(sung, meant, None, None)
    # The search for the key may settle the tuning a little further on.
    tuned = round(tuning + 100 * meant.tuning, 1)
    return Heard(
        notes=_on_grid(sung, meant.pitches, steps, rhythm),
        key=meant.key,
        bpm=rhythm.bpm,
        meter=rhythm.meter,
        seconds=seconds,
        tuning_cents=tuned,
        confidence=round((meant.sure * rhythm.sure * max(0.05, clear)) ** (1 / 3), 2),
        polyphonic=several,
        sung=sung,
        pitches=meant.pitches,
    )


def _meant(sung: Sequence[SungNote], several: bool, key: Key | None) -> Meant:
    pitches = [n.pitch for n in sung]
    lengths = [n.offset - n.onset for n in sung]
    if not several:
        onsets = [n.onset for n in sung]
        return find_meant(pitches, lengths, onsets, habits.load(), key)
    whole = tuple(round(p) for p in pitches)
    found, sure = key_by_sound(whole, lengths)
    return Meant(whole, key or found, sure, 0.0)


def _rhythm(
    sung: Sequence[SungNote], meant: Meant, meter: Meter | None, bpm: float | None
) -> tuple[Rhythm, list[int]]:
    """The rhythm, and the 16th of each note; notes that begin together share one."""
    groups: list[list[int]] = []
    for index, note in enumerate(sung):
        if not groups or note.onset - sung[groups[-1][0]].onset > _TOGETHER:
            groups.append([])
        groups[-1].append(index)
    if len(groups) < 2:
        raise Refusal("I heard a single sound, not a tune; send one with a few notes.")
    lowest = [min(meant.pitches[i] for i in group) for group in groups]
    in_db = all(n.loud <= 0 for n in sung)  # basic-pitch gives 0..1
    found = find_rhythm(
        [sung[group[0]].onset for group in groups],
        habits.load(),
        louds=[sung[group[0]].loud for group in groups] if in_db else None,
        degrees=[(pitch - meant.key.tonic_pc) % 12 for pitch in lowest],
        minor=meant.key.is_minor,
        meter=meter,
        bpm=bpm,
    )
    steps = [step for step, group in zip(found.steps, groups, strict=True) for _ in group]
    return found, steps


def _on_grid(
    sung: Sequence[SungNote], pitches: Sequence[int], steps: Sequence[int], rhythm: Rhythm
) -> tuple[Note, ...]:
    """Notes in beats: ends on the grid too, small gaps closed, loudness as velocity."""
    usual = sorted(n.loud for n in sung)[len(sung) // 2]
    spread = 100.0 if 0 < usual <= 1 else 2.5  # basic-pitch's 0..1, or dB
    out = []
    for note, pitch, step in zip(sung, pitches, steps, strict=True):
        size = max(1, round((note.offset - note.onset) / rhythm.seconds_per_step))
        following = next((s for s in steps if s > step), None)
        if following is not None:
            room = following - step
            size = room if 0 <= room - size <= _DETACHED else min(size, room)
        velocity = round(min(112, max(48, 80 + spread * (note.loud - usual))))
        out.append(Note(step * _STEP, pitch, size * _STEP, velocity))
    return without_overlaps(out)


def _chords(notes: tuple[SungNote, ...], seconds: float) -> Heard:
    if len(notes) < _FEWEST:
        raise Refusal(
            "I heard no tune in this recording; hum or play one closer to the microphone, without "
            "music in the background."
        )
    return _written(notes, seconds, 0.0, True, 0.5)


def _is_chordal(notes: Sequence[SungNote]) -> bool:
    """Whether notes overlap that are neither neighbours (vibrato) nor partials of each other."""
    total = sum(n.offset - n.onset for n in notes)
    both = 0.0
    for i, a in enumerate(notes):
        for b in notes[i + 1 :]:
            if b.onset >= a.offset:
                break
            apart = abs(round(a.pitch - b.pitch))
            if apart > 2 and apart % 12 not in (0, 7, 5):
                both += min(a.offset, b.offset) - b.onset
    return total > 0 and both / total > _CHORDAL
