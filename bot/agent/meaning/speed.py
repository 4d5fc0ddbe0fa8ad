"""Tempo, as a number or beside the present one: "one-twenty", "twice as fast", "10 bpm slower".

In: words of the slots tempo, pace and strength. Out: quarter notes per minute, or a `Pace`. A step
that has no number is about a sixth: clearly heard as a change (tempo differences are noticed from
about 5 %, Drake and Botte, *Perception & Psychophysics*, 1993), and still the same piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.agent.meaning.words import fold, latin, mend, strength
from models.planner import quantities
from models.planner.quantities import PACE_WORDS, TEMPO_WORDS, number
from models.vocabulary import normalise

#: Strength 1 (a bit), 2, 3 (a lot) -> what the tempo is multiplied by when it is to be faster.
STEPS = {1: 1.08, 2: 1.16, 3: 1.35}
_FASTER = (
    r"\b(?:fast|faster|quick|quicker|quickly|speed(?:ier|y)?\s*up|speed|up\s*tempo|livelier|brisker"
    r"|up|accelerat\w*|hurry|rush(?:ing|ed)?|energetic|double)\b|快|加速|提速|急|翻倍|双倍|高速"
)
_SLOWER = (
    r"\b(?:slow|slower|slowly|slow\s*down|down|half|calmer|relaxed|drag|laid\s*back|decelerat\w*)\b"
    r"|慢|减速|降速|缓"
)
_KNOWN = latin(
    *TEMPO_WORDS,
    "around about tempo beats per minute twice half double time speed faster slower quicker slowly",
    "percent third quarter much fast slow more bpm",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety",
    "hundred",
)


@dataclass(frozen=True, slots=True)
class Pace:
    """A tempo beside the present one: `times` multiplies it, `plus` adds quarters per minute."""

    times: float | None = None
    plus: float | None = None

    @property
    def args(self) -> dict[str, float]:
        """As arguments of the tool "edit"."""
        if self.times is not None:
            return {"pace": self.times}
        return {"faster": self.plus} if self.plus is not None else {}


def tempo(words: str) -> float | None:
    """Quarter notes per minute in "96 bpm", "one oh five", "每分钟九十拍", "allegro"; else None."""
    plain = mend(_spoken(fold(words)), _KNOWN)
    if found := quantities.find_tempo(plain):
        return found.value if 20 <= found.value <= 400 else None
    bare = re.sub(r"\b(?:around|about|at|tempo|of|to|is|bpm|a)\b|速度|大约|左右|拍|的", " ", plain)
    bare = " ".join(bare.split())
    if bare in TEMPO_WORDS:
        return TEMPO_WORDS[bare]
    for word in sorted(TEMPO_WORDS, key=len, reverse=True):
        if re.search(rf"\b{word}\b", plain) if word.isascii() else word in plain:
            return TEMPO_WORDS[word]
    if ends := re.fullmatch(r"(?:between\s+)?(\S+)\s*(?:and|to|-|到|至)\s*(\S+)", plain):
        both = [number(end) for end in ends.groups()]
        if None not in both and min(filter(None, both), default=0) >= 20:
            return sum(filter(None, both)) / 2
    if (value := number(bare)) is None:  # "a hundred" keeps its article
        value = number(" ".join(plain.replace("tempo", " ").split()))
    return value if value is not None and 20 <= value <= 400 else None


def pace_word(words: str) -> str:
    """A word such as "fast" or "慢速" that says where in a style's range a tempo lies, or ""."""
    plain = normalise(mend(fold(words), _KNOWN))
    shorter = normalise(re.sub(r"\b(?:an?|the|tempo|pace|speed)\b|速度|节奏|一点|的", " ", plain))
    return next((w for w in (plain, shorter) if w in PACE_WORDS), "")


