"""What a comment on music says, reduced to a number and some tags; the words are not kept.

In: a comment in English or Chinese. Out: an `Opinion`. Clauses are rated like VADER rates them (C.
Hutto and E. Gilbert, ICWSM 2014: rated words, negation, intensifiers, and what follows a "but"
counts for more), with VADER's lexicon, words of music and a Chinese list of our own
(`comments.toml`). What a clause speaks of (moods, instruments, styles, sides of the piece) gets the
clause's sign; "too fast" and "louder drums" become wishes.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from models import vocabulary
from models.lyricist.valence import lexicon
from models.recommender import tree
from models.vocabulary import Entry, normalise

LONGEST = 2000  # characters that are read
_PLAIN = 15.0  # VADER's constant between ratings and -1..1
_TURNED = -0.74  # what a negation makes of a rating, as in VADER
_STRONGER = 1.3
_COMPLAINT, _WISH = -0.2, -0.15  # what a thing that can be mended takes from the whole
_AFTER_BUT, _BEFORE_BUT = 1.5, 0.6
_FELT = 0.1  # a clause nearer to 0 than this says nothing of what it names
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody thinks of a piece.

    `valence` is -1..1. `tags` are mood and instrument ids, genre names, words for groups of players
    ("drums") and sides of a piece ("melody", "ending"), each -1..1, and wishes ("slower", "quieter
    drums", "more bass"), always 1.
    """

    valence: float
    tags: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sense:
    """What a spelling means in a comment; most are only one of these."""

    kind: str  # "rated", "aspect", "wished", "mood", "player", "style", "side" or a word of grammar
    value: Any = None
    rating: float = 0.0


def reduce(text: str, locale: str = "en") -> Opinion:
    """Reduce a comment.

    Parameters
    ----------
    text : str
        The first `LONGEST` characters are read.
    locale : str
        "en" or "zh", for a text that has no letters of either.
    """
    plain = normalise(text[:LONGEST])
    han = len(_HAN.findall(plain))
    chinese = han * 5 >= sum(c.isalpha() for c in plain) if han else locale.startswith("zh")
    grammar = _tables()["zh" if chinese else "en"]
    weights = {"said": 0.0, "meant": 0.0}
    tags: dict[str, float] = {}
    complaints, spoken_of = 0.0, None
    for clause, factor in _clauses(plain, grammar, chinese):
        rating = _rating(clause)
        spoken_of = _player(clause) or spoken_of
        asked = _asked(clause, spoken_of)
        complaints += sum(cost for _, cost in asked) + _mood_costs(clause)
        if rating:
            weights["said"] += factor * rating
            weights["meant"] += factor
        for tag, weight in (*((wish, 1.0) for wish, _ in asked), *_named(clause, rating, asked)):
            if abs(weight) >= abs(tags.get(tag, 0.0)):
                tags[tag] = weight
    valence = weights["said"] / weights["meant"] if weights["meant"] else 0.0
    valence = max(-1.0, min(1.0, valence + max(-0.5, complaints)))
    return Opinion(round(valence, 3), {tag: round(weight, 2) for tag, weight in tags.items()})


# --- words ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def _senses(chinese: bool) -> Mapping[str, _Sense]:
    """Every spelling that means something; later ones of these lists give way to earlier ones."""
    tables = _tables()
    grammar = tables["zh" if chinese else "en"]
    ratings = grammar["words"] if chinese else {**lexicon(), **grammar["words"]}
    found: dict[str, _Sense] = {}
    for kind in ("no", "too", "so", "hedge", "enough", "more", "less", "wish", "strong"):
        for spelling in grammar[kind]:
            rating = ratings.get(spelling, 0.0) if kind == "strong" else 0.0
            found.setdefault(spelling, _Sense(kind, None, rating))
    for wish, spellings in tables["wishes"].items():
        found.update((spelling, _Sense("wished", wish)) for spelling in spellings)
    for word, pair in tables["aspects"].items():
        found.setdefault(word, _Sense("aspect", tuple(pair), ratings.get(word, 0.0)))
    for side, spellings in tables["sides"].items():
        found.update((spelling, _Sense("side", side)) for spelling in spellings)
    for spelling, sense in _vocabulary():
        rating = ratings.get(spelling, 0.0)
        if sense.kind == "mood" and not rating and sense.rating > 0 and chinese:
            rating = 1.5
        kept = rating if sense.kind == "mood" and sense.rating > 0 else 0.0
        found.setdefault(spelling, _Sense(sense.kind, sense.value, kept))
    for word, rating in ratings.items():
        found.setdefault(word, _Sense("rated", None, rating))
    return found


