"""Even instruments: how much each General MIDI program of a soundfont must be turned down or up.

In: a soundfont to measure, or a MIDI file to even out. Out: `trims.toml` (dB per program and kit),
or the same MIDI file with its channel volumes trimmed. At one velocity the programs of FluidR3
lie as far apart as the table shows; without it an overdriven guitar buries a pad.

`python -m bot.render.trims [SOUNDFONT]` measures again and rewrites `trims.toml`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import symusic

from bot.render.failures import RenderError
from bot.render.fluidsynth import FluidSynth
from bot.render.mastering import loudness
from bot.render.soundfont import find_soundfont

#: A program is never moved further than this: a woodblock need not sound like an organ.
LARGEST_TRIM_DB = 8.0

_FILE = Path(__file__).with_name("trims.toml")
_VOLUME = 7  # the controller
_DEFAULT_VOLUME = 100
#: Middle of the register, as a MIDI note, for each of the 16 families of 8 programs.
_CENTRES = (60, 72, 60, 55, 38, 60, 57, 57, 62, 67, 67, 60, 60, 60, 60, 60)
#: Instruments that live elsewhere than their family: cello, contrabass, timpani, trombone, tuba,
#: baritone saxophone, bassoon, piccolo.
_OWN_CENTRES = {42: 48, 43: 40, 47: 45, 57: 52, 58: 43, 67: 50, 70: 48, 72: 79}
_BEATS = 8
_BPM = 120.0


@dataclass(frozen=True)
class Trims:
    """Gain in dB by General MIDI program and by drum kit; what is not listed stays as it is."""

    programs: Mapping[int, float] = field(default_factory=dict)
    kits: Mapping[int, float] = field(default_factory=dict)

    def of(self, program: int, is_drum: bool) -> float:
        """The trim of one track in dB."""
        return (self.kits if is_drum else self.programs).get(program, 0.0)


def load_trims(soundfont: Path) -> Trims:
    """The measured table of a soundfont; a neutral one for fonts that were not measured.

    The name behind links decides, because `default-GM.sf2` may be any font.
    """
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    if soundfont.resolve().stem != table["font"]:
        return Trims()
    return Trims(
        {int(k): float(v) for k, v in table["programs"].items()},
        {int(k): float(v) for k, v in table["kits"].items()},
    )


def apply_trims(score: symusic.Score, trims: Trims) -> None:
    """Scale the channel volumes of a symusic score in place.

    MIDI volume is quadratic in amplitude (40 log10, MMA RP-015), so `t` dB are a factor of
    10^(t/40). When a raised track would pass 127 all tracks come down together: the balance is
    what counts, mastering sets the level.
    """
    factors = [10 ** (trims.of(t.program, t.is_drum) / 40) for t in score.tracks]
    loudest = 127.0
    for track, factor in zip(score.tracks, factors, strict=True):
        volumes = [c.value for c in track.controls if c.number == _VOLUME]
        loudest = max(loudest, max(volumes, default=_DEFAULT_VOLUME) * factor)
    for track, factor in zip(score.tracks, factors, strict=True):
        scaled = [c for c in track.controls if c.number == _VOLUME]
        others = [c for c in track.controls if c.number != _VOLUME]
        if not scaled:
            scaled = [symusic.ControlChange(0, _VOLUME, _DEFAULT_VOLUME)]
        factor *= 127.0 / loudest
        changed = [
            symusic.ControlChange(c.time, _VOLUME, max(1, round(c.value * factor))) for c in scaled
        ]
        track.controls = sorted([*changed, *others], key=lambda c: c.time)


def _phrase(program: int, is_drum: bool) -> symusic.Score:
    """Four bars at velocity 90: a scale over an octave and a half, or a plain beat."""
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, _BPM))
    track = symusic.Track("", program, is_drum)
    steps = (0, 4, 7, 12, 9, 5, 2, -3)
    centre = _OWN_CENTRES.get(program, _CENTRES[program // 8]) - 4
    for eighth in range(_BEATS * 2):
        if is_drum:
            pitches = [42, *([36] if eighth % 8 in (0, 4) else []), *([38] * (eighth % 4 == 2))]
        else:
            pitches = [centre + steps[eighth // 2]] if eighth % 2 == 0 else []
        for pitch in pitches:
            track.notes.append(symusic.Note(eighth * 240, 420, pitch, 90))
    score.tracks.append(track)
    return score


def measure(soundfont: Path) -> Trims:
    """Play a phrase on every program and kit and find what brings it to the common loudness.

    Programs aim at their median. Kits aim at the standard kit, which keeps trim 0.
    """
    synth = FluidSynth(soundfont)
    seconds = _BEATS * 60 / _BPM

    def level(program: int, is_drum: bool, folder: str) -> float | None:
        path = Path(folder, "phrase.mid")
        path.write_bytes(_phrase(program, is_drum).dumps_midi())
        try:
            found = loudness(synth.render(path, seconds, tail=0.5))
        except RenderError:  # a program the font does not have
            return None
        return found if found > -70 else None

    with tempfile.TemporaryDirectory() as folder:
        programs = {p: level(p, False, folder) for p in range(128)}
        kits = {k: level(k, True, folder) for k in (0, 8, 16, 24, 25, 32, 40, 48)}
    heard = [v for v in programs.values() if v is not None]
    return Trims(
        {p: _trim(v, statistics.median(heard)) for p, v in programs.items() if v is not None},
        {k: _trim(v, kits[0] or v) for k, v in kits.items() if v is not None},
    )


def _trim(level: float, aim: float) -> float:
    return round(max(-LARGEST_TRIM_DB, min(LARGEST_TRIM_DB, aim - level)), 1) + 0.0


def main(arguments: list[str]) -> None:
    """Measure a soundfont and rewrite the table beside this file."""
    font = find_soundfont(arguments[0] if arguments else None)
    trims = measure(font)
    lines = [
        "# Gain in dB that evens the programs of one soundfont at velocity 90.",
        "# Written by: python -m bot.render.trims SOUNDFONT",
        f'font = "{font.resolve().stem}"',
        "",
        "[programs]",
        *(f"{program} = {gain}" for program, gain in trims.programs.items()),
        "",
        "[kits]",
        *(f"{kit} = {gain}" for kit, gain in trims.kits.items()),
    ]
    _FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
