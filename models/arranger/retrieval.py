"""The retrieval baseline: two-bar segments of training bands, chosen and joined by best path.

In: a `Plan`, its melody and a `Bank` of training bands. Out: a whole `Score`. After Zhao and Xia,
*AccoMontage: Accompaniment arrangement via phrase selection and style transfer* (ISMIR 2021): a
segment fits where its melody moves and its chords change alike, neighbours fit where their textures
are alike, dynamic programming finds the best sequence, and what was chosen is moved to the chords
asked for, chord tone for chord tone. The bank is built from data and never shipped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

import numpy as np
from numpy.typing import NDArray

from models.arranger.band import ROLE_OF, SLOTS, Band
from models.arranger.encode import harmony_of
from models.arranger.plain import arrange as plain
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, TEMPLATES
from models.planner.plan import Part, Plan
from models.score import Note, PlacedChord, Role, Score, Track, without_overlaps
from models.theory import QUALITY_CLASSES
from models.vocabulary import load

Bits = NDArray[np.float32]
_BARS = 2  # of a segment
_KEPT = 64  # candidates per place that the path is sought among
#: What a misfit costs, each term being 0..1: melody rhythm, chord kinds, places where chords
#: change, parts that are missing, an ending that is none, the family instead of the style itself.
_MELODY, _KINDS, _CHANGES, _PARTS, _ENDING, _FAMILY = 1.0, 1.0, 0.5, 4.0, 1.0, 1.0
#: Going from one segment to another: for unlike textures, and for leaving a band at all.
_TEXTURE, _LEAP = 1.5, 0.5


@dataclass(frozen=True)
class Bank:
    """Training bands by (style or family or "", meter)."""

    bands: Mapping[tuple[str, str], tuple[Band, ...]]

    @classmethod
    def of(cls, bands: Iterable[Band], most: int = 24, seed: int = 0) -> Bank:
        """So many bands at most for each style, family and meter, drawn once.

        Raises
        ------
        ValueError
            When a band is not a training one.
        """
        groups: dict[tuple[str, str], list[Band]] = defaultdict(list)
        for band in bands:
            if band.split != "train":
                raise ValueError(f"{band.id} is held out")
            if band.bars >= _BARS and len(band.notes):
                for name in {band.style, band.family, ""}:
                    groups[name, band.meter].append(band)
        rng = Random(seed)
        return cls({k: tuple(rng.sample(v, min(most, len(v)))) for k, v in sorted(groups.items())})

    def near(self, plan: Plan, slots: Sequence[str]) -> list[tuple[Band, float]]:
        """Bands with one of the slots and what they cost for not being of the style."""
        style = load().styles[plan.style]
        found: dict[int, tuple[Band, float]] = {}
        for name, cost in ((style.id, 0.0), (style.family, _FAMILY), ("", 2 * _FAMILY)):
            if name == "" and found:
                break
            for band in self.bands.get((name, str(plan.meter)), ()):
                if set(slots) & set(band.slots()):
                    found.setdefault(id(band), (band, cost))
        return list(found.values())


def arrange(plan: Plan, melody: tuple[Note, ...], bank: Bank, seed: int = 0) -> Score:
    """Accompany a melody with what training bands play in its style.

    A part that no band of the meter has is played by rule (`plain`).
    """
    wanted = _slots(plan)
    chosen: dict[str, list[_Segment]] = {slot: [] for slot in wanted}
    left = list(wanted)
    while left:  # what the first choice of bands lacks, further ones play
        path = _path(plan, melody, bank, left, seed)
        if not path:
            break
        had = {slot for segment in path for slot in segment.slots}
        for slot in had & set(left):
            chosen[slot] = path
        if not had & set(left):
            break
        left = [slot for slot in left if slot not in had]
    ruled = {t.name: t for t in plain(plan, melody).tracks}
    parts = {part.name: slot for slot, part in wanted.items()}
    tracks = []
    for part in plan.parts:
        segments = chosen.get(parts.get(part.name, ""), [])
        track = ruled[part.name]
        if segments:
            notes = _played(plan, part, parts[part.name], segments)  # silent everywhere: by rule
            track = Track(part.name, part.role, part.program, notes or track.notes, part.is_drum)
        tracks.append(track)
    return Score(
        plan.title,
        plan.key,
        plan.meter,
        plan.tempos,
        plan.bars,
        tuple(tracks),
        plan.chords,
        tuple(s.section for s in plan.sections),
    )


def _slots(plan: Plan) -> dict[str, Part]:
    """The slot of each part but the melody; a third chordal part has none."""
    seen: Counter[Role] = Counter()
    found: dict[str, Part] = {}
    for part in plan.parts:
        role: Role = "drums" if part.is_drum else part.role
        seen[role] += 1
        slot = f"{role}{seen[role]}" if seen[role] > 1 else role
        if slot in ROLE_OF:
            found[slot] = part
    return found


@dataclass(frozen=True, eq=False)
class _Segment:
    """Two bars of a band from bar `first`; `cost` is for its style."""

    band: Band
    first: int
    cost: float

    @cached_property
    def slots(self) -> frozenset[str]:
        """Who plays in it."""
        begin, end = self.first * self.band.bar_steps, (self.first + _BARS) * self.band.bar_steps
        onsets = self.band.notes[:, 1]
        return frozenset(SLOTS[s] for s in self.band.notes[(onsets >= begin) & (onsets < end), 0])


@dataclass(frozen=True, eq=False)
class _Facts:
    """S segments seen by what is compared; T steps of a segment, B beats, R steps of a bar."""

    segments: tuple[_Segment, ...]
    melody: Bits  # (S, T) onsets
    kinds: NDArray[np.int16]  # (S, B) quality class at each beat
    changes: Bits  # (S, T)
    has: NDArray[np.bool_]  # (S, slots)
    opening: Bits  # (S, 6 R) where parts strike in the first bar
    closing: Bits  # (S, 6 R) and in the last
    ends: NDArray[np.bool_]  # (S,)
    cost: Bits  # (S,)


def _facts(bands: Sequence[tuple[Band, float]], slots: Sequence[str]) -> _Facts:
    """Every second bar of every band, where one of the slots plays."""
    segments, rows = [], []
    wanted = set(slots)
    for band, cost in bands:
        bar = band.bar_steps
        struck = np.zeros((band.bars, len(SLOTS), bar), np.float32)
        struck[band.notes[:, 1] // bar, band.notes[:, 0], band.notes[:, 1] % bar] = 1
        melody, changes = (_onsets(m[:, 0], band.bars, bar) for m in (band.melody, band.chords))
        kinds = harmony_of(band.chords, band.bars * bar).qualities[::STEPS_PER_BEAT]
        beats = bar // STEPS_PER_BEAT
        for first in range(0, band.bars - _BARS + 1):
            plays = struck[first : first + _BARS].any(axis=(0, 2))
            if not wanted & {SLOTS[i] for i in np.flatnonzero(plays)}:
                continue
            segments.append(_Segment(band, first, cost))
            here = slice(first, first + _BARS)
            rows.append(
                (
                    melody[here].ravel(),
                    kinds[first * beats : (first + _BARS) * beats],
                    changes[here].ravel(),
                    plays,
                    struck[first].ravel(),
                    struck[first + _BARS - 1].ravel(),
                    first + _BARS == band.bars,
                    cost,
                )
            )
    columns = [np.array(c) for c in zip(*rows, strict=True)] if rows else [np.zeros((0, 1))] * 8
    return _Facts(tuple(segments), *columns)


def _onsets(onsets: NDArray[np.int16], bars: int, bar: int) -> Bits:
    out = np.zeros(bars * bar, np.float32)
    out[onsets[(onsets >= 0) & (onsets < len(out))]] = 1
    return out.reshape(bars, bar)


def _dice(one: Bits, other: Bits) -> Bits:
    """Likeness of every row of one to every row of the other, (N, M); 1 for two empty rows."""
    either = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :]
    found = np.where(either > 0, 2 * (one @ other.T) / np.maximum(either, 1), 1.0)
    return np.asarray(found, np.float32)


def _path(
    plan: Plan, melody: Sequence[Note], bank: Bank, slots: Sequence[str], seed: int
) -> list[_Segment]:
    """The cheapest sequence of segments, one for each of `_places`; none without candidates."""
    facts = _facts(bank.near(plan, slots), slots)
    if not facts.segments:
        return []
    fit = _misfit(plan, melody, facts, slots)  # (places, S)
    fit += 1e-3 * np.random.default_rng(seed).random(fit.shape)  # ties fall differently by seed
    best = np.argsort(fit, axis=1)[:, :_KEPT]
    kept, back = [best[0]], []
    total = fit[0, best[0]]
    for at in range(1, len(fit)):
        # Going on in the same band is free, so what comes next there must be a candidate too.
        onward = kept[-1][np.argsort(total)[:_KEPT]] + _BARS
        here = np.union1d(best[at], onward[onward < len(facts.segments)])
        sums = total[:, None] + _crossing(facts, kept[-1], here)
        back.append(sums.argmin(axis=0))
        total = sums.min(axis=0) + fit[at, here]
        kept.append(here)
    at = int(total.argmin())
    path = [int(kept[-1][at])]
    for candidates, before in zip(kept[-2::-1], reversed(back), strict=True):
        at = int(before[at])
        path.append(int(candidates[at]))
    return [facts.segments[k] for k in reversed(path)]


def _places(plan: Plan) -> list[tuple[int, int]]:
    """(first bar, bars) of what a segment fills: two bars, or the odd last one of a section."""
    return [
        (s.section.start_bar + k, min(_BARS, s.section.bars - k))
        for s in plan.sections
        for k in range(0, s.section.bars, _BARS)
    ]


def _misfit(
    plan: Plan, melody: Sequence[Note], facts: _Facts, slots: Sequence[str]
) -> NDArray[np.float64]:
    """What each segment costs at each place, (places, S)."""
    bar = BAR_STEPS[str(plan.meter)]
    bars = plan.bars + _BARS  # room for a place of one bar at the end
    sung = _onsets(_steps([n.onset for n in melody]), bars, bar)
    moved = _onsets(_steps([c.onset for c in plan.chords]), bars, bar)
    kinds = np.full(bars * bar // STEPS_PER_BEAT, -1)
    for placed in plan.chords:
        kinds[round(placed.onset) :] = QUALITY_CLASSES.index(placed.chord.quality_class)
    beats = bar // STEPS_PER_BEAT
    rows = []
    for first, size in _places(plan):
        here = slice(first, first + _BARS)
        wanted = [i for i, slot in enumerate(SLOTS) if slot in _asked(plan, first, slots)]
        missing = 1 - facts.has[:, wanted].mean(axis=1) if wanted else 0.0
        alike = facts.kinds == kinds[first * beats : (first + _BARS) * beats]
        rows.append(
            _MELODY * (1 - _dice(sung[here].reshape(1, -1), facts.melody)[0])
            + _CHANGES * (1 - _dice(moved[here].reshape(1, -1), facts.changes)[0])
            + _KINDS * (1 - alike.mean(axis=1))
            + _PARTS * missing
            + _ENDING * (facts.ends != (first + size == plan.bars))
            + facts.cost
        )
    return np.array(rows, np.float64)


def _steps(beats: Sequence[float]) -> NDArray[np.int16]:
    return np.array([round(b * STEPS_PER_BEAT) for b in beats], np.int16)


def _asked(plan: Plan, bar: int, slots: Sequence[str]) -> set[str]:
    """Those of the slots that play in a bar."""
    roles = plan.section_at(bar).roles
    return {slot for slot in slots if ROLE_OF[slot] in roles}


def _crossing(
    facts: _Facts, before: NDArray[np.int64], after: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What it costs to go from each segment to each other, (before, after)."""
    unlike = 1 - _dice(facts.closing[before], facts.opening[after])
    cost = _LEAP + _TEXTURE * unlike.astype(np.float64)
    for i, k in enumerate(before):
        segment, follows = facts.segments[k], k + _BARS
        j = int(np.searchsorted(after, follows))
        if j < len(after) and after[j] == follows:
            other = facts.segments[follows]
            if other.band is segment.band and other.first == segment.first + _BARS:
                cost[i, j] = 0.0
    return cost


