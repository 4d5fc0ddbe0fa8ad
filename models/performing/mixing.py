"""Each player's place in the room: volume, pan, reverb, swells and pedal, as MIDI controllers.

In: a track, its score and plan. Out: `Control`s. Figures: `models/mix.toml`, after
notes/rendering.md section 10. Pop and jazz bands are mixed by role; where at least four winds,
strings or voices play they sit as an orchestra, a choir or a horn section does, and are one
another's equals in loudness.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.arranger import patterns
from models.performing.touch import GRAND_PIANOS, SUSTAINED
from models.planner.plan import Plan
from models.score import Role, Score, Track
from models.vocabulary import Style

_VOLUME, _PAN, _EXPRESSION, _PEDAL, _REVERB, _CHORUS = 7, 10, 11, 64, 91, 93
_SWELL = (86, 118)  # CC11 at the ends and in the middle of a phrase
_SECTION = 4  # so many seated players are a section, not guests of a band


@dataclass(frozen=True, slots=True)
class Control:
    """A MIDI controller value at a place in beats."""

    onset: float
    number: int
    value: int


@lru_cache(maxsize=1)
def _mix_table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent.parent / "mix.toml").read_text(encoding="utf-8"))


def mixes(tracks: Sequence[Track]) -> list[list[Control]]:
    """Volume, pan and reverb of every track at the start."""
    seats = _mix_table()["seat"]
    seated = [not t.is_drum and str(t.program) in seats for t in tracks]
    together = sum(seated) >= _SECTION
    roles: Counter[Role] = Counter()
    desks: Counter[int] = Counter()
    found = []
    for track, sits in zip(tracks, seated, strict=True):
        settings = _settings(track, together and sits)
        pans = settings["pan"]
        order = desks[track.program] if together and sits else roles[track.role]
        roles[track.role] += 1
        desks[track.program] += 1
        values = (
            (_VOLUME, settings["volume"]),
            (_PAN, pans[order % len(pans)]),
            (_REVERB, settings["reverb"]),
            (_CHORUS, 0),
        )
        found.append([Control(0.0, number, value) for number, value in values])
    return found


def _settings(track: Track, seated: bool) -> dict[str, Any]:
    """Volume, reverb and the pans of the first, second, ... of its kind."""
    table = _mix_table()
    settings: dict[str, Any] = dict(table[track.role])
    if track.role in ("chords", "counter", "pad"):
        family = table["family"].get(str(track.program // 8 * 8), {})
        settings |= family if track.role == "chords" else {}
        settings["reverb"] = max(settings["reverb"], family.get("reverb", 0))
    if seated:
        settings["pan"] = table["seat"][str(track.program)]
        settings["volume"] = table["section"].get(track.role, settings["volume"])
        settings["reverb"] = max(settings["reverb"], table["section"]["reverb"])
    return settings


def swells(score: Score, track: Track) -> list[Control]:
    """Expression of held sounds: one arc over every four bars, a value on each beat."""
    if track.is_drum or track.program not in SUSTAINED or track.role not in ("pad", "counter"):
        return []
    low, high = _SWELL
    phrase = min(4, score.bars) * score.meter.bar_beats
    found = []
    for beat in range(math.ceil(score.beats)):
        height = math.sin(math.pi * (beat % phrase) / phrase)
        found.append(Control(float(beat), _EXPRESSION, round(low + (high - low) * height)))
    return found


def pedal(plan: Plan, style: Style, track: Track) -> list[Control]:
    """Sustain pedal of a piano that plays chords: down after each change, up before the next."""
    wanted = track.role == "chords" and track.program in GRAND_PIANOS and not track.is_drum
    if not wanted or plan.grade is not None or not patterns.option("comp", style.comp, "pedal"):
        return []
    found = []
    for placed in plan.chords:
        end = placed.onset + placed.duration
        if any(placed.onset <= n.onset < end for n in track.notes):
            found.append(Control(placed.onset + min(0.1, placed.duration / 4), _PEDAL, 127))
            found.append(Control(end - min(0.03, placed.duration / 8), _PEDAL, 0))
    return found
