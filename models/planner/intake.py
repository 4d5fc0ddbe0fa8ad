"""The public brief file: a JSON object becomes a `Brief` of vocabulary ids, or a clear refusal.

In: a dict as `--brief FILE.json` holds it (`FIELDS`, all optional; null means not given). Out: a
`Brief` within the bounds of `bounds.check_brief`, which briefs read from words pass too: neither
entrance lets through what the other refuses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from models import vocabulary
from models.errors import Refusal
from models.planner import names, quantities
from models.planner.bounds import check_brief
from models.planner.brief import Brief
from models.planner.chord_text import chords
from models.theory import Key
from models.vocabulary import Vocabulary

#: The fields of the public brief file.
FIELDS = (
    "style", "mood", "valence", "arousal", "key", "tempo", "meter", "bars", "seconds", "purpose",
    "instruments", "without", "chords", "form", "grade", "title", "seed", "ensemble",
    "density",
)  # fmt: skip

MAX_TITLE = 100
_EXPECTED = "“{field}” should be {expected}."


def brief_from_json(raw: Mapping[str, Any]) -> Brief:
    """Read the public brief file.

    Raises
    ------
    Refusal
        When a field is unknown, of the wrong type, out of bounds or contradicts another.
    """
    if not isinstance(raw, Mapping):
        raise Refusal("A brief is a JSON object with the fields {fields}.", fields=_known())
    for field in raw:
        if field not in FIELDS:
            raise Refusal(
                "I don't know the field “{field}”; a brief has {fields}.",
                field=str(field)[:40],
                fields=_known(),
            )
    words = vocabulary.load()
    given = {field: value for field, value in raw.items() if value is not None}

    def read(field: str, how: Callable[[str, Any], Any], default: Any = None) -> Any:
        return how(field, given[field]) if field in given else default

    style = (
        names.require(words.styles, _text("style", given["style"])).id if "style" in given else None
    )
    key = read("key", lambda f, v: str(Key.parse(_text(f, v))))
    brief = Brief(
        style=style,
        moods=read("mood", lambda f, v: _moods(words, f, v), ()),
        valence=read("valence", _number),
        arousal=read("arousal", _number),
        key=key,
        tempo=read("tempo", lambda f, v: _tempo(words, style, f, v)),
        meter=read("meter", _meter),
        bars=read("bars", _whole),
        seconds=read("seconds", _seconds),
        purpose=read("purpose", lambda f, v: names.require(words.purposes, _text(f, v)).id),
        instruments=read("instruments", lambda f, v: _instruments(words, style, f, v), ()),
        without=read("without", lambda f, v: _without(words, f, v), ()),
        chords=read("chords", lambda f, v: chords(v, key), ()),
        form=read("form", _form, ()),
        grade=read("grade", _whole),
        title=read("title", _title),
        seed=read("seed", _whole),
        ensemble=read("ensemble", lambda f, v: names.require(words.ensembles, _text(f, v)).id),
        density=read("density", _number),
    )
    check_brief(brief)
    return brief


def _known() -> str:
    return ", ".join(FIELDS)


# --- one function per kind of field: (field, value) -> value, or a refusal -----------------------


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refusal(_EXPECTED, field=field, expected="text")
    return value.strip()


def _number(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(_EXPECTED, field=field, expected="a number")
    try:
        number = float(value)
    except OverflowError:  # a JSON integer may have any number of digits
        number = math.inf
    if not math.isfinite(number):
        raise Refusal(_EXPECTED, field=field, expected="a finite number")
    return number


def _whole(field: str, value: Any) -> int:
    if not _number(field, value).is_integer():
        raise Refusal(_EXPECTED, field=field, expected="a whole number")
    return int(value)


def _list(field: str, value: Any, kinds: type | tuple[type, ...], expected: str) -> list[Any]:
    """A list, or a comma-separated string, of things of some kinds."""
    if isinstance(value, str):
        value = [part.strip() for part in re.split(r"[,，、;；]", value) if part.strip()]
    elif isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, list | tuple) or not value:
        raise Refusal(_EXPECTED, field=field, expected=expected)
    for item in value:
        if isinstance(item, bool) or not isinstance(item, kinds) or item == "":
            raise Refusal(_EXPECTED, field=field, expected=expected)
    return list(value)


def _moods(words: Vocabulary, field: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(r"\s*(?:->|→|=>|>|,|，|、)\s*|\s+to\s+", value.strip())
    expected = "a mood, a list of moods, or a curve such as “calm -> tense -> triumphant”"
    return tuple(names.require(words.moods, m).id for m in _list(field, value, str, expected))


def _tempo(words: Vocabulary, style: str | None, field: str, value: Any) -> float:
    if not isinstance(value, str):
        return _number(field, value)
    text = vocabulary.normalise(value)
    found = quantities.find_tempo(text)
    number = (
        found.value if found and found.end - found.start == len(text) else quantities.number(text)
    )
    if number is None:
        number = quantities.TEMPO_WORDS.get(text)
    if number is None and text in quantities.PACE_WORDS:
        number = pace(words, text, style)
    if number is None:
        raise Refusal(
            "“{tempo}” is not a tempo I know; write 120, “120 bpm” or a word such as “allegro”.",
            tempo=value[:40],
        )
    return number


def pace(words: Vocabulary, word: str, style: str | None) -> float:
    """What "slow" or "fast" means in a style, in quarter notes per minute."""
    low, typical, high = words.styles[style].tempo if style else (66.0, 100.0, 150.0)
    place = quantities.PACE_WORDS[word]
    ends = (low, typical) if place < 0.5 else (typical, high)
    return float(round(ends[0] + (ends[1] - ends[0]) * (place * 2 % 1 if place < 1 else 1)))


def _meter(field: str, value: Any) -> str:
    text = _text(field, value).lower()
    found = quantities.find_meter(text)
    return found[2] if found and found[1] - found[0] == len(text) else text


def _seconds(field: str, value: Any) -> float:
    if not isinstance(value, str):
        return _number(field, value)
    text = value.strip().lower()
    found = quantities.find_seconds(text)
    if found and found.end - found.start == len(text):
        return found.value
    number = quantities.number(text)
    if number is None:
        raise Refusal(
            "“{length}” is not a length I know; write seconds (90), 1:30 or “2 minutes”.",
            length=value[:40],
        )
    return number


def _instruments(words: Vocabulary, style: str | None, field: str, value: Any) -> tuple[str, ...]:
    expected = "instruments: names, ids or General MIDI numbers"
    items = _list(field, value, (str, int), expected)
    return tuple(dict.fromkeys(i for item in items for i in names.wanted(words, item, style)))


def _without(words: Vocabulary, field: str, value: Any) -> tuple[str, ...]:
    items = _list(field, value, (str, int), "instruments: names, ids or General MIDI numbers")
    return tuple(dict.fromkeys(i for item in items for i in names.refused(words, item)))


def _form(field: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return names.form(value)
    if isinstance(value, str):
        return names.form(value)
    raise Refusal(_EXPECTED, field=field, expected="section names, or letters such as AABA")


def _title(field: str, value: Any) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in _text(field, value)).split())
    if len(text) > MAX_TITLE:
        raise Refusal("A title has at most {most} characters.", most=MAX_TITLE)
    return text
