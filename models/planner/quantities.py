"""Numbers as people write them: counts, tempi, lengths and meters, in English and Chinese.

In: lower-case text. Out: a `Found` (where it stands and what it means) or None. Tempi are quarter
notes per minute, lengths are seconds or bars. The tempo words are the usual metronome ranges
(Sachs, *Rhythm and Tempo*, 1953, and any metronome's dial), middle value taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}

_WORD = "|".join(sorted([*_UNITS, "hundred"], key=len, reverse=True))
# Runs are bounded, so that no text makes a search slow.
_NUM = (
    rf"(?:\d{{1,24}}(?:\.\d{{1,9}})?"
    rf"|(?:\ba\s+hundred\b|\b(?:{_WORD})\b)(?:(?:\s+and\s+|[\s-]+)\b(?:{_WORD})\b){{0,5}}"
    r"|[〇零一二两三四五六七八九十百]{1,8})"
)

#: Tempo words (Italian, Chinese) -> quarter notes per minute.
TEMPO_WORDS: dict[str, float] = {
    "grave": 40, "largo": 50, "lento": 54, "larghetto": 62, "adagio": 68, "adagietto": 72,
    "andante": 84, "andantino": 92, "andante moderato": 96, "moderato": 108, "allegretto": 116,
    "allegro moderato": 120, "allegro": 132, "allegro vivace": 148, "vivace": 160, "presto": 184,
    "vivacissimo": 176, "prestissimo": 204, "allegrissimo": 176,
    "庄板": 40, "广板": 50, "小广板": 62, "慢板": 68, "柔板": 68, "行板": 84, "小行板": 92,
    "中板": 108, "小快板": 116, "快板": 132, "活板": 160, "急板": 184, "最急板": 204,
}  # fmt: skip
#: Words relative to the style -> place between its slowest (0), typical (0.5) and fastest (1).
PACE_WORDS: dict[str, float] = {
    "very slow": 0.0, "really slow": 0.0, "super slow": 0.0, "slow": 0.1, "slowly": 0.1,
    "slow tempo": 0.1, "unhurried": 0.2, "mid tempo": 0.5, "midtempo": 0.5, "medium": 0.5,
    "medium tempo": 0.5, "moderate": 0.5, "quick": 0.9, "fast": 0.9, "fast paced": 0.9,
    "up tempo": 0.85, "uptempo": 0.85, "speedy": 0.9, "fast tempo": 0.9, "very fast": 1.0,
    "really fast": 1.0, "super fast": 1.0, "很慢": 0.0, "慢": 0.1, "慢速": 0.1, "缓慢": 0.1,
    "慢一点": 0.15, "慢节奏": 0.1, "中速": 0.5, "快": 0.9, "快速": 0.9, "快节奏": 0.9,
    "快一点": 0.85, "很快": 1.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What was read and the half-open span of text that it came from."""

    start: int
    end: int
    value: float
    unit: str = ""


def number(text: str) -> float | None:
    """The value of "90", "2.5", "one twenty", "a hundred and five" or "一百二十"; else None."""
    text = text.strip().lower()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if re.fullmatch(r"[〇零一二两三四五六七八九十百]+", text):
        return float(_chinese(text))
    words = re.findall(r"[a-z]+", text)
    if not words or any(w not in _UNITS and w not in ("a", "and", "hundred") for w in words):
        return None
    total = 0
    for word in words:
        value = _UNITS.get(word, 0)
        if word == "hundred":
            total = max(total, 1) * 100
        elif 1 <= total <= 9 and value >= 10:  # "one twenty" is 120
            total = total * 100 + value
        else:
            total += value
    return float(total)


def _chinese(text: str) -> int:
    if not set(text) & set("十百"):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit, unit = 0, None, 1
    for char in text:
        if char in "十百":
            unit = 10 if char == "十" else 100
            total += (1 if digit is None else digit) * unit
            digit = None
        elif char in "〇零":
            unit = 1
        else:
            digit = _DIGITS[char]
    # "一百二" is 120: a last digit after a hundred counts tens.
    return total + (digit or 0) * (10 if unit == 100 else 1)