def _vocabulary() -> Iterator[tuple[str, _Sense]]:
    """Spellings of moods, players and styles; a mood's rating is its place on the plane."""
    words = vocabulary.load()

    def spelled(entry: Entry) -> Iterator[str]:
        names = (entry.id, *entry.names.values(), *entry.aliases)
        yield from (normalise(name) for name in names)

    judging = frozenset(_tables()["no_moods"])
    for mood in words.moods:
        named = (s for s in spelled(mood) if s not in judging)
        yield from ((s, _Sense("mood", mood.id, mood.valence)) for s in named)
    for group in words.groups:
        if not group.together:
            yield from ((s, _Sense("player", group.id)) for s in spelled(group))
    for instrument in words.instruments:
        yield from ((s, _Sense("player", instrument.id)) for s in spelled(instrument))
    genres = tree.load()
    for style in words.styles:
        known = [s for s in spelled(style) if not s.isascii() or genres.canonical(s)]
        genre = genres.genre_of(style.id)
        yield from ((s, _Sense("style", genre)) for s in known)


def _read(clause: str, chinese: bool) -> list[_Sense]:
    """The senses of a clause in order, longest spellings first; other words are plain."""
    senses = _senses(chinese)
    pieces = list(_WORD.finditer(clause))
    found: list[_Sense] = []
    i = 0
    while i < len(pieces):
        for size in range(min(6, len(pieces) - i), 0, -1):
            span = clause[pieces[i].start() : pieces[i + size - 1].end()]
            sense = senses.get(span) or senses.get(span.removesuffix("s"))
            if sense is not None:
                break
        if sense is not None or not found or found[-1].kind != "plain" or clause.isascii():
            found.append(sense or _Sense("plain"))  # Chinese characters between words are one
        i += size
    return found


def _clauses(
    plain: str, grammar: Mapping[str, Any], chinese: bool
) -> list[tuple[list[_Sense], float]]:
    """Clauses that say something, each with what it weighs: more after the last "but"."""
    parts = re.split(f"({grammar['split']})", plain)
    texts, marks = parts[::2], ["", *parts[1::2]]
    turns = [i for i, mark in enumerate(marks) if re.search(grammar["turn"], mark)]
    found = []
    for i, text in enumerate(texts):
        factor = 1.0 if not turns else _AFTER_BUT if i >= turns[-1] else _BEFORE_BUT
        found += [(clause, factor) for clause in _joined(text, chinese) if clause]
    return found


def _joined(text: str, chinese: bool) -> list[list[_Sense]]:
    """A clause, or two where both sides of an "and" judge something."""
    sides = [_read(side, chinese) for side in re.split(r"\band\b|而且|并且", text)]
    judged = {"rated", "aspect", "wished", "more", "less", "hedge"}
    if len(sides) > 1 and all(any(s.kind in judged for s in side) for side in sides):
        return sides
    return [[sense for side in sides for sense in side]]


# --- meaning -------------------------------------------------------------------------------------


def _before(clause: Sequence[_Sense], place: int, kind: str, reach: int = 3) -> bool:
    return any(s.kind == kind for s in clause[max(0, place - reach) : place])


def _rating(clause: Sequence[_Sense]) -> float:
    """How a clause judges, -1..1; 0 where it does not."""
    total = 0.0
    for place, sense in enumerate(clause):
        rating = sense.rating
        if not rating or (sense.kind == "aspect" and _is_too(clause, place)):
            continue
        if sense.kind == "mood" and _mood_cost(clause, place):
            continue
        if sense.kind == "strong" and any(s.rating for s in clause[place + 1 : place + 2]):
            continue  # 好美 is one judgement, 真好 too
        if any(_before(clause, place, kind, 1) for kind in ("strong", "too", "so")):
            rating *= _STRONGER
        if _before(clause, place, "no"):
            rating *= _TURNED
        total += rating
    return total / math.sqrt(total * total + _PLAIN) if total else 0.0