def _played(plan: Plan, part: Part, slot: str, segments: Sequence[_Segment]) -> tuple[Note, ...]:
    """A part's notes from its segments, over the plan's chords and within its range."""
    bar = BAR_STEPS[str(plan.meter)]
    notes: list[Note] = []
    for (first, size), segment in zip(_places(plan), segments, strict=True):
        if slot not in _asked(plan, first, [slot]):
            continue
        begin = segment.first * bar
        rows = segment.band.part(slot).astype(int)
        rows = rows[(rows[:, 0] >= begin) & (rows[:, 0] < begin + size * bar)]
        rows[:, 0] -= begin
        rows[:, 1] = np.minimum(rows[:, 1], size * bar - rows[:, 0])
        start = first * plan.meter.bar_beats
        if part.is_drum:
            notes += [
                Note(start + on / STEPS_PER_BEAT, pitch, length / STEPS_PER_BEAT, velocity)
                for on, length, pitch, velocity in rows.tolist()
                if part.low <= pitch <= part.high
            ]
        else:
            notes += _fitted(_moved(plan, segment, rows.tolist(), start, slot == "bass"), part)
    return without_overlaps(notes)


def _moved(
    plan: Plan, segment: _Segment, rows: Sequence[Sequence[int]], start: float, is_bass: bool
) -> list[Note]:
    """Notes of a segment moved from its chords to the plan's; long ones change with the chord."""
    bar = segment.band.bar_steps
    found: list[Note] = []
    theirs = harmony_of(segment.band.chords, segment.band.bars * bar)
    for on, length, pitch, velocity in rows:
        step = segment.first * bar + on
        source = int(theirs.roots[step]), int(theirs.qualities[step])
        onset = start + on / STEPS_PER_BEAT
        end = onset + length / STEPS_PER_BEAT
        before: int | None = None
        for placed in _sounding(plan, onset, end):
            place = max(onset, placed.onset)
            new = _target(plan, pitch, source, placed, is_bass and place == placed.onset)
            until = min(end, placed.onset + placed.duration)
            if new == before:
                last = found.pop()
                found.append(Note(last.onset, new, until - last.onset, velocity))
            else:
                found.append(Note(place, new, until - place, velocity))
            before = new
    return found


