"""Bands that MMA plays over people's tunes: the only source of labelled bands in every style.

In: the composer's lead sheets and the jazz charts of `--data DIR`. Out: `Band`s in shards, the same
for the same tune and groove. A render is 16 to 28 bars: intro (no melody), verse, chorus in the
groove's fuller variant, ending; fills in the last bar of a section.

    python -m models.arranger.corpora.mma_renders --data DIR --cache DIR --sheets DIR --shards 30
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.arranger.band import SECTIONS, Band, rows, save
from models.arranger.mma_parts import Groove, Variants, gridded, grooves, slots, variants
from models.arranger.mma_run import ChartBar, MmaFailed, Voice, render, style_file
from models.composer.data import load_sheets
from models.composer.sheets import SPLITS, TEMPLATES
from models.planner.corpora import jazz_charts
from models.planner.tokens import PLAIN
from models.theory import QUALITY_CLASSES, Chord, Key
from models.vocabulary import load

log = logging.getLogger("arranger.mma")
#: Bands in a shard.
SHARD = 200
#: Which tunes suit a family; three renders in four take one of these where there are any.
_SUITS = {
    "pop": ("pop909", "openewld"),
    "rock": ("pop909", "openewld", "gamemusic"),
    "electronic": ("pop909", "gamemusic"),
    "hiphop": ("pop909", "gamemusic"),
    "rnb": ("pop909", "openewld"),
    "jazz": ("jazz_charts", "openewld"),
    "blues": ("jazz_charts", "openewld"),
    "latin": ("jazz_charts", "pop909"),
    "folk": ("nottingham", "hymnal", "openewld"),
    "classical": ("lieder", "hymnal"),
    "cinematic": ("gamemusic", "lieder"),
    "world": ("pop909", "nottingham"),
}


@dataclass(frozen=True, slots=True)
class Tune:
    """A melody (or none) over chords, tonic at C: rows as in `LeadSheet`, times in steps."""

    id: str
    split: str
    source: str
    meter: str
    minor: bool
    bars: int
    notes: tuple[tuple[int, int, int], ...]
    chords: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The bars of a render, counted in bars of the groove; `start` is where in the tune it begins.

    `loop` is the length after which the tune begins again.
    """

    start: int
    loop: int
    intro: int
    verse: int
    chorus: int
    end: int

    @property
    def bars(self) -> int:
        """All of it."""
        return self.intro + self.verse + self.chorus + self.end