def pace(words: str, how_much: str = "", *, negated: bool = False) -> Pace | None:
    """A change of tempo; `how_much` are strength words beside it ("a bit").

    `negated` turns it around: what is "too fast" is to be slower.
    """
    plain = mend(_spoken(fold(words)), _KNOWN)
    up = _is_up(plain)
    if negated:
        return None if up is None else _step(not up, strength(how_much))
    if (times := _times(plain)) is not None:
        return Pace(times)
    if (amount := _amount(plain)) is not None and up is not None:
        value, percent = amount
        sign = 1 if up else -1
        if percent:
            return Pace(max(0.1, round(1 + sign * value / 100, 4)))
        return Pace(plus=sign * value)
    if up is None:
        return None
    said = strength(plain) if not how_much else strength(how_much)
    # "快一点" and "慢点" are how Chinese says "faster": only a further word makes it a bit.
    plain_zh = re.search(r"[快慢]", plain) and not re.search(r"稍|略|一点点|微", plain)
    return _step(up, 2 if plain_zh and said == 1 and not _small(how_much) else said)


def _small(how_much: str) -> bool:
    return bool(re.search(r"稍|略|微|点点|bit|little|slight|touch|tad|hair", fold(how_much)))


def _step(up: bool, degree: int) -> Pace:
    return Pace(STEPS[degree] if up else round(1 / STEPS[degree], 3))


def _spoken(text: str) -> str:
    """Write "one oh five" as "one hundred five", hyphens between words as spaces."""
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    return re.sub(r"\b(one|two)\s+oh?\s+(?=[a-z])", r"\1 hundred ", text)


def _is_up(text: str) -> bool | None:
    up, down = re.search(_FASTER, text), re.search(_SLOWER, text)
    if up and down:  # "slow it up", "half as fast", "speed it down": the telling word
        telling = {"up", "down", "speed", "fast", "half"}
        if up.group().strip() in telling and down.group().strip() not in telling:
            return False
        if down.group().strip() in telling and up.group().strip() not in telling:
            return True
        return not down.group().startswith(("down", "half"))
    return None if not up and not down else bool(up)


def _times(text: str) -> float | None:
    if re.search(
        r"\bdouble[\s-]*(?:time|speed|tempo|the\s+(?:speed|tempo))|\btwice\b|快一倍|翻倍|双倍", text
    ):
        return 0.5 if re.search(r"\bslow", text) else 2.0
    if re.search(
        r"\bhalf[\s-]*(?:the\s+)?(?:time|speed|tempo|as\s+fast)|半速|慢一[半倍]|一半", text
    ):
        return 1.5 if "快一半" in text else 0.5
    if re.search(r"\b(?:a|one)\s+(third|quarter|half)\b", text):
        share = {"third": 1 / 3, "quarter": 0.25, "half": 0.5}
        part = next(v for k, v in share.items() if k in text)
        up = _is_up(text)
        return None if up is None else round(1 + part if up else 1 - part, 3)
    if found := re.search(r"(\S+?)\s*倍速?", text):
        return number(found[1][-3:]) or number(found[1][-1:])
    found = re.search(r"(\d+(?:\.\d+)?|[a-z]+)\s*(?:x|times)\b", text)
    if found and (value := number(found[1])):
        return round(1 / value, 3) if re.search(r"\bslow", text) else value
    return None


def _amount(text: str) -> tuple[float, bool] | None:
    """(value, whether it is percent) of the number in a wish, None where there is none."""
    found = re.search(r"(\d+(?:\.\d+)?|[〇零一二两三四五六七八九十百]+)\s*(%|percent|百分)?", text)
    if found and found[1] not in ("一",):
        value = number(found[1])
        if value:
            return value, bool(found[2]) or "百分" in text or "percent" in text
    for run in re.findall(r"[a-z]+(?:\s[a-z]+){0,2}", text):
        words = run.split()
        for size in range(len(words), 0, -1):
            value = number(" ".join(words[:size]))
            if value and value > 1:
                return value, "percent" in text
    return None
