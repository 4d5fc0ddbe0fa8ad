"""People with a taste: consents, and at least one row in every table that taste has."""

from storage import consent, deeds, impressions, items, listens
from storage.impressions import Shown

ANN, BOB, CAT = 414141414141414141, 525252525252525252, 636363636363636363
HERE, THERE = 10, 20
NOW = 1_790_000_000.0
TODAY = int(NOW // 86400)
SONG = ("track", "the hums / blue", "Blue", "The Hums")
HIT = ("track", "stars / hit", "Hit", "Stars")
HUMS = ("artist", "the hums", "The Hums", "")
SWING = ("style", "swing", "Swing", "")


def agree(db, *people, sources=consent.SOURCES, guild=HERE):
    for person in people:
        consent.grant(db, person, sources, guild, NOW)


def item(db, named=SONG):
    return items.ensure(db, [named])[0]


def shown(db, *named, policy="personal"):
    return [
        Shown(
            item(db, one), place, policy, 1.5, {"cf": 1.5}, 0.5, place == 4, '{"kind": "popular"}'
        )
        for place, one in enumerate(named)
    ]


def everything(db, person, guild=HERE, named=SONG):
    """A row of every kind about one item; the person has agreed to all of it there."""
    id = item(db, named)
    assert listens.add(db, person, guild, "spotify", [(id, TODAY, 3)], NOW) == 1
    assert listens.heard(db, person, guild, id, NOW - 40 * 86400, 200.0)
    assert deeds.record(db, person, guild, id, "like", 1, "reactions", NOW)
    assert deeds.record(db, person, guild, id, "used", 1, "pieces", NOW)
    assert deeds.keep_comment(db, person, guild, id, "so very blue", NOW)
    assert items.tag(db, id, {"smoky": 1.0}, person, guild)
    list_id = f"list {person}" if guild == HERE else f"list {person} there"
    assert impressions.log(db, person, guild, list_id, shown(db, named), NOW, [person + 1])
    consent.save_settings(db, consent.TasteSettings(person, digest=True, keep_comments=True))


def count(db, *tables, person=None):
    where = "1" if person is None else f"user_id = {person}"
    return tuple(db[table].count_where(where) for table in tables)
