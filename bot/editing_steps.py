"""The steps of an edit: one function for each thing that can become different about a piece.

In: a `Job` (what was asked, where, of which piece) and the `Work` so far. Out: a `Step`: the work
after it and whether everything that was not meant stayed note for note, which is checked on the
notes themselves. What the steps do to music is `models.reshape`'s business; players are
`bot.arranging`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.arranging import Makers, edited
from bot.domain import Arrangement, Change
from bot.editing_ask import Place, key_meant, parts_meant, player_meant, sections_meant
from models import vocabulary
from models.errors import Refusal
from models.planner.bounds import METERS
from models.planner.brief import Brief
from models.planner.rework import restyled
from models.reshape import bars, compare, feeling, lines, mooding, pitch, texture, timing
from models.reshape.band import around, in_reach, tune
from models.reshape.meter import in_meter
from models.reshape.work import Span, Work, holding, within
from models.score import Meter, Note

_DRAWS = 7_919  # how far apart the seeds of several draws of one edit lie
_AGAIN = 3  # how often a part is drawn again that came out as it was


@dataclass(frozen=True)
class Job:
    """An edit under way: `first` is the piece as it was, `place` counts its bars."""

    change: Change
    first: Work
    place: Place
    seed: int
    makers: Makers
    locale: str
    sung: bool = False  # there are words under the melody

    @property
    def meant(self) -> frozenset[str]:
        """The parts that a slider is about: those named, else all of the piece."""
        return self.place.parts or frozenset(p.name for p in self.first.plan.parts)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step made, and whether the rest is as it was."""

    work: Work
    same: bool = True


Act = Callable[[Job, Work], Step]


def untouched(before: Work, after: Work, names: frozenset[str] | None, span: Span | None) -> bool:
    """Whether all but these parts in these bars is as it was."""
    beats = None if span is None else before.beats(span)
    return compare.same_elsewhere(before.score, after.score, names, beats)


# --- style, meter and mood ------------------------------------------------------------------------


def style(job: Job, work: Work) -> Step:
    """Another style: its players, pace and beat around the same tune, chords and form."""
    wanted, span = vocabulary.load().styles[job.change.style or ""], job.place.span
    if span is not None:
        plan = replace(work.plan, style=wanted.id)
        made = around(work, plan, tune(work), job.makers.arranger, job.seed, span=span)
        made = made.planned(replace(made.plan, style=work.plan.style))
        return Step(made, untouched(work, made, _others(work), span))
    own = job.change.meter or str(work.plan.meter)
    meter = own if own in wanted.meters or job.change.meter else _playable_meter(wanted.meters)
    laid = in_meter(work, Meter.parse(meter))
    brief = Brief(style=wanted.id, meter=meter)
    plan = restyled(laid.work.plan, brief, job.seed, job.locale)
    plan = replace(plan, seed=work.plan.seed, title=work.plan.title)
    melody = in_reach(laid.melody if not laid.whole else tune(laid.work), plan)
    made = around(laid.work, plan, melody, job.makers.arranger, job.seed)
    return Step(made, _sings(laid.melody, made))


def _playable_meter(meters: tuple[str, ...]) -> str:
    return next((m for m in meters if m in METERS), "4/4")


def _others(work: Work) -> frozenset[str]:
    return frozenset(p.name for p in work.plan.parts if p.role != "melody")


def _sings(melody: tuple[Note, ...], made: Work) -> bool:
    """Whether a melody is played as it was, octaves aside."""
    played = {(n.onset, n.pitch % 12) for n in made.melody}
    return {(n.onset, n.pitch % 12) for n in melody} <= played


def meter(job: Job, work: Work) -> Step:
    """Other bars under the same tune; the players play it anew where bars have another length."""
    wanted = Meter.parse(job.change.meter or "4/4")
    laid = in_meter(work, wanted)
    if laid.whole:
        return Step(laid.work)
    melody = in_reach(laid.melody, laid.work.plan)
    made = around(laid.work, laid.work.plan, melody, job.makers.arranger, job.seed)
    return Step(made, _sings(melody, made))


def mood(job: Job, work: Work) -> Step:
    """Towards a mood and away from others, until it is heard to have moved."""
    change, span = job.change, job.place.span
    fixed = mooding.Fixed(
        mode=change.key is not None,
        tempo=any(v is not None for v in (change.tempo, change.pace, change.faster)),
        loudness=bool(change.loudness),
        register=bool(change.register or change.semitones),
        density=bool(change.intensity),
    )
    aim = mooding.Aim(feeling.wish(change.mood, change.avoid), change.mood, fixed, span)
    made = mooding.in_mood(work, aim, job.makers.arranger, job.seed)
    same = compare.same_rhythm(work.score, made.score, _leads(work))
    return Step(made, same and untouched(work, made, None, span))


