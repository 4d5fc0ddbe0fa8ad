"""Names of the vocabulary in a slot: styles, moods, players and purposes.

In: words of a slot ("80s synthwave", "kinda eerie", "two violins", "钢琴独奏"). Out: ids, each with
a note where the words were not quite a name of it. Exact names and one slip of the finger first
(`models.planner.names`), then the names inside the words, then the name that looks most like them;
what looks like nothing is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from bot.agent import lexicon
from bot.agent.lexicon import is_han, tokenise
from bot.agent.matching import Match, find_matches
from bot.agent.meaning.words import bare, fold
from bot.agent.styles import choose_style
from bot.agent.values import Sentence
from bot.wording import quoted
from models import vocabulary
from models.planner import names
from models.vocabulary import Catalogue, E, Vocabulary, normalise

READ_AS = "I read “{words}” as {name}."
NOT_KNOWN = "I don't know “{words}”; the nearest I have is {name}."
#: Letters alike (0..100) from which the nearest name is taken for what was meant.
_ALIKE = 80.0
_LEAST = 4  # letters
_TURN = re.compile(r"(?:感觉|风格|味道?|曲风|的|一点儿?|点|些|感|气氛|更|比较|有点|非常|很|超)+$")
_LEAD = re.compile(
    r"^(?:(?:more|less|kinda|kind of|super|really|quite|slightly|very|so|too|pretty|rather|a bit|a"
    r" little|sort of|like|as|into|in|the|a|an|some|my|sound|style|feel)\s+)+"
    r"|^(?:更加?|比较|有点|非常|很|超级?|太|那么|略微|稍微|一[首段种])"
)
_COUNT = re.compile(
    r"^(?:a couple of|a few|some|both|several|\d+|one|two|three|four|five|six|seven|eight)\s+"
    r"|^(?:[一两二三四五六几]|\d+)[把支个架只位]"
)


@dataclass(frozen=True, slots=True)
class Named:
    """Vocabulary ids that words name (none: unknown), and what is to be said of it."""

    ids: tuple[str, ...] = ()
    notes: tuple[Sentence, ...] = ()

    @property
    def id(self) -> str:
        """The first id, "" where there is none."""
        return self.ids[0] if self.ids else ""


def style(words: str, locale: str = "en") -> Named:
    """The style that words name."""
    catalogue = vocabulary.load().styles
    if exact := _exact(words, catalogue):
        return Named((exact,))
    found = _matches(words)
    plain = _TURN.sub("", _LEAD.sub("", bare(words)))
    for spelling in (plain, plain[-2:]):
        if (called := _STYLES.get(spelling)) is not None:
            return Named((called,))
    chosen = choose_style(fold(words), [_plain(m) for m in found], vocabulary.load())
    if chosen.style:
        return Named((chosen.style.id,))
    return _nearest(words, (catalogue,), locale, known=bool(found))


def exact_style(words: str) -> str:
    """The id of the style that is called exactly so, "" where none is."""
    found = vocabulary.load().styles.find(bare(words))
    return found.id if found else ""


def moods(words: str, locale: str = "en") -> Named:
    """The moods that words name, in order: "sad but hopeful" has two."""
    catalogue = vocabulary.load().moods
    if exact := _exact(words, catalogue):
        return Named((exact,))
    found = [m.meanings["mood"] for m in _matches(words) if "mood" in m.meanings]
    if found:
        return Named(tuple(dict.fromkeys(found)))
    tired = _TURN.sub("", _LEAD.sub("", bare(words)))
    if (short := _SHORT.get(tired)) is not None:
        return Named((short,))
    return _nearest(words, (catalogue,), locale)


def players(words: str, locale: str = "en") -> Named:
    """Who is named: ids of instruments, kits and groups ("strings"), or of one ensemble."""
    words_of = vocabulary.load()
    order: tuple[Catalogue[Any], ...] = (words_of.instruments, words_of.ensembles, words_of.groups)
    plain = _COUNT.sub("", bare(words))
    for spelling in (bare(words), plain):
        if kit := _kit(words_of, spelling):
            return Named((kit,))
        for catalogue in order:
            if entry := catalogue.find(spelling):
                return Named((entry.id,))
    last = normalise(plain).rsplit(" ", 1)[-1].removesuffix("s")
    for spelling in (normalise(plain).removesuffix("s"), last):
        if (called := _CALLED.get(spelling)) is not None:
            return Named((called,))
    found = [m for m in _matches(plain) if m.kind in ("player", "ensemble")]
    if found:
        return Named(tuple(dict.fromkeys(_player_id(m) for m in found)))
    for catalogue in order:
        if entry := names.find(catalogue, plain):
            return Named((entry.id,))
    return _nearest(plain, (words_of.instruments, words_of.groups), locale)


def left_out(words: str, locale: str = "en") -> Named:
    """As `players`, for who is not to play: an ensemble is everybody in it."""
    read = players(words, locale)
    of = vocabulary.load()
    ids: list[str] = []
    for key in read.ids:
        known = key in of.instruments or key in of.kits or key in of.groups
        ids += [key] if known else [seat.instrument for seat in of.ensembles[key].seats]
    return Named(tuple(dict.fromkeys(ids)), read.notes)


def ensemble(words: str) -> str:
    """The ensemble (id) that words name, "" where they name none; "choir" is one here."""
    plain = _COUNT.sub("", bare(words))
    found = names.find(vocabulary.load().ensembles, plain)
    if found is None:
        inside = [m for m in _matches(plain) if "ensemble" in m.meanings]
        return inside[0].meanings["ensemble"] if inside else ""
    return found.id


def purpose(words: str) -> str:
    """The purpose (id) that words name, "" where they are another one than we write for."""
    found = [m.meanings["purpose"] for m in _matches(words) if "purpose" in m.meanings]
    return found[0] if found else _exact(words, vocabulary.load().purposes)


def shown(kind: str, key: str, locale: str = "en") -> str:
    """The name to show of a style or a mood; KeyError where there is none."""
    words = vocabulary.load()
    return words.styles[key].name(locale) if kind == "style" else words.moods[key].name(locale)


def is_player(words: str) -> bool:
    """Whether words name an instrument, a kit, a group or an ensemble, spelled right or nearly."""
    return bool((read := players(words)).ids) and not read.notes


def is_ensemble(words: str) -> bool:
    """Whether words name an ensemble and no player: a choir is also an instrument."""
    player = vocabulary.load().instruments.find(_COUNT.sub("", bare(words)))
    return bool(ensemble(words)) and player is None


def _exact(words: str, catalogue: Catalogue[E]) -> str:
    """The id that words are, or are a slip away from; "" where there is none."""
    plain = bare(words)
    shorter = _TURN.sub("", _LEAD.sub("", plain))
    for spelling in (plain, shorter):
        if entry := catalogue.find(spelling):
            return entry.id
    for spelling in (plain, shorter):
        if spelling and (entry := names.find(catalogue, spelling)):
            return entry.id
    return ""


def _kit(words: Vocabulary, spelling: str) -> str:
    kit = words.kits.find(spelling)
    # "jazz" and "electronic" are ids of kits, and styles to people.
    return kit.id if kit and normalise(spelling) != normalise(kit.id) else ""


def _matches(words: str) -> Sequence[Match]:
    """The vocabulary inside the words of a slot; a lone word may be misspelled twice as far."""
    text = fold(words)
    found = find_matches(text, lexicon.load())
    if found.matches or is_han(text):
        return [m for m in found.matches if m.kind != "filler"]
    known = lexicon.load()
    mended = " ".join(_mended(token.text, known) for token in tokenise(text))
    return find_matches(mended, known).matches if mended != text else ()


def _mended(word: str, known: lexicon.Lexicon) -> str:
    """A word with a slip that the matcher is too careful to see in running text."""
    if len(word) < _LEAST or not word.isalpha() or known.knows(word):
        return word
    found = names.near(word, known.like(word, 2), 2 if len(word) > 5 else 1)
    return found[0] if found else word


def _plain(match: Match) -> Match:
    """A match without negation: the slot says by its name which way it is meant."""
    kind = "style" if "style" in match.meanings else match.kind
    key = match.meanings["style"] if kind == "style" else match.id
    return Match(kind, key, match.start, match.end, match.written, match.meanings)


def _player_id(match: Match) -> str:
    for kind in ("instrument", "kit", "group", "ensemble"):
        if kind in match.meanings:
            return match.meanings[kind]
    return match.id


def _nearest(
    words: str, catalogues: Sequence[Catalogue[Any]], locale: str, *, known: bool = False
) -> Named:
    """The name that looks most like the words, taken where it is alike enough, said in any case.

    What is `known` as something else ("choir" where a style is asked for) is not taken.
    """
    plain = _TURN.sub("", _LEAD.sub("", bare(words))) or bare(words)
    if not plain:
        return Named()
    entry = names.nearest(plain, *catalogues)
    spellings = (entry.id, *entry.names.values(), *entry.aliases)
    alike = max(fuzz.ratio(normalise(plain), normalise(s)) for s in spellings)
    values = {"words": quoted(words, 40), "name": entry.name(locale)}
    if not known and alike >= _ALIKE and len(plain) >= (2 if is_han(plain) else _LEAST):
        return Named((entry.id,), ((READ_AS, values),))
    return Named((), ((NOT_KNOWN, values),))


#: Single characters and everyday words that the vocabulary leaves out, because in running text they
#: mean too much.
_SHORT = {
    "悲": "sad", "吵": "aggressive", "闹": "chaotic", "甜": "romantic", "丧": "mournful",
    "暗": "dark", "冷": "cold", "暖": "warm", "燃": "energetic", "压抑": "dark", "急": "urgent",
    "喜": "happy", "静": "calm", "柔": "tender", "欢": "cheerful", "fast": "urgent",
    "loud": "aggressive", "busy": "chaotic", "cheesy": "playful", "sweet": "romantic",
    "noisy": "chaotic", "boring": "neutral", "grateful": "warm", "witty": "quirky",
    "幽默": "quirky",
    "搞怪": "quirky", "terrifying": "spooky", "瘆人": "spooky", "jaunty": "cheerful",
    "massive": "epic", "vast": "epic", "noir": "mysterious", "smoky": "mysterious",
    "grumpy": "angry", "swashbuckling": "heroic", "icy": "cold", "icier": "cold",
    "late night": "contemplative", "治愈": "warm",
    "热血": "energetic", "大气": "majestic", "恐怖": "spooky", "阴森": "spooky", "甜蜜": "romantic",
    "苦涩": "bittersweet", "苦": "bittersweet", "科技": "cold", "悬疑": "mysterious",
    "感人": "tender", "哀而不伤": "bittersweet", "硬": "aggressive", "亮": "cheerful",
    "电影": "dramatic", "虐": "heartbroken", "好笑": "quirky", "搞笑": "quirky",
    "狠": "aggressive", "向上": "uplifting", "活泼": "playful", "沉闷": "solemn",
    "老气": "solemn", "矫情": "passionate", "煽情": "passionate", "肉麻": "romantic",
    "幼稚": "playful", "哭哭啼啼": "mournful",
}  # fmt: skip
#: Styles by the names that only a slot can be trusted with.
_STYLES = {
    "史诗": "film_epic", "epic": "film_epic", "轻音乐": "new_age", "街机": "chiptune",
    "广场舞": "dance_pop", "弹唱": "folk", "越剧": "chinese_traditional", "数摇": "post_rock",
    "抖音": "dance_pop", "土嗨": "edm", "喊麦": "edm", "恐怖": "horror", "悬疑": "suspense",
}  # fmt: skip
#: Players by the names that people give them beside the vocabulary's.
_CALLED = {
    "handclap": "standard", "clap": "standard", "cowbell": "standard", "tambourine": "standard",
    "hat": "standard", "hi hat": "standard", "cymbal": "standard", "snare": "standard",
    "kick": "standard", "beat": "drums", "低音": "bass", "人声": "voice", "键盘": "piano",
    "🎸": "guitar", "🎹": "piano", "🥁": "drums", "🎻": "violin", "🎺": "trumpet",
    "🎷": "saxophone", "🪕": "banjo", "🪗": "accordion", "🔔": "bells", "🎤": "voice",
    "🪈": "flute",
    "shaker": "standard", "乌克丽丽": "nylon_guitar", "直笛": "recorder",
    "卡宏": "standard", "笙": "accordion", "童声": "voice",
    "民乐": "chamber_ensemble", "民乐合奏": "chamber_ensemble", "满堂乐队": "rock_band",
    "合唱团": "voice", "school orchestra": "orchestra",
}  # fmt: skip
