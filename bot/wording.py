"""What the bot says, as functions from facts to text: every sentence states only what was done.

In: facts of a piece, a job's place in the queue, and a language. Out: message text of at most 2,000
characters with the person's own words escaped, so that nobody can write Discord markup through us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot import editing_words
from bot.domain import Progress
from bot.i18n import translate
from bot.recipe import players, recipe
from models import vocabulary
from models.vocabulary import Entry

#: Discord's cap on a message is 2,000 characters; the rest is room for what the client adds.
MESSAGE = 1900
#: What was done to other music, by use.
DONE = {
    "continue": "“{title}”, continued by {bars} bars.",
    "vary": "Variation of “{title}”.",
    "near": "Variation of “{title}”, close to it.",
    "far": "Variation of “{title}”, far from it.",
    "infill": "“{title}”, bars {first} to {last} rewritten.",
    "harmonise": "New chords under the melody of “{title}”.",
    "remelodise": "New melody over the chords of “{title}”.",
    "blend": "“{title}” blended with “{other}”, {share} % of the latter.",
    "manner": "“{title}” in the manner of “{other}”.",
    "restyle": "“{title}” changed: {changes}.",
    "develop": "Made from the opening of “{title}”, which returns.",
    "typed": "Made from your hook, which returns.",
    "write": "Words for “{title}”.",
    "rewrite": "Other words for “{title}”.",
    "reline": "“{title}”, line {first} written again.",
    "own": "Your own words for “{title}”.",
    "set": "Music written to the words, which decide how long it is.",
}
#: What was done to the players of other music, by act; with bars where it names some.
PLAYED = {
    "arrange": "“{title}” arranged.",
    "arrange style": "“{title}” arranged as {style}.",
    "arrange ensemble": "“{title}” arranged for {ensemble}.",
    "arrange style ensemble": "“{title}” arranged as {style} for {ensemble}.",
    "add": "“{title}” with a new part: {part}.",
    "replace": "“{title}” with {by} in place of {part}.",
    "mute": "“{title}” without {part}.",
    "mute bars": "“{title}”: {part} rests in bars {first} to {last}.",
    "reroll": "“{title}”: {part} written again.",
    "reroll bars": "“{title}”: {part} written again in bars {first} to {last}.",
}
ROLES: dict[str, str] = {
    "melody": "the melody",
    "counter": "the counter-melody",
    "chords": "the chords",
    "pad": "the pad",
    "bass": "the bass",
    "drums": "the drums",
    "other": "the other tracks",
}
_MOST_NAMES = 6
SLIDERS = {
    "intensity": "rhythm",
    "polyphony": "fullness",
    "register": "register",
    "motion": "motion",
}
_MARKUP = re.compile(r"([\\*_`~|>#\[\]()<@-])")


def quoted(text: str, length: int = 120) -> str:
    """A person's words on one line, markup made harmless, cut to `length` characters."""
    line = " ".join(text.split())
    line = line if len(line) <= length else line[: length - 1] + "…"
    return _MARKUP.sub(r"\\\1", line)


def refusal(template: str, values: Mapping[str, Any], locale: str = "en") -> str:
    """A refusal in a language, with the vocabulary's own names in it translated as well."""
    if locale != "en":
        values = {k: _named(v, locale) if isinstance(v, str) else v for k, v in values.items()}
    return translate(template, locale, **values)[:MESSAGE]


def _named(text: str, locale: str) -> str:
    """Say “Bossa nova”, “Tango” with each name in the language; leave other text as it is."""
    names = [name.strip("“”") for name in text.split(", ")]
    found = [_entry(name) for name in names]
    if not all(found):
        return text
    spoken = [entry.name(locale) for entry in found if entry]
    return translate(", ", locale).join(f"“{s}”" if "“" in text else s for s in spoken)


def _entry(name: str) -> Entry | None:
    words = vocabulary.load()
    kinds = (
        words.styles,
        words.moods,
        words.instruments,
        words.kits,
        words.groups,
        words.purposes,
        words.ensembles,
    )
    return next((e for kind in kinds if (e := kind.find(name)) and e.name() == name), None)