_TEMPO = (
    rf"(?P<n>{_NUM})(?:\s*(?:-|~|to|and|到|至)\s*(?P<n2>{_NUM}))?\s*(?:bpm\b|b\.p\.m\.?|beats\s+(?:per|a)\s+minute)",
    rf"\bbpm\s*(?:of|is|at|[:=])?\s*(?P<n>{_NUM})",
    rf"[♩♪]\s*=\s*(?P<n>{_NUM})",
    rf"(?:\b(?:tempo|speed)\b|速度)\s*(?:of|at|is|to|为|是|在|[:=])?\s*(?P<n>{_NUM})",
    rf"(?:每分钟|一分钟)\s*(?P<n>{_NUM})\s*拍",
    r"(?P<n>\d{2,3})\s*拍(?!子)",
    r"\bat\s+(?:about\s+|around\s+)?(?P<n>\d{2,3})\b(?!\s*(?:%|s\b|sec|min|bars?|measures|hz|:|/))",
)


def find_tempo(text: str) -> Found | None:
    """A tempo in figures ("120 bpm", "at 96", "每分钟120拍"); a range gives its middle."""
    for pattern in _TEMPO:
        if match := re.search(pattern, text):
            values = [number(g) for g in match.groupdict().values() if g]
            known = [v for v in values if v is not None]
            if known:
                return Found(match.start(), match.end(), sum(known) / len(known), "bpm")
    return None


_MINUTES = r"(?:minutes?\b|mins?\b|minute-long\b)"
_SECONDS = r"(?:seconds?\b|secs?\b|(?<=\d)s\b|(?<=\d )s\b)"
_LENGTHS: tuple[tuple[str, tuple[float, ...]], ...] = (
    # a pattern and what its groups a, b, c count in seconds
    (r"(?<![\d:])(?P<a>\d{1,2}):(?P<b>\d{2}):(?P<c>\d{2})(?![\d:])", (3600, 60, 1)),
    (r"(?<![\d:])(?P<a>\d{1,3}):(?P<b>[0-5]\d)(?![\d:])", (60, 1)),
    (
        rf"(?P<a>{_NUM}|\ban)[\s-]*(?:hours?\b|hrs?\b)"
        rf"(?:\s*(?:and\s*)?(?P<b>{_NUM})\s*{_MINUTES})?",
        (3600, 60),
    ),
    (r"(?P<a>\d+)m\s*(?P<b>\d+)s?\b", (60, 1)),
    (rf"(?P<a>{_NUM})\s+and\s+a\s+(?P<half>half)[\s-]*{_MINUTES}", (60,)),
    (r"\bhalf[\s-]+a[\s-]+(?P<half>minute)\b|\b(?P<half2>half)[\s-]minute\b", ()),
    (
        rf"(?P<a>{_NUM}|\ban?(?=\s+minute\b))[\s-]*{_MINUTES}(?:\s*,?\s*(?:and\s+)?(?:(?P<b>{_NUM})[\s-]*{_SECONDS}"
        rf"|a\s+(?P<half>half)\b|(?P<b2>\d+)\b(?!\s*bpm)))?",
        (60, 1),
    ),
    (r"(?P<a>\d+)m\b", (60,)),
    (rf"(?P<a>{_NUM})[\s-]*{_SECONDS}", (1,)),
    (rf"(?P<a>{_NUM})\s*个?(?P<half>半)?\s*(?:小时|钟头)", (3600,)),
    (r"(?P<half>半)分钟?", ()),
    (rf"(?P<a>{_NUM})\s*分钟?\s*(?:(?P<half>半)|(?P<b>{_NUM})\s*秒?)?(?!之|音)", (60, 1)),
    (rf"(?P<a>{_NUM})\s*个?半\s*分钟", (60,)),
    (rf"(?P<a>{_NUM})\s*秒钟?", (1,)),
)  # fmt: skip
# "a 70s song" is a decade, "a 70s loop" a length; these words after "70s" speak of length.
_LENGTH_WORDS = (
    r"(?:long|length|piece|loop|clip|cue|track|jingle|ad|advert|spot|version"
    r"|of|and|in|at|with|for)\b"
)
_DECADE = re.compile(
    rf"(?:\b(?:19)?|')(?:[5-9]0)s\b(?=\s+(?!{_LENGTH_WORDS})[a-z])"
    r"|\b19\d0s\b|\b(?:the\s+)'?[5-9]0s\b"
    r"|\b(?:808|909|707|303)s\b"  # drum machines
)


