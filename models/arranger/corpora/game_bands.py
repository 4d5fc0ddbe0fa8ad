"""Free games' music (freedoom, blasphemer, OpenMSX, simutrans) as bands: what people arranged.

In: the folder `gamemusic` of the data directory. Out: `Band`s of at most 32 bars. Slots follow
`roles.assign`; of several tracks with one role the busiest plays (the second chordal one is
`chords2`), drum tracks are merged. Chords come from all pitched notes (`chord_finder`), the key
from `key_finder`, sections from the returns of the melody. A piece has the split of its lead sheet,
else one by a hash of its opening.

Nothing states a style. One is given where the title does ("Simupolitan Swing", "Stephenson Blues");
else the family follows from the instruments by `_family`, "" when they leave it open.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models import midi, vocabulary
from models.arranger import roles
from models.arranger.band import SLOTS, Band, rows
from models.arranger.corpora import grid
from models.arranger.corpora.forms import section_rows, with_bass
from models.composer.chord_finder import find_chords
from models.composer.corpora.games import gamemusic
from models.composer.melody_track import skyline
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT
from models.errors import Refusal
from models.key_finder import find_key, weights
from models.score import Meter, Note, Role, Score, Track

_SAME = {"2/2": "4/4", "12/8": "6/8", "6/4": "3/4"}
_ON_GRID = 0.7  # share of onsets that a sixteenth grid must hold
_DOUBLED = 0.6  # share of notes struck with another part that make a part its doubling
_LEAST = 16  # notes of a slot besides drums without which a piece is no accompaniment
#: What a title says, word by word.
_TITLES = {
    "swing": "swing", "blues": "blues_shuffle", "boogi": "boogie_woogie", "techno": "techno",
    "march": "march",
}  # fmt: skip
_RING = 0.3  # beats that a last note may hang over a bar line, or a first come before it
# Changes of chord that show another bar line: their share, that of the file's bar lines, in all.
_CLEAR, _RARE, _FEW = 0.5, 0.15, 8
_EFFECTS = 112  # programs from here on have no pitch to speak of
_DISTORTED = (29, 30)
_SYNTHS = (38, 39, *range(80, 104))
_ORCHESTRAL = (*range(40, 62), *range(68, 76))
_SHARE = 0.5  # of the pitched notes that speak for a family


def game_bands(data: Path) -> Iterator[Band]:
    """Every piece that is in one of our meters and on the grid, in windows."""
    splits = {sheet.id: sheet.split for sheet in gamemusic(data)}
    for path in sorted((data / "gamemusic").glob("*/*.mid")):
        tune = f"gamemusic/{path.parent.name}/{path.stem}"
        try:
            score = midi.read(path)
        except Refusal:
            continue
        band = band_of(score, tune, splits.get(tune))
        if band:
            yield from (w for w in grid.cut(band) if len(w.slots()) >= 2)


def band_of(score: Score, tune: str, split: str | None) -> Band | None:
    """A whole piece; None where the grid, the meter or the parts do not serve."""
    piece = _piece(score)
    if piece is None:
        return None
    size = BAR_STEPS[piece.meter]
    end = piece.bars * size
    found = roles.assign(piece.tracks, piece.bars * piece.bar_beats)
    lead = [n for t, r in zip(piece.tracks, found, strict=True) if r == "melody" for n in t.notes]
    melody = skyline(sorted(lead)) if lead else ()
    pitched = _pitched(piece.tracks)
    tonic, minor, _ = find_key(weights((n.duration, n.pitch) for n in pitched))
    sections = section_rows(melody, tonic, minor, piece.meter, piece.bars)
    windows = grid.spans(piece.bars, [int(row[0]) for row in sections])
    spans = [(a * size, (a + n) * size) for a, n in windows]
    notes = _notes(piece.tracks, found, piece.swing, spans)
    style, family = _style(score, tune)
    return Band(
        id=tune,
        tune=tune,
        source="game",
        split=split or grid.split_of(_opening(melody or pitched)),
        style=style,
        family=family,
        meter=piece.meter,
        tonic=tonic,
        minor=minor,
        bpm=round(60 * score.beats / score.seconds, 2),
        swing=piece.swing,
        bars=piece.bars,
        melody=grid.melody_rows(melody, piece.swing, end),
        chords=with_bass(
            [(round(on * STEPS_PER_BEAT), root, quality) for on, root, quality in piece.chords],
            notes,
        ),
        sections=sections,
        notes=rows(notes, 5),
    )


@dataclass(frozen=True)
class _Piece:
    """Tracks in beats from the first bar line, and what was found in them."""

    tracks: tuple[Track, ...]
    meter: str
    bars: int
    swing: float
    chords: tuple[tuple[float, int, int], ...]

    @property
    def bar_beats(self) -> float:
        return Meter.parse(self.meter).bar_beats


def _piece(score: Score) -> _Piece | None:
    """The piece from its first sounding bar on; None where a sixteenth grid does not hold it."""
    meter = _SAME.get(str(score.meter), str(score.meter))
    onsets = [n.onset for t in score.tracks for n in t.notes]
    if meter not in BAR_STEPS or len(_pitched(score.tracks)) < _LEAST:
        return None
    swing = 0.5 if score.meter.is_compound else grid.swing_of(onsets)
    if grid.near(onsets, swing) < _ON_GRID:
        return None
    beats = Meter.parse(meter).bar_beats
    begin = int((min(onsets) + 1e-6) // beats) * beats
    found = _from_bar(score, begin, meter, swing)
    late = _late(found)
    return _from_bar(score, begin + late, meter, swing) if late else found


def _from_bar(score: Score, begin: float, meter: str, swing: float) -> _Piece:
    beats = Meter.parse(meter).bar_beats
    tracks = _from(score.tracks, begin)
    bars = max(1, int(-(-(score.beats - begin - _RING) // beats)))
    heard = [(n.onset, n.duration, n.pitch) for n in _pitched(tracks)]
    return _Piece(tracks, meter, bars, swing, tuple(find_chords(heard, beats, bars)))


def _late(piece: _Piece) -> int:
    """By how many beats the file's bar lines come too early: most chords change there, not on them.

    `find_chords` favours changes on bar lines, so it says so only where the music does.
    """
    places = Counter(on % piece.bar_beats for on, _, _ in piece.chords)
    place, count = places.most_common(1)[0]
    clear = count >= _CLEAR * places.total() and places[0.0] <= _RARE * places.total()
    return int(place) if clear and places.total() >= _FEW and place == int(place) else 0


def _pitched(tracks: Sequence[Track]) -> list[Note]:
    return [n for t in tracks if not t.is_drum and t.program < _EFFECTS for n in t.notes]


def _from(tracks: Sequence[Track], begin: float) -> tuple[Track, ...]:
    """The tracks counted from a bar line on, those without notes left out."""
    return tuple(
        Track(
            t.name,
            t.role,
            t.program,
            tuple(
                Note(n.onset - begin, n.pitch, n.duration, n.velocity)
                for n in t.notes
                if n.onset >= begin - _RING
            ),
            t.is_drum,
        )
        for t in tracks
        if t.notes and t.notes[-1].onset >= begin - _RING
    )


def _notes(
    tracks: Sequence[Track],
    found: Sequence[Role],
    swing: float,
    spans: Sequence[tuple[int, int]],
) -> list[tuple[int, ...]]:
    """Rows of all slots; who plays a slot is chosen anew for each span (first and last step)."""
    out = []
    for first, last in spans:
        by_role: dict[str, list[list[Note]]] = defaultdict(list)
        for track, role in zip(tracks, found, strict=True):
            inside = [n for n in track.notes if first <= grid.step(n.onset, swing) < last]
            if inside:
                by_role[role].append(inside)
        for parts in by_role.values():
            parts.sort(key=len, reverse=True)
        players = {slot: next(iter(by_role[slot]), []) for slot in SLOTS}
        players["drums"] = [n for part in by_role["drums"] for n in part]
        players["chords2"] = _second(by_role["chords"])
        out += [row for s in SLOTS for row in grid.slot_rows(s, players[s], swing, last)]
    return out


def _second(parts: Sequence[list[Note]]) -> list[Note]:
    """The next part of a role that does not double the first."""
    if not parts:
        return []
    struck = {(round(n.onset * 8), n.pitch % 12) for n in parts[0]}
    for part in parts[1:]:
        same = sum((round(n.onset * 8), n.pitch % 12) in struck for n in part)
        if same < _DOUBLED * len(part):
            return part
    return []


def _opening(notes: Sequence[Note]) -> str:
    first = sorted(notes)[:17]
    return repr([(round(4 * (n.onset - first[0].onset)), n.pitch - first[0].pitch) for n in first])


def _style(score: Score, tune: str) -> tuple[str, str]:
    """Style and family: what the title says, else the family that the instruments tell."""
    words = re.split(r"[-_ ]+", tune.rsplit("/", 1)[-1].lower())
    style = next((_TITLES[w] for w in words if w in _TITLES), "")
    return (style, vocabulary.load().styles[style].family) if style else ("", _family(score))


def _family(score: Score) -> str:
    """The family that the instruments tell, "" where they leave it open.

    Rock: drums, and a fifth of the notes on distorted guitars. Electronic: half of the notes on
    synthesizers. Cinematic: half of them on orchestral instruments.
    """
    counts: Counter[str] = Counter()
    for track in score.tracks:
        if not track.is_drum:
            kind = (
                "rock" if track.program in _DISTORTED
                else "electronic" if track.program in _SYNTHS
                else "cinematic" if track.program in _ORCHESTRAL
                else ""
            )  # fmt: skip
            counts[kind] += len(track.notes)
    total = max(1, counts.total())
    if any(t.is_drum for t in score.tracks) and counts["rock"] >= 0.2 * total:
        return "rock"
    return next((f for f in ("electronic", "cinematic") if counts[f] >= _SHARE * total), "")
