"""The request of a piece as a form, to change and send again.

In: the words and exact settings a piece was asked for with. Out: a modal whose answer is read like
`/compose`. Exact settings are one "field: value" on each line, fields as in a brief file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.agent.understand import LONGEST_TEXT
from bot.client import Segno
from bot.desk import place, understand
from bot.i18n import translate
from bot.ui import Interaction
from models.errors import Refusal


class AgainModal(discord.ui.Modal):
    """The request of a piece as a form: the words, the exact settings, the seed."""

    def __init__(self, bot: Segno, text: str, options: dict[str, Any], locale: str) -> None:
        super().__init__(title=translate("Again with changes", locale)[:45])
        self.bot, self.locale = bot, locale
        seed = str(options.pop("seed", ""))
        paragraph = discord.TextStyle.paragraph
        field = discord.ui.TextInput[Any]
        self.words = field(
            style=paragraph,
            default=text[:LONGEST_TEXT],
            required=False,
            max_length=LONGEST_TEXT,
            custom_id="text",
        )
        self.exact = field(
            style=paragraph,
            default=as_lines(options)[:1000],
            required=False,
            max_length=1000,
            placeholder="style: waltz",
            custom_id="settings",
        )
        self.seed = field(default=seed, required=False, max_length=15, custom_id="seed")
        for label, item in (
            (translate("What you would like to hear", locale), self.words),
            (translate("Exact settings, one on each line", locale), self.exact),
            (translate("Seed (empty: a new one)", locale), self.seed),
        ):
            self.add_item(discord.ui.Label(text=label, component=item))

    async def on_submit(self, interaction: Interaction) -> None:
        """Queue the changed request as a new piece."""
        seed = self.seed.value.strip()
        if seed and not seed.isdecimal():  # "²" is a digit, but no number
            raise Refusal("A seed is a whole number; I cannot read “{seed}”.", seed=seed)
        options = from_lines(self.exact.value) | ({"seed": int(seed)} if seed else {})
        ask = understand(self.words.value, options, self.locale)
        await place(interaction, ask, self.locale)

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)


def as_lines(options: Mapping[str, Any]) -> str:
    """Exact settings as a person can edit them: one "field: value" on each line."""

    def line(value: Any) -> str:
        many = isinstance(value, Sequence) and not isinstance(value, str)
        return ", ".join(map(str, value)) if many else str(value)

    return "\n".join(f"{name}: {line(value)}" for name, value in options.items())


def from_lines(text: str) -> dict[str, Any]:
    """The inverse of `as_lines`; lines without a colon are refused rather than dropped.

    Raises
    ------
    Refusal
        When a line is not "field: value".
    """
    fields: dict[str, Any] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, colon, value = line.replace("：", ":", 1).partition(":")
        if not colon:
            raise Refusal("Write each exact setting as “field: value”; I cannot read “{line}”.",
                          line=line[:40])  # fmt: skip
        fields[name.strip().lower()] = _number(value.strip())
    return fields


def _number(value: str) -> Any:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value
