"""Whether what a chat model filled in was said: names and quotations are never its own.

In: a value and the words it may come from. Out: yes or no. Small models fill in what nobody named
("who else sounds like Nick Drake" -> artist "Nomad", shared notes, language.md section 2), large
ones do it too (Berkeley function-calling leaderboard, "hallucination" rows); a value that names
something must therefore stand in the message, or in what is on the table.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from bot.agent import lexicon, matching
from bot.agent.meaning.words import fold
from bot.agent.values import Session

_SIGNS = re.compile(r"[^\w]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DIGITS = re.compile(r"\d+")
#: A number in words: what a model may have turned into figures.
_NUMBERED = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundred|half|quarter|double|dozen|couple|minute"
    r")\b|[零一二三四五六七八九十百两半几双]"
)
#: Words that name a piece by its place and not by a name.
_REFERRING = frozenset(
    re.findall(
        r"\w+",
        "it its this that these them the a an one ones my our your of from version versions piece "
        "song first second third fourth fifth sixth seventh eighth ninth tenth last latest newest "
        "oldest previous before original earlier other next none track tune made just now we you i "
        "1st 2nd 3rd 4th 5th 1 2 3 4 5 6 7 8 9 10 "
        "第 一 二 三 四 五 六 七 八 九 十 首 个 版 本 它 这 那 上 最 后 前 面 的 原 来",
    )
)


@dataclass(frozen=True)
class Said:
    """Where values may come from: `text` is the message now, `all` the message and the session.

    Both are `plain`; `folded` is the message with its signs.
    """

    text: str
    all: str
    folded: str

    @classmethod
    def of(cls, text: str, session: Session) -> Said:
        """What was said now, and what the session holds: titles, ids, suggestions, last turns."""
        names = [v.title for v in session.versions] + [v.piece_id for v in session.versions]
        turns = [said for _, said in session.said]
        file = (session.file or "").partition(":")[2]
        parts = [text, *names, *session.choices, *session.suggested, file, *turns]
        return cls(plain(text), plain("\n".join(parts)), fold(text))


def plain(text: str) -> str:
    """Folded, without accents and signs, a space between words and between Chinese characters."""
    apart = unicodedata.normalize("NFKD", fold(text))
    letters = "".join(c for c in apart if not unicodedata.combining(c))
    words = _SIGNS.sub(" ", _HAN.sub(r" \g<0> ", letters)).split()
    return f" {' '.join(words)} "


def quotes(value: str, source: str) -> bool:
    """Whether a value stands in a plain text word for word."""
    return plain(value) in source


def restates(value: str, source: str) -> bool:
    """Whether every word of a value is in a plain text, in whatever order."""
    there = _words(source)
    return all(word in there for word in _words(plain(value)))


def refers(value: str, source: str) -> bool:
    """Whether words for a piece only point at it ("the second one"), or say what was said."""
    there = _words(source) | _REFERRING
    return all(word in there for word in _words(plain(value)))


def names_known(value: str, source: str) -> bool:
    """Whether a value is nothing but names of the vocabulary, each in a text in some spelling."""
    known = lexicon.load()
    there = matching.find_matches(fold(source), known).matches
    meanings = {pair for match in there for pair in match.meanings.items()}
    meant = matching.find_matches(fold(value), known)
    # What is left over is a name of its own: "Song of Bob" is not what "a song" says.
    return bool(meant.matches and not meant.leftover) and all(
        meanings & set(match.meanings.items()) for match in meant.matches
    )


def counts(value: Any, source: str) -> bool:
    """Whether the figures of a value were said, as figures or possibly as words."""
    figures = _DIGITS.findall(str(value).removesuffix(".0"))
    return set(figures) <= set(_DIGITS.findall(source)) or bool(_NUMBERED.search(source))


def _words(text: str) -> set[str]:
    return {token.text for token in lexicon.tokenise(text)}
