"""How near every maker comes to held-out human bands: a Frechet distance on the 60 features.

In: a `Study`. Out: `Figure`s with the human-to-human floor. People's tunes with people's parts are
what is compared, each maker's arrangement standing for the band that played that tune
(`models.composer.evaluation.distance` has the estimate). Deviations are those of human training
bands, so that features count alike. Drums alone are compared with Groove's test drummers, eight
bars for eight bars of the same family on the grid, in what Groove's kit can play.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from models.arranger.band import Band
from models.arranger.corpora.grid import window
from models.arranger.evaluation.makers import shards
from models.arranger.evaluation.study import Study
from models.arranger.evaluation.tunes import FEWEST
from models.arranger.features import group, profile
from models.composer.evaluation.distance import FLOOR, Distance, Profiles, Rows, Scale, against
from models.composer.evaluation.study import Figure

_ENOUGH = 24  # bands, for a distance: its floor among fewer is higher than what it tells
_LEAST = 0.05  # of a deviation, in features of 0..1: what people never do must not decide alone
_DRUM_BARS = 8


def nearness(study: Study) -> list[Figure]:
    """Figures "kind, maker": all human bands, pianists and bands apart, and drums alone."""
    train = [b for b in shards(study.cache, "train", ("pop909", "game")) if b.bars >= FEWEST]
    scale = _scale(profiles(train))
    humans, out = profiles(study.humans), []
    takes = study.present("alike")
    ours = {name: profiles([t.band for t in found]) for name, found in takes.items()}
    kinds = {
        "all human bands": list(range(len(study.humans))),
        "pop909 pianists": [i for i, b in enumerate(study.humans) if b.source == "pop909"],
        "game bands": [i for i, b in enumerate(study.humans) if b.source == "game"],
    }
    for kind, members in kinds.items():
        if len(members) >= _ENOUGH:
            rows: dict[str, Rows] = {
                name: (found[members], range(len(members))) for name, found in ours.items()
            }
            found = against(humans[members], rows, scale, seed=study.seed)
            out += _figures(kind, found, len(members))
    return out + _drums(study)


def profiles(bands: Sequence[Band]) -> Profiles:
    """(N, 60)."""
    return np.array([profile(band) for band in bands], np.float64).reshape(len(bands), -1)


def _drums(study: Study) -> list[Figure]:
    """Eight bars of drums of each maker beside eight bars of Groove's test players."""
    played = {split: _eight(shards(study.cache, split, ("groove",))) for split in ("train", "test")}
    if min(map(len, played.values())) < _ENOUGH:
        return []
    part = group("drums")
    train, humans = (profiles(played[split])[:, part] for split in ("train", "test"))
    kit = train.std(axis=0) > 0  # Groove's drums have neither shakers nor congas
    rows: dict[str, Rows] = {}
    for name, takes in study.present().items():
        pairs = _paired(played["test"], _eight([t.band for t in takes]))
        found = profiles([band for _, band in pairs])[:, part]
        rows[name] = (found[:, kit], [number for number, _ in pairs])
    distances = against(humans[:, kit], rows, _scale(train[:, kit]), seed=study.seed)
    return _figures("drums", distances, len(humans))


def _paired(humans: Sequence[Band], bands: Sequence[Band]) -> list[tuple[int, Band]]:
    """For every human band (by number) one of the same family, each used once."""
    pools: dict[str, list[Band]] = defaultdict(list)
    for band in reversed(bands):
        pools[band.family].append(band)
    return [(i, pools[h.family].pop()) for i, h in enumerate(humans) if pools[h.family]]


def _scale(train: Profiles) -> Scale:
    return Scale(train.mean(axis=0), np.maximum(train.std(axis=0), _LEAST))


def _eight(bands: Sequence[Band]) -> list[Band]:
    """Eight bars of each band with drums in 4/4, from its second quarter on."""
    return [
        window(band, min(band.bars - _DRUM_BARS, band.bars // 4), _DRUM_BARS)
        for band in bands
        if band.bars >= _DRUM_BARS and band.meter == "4/4" and len(band.part("drums"))
    ]


def _figures(kind: str, found: Mapping[str, Distance], number: int) -> list[Figure]:
    rivals = [found[name].mean for name in ("mma", "retrieval") if name in found]
    out = []
    for name, distance in found.items():
        words = f"{distance.low:.1f} .. {distance.high:.1f}; {number} human bands"
        if name != "ours" and "ours" in found and name != FLOOR:
            words += f"; ours nearer in {found['ours'].closer_than(distance):.0%}"
        target = f"< {min(rivals):.1f}" if name == "ours" and rivals else ""
        label = "human to human" if name == FLOOR else name
        out.append(Figure(f"{kind}, {label}", distance.mean, "", target, words))
    return out
