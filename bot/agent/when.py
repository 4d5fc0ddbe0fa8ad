"""When something was, as people say it: "yesterday", "last Tuesday", "前天晚上", "11月5日".

In: folded words (`bot.agent.phrases.Page`) and the time they were said. Out: the span of time they
mean and the words that say nothing of time. All times are UTC, as a person's own zone is not known.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.planner.quantities import number

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
#: Hours of a day that its parts are, the night reaching into the next day.
_PARTS: tuple[tuple[str, int, int], ...] = (
    (r"\bmorning\b|早上|早晨|上午|清晨|早", 5, 12),
    (r"\bafternoon\b|下午|午后|中午", 12, 18),
    (r"\bevening\b|傍晚", 17, 24),
    (r"\bnight\b|晚上|夜里|深夜|夜晚|晚", 18, 30),
    (r"凌晨|半夜", 0, 6),
)
_WEEKDAYS = (
    r"mon(?:day)?", r"tue(?:s|sday)?", r"wed(?:s|nesday)?", r"thu(?:r|rs|rsday)?", r"fri(?:day)?",
    r"sat(?:urday)?", r"sun(?:day)?",
)  # fmt: skip
_ANY_DAY = "|".join(_WEEKDAYS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_COUNT = (
    r"(\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|[一二两三四五六七八九十]{1,3})"
)
_UNITS = (
    (r"minutes?|mins?|分钟", timedelta(minutes=1)),
    (r"hours?|hrs?|个?小时|个?钟头", _HOUR),
    (r"days?|天", _DAY),
    (r"weeks?|个?(?:周|星期|礼拜)", 7 * _DAY),
    (r"months?|个?月", 30 * _DAY),
    (r"years?|年", 365 * _DAY),
)
_CHINESE_DAYS = {name: day for day, name in enumerate("一二三四五六日")} | {"天": 6}


@dataclass(frozen=True, slots=True)
class When:
    """From `since` up to `until`, UTC epoch seconds; `rest` are the words about something else."""

    since: float
    until: float
    rest: str


def when_of(words: str, now: float) -> When | None:
    """The time that words name, relative to `now` (UTC epoch seconds); None where they name none.

    A weekday is the last one before today. A part of a day without a day is today's, or where that
    has not begun, yesterday's.
    """
    said = datetime.fromtimestamp(now, UTC)
    today = said.replace(hour=0, minute=0, second=0, microsecond=0)
    for read in (_ago, _chinese_weekday, _weekday, _dated, _season, _named):
        found = read(words, said, today)
        if found is None:
            continue
        since, until, start, end = found
        rest = f"{words[:start]} {words[end:]}"
        if until - since == _DAY:
            since, until, rest = _part_of(since, rest)
        return _made(since, until, rest)
    part = r"\b(?:this|in the)\s+(?=morning|afternoon|evening)|\bto(?=night\b)|今(?=[早晚])"
    if re.search(part, words) is None:
        return None
    since, until, rest = _part_of(today, re.sub(part, " ", words))
    if since > said:
        since, until = since - _DAY, until - _DAY
    return _made(since, until, rest)


def _made(since: datetime, until: datetime, rest: str) -> When:
    rest = re.sub(r"(?:^|(?<=\s))'?s(?=\s|$)", " ", rest)  # of "last night's"
    return When(since.timestamp(), until.timestamp(), " ".join(rest.split()))


_Found = tuple[datetime, datetime, int, int] | None


def _part_of(day: datetime, rest: str) -> tuple[datetime, datetime, str]:
    """The part of a day that is named beside it, else the whole day."""
    for pattern, first, last in _PARTS:
        if match := re.search(pattern, rest):
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
            return day + first * _HOUR, day + last * _HOUR, rest
    return day, day + _DAY, rest


def _ago(words: str, said: datetime, today: datetime) -> _Found:
    """Two days ago, an hour ago, 三天前, a couple of weeks ago, 前几天, the other day."""
    few = re.search(
        r"\b(?:the\s+other|a\s+few|some|a\s+couple\s+of)\s+(day|week|hour|month)s?(?:\s+(?:ago|back))?"
        r"|前几(天)|前两(天)|几(天|周|个月)前",
        words,
    )
    if few:
        unit = next(group for group in few.groups() if group)
        span = {"week": 7 * _DAY, "周": 7 * _DAY, "hour": _HOUR, "month": 30 * _DAY,
                "个月": 30 * _DAY}.get(unit, _DAY)  # fmt: skip
        return _floor(said - 7 * span, span), _floor(said, span), *few.span()
    for pattern, unit_span in _UNITS:
        match = re.search(
            rf"(?<!\w){_COUNT}\s*(?:{pattern})\s*(?:ago\b|back\b|before\b|之?以?前)", words
        )
        if match is None:
            continue
        count = 1.0 if match[1] in ("a", "an") else (number(match[1]) or 1.0)
        try:
            point = said - count * unit_span
        except OverflowError:
            return None
        if unit_span < _DAY:  # "an hour ago" is not to the minute
            slack = max(unit_span * count / 2, timedelta(minutes=2))
            return point - slack, point + slack, *match.span()
        day = point.replace(hour=0, minute=0, second=0, microsecond=0)
        near = {7: 3, 30: 15, 365: 183}.get(unit_span.days, 0) * _DAY
        return day - near, day + near + _DAY, *match.span()
    return None


def _floor(time: datetime, span: timedelta) -> datetime:
    if span < _DAY:
        return time
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def _chinese_weekday(words: str, said: datetime, today: datetime) -> _Found:
    """周二, 上周二 (of the week before), 这周二, 上上个星期五."""
    match = re.search(
        r"(上上|上|这|本)?个?(?:周|星期|礼拜)(?:([一二三四五六日天])|(末))(?!前)", words
    )
    if match is None:
        return None
    monday = today - today.weekday() * _DAY
    back = {"上上": 14, "上": 7, "这": 0, "本": 0}.get(match[1] or "")
    if match[3]:  # 周末
        start = monday + 5 * _DAY - _DAY * (back or 0)
        if back is None and start > said:
            start -= 7 * _DAY
        return start, start + 2 * _DAY, *match.span()
    day = _CHINESE_DAYS[match[2]]
    if back is None:
        return *_whole(_before(today, day)), *match.span()
    return *_whole(monday + (day - back) * _DAY), *match.span()


def _weekday(words: str, said: datetime, today: datetime) -> _Found:
    """On Tuesday, last Friday, Tuesday's, this Monday, at the weekend."""
    weekend = re.search(
        r"\b(?:(?:on|over|at|during)\s+)?(?:the|last|this)?\s*(?:past\s+)?week-?end(?:'s)?\b", words
    )
    if weekend:
        start = today - today.weekday() * _DAY + 5 * _DAY
        start = start if start <= said else start - 7 * _DAY
        return start, start + 2 * _DAY, *weekend.span()
    match = re.search(rf"\b(?:on\s+)?(this|last|past)?\s*\b({_ANY_DAY})(?:'?s)?\b", words)
    if match is None or (match[2] in ("sun", "sat", "wed") and "on " not in match[0]):
        return None  # the sun is no day
    day = next(n for n, pattern in enumerate(_WEEKDAYS) if re.fullmatch(pattern, match[2]))
    start = _before(today, day)
    if match[1] == "this" and today.weekday() == day:
        start = today
    return *_whole(start), *match.span()


