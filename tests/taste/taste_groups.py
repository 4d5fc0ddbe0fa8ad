"""Sixty people in three planted groups, each with genres, loves and listens of its own."""

from __future__ import annotations

from random import Random

from storage import consent, items, listens
from storage.db import write

NOW = 1_790_000_000.0
DAY = 86400.0
GUILD = 10
GROUPS = ("jazz", "techno", "black metal")
STYLES = {"jazz": "jazz", "techno": "techno", "black metal": "metal"}
ARTISTS = 30
EVERYONE = 6
ALL = ("listening", "reactions", "pieces")


def artist(group, number):
    return f"{group} artist {number}"


def key(name):
    return f"artist:{name}"


def group_of(user):
    return GROUPS[user % len(GROUPS)]


def is_of(item_id, group):
    return item_id.startswith(f"artist:{group} artist")


def plant(db, people=60, guild=0, seed=3, first=1):
    """Everybody listens to 8 of their group's artists and to most of what everybody knows."""
    rng = Random(seed)
    with write(db):
        rows = [
            ("artist", artist(group, n), artist(group, n).title(), "")
            for group in GROUPS
            for n in range(ARTISTS)
        ]
        rows += [("artist", f"famous {n}", f"Famous {n}", "") for n in range(EVERYONE)]
        numbers = dict(zip((row[1] for row in rows), items.ensure(db, rows), strict=True))
        for name, number in numbers.items():
            group = name.partition(" artist")[0]
            if group in GROUPS and not name.endswith(("3", "8")):  # our own tags, as any plant has
                items.tag(db, number, {group: 1.0})
        for user in range(first, first + people):
            consent.grant(db, user, ALL, guild, NOW)
            own = [artist(group_of(user), n) for n in rng.sample(range(ARTISTS), 8)]
            famous = [f"famous {n}" for n in range(EVERYONE) if rng.random() < 0.85]
            day = int(NOW // DAY) - rng.randrange(1, 40)
            listens.add(
                db, user, guild, "lastfm",
                [(numbers[name], day, rng.randrange(3, 30)) for name in own + famous], NOW,
            )  # fmt: skip
    return numbers
