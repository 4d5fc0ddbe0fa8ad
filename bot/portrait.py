"""What a picture of a taste says, in words of the person's language.

In: the numbers of `bot.taste.values` and names. Out: a `Card` for `bot.render.taste_picture`, the
same in one sentence, and a description for those who cannot see the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from babel.dates import get_month_names

from bot.i18n import translate
from bot.render.taste_picture import MOST_AXES, MOST_CHIPS, MOST_ROWS, Card, Chips, Row, Side, Tone
from bot.taste.values import Comparison, Named, Profile, ServerTaste
from models import vocabulary
from models.recommender.values import TasteVector
from models.vocabulary import Catalogue

#: Discord's cap on the description of an attachment.
_DESCRIPTION = 1024
_MONTHS = 12
#: With fewer signals than this a picture says that it is a first impression.
_FEW = 5
#: A style's share below this is told by no corner of its own where there are enough others.
_LEAST, _ENOUGH = 0.02, 4
#: Tempi, in quarter notes per minute, by the least that each word means.
TEMPO_CHOICES = {0: "slow", 76: "unhurried", 104: "flowing", 132: "fast"}
#: Words that keep their capital within an English sentence.
_PROPER = frozenset({"Celtic", "Arabic", "Indian", "Chinese", "Japanese", "Andean", "Balkan",
                     "Dixieland", "Christmas", "English", "French", "Guofeng"})  # fmt: skip
#: Deeds that are an opinion about something.
_OPINIONS = ("like", "dislike", "never", "rated", "comment", "save")


def of_person(profile: Profile, name: str, locale: str) -> Card:
    """One person's picture; it has no panels when nothing is known."""
    styles = _told(profile.styles)
    counts = profile.counts
    plays = sum(count for _, count in profile.trend)
    opinions = sum(counts.get(kind, 0) for kind in _OPINIONS)
    made, named = counts.get("made", 0), counts.get("declared", 0)
    facts = [
        translate("plays of late: {count}", locale, count=f"{plays:,.0f}") if plays else "",
        translate("opinions: {count}", locale, count=opinions) if opinions else "",
        translate("pieces made: {count}", locale, count=made) if made else "",
        translate("declared: {count}", locale, count=named) if named else "",
        translate("a first impression", locale) if profile.vector.evidence < _FEW else "",
    ]
    return Card(
        translate("The taste of {name}", locale, name=name),
        in_words(profile.vector, locale),
        _joined(facts),
        (Side(name, tuple(styles.values()), tuple(count for _, count in profile.trend)),),
        _names(vocabulary.load().styles, styles, locale),
        translate("Styles", locale),
        _rows(profile.artists),
        translate("Top artists", locale),
        _month_names([month for month, _ in profile.trend], locale),
        translate("Plays by month", locale),
        _most(profile.trend, locale),
        _leanings(profile.vector, locale),
    )


def of_server(taste: ServerTaste, name: str, locale: str) -> Card:
    """A server's picture, of what at least three of those counted share."""
    styles = _told(taste.styles)
    return Card(
        translate("The taste of {name}", locale, name=name),
        in_words(taste.vector, locale),
        translate("people counted: {count} · artists with three listeners or more", locale,
                  count=taste.people),
        (Side(name, tuple(styles.values()), tuple(count for _, count in taste.trend)),),
        _names(vocabulary.load().styles, styles, locale),
        translate("Styles", locale),
        _rows(sorted(taste.artists, key=lambda named: -named.weight)),
        translate("Top artists", locale),
        _month_names([month for month, _ in taste.trend], locale),
        translate("Plays by month", locale),
        _most(taste.trend, locale),
        _leanings(taste.vector, locale),
    )  # fmt: skip


