"""Materials to compose with: progressions and grooves, authored, explained, and ready as briefs.

In: `materials.toml`. Out: `Material`s: an `Item` with tags and content features to recommend it by,
what makes it work in one sentence, and the fields of a brief that composes with it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from models import vocabulary
from models.planner.chord_text import chords
from models.recommender import content, tree
from models.recommender.values import Item


@dataclass(frozen=True, slots=True)
class Material:
    """A progression or a groove.

    `names` and `why` are by language ("en", "zh"); `styles` are vocabulary ids, the first its own;
    `brief` are the fields of a public brief (`intake.brief_from_json`) that composes with it.
    """

    item: Item
    names: Mapping[str, str]
    why: Mapping[str, str]
    styles: tuple[str, ...]
    brief: Mapping[str, Any]

    def name(self, locale: str = "en") -> str:
        """Its name in a language, English when there is none."""
        return self.names.get(locale[:2], self.names["en"])

    def fact(self, locale: str = "en") -> str:
        """Why it works, in one sentence."""
        return self.why.get(locale[:2], self.why["en"])


@lru_cache(maxsize=1)
def load() -> tuple[Material, ...]:
    """All of them, progressions first; read once."""
    path = Path(__file__).with_suffix(".toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return (
        *(_progression(key, row) for key, row in table["progression"].items()),
        *(_loop(key, row) for key, row in table["loop"].items()),
    )


def _progression(key: str, row: Mapping[str, Any]) -> Material:
    meter = row.get("meter", "4/4")
    bars = chords(row["chords"], row["key"])
    features = content.features_of_progression(
        bars, row["key"], row["style"], _mood(row["moods"]), meter=meter
    )
    brief = {
        "style": row["style"],
        "mood": row["moods"][0],
        "key": row["key"],
        "chords": " | ".join(" ".join(bar) for bar in bars),
        "meter": meter,
    }
    return _material("progression", key, row, features, brief)


def _loop(key: str, row: Mapping[str, Any]) -> Material:
    style = vocabulary.load().styles[row["style"]]
    meter = style.meters[0]
    features = content.features_of_loop(
        style.id, row["tempo"], style.beat, _mood(row["moods"]), meter
    )
    brief = {
        "style": style.id,
        "mood": row["moods"][0],
        "tempo": row["tempo"],
        "bars": row["bars"],
        "meter": meter,
        "purpose": "game_loop",
    }
    return _material("loop", key, row, features, brief)


def _material(
    kind: Literal["progression", "loop"],
    key: str,
    row: Mapping[str, Any],
    features: tuple[float, ...],
    brief: Mapping[str, Any],
) -> Material:
    styles = (row["style"], *row["others"])
    genres = tree.load()
    tags = {genres.genre_of(style): 1.0 if i == 0 else 0.6 for i, style in enumerate(styles)}
    tags |= {mood: 0.8 for mood in row["moods"]}
    item = Item(kind, key, row["names"]["en"], tags=tags, features=features)
    return Material(item, row["names"], row["why"], styles, brief)


def _mood(moods: Sequence[str]) -> tuple[float, float]:
    """The middle of some moods on the plane."""
    words = vocabulary.load().moods
    each = [words[m] for m in moods]
    return sum(m.valence for m in each) / len(each), sum(m.arousal for m in each) / len(each)
