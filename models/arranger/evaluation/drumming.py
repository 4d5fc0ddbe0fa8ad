"""How well drums are expected: nats per hit on Groove's test split, beside an n-gram and MMA.

In: a `Study`. Out: `Figure`s in nats per hit and bits per step. All rows code the same thing: on
every sixteenth of 4/4 bars the level (none, soft, normal, accented) of each of twelve classes
(`models.arranger.kit`), the sum of what all cells cost divided by the hits. The n-gram backs off
(Witten and Bell, 1991) from the last bar, the last steps and the classes before it in the step.
MMA is a mixture over the bars that it plays in the same family, which changes bars now and then
(fixed share: Herbster and Warmuth, *Tracking the best expert*, 1998); a cell that MMA leaves empty
or strikes is struck with shares chosen, as the rate of change and the n-gram's contexts are, on
Groove's validation split.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from models.arranger.band import Band
from models.arranger.evaluation.makers import shards
from models.arranger.evaluation.study import Study
from models.arranger.kit import NAMES as KIT
from models.arranger.kit import class_of, level_of
from models.composer.evaluation.study import Figure

BAR = 16
_LEVELS = 4
_MOST = 300  # different bars of MMA's in a family, the commonest
_KNUTH = np.uint64(11400714819323198485)
Grid = npt.NDArray[np.int64]  # (T, 12)
_Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Drums:
    """Levels 0..3 of twelve classes on every sixteenth, (T, 12) with whole bars of 16."""

    grid: Grid
    family: str

    @property
    def hits(self) -> int:
        """Cells that are struck."""
        return int((self.grid > 0).sum())


def read(bands: Sequence[Band]) -> list[Drums]:
    """The drums of the bands in 4/4 that have any."""
    out = []
    for band in bands:
        if band.meter != "4/4" or not len(band.part("drums")):
            continue
        grid = np.zeros((band.bars * BAR, len(KIT)), np.int64)
        for onset, _, key, velocity in band.part("drums").tolist():
            found = class_of(key)
            if found is not None and onset < len(grid):
                grid[onset, found] = max(grid[onset, found], level_of(velocity))
        if grid.any():
            out.append(Drums(grid, band.family))
    return out


def drumming(study: Study) -> list[Figure]:
    """Figures of ours, the n-gram and MMA's patterns, on Groove's test bands in 4/4."""
    groove = {s: read(shards(study.cache, s, ("groove",))) for s in ("train", "validation", "test")}
    mma = read(shards(study.cache, "train", ("mma",)))
    test = groove["test"]
    if not all(groove.values()):
        study.missing["drums"] = "no bands of Groove in the cache"
        return []
    study.say(f"drums: n-gram and patterns, {len(test)} test bands")
    rows: dict[str, tuple[float, str]] = {}
    ngram, words = chosen_ngram(groove["train"], mma, groove["validation"])
    rows["n-gram"] = ngram.nats(test), words
    patterns, words = chosen_patterns(groove["train"], mma, groove["validation"])
    rows["mma patterns"] = sum(map(patterns.nats, test)), words
    level = unigram(groove["train"])
    rows["each class alone"] = sum(level(d) for d in test), "a level's share among a class's cells"
    rows |= _ours(study)
    hits, steps = sum(d.hits for d in test), sum(len(d.grid) for d in test)
    out = []
    for name, (nats, words) in rows.items():
        target = f"< {rows['n-gram'][0] / hits:.3f}" if name == "ours" else ""
        out.append(Figure(f"nats per hit, {name}", nats / hits, "nats", target, words))
        out.append(Figure(f"bits per step, {name}", nats / math.log(2) / steps, "bits"))
    return [*out, Figure("hits measured", hits, "", "", f"{len(test)} bands, {steps} steps")]


def _ours(study: Study) -> dict[str, tuple[float, str]]:
    """The network's nats over the same bands, told style and tempo as it is when it plays."""
    try:
        from models.arranger.generate import load_arranger
        from models.arranger.measure import drum_nats
    except ImportError as error:
        study.missing["ours"] = str(error)
        return {}
    bands = [
        b
        for b in shards(study.cache, "test", ("groove",))
        if b.meter == "4/4" and len(b.part("drums"))
    ]
    per_hit = drum_nats(load_arranger(), bands)
    return {"ours": (per_hit * sum(d.hits for d in read(bands)), "style and tempo told")}