def of_two(found: Comparison, names: tuple[str, str], locale: str) -> Card:
    """Two people's picture: one shape over the other, and what they share."""
    one, other = found.a.vector.styles, found.b.vector.styles
    most = {style: max(one.get(style, 0.0), other.get(style, 0.0)) for style in (*one, *other)}
    told = _told(sorted(most.items(), key=lambda pair: -pair[1])[:MOST_AXES])
    axes = _face_to_face(tuple(told), one, other)
    months = sorted({month for month, _ in (*found.a.trend, *found.b.trend)})[-_MONTHS:]
    sides = tuple(
        Side(name, tuple(vector.get(style, 0.0) for style in axes),
             tuple(dict(profile.trend).get(month, 0.0) for month in months))
        for name, vector, profile in zip(names, (one, other), (found.a, found.b), strict=True)
    )  # fmt: skip
    return Card(
        translate("{one} and {other}", locale, one=names[0], other=names[1]),
        _compared(found, names, locale),
        "",
        sides,
        _names(vocabulary.load().styles, axes, locale),
        translate("Styles", locale),
        _shared(found),
        translate("Artists of both", locale),
        _month_names(months, locale),
        translate("Plays by month", locale),
        translate("each against their own most", locale),
        _sides_chips(found, names, locale),
        (f"{found.score} %", translate("alike", locale)),
    )


def is_empty(card: Card) -> bool:
    """Whether there is nothing to draw."""
    return not (card.axes or card.rows or any(card.months) or any(c.words for c in card.chips))


def in_words(vector: TasteVector, locale: str) -> str:
    """A taste in one sentence, such as "Leans to ambient and folk, slow and dreamy, 84 bpm."."""
    words = vocabulary.load()
    styles = _named(words.styles, vector.styles, 2, locale)
    moods = _named(words.moods, vector.moods, 2, locale)
    sounds = _named(words.instruments, vector.instruments, 2, locale)
    manner = moods
    if vector.tempo is not None:
        pace = next(w for low, w in reversed(TEMPO_CHOICES.items()) if vector.tempo >= low)
        manner = [translate(pace, locale), *moods[:1]]
    parts = [
        _both(styles or sounds, locale),
        "、".join(manner) if locale == "zh" else _both(manner, locale),
    ]
    if vector.tempo is not None:
        parts.append(translate("about {tempo} bpm", locale, tempo=round(vector.tempo)))
    things = ("，" if locale == "zh" else ", ").join(part for part in parts if part)
    if not things:
        return ""
    return translate(
        "Leans to {things}." if styles or sounds else "Likes it {things}.", locale, things=things
    )


def described(card: Card, locale: str) -> str:
    """What the picture shows, for those who cannot see it."""
    comma, colon = translate(", ", locale), "：" if locale == "zh" else ": "
    shares = [
        f"{axis} " + "/".join(f"{side.shares[i] * 100:.0f} %" for side in card.sides)
        for i, axis in enumerate(card.axes)
    ]
    lists = [
        (card.axes_heading, shares),
        (card.rows_heading, [row.title for row in card.rows[:MOST_ROWS]]),
        *((chips.heading, [word for word, _ in chips.words]) for chips in card.chips),
    ]
    stop = "。" if locale == "zh" else ". "
    figure = (" ".join(card.figure),) if card.figure else ()
    lines = [stop.join((card.title, *figure, card.summary)), card.facts]
    lines += [f"{heading}{colon}{comma.join(said)}" for heading, said in lists if said]
    text = "\n".join(" ".join(line.split()) for line in lines if line.strip())
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"


# --- parts of a card -----------------------------------------------------------------------------