def ordinal(number: int, locale: str = "en") -> str:
    """1 -> "1st" in English, plain digits elsewhere."""
    if locale != "en":
        return str(number)
    tens = "th" if number % 100 in (11, 12, 13) else None
    return f"{number}{tens or {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def queued(ahead: int, locale: str = "en") -> str:
    """Where a stored request stands; `ahead` jobs go before it."""
    if ahead <= 0:
        return translate("🎼 Got it. You are next.", locale)
    place = ordinal(ahead + 1, locale)
    return translate("🎼 Got it. Queued, {place} in line.", locale, place=place)


def working(progress: Progress, locale: str = "en") -> str:
    """Say "2/4 writing the melody", with a bar."""
    of = max(progress.of, 1)
    filled = round(10 * progress.step / of)
    label = translate(progress.label, locale) if progress.label else ""
    return f"🎼 `{'▰' * filled}{'▱' * (10 - filled)}` {progress.step}/{of} {label}".rstrip()


def checked(facts: Mapping[str, Any], locale: str = "en") -> str:
    """What reading the files back showed, failures included."""
    report = facts.get("verification") or {}
    if not report.get("of"):
        return ""
    line = translate(
        "Read back from the files: {passed} of {of} checks hold.",
        locale,
        passed=report["passed"],
        of=report["of"],
    )
    broken = [quoted(str(item), 80) for item in report.get("failed") or ()][:3]
    return " ".join([line, *broken])


def asked(desk: Mapping[str, Any], locale: str = "en") -> list[str]:
    """What was not understood or taken for granted when the request was read."""
    lines = []
    unknown = translate(", ", locale).join(quoted(str(w), 40) for w in desk.get("unknown", ())[:6])
    if unknown:
        lines.append(translate("I did not understand: {words}", locale, words=unknown))
    return [*lines, *(_note(n["template"], n["values"], locale) for n in desk.get("notes", ())[:3])]


def _note(template: str, values: Mapping[str, Any], locale: str) -> str:
    """A note; where it names people, they are mentions of ours and no words of a person's."""
    text = refusal(template, values, locale)
    return text if "people" in values else quoted(text, 200)


def result(
    piece_id: str,
    facts: Mapping[str, Any],
    desk: Mapping[str, Any],
    locale: str = "en",
    missing: Sequence[str] = (),
) -> str:
    """The reply under one finished piece."""
    seed = translate("seed {seed} · /piece show {id}", locale, seed=facts.get("seed"), id=piece_id)
    if facts.get("take"):
        seed = translate("take {take} of", locale, take=facts["take"]) + " " + seed
    small = [done(facts, locale), seed, checked(facts, locale), *asked(desk, locale)]
    lines = [
        f"**{quoted(str(facts.get('title') or piece_id), 80)}**",
        recipe(facts, locale),
        players(facts, locale),
        *(f"-# {line}" for line in small if line),
        *missing,
    ]
    return "\n".join(line for line in lines if line)[:MESSAGE]


def takes(
    clips: Sequence[Mapping[str, Any]], locale: str = "en", missing: Sequence[str] = ()
) -> str:
    """The reply above several variations to pick from: what they share, then one line for each."""
    facts = clips[0]["facts"]
    lines = [
        f"**{quoted(str(facts.get('title') or ''), 80)}**",
        recipe(facts, locale),
        done(facts, locale),
        translate("Pick the one you like:", locale),
    ]
    lines += [f"**{n}** · /piece show {clip['piece_id']}" for n, clip in enumerate(clips, 1)]
    reports = [clip["facts"].get("verification") or {} for clip in clips]
    together = {
        "passed": sum(report.get("passed", 0) for report in reports),
        "of": sum(report.get("of", 0) for report in reports),
        "failed": [item for report in reports for item in report.get("failed", ())],
    }
    lines.append(f"-# {checked({'verification': together}, locale)}")
    return "\n".join(line for line in [*lines, *missing] if line)[:MESSAGE]


def done(
    facts: Mapping[str, Any], locale: str = "en", quote: Callable[[str, int], str] = quoted
) -> str:
    """What was done to other music to make this; empty for a piece from nothing.

    `quote` cuts a title to a length and makes its markup harmless.
    """
    told = facts.get("rework")
    if not told:
        return ""
    if told["use"] in PLAYED:
        return _played(told, locale, quote)
    if told["use"] == "edit":
        return editing_words.said(told, locale, quote)
    use, changes = str(told["use"]), told.get("changes") or {}
    if use == "vary" and "distance" in told:
        use = "near" if told["distance"] < 0.4 else "far" if told["distance"] > 0.6 else "vary"
    if use == "develop" and not told.get("title"):
        use = "typed"
    names = {k: quote(str(told.get(k) or "…"), 60) for k in ("title", "other")}
    numbers = {k: told.get(k) for k in ("bars", "first", "last", "share")}
    said = translate(", ", locale).join(_changed(name, changes[name], locale) for name in changes)
    return translate(DONE[use], locale, **names, **numbers, changes=said)


