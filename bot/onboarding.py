"""Who I am, in three short messages, the first time somebody writes to us in person.

In: a person's direct message. Out: three messages once, remembered under their preferences, so that
who is forgotten is a stranger again. In servers nothing is said that was not asked for.
"""

from __future__ import annotations

import logging

import discord

from bot.client import Segno
from bot.i18n import translate
from storage import preferences

log = logging.getLogger(__name__)

WHO = (
    "Hi, I am **Segno**, and I make music with you: pieces, songs, arrangements, words. All of it "
    "is made and kept on the computer of whoever runs me, and nothing you say to me trains a "
    "model. `/privacy` shows, exports or deletes what I keep."
)
SAY = (
    "Just say what you want, for example:\n"
    "> a wistful waltz in D minor, one minute\n"
    "> slower, and no drums\n"
    "> give it words about leaving home"
)
REACT = (
    "“Undo” takes a change back, “stop” or ❌ stops what I am making. On anything I made: ⭐ saves "
    "it, 👍 👎 rate it, ✉️ sends you the files, 1️⃣ to 9️⃣ pick a take, ❌ deletes your own. "
    "`/help` has the rest."
)


async def greet(client: Segno, channel: discord.abc.Messageable, user_id: int, locale: str) -> None:
    """Introduce ourselves to somebody new, once."""
    if not await client.db.run(preferences.greet, user_id):
        return
    try:
        for text in (WHO, SAY, REACT):
            await channel.send(translate(text, locale))
    except discord.HTTPException as error:
        log.info("could not introduce ourselves: %s", error)
