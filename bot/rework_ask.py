"""What a person may ask to be done with music, read from options, menus and the command line.

In: words and numbers as typed ("5-8", "tango", 80). Out: a `Rework` whose names are vocabulary ids,
still without the music it works on; or a refusal that says what is missing. No Discord, no models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain import FAR, NEAR, Rework, Use
from models import vocabulary
from models.errors import Refusal
from models.planner.names import require

#: Bars that "Continue" adds when nobody says how many, and the most it adds at once.
MORE_BARS, MOST_BARS = 8, 64
#: Results to choose from where several are made.
CHOICE, MOST_RESULTS = 4, 8
DISTANCES = {"near": NEAR, "far": FAR}
SLIDERS = ("intensity", "polyphony", "register", "motion")
#: One step of a slider that says "more" or "less" without a number.
_MUCH, _LITTLE = 85, 15
#: What a choice of the menu (or the button "Four variations") means when nothing more is asked.
PRESETS: Mapping[str, Rework] = {
    "continue": Rework("continue"),
    "vary": Rework("vary", count=CHOICE, distance=(NEAR + FAR) / 2),
    "near": Rework("vary", count=CHOICE, distance=NEAR),
    "far": Rework("vary", count=CHOICE, distance=FAR),
    "melody": Rework("remelodise"),
    "chords": Rework("harmonise"),
    "busier": Rework("restyle", intensity=_MUCH),
    "calmer": Rework("restyle", mood="calm", intensity=_LITTLE),
    "happier": Rework("restyle", mood="happy"),
    "sadder": Rework("restyle", mood="sad"),
    "higher": Rework("restyle", register=_MUCH),
    "lower": Rework("restyle", register=_LITTLE),
    "fuller": Rework("restyle", polyphony=_MUCH),
}
#: Options that only some uses heed; any other is heeded by all.
_HEEDED: Mapping[str, tuple[Use, ...]] = {
    "bars": ("continue", "infill"),
    "distance": ("vary",),
    "share": ("blend",),
    "other": ("blend", "manner"),
    **dict.fromkeys(("style", "mood", *SLIDERS), ("restyle",)),
}
#: What to say where another use was chosen; "changes" stands for all that restyling heeds.
_IGNORED = {
    "bars": "Bars belong to “continue it” and “rewrite some bars”; leave them out, or choose one "
    "of these.",
    "distance": "A distance belongs to “vary it”; leave it out, or choose that.",
    "share": "A share belongs to “blend it with another”; leave it out, or choose that.",
    "other": "Another piece belongs to “blend it with another” and “in the manner of another”; "
    "leave it out, or choose one of these.",
    "changes": "A style, a mood and the sliders belong to “another style, mood or sliders”; leave "
    "them out, or choose that.",
}
_BARS = re.compile(r"\s*(\d{1,4})\s*(?:(?:-|–|—|~|至|到|to)\s*(\d{1,4}))?\s*")


def bar_range(text: str) -> tuple[int, int]:
    """Read "5-8" or "5" as the first and last bar, counted from 1.

    Raises
    ------
    Refusal
        When it is not such a range.
    """
    match = _BARS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise Refusal("Say bars as “5-8” or “5”; I cannot read “{text}”.", text=text[:20])
    return first, last


def bar_count(text: str) -> int:
    """Read "8" as how many bars to add.

    Raises
    ------
    Refusal
        When it is not a number from 1 to `MOST_BARS`.
    """
    digits = re.sub(r"(?i)\s*(bars?|小节)\s*$", "", text.strip())
    if not digits.isdecimal() or not 1 <= int(digits[:6]) <= MOST_BARS:
        raise Refusal(
            "I continue by 1 to {most} bars; I cannot read “{text}”.",
            most=MOST_BARS,
            text=text[:20],
        )
    return int(digits)


def wish(use: Use, *, bars: str | None = None, **given: Any) -> tuple[Rework, int]:
    """What to do, and by how many bars to continue; `given` are fields of `Rework` as typed.

    Raises
    ------
    Refusal
        When a name is unknown, a number out of bounds, what this use needs is missing, or
        something is asked for that this use would ignore.
    """
    told = {name: value for name, value in given.items() if value not in (None, "")}
    for name in ("bars", *told) if bars else told:
        heeded(use, name)
    words = vocabulary.load()
    if "style" in told:
        told["style"] = require(words.styles, told["style"]).id
    if "mood" in told:
        told["mood"] = require(words.moods, told["mood"]).id
    if isinstance(told.get("distance"), str):
        told["distance"] = _distance(told["distance"])
    _bounded(told)
    rework = Rework(use, **told)
    if use == "vary" and "count" not in told:
        rework = replace(rework, count=CHOICE)
    if use == "continue":
        return rework, bar_count(bars) if bars else MORE_BARS
    if use == "infill":
        if not bars:
            raise Refusal("Say which bars to rewrite, such as 5-8.")
        return replace(rework, bars=bar_range(bars)), 0
    if use == "restyle" and not told.keys() & {"style", "mood", *SLIDERS}:
        raise Refusal("Say what should change: a style, a mood, or a slider from 0 to 100.")
    return rework, 0


def heeded(use: Use, option: str) -> None:
    """Refuse an option that a use would ignore in silence; "other" is the second piece.

    Raises
    ------
    Refusal
        With the uses that the option belongs to.
    """
    if use not in _HEEDED.get(option, (use,)):
        raise Refusal(_IGNORED.get(option, _IGNORED["changes"]))


def _distance(text: str) -> float:
    try:
        return DISTANCES.get(text.strip().lower()) or float(text)
    except ValueError:
        raise Refusal(
            "A distance is near, far or a number from 0 to 1; I cannot read “{text}”.",
            text=text[:20],
        ) from None


def _bounded(told: Mapping[str, Any]) -> None:
    for name in SLIDERS:
        if not 0 <= told.get(name, 0) <= 100:
            raise Refusal("“{name}” goes from 0 to 100.", name=name)
    for name in ("share", "distance"):
        if not 0 <= told.get(name, 0) <= 1:
            raise Refusal("“{name}” goes from 0 to 1.", name=name)
    if not 1 <= told.get("count", 1) <= MOST_RESULTS:
        raise Refusal("I make 1 to {most} at a time.", most=MOST_RESULTS)
