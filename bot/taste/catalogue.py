"""What can be recommended besides what people listen to: our vocabulary, materials, pieces.

In: ids of the vocabulary, rows of pieces. Out: `Item`s with tags that genres, moods and instruments
of all items share, so that a taste for songs says something about a loop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from models import vocabulary
from models.recommender import content, kinship, materials, tree
from models.recommender.materials import Material
from models.recommender.values import MATERIALS, Item, Kind
from models.vocabulary import Entry
from storage.pieces import Piece

#: How much a genre says for each genre above it: "melodic black metal" is black metal, and metal.
UPWARDS = 0.5
_MOODS_OF_STYLE = 3


def item(kind: Kind, key: str, locale: str = "en") -> Item | None:
    """An item of a closed vocabulary or a material, named in a language; None for other kinds."""
    if kind in MATERIALS:
        material = _materials().get(f"{kind}:{key}")
        return None if material is None else replace(material.item, title=material.name(locale))
    words = vocabulary.load()
    entry: Entry | None = None
    if kind == "style" and key in words.styles:
        entry = words.styles[key]
    elif kind == "mood" and key in words.moods:
        entry = words.moods[key]
    elif kind == "instrument" and key in words.instruments:
        entry = words.instruments[key]
    return None if entry is None else Item(kind, key, entry.name(locale), tags=_tags(kind, key))


def of_materials(kind: Kind) -> tuple[Item, ...]:
    """All progressions, or all loops."""
    return tuple(each.item for each in _materials().values() if each.item.kind == kind)


def of_piece(piece: Piece) -> Item:
    """A piece made here, with its features where its plan can be read."""
    tags: dict[str, float] = {}
    if piece.style:
        tags |= upwards({tree.load().genres.get(piece.style, piece.style): 1.0})
    brief = json.loads(piece.brief or "{}")
    tags |= dict.fromkeys(filter(None, (piece.mood, *(brief.get("instruments") or ()))), 0.5)
    try:
        features = content.features_of_plan(json.loads(piece.plan), {})
    except (KeyError, ValueError, TypeError):
        features = ()  # made by an older version, or emptied since
    return Item("piece", piece.id, piece.title, tags=tags, features=features)


def upwards(tags: Mapping[str, float]) -> dict[str, float]:
    """Tags with the genres above them, each level at half the weight."""
    genres = tree.load()
    found = dict(tags)
    for tag, weight in tags.items():
        level = [tag]
        while level := [p for name in level for p in genres.parents.get(name, ())]:
            weight *= UPWARDS
            if weight < 0.1:
                break
            for name in level:
                found[name] = max(found.get(name, 0.0), weight)
    return found


def shown(tag: str, locale: str) -> str:
    """A tag as it is shown: our own names in the person's language, else the genre itself."""
    words = vocabulary.load()
    genres = tree.load()
    style = genres.styles.get(tag)
    if style is not None and genres.genres.get(style) == tag:
        return words.styles[style].name(locale)
    if tag in words.moods:
        return words.moods[tag].name(locale)
    return words.instruments[tag].name(locale) if tag in words.instruments else tag


@lru_cache(maxsize=1)
def _materials() -> dict[str, Material]:
    return {each.item.id: each for each in materials.load()}


@lru_cache(maxsize=512)
def _tags(kind: Kind, key: str) -> Mapping[str, float]:
    if kind != "style":
        return {key: 1.0}
    moods = kinship.moods_of_styles().get(key, ())[:_MOODS_OF_STYLE]
    return upwards({tree.load().genre_of(key): 1.0}) | dict.fromkeys(moods, 0.3)