def _told(styles: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Shares by style in the order of the vocabulary: families lie side by side."""
    words = vocabulary.load().styles
    shares = {style: share for style, share in styles if style in words}
    if len(shares) > _ENOUGH:
        clear = {style: share for style, share in shares.items() if share >= _LEAST}
        shares = clear if len(clear) >= _ENOUGH else shares
    return {entry.id: shares[entry.id] for entry in words if entry.id in shares}


def _face_to_face(
    styles: Sequence[str], one: Mapping[str, float], other: Mapping[str, float]
) -> tuple[str, ...]:
    """Styles around the clock: of both at the top, the second's on the right, the first's left."""

    def lean(style: str) -> float:
        mine, theirs = one.get(style, 0.0), other.get(style, 0.0)
        return (theirs - mine) / (theirs + mine)

    ranked = sorted(styles, key=lean)
    top = min(range(len(ranked)), key=lambda i: abs(lean(ranked[i])), default=0)
    return (*ranked[top:], *ranked[:top])


def _names(catalogue: Catalogue[Any], ids: Iterable[str], locale: str) -> tuple[str, ...]:
    return tuple(catalogue[id].name(locale) for id in ids)


def _rows(names: Sequence[Named]) -> tuple[Row, ...]:
    most = max((named.weight for named in names), default=1.0) or 1.0
    return tuple(Row(named.title, (named.weight / most,)) for named in names[:MOST_ROWS])


def _shared(found: Comparison) -> tuple[Row, ...]:
    """Artists of both, each bar against that person's own favourite; none where one is unknown."""
    sides = [
        {row.title: row.lengths[0] for row in _rows(profile.artists)}
        for profile in (found.a, found.b)
    ]
    shared = found.artists[:MOST_ROWS]
    if all(title in side for title in shared for side in sides):
        return tuple(Row(title, (sides[0][title], sides[1][title])) for title in shared)
    return tuple(Row(title) for title in shared)


def _leanings(vector: TasteVector, locale: str) -> tuple[Chips, ...]:
    words = vocabulary.load()
    sounds = translate("Instruments", locale)
    return (
        _chips(translate("Moods", locale), words.moods, vector.moods, "moods", locale),
        _chips(sounds, words.instruments, vector.instruments, "instruments", locale),
    )


def _sides_chips(
    found: Comparison, names: tuple[str, str], locale: str
) -> tuple[Chips, Chips, Chips]:
    """What both lean to, and what one leans to and the other hardly does."""
    styles = vocabulary.load().styles
    one, other = found.a.vector.styles, found.b.vector.styles
    both = {s: min(one.get(s, 0.0), other.get(s, 0.0)) for s in found.styles}
    only = [translate("Only {name}", locale, name=name) for name in names]
    return (
        _chips(translate("Both", locale), styles, both, "both", locale),
        _chips(only[0], styles, {s: one[s] for s in found.only_a}, "first", locale),
        _chips(only[1], styles, {s: other[s] for s in found.only_b}, "second", locale),
    )


def _chips(
    heading: str, catalogue: Catalogue[Any], weights: Mapping[str, float], tone: Tone, locale: str
) -> Chips:
    top = _top(catalogue, weights, MOST_CHIPS)
    return Chips(heading, tuple((catalogue[id].name(locale), weights[id]) for id in top), tone)


def _most(trend: Sequence[tuple[str, float]], locale: str) -> str:
    most = max((plays for _, plays in trend), default=0.0)
    return translate("busiest: {count}", locale, count=f"{most:,.0f}") if most else ""


def _month_names(months: Sequence[str], locale: str) -> tuple[str, ...]:
    """Short names of months such as "2026-11"."""
    names = get_month_names("abbreviated", locale=locale)
    return tuple(str(names[int(month[5:])]) for month in months)


def _compared(found: Comparison, names: tuple[str, str], locale: str) -> str:
    """What both lean to, and what one does and the other hardly does."""
    words = vocabulary.load().styles

    def said(ids: Sequence[str]) -> str:
        return _both([_plain(words[s].name(locale), locale) for s in ids[:2]], locale)

    both = (
        translate("Both lean to {things}.", locale, things=said(found.styles))
        if found.styles
        else translate("No style in common yet.", locale)
    )
    apart = [
        translate("{name} also leans to {things}.", locale, name=name, things=said(only))
        for name, only in zip(names, (found.only_a, found.only_b), strict=True)
        if only
    ]
    gap = "" if locale == "zh" else " "
    return gap.join([both, *apart])


# --- words ---------------------------------------------------------------------------------------


def _top(catalogue: Catalogue[Any], weights: Mapping[str, float], count: int) -> list[str]:
    known = (key for key, weight in weights.items() if weight > 0 and key in catalogue)
    return sorted(known, key=lambda key: -weights[key])[:count]


def _named(
    catalogue: Catalogue[Any], weights: Mapping[str, float], count: int, locale: str
) -> list[str]:
    """The strongest by name, as they stand within a sentence."""
    return [_plain(catalogue[id].name(locale), locale) for id in _top(catalogue, weights, count)]


def _plain(name: str, locale: str) -> str:
    """A name as it stands within a sentence: "Bossa nova" -> "bossa nova", "R&B" stays."""
    if locale != "en" or name.split()[0] in _PROPER or not name[1:2].islower():
        return name
    return name[0].lower() + name[1:]


def _both(words: Sequence[str], locale: str) -> str:
    """One or two words joined."""
    if len(words) < 2:
        return "".join(words)
    return translate("{one} and {other}", locale, one=words[0], other=words[1])


def _joined(facts: Iterable[str]) -> str:
    return " · ".join(fact for fact in facts if fact)
