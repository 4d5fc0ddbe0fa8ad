"""What belongs together in our own vocabulary, before anybody has listened to anything.

In: the styles, moods and instruments of the project, its styles' moods and the scenes they share
(`kinship.toml`, written by hand), and the genre tree. Out: rows of weights over them, as if each
row were a person who likes these things together: item-to-item models smooth with them (H. Steck,
EASE, WWW 2019, takes any rows) and so are useful with no listener at all.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models import vocabulary
from models.vocabulary import Instrument, Mood, Style, Vocabulary

if TYPE_CHECKING:
    from models.recommender.tree import Tree

Closed = Literal["style", "mood", "instrument"]
Row = dict[str, float]
Array = NDArray[np.float64]
#: Sounds that are effects rather than instruments: nobody's taste, and no part's player.
EFFECTS = frozenset(
    {"fret_noise", "breath_noise", "seashore", "bird_tweet", "telephone", "helicopter",
     "applause", "gunshot", "reverse_cymbal"}
)  # fmt: skip
_NEIGHBOURS = 6
_ROLES = ("melody", "chords", "pad", "bass")


def rows(kind: Closed | None, tree: Tree) -> tuple[tuple[str, ...], csr_matrix]:
    """See `tree.closed_prior`."""
    words = vocabulary.load()
    every: dict[Closed, tuple[str, ...]] = {
        "style": tuple(s.id for s in words.styles),
        "mood": tuple(m.id for m in words.moods),
        "instrument": tuple(i.id for i in words.instruments if i.id not in EFFECTS),
    }
    kinds: tuple[Closed, ...] = (kind,) if kind else ("style", "mood", "instrument")
    ids = tuple(f"{k}:{key}" for k in kinds for key in every[k])
    place = {item: i for i, item in enumerate(ids)}
    found = []
    for row in (*_of_styles(words), *_of_tree(words, tree), *_of_moods(words), *_of_sounds(words)):
        kept = {place[item]: weight for item, weight in row.items() if item in place}
        if len(kept) > 1:
            found.append(kept)
    at = [r for r, row in enumerate(found) for _ in row]
    columns = [c for row in found for c in row]
    values = [w for row in found for w in row.values()]
    shape = (len(found), len(ids))
    return ids, csr_matrix((np.array(values, dtype=np.float32), (at, columns)), shape=shape)


@lru_cache(maxsize=1)
def moods_of_styles() -> Mapping[str, tuple[str, ...]]:
    """Style id -> its moods, most typical first."""
    return _table("moods")


def scenes() -> Mapping[str, tuple[str, ...]]:
    """Name -> style ids that people like together across families."""
    return _table("scenes")


@lru_cache(maxsize=2)
def _table(name: str) -> dict[str, tuple[str, ...]]:
    path = Path(__file__).with_name("kinship.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))[name]
    return {key: tuple(values) for key, values in table.items()}


@lru_cache(maxsize=1)
def alike() -> tuple[tuple[str, ...], Array]:
    """(style ids, (n, n) likeness 0..1): scene, family, sound, tempo, harmony, feel; 1 with itself.

    A weighted mean of what makes two styles sound alike; the weights are judgement.
    """
    words = vocabulary.load()
    styles = list(words.styles)
    tempo = np.log2([s.tempo[1] for s in styles])
    density = np.array([s.density for s in styles])
    minor = np.array([s.minor for s in styles])
    swing = np.array([s.swing for s in styles])
    parts = (
        (0.15, _equal([s.family for s in styles])),
        (0.2, np.minimum(1.0, _together(styles))),
        (0.1, _equal([s.harmony for s in styles])),
        (0.2, _cosines([_felt(s, words) for s in styles])),
        (0.2, _cosines([_players(s) for s in styles])),
        (0.08, np.exp(-((_apart(tempo) / 0.4) ** 2))),
        (0.04, np.exp(-3 * _apart(density) ** 2 - _apart(minor) ** 2)),
        (0.03, (np.abs(_apart(swing)) < 0.05).astype(np.float64)),
    )
    found = sum((weight * part for weight, part in parts), np.zeros((len(styles), len(styles))))
    np.fill_diagonal(found, 1.0)
    return tuple(s.id for s in styles), found


def _apart(values: Array) -> Array:
    return values[:, None] - values[None, :]


def _equal(values: Sequence[str]) -> Array:
    return np.array([[a == b for b in values] for a in values], dtype=np.float64)


def _together(styles: Sequence[Style]) -> Array:
    """How often two styles share a scene."""
    every = scenes().values()
    member = np.array([[s.id in scene for scene in every] for s in styles], dtype=np.float64)
    return member @ member.T


def _cosines(rows: Sequence[Row]) -> Array:
    keys = {key: i for i, key in enumerate(dict.fromkeys(k for row in rows for k in row))}
    dense = np.zeros((len(rows), len(keys)))
    for r, row in enumerate(rows):
        for key, weight in row.items():
            dense[r, keys[key]] = weight
    dense /= np.maximum(1e-9, np.linalg.norm(dense, axis=1, keepdims=True))
    return dense @ dense.T


def _players(style: Style) -> Row:
    """Instrument id -> weight 0..1, the preferred of each role first."""
    found: Row = {}
    for role in _ROLES:
        for i, name in enumerate(getattr(style, role)):
            found[name] = max(found.get(name, 0.0), 0.6**i * (0.6 if role == "bass" else 1.0))
    return found


def _felt(style: Style, words: Vocabulary) -> Row:
    """Mood id -> weight 0..1: the style's own moods, and less what lies near them."""
    found: Row = {}
    for i, name in enumerate(moods_of_styles()[style.id]):
        for mood in words.moods:
            close = 1.0 if mood.id == name else 0.5 * near(mood, words.moods[name])
            found[mood.id] = max(found.get(mood.id, 0.0), 0.8**i * close)
    return found


