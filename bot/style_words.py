"""What was learned, in words: what the pieces have in common, what was trained, what was left out.

In: what `bot.styles.learn` returns. Out: a few sentences; figures only where they were measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.i18n import translate
from bot.wording import MESSAGE, quoted, refusal
from storage.styles import Style

#: How a style differs from most melodies, as `bot.styles` names it.
TRAIT_CHOICES = {
    "busy": "busier than most",
    "calm": "fewer notes than most",
    "leaps": "wide steps",
    "steps": "small steps",
    "wide": "a wide range",
    "narrow": "a narrow range",
    "syncopated": "syncopated",
    "straight": "on the beat",
    "chromatic": "notes from outside the key",
    "pauses": "many pauses",
    "returns": "phrases that return",
    "minor": "mostly minor",
    "major": "mostly major",
}
KIND_CHOICES = {
    "vector": "measured features",
    "embedding": "trained embedding",
    "adapter": "trained adapter",
}
_MOSTLY = 0.65  # share of the pieces
#: Why nothing was trained where that was not allowed.
FROM_DISCORD = (
    "I measured what your melodies are like and compose by that. Nothing was trained: Discord's "
    "rules forbid training on files that came through it without its permission. Whoever runs this "
    "bot can decide otherwise, or train from files on their own machine."
)
AS_ASKED = (
    "I measured what your melodies are like and compose by that; nothing was trained, as you asked."
)
KEPT = {
    "adapter": "An adapter was trained and kept: pieces of yours that it had not seen are {gain} % "
    "better predicted than by measuring alone.",
    "embedding": "An embedding was trained and kept, an adapter on top of it was not: pieces of "
    "yours that it had not seen are {gain} % better predicted than by measuring alone.",
}
TOO_FEW = (
    "I measured what your melodies are like and compose by that; training needs three pieces or "
    "more."
)
NO_HELP = (
    "I measured what your melodies are like and compose by that. An adapter was trained and thrown "
    "away: the prediction of pieces it had not seen improved by {gain} %, and I ask for 2 %."
)
MADE_WORSE = (
    "I measured what your melodies are like and compose by that. An adapter was trained and thrown "
    "away: the prediction of pieces it had not seen got worse by {loss} %, and I ask for 2 % "
    "better."
)
HARM = (
    "I measured what your melodies are like and compose by that. An adapter was trained and thrown "
    "away: music unlike yours was predicted {worse} % worse, and I allow 1 %."
)
#: The same about words.
_UNTRAINED = {
    FROM_DISCORD: "I measured how you write. Nothing was trained on your words: Discord's rules "
    "forbid it for files that came through it without its permission. Whoever runs this bot can "
    "decide otherwise, or train from files on their own machine.",
    AS_ASKED: "I measured how you write; nothing was trained on your words, as you asked.",
}
WORDS_KEPT = (
    "An adapter was trained on your words and kept: the {held} lines of yours that it had not seen "
    "are {gain} % better predicted, and almost surely at least {sure} %."
)
WORDS_FEW = "I measured how you write; training needs {least} lines of words or more."
WORDS_NO_HELP = (
    "I measured how you write. An adapter was trained on your words and thrown away: the "
    "prediction of the {held} lines it had not seen changed by {gain} %, and I ask for {least} % "
    "better and more than chance."
)
#: As in `models.lyricist.voice` and `voice_training`, which the Discord process does not load.
LEAST_LINES, LEAST_GAIN = 60, 0.5
NOT_IN_USE = "From now on I compose in no learned style for you."
IN_USE = (
    "From now on everything you ask me for is made in the style “{name}”. "
    "/style use none ends that."
)
NONE_YET = "You have no styles yet. Teach me one from your own pieces with /style learn."
USE_IT = "Compose in it with /style use {name}."
WEAR_IT = "Compose in it with --style “{name}”."


def learned(
    result: Mapping[str, Any],
    desk: Mapping[str, Any],
    locale: str = "en",
    untrained: str = FROM_DISCORD,
    then: str = USE_IT,
    quote: Callable[[str, int], str] = quoted,
) -> str:
    """The reply after learning.

    `untrained` says why nothing was to be trained, `then` how to compose in the style; `quote`
    cuts a file's name to a length and makes its markup harmless.
    """
    music = result["outcome"] is not None
    lines = [
        translate("The style “{name}” is learned.", locale, name=result["name"]),
        _pieces(result, locale) if music else "",
        _outcome(result, locale, untrained) if music else "",
        *_words(result.get("voice"), locale, None if result["train"] else untrained),
        *_left_out(result, desk, locale, quote),
        translate(then, locale, name=result["name"]),
    ]
    return "\n".join(line for line in lines if line)[:MESSAGE]


def counted(result: Mapping[str, Any], pieces: int, locale: str = "en") -> str:
    """What a style was learned from: "pieces: 3", "texts: 2" or both."""
    texts = (result.get("voice") or {}).get("texts", 0)
    said = [
        translate("pieces: {count}", locale, count=pieces - texts) if pieces > texts else "",
        translate("texts: {count}", locale, count=texts) if texts else "",
    ]
    return " · ".join(filter(None, said))


def _words(voice: Mapping[str, Any] | None, locale: str, untrained: str | None) -> list[str]:
    """What was learned from texts; `untrained` says why nothing was to be trained."""
    if not voice:
        return []
    said = translate(
        "Learned from {count} lines of words: {verse}.",
        locale,
        count=voice["lines"],
        verse=_verse(voice, locale),
    )
    verdict = voice["verdict"]
    if verdict == "accepted":
        sure = _number(voice["sure"])
        then = translate(
            WORDS_KEPT, locale, held=voice["held"], gain=_number(voice["gain"]), sure=sure
        )
    elif untrained is not None:
        then = translate(_UNTRAINED[untrained], locale)
    elif verdict == "few" or voice["gain"] is None:
        then = translate(WORDS_FEW, locale, least=LEAST_LINES)
    else:
        gain = f"{voice['gain']:+.1f}"
        then = translate(WORDS_NO_HELP, locale, held=voice["held"], gain=gain, least=LEAST_GAIN)
    return [said, then]


def _verse(voice: Mapping[str, Any], locale: str) -> str:
    """The usual verse: "verses of 8, 6, 8, 6 syllables, rhymed XAXA"."""
    lengths = ", ".join(map(str, voice["syllables"]))
    return translate(
        "verses of {lengths} syllables, rhymed {scheme}",
        locale,
        lengths=lengths,
        scheme=voice["scheme"],
    )


def described(result: Mapping[str, Any], locale: str = "en") -> str:
    """What the pieces have in common: "busier than most, small steps, mostly minor"; may be "".

    Of words it tells their usual verse.
    """
    if result.get("voice") and not result["traits"] and result.get("outcome") is None:
        return _verse(result["voice"], locale)
    traits = list(result["traits"])
    if result["minor"] >= _MOSTLY:
        traits.append("minor")
    elif result["minor"] <= 1 - _MOSTLY:
        traits.append("major")
    return translate(", ", locale).join(translate(TRAIT_CHOICES[t], locale) for t in traits)


def _pieces(result: Mapping[str, Any], locale: str) -> str:
    """How many pieces there are and what they are like."""
    count, traits = result["pieces"], described(result, locale)
    if not traits:
        traits = translate("close to the middle of what I know", locale)
    if count == 1:
        return translate("Learned from one piece: {traits}.", locale, traits=traits)
    return translate("Learned from {count} pieces: {traits}.", locale, count=count, traits=traits)


def _outcome(result: Mapping[str, Any], locale: str, untrained: str) -> str:
    """What was trained, or why nothing was."""
    outcome, kind = result["outcome"], result["kind"]
    if not result["train"]:
        return translate(untrained, locale)
    gains = outcome["gain"]
    if kind in KEPT:
        return translate(KEPT[kind], locale, gain=_number(gains[kind]))
    if outcome["verdict"] == "few":
        return translate(TOO_FEW, locale)
    if outcome["verdict"] == "forgets":
        return translate(HARM, locale, worse=_number(outcome["worse"]))
    best = max(gain for gain in gains.values() if gain is not None)
    if best <= -0.05:  # what is shown as 0.1 % or more
        return translate(MADE_WORSE, locale, loss=_number(-best))
    return translate(NO_HELP, locale, gain=_number(max(0.0, best)))


def _left_out(
    result: Mapping[str, Any],
    desk: Mapping[str, Any],
    locale: str,
    quote: Callable[[str, int], str],
) -> list[str]:
    """One line for each file that was not learned from."""
    refused = [refusal(r["template"], r["values"], locale) for r in desk.get("skipped", ())]
    lines = [*refused, *result["skipped"]]
    if not lines:
        return []
    return [translate("Not learned from:", locale), *(f"- {quote(line, 160)}" for line in lines)]


def _number(percent: float) -> str:
    return f"{percent:.1f}"


def listed(
    here: Sequence[Style], active: Style | None, user_id: int, guild_id: int | None, locale: str
) -> str:
    """What a person may compose in here: their own styles, those shared here, which is in use."""
    mine = [style for style in here if style.owner_id == user_id]
    theirs = [style for style in here if style.owner_id != user_id]
    lines = [translate(NONE_YET, locale)] if not mine else [translate("Your styles:", locale)]
    lines += _lines(mine, active, guild_id, locale)
    if theirs:
        lines.append(translate("Shared in this server:", locale))
        lines += _lines(theirs, active, None, locale)
    return "\n".join(lines)[:MESSAGE]


def _lines(
    found: Iterable[Style], active: Style | None, guild_id: int | None, locale: str
) -> Iterable[str]:
    for style in found:
        report = json.loads(style.report)
        parts = [f"**{style.name}**", counted(report, style.pieces, locale)]
        parts += [translate(KIND_CHOICES[style.kind], locale), described(report, locale)]
        if style.shared_guild is not None and guild_id == style.shared_guild:
            parts.append(translate("shared here", locale))
        if active is not None and active.id == style.id:
            parts.append(translate("**in use**", locale))
        yield "• " + " · ".join(part for part in parts if part)
