"""A piece in another mood: the same tune and players, felt differently, and measured.

In: a `Work`, a `feeling.Wish`, what may not be touched, an arranger and a seed. Out: the work moved
the way that was asked as `models.mood_judge` hears it, or as near as three tries came. First the
means that listeners weigh most (Eerola, Friberg & Bresin 2013: mode, tempo, register, dynamics,
articulation), gently, with an accompaniment of the mood's density; stronger where that is not heard
yet. The tune keeps its rhythm, its contour and its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.arranger.generate import Arranger
from models.planner.bounds import TEMPO
from models.planner.brief import Brief
from models.planner.plan import Plan, PlanSection
from models.planner.rework import restyled
from models.reshape import compare, feeling, pitch, touch
from models.reshape.band import around, tune
from models.reshape.feeling import Felt, Wish
from models.reshape.work import Span, Work
from models.score import Score
from models.theory import Key

#: What is enough not to look further, in units of what must be heard.
_CLEAR = 2.5
_TRIES = 3
_DRAWS = 104_729
#: Density and dynamics (0..1) that a try moves at least, by try.
_DENSITY, _DYNAMICS = (0.06, 0.14, 0.24), (0.08, 0.12, 0.18)


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was asked for besides the mood, and is not to be moved for its sake."""

    mode: bool = False
    tempo: bool = False
    loudness: bool = False
    register: bool = False
    density: bool = False


@dataclass(frozen=True, slots=True)
class Aim:
    """Where to: the wish and its mood (a vocabulary id, or None), in some bars or everywhere."""

    wish: Wish
    mood: str | None
    fixed: Fixed
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What is done on top: tempo's factor, steps of loudness, length of notes, octaves, steps."""

    tempo: float = 1.0
    loud: float = 0.0
    length: float = 1.0
    octaves: int = 0
    semitones: int = 0


def in_mood(work: Work, aim: Aim, arranger: Arranger, seed: int) -> Work:
    """The piece, or some bars of it, moved towards a mood: the first try that is clearly heard.

    Raises
    ------
    Refusal
        When nothing with a pitch plays there.
    """
    place = aim.span or work.whole
    before = _felt(work.score, place)
    ways = _ways(aim.wish, before)
    best, reached = work, 0.0
    for attempt in range(_TRIES):
        base = _base(work, aim, ways, attempt, arranger, seed + _DRAWS * attempt)
        for means in _means(ways, aim, work, attempt):
            made = _applied(base, work, means, aim.span)
            heard = feeling.progress(aim.wish, before, _felt(made.score, place))
            if heard > reached:
                best, reached = made, heard
            if reached >= _CLEAR:
                return best
        if reached >= 1:  # stronger means are for what is not heard yet
            break
    return best


def _felt(score: Score, place: Span) -> Felt:
    return feeling.felt(compare.excerpt(score, range(place[0], place[1] + 1)))


def _ways(wish: Wish, before: Felt) -> tuple[int, int]:
    """Which way to go; to a mood in the middle, from wherever it is now."""
    if wish.ways != (0, 0):
        return wish.ways
    far = [t - b for t, b in zip(wish.target, before, strict=True)]
    ways = [0 if abs(d) < 0.1 else 1 if d > 0 else -1 for d in far]
    return ways[0], ways[1]


# --- the same tune with other chords and another accompaniment ------------------------------------


def _base(
    work: Work, aim: Aim, ways: tuple[int, int], attempt: int, arranger: Arranger, seed: int
) -> Work:
    """The work in the mood's mode, with its players at the mood's density and loudness.

    Where activity is not asked for, or writing the players again did not help, they play on.
    """
    span = aim.span
    made = work if aim.fixed.mode else _turned(work, ways[0], span)
    plan = _dressed(made.plan, aim, ways, attempt, seed)
    if ways[1] == 0 or attempt == 1:
        played = _in_dynamics(made, plan, frozenset(p.name for p in plan.parts))
        played = played.planned(plan)
    else:
        lead = frozenset(p.name for p in plan.parts if p.role == "melody")
        names = {p.name for p in plan.parts} - lead
        made = _in_dynamics(made, plan, lead)
        place = span or made.whole
        played = around(made, plan, tune(made), arranger, seed, span=place, names=names)
    return played if span is None else played.planned(_outside_as_was(played.plan, work.plan, span))


def _turned(work: Work, way: int, span: Span | None) -> Work:
    """The work in the parallel mode, when that is the one of the mood."""
    key = work.plan.key
    if way == 0 or key.is_minor == (way < 0):
        return work
    return pitch.in_key(work, Key(key.tonic, "minor" if way < 0 else "major"), span)


