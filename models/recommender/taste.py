"""What somebody leans to, and what that means for a piece to compose.

In: decayed net evidence by item (`confidence.net`) and the items with their tags. Out: a
`TasteVector`; of several people, what they share; and a `Brief` whose empty fields are drawn from
it, with notes that say what was taken. A person's words always come first, and a taste is drawn
from, not averaged: ten pieces from one taste differ as ten evenings of listening do. A group is
joined as in Masthoff (Group recommender systems, 2011): the least happy counts, or the mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Literal

from models import vocabulary
from models.errors import Refusal
from models.planner import choices
from models.planner.bounds import check_brief
from models.planner.brief import Brief
from models.planner.orchestration import orchestrate
from models.recommender import content, kinship, tree
from models.recommender.values import Item, TasteVector
from models.vocabulary import Entry, Style, Vocabulary

Weights = dict[str, float]
Mode = Literal["least_misery", "average"]
Spread = Callable[[Mapping[str, float]], Weights]
Note = tuple[str, dict[str, object]]
#: What notes say (gettext message ids).
MINE = "From your taste: {things}."
OURS = "From the tastes of {count} of you: {things}."
UNKNOWN = "I know too little of your taste yet, so I chose freely; tell me three styles you like."
#: A style, mood or instrument that somebody named says more than a tag of a song they heard.
_NAMED = 2.0
#: Exponent that flattens a taste before it is drawn from, so that the second love gets its turn.
_FLAT = 0.6
_OPEN_MOOD = 0.2  # how often the mood is left to the style
_STRAY = 0.15  # how far outside a style's tempo a taste may lie and still be drawn to its edge


def vector(nets: Mapping[str, float], items: Mapping[str, Item]) -> TasteVector:
    """What a person leans to.

    Parameters
    ----------
    nets : mapping of Item.id to float
        Decayed net evidence; negative for what they do not want.
    items : mapping of Item.id to Item
        Items without an entry do not count.
    """
    styles: Weights = {}
    moods: Weights = {}
    instruments: Weights = {}
    tempi: list[tuple[float, float]] = []
    densities: list[tuple[float, float]] = []
    evidence = 0
    for key, net in nets.items():
        item = items.get(key)
        if item is None or not net:
            continue
        weight = math.copysign(math.log1p(abs(net)), net)
        found = _sides(item)
        if any(found):
            evidence += 1
        for total, side in zip((styles, moods, instruments), found, strict=True):
            for name, share in side.items():
                total[name] = total.get(name, 0.0) + weight * share
        if weight > 0 and len(item.features) == content.SIZE:
            tempi.append((math.log(content.tempo_of(item.features)), weight))
            if item.kind == "piece":
                densities.append((content.density_of(item.features), weight))
    tempo, density = _mean(tempi), _mean(densities)
    return TasteVector(
        styles=_shares(styles),
        moods=_shares(moods),
        instruments=_shares(instruments),
        tempo=None if tempo is None else round(math.exp(tempo), 1),
        density=None if density is None else round(density, 3),
        evidence=evidence,
    )


def _sides(item: Item) -> tuple[Weights, Weights, Weights]:
    """The styles, moods and instruments of an item: shares of 1 each, or all of `_NAMED`."""
    sides: dict[str, Weights] = {"style": {}, "mood": {}, "instrument": {}}
    words = vocabulary.load()
    known: Mapping[str, Mapping[str, Entry]] = {
        "style": words.styles.entries,
        "mood": words.moods.entries,
        "instrument": words.instruments.entries,
    }
    if item.kind in sides:
        if item.key in known[item.kind]:  # a vocabulary may lose a word
            sides[item.kind][item.key] = _NAMED
    else:
        for tag, weight in item.tags.items():
            if (meant := read_tag(tag)) and weight > 0:
                side = sides[meant[0]]
                side[meant[1]] = side.get(meant[1], 0.0) + weight
        sides = {kind: _shares(side) for kind, side in sides.items()}
    return sides["style"], sides["mood"], sides["instrument"]


@lru_cache(maxsize=4096)
def read_tag(tag: str) -> tuple[Literal["style", "mood", "instrument"], str] | None:
    """What a tag says in our vocabulary: ids first, then genres, then other spellings."""
    words = vocabulary.load()
    if tag in words.moods:
        return "mood", tag
    if tag in words.instruments:
        return "instrument", tag
    genres = tree.load()
    genre = genres.canonical(tag)
    if tag in words.styles or genre:
        style = tag if tag in words.styles else genres.style_of(genre or "")
        return ("style", style) if style else None
    if mood := words.moods.find(tag):
        return "mood", mood.id
    if instrument := words.instruments.find(tag):
        return "instrument", instrument.id
    group = words.groups.find(tag)  # "guitar": the first of them that is no kit
    first = next((m for m in group.members if m in words.instruments), None) if group else None
    return ("instrument", first) if first else None


def _shares(weights: Mapping[str, float]) -> Weights:
    """What is above zero, as shares of 1, the greatest first."""
    kept = {key: weight for key, weight in weights.items() if weight > 0}
    total = sum(kept.values())
    order = sorted(kept, key=lambda key: (-kept[key], key))
    return {key: kept[key] / total for key in order}


def _mean(values: Sequence[tuple[float, float]]) -> float | None:
    total = sum(weight for _, weight in values)
    return sum(value * weight for value, weight in values) / total if total else None


# --- several people ------------------------------------------------------------------------------


def group(vectors: Sequence[TasteVector], mode: Mode = "least_misery") -> TasteVector:
    """What several people lean to together.

    Each taste first spreads a little to what is like it, so that two people who share nothing by
    name can still meet. What at least one of them leans to then counts, with "least_misery", for
    what it is to whom it is least, the mean deciding between equals; with "average" for its mean.
    Tempi of which one is 1.5 times another leave the tempo open under "least_misery".
    """
    known = [v for v in vectors if v.styles or v.moods or v.instruments]
    if len(known) < 2:
        return known[0] if known else TasteVector()

    def joined(sides: Sequence[Mapping[str, float]], spread: Spread) -> Weights:
        told = [side for side in sides if side]
        names = dict.fromkeys(name for side in told for name in side)
        wide = [spread(side) for side in told]
        each = {n: [side.get(n, 0.0) for side in wide] for n in names}
        least = 0.8 if mode == "least_misery" else 0.0
        return _shares({n: least * min(w) + (1 - least) * _plain_mean(w) for n, w in each.items()})

    tempi = [v.tempo for v in known if v.tempo is not None]
    apart = bool(tempi) and max(tempi) > 1.5 * min(tempi) and mode == "least_misery"
    densities = [v.density for v in known if v.density is not None]
    return TasteVector(
        styles=joined([v.styles for v in known], _spread_styles),
        moods=joined([v.moods for v in known], _spread_moods),
        instruments=joined([v.instruments for v in known], _spread_sounds),
        tempo=None if apart or not tempi else round(math.prod(tempi) ** (1 / len(tempi)), 1),
        density=round(_plain_mean(densities), 3) if densities else None,
        evidence=sum(v.evidence for v in known),
    )


def _plain_mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def _spread_styles(styles: Mapping[str, float]) -> Weights:
    ids, likeness = kinship.alike()
    place = {style: i for i, style in enumerate(ids)}
    return {
        style: sum(w * float(likeness[place[own], i]) ** 3 for own, w in styles.items())
        for i, style in enumerate(ids)
    }


def _spread_moods(moods: Mapping[str, float]) -> Weights:
    words = vocabulary.load().moods
    return {
        mood.id: sum(w * kinship.near(mood, words[own]) for own, w in moods.items())
        for mood in words
    }


def _spread_sounds(instruments: Mapping[str, float]) -> Weights:
    words = vocabulary.load().instruments

    def share(one: str, other: str) -> float:
        return 1.0 if one == other else 0.1 if words[one].family == words[other].family else 0.0

    return {
        i.id: found
        for i in words
        if i.id not in kinship.EFFECTS
        and (found := sum(w * share(i.id, own) for own, w in instruments.items()))
    }


# --- from taste to a brief -----------------------------------------------------------------------


def brief_from(
    taste: TasteVector, brief: Brief, seed: int, *, people: int = 1, locale: str = "en"
) -> tuple[Brief, tuple[Note, ...]]:
    """Fill what a brief leaves open from a taste.

    Parameters
    ----------
    taste : TasteVector
        Of one person, or of a `group`.
    brief : Brief
        What the words said; none of it changes.
    seed : int
        Draws from the taste; another seed gives another piece of the same taste.
    people : int
        Whose taste it is, for the note.
    locale : str
        "en" or "zh", of the names in the note.

    Returns
    -------
    (Brief, notes)
        Notes are (gettext template, values); none when nothing was taken and much is known.
    """
    if not (taste.styles or taste.moods or taste.instruments):
        return brief, ((UNKNOWN, {}),)
    words = vocabulary.load()
    taken: list[str] = []
    for fill in (_style, _mood, _players, _tempo, _density):
        filled, what = fill(taste, brief, Random(f"{seed}/taste/{fill.__name__}"), words, locale)
        try:
            check_brief(filled)
        except Refusal:
            continue  # what was said does not go with it: leave it to the planner
        brief = filled
        taken += what
    if not taken:
        return brief, ()
    comma = "、" if locale.startswith("zh") else ", "
    values: dict[str, object] = {"things": comma.join(taken)}
    return brief, (((OURS, values | {"count": people}) if people > 1 else (MINE, values)),)


Filled = tuple[Brief, list[str]]


def _style(taste: TasteVector, brief: Brief, rng: Random, words: Vocabulary, locale: str) -> Filled:
    """A style drawn from the taste, among those that go with what was said."""
    ensemble = words.ensembles[brief.ensemble].style if brief.ensemble else ""
    liked = {s: w for s, w in taste.styles.items() if s in words.styles}
    if brief.style is not None or ensemble or not liked:
        return brief, []
    wished = choices.wish(brief, words, rng)
    said = brief.moods or brief.meter or brief.tempo or brief.instruments
    weights = [
        w**_FLAT * (choices.suits(words.styles[s], brief, wished) if said else 1.0)
        for s, w in liked.items()
    ]
    style = rng.choices(list(liked), weights)[0]
    return replace(brief, style=style), [words.styles[style].name(locale)]


def _mood(taste: TasteVector, brief: Brief, rng: Random, words: Vocabulary, locale: str) -> Filled:
    """A mood drawn from the taste, among those that the style can bear."""
    if brief.moods or brief.valence is not None or brief.arousal is not None:
        return brief, []
    liked = {m: w for m, w in taste.moods.items() if m in words.moods}
    own = kinship.moods_of_styles().get(brief.style or "", ())

    def bears(mood: str) -> float:
        each = [kinship.near(words.moods[mood], words.moods[m]) ** 0.4 for m in own]
        return max(each, default=1.0)

    fits = {m: w**_FLAT * bears(m) for m, w in liked.items() if bears(m) > 0.3}
    if not fits or rng.random() < _OPEN_MOOD:
        return brief, []
    mood = rng.choices(list(fits), list(fits.values()))[0]
    return replace(brief, moods=(mood,)), [words.moods[mood].name(locale)]


def _players(
    taste: TasteVector, brief: Brief, rng: Random, words: Vocabulary, locale: str
) -> Filled:
    """A cast of the style in which what is liked plays wherever the style has room for it."""
    if brief.style is None or brief.instruments or brief.ensemble or _is_lesson(brief):
        return brief, []
    style = words.styles[brief.style]
    cast: list[str] = []
    taken: list[str] = []
    pad = style.pad if rng.random() < 0.5 else ()
    for names in (style.melody, style.chords, pad, style.bass):
        free = [n for n in names if n not in brief.without and n not in cast]
        if not free:
            continue
        liking = [taste.instruments.get(n, 0.0) for n in free]
        # As the planner draws, the style's first choice first, but what is liked weighs more.
        weights = [0.5**i + 4 * like**_FLAT for i, like in enumerate(liking)]
        name = rng.choices(free, weights)[0]
        cast.append(name)
        if taste.instruments.get(name):
            taken.append(name)
    if style.kit and style.kit not in brief.without:
        cast.append(style.kit)
    if not taken or not _sits(style, cast, words):
        return brief, []
    named = [words.instruments[n].name(locale) for n in taken]
    return replace(brief, instruments=tuple(cast)), named


def _sits(style: Style, cast: Sequence[str], words: Vocabulary) -> bool:
    """Whether each player gets a part that the style has for it."""
    parts = orchestrate(style, cast, (), 0.0, None, words, Random(0))
    roles = {p.role for p in parts}
    return "melody" in roles and "other" not in roles and bool(roles & {"chords", "pad"})


def _tempo(taste: TasteVector, brief: Brief, rng: Random, words: Vocabulary, locale: str) -> Filled:
    """About the tempo of what is liked, inside the style's range."""
    exact = brief.seconds is not None or (
        brief.purpose is not None and bool(words.purposes[brief.purpose].lengths)
    )
    if taste.tempo is None or brief.tempo is not None or brief.style is None or exact:
        return brief, []
    low, _, high = words.styles[brief.style].tempo
    if _is_lesson(brief) or not low * (1 - _STRAY) <= taste.tempo <= high * (1 + _STRAY):
        return brief, []
    tempo = float(round(min(high, max(low, taste.tempo * rng.uniform(0.94, 1.06)))))
    return replace(brief, tempo=tempo), [f"{tempo:g} bpm"]


def _density(
    taste: TasteVector, brief: Brief, rng: Random, words: Vocabulary, locale: str
) -> Filled:
    """Half way from the style's density to that of what is liked; said only where it differs."""
    if taste.density is None or brief.density is not None or brief.style is None:
        return brief, []
    if _is_lesson(brief):
        return brief, []
    usual = words.styles[brief.style].density
    wished = (usual + taste.density) / 2 + rng.uniform(-0.04, 0.04)
    density = round(min(1.0, max(0.05, wished)), 2)
    return replace(brief, density=density), []


def _is_lesson(brief: Brief) -> bool:
    return brief.grade is not None or brief.purpose == "lesson"
