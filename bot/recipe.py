"""A piece in one breath: the recipe line under every result.

In: the facts of a piece (JSON of `Clip.facts`, vocabulary ids) and a language. Out: a line such as
"Waltz · wistful · D minor · ♩ = 96 · 3/4 · 32 bars · 1:00", which states only what was verified or
planned. Seconds are shown as m:ss, tempo in quarter notes per minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.i18n import translate
from models import vocabulary

_MODES = ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian")


def recipe(facts: Mapping[str, Any], locale: str = "en") -> str:
    """What was made, in one line; absent facts are left out."""
    words = vocabulary.load()
    parts = [_name(words.styles, facts.get("style"), locale)]
    parts += [_name(words.moods, mood, locale) for mood in facts.get("moods") or ()]
    parts.append(key_name(str(facts.get("key") or ""), locale))
    if facts.get("tempo"):
        parts.append(f"♩ = {float(facts['tempo']):.4g}")
    parts.append(str(facts.get("meter") or ""))
    if facts.get("bars"):
        parts.append(translate("{count} bars", locale, count=facts["bars"]))
    if facts.get("seconds"):
        parts.append(clock(float(facts["seconds"])))
    if facts.get("learned_style"):
        parts.append(translate("in the style “{name}”", locale, name=facts["learned_style"]))
    return " · ".join(part for part in parts if part)


def players(facts: Mapping[str, Any], locale: str = "en") -> str:
    """The instruments by name, melody first."""
    words = vocabulary.load()
    kits = {kit.id: kit for kit in words.kits}
    names = [
        kits[i].name(locale) if i in kits else _name(words.instruments, i, locale)
        for i in facts.get("instruments") or ()
    ]
    return translate(", ", locale).join(names)


def key_name(key: str, locale: str = "en") -> str:
    """Name a key as a language says it ("D minor", "D小调"); an unknown mode is left as it is."""
    tonic, _, mode = key.partition(" ")
    if locale == "zh" and mode in _MODES:
        return tonic.replace("b", "♭").replace("#", "♯") + translate(mode, locale)
    return key


def clock(seconds: float) -> str:
    """Seconds as m:ss, rounded to the nearest second."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _name(catalogue: vocabulary.Catalogue[Any], key: object, locale: str) -> str:
    if not key:
        return ""
    return str(catalogue[str(key)].name(locale)) if str(key) in catalogue else str(key)
