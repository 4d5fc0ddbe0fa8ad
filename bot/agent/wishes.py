"""Things people ask for in the same breath as music: words, a taste, and what cannot be done yet.

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
    "recommend": "For recommendations there is /recommend; I composed something instead.",
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
_THING = (
    r"(?:\b(?:something|anything|music|songs?|pieces?|tunes?|stuff|one|that|which|whatever)\s+)"
    r"(?:(?:that|which)\s+)?"
)
_WOULD = r"(?:'d|'ll|\s+(?:would|will|might|could|can|may))?(?:\s+(?:all|both|really|probably))*"
#: Not "something I'd like to hear", "here is something I'd like: a waltz".
_LIKE = r"\s+(?:like|love|enjoy)\b(?!\s*:|\s+(?:to|is|are|was|it|you|a|an|the|some|when|how)\b)"
_US = r"(?:we|(?:all|both|each)\s+of\s+us|us\s+all|every(?:one|body)\s+here)"
_BY = (
    r"(?:(?:\b(?:based|built|according)\s+)?"
    r"\b(?:on|from|after|for|to|by|in|with|(?:match|suit|fit)(?:s|es|ing|ting)?)\s+)?"
)
_MUSICAL = r"(?:own\s+|shared\s+|common\s+|combined\s+|music(?:al)?\s+)*"
_NOT = r"(?:\b(?:not|don't|do\s+not|ignor(?:e|ing)|without|never|regardless\s+of|forget)\s+)"
_TASTE = r"(?:tastes?|preferences)\b(?!\s+(?:of|is|are|buds?)\b)"
_HAN_BY = r"(?:按照?|根据|基于|依照|依据|符合|适合|贴合|照着?)?"
_HAN_TASTE = r"(?:共同的?)?(?:音乐)?(?:口味|品味|喜好)"
_HAN_LIKE = r"(?:(?:应该|可能|一定|肯定)?会|都|全都|能|最){0,3}(?:喜欢|爱)(?:听)?的(?!是)"
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
    # Somebody's taste, refused, of several, of one.
    ("", rf"{_NOT}(?:use\s+|follow\s+)?{_BY}(?:my|our)\s+{_MUSICAL}{_TASTE}"),
    ("", rf"(?:不要|别|不用|忽略|不){_HAN_BY}(?:我|我们|大家|咱们)的?{_HAN_TASTE}"),
    ("taste-us", rf"{_THING}{_US}{_WOULD}{_LIKE}|\bwhat\s+we\s+(?:all|both){_LIKE}"),
    ("taste-us", rf"{_BY}\bour\s+{_MUSICAL}{_TASTE}"),
    ("taste-us", r"\bfor\s+(?:(?:all|both|each)\s+of\s+us|us\s+all|every(?:one|body)\s+here)\b"),
    ("taste-us", rf"(?:我们|大家|咱们|所有人|每个人){_HAN_LIKE}"),
    ("taste-us", rf"{_HAN_BY}(?:我们|大家|咱们)(?:所有人|大家)?的?{_HAN_TASTE}"),
    ("taste-us", r"适合(?:我们|咱们)(?:所有人|大家|每个人|几个人?)"),
    ("taste", rf"{_THING}i{_WOULD}{_LIKE}|\bwhat\s+i\s+(?:really\s+|usually\s+)?{_LIKE[3:]}"),
    ("taste", rf"\bi{_WOULD}{_LIKE}(?=\s*(?:$|[.!?]))"),
    ("taste", rf"{_BY}\bmy\s+{_MUSICAL}{_TASTE}|\bmy\s+(?:kind|sort)\s+of\s+music\b"),
    ("taste", rf"我{_HAN_LIKE}|{_HAN_BY}我的?{_HAN_TASTE}"),
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

    "taste" asks for what the person likes, "taste-us" for what several of them like.

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
    if "taste-us" in seen:
        seen.discard("taste")
    order = ("lyrics", "taste-us", "taste", *ANSWERS)
    return Wishes(tuple(wish for wish in order if wish in seen), about)
