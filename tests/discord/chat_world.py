"""What scenarios of talks share: what is said, in person or with a mention, and what came of it."""

from __future__ import annotations

from storage import preferences

WALTZ = ("compose", {"style": "waltz"})
SLOWER = ("edit", {"pace": "slower"})
FOUR = ("vary", {"takes": "four versions"})
SECOND = ("show", {"which": "the second one"})


async def met(world, *people):
    """Skip the introduction that strangers get."""
    for person in people or (world.ann, world.bob):
        await world.db.run(preferences.greet, person.id)


async def talk(world, text, who=None, place=None, *frames, work=True):
    """Say something in person, or with a mention in a place; the newest message there."""
    who = who or world.ann
    if frames:
        world.ear.hears(text, *frames)
    if place is None:
        await who.send_dm(text)
    else:
        await who.send(place, f"{world.me} {text}")
    if work:
        await world.work()
    return world.newest(place or who.user.dm_channel)


async def sent_file(world, who, name, data, text=""):
    """A direct message with a file."""
    channel = who.user.dm_channel
    files = world.env.backend.store_attachments(channel.id, [(name, data)])
    await who.send_dm(text, attachments=files)
    await world.work()
    return world.newest(channel)


def texts(place):
    """What stands in a channel."""
    return [message.content for message in place.history()]


def typings(world):
    """How often typing was shown."""
    return sum(r.path.endswith("/typing") for r in world.env.http_requests)
