"""Melodies beside each other: held-out human ones, what a program wrote for them, and controls.

In: test and training sheets, and melodies written for the test ones. Out: rows of muspy measures
and of the distance on 60 features. Controls say what a distance is worth: an n-gram sampler that
knows mode and source, each tune's own bars shuffled, and bars taken from other tunes of its kind.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import midi
from models.composer.encode import FIRST_ONSET, HOLD, REST, Event, bar_events, events_of
from models.composer.evaluation import distance, muspy_measures
from models.composer.features import profile
from models.composer.melody_track import find_melody
from models.composer.ngram import Ngram
from models.composer.sheets import BAR_STEPS, LeadSheet, build
from models.errors import Refusal
from models.key_finder import find_key, weights

BARS = 16
_FEW = 30  # tunes below which an n-gram of a mode and source borrows from the other sources
_FEWEST_NOTES = 16


@dataclass(frozen=True)
class Melody:
    """Events by bar, tonic at C; `tune` names the sheet that it is, or was written for."""

    tune: str
    meter: str
    minor: bool
    bars: tuple[tuple[Event, ...], ...]

    @property
    def bar_steps(self) -> int:
        """Steps in a bar."""
        return BAR_STEPS[self.meter]

    def profile(self) -> distance.Profiles:
        """Its 60 features."""
        return profile(self.bars, self.bar_steps, self.minor)


def melody_of(sheet: LeadSheet, bars: int = BARS) -> Melody:
    """The first bars of a sheet."""
    end = bars * sheet.bar_steps
    events = [e for e in events_of(sheet) if e.step < end]
    rows = bar_events(events, sheet.bar_steps, min(bars, sheet.bars))
    return Melody(sheet.id, sheet.meter, sheet.minor, tuple(map(tuple, rows)))


def humans(sheets: Sequence[LeadSheet], most: int | None = None) -> list[Melody]:
    """Openings of sheets that have `BARS` bars and sixteen notes in them, at most so many."""
    long_enough = (melody_of(s) for s in sheets if s.bars >= BARS)
    out = [m for m in long_enough if _notes(m) >= _FEWEST_NOTES]
    return out[:most]


def _notes(melody: Melody) -> int:
    return sum(e.kind == FIRST_ONSET for events in melody.bars for e in events)


def _laid(melody: Melody, bars: Sequence[Sequence[Event]]) -> Melody:
    """Bars laid end to end; what is held into a bar without its note is struck there again."""
    out: list[tuple[Event, ...]] = []
    before: Event | None = None
    for number, events in enumerate(bars):
        at = number * melody.bar_steps
        row = [e._replace(step=at + e.step % melody.bar_steps) for e in events]
        tied = before is not None and before.kind != REST and before.pitch == row[0].pitch
        if row[0].kind == HOLD and not tied:
            row[0] = row[0]._replace(kind=FIRST_ONSET)
        out.append(tuple(row))
        before = row[-1]
    return Melody(melody.tune, melody.meter, melody.minor, tuple(out))


def shuffled_bars(melody: Melody, seed: int) -> Melody:
    """The same bars in another order."""
    order = np.random.default_rng(seed).permutation(len(melody.bars))
    return _laid(melody, [melody.bars[b] for b in order])


def other_bars(melodies: Sequence[Melody], pool: Sequence[Melody], seed: int) -> list[Melody]:
    """For each melody, bars of tunes in its meter and mode, each bar from another place.

    The pool should be training tunes: this says what good bars alone are worth.
    """
    rng = np.random.default_rng(seed)
    kinds: dict[tuple[str, bool], list[tuple[Event, ...]]] = defaultdict(list)
    for tune in pool:
        kinds[tune.meter, tune.minor].extend(tune.bars)
    out = []
    for melody in melodies:
        bars = kinds[melody.meter, melody.minor] or list(melody.bars)
        out.append(_laid(melody, [bars[i] for i in rng.integers(len(bars), size=BARS)]))
    return out


def sampled(
    melodies: Sequence[Melody],
    sources: Mapping[str, str],
    train: Sequence[LeadSheet],
    order: int = 5,
    seed: int = 0,
) -> list[Melody]:
    """For each melody, one that an n-gram of its mode and source wrote in its meter.

    `sources` names the source of each tune, as the composer is told a manner too.
    """
    rng = np.random.default_rng(seed)
    models: dict[tuple[bool, str], Ngram] = {}
    out = []
    for melody in melodies:
        key = melody.minor, sources[melody.tune]
        if key not in models:
            kind = [s for s in train if s.minor == melody.minor]
            own = [s for s in kind if s.source == key[1]]
            models[key] = Ngram(order).fit(own if len(own) >= _FEW else kind)
        events = models[key].sample(melody.meter, len(melody.bars), rng)
        bars = bar_events(events, melody.bar_steps, len(melody.bars))
        out.append(Melody(melody.tune, melody.meter, melody.minor, tuple(map(tuple, bars))))
    return out


def stored(path: Path) -> list[Melody]:
    """Melodies that `tools/previous_melodies.py` wrote."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    out = []
    for tune, entry in raw.items():
        notes = tuple((int(on), int(length), int(pitch)) for on, length, pitch in entry["notes"])
        sheet = LeadSheet(
            tune, "", "unknown", entry["meter"], entry["minor"], entry["bars"], notes, ()
        )
        out.append(melody_of(sheet))
    return out


