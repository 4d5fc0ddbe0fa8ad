"""How often `roles.assign` is right, on tracks whose role is known and whose name is hidden.

In: the data directory and the cache with its shards. Out: a table. Three sources: MMA's renders
(whose instruments are hidden too: every track is a piano), the plain arranger's pieces in every
style of the vocabulary, and POP909's files (MELODY, BRIDGE as counter-line, PIANO as chords). Each
has a validation half, on which the rule's figures were chosen, and a test half.

    python -m models.arranger.corpora.role_check --data DIR --cache DIR [--half validation]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from models import midi, vocabulary
from models.arranger import plain
from models.arranger.band import ROLE_OF, Band, load
from models.arranger.roles import Rule, assign
from models.composer.sheets import STEPS_PER_BEAT
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.make import make_plan
from models.score import Note, Role, Track, sorted_notes

HALVES = ("validation", "test")
_POP909: dict[str, Role] = {"MELODY": "melody", "BRIDGE": "counter", "PIANO": "chords"}
_BARS = 24
_MOST = 400  # bands or songs of a half

Piece = tuple[tuple[Track, ...], float]  # tracks with their true roles, length in beats
Tally = Counter[tuple[str, Role, Role]]  # (source, true role, role given) -> tracks


def mma_pieces(cache: Path, half: str) -> Iterator[Piece]:
    """Rendered bands with a melody, every pitched track on a piano."""
    bands = [b for p in sorted(cache.glob(f"mma-{half}-*.npz")) for b in load(p)]
    yield from (of_band(b) for b in [b for b in bands if len(b.melody) >= 8][:_MOST])


def of_band(band: Band) -> Piece:
    """A band's slots and melody as tracks of one instrument."""
    found = [Track("", "melody", 0, _notes(band.melody.tolist()))]
    for slot in band.slots():
        notes = _notes(band.part(slot).tolist())
        found.append(Track("", ROLE_OF[slot], 0, notes, slot == "drums"))
    return tuple(found), band.bars * band.bar_steps / STEPS_PER_BEAT


def _notes(table: Sequence[Sequence[int]]) -> tuple[Note, ...]:
    unit = STEPS_PER_BEAT
    return sorted_notes(Note(row[0] / unit, row[2], row[1] / unit) for row in table)


def plain_pieces(cache: Path, half: str) -> Iterator[Piece]:
    """The plain arranger's accompaniment of POP909 melodies in every style."""
    bands = [b for p in sorted(cache.glob("pop909-train-*.npz")) for b in load(p)]
    for number, style in enumerate(vocabulary.load().styles):
        plan = make_plan(Brief(style=style.id, bars=_BARS), 2 * number + HALVES.index(half))
        fitting = [b for b in bands if b.meter == str(plan.meter) and b.bars >= _BARS]
        if fitting:
            band = fitting[(7 * number + HALVES.index(half)) % len(fitting)]
            end = plan.bars * plan.meter.bar_beats
            melody = tuple(n for n in _notes(band.melody.tolist()) if n.end <= end)
            score = plain.arrange(plan, melody)
            yield score.tracks, score.beats


def pop909_pieces(data: Path, half: str) -> Iterator[Piece]:
    """Songs with odd numbers for validation, with even ones for the test."""
    odd = half == "validation"
    folders = [f for f in sorted((data / "pop909").iterdir()) if f.name.isdigit()]
    for folder in [f for f in folders if bool(int(f.name) % 2) == odd][:_MOST]:
        try:
            score = midi.read(folder / f"{folder.name}.mid")
        except (Refusal, FileNotFoundError):
            continue
        known = [t for t in score.tracks if t.name in _POP909]
        yield tuple(replace(t, role=_POP909[t.name]) for t in known), score.beats


def tally(pieces: Callable[[], Iterator[Piece]], source: str, rule: Rule) -> Tally:
    """Roles given to the tracks of some pieces, names and roles hidden."""
    found: Tally = Counter()
    for tracks, beats in pieces():
        heard = [t for t in tracks if t.notes]
        hidden = [replace(t, name="", role="other") for t in heard]
        given = assign(hidden, beats, rule)
        found.update((source, t.role, r) for t, r in zip(heard, given, strict=True))
    return found


def report(found: Tally) -> str:
    """One line for each source and role: tracks, share right, what the others were called."""
    lines = []
    for source, role in sorted({(s, r) for s, r, _ in found}):
        given = Counter({g: n for (s, r, g), n in found.items() if (s, r) == (source, role)})
        others = ", ".join(f"{g} {n}" for g, n in given.most_common() if g != role)
        share = given[role] / given.total()
        lines.append(f"{source:8}{role:9}{given.total():6}{share:7.3f}  {others}")
    for source in sorted({s for s, _, _ in found}):
        mine = {(r, g): n for (s, r, g), n in found.items() if s == source}
        right = sum(n for (r, g), n in mine.items() if r == g) / sum(mine.values())
        lines.append(f"{source:8}{'all':9}{sum(mine.values()):6}{right:7.3f}")
    return "\n".join(lines)


def main() -> None:
    """Print the table of one half."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--half", choices=HALVES, default="test")
    args = parser.parse_args()
    sources: dict[str, Callable[[], Iterator[Piece]]] = {
        "mma": lambda: mma_pieces(args.cache, args.half),
        "plain": lambda: plain_pieces(args.cache, args.half),
        "pop909": lambda: pop909_pieces(args.data, args.half),
    }
    found: Tally = Counter()
    for source, pieces in sources.items():
        found += tally(pieces, source, Rule())
    print(report(found))


if __name__ == "__main__":
    main()
