"""Which tunes are hummed by whom: the cases of the bench, and others to tune on.

In: lead sheets (`models.composer.data.load_sheets`), or the few public-domain tunes of
`tunes.toml` where the data sets are not at hand, and a seed. Out: `Case`s with the truth. The
voices of the two populations differ in every parameter; what was tuned was tuned on `VALIDATION`
voices singing validation tunes.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from models.composer.sheets import BAR_STEPS, LeadSheet
from models.transcriber.evaluation.voice import Floats, Singer, Sung, jittered, sing

Population = Literal["validation", "test"]
_SHORTEST = 0.16  # seconds: nobody hums much faster
_SECONDS = (8.0, 24.0)


@dataclass(frozen=True)
class Tune:
    """The opening of a tune in 16ths; `tonic` is a pitch class."""

    name: str
    meter: str
    tonic: int
    minor: bool
    notes: tuple[tuple[int, int, int], ...]
    bpm: float


@dataclass(frozen=True)
class Case:
    """A tune as somebody sings or plays it; `notes` are in seconds as they sound."""

    tune: Tune
    singer: Singer
    notes: tuple[Sung, ...]
    seed: int

    @property
    def name(self) -> str:
        """The tune and how it is sung."""
        return f"{self.tune.name} ({self.singer.vowel}, {self.singer.syllable})"

    def sound(self) -> Floats:
        """The recording, mono at `voice.RATE`."""
        return sing(self.notes, self.singer, np.random.default_rng(self.seed))


def hums(sheets: Sequence[LeadSheet], count: int, seed: int, population: Population) -> list[Case]:
    """`count` singers, each with a tune; sources and meters take turns so that all occur."""
    rng = np.random.default_rng(seed)
    out: list[Case] = []
    for index, tune in enumerate(_tunes(sheets, count, rng)):
        singer, middle = _singer(rng, population)
        moved = _moved(tune, middle + int(rng.integers(-3, 4)))
        notes = jittered(played(moved, rng), singer, rng)
        out.append(Case(moved, singer, tuple(notes), seed * 1000 + index))
    return out


def lines(sheets: Sequence[LeadSheet], count: int, seed: int, middle: int = 67) -> list[Case]:
    """Tunes for an instrument: the same unsteady timing, and no voice."""
    rng = np.random.default_rng(seed)
    player = Singer(jitter=0.015, legato=1.0)
    out: list[Case] = []
    for index, tune in enumerate(_tunes(sheets, count, rng)):
        moved = _moved(tune, middle + int(rng.integers(-4, 5)))
        notes = jittered(played(moved, rng), player, rng)
        out.append(Case(moved, player, tuple(notes), seed * 1000 + index))
    return out


def played(tune: Tune, rng: np.random.Generator) -> list[Sung]:
    """The tune in seconds: the tempo drifts slowly by a few percent, phrases end with a breath."""
    end = max(on + length for on, length, _ in tune.notes)
    drift = rng.normal(0, 0.02)
    sway = 0.015 * np.sin(np.arange(end + 1) * 2 * np.pi / rng.uniform(90, 160) + rng.uniform(0, 6))
    length = 15 / tune.bpm * (1 + drift * np.linspace(-1, 1, end + 1) + sway)
    first = tune.notes[0][0]
    at = np.concatenate([[0.0], np.cumsum(length)])
    at += rng.uniform(0.2, 0.9) - at[first]
    bar = BAR_STEPS[tune.meter]
    out: list[Sung] = []
    since = at[first]
    for index, (on, size, pitch) in enumerate(tune.notes):
        stop = float(at[on + size])
        follows = index + 1 < len(tune.notes) and tune.notes[index + 1][0] == on + size
        if follows and stop - since > 3.5 and stop - at[on] > 0.5:  # out of breath
            stop -= min(0.35, 0.4 * (stop - float(at[on])))
            since = stop
        out.append(Sung(float(at[on]), stop, pitch, on % bar == 0))
    return out


def load_tunes() -> tuple[LeadSheet, ...]:
    """The public-domain tunes that need no data set, tonic at C."""
    raw = tomllib.loads(Path(__file__).with_name("tunes.toml").read_text(encoding="utf-8"))
    return tuple(_written(name, row) for name, row in raw.items())


def _written(name: str, row: dict[str, object]) -> LeadSheet:
    """`start` is the first step of the first bar; `notes` are "pitch:steps", "r" for a rest."""
    meter, at = str(row["meter"]), int(str(row.get("start", 0)))
    notes: list[tuple[int, int, int]] = []
    for word in str(row["notes"]).split():
        pitch, _, steps = word.partition(":")
        if pitch != "r":
            notes.append((at, int(steps), int(pitch)))
        at += int(steps)
    bars = -(-at // BAR_STEPS[meter])
    minor = bool(row.get("minor", False))
    return LeadSheet(name, "public domain", "folk", meter, minor, bars, tuple(notes), ())


def _tunes(sheets: Sequence[LeadSheet], count: int, rng: np.random.Generator) -> list[Tune]:
    """Openings that a person could sing, sources by turns, no file twice while there are others."""
    queues: dict[str, list[Tune]] = {}
    seen: set[str] = set()
    # Game music states no keys: its sheets have what `key_finder` found, which is no truth.
    keyed = [s for s in sheets if s.source != "gamemusic"]
    for number in rng.permutation(len(keyed)):
        sheet = keyed[int(number)]
        tune = _opening(sheet, rng)
        if tune is not None and sheet.id.partition("#")[0] not in seen:
            seen.add(sheet.id.partition("#")[0])
            queues.setdefault(sheet.source, []).append(tune)
    out: list[Tune] = []
    while any(queues.values()):
        for source in sorted(queues):
            if queues[source]:
                out.append(queues[source].pop())
    return (out * -(-count // max(1, len(out))))[:count]  # few tunes: again, by other singers


def _opening(sheet: LeadSheet, rng: np.random.Generator) -> Tune | None:
    compound = sheet.meter == "6/8"
    bpm = float(rng.uniform(90, 170) if compound else rng.uniform(72, 140))
    gaps = np.diff([on for on, _, _ in sheet.notes])
    bpm = min(bpm, 15 * float(np.quantile(gaps, 0.1)) / _SHORTEST)
    bar = BAR_STEPS[sheet.meter]
    first = sheet.notes[0][0] // bar * bar
    for bars in (16, 12, 8, 6, 4):
        notes = tuple(
            (on - first, min(size, first + bars * bar - on), pitch)
            for on, size, pitch in sheet.notes
            if on < first + bars * bar
        )
        seconds = (notes[-1][0] + notes[-1][1] - notes[0][0]) * 15 / bpm
        pitches = [pitch for _, _, pitch in notes]
        rests = [b[0] - a[0] - a[1] for a, b in itertools.pairwise(notes)]
        if _SECONDS[0] <= seconds <= _SECONDS[1]:
            if len(notes) < 14 or max(pitches) - min(pitches) > 19 or max(rests) > 1.5 * bar:
                return None
            return Tune(sheet.id, sheet.meter, 0, sheet.minor, notes, bpm)
    return None


def _moved(tune: Tune, middle: int) -> Tune:
    """The tune with its median at a MIDI pitch."""
    shift = middle - sorted(pitch for _, _, pitch in tune.notes)[len(tune.notes) // 2]
    notes = tuple((on, size, pitch + shift) for on, size, pitch in tune.notes)
    return replace(tune, tonic=(tune.tonic + shift) % 12, notes=notes)


def _singer(rng: np.random.Generator, population: Population) -> tuple[Singer, int]:
    """A voice and the MIDI pitch around which it sings."""
    test = population == "test"
    kinds = ("a", "u", "o", "m", "whistle") if test else ("a", "m", "o", "whistle")
    vowel = str(rng.choice(kinds))
    middle = 84 if vowel == "whistle" else int(rng.choice((49, 54, 60, 65) if test else (51, 62)))
    syllables = ("l", "h") if vowel in ("m", "whistle") else ("d", "l")
    singer = Singer(
        vowel=vowel,
        syllable=str(rng.choice(syllables)),
        legato=float(rng.uniform(0.0, 0.6) if test else rng.choice([0.1, 0.5])),
        wrong=25.0,
        detune=float(rng.uniform(-60, 60)),
        drift=float(rng.normal(0, 25 if test else 15)),
        vibrato_rate=float(rng.uniform(4.0, 6.5) if test else rng.uniform(4.6, 6.0)),
        vibrato_depth=float(rng.choice([0, 15, 35, 60] if test else [0, 30, 50])),
        vibrato_after=float(rng.uniform(0.1, 0.4)),
        scoop=float(rng.uniform(40, 180) if test else 100),
        scoop_time=float(rng.uniform(0.04, 0.09) if test else 0.06),
        glide=float(rng.uniform(0.04, 0.1) if test else 0.07),
        breath=float(rng.uniform(-40, -22) if test else -30),
        noise=float(rng.uniform(-50, -18) if test else rng.choice([-45, -25])),
        accent=float(rng.uniform(0, 3)),
        jitter=float(rng.uniform(0.02, 0.03)),
        room=float(rng.choice([0, 0.2, 0.4]) if test else rng.choice([0, 0.3])),
        roughness=float(rng.uniform(0.002, 0.006)),
    )
    return singer, middle
