"""MMA (Bob van der Poel's *Musical MIDI Accompaniment*, Debian package `mma`) behind two functions.

In: bars of chord symbols, each with the groove that plays it. Out: the raw voices that MMA writes.
MMA is run as a program of its own; its library of style files is read only for the names of the
grooves in them (`DefGroove`), by the naming habits of its authors (Intro, Plus, Fill, End, Sus).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.theory import Chord

#: Where Debian puts the style files.
LIBRARY = Path("/usr/share/mma/lib")
_DRUMS = 9  # channel, from 0

#: Our chord qualities in MMA's spelling, where it is another one.
_SPELLING = {
    "dim": "mb5",  # its "dim" has a seventh
    "madd9": "m(add9)",
    "maj7": "M7",
    "mMaj7": "mM7",
    "maj9": "M9",
    "9sus4": "sus9",
    "7sus4": "7sus",
    "maj7#11": "M7#11",
    "maj13": "M13",
    "69": "6(add9)",
}


class MmaMissing(RuntimeError):
    """MMA is not installed on this machine."""

    def __init__(self) -> None:
        super().__init__("The program “mma” is not installed; install it with “apt install mma”.")


class MmaFailed(RuntimeError):
    """MMA refused a chart or took too long; the message is its own."""


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar: the groove that plays it ("stdlib/swing:SwingFill") and (beat, chord) from beat 0.

    Beats are MMA's: as many to a bar as the style file's `Time` says.
    """

    groove: str
    chords: tuple[tuple[float, Chord], ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """A track as MMA names it; `notes` are (onset, duration, pitch, velocity), times in beats."""

    name: str
    program: int
    is_drum: bool
    notes: tuple[tuple[float, float, int, int], ...]


@dataclass(frozen=True)
class StyleFile:
    """The grooves of a style file, by what their names say; `sizes` are their lengths in bars.

    `plain` play, `sus` play with sustained strings or voices added, `plus` are the fuller variants.
    """

    path: str
    beats: int
    plain: tuple[str, ...]
    sus: tuple[str, ...]
    plus: tuple[str, ...]
    intros: tuple[str, ...]
    fills: tuple[str, ...]
    ends: tuple[str, ...]
    sizes: dict[str, int]


def installed() -> bool:
    """Whether MMA and its library are here."""
    return shutil.which("mma") is not None and LIBRARY.is_dir()


def spell(chord: Chord) -> str:
    """A chord symbol as MMA writes it, slash bass included."""
    name = chord.root + _SPELLING.get(chord.quality, chord.quality)
    return name + (f"/{chord.bass}" if chord.bass else "")


@lru_cache(maxsize=512)
def style_file(path: str) -> StyleFile:
    """Read the names of the grooves of a style file such as "stdlib/swing".

    Raises
    ------
    MmaMissing
        When the library is not installed.
    KeyError
        When the library has no such file.
    """
    if not LIBRARY.is_dir():
        raise MmaMissing
    file = LIBRARY / f"{path}.mma"
    if not file.exists():
        raise KeyError(path)
    beats, size = 4, 1
    sizes: dict[str, int] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := re.match(r"\s*Time\s+(\d+)", line, re.IGNORECASE):
            beats = int(match[1])
        elif match := re.match(r"\s*SeqSize\s+(\d+)", line, re.IGNORECASE):
            size = int(match[1])
        elif match := re.match(r"\s*DefGroove\s+(\S+)", line, re.IGNORECASE):
            sizes[match[1]] = size
    kinds: dict[str, list[str]] = {k: [] for k in ("plain", "sus", "plus", "intro", "fill", "end")}
    for name in sizes:
        kinds.get(kind_of(name), []).append(name)
    found = {k: tuple(v) for k, v in kinds.items()}
    return StyleFile(
        path,
        beats,
        found["plain"],
        found["sus"],
        found["plus"],
        found["intro"],
        found["fill"],
        found["end"],
        sizes,
    )


def kind_of(groove: str) -> str:
    """What a groove's name says it is: intro, fill, end, plus, sus, plain or other."""
    name = groove.lower()
    if "metronome" in name or "break" in name or name.endswith("-44"):  # "Ballad68-44": not 6/8
        return "other"
    if "intro" in name:
        return "intro"
    if "fill" in name or re.search(r"\dF[AB]$|[a-z]F[AB]$", groove):
        return "fill"
    if re.search(r"end(ing)?(sus)?[a-d\d]?$", name) or re.search(r"[a-z\d]E$", groove):
        return "end"
    if "plus" in name:
        return "plus"
    return "sus" if "sus" in name else "plain"


def render(
    bars: Sequence[ChartBar], *, bpm: float = 120.0, seed: int = 0, timeout: float = 20.0
) -> tuple[Voice, ...]:
    """Play a chart.

    Parameters
    ----------
    bars : sequence of ChartBar
        All of one `Time`.
    bpm : float
        Quarter notes per minute; the speed of strums depends on it.
    seed : int
        Of MMA's own dice: the same chart and seed give the same notes.
    timeout : float
        Seconds that MMA may take.

    Raises
    ------
    MmaMissing
        When MMA is not installed.
    MmaFailed
        When it refuses the chart or takes longer.
    """
    program = shutil.which("mma")
    if program is None:
        raise MmaMissing
    with tempfile.TemporaryDirectory(prefix="mma-") as folder:
        source, target = Path(folder, "chart.mma"), Path(folder, "chart.mid")
        source.write_text(chart_text(bars, bpm=bpm, seed=seed), encoding="utf-8")
        command = [program, "-w", "-xNOCREDIT", str(source), "-f", str(target)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise MmaFailed(f"mma took longer than {timeout:g} s") from error
        if done.returncode or not target.exists():
            raise MmaFailed(" ".join((done.stdout + done.stderr).split())[-300:])
        return _voices(target)


def chart_text(bars: Sequence[ChartBar], *, bpm: float, seed: int) -> str:
    """The chart as an .mma file; a groove is named only where it changes, so that it goes on."""
    lines = [f"RndSeed {seed}", f"Tempo {bpm:g}"]
    groove = ""
    for number, bar in enumerate(bars, 1):
        if bar.groove != groove:
            groove = bar.groove
            lines.append(f"Groove {groove}")
        chords = " ".join(f"{spell(c)}@{beat + 1:g}" for beat, c in bar.chords)
        lines.append(f"{number} {chords or 'z'}")
    return "\n".join(lines) + "\n"


def _voices(path: Path) -> tuple[Voice, ...]:
    """The tracks by name: MMA starts a new MIDI track when a voice changes its instrument.

    MMA's plectrum strikes a string that still sounds again without ending the note, which symusic
    would read as one long note; here a key that is struck again ends its note.
    """
    import mido

    midi = mido.MidiFile(str(path))
    merged: dict[tuple[str, bool], list[tuple[float, float, int, int]]] = {}
    programs: dict[tuple[str, bool], int] = {}
    for track in midi.tracks:
        drum = any(m.type == "note_on" and m.channel == _DRUMS for m in track)
        key = (track.name, drum)
        program = next((m.program for m in track if m.type == "program_change"), 0)
        programs.setdefault(key, program)
        merged.setdefault(key, []).extend(_notes(track, midi.ticks_per_beat))
    return tuple(
        Voice(name, programs[name, drum], drum, tuple(sorted(notes)))
        for (name, drum), notes in merged.items()
        if notes
    )


def _notes(track: Iterable[Any], ticks: int) -> Iterator[tuple[float, float, int, int]]:
    sounding: dict[int, tuple[int, int]] = {}
    now = 0
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        if message.note in sounding:
            start, velocity = sounding.pop(message.note)
            yield start / ticks, (now - start) / ticks, message.note, velocity
        if message.type == "note_on" and message.velocity:
            sounding[message.note] = (now, message.velocity)
    for pitch, (start, velocity) in sounding.items():
        yield start / ticks, (now - start) / ticks, pitch, velocity