def near(a: Mood, b: Mood) -> float:
    """Nearness of two moods on the plane, 0..1."""
    return math.exp(-8 * ((a.valence - b.valence) ** 2 + (a.arousal - b.arousal) ** 2))


# --- rows: what one person might like together ---------------------------------------------------


def _of_styles(words: Vocabulary) -> Iterator[Row]:
    """A style with those most like it, its moods and its players."""
    ids, likeness = alike()
    for style, kin in zip(words.styles, likeness, strict=True):
        order = np.argsort(-kin, kind="stable")[1 : _NEIGHBOURS + 1]
        row = {f"style:{style.id}": 1.0}
        row |= {f"style:{ids[i]}": float(kin[i]) for i in order}
        row |= {f"mood:{m}": 0.8**i for i, m in enumerate(moods_of_styles()[style.id])}
        row |= {f"instrument:{i}": 0.8 * weight for i, weight in _players(style).items()}
        yield row


def _of_tree(words: Vocabulary, tree: Tree) -> Iterator[Row]:
    """Styles of one genre, family or scene; the fewer there are, the more that says."""
    under: dict[str, list[str]] = {}
    for name, scene in scenes().items():
        under[f"scene {name}"] = list(scene)
    for style in words.styles:
        under.setdefault(f"family {style.family}", []).append(style.id)
        genre = tree.genre_of(style.id)
        for above in (genre, *tree.ancestors(genre)):
            under.setdefault(above, []).append(style.id)
    for members in under.values():
        if 2 <= len(members) <= 20:
            yield {f"style:{m}": 1 / math.sqrt(len(members)) for m in members}


def _of_moods(words: Vocabulary) -> Iterator[Row]:
    """A mood with those near it on the valence-arousal plane."""
    for mood in words.moods:
        found = {f"mood:{m.id}": near(mood, m) for m in words.moods}
        yield {key: weight for key, weight in found.items() if weight > 0.3}


def _of_sounds(words: Vocabulary) -> Iterator[Row]:
    """Instruments of one family."""
    families: dict[str, list[Instrument]] = {}
    for instrument in words.instruments:
        if instrument.id not in EFFECTS:
            families.setdefault(instrument.family, []).append(instrument)
    for members in families.values():
        yield {f"instrument:{i.id}": 1 / math.sqrt(len(members)) for i in members}
