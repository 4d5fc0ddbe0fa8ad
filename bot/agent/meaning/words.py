"""Words as a reader wants them: folded, and with the slips of the finger put right.

In: what somebody typed. Out: lower case, simplified characters, known words spelled as they are
known. A slip is one edit (Damerau, 1964), two from nine letters on: see `models.planner.names`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from bot.agent.phrases import Page
from models.planner.names import near, tolerance
from models.vocabulary import normalise

_WORD = re.compile(r"[a-z]{4,}")
_POLITE = re.compile(
    r"^(?:the|a|an|some|my|your|our|that|this)\s+(?=\S)|^(?:那个|这个|那|这)(?=\S)"
)
#: How much, as people say it; longer ones first where one holds another.
_MUCH = (
    "a whole lot", "a good deal", "a good bit", "a fair bit", "a lot", "way", "much", "tons", "far",
    "loads", "really", "super", "a ton",
    "completely", "totally", "drastically", "significantly", "majorly", "明显", "很多", "非常",
    "大幅", "得多", "多得多", "特别", "超级", "好多", "狠狠",
)  # fmt: skip
_LITTLE = (
    "a little bit", "a little", "a bit", "bit", "a tad", "a touch", "slightly", "somewhat", "tad",
    "just a hair", "a hair", "a smidge", "kinda", "a tiny bit", "gently", "subtly", "marginally",
    "稍微", "稍稍", "稍", "丢丢", "略微", "一丁点",
    "一点点", "一点", "一些", "有点", "些许", "略", "微微", "多一点",
)  # fmt: skip


def fold(text: str) -> str:
    """Lower case, NFKC, simplified characters, straight quotes, single spaces; hyphens stay."""
    return Page.of(text).folded.strip()


def mend(text: str, known: Collection[str]) -> str:
    """A folded text with every Latin word that is one slip away from a single known one put right.

    Only words of four letters or more are touched; `known` are single lower-case words.
    """

    def mended(word: str) -> str:
        if word in known or word.removesuffix("s") in known:
            return word
        # A finger slips inside a word more than at its beginning.
        able = {k for k in known if len(k) >= 4 and k[0] == word[0]}
        found = near(
            word, able | {k[:-1] for k in able if len(k) > 4 and k[-1] == "s"}, tolerance(word)
        )
        # Two letters swapped are likelier than one left out: "eighyt" is eighty, not eight.
        swapped = [k for k in found if sorted(k) == sorted(word)]
        likely = swapped or found
        return likely[0] if len(likely) == 1 else word

    return _WORD.sub(lambda m: mended(m.group()), text)


def bare(text: str) -> str:
    """A folded name without an article or pronoun before it and signs around it."""
    return _POLITE.sub("", fold(text).strip(" .,!?;:，。！？；：~\"'“”「」")).strip()


def unquoted(text: str) -> str:
    """Words as written, without the quotes or title marks around them."""
    plain = " ".join(text.split()).strip(" .,;，。；")
    for opening, closing in ("“”", '""', "''", "‘’", "’’", "「」", "『』", "《》", "**"):
        if len(plain) > 2 and plain.startswith(opening) and plain.endswith(closing):
            return plain[1:-1].strip()
    return plain


def strength(words: str) -> int:
    """How much: 1 a bit, 2 as usual (nothing said), 3 a lot."""
    plain = normalise(words)
    for degree, said in ((3, _MUCH), (1, _LITTLE)):
        if any(_holds(plain, word) for word in said):
            return degree
    return 2


def _holds(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    return re.search(rf"\b{word}\b", text) is not None


@lru_cache(maxsize=256)
def latin(*texts: str) -> frozenset[str]:
    """The single Latin words in some spellings, to mend towards."""
    return frozenset(w for text in texts for w in re.findall(r"[a-z]+", text.lower()))
