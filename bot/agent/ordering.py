"""Words for a piece that need no look at any piece: "it", "the second one", "the slower one".

In: folded words. Out: patterns of what lies on the table or lay there before, numbers from 1 (and
from the end), and what a comparison compares. English and Chinese stand side by side.
"""

from __future__ import annotations

import re

from models.planner.quantities import number

_NOUN = (
    r"(?:one|piece|song|track|tune|music|thing|version|composition|work|melody|arrangement|recording"
    r"|loop|take|file|result|bit)"
)
_HAN_NOUN = r"(?:歌曲?|曲子?|音乐|作品|东西|版本|旋律|小曲|乐曲|片段|录音|文件)"
IT = re.compile(
    rf"(?:it|its|it's|this|that|these|them|all|everything|(?:all of|the whole of) (?:it|this|that))"
    rf"|(?:the|this|that|my|our|your)\s+(?:(?:current|present|whole|entire|same|full|very)\s+)*{_NOUN}"
    rf"|{_NOUN}"
    rf"|(?:(?:the|that)\s+)?(?:{_NOUN}\s+)?(?:what\s+|that\s+)?(?:you|we|i)(?:'ve|\s+have)?\s+just\s+"
    rf"(?:made|wrote|did|composed|created|opened|played|sent)"
    rf"|(?:the\s+)?(?:{_NOUN}\s+)?(?:from\s+)?just\s+now|(?:the\s+)?{_NOUN}\s+on\s+the\s+table"
    r"|(?:like|as)\s+(?:this|that|it)(?:\s+one)?|what\s+you(?:'ve)?\s+(?:changed|did|got|have)"
    r"|它们?的?|他|她|全部|全曲|全首|整[首个体曲段篇](?:歌|曲子)?"
    rf"|(?:刚刚|刚才|现在|当前|目前|上面|桌上|手头)?的?(?:我们)?(?:做|写)?的?[这那该](?:一)?[首个版支段曲份条张]?的?{_HAN_NOUN}?"
    rf"|(?:刚刚|刚才|现在|当前|目前|上面|桌上|手头)的?(?:一?[首个版支段])?的?{_HAN_NOUN}?"
    rf"|(?:刚刚?|刚才)(?:你|我们?)?[做写弄生]的?(?:成的?)?[那这]?[首个版支段]?{_HAN_NOUN}?|{_HAN_NOUN}"
)  # fmt: skip
_ORDINAL_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
                  "ninth", "tenth")  # fmt: skip
