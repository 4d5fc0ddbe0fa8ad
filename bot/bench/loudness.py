"""Loudness: 30 rendered pieces measured from the MP3 that a person hears.

Loudness is ITU-R BS.1770 integrated (pyloudnorm), true peak is 4x oversampled; both are measured
on the decoded file. Every track is also rendered alone, to find silent ones and to see how far
the melody stands above each role.
"""

from __future__ import annotations

import math
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import numpy as np
import soundfile

from bot.bench import Row, Table
from bot.bench.briefs import random_briefs
from bot.domain import Request
from bot.piece import PieceFile
from bot.render.cutting import seam_jump
from bot.render.fluidsynth import Audio
from bot.render.mastering import loudness, true_peak_db
from bot.studio import Studio
from models.planner.plan import Plan
from models.score import Role


def run(studio: Studio, cases: int = 30, seed: int = 14) -> Table:
    """LUFS, true peak, clipped samples, silent tracks and length errors over random pieces."""
    above: dict[Role, list[float]] = defaultdict(list)
    lufs, peaks, clipped, silent, late, seams = [], [], 0, 0, [], []
    for brief in random_briefs(cases, seed):
        with tempfile.TemporaryDirectory() as root:
            clip = studio.make(Request("compose", brief), brief.seed or 0, Path(root))[0]
            audio, _ = soundfile.read(clip.files["mp3"], dtype="float32", always_2d=True)
            stems = studio.stems(clip.folder)
            plan = PieceFile.load(clip.folder).plan
            if "loop" in clip.files:
                loop, _ = soundfile.read(clip.files["loop"], dtype="float32", always_2d=True)
                jump, step = seam_jump(loop)
                seams.append(jump / step)
        lufs.append(loudness(audio))
        peaks.append(true_peak_db(audio))
        clipped += int(np.sum(np.abs(audio) >= 1.0))
        silent += sum(float(np.abs(stem).max()) < 1e-3 for stem in stems.values())
        for role, lead in balance(plan, stems).items():
            above[role].append(lead)
        if brief.seconds is not None:
            late.append(abs(len(audio) / 48_000 - brief.seconds))
    rows = {
        "quietest": Row(round(min(lufs), 2), "LUFS", ">= -14.5"),
        "loudest": Row(round(max(lufs), 2), "LUFS", "<= -13.5"),
        "highest true peak": Row(round(max(peaks), 2), "dBTP", "< -1"),
        "clipped samples": Row(float(clipped), "", "0"),
        "silent tracks": Row(float(silent), "", "0"),
        "largest error of a length asked in seconds": Row(
            round(max(late, default=0), 3), "s", "0.1"
        ),
    }
    for role, leads in sorted(above.items()):
        rows[f"melody above {role}, mean of {len(leads)}"] = Row(round(mean(leads), 1), "LU")
    if seams:
        rows[f"loop seam over the music's own steps, worst of {len(seams)}"] = Row(
            round(max(seams), 2), "x", "<= 1"
        )
    return Table("loudness", cases, seed, rows, ("measured on the decoded MP3",))


def balance(plan: Plan, stems: Mapping[str, Audio]) -> dict[Role, float]:
    """By how many LU the melody's stem is louder than the loudest stem of each other role."""
    roles = {part.name: part.role for part in plan.parts}
    found: dict[Role, float] = {}
    for name, stem in stems.items():
        role = roles.get(name)
        if role is not None:
            found[role] = max(found.get(role, -math.inf), loudness(stem))
    melody = found.pop("melody", None)
    return {} if melody is None else {role: melody - level for role, level in found.items()}
