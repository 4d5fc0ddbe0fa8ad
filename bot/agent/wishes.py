"""Things people ask for in the same breath that cannot be done yet, so that replies say so.

In: a `Page`. Out: which wishes were seen; their words, themes included, are taken off the page, so
that "then words about winter" makes nothing wintry out of the music.
"""

from __future__ import annotations

from bot.agent.phrases import Page

#: What a reply says to each wish (gettext message ids).
ANSWERS = {
    "lyrics": "I can't write words yet, so this is the music alone.",
    "arrange": "I arrange music that exists with /arrange; this is a new piece.",
    "recommend": "I can't recommend music yet, so I composed something instead.",
    "edit": "I can't change an earlier piece by words yet, so this is a new one.",
}
_ABOUT = r"(?:\s+(?:about|on|of)\s+[^,.;!?¦，。；！？]+)?"
_AND = r"(?:\b(?:and|then|with|plus|also)\s+)*"
_SOME = r"(?:(?:some|the|me|it|its|a few)\s+)*"
_INTO = r"(?:\s+(?:to|for|over)\s+it\b)?"
_THEN = r"(?:然后|再|并且?|还要|加上|和)?(?:写|填|配|加|来)?(?:一?[段些首]|上|点)?"
_TOPIC = r"关于[^，。,.¦]{1,30}"
_PATTERNS: tuple[tuple[str, str], ...] = (
    # Wishes for none of it are read, and fulfilled.
    ("", r"\b(?:no|without|minus)\s+(?:any\s+)?(?:lyrics?|words)\b|(?:不要|没有|无)歌?词"),
    ("lyrics", rf"{_AND}(?:\b(?:write|add|put|give)\s+)?{_SOME}\blyrics?\b{_INTO}{_ABOUT}"),
    ("lyrics", rf"{_AND}\b(?:write|add|put)\s+{_SOME}words\b{_INTO}{_ABOUT}"),
    ("lyrics", rf"{_AND}{_SOME}\bwords{_INTO}\s+(?:about|on)\s+[^,.;!?¦]+"),
    ("lyrics", rf"{_AND}\ba\s+(?:poem|sonnet){_ABOUT}"),
    ("lyrics", rf"{_THEN}{_TOPIC}?的歌?词"),
    ("lyrics", rf"{_THEN}歌词(?:[,，]?{_TOPIC})?"),
    ("lyrics", rf"(?:然后|再|并且?)?(?:写|填|配|作)(?:上|点|个)?词(?:{_TOPIC})?"),
    ("arrange", r"\b(?:re-?)?(?:arrange|orchestrate|harmoni[sz]e)\s+(?:this|my|the|it)\b"),
    ("arrange", r"\b(?:a\s+)?(?:cover|remix)\s+of\b|改编|编曲|混音"),
    ("recommend", r"\b(?:recommend|suggest)\b(?:\s+(?:me|us))?|推荐"),
    ("edit", r"\b(?:undo|transpose\s+(?:it|this)|swap\s+(?:the|out)|replace\s+the)\b|撤销"),
    ("edit", r"\b(?:speed|slow)\s+(?:it|this)\s+(?:up|down)\b|换成|改成"),
    ("edit", r"\bmake\s+(?:it|this)\s+(?:faster|slower|longer|shorter)\b"),
)


def take(page: Page) -> tuple[str, ...]:
    """The wishes that cannot be fulfilled yet, in the order of `ANSWERS`."""
    seen = {wish for wish, pattern in _PATTERNS if page.take(pattern)}
    return tuple(wish for wish in ANSWERS if wish in seen)