def _before(today: datetime, day: int) -> datetime:
    """The last such weekday before today."""
    return today - ((today.weekday() - day - 1) % 7 + 1) * _DAY


def _whole(day: datetime) -> tuple[datetime, datetime]:
    return day, day + _DAY


def _named(words: str, said: datetime, today: datetime) -> _Found:
    """Today, yesterday, last night, last week, this month, 前天, 上个月, 去年."""
    monday, month = today - today.weekday() * _DAY, today.replace(day=1)
    before, year = (month - _DAY).replace(day=1), month.replace(month=1)
    after = month + monthrange(month.year, month.month)[1] * _DAY
    week = r"(?:周|星期|礼拜)"
    spans = (
        (r"\bthe day before yesterday(?:'s)?\b|(?<!大)前天|前晚", today - 2 * _DAY, today - _DAY),
        (r"大前天", today - 3 * _DAY, today - 2 * _DAY),
        (r"\byesterday(?:'?s)?\b|\byday\b|昨[天日]|昨(?=[早晚夜])", today - _DAY, today),
        (r"\blast (?=(?:night|evening)\b)", today - _DAY, today),
        (r"\btoday(?:'?s)?\b|今[天日]", today, today + _DAY),
        (r"\b(?:last|the past|past) week(?:'?s)?\b|上个?" + week, monday - 7 * _DAY,
         monday),
        (r"\bthis week(?:'?s)?\b|[这本]个?" + week, monday, monday + 7 * _DAY),
        (r"\b(?:last|the past|past) month(?:'?s)?\b|上个?月", before, month),
        (r"\bthis month(?:'?s)?\b|[这本]个?月", month, after),
        (r"\blast year(?:'?s)?\b|去年", year.replace(year=year.year - 1), year),
        (r"\bthis year(?:'?s)?\b|今年", year, year.replace(year=year.year + 1)),
    )  # fmt: skip
    for pattern, since, until in spans:
        if match := re.search(pattern, words):
            # "last night" keeps its part: the night is read beside the day.
            return since, until, *match.span()
    return None