def _dressed(plan: Plan, aim: Aim, ways: tuple[int, int], attempt: int, seed: int) -> Plan:
    """The plan with density, dynamics and mood of its sections moved to those of the mood."""
    valence, arousal = aim.wish.target
    moods = (aim.mood,) if aim.mood else ()
    fresh = restyled(plan, Brief(moods=moods, valence=valence, arousal=arousal), seed)
    first, last = aim.span or (0, plan.bars - 1)

    def dressed(old: PlanSection, new: PlanSection) -> PlanSection:
        start = old.section.start_bar
        if start > last or start + old.section.bars - 1 < first:
            return old
        density, dynamics = old.density, old.dynamics
        if not aim.fixed.density:
            density = _towards(density, new.density, ways[1], _DENSITY[attempt])
        if not aim.fixed.loudness:
            dynamics = _towards(dynamics, new.dynamics, ways[1], _DYNAMICS[attempt])
        return replace(
            old, valence=new.valence, arousal=new.arousal,
            density=max(0.05, density), dynamics=max(0.1, dynamics),
        )  # fmt: skip

    pairs = zip(plan.sections, fresh.sections, strict=True)
    return replace(plan, sections=tuple(dressed(a, b) for a, b in pairs))


def _towards(old: float, new: float, way: int, least: float) -> float:
    """A value moved by `least` or more one way, half-way to another that lies that way."""
    if way == 0:
        return old
    by = max(least, way * (new - old) / 2)
    return round(min(1.0, max(0.0, old + way * by)), 3)


def _in_dynamics(work: Work, plan: Plan, names: frozenset[str]) -> Work:
    """Some parts as loud as other dynamics of their sections want them."""
    made = work
    for old, new in zip(work.plan.sections, plan.sections, strict=True):
        steps = (new.dynamics - old.dynamics) / touch.STEP
        if steps:
            first = old.section.start_bar
            made = touch.struck(made, names, steps, (first, first + old.section.bars - 1))
    return made


def _outside_as_was(plan: Plan, old: Plan, span: Span) -> Plan:
    """The plan with sections that reach out of a span as they were: most of them is not new."""
    sections = tuple(
        new
        if span[0] <= new.section.start_bar
        and new.section.start_bar + new.section.bars - 1 <= span[1]
        else was
        for new, was in zip(plan.sections, old.sections, strict=True)
    )
    return replace(plan, sections=sections)


# --- means from gentle to strong ------------------------------------------------------------------


def _means(ways: tuple[int, int], aim: Aim, work: Work, attempt: int) -> Iterator[Means]:
    """What else to do, from nothing to much, as far as it is free to be done.

    What moves both axes one way (tempo, short notes, height) serves where they are asked to go one
    way; where they part, loudness makes what is active and height what is dark.
    """
    valence, arousal = ways
    fixed, plan = aim.fixed, work.plan
    tempo_free = not (fixed.tempo or aim.span is not None or plan.seconds is not None)
    parted = valence * arousal < 0
    pull = 0.4 * arousal if parted else arousal or 0.7 * valence
    high = valence or arousal
    for strength in (0.0, 0.5, 1.0, 1.6):
        more = strength + 0.5 * attempt
        tempo = 1 + pull * (0.06 + 0.08 * more) if tempo_free and more else 1.0
        loud = 0.0 if fixed.loudness else arousal * (1.2 if parted else 0.7) * more
        length = 1.0
        if not parted and more:
            length = max(0.5, 1 - 0.2 * more) if (arousal or valence) > 0 else 1 + 0.5 * more
        plain = Means(_playable(tempo, plan.bpm), loud, length)
        yield plain
        if strength >= 1 and not fixed.register:
            yield replace(plain, octaves=high)
            if attempt and not fixed.mode and aim.span is None:
                yield replace(plain, semitones=2 * high)
                yield replace(plain, octaves=high, semitones=3 * high)


def _playable(factor: float, bpm: float) -> float:
    low, high = TEMPO
    return min(high, max(low, bpm * factor)) / bpm


def _applied(base: Work, first: Work, means: Means, span: Span | None) -> Work:
    """The work with such means applied, in a span or all over."""
    made = pitch.transposed(base, means.semitones) if means.semitones else base
    if means.loud:
        made = touch.louder(made, means.loud, span)
    if means.length != 1.0:
        beats = made.beats(span or made.whole)
        made = made.with_tracks(touch.articulated(made.score.tracks, means.length, beats))
    if means.octaves:
        names = frozenset(p.name for p in made.plan.parts if not p.is_drum and p.role != "bass")
        made = pitch.octaves(made, names, means.octaves, span)
    if means.tempo != 1.0:
        bpm = float(round(first.plan.bpm * means.tempo))
        made = made.planned(replace(made.plan, bpm=bpm, last_bpm=None))
    return made
