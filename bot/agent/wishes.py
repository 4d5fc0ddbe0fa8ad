"""Things people ask for in the same breath as music: words, and what cannot be done yet.

In: a `Page`. Out: which wishes were seen, and what words are to be about; all of it is taken off
the page, so that "then words about winter" makes nothing wintry out of the music.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.agent.phrases import Page

#: What a reply says to each wish that is not fulfilled (gettext message ids).
ANSWERS = {
    "arrange": "I arrange music that exists with /arrange; this is a new piece.",
    "recommend": "I can't recommend music yet, so I composed something instead.",
    "edit": "I can't change an earlier piece by words yet, so this is a new one.",
}
#: What follows a theme and is about the music again.
_MUSIC = (
    r"\s+(?:in\s+(?:the\s+key|[a-g](?:#|b|\s+flat|\s+sharp)?\s+(?:major|minor|dorian|phrygian|lydian"
    r"|mixolydian)|\d+/\d+)|at\s+\d|(?:for|of)\s+(?:\d|(?:one|two|three|half)\b)|as\s+an?\s)"
)
_WHAT = rf"(?P<about>[^,.;!?¦，。；！？]+?)(?={_MUSIC}|[,.;!?¦，。；！？]|$)"
_ABOUT = rf"(?:\s+(?:about|on|of)\s+{_WHAT})?"
_AND = r"(?:\b(?:and|then|with|plus|also)\s+)*"
_SOME = r"(?:(?:some|the|me|it|its|a few)\s+)*"
_INTO = r"(?:\s+(?:to|for|over)\s+it\b)?"
_THEN = r"(?:然后|再|并且?|还要|加上|和)?(?:写|填|配|加|来)?(?:一?[段些首]|上|点)?"
_TOPIC = r"(?:关于|有关)(?P<about>[^，。,.¦]{1,30}?)"
_PATTERNS: tuple[tuple[str, str], ...] = (
    # Wishes for none of it are read, and fulfilled.
    ("", r"\b(?:no|without|minus)\s+(?:any\s+)?(?:lyrics?|words)\b|(?:不要|没有|无)歌?词"),
    ("lyrics", rf"{_AND}(?:\b(?:write|add|put|give)\s+)?{_SOME}\blyrics?\b{_INTO}{_ABOUT}"),
    ("lyrics", rf"{_AND}\b(?:write|add|put)\s+{_SOME}words\b{_INTO}{_ABOUT}"),
    ("lyrics", rf"{_AND}{_SOME}\bwords{_INTO}\s+(?:about|on)\s+{_WHAT}"),
    # The song itself stays on the page: its purpose.
    ("lyrics", rf"(?:(?<=song)|(?<=songs)|(?<=ballad)|(?<=lullaby)|(?<=anthem))\s+about\s+{_WHAT}"),
    ("lyrics", rf"{_AND}\ba\s+(?:poem|sonnet){_ABOUT}"),
    ("lyrics", rf"{_THEN}(?:{_TOPIC})?的歌?词"),
    ("lyrics", rf"{_THEN}歌词(?:[,，]?{_TOPIC}(?=[，。,.¦]|$))?"),
    ("lyrics", rf"(?:然后|再|并且?)?(?:写|填|配|作)(?:上|点|个)?词(?:{_TOPIC}(?=[，。,.¦]|$))?"),
    ("lyrics", rf"{_TOPIC}的?(?=(?:一?首)?歌)"),
    ("arrange", r"\b(?:re-?)?(?:arrange|orchestrate|harmoni[sz]e)\s+(?:this|my|the|it)\b"),
    ("arrange", r"\b(?:a\s+)?(?:cover|remix)\s+of\b|改编|编曲|混音"),
    ("recommend", r"\b(?:recommend|suggest)\b(?:\s+(?:me|us))?|推荐"),
    ("edit", r"\b(?:undo|transpose\s+(?:it|this)|swap\s+(?:the|out)|replace\s+the)\b|撤销"),
    ("edit", r"\b(?:speed|slow)\s+(?:it|this)\s+(?:up|down)\b|换成|改成"),
    ("edit", r"\bmake\s+(?:it|this)\s+(?:faster|slower|longer|shorter)\b"),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was wished for beside the music, the unfulfilled in the order of `ANSWERS`.

    `about` is what the words are to be about, as written; "" when that was not said.
    """

    seen: tuple[str, ...]
    about: str = ""


def take(page: Page) -> Wishes:
    """Read the wishes of a page and take them off it."""
    seen, about = set(), ""
    for wish, pattern in _PATTERNS:
        match = re.search(pattern, page.folded)
        if match is None:
            continue
        named = match.groupdict().get("about")
        if named and not about:
            start, end = match.span("about")
            about = page.written[start:end].strip()
        seen.add(wish)
        page.blank(*match.span())
    order = ("lyrics", *ANSWERS)
    return Wishes(tuple(wish for wish in order if wish in seen), about)