class DrumNgram:
    """Levels cell by cell, each after contexts of falling length (Witten-Bell).

    Place, class and what was struck before in the step stand nearest; `layout` names what stands
    beyond, the farthest first: "family", "two bars ago", "steps" and "step" (this class in the
    last four steps, all classes in the last one), "bar" and "bar ago" (all classes, this class).
    """

    LAYOUTS: tuple[tuple[str, ...], ...] = (
        ("step", "steps"),
        ("bar", "bar ago"),
        ("steps", "bar", "bar ago"),
        ("family", "steps", "bar", "bar ago"),
        ("steps", "bar", "two bars ago", "bar ago"),
        ("steps", "bar", "two bars ago", "bar ago", "family"),
    )

    def __init__(self, layout: tuple[str, ...]) -> None:
        self.contexts, self.layout = layout, (*layout, "here", "place")
        self._tables: list[tuple[_Keys, _Keys, _Keys, _Keys]] = []

    def fit(self, drums: Sequence[Drums]) -> DrumNgram:
        """Count, the shortest context first."""
        levels = np.concatenate([d.grid.ravel() for d in drums]).astype(np.uint64)
        for keys in self._keys(drums):
            pairs, counts = np.unique(keys * np.uint64(_LEVELS) + levels, return_counts=True)
            owners, first = np.unique(pairs // np.uint64(_LEVELS), return_index=True)
            totals = np.add.reduceat(counts, first)
            kinds = np.diff([*first, len(pairs)])
            self._tables.append(
                (
                    pairs,
                    counts.astype(np.uint64),
                    owners,
                    np.stack([totals, kinds]).astype(np.uint64),
                )
            )
        return self

    def nats(self, drums: Sequence[Drums]) -> float:
        """Summed nats of all cells of some pieces."""
        levels = np.concatenate([d.grid.ravel() for d in drums])
        return float(-np.log(self.chances(drums, levels)).sum())

    def chances(
        self, drums: Sequence[Drums], levels: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """How probable a level is in each cell, (cells,), after what was played before it."""
        asked = levels.astype(np.uint64)
        chance = np.full(len(levels), 1 / _LEVELS)
        for keys, (pairs, counts, owners, sizes) in zip(
            self._keys(drums), self._tables, strict=True
        ):
            at = np.minimum(np.searchsorted(owners, keys), len(owners) - 1)
            known = owners[at] == keys
            total, kinds = sizes[0, at].astype(float), sizes[1, at].astype(float)
            wanted = keys * np.uint64(_LEVELS) + asked
            place = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
            seen = np.where(pairs[place] == wanted, counts[place].astype(float), 0.0)
            chance = np.where(known, (seen + kinds * chance) / (total + kinds), chance)
        return chance

    def _keys(self, drums: Sequence[Drums]) -> list[_Keys]:
        """A number for the context of every cell, for contexts from the shortest to the longest."""
        facts = [[f[name].astype(np.int32) for name in self.layout] for f in map(_facts, drums)]
        columns = {
            name: np.concatenate([f[i].ravel() for f in facts])
            for i, name in enumerate(self.layout)
        }
        key = np.zeros(len(columns["place"]), np.uint64)
        found = [key]
        for name in reversed(self.layout):
            # Hashed (Knuth's multiplier); the two top bits stay free for the level.
            key = (key * _KNUTH + columns[name].astype(np.uint64) + np.uint64(1)) * _KNUTH
            key = (key ^ (key >> np.uint64(29))) >> np.uint64(2)
            found.append(key)
        return found


def _facts(piece: Drums) -> dict[str, npt.NDArray[np.int64]]:
    """What contexts are made of, (T, 12) each."""
    grid = piece.grid
    total, kinds = grid.shape
    struck = (grid > 0).astype(np.int64)
    bits = struck << np.arange(kinds)
    mask = bits.sum(axis=1)

    def ago(values: npt.NDArray[np.int64], steps: int) -> npt.NDArray[np.int64]:
        """Values of some steps before plus one, 0 before the start."""
        out = np.zeros_like(values)
        out[steps:] = values[: max(0, total - steps)] + 1
        return out

    steps = sum(ago(struck, k) * 3 ** (k - 1) for k in range(1, 5))
    family = zlib.crc32(piece.family.encode()) % 2**20
    wide = np.ones((1, kinds), np.int64)
    return {
        "place": (np.arange(total) % BAR)[:, None] * kinds + np.arange(kinds)[None],
        "here": np.cumsum(bits, axis=1) - bits,
        "steps": np.asarray(steps),
        "step": ago(mask, 1)[:, None] * wide,
        "bar": ago(mask, BAR)[:, None] * wide,
        "bar ago": ago(grid, BAR),
        "two bars ago": ago(grid, 2 * BAR),
        "family": np.full(grid.shape, family),
    }


def chosen_ngram(
    train: Sequence[Drums], mma: Sequence[Drums], validation: Sequence[Drums]
) -> tuple[DrumNgram, str]:
    """The n-gram that expects validation drums best, and what it sees.

    MMA's drums are added where they help, as many bands as Groove has.
    """

    def cost(model: DrumNgram) -> float:
        return model.nats(validation)

    alone = min((DrumNgram(layout).fit(train) for layout in DrumNgram.LAYOUTS), key=cost)
    more = mma[:: max(1, len(mma) // len(train))]
    both = DrumNgram(alone.contexts).fit([*train, *more])
    best, words = (both, "Groove and MMA") if cost(both) < cost(alone) else (alone, "Groove")
    return best, f"{', '.join(best.contexts)}; {words}"


@dataclass(frozen=True)
class Patterns:
    """Bars that MMA plays, as categorical distributions of every cell, by family.

    `logs[family]` (K, 16, 12, 4) log probabilities of levels; `weights` (K,) how common each bar
    is; `change` how often another bar comes.
    """

    logs: Mapping[str, npt.NDArray[np.float64]]
    weights: Mapping[str, npt.NDArray[np.float64]]
    change: float

    def nats(self, piece: Drums) -> float:
        """Summed nats of a piece, bar by bar; an unknown family may play any family's bars."""
        family = piece.family if piece.family in self.logs else ""
        logs, prior = self.logs[family], self.weights[family]
        belief, total = prior.copy(), 0.0
        rows = np.arange(BAR)[:, None]
        columns = np.arange(len(KIT))[None, :]
        for first in range(0, len(piece.grid), BAR):
            bar = piece.grid[first : first + BAR]
            found = logs[:, rows, columns, bar].sum(axis=(1, 2)) + np.log(belief)
            top = found.max()
            evidence = top + math.log(np.exp(found - top).sum())
            total -= evidence
            belief = (1 - self.change) * np.exp(found - evidence) + self.change * prior
        return total


def patterns_of(
    train: Sequence[Drums], mma: Sequence[Drums], extra: float, kept: float, change: float
) -> Patterns:
    """MMA's bars, smoothed.

    `extra` is the share of empty cells that are struck all the same, `kept` the share of struck
    ones that are; how often and how hard a class is hit is people's, from `train`.
    """
    counts: dict[str, Counter[bytes]] = defaultdict(Counter)
    for piece in mma:
        for first in range(0, len(piece.grid), BAR):
            bar = (piece.grid[first : first + BAR] > 0).astype(np.int8).tobytes()
            counts[piece.family][bar] += 1
            counts[""][bar] += 1
    level = np.ones((len(KIT), 3))
    usual = np.full(len(KIT), 0.5)
    cells = 1.0
    for piece in train:
        for k in range(1, _LEVELS):
            level[:, k - 1] += (piece.grid == k).sum(axis=0)
        usual += (piece.grid > 0).sum(axis=0)
        cells += len(piece.grid)
    level /= level.sum(axis=1, keepdims=True)
    usual = usual / usual.sum() * len(KIT)  # classes that people hardly ever hit are not expected
    logs, weights = {}, {}
    for family, bars in counts.items():
        common = bars.most_common(_MOST)
        struck = np.array(
            [np.frombuffer(bar, np.int8).reshape(BAR, len(KIT)) for bar, _ in common], bool
        )
        hit = np.where(struck, kept, np.clip(extra * usual, 1e-5, 0.9))
        chances = np.concatenate([(1 - hit)[..., None], hit[..., None] * level], axis=-1)
        logs[family] = np.log(chances)
        share = np.array([number for _, number in common], np.float64)
        weights[family] = share / share.sum()
    return Patterns(logs, weights, change)


def chosen_patterns(
    train: Sequence[Drums], mma: Sequence[Drums], validation: Sequence[Drums]
) -> tuple[Patterns, str]:
    """The smoothing that expects validation drums best."""
    best: tuple[float, Patterns, str] | None = None
    for extra, kept, change in product(
        (0.03, 0.06, 0.12, 0.2), (0.6, 0.75, 0.9), (0.01, 0.05, 0.2)
    ):
        model = patterns_of(train, mma, extra, kept, change)
        nats = sum(map(model.nats, validation[::3]))
        words = f"extra {extra}, kept {kept}, change {change}, chosen on validation"
        if best is None or nats < best[0]:
            best = nats, model, words
    if best is None:
        raise ValueError("nothing to choose among")
    return best[1], best[2]


def unigram(train: Sequence[Drums]) -> Callable[[Drums], float]:
    """Nats when every cell is expected by its class alone."""
    counts = np.ones((len(KIT), _LEVELS))
    for piece in train:
        for level in range(_LEVELS):
            counts[:, level] += (piece.grid == level).sum(axis=0)
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    return lambda piece: float(-logs[np.arange(len(KIT)), piece.grid].sum())
