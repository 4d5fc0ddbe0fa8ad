"""What an edit came to, in words: only what was measured on the finished files.

In: the facts of an edited piece (`bot.editing`) and a language. Out: one line: what is different,
what was asked for and did not come out, what stayed, and what became of the words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.i18n import translate
from bot.recipe import clock, key_name
from models import vocabulary

_CHANGED = "“{title}” changed: {changes}."
_MISSED = "Asked for, but it did not come out: {changes}."
_IN_BARS = "In bars {first} to {last} of “{title}”: {changes}."
#: What became different, by field; sliders have one for less and one for more.
_SAID = {
    "tempo": "♩ = {before} → {after}",
    "key": "{before} → {after}",
    "semitones up": "{count} semitones higher",
    "semitones down": "{count} semitones lower",
    "meter": "{before} → {after}",
    "style": "as {name}",
    "mood": "more “{name}”",
    "avoid": "less “{name}”",
    "intensity up": "busier",
    "intensity down": "sparser",
    "fullness up": "fuller",
    "fullness down": "thinner",
    "register up": "higher",
    "register down": "lower",
    "loudness up": "louder",
    "loudness down": "softer",
    "add": "with {name}",
    "remove": "without {name}",
    "swap": "{other} in place of {name}",
    "reroll": "{name} written again",
    "title": "a new title",
    "seconds": "{before} → {after}",
    "length_bars": "{before} → {after} bars",
    "cut": "{name} left out",
    "repeat": "{name} played again",
}
_REST_KEPT = "What was not asked for is kept note for note."
_TUNE_KEPT = "The tune keeps its rhythm."
_NAMED = ("add", "remove", "reroll", "cut", "repeat")
_ROLES = {
    "melody": "the melody",
    "counter": "the counter-melody",
    "chords": "the chords",
    "pad": "the pad",
    "bass": "the bass",
    "drums": "the drums",
    "other": "the other tracks",
}
_MOST = 6

Quote = Callable[[str, int], str]


def said(told: Mapping[str, Any], locale: str, quote: Quote) -> str:
    """What was done to make an edited piece; `quote` makes a person's words harmless."""
    rows: Mapping[str, Any] = told.get("measured") or {}
    changes: Mapping[str, Any] = told.get("changes") or {}
    came = [_row(n, m, locale, quote) for n, m in rows.items() if m["ok"]]
    missed = [_row(n, m, locale, quote) for n, m in rows.items() if not m["ok"]]
    title = quote(str(told.get("title") or "…"), 60)
    comma = translate(", ", locale)
    sentences = []
    if came:
        part = changes.get("part")
        what = comma.join(came)
        if part:
            what = f"{_part(str(part), locale, quote)}{translate(': ', locale)}{what}"
        first, last = changes.get("bars") or (None, None)
        place = translate(_IN_BARS if first else _CHANGED, locale, title=title, changes=what,
                          first=first, last=last)  # fmt: skip
        sentences.append(place)
    if missed:
        sentences.append(translate(_MISSED, locale, changes=comma.join(missed)))
    sentences += [translate(kept, locale) for kept in [_kept(told, changes)] if kept]
    if told.get("words") == "kept":
        sentences.append(translate("The words are still under the melody.", locale))
    elif told.get("words") == "gone":
        sentences.append(translate("The words no longer fit the melody, so they are gone.", locale))
    return (" " if locale == "en" else "").join(sentences)


def _kept(told: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """What may be said of the rest: where the whole band was written anew, only of the tune."""
    if not told.get("same"):
        return ""
    anew = {"style", "meter", "mood", "avoid", "intensity"} & changes.keys()
    if not anew or changes.get("bars") or changes.get("part"):
        return _REST_KEPT
    return _TUNE_KEPT if anew <= {"style", "mood", "avoid"} else ""


def _row(name: str, row: Mapping[str, Any], locale: str, quote: Quote) -> str:
    """One thing that was asked, with what was measured of it."""
    asked, key = row["asked"], name
    if name in ("pace", "faster"):
        key = "tempo"
    if f"{name} up" in _SAID:
        key = f"{name} up" if asked > 0 else f"{name} down"
    values: dict[str, object] = {"before": row["before"], "after": row["after"]}
    comma = translate(", ", locale)
    if key == "tempo":
        values = {k: f"{float(v):.4g}" for k, v in row.items() if k in ("before", "after")}
    elif name == "key":
        values = {k: key_name(str(row[k]), locale) for k in ("before", "after")}
    elif name == "seconds":
        values = {k: clock(float(row[k])) for k in ("before", "after")}
    elif name == "semitones":
        values["count"] = abs(int(asked))
    elif name in ("style", "mood"):
        values["name"] = _known(str(asked), locale, quote)
    elif name in ("avoid", *_NAMED):
        values["name"] = comma.join(_each(asked, locale, quote))
    elif name == "swap":
        values["name"] = comma.join(_each([out for out, _ in asked], locale, quote))
        values["other"] = comma.join(_each([into for _, into in asked], locale, quote))
    return translate(_SAID[key], locale, **values)


def _each(names: Sequence[str], locale: str, quote: Quote) -> list[str]:
    more = ["…"] if len(names) > _MOST else []
    return [*(_part(str(n), locale, quote) for n in names[:_MOST]), *more]


def _part(name: str, locale: str, quote: Quote) -> str:
    return translate(_ROLES[name], locale) if name in _ROLES else _known(name, locale, quote)


def _known(name: str, locale: str, quote: Quote) -> str:
    """A vocabulary id as people call it; anything else as it was written."""
    words = vocabulary.load()
    for kind in (words.instruments, words.kits, words.groups, words.moods, words.styles):
        if name in kind:
            return str(kind[name].name(locale))
    return quote(name, 40)
