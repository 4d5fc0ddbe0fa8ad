"""From bands to what the network trains on: encoded once, cut, masked and mixed at random.

In: the shards of a split. Out: `Library` and its `Batch`es: stretches of one meter in which a
random subset of the parts is given and the rest is to be written; now and then without melody,
without style or source, so that the network can do without being told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.arranger.band import SLOTS, SOURCES, Band, load
from models.arranger.context import (
    ABSENT,
    DENSITIES,
    GIVEN,
    WRITE,
    Ids,
    busyness,
    encode_context,
    fields,
    form_of,
    section_onsets,
    situation_of,
)
from models.arranger.encode import Shapes, Steps, encode, struck_shapes
from models.arranger.model import Batch

#: Bars of a short stretch.
OPENING = 3
#: Share of each source in what is sampled (notes/composition.md section 6.4).
MIX = {"mma": 0.6, "pop909": 0.15, "groove": 0.1, "game": 0.1, "jjswing": 0.05}


@dataclass(frozen=True)
class Codes:
    """What is learned from the training bands before the network: shapes, styles, densities.

    `edges` maps "source/family" to the four values of `busyness` that part its sections in fifths.
    """

    shapes: Shapes
    styles: tuple[str, ...]
    edges: dict[str, tuple[float, ...]]

    def density(self, source: str, family: str, busy: float) -> int:
        """The level 1..5 of a section; 0 where nothing is known of the source and family."""
        edges = self.edges.get(f"{source}/{family}")
        return 0 if edges is None else 1 + sum(busy >= edge for edge in edges)

    def to_json(self) -> dict[str, Any]:
        """Plain values, stored with a weight."""
        return {"shapes": self.shapes.rows, "styles": self.styles, "edges": self.edges}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Codes:
        """The inverse of `to_json` after a trip through JSON."""
        shapes = Shapes(tuple(tuple(row) for row in raw["shapes"]))
        edges = {name: tuple(values) for name, values in raw["edges"].items()}
        return cls(shapes, tuple(raw["styles"]), edges)

    @property
    def style_index(self) -> dict[str, int]:
        """Style id -> number."""
        return {style: i for i, style in enumerate(self.styles)}


def learn_codes(bands: Sequence[Band], most_shapes: int) -> Codes:
    """The codes of the training bands."""
    shapes = Shapes.learn((s for band in bands for s in struck_shapes(band)), most_shapes)
    found: dict[str, list[float]] = defaultdict(list)
    for band in bands:
        form = form_of(band)
        onsets = section_onsets(encode(band, shapes), form, band.bar_steps)
        found[f"{band.source}/{band.family}"].extend(busyness(onsets, form))
    levels = np.linspace(0, 1, DENSITIES)[1:-1]
    edges = {k: tuple(round(float(e), 3) for e in np.quantile(v, levels)) for k, v in found.items()}
    styles = tuple(sorted({b.style for b in bands if b.style}))
    return Codes(shapes, styles, edges)


@dataclass(frozen=True, eq=False)
class Encoded:
    """A band ready to be cut: the ids of its context (all its slots to be written) and steps."""

    source: str
    meter: str
    bar: int
    slots: tuple[int, ...]
    ids: Ids
    steps: Steps


def encode_band(band: Band, codes: Codes) -> Encoded:
    """A band with its context."""
    steps, form = encode(band, codes.shapes), form_of(band)
    onsets = section_onsets(steps, form, band.bar_steps)
    density = [codes.density(band.source, band.family, b) for b in busyness(onsets, form)]
    states = np.where(onsets > 0, WRITE, ABSENT).tolist()
    ids = encode_context(situation_of(band, density, states), codes.style_index)
    slots = tuple(i for i in range(len(SLOTS)) if onsets[:, i].any())
    return Encoded(band.source, band.meter, band.bar_steps, slots, ids, steps)


def read_bands(cache: Path, split: str) -> list[Band]:
    """All bands of a split that the corpora have put into `cache`."""
    return [band for path in sorted(cache.glob(f"*-{split}-*.npz")) for band in load(path)]


class Library:
    """The encoded bands of a split, by source and meter, to draw from."""

    def __init__(self, bands: Sequence[Band], codes: Codes) -> None:
        self.items = [encode_band(band, codes) for band in bands]
        names = list(fields(len(codes.styles)))
        self.columns = {name: i for i, name in enumerate(names)}
        self.pools: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, item in enumerate(self.items):
            if item.slots:
                self.pools[item.source, item.meter].append(i)
        self.weights = {
            pool: np.sqrt([len(self.items[i].steps) for i in members])
            for pool, members in self.pools.items()
        }

    def sources(self) -> list[str]:
        """The sources that are there, in the order of `SOURCES`."""
        return [s for s in SOURCES if any(source == s for source, _ in self.pools)]

    def draw(self, rng: np.random.Generator, size: int, bars: int, openings: float) -> Batch:
        """A random batch: `size` stretches of at most `bars` bars.

        A share of the batches, `openings`, has as many bars in stretches of `OPENING`: a style has
        to be known before anything was played, and a long stretch asks for that once in 16 bars.
        """
        if rng.random() < openings:
            size, bars = size * bars // OPENING, OPENING
        sources = self.sources()
        mix = np.array([MIX[s] for s in sources])
        source = str(rng.choice(sources, p=mix / mix.sum()))
        meters = [m for s, m in self.pools if s == source]
        mass = np.array([self.weights[source, m].sum() for m in meters])
        meter = str(rng.choice(meters, p=mass / mass.sum()))
        # One meter to a batch, but not one source: what a batch teaches should not lean.
        here = [s for s in sources if (s, meter) in self.pools]
        shares = np.array([MIX[s] for s in here])
        chosen = []
        for other in rng.choice(here, size=size, p=shares / shares.sum()):
            weights = self.weights[str(other), meter]
            pool = self.pools[str(other), meter]
            chosen.append(self.items[int(rng.choice(pool, p=weights / weights.sum()))])
        cuts = [self._cut(item, rng, bars) for item in chosen]
        return _stack(cuts, chosen[0].bar, rng.random(size) < 0.5)

    def fixed(self, size: int, bars: int, seed: int) -> list[Batch]:
        """Every band once, nothing given or hidden, no texture told: for validation."""
        rng = np.random.default_rng(seed)
        by_meter: dict[str, list[Encoded]] = defaultdict(list)
        for item in self.items:
            by_meter[item.meter].append(item)
        batches = []
        for items in by_meter.values():
            for start in range(0, len(items), size):
                chosen = items[start : start + size]
                cuts = [_window(item, int(rng.integers(1 << 30)), bars) for item in chosen]
                batches.append(_stack(cuts, chosen[0].bar, np.zeros(len(cuts), bool)))
        return batches

    def _cut(self, item: Encoded, rng: np.random.Generator, bars: int) -> _Cut:
        """A stretch of a band with some of its parts given and some facts hidden."""
        ids, steps = _window(item, int(rng.integers(1 << 30)), bars)
        ids = ids.copy()
        if len(item.slots) > 1 and rng.random() < 0.5:
            given = rng.random(len(SLOTS)) < 0.5
            given[rng.choice(item.slots)] = False  # there is always something to write
            first = self.columns[f"plays {SLOTS[0]}"]
            states = ids[:, first : first + len(SLOTS)]
            states[(states == WRITE) & given] = GIVEN
        for names, share in _HIDDEN:
            if rng.random() < share:
                ids[:, [self.columns[name] for name in names]] = 0
        return ids, steps


_Cut = tuple[Ids, Steps]
#: What is hidden together, and how often.
_HIDDEN = (
    (("sung", "tone", "octave"), 0.12),
    (("style",), 0.15),
    (("style", "family"), 0.05),
    (("source",), 0.1),
    (("density",), 0.2),
    (("section", "phrase", "left"), 0.05),
)


def _window(item: Encoded, number: int, bars: int) -> _Cut:
    """`bars` bars of a band, from a bar line; all of a shorter one."""
    have = len(item.steps) // item.bar
    start = number % (have - bars + 1) * item.bar if have > bars else 0
    here = slice(start, start + bars * item.bar)
    s = item.steps
    return item.ids[here], Steps(s.drums[here], s.words[here], s.octaves[here])


def _stack(cuts: Sequence[_Cut], bar: int, texture: np.ndarray) -> Batch:
    """One batch; shorter stretches end in steps in which nobody plays."""
    longest = max(len(ids) for ids, _ in cuts)

    def padded(rows: Sequence[np.ndarray]) -> torch.Tensor:
        full = [np.pad(r, ((0, longest - len(r)), (0, 0))) for r in rows]
        return torch.from_numpy(np.stack(full).astype(np.int64))

    return Batch(
        padded([ids for ids, _ in cuts]),
        padded([s.drums for _, s in cuts]),
        padded([s.words for _, s in cuts]),
        padded([s.octaves for _, s in cuts]),
        bar,
        torch.from_numpy(texture),
    )