def _played(told: Mapping[str, Any], locale: str, quote: Callable[[str, int], str]) -> str:
    """What was done to the players, and what of the music that was given is in it unchanged."""
    words = vocabulary.load()
    style, ensemble = str(told.get("style") or ""), str(told.get("ensemble") or "")
    act = str(told["use"])
    if act == "arrange":
        act += " style" * bool(style) + " ensemble" * bool(ensemble)
    elif told.get("first"):
        act += " bars"

    def names(key: str) -> str:
        found = [
            translate(ROLES[name], locale) if name in ROLES else _named(quote(name, 40), locale)
            for name in map(str, told.get(key) or ())
        ]
        more = ["…"] if len(found) > _MOST_NAMES else []
        return translate(", ", locale).join([*found[:_MOST_NAMES], *more])

    sentences = [
        translate(
            PLAYED[act],
            locale,
            title=quote(str(told.get("title") or "…"), 60),
            style=words.styles[style].name(locale) if style in words.styles else style,
            ensemble=words.ensembles[ensemble].name(locale) if ensemble in words.ensembles else "",
            part=_named(quote(str(told.get("part") or ""), 40), locale),
            by=_named(quote(str(told.get("by") or ""), 40), locale),
            first=told.get("first"),
            last=told.get("last"),
        )
    ]
    if "sure" in told:
        sure = translate("Heard in your recording, {sure} % sure.", locale, sure=told["sure"])
        sentences.append(sure)
    if told.get("like"):
        like = quote(str(told["like"]), 60)
        sentences.append(translate("Accompanied like “{other}”.", locale, other=like))
    if told.get("kept"):
        kept = translate("Kept note for note: {names}.", locale, names=names("kept"))
        sentences.append(kept)
    if told.get("moved"):
        moved = translate(
            "Kept, in octaves that suit the player: {names}.", locale, names=names("moved")
        )
        sentences.append(moved)
    if told.get("new"):
        sentences.append(translate("New: {names}.", locale, names=names("new")))
    if told.get("same"):
        sentences.append(translate("All other parts are kept note for note.", locale))
    return (" " if locale == "en" else "").join(sentences)


def heard(facts: Mapping[str, Any], locale: str = "en") -> str:
    """What was heard in a recording (`bot.hearing.show`), for its sender to judge."""
    shown = {k: v for k, v in facts.items() if k != "title"}
    lines = [
        f"**{quoted(str(facts.get('title') or '…'), 80)}**",
        translate("I heard {count} notes:", locale, count=facts["count"])
        + (" " if locale == "en" else "")
        + recipe(shown, locale),
        translate("How sure I am: {sure} %.", locale, sure=facts["sure"]),
    ]
    if facts.get("polyphonic"):
        lines.append(translate("Several notes sound at once; I wrote them all down.", locale))
    lines.append(translate("Arrange it as it is, or correct it first.", locale))
    return "\n".join(lines)[:MESSAGE]


def _changed(name: str, value: Any, locale: str) -> str:
    """One change in words: a style or mood by name, a slider with its number."""
    words = vocabulary.load()
    if name == "style":
        return words.styles[value].name(locale) if value in words.styles else str(value)
    if name == "mood":
        return words.moods[value].name(locale) if value in words.moods else str(value)
    return f"{translate(SLIDERS[name], locale)} {value}/100"


def too_big(kind: str, size: int, limit: int, locale: str = "en") -> str:
    """Why a file is not attached, and where it is."""
    return translate(
        "The {kind} file is {size} MB and Discord takes {limit} MB here, so it is not attached; "
        "it stays in your /library.",
        locale,
        kind=kind.upper(),
        size=f"{size / 2**20:.1f}",
        limit=f"{limit / 2**20:.0f}",
    )


def no_room(kind: str, size: int, locale: str = "en") -> str:
    """Why a file that Discord would take alone is not attached."""
    return translate(
        "The {kind} file is {size} MB and does not fit beside the others in one message; "
        "it stays in your /library.",
        locale,
        kind=kind.upper(),
        size=f"{size / 2**20:.1f}",
    )