def melodies_from(folder: Path) -> list[Melody]:
    """The melodies of a folder of MIDI files: track by `melody_track`, key by `key_finder`.

    The first `BARS` bars from the bar of the first note are taken. Files that cannot be read,
    without a melody of sixteen notes, or in a meter the composer does not know are left out.
    """
    read = (_melody_in(path) for path in sorted(folder.rglob("*.mid")))
    found = (melody_of(sheet) for sheet in read if sheet is not None)
    return [m for m in found if _notes(m) >= _FEWEST_NOTES]


def _melody_in(path: Path) -> LeadSheet | None:
    try:
        score = midi.read(path)
    except Refusal:
        return None
    track = find_melody(score.tracks)
    if track is None or str(score.meter) not in BAR_STEPS:
        return None
    notes = score.tracks[track].notes
    tonic, minor, _ = find_key(
        weights((n.duration, n.pitch) for t in score.tracks if not t.is_drum for n in t.notes)
    )
    first = notes[0].onset // score.meter.bar_beats * score.meter.bar_beats
    return build(
        piece=path.stem,
        source="file",
        style="unknown",
        meter=str(score.meter),
        tonic=tonic,
        minor=minor,
        notes=[(n.onset - first, n.duration, n.pitch) for n in notes],
        chords=[],
    )


@dataclass(frozen=True)
class Line:
    """One row of the table: how many melodies, their measures and their distance to humans."""

    melodies: int
    muspy: dict[str, float]
    distance: distance.Distance


def table(
    test: Sequence[Melody],
    train: Sequence[LeadSheet],
    sources: Mapping[str, str],
    written: Mapping[str, Sequence[Melody]],
    seed: int = 0,
    rounds: int = 100,
) -> dict[str, Line]:
    """The rows "human", those of `written`, and the three controls.

    Parameters
    ----------
    test
        Held-out human melodies (`humans`).
    train
        Training sheets: what the n-gram counts, bars of other tunes, and the features' scale.
    sources
        Source of each test tune by its name.
    written
        Rows by name. Melodies written for a test tune carry its name, and only those are looked
        at; in a row where none does (a folder of files) all are compared as they are.
    seed
        Of the controls and of the halves.
    rounds
        Halves to average over.
    """
    pool = humans(train)
    rows: dict[str, Sequence[Melody]] = {
        **written,
        "n-gram": sampled(test, sources, train, seed=seed),
        "shuffled bars": [shuffled_bars(m, seed + i) for i, m in enumerate(test)],
        "bars of other tunes": other_bars(test, pool, seed),
    }
    scale = distance.Scale.of(np.array([m.profile() for m in pool]))
    places = {melody.tune: i for i, melody in enumerate(test)}
    rows = {k: [m for m in row if m.tune in places] or list(row) for k, row in rows.items()}
    placed: dict[str, distance.Rows] = {}
    for name, members in rows.items():
        whom = [places[m.tune] for m in members if m.tune in places]
        placed[name] = np.array([m.profile() for m in members]), whom or None
    profiles = np.array([m.profile() for m in test])
    far = distance.against(profiles, placed, scale, rounds, seed)
    return {
        name: Line(
            len(members),
            muspy_measures.means([(m.bars, m.bar_steps) for m in members]),
            far[name],
        )
        for name, members in {distance.FLOOR: list(test), **rows}.items()
    }
