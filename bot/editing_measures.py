"""Did the change come out? Measured on the finished files, beside the piece as it was.

In: a `Job` and the score read back from the file of the result. Out: for each thing asked
{"asked", "before", "after", "ok"} in JSON values: what a reply may state, and nothing else. What a
file states (tempo, key, meter, players) is read by `models.verify`'s reader, which is not our own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.editing_ask import given, key_meant, parts_meant, player_meant, sections_meant
from bot.editing_steps import Job
from models import midi, verify
from models.key_finder import distances, weights
from models.reshape import compare, feeling
from models.reshape.work import Work
from models.score import Score
from models.theory import Key

Measured = dict[str, Any]
#: What a slider must move at least to count, by measure: share of what it was, or semitones.
_LEAST_SHARE, _LEAST_HEIGHT, _LEAST_STRENGTH = 0.05, 1.0, 3.0
#: How much more of the time another mode may leave its scale, as borrowed chords do; and the share
#: of a part's notes that makes it the one that moved as it was told.
_CHROMATIC, _MOST = 0.05, 0.9


@dataclass(frozen=True)
class Files:
    """What the MIDI files of the piece before and after say, as two readers tell it."""

    before: Score
    after: Score
    old: verify.Facts
    new: verify.Facts


def measured(job: Job, work: Work) -> dict[str, Measured]:
    """What came of each thing that was asked, in the order of `Change`."""
    files = _files(job, work)
    found: dict[str, Measured] = {}
    for name, asked in given(job.change).items():
        before, after, ok = _MEASURES[name](job, work, files)
        shown = list(asked) if isinstance(asked, tuple) else asked
        if name == "swap":
            shown = [list(pair) for pair in job.change.swap]
        found[name] = {"asked": shown, "before": before, "after": after, "ok": bool(ok)}
    return found


def _files(job: Job, work: Work) -> Files:
    """Both scores through MIDI files of their own."""
    with TemporaryDirectory() as scratch:
        paths = [Path(scratch) / name for name in ("before.mid", "after.mid")]
        for score, path in zip((job.first.score, work.score), paths, strict=True):
            midi.write(score, path)
        scores = [midi.read(path) for path in paths]
        facts = [verify.midi_facts(path) for path in paths]
    return Files(scores[0], scores[1], facts[0], facts[1])


def places(job: Job, work: Work) -> tuple[list[int], list[int]]:
    """The bars that are meant, before and after (bars may have come and gone)."""
    first, last = job.place.span or job.first.whole
    meant = set(range(first, last + 1))
    return sorted(meant), [i for i, origin in enumerate(work.bars) if origin in meant]


def _pair(job: Job, work: Work, files: Files) -> tuple[Score, Score]:
    """The bars that are meant, before and after, as scores."""
    old, new = places(job, work)
    return compare.excerpt(files.before, old), compare.excerpt(files.after, new)


# --- what the file states -------------------------------------------------------------------------


def _tempo(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    change, before, after = job.change, files.old.bpms[0], files.new.bpms[0]
    wanted = before
    if change.tempo is not None:
        wanted = change.tempo
    elif change.pace is not None:
        wanted = before * change.pace
    elif change.faster is not None:
        wanted = before + change.faster
    near = abs(after - wanted) <= max(0.02, 0.0005 * wanted)
    return round(before, 2), round(after, 2), near


def _key(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    """What the file states, and whether the notes bear it out as well as before."""
    old = job.first.plan.key
    wanted = key_meant(job.change.key or "", old)
    before, after = _pair(job, work, files)
    gained = _share_in(after, wanted) - _share_in(before, old)
    fits = gained >= -_CHROMATIC or _sounds_minor(after, wanted) == wanted.is_minor
    if job.place.span is not None:
        return str(old), str(wanted), fits
    stated = files.after.key
    signs = (files.new.signature, files.new.mode) == (
        wanted.fifths, "minor" if wanted.is_minor else "major"
    )  # fmt: skip
    return str(old), str(stated), fits and signs and stated == wanted


def _share_in(score: Score, key: Key) -> float:
    """Share of the time of pitched notes that is on the scale of a key."""
    notes = [n for t in score.tracks if not t.is_drum for n in t.notes]
    total = sum(n.duration for n in notes)
    return sum(n.duration for n in notes if n.pitch % 12 in key.scale) / total if total else 1.0


def _sounds_minor(score: Score, key: Key) -> bool:
    """Whether the pitches are more like minor than like major on the tonic of a key."""
    notes = [n for t in score.tracks if not t.is_drum for n in t.notes]
    far = distances(weights((n.duration, n.pitch) for n in notes))
    return bool(far[12 + key.tonic_pc] < far[key.tonic_pc])


def _semitones(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    """Mean pitch; every chord must be the same so many semitones away, and most notes exactly."""
    steps, meant = job.change.semitones or 0, job.meant
    pair = _pair(job, work, files)
    moved = {n: share for n, share in compare.moved_by(*pair, steps).items() if n in meant}
    heights = [compare.height(score, meant) for score in pair]
    # Who cannot reach there plays in another octave; somebody must go where all were told to.
    ok = bool(moved) and min(moved.values()) >= 0 and max(moved.values()) > _MOST
    up = steps % 12 != 0 or (heights[1] - heights[0]) * steps > 0
    return round(heights[0], 1), round(heights[1], 1), ok and up


def _meter(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    return files.old.meter, files.new.meter, files.new.meter == job.change.meter


def _style(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    """The style stated; in some bars only, whether the players play otherwise there."""
    asked, was = job.change.style or "", job.first.plan.style
    if job.place.span is None:
        return was, work.plan.style, work.plan.style == asked
    old, new = _pair(job, work, files)
    others = {p.name for p in work.plan.parts if p.role != "melody"}
    return was, asked, not compare.same_elsewhere(old, new, {t.name for t in old.tracks} - others)


def _title(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = files.before.title, files.after.title
    return before, after, after == work.plan.title != before


def _seconds(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = files.old.seconds, files.new.seconds
    return round(before, 2), round(after, 2), abs(after - (job.change.seconds or 0)) <= 0.1


def _bars(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = files.before.bars, files.after.bars
    beats = files.new.beats / files.after.meter.bar_beats
    return before, after, round(beats, 3) == after == job.change.length_bars


def _form(names: Callable[[Job], tuple[str, ...]], times: int) -> Callable[..., Any]:
    """Whether the bars of sections that are named are there so many times."""

    def count(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
        spans = sections_meant(names(job), job.first.plan, job.locale)
        meant = [b for first, last in spans for b in range(first, last + 1)]
        sized = job.change.length_bars is not None or job.change.seconds is not None
        # The last bar of a piece that ends stays its last bar, whatever is taken out.
        close = job.first.plan.bars - 1 if times == 0 and not job.first.plan.loop else -1
        ok = sized or all(work.bars.count(b) == times for b in meant if b != close)
        return files.before.bars, files.after.bars, ok and files.after.bars == len(work.bars)

    return count


# --- who plays ------------------------------------------------------------------------------------


def _names(score: Score) -> list[str]:
    return [t.name for t in score.tracks if t.notes]


def _add(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = _names(files.before), _names(files.after)
    came = {p.instrument for p in work.plan.parts if p.name in set(after) - set(before)}
    wanted = {player_meant(job.first.plan, word) for word in job.change.add}
    return before, after, wanted <= came


def _remove(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = _names(files.before), _names(files.after)
    gone = {n for w in job.change.remove for n in parts_meant(job.first.plan, w, missing=True)}
    if job.place.span is None:
        left = {n for w in job.change.remove for n in parts_meant(work.plan, w, missing=True)}
        return before, after, not left & set(after)
    here = _names(_pair(job, work, files)[1])
    return before, after, not gone & set(here)


def _swap(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = _names(files.before), _names(files.after)
    plays = {p.instrument for p in work.plan.parts if p.name in after}
    ok = True
    for out, into in job.change.swap:
        gone = parts_meant(job.first.plan, out)
        ok = ok and not gone & set(after) and player_meant(job.first.plan, into) in plays
    return before, after, ok


def _reroll(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    """Shares of the notes that are still what they were: all of them before."""
    old, new = ({t.name: t.notes for t in s.tracks} for s in _pair(job, work, files))
    shares = []
    for word in job.change.reroll:
        for name in parts_meant(job.first.plan, word):
            was, now = ({(n.onset, n.pitch) for n in x.get(name, ())} for x in (old, new))
            shares.append(len(was & now) / max(1, len(was | now)))
    kept = max(shares, default=0.0)
    return 1.0, round(kept, 3), kept < 1.0


# --- sliders and mood -----------------------------------------------------------------------------


def _slider(
    name: str, measure: Callable[[Score, Collection[str] | None], float], least: float, share: bool
) -> Callable[..., Any]:
    """Whether a measure has moved the way it was asked to, by at least so much."""

    def moved(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
        steps = getattr(job.change, name)
        pair = _pair(job, work, files)
        before, after = (measure(score, job.place.parts or None) for score in pair)
        gain = (after - before) * (1 if steps > 0 else -1)
        needed = least * max(before, 1e-6) if share else least
        return round(before, 2), round(after, 2), gain >= needed

    return moved


def _loudness(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    """Mean velocity; of a part alone, over that of all others."""
    names = job.place.parts
    pair = _pair(job, work, files)
    values = [compare.strength(score, names or None) for score in pair]
    if names:
        others = frozenset(p.name for p in work.plan.parts) - names
        values = [
            v - compare.strength(score, others) for v, score in zip(values, pair, strict=True)
        ]
    gain = (values[1] - values[0]) * (1 if (job.change.loudness or 0) > 0 else -1)
    return round(values[0], 1), round(values[1], 1), gain >= _LEAST_STRENGTH


def _register(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    lead = frozenset(p.name for p in work.plan.parts if p.role == "melody")
    names = job.place.parts or lead
    steps = job.change.register or 0
    before, after = (compare.height(score, names) for score in _pair(job, work, files))
    gain = (after - before) * (1 if steps > 0 else -1)
    return round(before, 1), round(after, 1), gain >= _LEAST_HEIGHT


def _mood(job: Job, work: Work, files: Files) -> tuple[Any, Any, bool]:
    before, after = (feeling.felt(score) for score in _pair(job, work, files))
    wish = feeling.wish(job.change.mood, job.change.avoid)
    shown = [[round(v, 3) for v in felt] for felt in (before, after)]
    return shown[0], shown[1], feeling.moved(wish, before, after)


_MEASURES: Mapping[str, Callable[[Job, Work, Files], tuple[Any, Any, bool]]] = {
    "tempo": _tempo, "pace": _tempo, "faster": _tempo, "semitones": _semitones, "key": _key,
    "meter": _meter, "style": _style, "mood": _mood, "avoid": _mood, "title": _title,
    "intensity": _slider("intensity", compare.onsets_a_bar, _LEAST_SHARE, True),
    "fullness": _slider("fullness", compare.voices, _LEAST_SHARE, True),
    "register": _register, "loudness": _loudness,
    "add": _add, "remove": _remove, "swap": _swap, "reroll": _reroll,
    "seconds": _seconds, "length_bars": _bars,
    "cut": _form(lambda job: job.change.cut, 0), "repeat": _form(lambda job: job.change.repeat, 2),
}  # fmt: skip
