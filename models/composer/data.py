"""From raw corpora to lead sheets by split, and to encoded pieces with their style vectors.

In: the data directory. Out: `LeadSheet` lists by split (cached as JSON, outside the repository) and
`Pieces`. Run on the same files it gives the same sheets, splits and windows, on any machine.
"""

from __future__ import annotations

import gzip
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.composer.corpora.dance_books import music21_corpus
from models.composer.corpora.games import gamemusic
from models.composer.corpora.hymns import hymnal
from models.composer.corpora.lieder import lieder
from models.composer.corpora.midi_sets import nottingham, pop909
from models.composer.corpora.musicxml_sets import openewld
from models.composer.describe import encode, plainer, rebarred, sheet_profile
from models.composer.encode import Encoded, bar_events, events_of
from models.composer.features import NAMES, Floats
from models.composer.novelty import keys_of
from models.composer.sheets import SPLITS, LeadSheet

log = logging.getLogger("composer.data")
#: Raise when the sheets change, so that an old cache is not read.
VERSION = 4


def readers(data: Path) -> dict[str, Callable[[], Iterable[LeadSheet]]]:
    """Each corpus and how to read it; all but music21's own lie in `data`."""
    return {
        "pop909": lambda: pop909(data),
        "nottingham": lambda: nottingham(data),
        "openewld": lambda: openewld(data),
        "lieder": lambda: lieder(data),
        "gamemusic": lambda: gamemusic(data),
        "hymnal": lambda: hymnal(data),
        "music21": music21_corpus,
    }


def read_corpus(name: str, data: Path, cache: Path) -> list[LeadSheet]:
    """A corpus, parsed once and then read from `cache`: a run that is stopped goes on from there.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks the collection.
    """
    path = cache / f"composer-{name}-{VERSION}.json.gz"
    if not path.exists():
        if name != "music21" and not (data / name).is_dir():
            raise FileNotFoundError(f"no folder “{name}” in the data directory {data}")
        log.info("reading %s", name)
        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with gzip.open(partial, "wt", encoding="utf-8") as stream:
            json.dump([s.to_json() for s in readers(data)[name]()], stream)
        partial.replace(path)
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [LeadSheet.from_json(raw) for raw in json.load(stream)]


def load_sheets(data: Path, cache: Path) -> dict[str, list[LeadSheet]]:
    """All lead sheets by split, without repeats; stretches of one file stay on one side.

    Dance tunes stand in several books: what shares three in ten two-bar melodies with a held-out
    sheet is not trained on.
    """
    by_split: dict[str, list[LeadSheet]] = {name: [] for name in SPLITS}
    seen: set[tuple[object, ...]] = set()
    first: dict[str, str] = {}
    for sheet in (s for name in readers(data) for s in read_corpus(name, data, cache)):
        split = first.setdefault(sheet.id.partition("#")[0], sheet.split)
        if (sheet.meter, sheet.notes) not in seen:
            seen.add((sheet.meter, sheet.notes))
            by_split[split].append(sheet)
    held = {k for name in SPLITS[1:] for s in by_split[name] for k in _pairs(s)}
    by_split["train"] = [s for s in by_split["train"] if not _is_variant(s, held)]
    return by_split


def _pairs(sheet: LeadSheet) -> list[int]:
    bars = bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)
    return [key for key in keys_of(bars, sheet.bar_steps, 2) if key is not None]


def _is_variant(sheet: LeadSheet, held: set[int]) -> bool:
    keys = set(_pairs(sheet))
    return len(keys) > 0 and len(keys & held) >= 0.3 * len(keys)


def counts(sheets: dict[str, list[LeadSheet]]) -> list[tuple[str, str, int, int, int, int]]:
    """Source, split, sheets, with chords, bars and notes, for the table in the card."""
    rows: list[tuple[str, str, int, int, int, int]] = []
    for split, members in sheets.items():
        for source, number in sorted(Counter(s.source for s in members).items()):
            mine = [s for s in members if s.source == source]
            chorded = sum(bool(s.chords) for s in mine)
            bars, notes = sum(s.bars for s in mine), sum(len(s.notes) for s in mine)
            rows.append((source, split, number, chorded, bars, notes))
    return rows


@dataclass(frozen=True)
class Pieces:
    """Encoded pieces of a split: P sheets with their variants and their style vectors.

    `variants[p]` are readings of sheet p (as it is, over triads, in another bar, without chords)
    with their weights; `profiles` (P, 2, 60) are of its first and its second half; `kin[p]` are
    other pieces by the same author, or in the same manner where no author is named.
    """

    sheets: tuple[LeadSheet, ...]
    variants: tuple[tuple[Encoded, ...], ...]
    profiles: Floats
    kin: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, sheets: Sequence[LeadSheet], augment: bool = False) -> Pieces:
        """Encode every sheet; with `augment`, in all its readings."""
        variants = [_variants(s, n) if augment else (encode(s),) for n, s in enumerate(sheets)]
        halves = [(sheet_profile(s, 0, s.bars // 2), sheet_profile(s, s.bars // 2)) for s in sheets]
        shaped = np.array(halves, np.float32).reshape(len(sheets), 2, len(NAMES))
        return cls(tuple(sheets), tuple(variants), shaped, _kin(sheets))

    @property
    def full(self) -> tuple[Encoded, ...]:
        """Each sheet as it is."""
        return tuple(v[0] for v in self.variants)

    def style(self, piece: int, rng: np.random.Generator) -> Floats:
        """A style vector for a piece, (60,): the mean over kin, at times with a half of itself."""
        chosen: list[Floats] = []
        kin = self.kin[piece]
        if kin:
            chosen = [self.profiles[k].mean(0) for k in rng.choice(kin, int(rng.integers(1, 5)))]
        if not chosen or rng.random() < 0.3:
            chosen.append(self.profiles[piece, int(rng.integers(2))])
        return np.mean(chosen, axis=0, dtype=np.float32)


def _variants(sheet: LeadSheet, number: int) -> tuple[Encoded, ...]:
    """The readings of a sheet: a third of the sheets also without their chords."""
    others = [plainer(sheet), rebarred(sheet) if sheet.source != "pop909" else None]
    if sheet.chords and number % 3 == 0:
        others.append(replace(sheet, chords=()))
    return (encode(sheet), *(encode(other) for other in others if other is not None))


def _kin(sheets: Sequence[LeadSheet]) -> tuple[tuple[int, ...], ...]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, sheet in enumerate(sheets):
        groups[(sheet.source, sheet.author or sheet.style)].append(n)
    files = [s.id.partition("#")[0] for s in sheets]
    return tuple(
        tuple(k for k in groups[(s.source, s.author or s.style)] if files[k] != files[n])
        for n, s in enumerate(sheets)
    )