def tunes(data: Path, sheets: Path) -> dict[str, list[Tune]]:
    """Lead sheets with chords and jazz charts, by split; `sheets` is the composer's cache."""
    found: dict[str, list[Tune]] = {split: [] for split in SPLITS}
    for split, members in load_sheets(data, sheets).items():
        for s in members:
            if s.bars >= 8 and len(s.chords) >= s.bars // 4:
                tune = Tune(s.id, split, s.source, s.meter, s.minor, s.bars, s.notes, s.chords)
                found[split].append(tune)
    for song in jazz_charts(data / "jazz_charts"):
        meter = {4.0: "4/4", 3.0: "3/4"}.get(song.bar_beats)
        bars = int(song.ends[-1] / song.bar_beats)
        if meter is None or bars < 8:
            continue
        chords = tuple((round(at * 4), token // 10, token % 10) for at, token in song.events)
        share = _seed("chart", song.name) % 100
        split = "train" if share < 90 else "validation" if share < 95 else "test"
        name = f"jazz_charts/{song.name}"
        minor = song.mode == "minor"
        found[split].append(Tune(name, split, "jazz_charts", meter, minor, bars, (), chords))
    return found


def jobs(count: int, split: str) -> list[tuple[Groove, int]]:
    """`count` pairs of a groove and a running number, all styles mixed from the first on.

    A family's share grows with the root of the number of its grooves, so that families with few
    are still heard; within a family every groove is played equally often.
    """
    families: dict[str, list[Groove]] = defaultdict(list)
    for groove in grooves():
        families[groove.family].append(groove)
    total = sum(len(g) ** 0.5 for g in families.values())
    found: list[tuple[float, Groove, int]] = []
    for members in families.values():
        share = count * len(members) ** 0.5 / total
        for place, groove in enumerate(members):
            number = int((place + 1) * share / len(members)) - int(place * share / len(members))
            for n in range(number):
                jitter = _seed(split, groove.id, n) % 1000 / 1000
                found.append(((n + jitter) / number, groove, n))
    found.sort(key=lambda job: (job[0], job[1].id))
    return [(groove, n) for _, groove, n in found]


def choose(groove: Groove, number: int, pool: Sequence[Tune]) -> Tune | None:
    """The tune that a job plays: of the groove's meter, three times in four one that suits it."""
    fitting = [t for t in pool if t.meter == groove.meter]
    if not fitting:
        return None
    rng = random.Random(_seed("tune", fitting[0].split, groove.id, number))
    suited = [t for t in fitting if t.source in _SUITS[groove.family]]
    return rng.choice(suited if suited and rng.random() < 0.75 else fitting)


def band(groove: Groove, tune: Tune) -> Band | None:
    """Render a tune in a groove.

    None when MMA refuses it, writes less than two slots, or plays beside the chords (the converted
    files have drums written as notes: most of their chordal notes are in no chord).
    """
    rng = random.Random(_seed(groove.id, tune.id))
    style = load().styles[groove.style]
    chosen = variants(groove, rng)
    form = _form(groove, tune, chosen, rng)
    tonic = rng.randrange(12)
    bpm = round(rng.triangular(style.tempo[0], style.tempo[2], style.tempo[1]))
    melody, chords = _laid(groove, tune, form, tonic)
    key = Key.parse("C minor" if tune.minor else "C major").transposed(tonic)
    try:
        voices = _play(groove, form, chosen, chords, key, bpm, rng.randrange(10**6))
    except MmaFailed as error:
        log.warning("%s over %s: %s", groove.id, tune.id, error)
        return None
    beats = style_file(groove.path).beats
    notes, swing = gridded(slots(voices, beats), groove, beats, form.bars)
    if len({row[0] for row in notes}) < 2 and len(notes) < 4 * form.bars:
        return None
    made = Band(
        id=f"mma/{groove.id}/{tune.id}",
        tune=tune.id,
        source="mma",
        split=tune.split,
        style=groove.style,
        family=groove.family,
        meter=groove.meter,
        tonic=tonic,
        minor=tune.minor,
        bpm=float(bpm),
        swing=swing,
        bars=form.bars * groove.span,
        melody=rows(melody, 3),
        chords=rows([(at, root, quality, root) for at, root, quality in chords], 4),
        sections=rows(_sections(form, groove.span), 3),
        notes=rows(notes, 5),
    )
    return made if in_harmony(made) else None


def in_harmony(made: Band) -> bool:
    """Whether most notes of the first chordal part belong to the chords."""
    part = made.part("chords")
    if not len(part):
        return True
    sounding = made.chords[np.searchsorted(made.chords[:, 0], part[:, 0], side="right") - 1]
    right = [
        (pitch - root) % 12 in TEMPLATES[QUALITY_CLASSES[quality]]
        for pitch, (_, root, quality, _) in zip(part[:, 2], sounding, strict=True)
    ]
    return sum(right) >= 0.5 * len(right)


def _seed(*names: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:6], "big")


def _form(groove: Groove, tune: Tune, chosen: Variants, rng: random.Random) -> Form:
    """Twelve to twenty bars of the tune, an intro before them and the ending over the last."""
    span = groove.span
    have = tune.bars // span
    want = rng.choice((16, 16, 20)) // span
    loop = have // 2 * 2
    start = 0
    if have > want:
        loop = want
        start = rng.choice([0, rng.randrange(0, have - want + 1, 4 // span)])
    end = min(chosen.end_bars, 4) if chosen.end and rng.random() < 0.75 else 0
    body = want - end
    verse = min(body - 2, max(2, want * span // 8 * 4 // span))
    intro = 0
    if rng.random() < 0.55:
        intro = min(chosen.intro_bars, 4) if chosen.intro else 4
        intro = max(1, intro // span) if span > 1 and not chosen.intro else intro
    return Form(start, loop, intro, verse, body - verse, end)


def _sections(form: Form, span: int) -> list[tuple[int, int, int]]:
    """(first bar, bars, name) in our bars."""
    found, at = [], 0
    names = ("intro", "verse", "chorus", "outro")
    for name, bars in zip(names, (form.intro, form.verse, form.chorus, form.end), strict=True):
        if bars:
            found.append((at * span, bars * span, SECTIONS.index(name)))
            at += bars
    return found


def _laid(
    groove: Groove, tune: Tune, form: Form, tonic: int
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """Melody and chords (onset, root, quality) of the render, in its key, chords on the beat."""
    steps = groove.steps
    beat = 6 if groove.meter == "6/8" else 4
    first, length = form.start * steps, form.loop * steps
    shift = tonic - 12 if tonic > 6 else tonic
    offset = form.intro * steps
    total = form.bars * steps
    melody, chords = [], dict[int, tuple[int, int]]()
    sounding = [c for c in tune.chords if c[0] <= first] or [tune.chords[0]]
    opening = (0, *sounding[-1][1:])
    inside = [(at - first, r, q) for at, r, q in tune.chords if first < at < first + length]
    for start in range(offset, total, length):
        for at, root, quality in (opening, *inside):
            if start + at < total:
                chords[start + at // beat * beat] = ((root + tonic) % 12, quality)
        for at, duration, pitch in tune.notes:
            onset = start + at - first
            if first <= at < first + length and onset < total:
                cut = min(duration, total - onset, first + length - at)
                melody.append((onset, cut, pitch + shift))
    for at, root, quality in (opening, *inside):
        if at < offset:  # the intro plays over the first chords
            chords[at // beat * beat] = ((root + tonic) % 12, quality)
    merged: list[tuple[int, int, int]] = []
    for onset, (root, quality) in sorted(chords.items()):
        if not merged or merged[-1][1:] != (root, quality):
            merged.append((onset, root, quality))
    return melody, merged


def _play(
    groove: Groove,
    form: Form,
    chosen: Variants,
    chords: Sequence[tuple[int, int, int]],
    key: Key,
    bpm: float,
    seed: int,
) -> tuple[Voice, ...]:
    """Render the band and, where another drum machine takes over, its drums."""
    beats = style_file(groove.path).beats
    names = [f"{groove.path}:{name}" for name in _names(form, chosen)]
    bars = chart(names, chords, key, groove.steps, beats)
    voices = render(bars, bpm=bpm, seed=seed)
    if not groove.drums:
        return voices
    drums = render([ChartBar(groove.drums, bar.chords) for bar in bars], bpm=bpm, seed=seed)
    return (*(v for v in voices if not v.is_drum), *(v for v in drums if v.is_drum))


def _names(form: Form, chosen: Variants) -> list[str]:
    """The groove of each bar."""
    intro = [chosen.intro or chosen.verse] * form.intro
    verse = [chosen.verse] * form.verse
    chorus = [chosen.chorus] * form.chorus
    if chosen.verse_fill:
        verse[-1] = chosen.verse_fill
    if chosen.chorus_fill:
        chorus[-1] = chosen.chorus_fill
    return intro + verse + chorus + [chosen.end] * form.end


def chart(
    names: Sequence[str],
    chords: Sequence[tuple[int, int, int]],
    key: Key,
    steps: int,
    beats: int,
) -> list[ChartBar]:
    """A bar of MMA's chart per groove name; chords (onset step, root, quality index) spelled."""
    bars = []
    for number, name in enumerate(names):
        first = number * steps
        here = [c for c in chords if c[0] <= first][-1:] + [
            c for c in chords if first < c[0] < first + steps
        ]
        placed = tuple(
            (max(0, at - first) * beats / steps, Chord(key.spell(root), PLAIN[quality]))
            for at, root, quality in here
        )
        bars.append(ChartBar(name, placed))
    return bars


def mma_bands(
    pool: Sequence[Tune], split: str, count: int, number: int = 0, shards: int = 1
) -> Iterator[Band]:
    """The bands of shard `number` of `shards`, of `count` in all."""
    work = jobs(count, split)
    size = -(-len(work) // shards)
    for groove, n in work[number * size : (number + 1) * size]:
        tune = choose(groove, n, pool)
        made = band(groove, tune) if tune else None
        if made is not None:
            yield made


def shard_path(cache: Path, split: str, number: int) -> Path:
    """Where a shard lies."""
    return cache / f"mma-{split}-{number:03d}.npz"


def write_shard(pool: Sequence[Tune], cache: Path, split: str, number: int, shards: int) -> Path:
    """Render a shard unless it is there; what a runner of many processes calls."""
    path = shard_path(cache, split, number)
    if not path.exists():
        begun = time.monotonic()
        made = list(mma_bands(pool, split, SHARD * shards, number, shards))
        save(made, path)
        log.info("%s: %d bands in %.0f s", path.name, len(made), time.monotonic() - begun)
    return path


def farm(data: Path, cache: Path, sheets: Path, shards: int) -> Counter[str]:
    """Render `shards` shards of training bands and a twentieth of that for each other split.

    Returns the number of shards by split. A run that is stopped goes on where it stopped.
    """
    pools = tunes(data, sheets)
    few = max(1, round(shards / 20))
    plan = [("train", 0, shards)] + [(s, n, few) for s in SPLITS[1:] for n in range(few)]
    plan += [("train", n, shards) for n in range(1, shards)]
    done: Counter[str] = Counter()
    for split, number, total in plan:
        write_shard(pools[split], cache, split, number, total)
        done[split] += 1
    return done


def main() -> None:
    """Run the farm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the data directory")
    parser.add_argument("--cache", type=Path, required=True, help="where shards are kept")
    parser.add_argument("--sheets", type=Path, required=True, help="the composer's cache")
    parser.add_argument("--shards", type=int, default=30, help=f"of {SHARD} training bands each")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for split, number in farm(chosen.data, chosen.cache, chosen.sheets, chosen.shards).items():
        log.info("%s: %d shards", split, number)


if __name__ == "__main__":
    main()
