"""A score as a reader wants it: on the beat's grid, without crumbs of rests, two voices at most.

In: a `Score` or the notes of one staff (beats). Out: the same music rounded for the eye, never for
the ear: onsets snap to the grid of their beat (sixteenths or triplets, whichever is nearer; after
Cemgil, Desain and Kappen, "Rhythm quantization for transcription", CMJ 24(2), 2000, with a penalty
for triplets in place of their prior), short gaps close, and what overlaps goes to two lines.
Files that must come back note for note are written without this.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from models.percussion import drum
from models.score import TICKS_PER_BEAT, Meter, Note, Score, Track, on_grid, sorted_notes

_SIXTEENTH, _EIGHTH = 0.25, 0.5
_TRIPLET = 1 / 3
_FINE = 0.125  # thirty-seconds, only where every note of the beat lies on them
_TRIPLET_GAIN = 0.5  # a beat is in triplets when they halve the error of sixteenths
_NEAR = 1 / TICKS_PER_BEAT  # a third of a beat is no exact float


def tidy(score: Score) -> Score:
    """The score with every track's notes on the page's grid."""
    end = score.beats

    def clean(track: Track) -> Track:
        snapped = snap(track.notes, score.meter, end)
        notes = _drum_values(snapped, score.meter, end) if track.is_drum else snapped
        return replace(track, notes=notes)

    return score.with_tracks(clean(t) for t in score.tracks)


def snap(notes: Iterable[Note], meter: Meter, end: float) -> tuple[Note, ...]:
    """Onsets and ends on the grid of their beat; nothing past `end` (beats), nothing lost."""
    notes = tuple(notes)
    by_beat: dict[int, list[float]] = {}
    for n in notes:
        by_beat.setdefault(int(n.onset + _NEAR), []).append(n.onset % 1)
    steps = {beat: _step(places, meter) for beat, places in by_beat.items()}

    def at(time: float) -> tuple[float, float]:
        step = steps.get(int(time + _NEAR), _SIXTEENTH)
        return round(time / step) * step, step

    found: list[Note] = []
    for n in notes:
        onset, step = at(n.onset)
        onset = min(onset, end - step)
        stop = min(max(at(n.end)[0], onset + step), end)
        found.append(replace(n, onset=on_grid(onset), duration=on_grid(stop - onset)))
    return _single(found)


def _single(notes: Iterable[Note]) -> tuple[Note, ...]:
    """One note of a pitch at a time, the longer of two that now begin together."""
    kept = {(n.pitch, n.onset): n for n in sorted_notes(notes)}  # sorted: the longer comes last
    rows: dict[int, Note] = {}
    found: list[Note] = []
    for n in sorted(kept.values()):
        before = rows.get(n.pitch)
        if before is not None and before.end > n.onset + _NEAR:
            found[found.index(before)] = replace(before, duration=on_grid(n.onset - before.onset))
        rows[n.pitch] = n
        found.append(n)
    return tuple(found)


def _step(places: Sequence[float], meter: Meter) -> float:
    """The grid of a beat from where its notes begin, 0..1."""

    def error(step: float) -> float:
        return sum(abs(p - round(p / step) * step) for p in places)

    straight = error(_SIXTEENTH)
    if straight < _NEAR * len(places):
        return _SIXTEENTH
    if not meter.is_compound and error(_TRIPLET) < _TRIPLET_GAIN * straight:
        return _TRIPLET
    return _FINE if error(_FINE) < _NEAR * len(places) else _SIXTEENTH


def _drum_values(notes: Sequence[Note], meter: Meter, end: float) -> tuple[Note, ...]:
    """Drum hits as long as it takes to the next one of the same limbs, or to the end of the beat.

    A hit has no length: one that needs no rest before the next is read at a glance. Of two hits
    on the same place one stays.
    """
    found: list[Note] = []
    for foot in (False, True):
        hits: dict[float, dict[str, Note]] = {}
        for n in notes:  # by pitch: of a closed and an open hi-hat the open one stays
            sign = drum(n.pitch)
            if sign.foot == foot:
                hits.setdefault(n.onset, {})[sign.place] = n
        onsets = sorted(hits)
        for onset, following in zip(onsets, [*onsets[1:], end], strict=False):
            beat_ends = (math.floor(onset / meter.pulse + _NEAR) + 1) * meter.pulse
            length = on_grid(min(following, beat_ends, end) - onset)
            found.extend(replace(n, duration=length) for n in hits[onset].values())
    return tuple(sorted(found))


def two_lines(notes: Sequence[Note]) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """The upper and the lower line of a staff, each without overlaps between its chords.

    What is held under (or over) later notes gets a line of its own; where even two lines are not
    enough, the chord that began last is cut short, as a player's pedal would cover it.
    """
    onsets = sorted({n.onset for n in notes})
    chords: dict[float, list[Note]] = {}
    for n in notes:
        chords.setdefault(n.onset, []).append(n)
    lines: tuple[list[list[Note]], list[list[Note]]] = ([], [])
    for i, onset in enumerate(onsets):
        following = onsets[i + 1] if i + 1 < len(onsets) else math.inf
        after = chords[onsets[i + 1]] if i + 1 < len(onsets) else []
        groups = _clusters(chords[onset], following)
        wanted = [_wanted(group, following, after) for group in groups]
        if len(groups) == 2:
            upper_first = _mean(groups[0]) >= _mean(groups[1])
            wanted = [0, 1] if upper_first else [1, 0]
        for group, line in zip(groups, wanted, strict=True):
            _place(lines, group, line, onset, free=len(groups) == 1)
    return _closed(lines[0]), _closed(lines[1])


def _clusters(chord: Sequence[Note], following: float) -> list[list[Note]]:
    """A chord as one or two groups that each end together: the moving tones and the held ones."""
    moving = [n for n in chord if n.end <= following + _SIXTEENTH]
    held = [n for n in chord if n.end > following + _SIXTEENTH]
    found = []
    for group in (moving, held):
        if group:
            end = max(n.end for n in group)
            if group is moving:
                end = min(end, following)
            found.append([replace(n, duration=on_grid(end - n.onset)) for n in group])
    return found


def _wanted(group: Sequence[Note], following: float, after: Sequence[Note]) -> int:
    """The line of a chord that stands alone: the lower one for what is held under the next."""
    held = group[0].end > following + _NEAR
    return 1 if held and after and _mean(group) < _mean(after) else 0


def _mean(notes: Sequence[Note]) -> float:
    return sum(n.pitch for n in notes) / len(notes)


def _place(
    lines: tuple[list[list[Note]], list[list[Note]]],
    group: list[Note],
    line: int,
    onset: float,
    free: bool,
) -> None:
    """Put a chord on its line, on the other one if that is busy, or cut what it must follow."""

    def busy(i: int) -> bool:
        return bool(lines[i]) and lines[i][-1][0].end > onset + _NEAR

    if free and busy(line) and not busy(1 - line):
        line = 1 - line
    elif free and busy(0) and busy(1):
        line = 0 if lines[0][-1][0].onset >= lines[1][-1][0].onset else 1
    if busy(line):
        cut = lines[line].pop()
        if cut[0].onset < onset:
            lines[line].append([replace(n, duration=on_grid(onset - n.onset)) for n in cut])
        else:  # both began now: one chord after all
            group = [*cut, *(replace(n, duration=cut[0].duration) for n in group)]
    lines[line].append(group)


def _closed(line: Sequence[Sequence[Note]]) -> tuple[Note, ...]:
    """The chords of a line, ends moved on to the next eighth or note where only a crumb is left."""
    found: list[Note] = []
    for i, chord in enumerate(line):
        end = chord[0].end
        following = line[i + 1][0].onset if i + 1 < len(line) else math.inf
        if _off(end, _SIXTEENTH) or _off(chord[0].onset, _SIXTEENTH):  # in triplets
            end = following if following - end <= _TRIPLET + _NEAR else end
        elif _off(end, _EIGHTH):
            end = min(following, math.ceil(end / _EIGHTH - _NEAR) * _EIGHTH)
        elif following - end <= _SIXTEENTH + _NEAR and int(following) == int(end):
            end = following
        found.extend(replace(n, duration=on_grid(end - n.onset)) for n in chord)
    return tuple(sorted(found))


def _off(time: float, step: float) -> bool:
    return abs(time / step - round(time / step)) > _NEAR


def top_line(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The highest note of every onset, each until the next one: a tune for one voice."""
    highest = {n.onset: n for n in sorted(notes, key=lambda n: (n.onset, n.pitch))}
    onsets = [*sorted(highest), math.inf]
    return tuple(
        replace(highest[at], duration=on_grid(min(highest[at].end, following) - at))
        for at, following in pairwise(onsets)
    )