def _leads(work: Work) -> frozenset[str]:
    if work.plan.ensemble is not None:
        return frozenset()  # in an ensemble who leads also accompanies
    return frozenset(p.name for p in work.plan.parts if p.role == "melody")


# --- pitch and time -------------------------------------------------------------------------------


def key(job: Job, work: Work) -> Step:
    """Into another key or mode; rhythm stays, in some bars only these move."""
    wanted = key_meant(job.change.key or "", work.plan.key)
    moved = pitch.in_key(work, wanted, job.place.span)
    return Step(moved, _moved_only(work, moved, job.place.span))


def semitones(job: Job, work: Work) -> Step:
    """Up or down; a named part moves by octaves alone."""
    steps, names = job.change.semitones or 0, job.place.parts
    if not names:
        moved = pitch.transposed(work, steps, job.place.span)
        must_move(work, moved, steps)
        return Step(moved, _moved_only(work, moved, job.place.span))
    moved = pitch.octaves(work, names, round(steps / 12), job.place.span)
    must_move(work, moved, steps)
    return Step(moved, untouched(work, moved, names, job.place.span))


def must_move(before: Work, after: Work, steps: int) -> None:
    """Refuse a move up or down that nobody could follow."""
    if [t.notes for t in after.score.tracks] != [t.notes for t in before.score.tracks]:
        return
    if steps > 0:
        raise Refusal("What plays there reaches no higher; ask for less, or another instrument.")
    raise Refusal("What plays there reaches no lower; ask for less, or another instrument.")


def _moved_only(before: Work, after: Work, span: Span | None) -> bool:
    """Whether notes begin where they did, and those outside the span are as they were."""
    pitched = frozenset(t.name for t in before.score.tracks if not t.is_drum)
    rhythm = compare.same_rhythm(before.score, after.score)
    return rhythm and untouched(before, after, pitched, span)


def tempo(job: Job, work: Work) -> Step:
    """Faster or slower, every note kept; a change is counted from what the piece was."""
    change, bpm = job.change, job.first.plan.bpm
    if change.tempo is not None:
        bpm = change.tempo
    elif change.pace is not None:
        bpm *= change.pace
    else:
        bpm += change.faster or 0.0
    return Step(timing.at_tempo(work, bpm))


# --- players --------------------------------------------------------------------------------------


def _arranged(job: Job, work: Work, asked: Arrangement, draw: int = 0) -> tuple[Work, str]:
    """The work after one act of `bot.arranging`, and the name of the part that it was about."""
    seed = job.seed + _DRAWS * draw
    plan, score, done = edited(asked, work.plan, work.score, seed, job.makers.arranger)
    return holding(work.planned(plan, score.tracks)), str(done.get("by") or done["part"])


def _asked_bars(job: Job) -> tuple[int, int] | None:
    span = job.place.span
    return None if span is None else (span[0] + 1, span[1] + 1)


def remove(job: Job, work: Work) -> Step:
    """Players out, or silent in some bars."""
    # Another style may have come without whom nobody wants.
    fresh = job.change.style is not None and job.place.span is None
    words = job.change.remove
    names = sorted({n for word in words for n in parts_meant(work.plan, word, missing=fresh)})
    after = work
    for name in names:
        _must_play(work, name, job.place.span)
        asked = Arrangement("mute", part=name, bars=_asked_bars(job))
        after, _ = _arranged(job, after, asked)
    return Step(after, untouched(work, after, frozenset(names), job.place.span))


def swap(job: Job, work: Work) -> Step:
    """Other instruments for some parts; what a line plays stays, chords fit the new hands."""
    after, touched = work, set()
    for out, into in job.change.swap:
        for name in sorted(parts_meant(after.plan, out)):
            player = player_meant(after.plan, into)
            asked = Arrangement("replace", part=name, instrument=player)
            after, _ = _arranged(job, after, asked)
            touched.add(name)
    return Step(after, untouched(work, after, frozenset(touched), None))


def add(job: Job, work: Work) -> Step:
    """Players in; in some bars only where these are named."""
    after = work
    for draw, word in enumerate(job.change.add):
        player = player_meant(after.plan, word)
        after, name = _arranged(job, after, Arrangement("add", instrument=player), draw)
        if job.place.span is not None:
            after = only_in(after, name, job.place.span)
    return Step(after, untouched(work, after, frozenset(), None))


def only_in(work: Work, name: str, span: Span) -> Work:
    """The work with one part silent outside a span.

    Raises
    ------
    Refusal
        When it plays nothing inside.
    """
    start, end = work.beats(span)
    tracks = [
        replace(t, notes=tuple(n for n in t.notes if start <= n.onset < end))
        if t.name == name
        else t
        for t in work.score.tracks
    ]
    if not next(t.notes for t in tracks if t.name == name):
        raise Refusal("Nothing could join in these bars; choose others, or the whole piece.")
    return work.with_tracks(tracks)


