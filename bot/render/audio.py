"""The recording: a performance as MIDI in, finished sound out.

In: the MIDI file of a performance, how long its music lasts, how long it was asked to last, or the
loop it holds three times. Out: `Rendered`, mastered float32 (samples, 2) at 48 kHz with its
measures; or the same piece as stems that sum to it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import symusic

from bot.render.cutting import Cut, apply_cut, cut_to, loop_cut
from bot.render.failures import disk_errors
from bot.render.fluidsynth import SAMPLE_RATE, Audio, FluidSynth
from bot.render.mastering import TARGET_LUFS, Curve, apply_curve, master
from bot.render.trims import apply_trims, load_trims

#: What passes of a loop are written and played; the middle one is kept.
LOOP_PASSES = 3


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop of `beats` quarter notes at `bpm`, performed `LOOP_PASSES` times in a row."""

    beats: float
    bpm: float

    @property
    def seconds(self) -> float:
        """Length of one pass."""
        return self.beats * 60 / self.bpm


@dataclass(frozen=True, slots=True)
class Rendered:
    """A recording. `stages` is wall-clock seconds by stage; `cut` and `curve` remake stems."""

    audio: Audio
    lufs: float
    true_peak_db: float
    cut: Cut
    curve: Curve
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.audio) / SAMPLE_RATE


def render_clip(
    midi: Path,
    *,
    soundfont: Path,
    seconds: float,
    asked: float | None = None,
    loop: Loop | None = None,
    target_lufs: float = TARGET_LUFS,
    timeout: float = 120.0,
) -> Rendered:
    """Play, cut and master one performance.

    Parameters
    ----------
    midi : Path
        The performance; for a loop, three passes of it (`models.performance.repeat`).
    seconds : float
        Where the last bar line of one pass falls.
    soundfont : Path
        See `bot.render.soundfont.find_soundfont`.
    asked : float or None
        Exact length of the sound, fade inside; None lets the last chord ring out.
    loop : Loop or None
        Cut the middle pass to the sample, unfaded; `asked` does not matter then.
    target_lufs : float
        Integrated loudness of the result.
    timeout : float
        Seconds of wall clock for FluidSynth.

    Raises
    ------
    EngineMissing, SoundfontMissing, SoundfontInvalid, RenderTimeout, DiskFull
        With a remedy.
    RenderError
        When FluidSynth fails otherwise.
    """
    stages: dict[str, float] = {}
    with _timed(stages, "render"):
        piece, cut = unmastered(
            midi, soundfont=soundfont, seconds=seconds, asked=asked, loop=loop, timeout=timeout
        )
    with _timed(stages, "master"):
        mastered = master(piece, SAMPLE_RATE, target_lufs=target_lufs, loop=loop is not None)
    return Rendered(
        mastered.audio, mastered.lufs, mastered.true_peak_db, cut, mastered.curve, stages
    )


def unmastered(
    midi: Path,
    *,
    soundfont: Path,
    seconds: float,
    asked: float | None = None,
    loop: Loop | None = None,
    timeout: float = 120.0,
) -> tuple[Audio, Cut]:
    """A performance played and cut, its level still FluidSynth's; see `render_clip`."""
    raw = _play(_trimmed(midi, soundfont), soundfont, _music_seconds(seconds, loop), timeout)
    cut = loop_cut(loop.beats, loop.bpm) if loop else cut_to(raw, asked)
    return apply_cut(raw, cut), cut


def render_stems(
    midi: Path,
    mix: Rendered,
    *,
    soundfont: Path,
    seconds: float,
    loop: Loop | None = None,
    timeout: float = 120.0,
) -> dict[str, Audio]:
    """Each track alone, cut and mastered by the mix's own cut and gain curve.

    The stems have the length of the mix and sum to it, because everything between them and the
    mix is linear: reverb, cut, gain.

    Returns
    -------
    Track name -> (samples, 2); a name that comes again gets its track's number.
    """
    score = _trimmed(midi, soundfont)
    stems: dict[str, Audio] = {}
    for index, track in enumerate(score.tracks):
        if not track.notes:
            continue
        alone = score.copy()
        for other, part in enumerate(alone.tracks):
            if other != index:
                part.notes = []
        name = track.name.strip() or f"track {index + 1}"
        if name in stems:
            name += f" {index + 1}"
        raw = _play(alone, soundfont, _music_seconds(seconds, loop), timeout)
        stems[name] = apply_curve(apply_cut(raw, mix.cut), mix.curve)
    return stems


def _music_seconds(seconds: float, loop: Loop | None) -> float:
    return loop.seconds * LOOP_PASSES if loop else seconds


def _trimmed(midi: Path, soundfont: Path) -> symusic.Score:
    score = symusic.Score(midi)
    apply_trims(score, load_trims(soundfont))
    return score


def _play(score: symusic.Score, soundfont: Path, seconds: float, timeout: float) -> Audio:
    """Render our own dump of a score: FluidSynth never sees a file that others wrote."""
    with disk_errors(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "performance.mid")
        path.write_bytes(score.dumps_midi())
        return FluidSynth(soundfont, timeout=timeout).render(path, seconds)


@contextmanager
def _timed(stages: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    stages[stage] = time.perf_counter() - start
