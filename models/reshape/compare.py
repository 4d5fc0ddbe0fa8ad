"""What a change left alone, and what can be counted of a piece: notes, voices, height, loudness.

In: scores before and after. Out: whether notes stayed what they were, and plain figures over some
tracks and bars. Nothing here knows what was asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from models.score import Note, Score, Tempo, Track, on_grid

_EPSILON = 1e-6


def same_elsewhere(
    before: Score,
    after: Score,
    names: Collection[str] | None = None,
    beats: tuple[float, float] | None = None,
) -> bool:
    """Whether every note stayed but those of the tracks `names` (None: all) in `beats` (all).

    A note that sounds into the place may end there. Loudness does not count.
    """
    old, new = ({t.name: t.notes for t in s.tracks} for s in (before, after))
    for name, notes in old.items():
        touched = names is None or name in names
        if not touched and _bare(notes) != _bare(new.get(name, ())):
            return False
        if touched and beats is not None:
            a, b = (_outside(x, beats) for x in (notes, new.get(name, ())))
            if a != b:
                return False
    return True


def _bare(notes: Iterable[Note]) -> list[tuple[float, int, float]]:
    return sorted((n.onset, n.pitch, n.duration) for n in notes)


def _outside(notes: Iterable[Note], beats: tuple[float, float]) -> list[tuple[float, int, float]]:
    start, end = beats
    return sorted(
        (n.onset, n.pitch, min(n.end, start) if n.onset < start else n.end)
        for n in notes
        if not start - _EPSILON <= n.onset < end - _EPSILON
    )


def same_rhythm(before: Score, after: Score, names: Collection[str] | None = None) -> bool:
    """Whether the tracks `names` (None: all) that both have strike where they did."""
    new = {t.name: t.notes for t in after.tracks}
    return all(
        {n.onset for n in t.notes} == {n.onset for n in new[t.name]}
        for t in before.tracks
        if t.name in new and (names is None or t.name in names)
    )


def same_bars(before: Score, after: Score, origin: Sequence[int]) -> bool:
    """Whether each bar of `after` begins the notes of the bar of `before` that `origin` names."""
    return all(
        [bars.get(b, []) for b in origin] == [here.get(i, []) for i in range(len(origin))]
        for bars, here in zip(_by_bar(before, after), _by_bar(after, after), strict=True)
    )


def _by_bar(score: Score, named: Score) -> list[dict[int, list[tuple[float, int]]]]:
    """The notes (place in the bar, pitch) of each bar, for the tracks that `named` has."""
    bar = score.meter.bar_beats
    tracks = {t.name: t.notes for t in score.tracks}
    found = []
    for track in named.tracks:
        bars: dict[int, list[tuple[float, int]]] = {}
        for n in sorted(tracks.get(track.name, ())):
            at = int((n.onset + _EPSILON) // bar)
            bars.setdefault(at, []).append((round(n.onset - at * bar, 4), n.pitch))
        found.append(bars)
    return found


def moved_by(before: Score, after: Score, steps: int) -> dict[str, float]:
    """For each pitched track that both have: the share of its notes that moved by just `steps`.

    -1 where its chords are no longer the same pitch classes so many semitones away: octaves and
    doublings are free, everything else is not.
    """
    new = {t.name: t.notes for t in after.tracks}
    found: dict[str, float] = {}
    for track in before.tracks:
        if track.is_drum or not track.notes or track.name not in new:
            continue
        old, now = _chords(track.notes), _chords(new[track.name])
        wanted = {onset: {p + steps for p in pitches} for onset, pitches in old.items()}
        if _classes(wanted) != _classes(now):
            found[track.name] = -1.0
            continue
        exact = sum(len(wanted[onset] & now[onset]) for onset in wanted)
        found[track.name] = exact / sum(map(len, wanted.values()))
    return found


def _chords(notes: Iterable[Note]) -> dict[float, set[int]]:
    found: dict[float, set[int]] = {}
    for n in notes:
        found.setdefault(n.onset, set()).add(n.pitch)
    return found


def _classes(chords: dict[float, set[int]]) -> dict[float, set[int]]:
    return {onset: {p % 12 for p in pitches} for onset, pitches in chords.items()}


def excerpt(score: Score, bars: Sequence[int]) -> Score:
    """Some bars of a score one after the other, as a score at one tempo."""
    bar = score.meter.bar_beats
    place = {b: i for i, b in enumerate(bars)}

    def cut(track: Track) -> Track:
        notes = []
        for n in track.notes:
            at = int((n.onset + _EPSILON) // bar)
            if at in place:
                notes.append(replace(n, onset=on_grid(n.onset + (place[at] - at) * bar)))
        return replace(track, notes=tuple(sorted(notes)))

    return replace(
        score,
        tempos=(Tempo(0.0, score.bpm),),
        bars=len(bars),
        tracks=tuple(cut(t) for t in score.tracks),
        chords=(),
        sections=(),
    )


def _meant(score: Score, names: Collection[str] | None, drums: bool = False) -> list[Note]:
    return [
        n
        for t in score.tracks
        if (names is None or t.name in names) and (drums or not t.is_drum)
        for n in t.notes
    ]


def onsets_a_bar(score: Score, names: Collection[str] | None = None) -> float:
    """Mean number of places in a bar where each track begins something, summed over tracks."""
    total = sum(
        len({n.onset for n in t.notes}) for t in score.tracks if names is None or t.name in names
    )
    return total / score.bars


def voices(score: Score, names: Collection[str] | None = None) -> float:
    """Mean number of pitched notes that sound at once."""
    return sum(n.duration for n in _meant(score, names)) / score.beats


def height(score: Score, names: Collection[str] | None = None) -> float:
    """Mean pitch (MIDI), by how long notes sound; 0 where there are none."""
    notes = _meant(score, names)
    length = sum(n.duration for n in notes)
    return sum(n.pitch * n.duration for n in notes) / length if length else 0.0


def strength(score: Score, names: Collection[str] | None = None) -> float:
    """Mean velocity; 0 where nothing plays."""
    notes = _meant(score, names, drums=True)
    return sum(n.velocity for n in notes) / len(notes) if notes else 0.0