def find_seconds(text: str) -> Found | None:
    """A length of time: "60 seconds", "1:30", "a minute and a half", "两分三十秒"."""
    text = _DECADE.sub(lambda m: " " * len(m.group()), text)
    for pattern, scale in _LENGTHS:
        if match := re.search(pattern, text):
            groups = match.groupdict()
            values = [groups.get("a"), groups.get("b") or groups.get("b2"), groups.get("c")]
            seconds = sum(
                (1.0 if value in ("a", "an") else number(value) or 0.0) * unit
                for value, unit in zip(values, scale, strict=False)
                if value
            )
            if groups.get("half") or groups.get("half2"):
                seconds += scale[0] / 2 if scale else 30
            return Found(match.start(), match.end(), seconds, "s")
    return None


_BARS = re.compile(rf"(?P<n>{_NUM})(?:[\s-]*(?:bars?|measures?)\b|\s*个?小节)(?!\s+blues)")


def find_bars(text: str) -> Found | None:
    """A length in bars: "16 bars", "a sixteen-bar loop", "八小节"; a 12-bar blues is not one."""
    match = _BARS.search(text)
    value = number(match["n"]) if match else None
    return Found(match.start(), match.end(), value, "bars") if match and value is not None else None


_METERS = (
    # (?<!\d[/.]) keeps dates and fractions of a second out
    r"(?<![\d/.])(?P<n>\d{1,2})\s*/\s*(?P<d>2|4|8|16)(?![\d/])(?:\s*(?:time|meter|metre|拍子?))?",
    r"\b(?P<n>\d{1,2})[\s-](?P<d>4|8)[\s-](?:time|meter|metre)\b",
    r"\b(?P<n>two|three|four|five|six|seven|nine|twelve)[\s-](?P<d>four|eight)(?:\s+(?:time|meter|metre)\b|\b(?!\w))",
    r"(?P<d>[四八4])分之(?P<n>[二三四五六七九])拍?子?|(?P<d2>[四八])(?P<n2>[二三四五六七九])拍子?",
    r"(?P<n>[二三四])拍子?(?!\d)",
    r"\b(?:in|a)\s+(?P<n>three|two|four)\b(?=\s*(?:$|[,.;!?]|time\b|feel\b))",
    r"\b(?P<name>common time|cut time|waltz time|march time|triple meter|duple meter"
    r"|three[ -]quarter time)\b",
)  # fmt: skip
_NAMED_METERS = {
    "common time": "4/4", "cut time": "2/4", "waltz time": "3/4", "march time": "2/4",
    "triple meter": "3/4", "duple meter": "2/4", "three quarter time": "3/4",
    "three-quarter time": "3/4",
}  # fmt: skip


def find_meter(text: str) -> tuple[int, int, str] | None:
    """(start, end, "3/4") of a meter: "6/8", "three-four time", "三拍子"; any fraction."""
    for pattern in _METERS:
        if match := re.search(pattern, text):
            groups = match.groupdict()
            if groups.get("name"):
                return match.start(), match.end(), _NAMED_METERS[groups["name"]]
            upper = number(groups.get("n") or groups.get("n2") or "")
            lower = number(groups.get("d") or groups.get("d2") or "4")
            if upper and lower and upper > 1:
                return match.start(), match.end(), f"{upper:.0f}/{lower:.0f}"
    return None