def reroll(job: Job, work: Work) -> Step:
    """Parts written again, the melody by the composer."""
    words = job.change.reroll or tuple(sorted(job.place.parts))
    names = sorted({n for word in words for n in parts_meant(work.plan, word)})
    after = work
    for draw, name in enumerate(names):
        part = next(p for p in work.plan.parts if p.name == name)
        if part.role == "melody":
            melody = lines.another(after, job.makers.composer, job.seed, job.place.span)
            after = with_melody(job, after, melody)
            continue
        _must_play(work, name, job.place.span)
        asked = Arrangement("reroll", part=name, bars=_asked_bars(job))
        for again in range(_AGAIN):
            made, _ = _arranged(job, after, asked, draw + 100 * again)
            if made.score != after.score:
                break
        else:
            made = _looser(job, after, name)
        after = made
    touched = rewritten(work, frozenset(names))
    span = job.place.span if touched is not None else None
    return Step(after, untouched(work, after, touched, span))


def _looser(job: Job, work: Work, name: str) -> Work:
    """A part that comes out the same whatever is drawn, at another density."""
    span = job.place.span or work.whole
    for by in (texture.DENSITY, -texture.DENSITY, 2 * texture.DENSITY, -2 * texture.DENSITY):
        plan = texture.denser_plan(work.plan, by, span)
        made = around(
            work, plan, tune(work), job.makers.arranger, job.seed, span=span, names={name}
        )
        if made.score.tracks != work.score.tracks:
            return made.planned(work.plan)
    return texture.restruck(work, {name}, 1, span)


def _must_play(work: Work, name: str, span: Span | None) -> None:
    """Refuse to write again, or to silence, what rests there anyway."""
    start, end = work.beats(span or work.whole)
    track = next((t for t in work.score.tracks if t.name == name), None)
    if track is None or not any(within(n, start, end) for n in track.notes):
        raise Refusal("{part} rests in these bars; choose others.", part=name)


def with_melody(job: Job, work: Work, melody: tuple[Note, ...]) -> Work:
    """The work with another melody: a band plays on as it did, an ensemble is written out anew."""
    if work.plan.ensemble is not None:
        return around(work, work.plan, melody, job.makers.arranger, job.seed)
    return pitch.playable(lines.with_melody(work, melody), work, job.place.span)


def rewritten(work: Work, names: frozenset[str]) -> frozenset[str] | None:
    """The parts that another melody touches: in an ensemble, all of them."""
    leads = {p.name for p in work.plan.parts if p.role == "melody"}
    return None if work.plan.ensemble is not None and names & leads else names


# --- form -----------------------------------------------------------------------------------------


def form(job: Job, work: Work) -> Step:
    """Sections out, and sections again; what is left is note for note what it was."""
    plan = job.first.plan
    out = sections_meant(job.change.cut, plan, job.locale)
    twice = sections_meant(job.change.repeat, plan, job.locale)
    after = bars.again(work, twice) if twice else work
    if out:
        gone = {b for first, last in out for b in range(first, last + 1)}
        here = [(i, i) for i, b in enumerate(after.bars) if b in gone]
        after = bars.without(after, here)
    return Step(after, _same_bars(work, after))


def length(job: Job, work: Work) -> Step:
    """So many bars, or exactly so many seconds."""
    change = job.change
    if change.length_bars is not None:
        after = bars.resized(work, change.length_bars)
        if after.plan.seconds is not None:
            after = after.planned(replace(after.plan, seconds=None))
        return Step(after, _same_bars(work, after))
    seconds = change.seconds or 0.0
    stays = change.tempo is not None or change.pace is not None or change.faster is not None
    free = work.planned(replace(work.plan, last_bpm=None, seconds=None))
    sized = bars.resized(free, timing.bars_for(free, seconds))
    return Step(timing.lasting(sized, seconds, tempo_stays=stays), _same_bars(work, sized))


def _same_bars(before: Work, after: Work) -> bool:
    """Whether each bar of what was put together is the bar it was taken from."""
    places: dict[int, int] = {}
    for place, origin in enumerate(before.bars):
        places.setdefault(origin, place)
    return compare.same_bars(before.score, after.score, [places[b] for b in after.bars])


def title(job: Job, work: Work) -> Step:
    """Another name."""
    name = " ".join((job.change.title or "").split())[:120]
    if not name:
        raise Refusal("Tell me the new title.")
    return Step(work.planned(replace(work.plan, title=name)))
