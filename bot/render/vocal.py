"""The sung demo: a robot's voice in front of the band, mastered like every recording.

In: a score, its plan and the words on its melody. Out: `sung-robot-demo.mp3` beside the piece's
audio. The band plays the piece's own performance with the melody's player turned down; the voice
follows that band's swing and pulse. It says that it is a demo by a robot wherever it shows up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, fftconvolve, sosfilt

from bot.render import encode
from bot.render.audio import LOOP_PASSES, Loop, Rendered, unmastered
from bot.render.cutting import Cut, apply_cut
from bot.render.failures import disk_errors
from bot.render.fluidsynth import SAMPLE_RATE, Audio
from bot.render.mastering import loudness, master
from models.composer.melody_track import find_melody
from models.lyrics import Lyrics
from models.performance import Performance, perform, repeat, write_performance
from models.performing.feel import Feel
from models.planner.plan import Plan
from models.score import Score
from models.singing.song import sing

#: What the demo is called in its folder, and what is said wherever it is shown.
FILE = "sung-robot-demo.mp3"
LABEL = "robot demo"

#: How much louder the voice is than the band while it sings, in LU.
LEAD_LU = 2.5
_DOUBLING = 0.5  # of the melody player's volume controller, which is 12 dB down
_VOLUME = 7
_LISTENED = 0.1  # seconds over which the voice is asked whether it sounds
_REVERB_DB, _REVERB_SECONDS, _REVERB_AFTER = -14.0, 1.1, 0.02
_REVERB_BAND = (250, 6000)  # Hz

Voice = npt.NDArray[np.float32]  # (samples,)


def with_voice(
    score: Score,
    plan: Plan,
    lyrics: Lyrics,
    folder: Path,
    *,
    soundfont: Path,
    max_bytes: int | None = None,
    timeout: float = 120.0,
) -> Rendered:
    """Sing the words of a piece with its band; write `FILE` into its folder.

    Raises
    ------
    Refusal
        When the voice cannot sing this (`models.singing.song.sing`), or nothing can be played.
    RenderError
        When FluidSynth fails otherwise.
    """
    loop = Loop(score.beats, score.beats * 60 / score.seconds) if plan.loop else None
    band, cut = _band(score, plan, loop, soundfont, timeout)
    seconds = len(band) / SAMPLE_RATE
    voice = sing(lyrics, score, beat_clock(score, plan), SAMPLE_RATE, seconds=seconds)
    finished = master(mixed(band, voice, cut.fade), SAMPLE_RATE, loop=loop is not None)
    with disk_errors():
        encode.encode_mp3(
            finished.audio,
            folder / FILE,
            max_bytes=max_bytes,
            title=f"{lyrics.title or score.title} ({LABEL})",
            artist="Segno",
        )
    return Rendered(finished.audio, finished.lufs, finished.true_peak_db, cut, finished.curve)


def beat_clock(score: Score, plan: Plan) -> Callable[[float], float]:
    """When the band of a piece plays a place of the score, in seconds: with its swing and pulse."""
    feel = Feel(score, plan, plan.seed)

    def seconds_of_beat(beat: float) -> float:
        return max(0.0, score.seconds_at(feel.place(beat)) + feel.pulse(beat))

    return seconds_of_beat


def mixed(band: Audio, voice: Voice, fade: int = 0) -> Audio:
    """Put a voice (samples,) in the middle of a band (samples, 2), `LEAD_LU` over it.

    The last `fade` samples of the voice go as the band's did.
    """
    dry = np.repeat(voice[:, None], 2, axis=1)
    there = _sounding(voice)
    if not there.any():
        return band
    own, others = loudness(dry[there]), loudness(band[there])
    gain_db = others + LEAD_LU - own if np.isfinite(others) else 0.0
    wet = (dry + _room(voice)) * np.float32(10 ** (gain_db / 20))
    return np.asarray(band + apply_cut(wet, Cut(0, len(band), fade)), np.float32)


def _band(
    score: Score, plan: Plan, loop: Loop | None, soundfont: Path, timeout: float
) -> tuple[Audio, Cut]:
    performance = _behind(perform(score, plan, plan.seed))
    if loop:
        performance = repeat(performance, LOOP_PASSES)
    with disk_errors(), TemporaryDirectory() as scratch:
        path = Path(scratch, "performance.mid")
        write_performance(performance, path)
        return unmastered(
            path,
            soundfont=soundfont,
            seconds=score.seconds,
            asked=plan.seconds,
            loop=loop,
            timeout=timeout,
        )


def _behind(performance: Performance) -> Performance:
    """The same band with the player of the melody turned down: the voice has it now."""
    melody = find_melody(performance.score.tracks)
    players = list(performance.players)
    if melody is not None:
        player = players[melody]
        softer = tuple(
            replace(c, value=round(c.value * _DOUBLING)) if c.number == _VOLUME else c
            for c in player.controls
        )
        players[melody] = replace(player, controls=softer)
    return replace(performance, players=tuple(players))


def _sounding(voice: Voice) -> npt.NDArray[np.bool_]:
    """Where the voice sings, breaths aside, (samples,)."""
    size = round(_LISTENED * SAMPLE_RATE)
    blocks = np.pad(voice, (0, -len(voice) % size)).reshape(-1, size)
    level = np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1))
    loud = level > 0.1 * level.max(initial=0.0)
    return np.repeat(loud, size)[: len(voice)]


def _room(voice: Voice) -> Audio:
    """A small room's answer, (samples, 2): two fading noises, the same every time."""
    size = round(_REVERB_SECONDS * SAMPLE_RATE)
    noise = np.random.default_rng(0).standard_normal((size, 2))
    fading = 10 ** (-3 * np.arange(size) / size)  # 60 dB over its length
    band = butter(1, _REVERB_BAND, "bandpass", fs=SAMPLE_RATE, output="sos")
    answer = sosfilt(band, noise * fading[:, None], axis=0)
    answer *= 10 ** (_REVERB_DB / 20) / np.sqrt(np.sum(answer**2, axis=0))
    late = np.pad(voice, (round(_REVERB_AFTER * SAMPLE_RATE), 0))[: len(voice)]
    return np.asarray(fftconvolve(late[:, None], answer, axes=0)[: len(voice)], np.float32)
