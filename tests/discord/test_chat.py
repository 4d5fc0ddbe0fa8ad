"""What is said to the bot in Discord: what it takes up, and the one message that answers."""

from __future__ import annotations

from storage import preferences

WALTZ = ("compose", {"style": "waltz"})


async def met(world, *people):
    """Skip the introduction that strangers get."""
    for person in people or (world.ann, world.bob):
        await world.db.run(preferences.greet, person.id)


async def talk(world, text, who=None, place=None, **more):
    """Say something in person, or with a mention in a channel; the answer as it is in the end."""
    who = who or world.ann
    if place is None:
        await who.send_dm(text, **more)
    else:
        await who.send(place, f"{world.me} {text}", **more)
    await world.work()
    return world.newest(place or who.user.dm_channel)


def texts(world, place):
    return [message.content for message in place.history()]


async def test_a_direct_message_becomes_one_message_that_grows(world):
    await met(world)
    world.ear.hears("a waltz please", WALTZ)
    world.studio.hold.clear()
    before = len(world.env.http_requests)
    said = await world.ann.send_dm("a waltz please")
    dm = world.ann.user.dm_channel
    waiting = world.newest(dm)
    assert waiting.id != said.id
    assert waiting.content == "🎼 Got it. You are next."
    assert "Cancel" in str(waiting.components)
    world.studio.hold.set()
    await world.work()
    answer = world.newest(dm)
    assert answer.id == waiting.id
    assert answer.content.startswith(r"“Evening \*")
    assert [a.filename[-4:] for a in answer.attachments] == [".mp3", ".png", ".mid"]
    # Typing was shown before anything else.
    assert world.env.http_requests[before].path.endswith("/typing")


async def test_what_is_not_addressed_is_not_answered(world):
    await world.compose()
    before = len(world.env.http_requests)
    await world.ann.send(world.channel, "lovely, isn't it?")
    await world.ann.send(world.channel, "@everyone listen")
    await world.bob.send(world.channel, f"{world.ann.mention} what do you say?")
    assert len(world.env.http_requests) == before
    assert world.ear.heard == []


async def test_a_mention_is_answered_in_the_channel_without_the_mention(world):
    world.ear.hears("a waltz please", WALTZ)
    asked = await world.ann.send(world.channel, f"{world.me}, a waltz please")
    await world.work()
    answer = world.newest()
    assert world.ear.heard == ["a waltz please"]
    assert len(answer.attachments) == 3
    (sent,) = [r.json for r in world.env.http_requests if r.json and "message_reference" in r.json]
    assert int(sent["message_reference"]["message_id"]) == asked.id
    assert sent["nonce"] == "turn-1"
