"""What belongs together in our own vocabulary, before anybody has listened to anything.

In: the styles, moods and instruments of the project, the moods of its styles
(`moods_of_styles.toml`, written by hand) and the genre tree. Out: rows of weights over them, as if
each row were a person who likes these things together: item-to-item models smooth with them (H.
Steck, EASE, WWW 2019, takes any rows) and so are useful with no listener at all.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
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
    path = Path(__file__).parent / "moods_of_styles.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {style: tuple(moods) for style, moods in table.items()}


def alike(words: Vocabulary) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """(style ids, (n, n) likeness 0..1): family, sound, tempo, harmony, feel; 1 with itself."""
    styles = list(words.styles)
    each = [[_likeness(a, b, words) for b in styles] for a in styles]
    return tuple(s.id for s in styles), np.array(each)


def _likeness(a: Style, b: Style, words: Vocabulary) -> float:
    """How much two styles share, 0..1: a weighted mean of what makes them sound alike."""
    if a.id == b.id:
        return 1.0
    tempo = math.exp(-((math.log2(a.tempo[1] / b.tempo[1]) / 0.4) ** 2))
    feel = math.exp(-3 * (a.density - b.density) ** 2 - (a.minor - b.minor) ** 2)
    sound = _cosine(_players(a), _players(b))
    mood = _cosine(_felt(a, words), _felt(b, words))
    swing = 1.0 if abs(a.swing - b.swing) < 0.05 else 0.0
    parts = (
        (0.22, float(a.family == b.family)),
        (0.13, float(a.harmony == b.harmony)),
        (0.25, mood),
        (0.2, sound),
        (0.1, tempo),
        (0.05, feel),
        (0.05, swing),
    )
    return sum(weight * value for weight, value in parts)


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
            near = 1.0 if mood.id == name else 0.5 * _near(mood, words.moods[name])
            found[mood.id] = max(found.get(mood.id, 0.0), 0.8**i * near)
    return found


def _near(a: Mood, b: Mood) -> float:
    """Nearness of two moods on the plane, 0..1."""
    return math.exp(-8 * ((a.valence - b.valence) ** 2 + (a.arousal - b.arousal) ** 2))


def _cosine(a: Row, b: Row) -> float:
    dot = sum(weight * b.get(key, 0.0) for key, weight in a.items())
    size = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return dot / size if size else 0.0


# --- rows: what one person might like together ---------------------------------------------------


def _of_styles(words: Vocabulary) -> Iterator[Row]:
    """A style with those most like it, its moods and its players."""
    ids, likeness = alike(words)
    for style, near in zip(words.styles, likeness, strict=True):
        order = np.argsort(-near, kind="stable")[1 : _NEIGHBOURS + 1]
        row = {f"style:{style.id}": 1.0}
        row |= {f"style:{ids[i]}": float(near[i]) for i in order}
        row |= {f"mood:{m}": 0.8**i for i, m in enumerate(moods_of_styles()[style.id])}
        row |= {f"instrument:{i}": 0.8 * weight for i, weight in _players(style).items()}
        yield row


def _of_tree(words: Vocabulary, tree: Tree) -> Iterator[Row]:
    """Styles that stand under the same genre; the fewer there are, the more that says."""
    under: dict[str, list[str]] = {}
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
        near = {f"mood:{m.id}": _near(mood, m) for m in words.moods}
        yield {key: weight for key, weight in near.items() if weight > 0.3}


def _of_sounds(words: Vocabulary) -> Iterator[Row]:
    """Instruments of one family."""
    families: dict[str, list[Instrument]] = {}
    for instrument in words.instruments:
        if instrument.id not in EFFECTS:
            families.setdefault(instrument.family, []).append(instrument)
    for members in families.values():
        yield {f"instrument:{i.id}": 1 / math.sqrt(len(members)) for i in members}