def _is_too(clause: Sequence[_Sense], place: int) -> bool:
    """Whether there is too much of it: "too fast", "a bit long", and not "not too fast"."""
    much = any(_before(clause, place, kind, 2) for kind in ("too", "so", "hedge"))
    return much and not _before(clause, place, "no", 4)


def _is_too_felt(clause: Sequence[_Sense], place: int) -> bool:
    """Whether there is too much of a mood; 太温柔 is praise, 太悲伤 is not."""
    pleasant = clause[place].rating > 0
    much = _before(clause, place, "too", 2) or (_before(clause, place, "so", 2) and not pleasant)
    return much and not _before(clause, place, "no", 4)


def _is_short_of(clause: Sequence[_Sense], place: int) -> bool:
    """Whether there is too little of it: "not calm enough", 不够快."""
    return _before(clause, place, "no", 3) and any(
        s.kind == "enough" for s in clause[place + 1 : place + 3]
    )


def _player(clause: Sequence[_Sense]) -> str | None:
    """Who a clause speaks of, if anybody."""
    named = (s.value for s in clause if s.kind == "player" or s.value in ("drums", "bass"))
    return next(named, None)


def _asked(clause: Sequence[_Sense], spoken_of: str | None) -> list[tuple[str, float]]:
    """(wish, what it takes from the whole): "slower", "quieter drums", "more bass".

    What is wished outright ("turn them down") may mean the player that was spoken of before.
    """
    player = _player(clause)
    found: list[tuple[str, float]] = []
    for place, sense in enumerate(clause):
        wish, cost = "", _WISH
        if sense.kind == "wished":
            wish, player = sense.value, player or spoken_of
        elif sense.kind == "aspect" and _is_too(clause, place):
            wish, cost = sense.value[0], _COMPLAINT
        elif sense.kind == "aspect" and _is_short_of(clause, place):
            wish, cost = sense.value[1], _COMPLAINT
        elif sense.kind in ("more", "less") and player:
            wish = sense.kind
        if wish in ("more", "less") and not player:
            continue
        if wish == "longer":
            cost = 0.1  # who wants it longer likes it
        if wish:
            whole = ("slower", "faster", "shorter", "longer", "more variety")
            found.append((wish if wish in whole or not player else f"{wish} {player}", cost))
    return found


def _named(
    clause: Sequence[_Sense], rating: float, asked: Sequence[tuple[str, float]]
) -> Iterator[tuple[str, float]]:
    """What a clause names, with the sign it gets there."""
    for place, sense in enumerate(clause):
        if sense.kind == "mood":
            yield sense.value, _mood(clause, place, rating)
        elif sense.kind in ("player", "style", "side") and abs(rating) > _FELT:
            mended = any(wish.endswith(f" {sense.value}") for wish, _ in asked)
            if not mended:
                yield sense.value, math.copysign(min(1.0, 0.4 + abs(rating)), rating)


def _mood_costs(clause: Sequence[_Sense]) -> float:
    return sum(_mood_cost(clause, i) for i, s in enumerate(clause) if s.kind == "mood")


def _mood_cost(clause: Sequence[_Sense], place: int) -> float:
    """What a mood that is too much, too little or wished for takes from the whole; 0 if none is."""
    if _is_short_of(clause, place):
        return _COMPLAINT
    if _is_too_felt(clause, place):
        return _COMPLAINT
    wished = any(s.kind == "wish" for s in clause) or _before(clause, place, "more", 2)
    return _WISH if wished else 0.0


def _mood(clause: Sequence[_Sense], place: int, rating: float) -> float:
    """Whether a mood is wanted: by "too", "not enough", "I want", a judgement, or by being said."""
    if _is_short_of(clause, place):
        return 0.8
    if _is_too_felt(clause, place):
        return -0.8
    if any(s.kind == "wish" for s in clause) or _before(clause, place, "more", 2):
        return 0.8
    if _before(clause, place, "hedge", 2) and rating <= _FELT:
        return -0.5
    if _before(clause, place, "no"):
        return -0.5
    if abs(rating) > _FELT:
        return math.copysign(min(1.0, 0.4 + abs(rating)), rating)
    return 0.3
