"""How long the sound is: exact lengths, fades, and loops without a seam.

In: a raw render (samples, 2) that runs on into its tail. Out: exactly what was asked for. A `Cut`
is decided once, on the mix, and then applied to mix and stems alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.render.fluidsynth import SAMPLE_RATE, Audio

#: Trailing sound this far under the loudest sample counts as silence.
_SILENCE_DB = -60.0
_LONGEST_FADE = 1.5  # seconds
_SHORTEST_FADE = 0.25
_FADE_SHARE = 0.05  # of the piece
_SEAM = 480  # samples: 10 ms


@dataclass(frozen=True, slots=True)
class Cut:
    """`length` samples from `start`; the last `fade` of them fade out; `seamless` closes a loop."""

    start: int
    length: int
    fade: int
    seamless: bool = False


def cut_to(audio: Audio, seconds: float | None) -> Cut:
    """Exactly `seconds` long with the fade inside; or, for None, as long as it sounds."""
    if seconds is not None:
        length = round(seconds * SAMPLE_RATE)
    else:
        level = np.maximum(np.abs(audio[:, 0]), np.abs(audio[:, 1]))  # (samples,)
        heard = np.flatnonzero(level > level.max(initial=0.0) * 10 ** (_SILENCE_DB / 20))
        length = int(heard[-1]) + 1 if len(heard) else len(audio)
    fade = np.clip(_FADE_SHARE * length / SAMPLE_RATE, _SHORTEST_FADE, _LONGEST_FADE)
    return Cut(0, length, min(length, round(float(fade) * SAMPLE_RATE)))


def loop_cut(beats: float, bpm: float) -> Cut:
    """The middle of three passes of a loop of `beats` quarter notes, to the sample."""
    exact = beats * 60 / bpm * SAMPLE_RATE
    return Cut(round(exact), round(exact), 0, seamless=True)


def apply_cut(audio: Audio, cut: Cut) -> Audio:
    """The sound inside a cut, padded with silence where the render ended early."""
    out = audio[cut.start : cut.start + cut.length].copy()
    if len(out) < cut.length:
        out = np.pad(out, ((0, cut.length - len(out)), (0, 0)))
    if cut.fade:
        # Raised cosine from 1 to 0, last sample silent.
        phase = np.linspace(0, np.pi, cut.fade, dtype=np.float32)
        out[-cut.fade :] *= (0.5 + 0.5 * np.cos(phase))[:, None]
    if cut.seamless:
        _close_seam(out, audio, cut.start)
    return out


def finish(audio: Audio, seconds: float | None, loop: bool = False) -> Audio:
    """Cut to `seconds` (or trim the silence) and fade; a loop is cut to the sample, unfaded."""
    if loop:
        length = len(audio) if seconds is None else round(seconds * SAMPLE_RATE)
        return apply_cut(audio, Cut(0, length, 0))
    return apply_cut(audio, cut_to(audio, seconds))


def _close_seam(out: Audio, audio: Audio, start: int) -> None:
    """Let the end become what truly preceded the start, so that the jump back is no jump.

    FluidSynth starts notes on 64-sample blocks, so two passes lie up to 1.3 ms apart and a held
    note would click at the seam without this.
    """
    size = min(_SEAM, start, len(out))
    if size == 0:
        return
    weight = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    out[-size:] = out[-size:] * (1 - weight) + audio[start - size : start] * weight


def seam_jump(audio: Audio) -> tuple[float, float]:
    """The step from the last sample to the first, and the largest step within 10 ms around it.

    A loop is seamless when the first is no larger than the second: the join is a step like the
    ones the music makes anyway.
    """
    jump = float(np.abs(audio[0] - audio[-1]).max())
    steps = np.concatenate(
        [np.abs(np.diff(audio[-_SEAM:], axis=0)), np.abs(np.diff(audio[:_SEAM], axis=0))]
    )
    return jump, float(steps.max())
