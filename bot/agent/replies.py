"""Which option of a question a short message chooses.

In: what a person said after we asked. Out: the number of an option, or None where the message is
not an answer: then it is a request of its own. A message answers only as a whole, so that "make a
second verse" never chooses the second option.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from bot.agent.meaning.words import fold
from bot.agent.values import Question
from bot.i18n import LANGUAGES, translate
from models.planner.quantities import number

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_POLITE = (
    r"^(?:(?:um+|uh+|oh|well|ok(?:ay)?|so|please|i(?:'ll| will)? (?:meant?|want|choose|pick|take)"
    r"|let's (?:go|do)(?: with)?|go (?:with|for)|give me|it's|that's|那就?|就|我要|我选|我想要"
    r"|选择?|要|请|是)[,，\s]*)+|[,，\s]*(?:please|thanks|thank you|吧|啊|呀|哦|谢谢|好了)$"
)
_YES = (
    r"(?:yes|yeah|yep|yup|ya|sure|right|correct|exactly|ok(?:ay)?|do it|go ahead|please do"
    r"|of course|对|对的|是|是的|嗯|嗯嗯|好|好的|可以|行|没错|当然|👍|✅)"
)
_OPTION = r"(?:one|option|choice|reading|answer|way|thing)"
_NUMBER = (
    rf"(?:the\s+)?(?:{_OPTION}\s+)?(?:number\s+|no\.?\s*|#\s*)?"
    r"(\d{1,2}|one|two|three|four|five|six|seven|eight|nine)[\s.)!]*(?:\u20e3)?"
)
_NTH = rf"(?:the\s+)?({'|'.join(_ORDINALS)}|\d(?:st|nd|rd|th))(?:\s+{_OPTION})?"
_CHINESE = r"第?([一二两三四五六七八九]|\d)(?:个|种|项|条|号|选项)?"
#: A label in other words is one where this many of a hundred signs agree (rapidfuzz).
_ALIKE, _PART = 88.0, 90.0


def answer_of(text: str, question: Question) -> int | None:
    """The option (from 0) that a message chooses, or None when it is no answer to the question."""
    count = len(question.options)
    said = fold(text).strip(" .!?。！？~～\"'“”")
    if not said or not count:
        return None
    if (named := _label(said, question)) is not None:
        return named
    plain = said
    while (shorter := re.sub(_POLITE, "", plain).strip()) != plain and shorter:
        plain = shorter
    if re.fullmatch(_YES, said) or re.fullmatch(_YES, plain):
        return 0
    number_ = _position(plain, count)
    if number_ is not None:
        return number_ if 0 <= number_ < count else None
    return _label(re.sub(r"^(?:an?|the)\s+", "", plain), question)


def _position(said: str, count: int) -> int | None:
    """The place (from 0) that words name among `count`."""
    if re.fullmatch(r"(?:the\s+)?former(?: one)?|前者|前一个|前面那个|上面那个", said):
        return 0
    if count == 2 and re.fullmatch(
        r"(?:the\s+)?(?:latter|other)(?: one)?|后者|后一个|另一个", said
    ):
        return 1
    if re.fullmatch(rf"(?:the\s+)?last(?:\s+{_OPTION})?|最后(?:一个|那个|一项)?", said):
        return count - 1
    if match := re.fullmatch(_NTH, said):
        word = match[1]
        return _ORDINALS.index(word) if word in _ORDINALS else int(word[0]) - 1
    if match := re.fullmatch(_NUMBER, said) or re.fullmatch(_CHINESE, said):
        return int(number(match[1]) or 0) - 1
    if match := re.fullmatch(r"(?:option\s+)?\(?([a-e])\)?", said):
        return "abcde".index(match[1])
    return None


def _label(said: str, question: Question) -> int | None:
    """The one option whose label was said, in either language, or nearly so."""
    found: dict[int, float] = {}
    for place, option in enumerate(question.options):
        template, values = option.label
        for locale in LANGUAGES:
            label = fold(translate(template, locale, **values)).strip(" .!?。！？")
            near = 100.0 if said == label else _near(said, label)
            found[place] = max(near, found.get(place, 0.0))
    best = max(found.values())
    chosen = [place for place, near in found.items() if near == best]
    return chosen[0] if best >= _ALIKE and len(chosen) == 1 else None


def _near(said: str, label: str) -> float:
    """How alike they are, or whether a whole part of the label was said."""
    words = set(re.findall(r"\w+", said))
    if len(said) >= 4 and words and words <= set(re.findall(r"\w+", label)):
        return _PART
    if not said.isascii() and len(said) >= 2 and said in label:
        return _PART
    return fuzz.ratio(said, label)
