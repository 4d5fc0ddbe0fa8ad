"""What was learned, in words: what the pieces have in common, what was trained, what was left out.

In: what `bot.styles.learn` returns. Out: a few sentences; figures only where they were measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.i18n import translate
from bot.wording import MESSAGE, quoted, refusal

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
_MOSTLY = 0.65  # share of the pieces
#: Why nothing was trained where that was not allowed.
FROM_DISCORD = (
    "The vector of measured features alone: nothing is trained on files that came through Discord, "
    "because its rules forbid that without its permission. Whoever runs this bot can decide "
    "otherwise, or train from files on their own machine."
)
AS_ASKED = "The vector of measured features alone, as you asked."
KEPT = {
    "adapter": "An adapter was trained and kept: pieces of yours that it had not seen are {gain} % "
    "better predicted.",
    "embedding": "An embedding was trained and kept: pieces of yours that it had not seen are "
    "{gain} % better predicted.",
}
TOO_FEW = "The vector of measured features alone: training needs {least} pieces or more."
NO_HELP = (
    "The vector of measured features alone: training would not have helped (pieces it had not seen "
    "{gain} % better predicted; I ask for {needed} %)."
)
HARM = (
    "The vector of measured features alone: training made music unlike yours {worse} % worse "
    "predicted; I allow {allowed} %."
)


def learned(
    result: Mapping[str, Any],
    desk: Mapping[str, Any],
    locale: str = "en",
    untrained: str = FROM_DISCORD,
) -> str:
    """The reply after learning; `untrained` says why nothing was to be trained."""
    lines = [
        "**" + translate("The style “{name}” is learned.", locale, name=result["name"]) + "**",
        _pieces(result, locale),
        _outcome(result, locale, untrained),
        *_left_out(result, desk, locale),
        translate("Compose in it with /style use {name}.", locale, name=result["name"]),
    ]
    return "\n".join(lines)[:MESSAGE]


def _pieces(result: Mapping[str, Any], locale: str) -> str:
    """How many pieces there are and what they have in common."""
    traits = list(result["traits"])
    if result["minor"] >= _MOSTLY:
        traits.append("minor")
    elif result["minor"] <= 1 - _MOSTLY:
        traits.append("major")
    words = translate(", ", locale).join(translate(TRAIT_CHOICES[t], locale) for t in traits)
    count = result["pieces"]
    if not words:
        return translate("Pieces: {count}; close to the middle of what I know.", locale,
                         count=count)  # fmt: skip
    return translate("Pieces: {count}; {traits}.", locale, count=count, traits=words)


def _outcome(result: Mapping[str, Any], locale: str, untrained: str) -> str:
    """What was trained, or why nothing was."""
    outcome = result["outcome"]
    if not result["train"]:
        return translate(untrained, locale)
    if result["kind"] in KEPT:
        return translate(KEPT[result["kind"]], locale, gain=_number(outcome["gain"]))
    if outcome["gain"] is None:
        return translate(TOO_FEW, locale, least=outcome["least"])
    if outcome["gain"] < outcome["needed"]:
        return translate(NO_HELP, locale, gain=_number(outcome["gain"]), needed=outcome["needed"])
    return translate(HARM, locale, worse=_number(outcome["worse"]), allowed=outcome["allowed"])


def _left_out(result: Mapping[str, Any], desk: Mapping[str, Any], locale: str) -> list[str]:
    """One line for each file that was not learned from."""
    refused = [refusal(r["template"], r["values"], locale) for r in desk.get("skipped", ())]
    lines = [*refused, *result["skipped"]]
    if not lines:
        return []
    said = [f"-# {quoted(line, 160)}" for line in lines]
    return [translate("Not learned from:", locale), *said]


def _number(percent: float) -> str:
    return f"{percent:.1f}"
