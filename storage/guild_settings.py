"""What a server's managers decided: where Segno answers, in which language, how much, and how.

In: a `GuildSettings` value. Out: the same, or the defaults for a server that never chose.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from storage.db import write


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """A server's choices.

    `channels` are those where Segno answers (empty: all), `locale` is "en" or "zh" (None: each
    person's own), `per_hour` how many requests the server may make in an hour (None: as the owner
    set it), `voice` whether voice messages may be sent, `threads` whether threads may be opened.
    """

    guild_id: int
    channels: tuple[int, ...] = ()
    locale: str | None = None
    per_hour: int | None = None
    voice: bool = True
    threads: bool = True

    def answers_in(self, *channel_ids: int | None) -> bool:
        """Whether Segno answers in a channel; give a thread's parent along with the thread."""
        return not self.channels or any(id in self.channels for id in channel_ids)


def get(db: Database, guild_id: int) -> GuildSettings:
    """Return the server's settings."""
    row = db.conn.execute(
        "SELECT channels, locale, per_hour, voice, threads FROM guild_settings WHERE guild_id = ?",
        [guild_id],
    ).fetchone()
    if row is None:
        return GuildSettings(guild_id)
    return GuildSettings(
        guild_id, tuple(json.loads(row[0])), row[1], row[2], bool(row[3]), bool(row[4])
    )


def save(db: Database, settings: GuildSettings) -> None:
    """Store the server's settings whole."""
    with write(db):
        db.conn.execute(
            "INSERT OR REPLACE INTO guild_settings"
            " (guild_id, channels, locale, per_hour, voice, threads) VALUES (?, ?, ?, ?, ?, ?)",
            [
                settings.guild_id,
                json.dumps(settings.channels),
                settings.locale,
                settings.per_hour,
                int(settings.voice),
                int(settings.threads),
            ],
        )


def delete(db: Database, guild_id: int) -> int:
    """Forget a server's settings; returns how many rows went."""
    with write(db):
        return int(
            db.conn.execute("DELETE FROM guild_settings WHERE guild_id = ?", [guild_id]).rowcount
        )