def _sounding(plan: Plan, onset: float, end: float) -> list[PlacedChord]:
    """The chords of the plan under a note."""
    return [c for c in plan.chords if c.onset < end and c.onset + c.duration > onset]


def _target(
    plan: Plan, pitch: int, source: tuple[int, int], placed: PlacedChord, on_change: bool
) -> int:
    """A pitch over another chord: root for root, third for third; other tones within the key."""
    chord = placed.chord
    root, quality = source
    known = quality < len(QUALITY_CLASSES)
    shape = TEMPLATES[QUALITY_CLASSES[quality]] if known else (0, 4, 7)
    new = TEMPLATES[chord.quality_class]
    above = (pitch - root) % 12
    if above == 0 and on_change:
        degree = (chord.bass_pc - chord.root_pc) % 12
    elif above in shape:
        place = shape.index(above)
        degree = new[place] if place < len(new) else 0
    else:
        scale = [(pc - chord.root_pc) % 12 for pc in plan.key.scale]
        degree = min(scale, key=lambda d: (abs((d - above + 6) % 12 - 6), d))
    moved = pitch + (chord.root_pc - root + 6) % 12 - 6
    wanted = (chord.root_pc + degree) % 12
    return moved + (wanted - moved + 6) % 12 - 6


def _fitted(notes: Sequence[Note], part: Part) -> list[Note]:
    """Notes by octaves as one to where most lie in the part's range, strays one by one."""

    def outside(up: int) -> int:
        return sum(not part.low <= n.pitch + up <= part.high for n in notes)

    up = min((12 * k for k in range(-4, 5)), key=lambda k: (outside(k), abs(k)))
    found = []
    for note in notes:
        pitch = note.pitch + up
        while pitch < part.low:
            pitch += 12
        while pitch > part.high:
            pitch -= 12
        if pitch >= part.low:
            found.append(Note(note.onset, pitch, note.duration, note.velocity))
    return found