def _season(words: str, said: datetime, today: datetime) -> _Found:
    """In spring, last summer, 去年冬天; in March, from last April, 三月份 (the last that began)."""
    month = re.search(
        rf"\b(?:in|from|since|of|back\s+in|last|this)\s+(?:last\s+)?({_MONTH})(?!\w)"
        r"|(?<!\d)(\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份|的|做|写)",
        words,
    )
    if month:
        first, count = _month(month[1] or month[2]), 1
        found = month
    else:
        season = re.search(
            r"\b(?:in|from|last|this|over)\s+(?:the\s+)?(spring|summer|autumn|fall|winter)\b"
            r"|[去今]年(春|夏|秋|冬)[天季]?",
            words,
        )
        if season is None:
            return None
        name = season[1] or season[2]
        starts = {"spring": 3, "春": 3, "summer": 6, "夏": 6, "winter": 12, "冬": 12}
        first, count, found = starts.get(name, 9), 3, season
    if not 1 <= first <= 12:
        return None
    year = today.year - (1 if "去年" in found[0] else 0)
    start = datetime(year, first, 1, tzinfo=UTC)
    if start > said:
        start = start.replace(year=year - 1)
    end = (start + count * 31 * _DAY).replace(day=1)
    return start, end, *found.span()


def _dated(words: str, said: datetime, today: datetime) -> _Found:
    """2026-11-05, November 5th, the 5th of November, 11月5日, 5号, on the 5th."""
    iso = re.search(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b|(\d{4})年(\d{1,2})月(\d{1,2})[日号]", words)
    if iso:
        year, month, day = (int(group) for group in iso.groups() if group)
        return _date(iso, year, month, day)
    day_ = r"(\d{1,2})(?:st|nd|rd|th)?\b"
    for pattern in (
        rf"\b(?:on\s+)?(?P<m>{_MONTH})\s+(?:the\s+)?(?P<d>{day_})",
        rf"\b(?:on\s+)?(?:the\s+)?(?P<d>{day_})\s+(?:of\s+)?(?P<m>{_MONTH})(?!\w)",
        r"(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})[日号]?",
    ):
        if match := re.search(pattern, words):
            month = _month(match["m"])
            day = int(number(re.sub(r"[a-z]+$", "", match["d"])) or 0)
            found = _date(match, today.year, month, day)
            if found and found[0] > said:
                found = _date(match, today.year - 1, month, day)
            return found
    # "2号" is the second one, "15号" and "2号那天" are days.
    match = re.search(
        r"\bon\s+the\s+(\d{1,2})(?:st|nd|rd|th)\b"
        r"|(?<!\d)(\d{2}(?=号)|\d(?=号那天)|\d{1,2}(?=日))[号日](?!\d)",
        words,
    )
    if match is None:
        return None
    day = int(match[1] or match[2])
    found = _date(match, today.year, today.month, day)
    if found is None or found[0] > said:
        earlier = today.replace(day=1) - _DAY
        found = _date(match, earlier.year, earlier.month, day)
    return found


def _month(word: str) -> int:
    if word[:3] in _MONTHS:
        return _MONTHS.index(word[:3]) + 1
    return int(number(word) or 0)


def _date(match: re.Match[str], year: int, month: int, day: int) -> _Found:
    try:
        start = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    return start, start + _DAY, *match.span()
