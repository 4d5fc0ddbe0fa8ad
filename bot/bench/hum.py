"""Hums and instrument lines to notes: what was heard against what was meant, beside others.

In: 40 made-up singers and 10 rendered instruments with tunes of the test split (of the data sets
where `--data` names them, else the public-domain tunes of `models/transcriber/evaluation`). Out: a
table. Singers, tunes and instruments are none that anything was tuned on. A tempo is right within 4
percent of the true mean, a key when tonic and mode are; a singer more than half a semitone out of
tune may be heard a semitone off as a whole, by every system.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

from bot.bench import Row, Table
from models import midi
from models.composer.sheets import LeadSheet
from models.errors import Refusal
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key
from models.transcriber import pitch
from models.transcriber.evaluation.cases import Case, hums, lines, load_tunes
from models.transcriber.evaluation.rivals import rivals
from models.transcriber.evaluation.scores import Timed, note_f1
from models.transcriber.evaluation.voice import RATE, Floats
from models.transcriber.hear import Heard, hear

#: General MIDI programs of the lines: guitars, piano, strings, winds, a whistle.
PROGRAMS = (24, 25, 0, 40, 42, 56, 65, 71, 73, 78)
_SEED = 2026


@dataclass
class _Tally:
    """What is counted over the cases of a kind."""

    near: list[float] = field(default_factory=list)
    wide: list[float] = field(default_factory=list)
    key: list[bool] = field(default_factory=list)
    tempo: list[bool] = field(default_factory=list)
    octave: list[bool] = field(default_factory=list)
    meter: list[bool] = field(default_factory=list)
    duple: list[bool] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def run(
    sheets: Sequence[LeadSheet] | None,
    soundfont: Path | None,
    *,
    quick: bool = False,
    seed: int = _SEED,
) -> Table:
    """Measure on tunes of `sheets` (the test split); without a soundfont there are no lines."""
    chosen = list(sheets or load_tunes())
    sung = [(c.name, c, c.sound()) for c in hums(chosen, 6 if quick else 40, seed, "test")]
    rendered: list[tuple[str, Case, Floats]] = []
    if soundfont is not None:
        count = 2 if quick else len(PROGRAMS)
        for case, program in zip(lines(chosen, count, seed + 1), PROGRAMS, strict=False):
            sound, heard_case = _rendered(case, program, soundfont)
            rendered.append((f"{case.tune.name} (program {program})", heard_case, sound))
    rows: dict[str, Row] = {}
    details: dict[str, object] = {}
    for kind, cases in (("hums", sung), ("lines", rendered)):
        if cases:
            tally, seen = _measured(cases)
            details[kind] = seen
            rows |= _rows(kind, len(cases), tally, _others(cases))
    notes = (
        "note F1 by mir_eval: onset within the window, pitch within 50 cents, ends not counted",
        "made-up voices: no recording of a person is among them",
    )
    return Table("hum", len(sung) + len(rendered), seed, rows, notes, details)


def _measured(cases: Sequence[tuple[str, Case, Floats]]) -> tuple[_Tally, list[str]]:
    """Ours, from a file on disk to the finished value."""
    tally, seen = _Tally(), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.wav"
        for name, case, sound in cases:
            sf.write(str(path), sound, RATE)
            begin = time.process_time()
            try:
                heard: Heard | None = hear(path)
            except Refusal:
                heard = None
            tally.seconds.append(time.process_time() - begin)
            seen.append(f"{name}: {_count(case, heard, tally)}")
    return tally, seen


def _count(case: Case, heard: Heard | None, tally: _Tally) -> str:
    tune = case.tune
    near, _ = note_f1(_meant(case), heard.timed if heard else (), 0.05)
    wide, shift = note_f1(_meant(case), heard.timed if heard else (), 0.1)
    tally.near.append(near)
    tally.wide.append(wide)
    steps = [on for on, _, _ in tune.notes]
    onsets = [n.onset for n in case.notes]
    bpm = 15 * (steps[-1] - steps[0]) / (onsets[-1] - onsets[0])
    ratio = heard.bpm / bpm if heard else 0.0
    key = heard is not None and ((heard.key.tonic_pc + shift) % 12, heard.key.is_minor) == (
        tune.tonic,
        tune.minor,
    )
    tally.key.append(key)
    tally.tempo.append(abs(ratio - 1) <= 0.04)
    tally.octave.append(any(abs(ratio / k - 1) <= 0.04 for k in (0.5, 1, 2)))
    tally.meter.append(heard is not None and str(heard.meter) == tune.meter)
    tally.duple.append(heard is not None and _merged(str(heard.meter)) == _merged(tune.meter))
    placed = {round(n.onset * 4) for n in heard.notes} if heard else set()
    tally.steps.append(len(placed & set(steps)) / len(steps))
    said = f"{heard.key}, {heard.meter}, {heard.bpm:g}" if heard else "refused"
    mode = "minor" if tune.minor else "major"
    return (f"F1 {near:.2f}/{wide:.2f}, {said}; meant {tune.tonic} {mode}, {tune.meter}, "
            f"{bpm:.1f}")  # fmt: skip


def _merged(meter: str) -> str:
    return "4/4" if meter == "2/4" else meter


def _others(cases: Sequence[tuple[str, Case, Floats]]) -> dict[str, tuple[float, float, float]]:
    """F1 at 50 and 100 ms and CPU seconds of each rival."""
    found: dict[str, tuple[float, float, float]] = {}
    for name, listen in rivals().items():
        scores = [_rival(listen, case, sound) for _, case, sound in cases]
        found[name] = (fmean(s[0] for s in scores), fmean(s[1] for s in scores),
                       fmean(s[2] for s in scores))  # fmt: skip
    return found


def _rival(
    listen: Callable[[Floats], list[Timed]], case: Case, sound: Floats
) -> tuple[float, float, float]:
    mono = resample_poly(sound, 1, RATE // pitch.RATE)
    begin = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notes = listen(mono)
    spent = time.process_time() - begin
    return note_f1(_meant(case), notes, 0.05)[0], note_f1(_meant(case), notes, 0.1)[0], spent


def _rows(
    kind: str, cases: int, tally: _Tally, others: dict[str, tuple[float, float, float]]
) -> dict[str, Row]:
    beside = [", ".join(f"{name} {value[i]:.2f}" for name, value in others.items())
              for i in range(3)]  # fmt: skip

    def percent(values: Sequence[bool]) -> float:
        return round(100 * fmean(values), 1)

    return {
        f"{kind}: note F1, 50 ms": Row(round(fmean(tally.near), 3), "", "", beside[0]),
        f"{kind}: note F1, 100 ms": Row(round(fmean(tally.wide), 3), "", ">= .85", beside[1]),
        f"{kind}: key": Row(percent(tally.key), "%", ">= 85", f"{cases} cases"),
        f"{kind}: tempo within 4 %": Row(percent(tally.tempo), "%"),
        f"{kind}: tempo, or half or twice": Row(percent(tally.octave), "%"),
        f"{kind}: meter": Row(percent(tally.meter), "%"),
        f"{kind}: meter, 2/4 as 4/4": Row(percent(tally.duple), "%"),
        f"{kind}: notes on the right 16th": Row(round(100 * fmean(tally.steps), 1), "%"),
        f"{kind}: CPU": Row(round(fmean(tally.seconds), 2), "s", "< 2", beside[2]),
    }


def _meant(case: Case) -> list[Timed]:
    return [(n.onset, n.offset, float(n.pitch)) for n in case.notes]


def _rendered(case: Case, program: int, soundfont: Path) -> tuple[Floats, Case]:
    """A line as FluidSynth plays it, mono at `voice.RATE`, in seconds as the case states."""
    from bot.render.fluidsynth import SAMPLE_RATE, FluidSynth

    track = Track("line", "melody", program, tuple(
        Note(round(2 * n.onset * 480) / 480, n.pitch,
             max(1, round(1.9 * (n.offset - n.onset) * 480)) / 480, 96 if n.downbeat else 84)
        for n in case.notes))  # fmt: skip
    end = case.notes[-1].offset
    score = Score("line", Key("C"), Meter(), (Tempo(0.0, 120.0),), int(end / 2) + 2, (track,))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.mid"
        midi.write(score, path)
        stereo = FluidSynth(soundfont).render(path, end)
    mono = np.asarray(stereo, np.float64).mean(axis=1)
    return resample_poly(mono, RATE // 300, SAMPLE_RATE // 300), case
