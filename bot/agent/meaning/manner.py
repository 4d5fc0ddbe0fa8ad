"""Relative wishes that are neither tempo nor pitch: "busier", "less cheesy", "热闹一点".

In: words of the slots change, mood_not and strength. Out: arguments of the tool "edit": steps of a
slider (-2..2), a mood, a style. The sliders are those that listeners name first when they compare
(loudness, rhythmic activity, density, register: Eerola, Friberg and Bresin, *Frontiers in
Psychology* 2013). Words for which there is no slider say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.agent.meaning import named
from bot.agent.meaning.words import fold, latin, mend, strength
from bot.agent.values import Sentence
from bot.wording import quoted

UNKNOWN = "I don't know how to make music “{words}”; say it as louder, busier, fuller or a mood."
#: Said where the nearest thing that can be turned is not quite what was said.
TURNED = "I took “{words}” as {means}."
MEANS_CHOICES = {"tune": "another melody"}
SLIDERS = ("intensity", "fullness", "register", "loudness")
#: Pattern -> steps of sliders, for "more" of it; "less" turns them round.
_SLIDERS: tuple[tuple[str, Mapping[str, int]], ...] = (
    (r"\bloud(?:er)?\b|\bturn(?:ed)?\s+up\b|大声|响|音量大", {"loudness": 1}),
    (r"\b(?:quiet(?:er)?|soft(?:er|ly)?|hush\w*)\b|轻(?!松|快|盈|柔)|小声|安静|弱|柔|软|远|收",
     {"loudness": -1}),
    (r"\b(?:punch(?:y|ier)?|hard(?:er)?|power(?:ful)?|impact\w*)\b|有力|带劲|猛|给力|突出|强",
     {"loudness": 1, "intensity": 1}),
    (r"\bheav(?:y|ier)\b|厚重|沉重|大气|重(?![复写新来配做奏])", {"fullness": 1, "loudness": 1}),
    (r"\blight(?:er)?\b|轻盈|轻巧", {"fullness": -1, "loudness": -1}),
    (r"\b(?:bus(?:y|ier)|crowded|hectic|active|notes|complex|complicated|intricate)\b"
     r"|热闹|复杂|花哨|密|忙", {"intensity": 1}),
    (r"\b(?:intense|dramatic|aliv(?:e|er)|lively|livelier|energetic|driving)\b|激烈|张力|起伏|带感",
     {"intensity": 1, "loudness": 1}),
    (r"\b(?:difficult\w*|hard\s+to\s+play)\b|难", {"intensity": 1}),
    (r"\bbeginners?\b|\bfor\s+(?:kids|children)\b|初学", {"intensity": -1}),
    (r"\b(?:simpl(?:e|er|y|ify)|plain(?:er)?|easy|easier|straightforward|basic)\b"
     r"|简单|简洁|好弹|容易|朴素", {"intensity": -1}),
    (r"\b(?:full(?:er)?|thick(?:er)?|rich(?:er)?|big(?:ger)?|lush(?:er)?"
     r"|dens(?:e|er)|fat(?:ter)?|huge)\b|丰富|饱满|厚|丰满|满", {"fullness": 1}),
    (r"\b(?:spars(?:e|er)|thin(?:ner)?|minimal(?:ist)?|empt(?:y|ier)|bare|stripped|clean(?:er)?"
     r"|air(?:y|ier)|spac(?:e|ious))\b|稀疏|干净|空|单薄|极简|留白|清脆|脆", {"fullness": -1}),
    (r"\b(?:groov(?:y|ier)|swing\w*|syncopat\w*|bounc(?:y|ier)|danc(?:e|ey|eable)|rhythmic\w*|staccato"
     r"|choppy|choppier)\b|律动|跳跃|切分|动感|摇摆|断奏|紧", {"intensity": 1}),
    (r"\b(?:smooth(?:er)?|legato|flowing|sustained|gentler|connected)\b|流畅|连贯|舒展|平缓",
     {"intensity": -1}),
    (r"\bbright(?:er|en)?\b|明亮|亮|清亮", {"register": 1}),
    (r"\b(?:deep(?:er)?|low(?:er)?)\b|低沉|低", {"register": -1}),
    (r"\bhigh(?:er)?\b|高亢|高", {"register": 1}),
    (r"\brepetitive\b|重复|单调", {"variety": -1}),
    (r"\b(?:catch(?:y|ier)|melodic|memorable|tuneful|singable)\b|抓耳|好记|朗朗上口|旋律性",
     {"tune": 1}),
)  # fmt: skip
#: Words of mood that the vocabulary has under other names.
_MOODS: tuple[tuple[str, str], ...] = (
    (r"\bcrunch(?:y|ier)\b|\bgritt(?:y|ier)\b|粗犷", "aggressive"),
    (r"\bcheesy\b|俗气|土", "playful"),
    (r"抒情|动情", "tender"),
    (r"(?<!明)暗", "dark"),
    (r"悲|丧|哀", "sad"),
    (r"\btens(?:e|er)\b|紧张", "tense"),
)
_LESS = re.compile(
    r"\b(?:less|fewer|not\s+(?:so|too|as)|not|without|too|calm\s+down\s+on|isn't|reduce|don't|no|lower\s+the)\b"
    r"|少|减|降低?|不那么|别那么|别太|不要太|太|别|不要|不"
)
_KNOWN = latin(
    "louder quieter softer punchier harder heavier lighter busier busy crowded complex intense",
    "dramatic alive lively simpler simple simplify easier fuller thicker richer bigger denser",
    "sparser sparse thinner minimal cleaner groovier groovy swing syncopated staccato smoother",
    "legato brighter brighten darker deeper higher lower repetitive catchier melodic crunchier",
    "cheesy tenser more less play bass aggressive hopeful sadder happier calmer dreamier jazzier",
    "funkier warmer",
)


@dataclass(frozen=True, slots=True)
class Manner:
    """Arguments of "edit" that a wish comes to, and notes; no arguments: not understood."""

    args: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()


def change(words: str, how_much: str = "", *, negated: bool = False, locale: str = "en") -> Manner:
    """What a relative wish comes to; `negated` for what there is too much of."""
    plain = mend(fold(words), _KNOWN)
    less = bool(_LESS.search(plain)) != negated if negated else bool(_LESS.search(plain))
    if negated:  # the slot says "not": a "too" or "less" inside it says the same once more
        less = True
    plain = _LESS.sub(" ", plain)
    if found := _players(plain, less, locale):
        return found
    steps = _sliders(plain)
    if steps:
        size = 2 if strength(f"{how_much} {_degree(words)}") == 3 else 1
        return _slid(words, steps, -1 if less else 1, size)
    return _mood_or_style(words, plain, less, locale)


def slid(words: str, how_much: str = "", *, negated: bool = False) -> Mapping[str, Any]:
    """Only what the sliders can do of a wish, {} for none: for words that are a whole sentence."""
    plain = mend(fold(words), _KNOWN)
    less = negated or bool(_LESS.search(plain))
    steps = _sliders(_LESS.sub(" ", plain))
    if not steps or "variety" in steps or "tune" in steps:
        return {}
    size = 2 if strength(f"{how_much} {_degree(words)}") == 3 else 1
    return _slid(words, steps, -1 if less else 1, size).args


def _degree(words: str) -> str:
    """Strength words inside the wish itself: "much louder", "大声很多"."""
    return words if re.search(r"\b(?:much|way|lot|far)\b|很多|得多|非常|明显", fold(words)) else ""


def _sliders(plain: str) -> dict[str, int]:
    for pattern, steps in _SLIDERS:
        if re.search(pattern, plain):
            return dict(steps)
    return {}


def _slid(words: str, steps: Mapping[str, int], sign: int, size: int) -> Manner:
    if "variety" in steps or "tune" in steps:  # there is no slider for it: another tune
        said = {"words": quoted(words, 40), "means": MEANS_CHOICES["tune"]}
        return Manner({"reroll": ["melody"]}, ((TURNED, said),))
    return Manner({name: sign * size * step for name, step in steps.items()})


def _players(plain: str, less: bool, locale: str) -> Manner | None:
    """Read "more bass", "more cowbell": about a player, and not about a manner."""
    found = re.fullmatch(r"(?:more|多一?点|more of)\s*(.+)", plain)
    if found is None or less or _sliders(found[1]) or not named.is_player(found[1]):
        return None
    mood = named.moods(found[1], locale)
    if mood.ids and not mood.notes:
        return None
    player = named.players(found[1], locale).id
    if player in ("bass", "drums"):  # who is there already becomes stronger
        return Manner({"part": player, "loudness": 1})
    return Manner({"add": [player]})


def _mood_or_style(words: str, plain: str, less: bool, locale: str) -> Manner:
    for pattern, mood in _MOODS:
        if re.search(pattern, plain):
            return Manner({"avoid": [mood]} if less else {"mood": mood})
    mood_named = named.moods(plain, locale)
    style_named = named.style(plain, locale)
    if mood_named.ids and not mood_named.notes:
        mood = mood_named.id
        return Manner({"avoid": [mood]} if less else {"mood": mood})
    if style_named.ids and not style_named.notes and not less:
        return Manner({"style": style_named.id})
    for read, name in ((mood_named, "mood"), (style_named, "style")):
        if read.ids:
            args = {"avoid": [read.id]} if less and name == "mood" else {name: read.id}
            return Manner(args if not less or name == "mood" else {}, read.notes)
    return Manner({}, ((UNKNOWN, {"words": quoted(words, 40)}),))