_SPELT = "one|two|three|four|five|six|seven|eight|nine|ten"
_HAN_NUMBER = r"[一二两三四五六七八九十]{1,3}|\d{1,3}"
_COUNTER = r"[首个版支段曲份条张种号]"
NUMBERED = re.compile(
    rf"(?P<back>(?:second|next)[\s-]+to[\s-]+last)|倒数第?(?P<from_end>{_HAN_NUMBER}){_COUNTER}?"
    rf"|\b(?P<word>{'|'.join(_ORDINAL_WORDS)})\b|\b(?P<nth>\d{{1,3}})(?:st|nd|rd|th)\b"
    rf"|(?:\b(?:number|no\.?|take|version|option|choice|variation|piece|song)\s*#?\s*|#\s*|\bv)"
    rf"(?P<figure>\d{{1,3}}\b|(?:{_SPELT})\b)"
    rf"|第(?P<han>{_HAN_NUMBER})(?:{_COUNTER})?|(?P<hao>{_HAN_NUMBER})号"
    rf"|^(?P<bare>\d{{1,2}}|(?:{_SPELT})|[一二三四五六七八九])$"
)
LAST = re.compile(
    rf"\b(?:last|final|newest|latest|most\s+recent)\b|最后(?:一?{_COUNTER})?|最新的?|最近的?(?:一?{_COUNTER})?"
)
BEFORE = re.compile(
    rf"\b(?:previous|prior|earlier|preceding)\b|\b(?:one|version|{_NOUN})\s+(?:right\s+|just\s+)?before\b"
    r"|\b(?:like|as)\s+(?:it\s+was\s+)?(?:before|it\s+was|earlier)\b|^before(?:\s+that)?$|\bhow\s+it\s+was\b"
    rf"|上一?{_COUNTER}|前一{_COUNTER}|之前那?{_COUNTER}?|[和跟像]?(?:之前|以前)(?:的|那样|一样)?|改动?之?前的?"
)
ORIGINAL = re.compile(
    r"\boriginal(?:ly)?\b"
    r"|\bwhere\s+we\s+(?:started|began)\b|\bwe\s+(?:started|began)\s+with\b"
    r"|原版|原作|原曲|原来的?|原本的?|最初的?|最早的?|一开始的?|最开始的?|初版"
)
#: "The take before the drums": what follows says what came in, and not what is meant.
BEFORE_THAT = re.compile(rf"\b{_NOUN}\s+before\s+(?:the|you|we|i)\b|(?:之|以)前[的那]?{_COUNTER}?$")
#: The first piece that a person ever made.
FIRST_EVER = re.compile(
    r"\bfirst\b.*\bever\b|\bever\b.*\bfirst\b|我(?:做|写|创作|谱)(?:过|成|出)?的?第一[首个]|有史以来"
)
LAST_TIME = re.compile(r"\blast\s+(?:time|session)\b|上次|上回")
OTHER = re.compile(r"\bother\s+(?:one|version|take|piece|song)\b|另外?一?[个首版]|另外那[个首版]")
NEXT = re.compile(r"\bnext\s+(?:one|version|take|piece|song)\b|下一?[个首版]")
#: Words of comparison -> what is compared, and whether the least is meant.
COMPARED: tuple[tuple[str, str, bool], ...] = (
    (r"\bslow(?:er|est)?\b|(?:最|更|较|比较)?慢(?:一?点|一?些)?的?", "bpm", True),
    (r"\b(?:fast|quick)(?:er|est)?\b|(?:最|更|较|比较)?快(?:一?点|一?些)?的?(?!乐)", "bpm", False),
    (r"\bshort(?:er|est)?\b|(?:最|更|较|比较)?短(?:一?点|一?些)?的?", "seconds", True),
    (r"\blong(?:er|est)?\b|(?:最|更|较|比较)?长(?:一?点|一?些)?的?", "seconds", False),
    (
        rf"\bold(?:er|est)\b|\bold(?=\s+{_NOUN}\b)|(?:最|更|较|比较)老的?|(?:最|更|较|比较)?旧的?",
        "created",
        True,
    ),
    (r"\bnewer\b|(?:更|较|比较)新的?", "created", False),
)


def without_place(words: str) -> tuple[str, int | None]:
    """The words without a number, and the number: from 1, negative from the end."""
    if found := NUMBERED.search(words):
        return f"{words[: found.start()]} {words[found.end() :]}", place(found)
    if found := LAST.search(words):
        return f"{words[: found.start()]} {words[found.end() :]}", -1
    return words, None


def place(found: re.Match[str]) -> int:
    """The number that a match of `NUMBERED` means: from 1, negative from the end."""
    said = found.groupdict()
    if said["back"]:
        return -2
    if said["from_end"]:
        return -int(number(said["from_end"]) or 1)
    if said["word"]:
        return _ORDINAL_WORDS.index(said["word"]) + 1
    figure = next(said[name] for name in ("nth", "figure", "han", "hao", "bare") if said[name])
    return int(number(figure) or 0)


def without_comparison(words: str) -> tuple[str, tuple[str, bool] | None]:
    """The words without a comparison, and what it compares.

    That is "bpm", "seconds" or "created", and whether the least is meant.
    """
    for pattern, measure, least in COMPARED:
        if match := re.search(pattern, words):
            return f"{words[: match.start()]} {words[match.end() :]}", (measure, least)
    return words, None
