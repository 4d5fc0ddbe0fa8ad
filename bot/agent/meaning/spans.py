"""How long, how many, which bars, in what meter.

In: words of the slots length, takes, bars, meter and section, as people type them. Out: values with
one spelling each, which the tools read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.agent.meaning.words import fold, latin, mend
from models.planner import quantities
from models.planner.names import SECTIONS
from models.planner.quantities import number

_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
_SMALL, _TENS = "one|two|three|four|five", "ten|fifteen|twenty|thirty|forty|fifty"
_LENGTH_WORDS = latin(
    _NUMBERS, "seconds minutes bars measures half minute second measure twice double long more"
)
_TAKES_WORDS = latin(
    _NUMBERS,
    "versions variations takes options alternatives different couple another more others dozen",
)
_BAR_WORDS = latin(_NUMBERS, "bars measures first last through until final beginning")
_METER_WORDS = latin(
    "three four five six seven nine twelve eight two time waltz common cut march meter triple"
)
_SECTION_WORDS = latin(
    *SECTIONS, *(also for others in SECTIONS.values() for also in others),
    "first second third fourth last final middle part half beginning section end previous",
)  # fmt: skip
#: Most results of one ask (`bot.rework_ask.MOST_RESULTS`).
MOST_TAKES = 8
_MORE = re.compile(
    r"\b(?:more|another|add|further|extra|by|go(?:ing)?\s+on|play\s+on|carry\s+on|continue|keep"
    r"|loop|longer)\b|[再续加多]|延长(?!到)|往[下后]|后面"
)
_WHOLE = re.compile(
    r"\b(?:to|long|last|until|total|shorten|trim|cut\s+(?:it\s+)?down|should|needs?|want|at\s+least)\b"
    r"|到|至少|总共|一共|缩短|只要|要(?=\S*$)|想要"
)


#: "Shorter" without a number: two thirds, as of twelve bars eight.
_SHORTER = 2 / 3


@dataclass(frozen=True, slots=True)
class Length:
    """How long: seconds or bars, or `times` the present length; `more` adds it to the present."""

    seconds: float | None = None
    bars: int | None = None
    times: float | None = None
    more: bool = False

    @property
    def text(self) -> str:
        """One spelling for the tools: "90 seconds", "+8 bars", "x2"."""
        if self.times is not None:
            return f"x{self.times:g}"
        sign = "+" if self.more else ""
        if self.bars is not None:
            return f"{sign}{self.bars} bars"
        return f"{sign}{self.seconds or 0:g} seconds"


def length(words: str, around: str = "") -> Length | None:
    """A length; `around` is the frame's text, which says whether it is added or is the whole.

    `Length.text` is read back to the same value.
    """
    plain = mend(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", fold(words)), _LENGTH_WORDS)
    if times := _times(plain):
        return Length(times=times)
    plain = re.sub(r"\bsec\b", "secs", plain)
    more = plain.startswith("+") or _is_more(plain, fold(around))
    without = re.sub(r"\b(?:more|another|further|extra)\b|[再续]|左右|多(?=[秒分小])", " ", plain)
    without = re.sub(r"\b(?:whole|full|entire)\b", " ", without.lstrip("+"))
    without = " ".join(without.replace("半小时", "30分钟").split())
    if spoken := re.fullmatch(rf"({_SMALL})\s+({_TENS})(?:\s+(five))?", without):  # "two thirty"
        rest = sum(number(w) or 0 for w in spoken.groups()[1:] if w)
        return Length(seconds=60 * (number(spoken[1]) or 0) + rest, more=more)
    # An "eight" (八拍) of dancers is two bars of four.
    without = re.sub(r"(\d+)\s*个?八拍", lambda m: f"{2 * int(m[1][:3])}小节", without)
    if (found := quantities.find_bars(without)) and found.value >= 1:
        return Length(bars=int(found.value), more=more)
    if seconds := quantities.find_seconds(without):
        return Length(seconds=seconds.value, more=more)
    return None


def _times(text: str) -> float | None:
    if found := re.fullmatch(r"x(\d+(?:\.\d+)?)", text):
        return float(found[1])
    if re.search(r"\b(?:twice|double)\b|[一两]倍", text):
        return 2.0
    if re.search(r"\bthree\s+times\b|三倍", text):
        return 3.0
    if re.search(r"\bhalf\s+(?:as\s+long|the\s+length|of\s+it)\b|一半$", text):
        return 0.5
    if re.fullmatch(r"(?:a\s+(?:bit|little)\s+|much\s+)?short(?:er)?|[缩变更]?短", text):
        return _SHORTER
    return None


def _is_more(words: str, around: str) -> bool:
    if re.search(r"\b(?:more|another|further|extra)\b|[再续]", words):
        return True
    place = around.find(words) if words in around else -1
    before = around[:place] if place >= 0 else around
    after = around[place + len(words) :] if place >= 0 else ""
    if re.match(r"\s*(?:more|extra|longer)\b", after):
        return True
    # The last telling word before the length counts: "add more, up to two minutes".
    last = max((m.end() for m in _MORE.finditer(before)), default=-1)
    whole = max((m.end() for m in _WHOLE.finditer(before)), default=-1)
    return last > whole and not re.match(r"\s*long\b", after)


def takes(words: str) -> int | None:
    """How many versions: "four versions", "a couple of", "几个", "another one"; at least 1."""
    plain = mend(fold(words), _TAKES_WORDS)
    if re.search(r"\bcouple\b|[两俩]", plain):
        return 2
    if re.search(r"\b(?:few|several|some|others)\b|几", plain):
        return 3
    if "dozen" in plain:
        return 12
    if found := re.search(r"\d+", plain):
        return max(1, int(found[0][:4]))
    for run in re.findall(r"[a-z]+", plain):
        if (value := number(run)) and (run != "one" or "another" not in plain):
            return int(value)
    if re.search(r"\banother\b|\bmore\b|\bdifferent\b|另[外]?一|换一|再来一|别的", plain):
        return 1
    if found := re.search(r"[一二三四五六七八九十]+", plain):
        return int(number(found[0]) or 1)
    return None


def bars(words: str) -> str | None:
    """Bars in one spelling: "5-8", "12", "the last 8 bars"."""
    plain = mend(fold(words), _BAR_WORDS)
    plain = re.sub(r"\bmm\.?|\b(?:bars?|measures?)\b|小节|第|的", " ", plain)
    ends = re.search(r"\b(?:last|final)\b|最后|末尾|后(?=\s*[\d一二两三四五六七八九十])", plain)
    starts = re.search(r"\bfirst\b|\bopening\b|前|开头", plain)
    found = [number(n) for n in _numbers(plain)]
    values = [int(n) for n in found if n is not None and n >= 1]
    if (ends or starts) and len(values) <= 1:
        count = values[0] if values else 1
        return f"the last {count} bars" if ends else f"1-{count}"
    if len(values) >= 2:
        first, last = sorted(values[:2])
        return f"{first}-{last}"
    return str(values[0]) if values else None


def _numbers(text: str) -> list[str]:
    spoken = "|".join(sorted(_NUMBERS.split(), key=len, reverse=True))
    return re.findall(
        rf"\d{{1,4}}|(?:\b(?:{spoken})\b(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine)\b)?)"
        r"|[一二两三四五六七八九十百]+",
        text,
    )


def meter(words: str) -> str | None:
    """A time signature: "in six" is 6/8, "八六拍" and "六八拍" are 6/8, "waltz time" 3/4."""
    plain = mend(fold(words), _METER_WORDS).replace("-", " ")
    if "十二八拍" in plain:
        return "12/8"
    if found := re.search(r"([二三四五六七九八])([二四八])拍|([四八])([二三四五六七九])拍", plain):
        first, second = (found[1], found[2]) if found[1] else (found[3], found[4])
        # Said with the lower figure first (四三拍), as the fraction is; 六八拍 the other way round.
        lower, upper = (first, second) if first in "四八" else (second, first)
        if first in "四八" and second in "四八" and first != second:
            lower, upper = first, second
        return f"{number(upper):.0f}/{number(lower):.0f}"
    if fraction := quantities.find_meter(plain):
        return fraction[2]
    spoken = re.fullmatch(
        r"(?:in|a|an)?\s*(two|three|four|five|six|seven|nine|eleven|twelve|\d{1,2})(?:\s+(four|eight))?"
        r"(?:\s+time)?",
        plain.strip(),
    )
    if spoken and (upper_value := number(spoken[1])):
        short = {"four": 4, "eight": 8}.get(spoken[2] or "")
        lower_value = short or (8 if upper_value in (6, 7, 9, 12) else 4)
        return f"{upper_value:.0f}/{lower_value}"
    if found := re.search(r"([二两三四五六七九]|\d+)拍", plain):
        upper_value = number(found[1]) or 4
        return f"{upper_value:.0f}/{8 if upper_value in (6, 7, 9, 12) else 4}"
    return None


def section(words: str) -> str:
    """A place of a piece with its typing errors put right: "second verse", "第二段主歌"."""
    return re.sub(r"^(?:the|that|this|my)\s+", "", mend(fold(words), _SECTION_WORDS)).strip()
