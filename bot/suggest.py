"""What autocomplete offers while a person types: vocabulary entries and keys, best match first.

In: what is typed so far and a language. Out: at most 25 (label, value) pairs, Discord's limit.
Matching is rapidfuzz over every spelling of an entry, so "bosa nva" and "爵士" both find theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from rapidfuzz import fuzz, process

from bot.recipe import key_name
from models.theory import MODES
from models.vocabulary import Catalogue, E, normalise

LIMIT = 25
# In the order people ask for them; every other key is found by typing it.
_TONICS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb", "B", "F#", "Ab", "Db")
_MATCH = 60  # rapidfuzz score below which a suggestion only distracts


def entries(catalogue: Catalogue[E], typed: str, locale: str) -> list[tuple[str, str]]:
    """Entries of a catalogue as (name in the language, id)."""
    query = normalise(typed)
    if not query:
        return [(entry.name(locale), entry.id) for entry in catalogue][:LIMIT]
    ranked: dict[str, float] = {}
    found = process.extract(query, catalogue.spellings.keys(), scorer=fuzz.WRatio, limit=120)
    for spelling, score, _ in found:
        entry = catalogue.spellings[spelling]
        ranked[entry] = max(ranked.get(entry, 0.0), score + 20.0 * spelling.startswith(query))
    best = sorted((e for e in ranked if ranked[e] >= _MATCH), key=lambda e: -ranked[e])
    return [(catalogue[entry].name(locale), entry) for entry in best[:LIMIT]]


def several(catalogue: Catalogue[E], typed: str, locale: str) -> list[tuple[str, str]]:
    """As `entries`, for a list: what stands before the last comma is kept."""
    done, comma, last = typed.replace("，", ",").replace("、", ",").rpartition(",")
    kept = [part.strip() for part in done.split(",") if part.strip()]
    found = [catalogue.find(part) for part in kept]
    names = [entry.name(locale) if entry else part for entry, part in zip(found, kept, strict=True)]
    ids = [entry.id if entry else part for entry, part in zip(found, kept, strict=True)]
    offers = [
        (", ".join([*names, name]), ", ".join([*ids, key]))
        for name, key in entries(catalogue, last if comma else typed, locale)
        if key not in ids
    ]
    return [(label, value) for label, value in offers if max(len(label), len(value)) <= 100]


def keys(typed: str, locale: str) -> list[tuple[str, str]]:
    """Keys as (name in the language, "D minor")."""
    query = normalise(typed)
    return _containing(query, (f"{t} {m}" for m, t in product(MODES, _TONICS)), locale)


def _containing(query: str, names: Iterable[str], locale: str) -> list[tuple[str, str]]:
    offers = [(key_name(name, locale), name) for name in names]
    if not query:
        return offers[:LIMIT]
    hits = [
        o for o in offers if normalise(o[1]).startswith(query) or normalise(o[0]).startswith(query)
    ]
    return (hits or [o for o in offers if query in normalise(o[0])])[:LIMIT]
