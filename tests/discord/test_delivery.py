"""Getting the answer through: expired tokens, closed channels, limits, a Discord that stumbles."""

from __future__ import annotations

from discord_world import TinyStudio, open_world


async def test_after_the_token_expired_the_same_message_is_edited_as_the_bot(both):
    asked = await both.ann.slash(both.channel, "compose", text="a calm waltz")
    await both.env.advance_time(16 * 60)
    await both.work()
    assert len(asked.response.attachments) == 3
    assert len(both.env.backend.messages[both.channel.id]) == 1
    assert await both.rows("SELECT delivery FROM jobs") == [("delivered",)]


async def test_when_the_message_is_gone_one_new_one_is_sent_under_the_nonce(world):
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    await world.env.advance_time(16 * 60)
    world.env.backend.delete_message(world.channel.id, asked.response.id)
    await world.work()
    answer = world.newest()
    assert len(answer.attachments) == 3
    (sent,) = [r.json for r in world.env.http_requests if r.json and "nonce" in r.json]
    assert (sent["nonce"], sent["enforce_nonce"]) == ("segno-1", True)
    assert await world.rows("SELECT reply_id FROM jobs") == [(answer.id,)]


async def test_where_nothing_can_be_sent_the_piece_waits_in_the_library(world):
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    await world.env.advance_time(16 * 60)
    world.env.backend.delete_message(world.channel.id, asked.response.id)
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=None)
    await world.work()
    assert await world.rows("SELECT delivery FROM jobs") == [("abandoned",)]
    found = await world.ann.slash(world.channel, "library")
    assert "Pieces: 1" in found.response.content


async def test_a_file_over_the_limit_is_left_out_and_said(tmp_path):
    studio = TinyStudio()
    studio.audio_bytes = 26214400 + 1
    async with open_world(tmp_path, studio=studio) as world:
        asked = await world.compose()
        assert [a.filename[-4:] for a in asked.response.attachments] == [".png", ".mid"]
        assert "The MP3 file is 25.0 MB" in asked.response.content
        assert "/library" in asked.response.content


async def test_four_takes_that_do_not_fit_together_are_sent_as_far_as_they_do(tmp_path):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio) as world:
        asked = await world.compose()
        studio.audio_bytes = 9 * 2**20
        varied = await world.press(world.ann, asked.response, "vary")
        await world.work()
        assert len(varied.response.attachments) == 2  # 24 MiB a message
        said = "The MP3 file is 9.0 MB and does not fit beside the others in one message"
        assert varied.response.content.count(said) == 2
        assert len(varied.response.components[0]["components"]) == 4  # each can still be picked


async def test_discord_saying_too_large_gets_a_smaller_set(tmp_path):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio) as world:
        studio.audio_bytes = 14 * 2**20
        asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
        world.app.runner._deliver = _Refusing(world.app.runner._deliver, 413)
        await world.work()
        assert [a.filename[-4:] for a in asked.response.attachments] == [".png", ".mid"]
        assert "The MP3 file is 14.0 MB" in asked.response.content


class _Refusing:
    """Delivery whose first answer meets an HTTP error."""

    def __init__(self, delivery, status):
        self.delivery, self.status = delivery, status

    async def progress(self, job, progress):
        pass

    async def result(self, job, result):
        client = self.delivery.client
        edit = f"/webhooks/*/{job.token}/messages/@original"
        client.http.backend.faults.append(
            {"method": "PATCH", "path": edit, "status": self.status, "code": 0, "message": "no",
             "times": 1}
        )  # fmt: skip
        return await self.delivery.result(job, result)


async def test_no_right_to_attach_at_the_end_becomes_a_sentence(both):
    asked = await both.ann.slash(both.channel, "compose", text="a calm waltz")
    both.app.runner._deliver = _Refusing(both.app.runner._deliver, 403)
    await both.work()
    piece = await both.piece_id()
    assert f"/piece show {piece}" in asked.response.content
    assert asked.response.attachments == []
    said = {"en-US": "may not attach files", "zh-CN": "没有权限"}[both.locale]
    assert said in asked.response.content


async def test_a_server_error_is_tried_again_and_answered_once(world):
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    world.app.runner._deliver = _Refusing(world.app.runner._deliver, 500)
    await world.work()
    assert await world.rows("SELECT delivery FROM jobs") == [("pending",)]
    world.app.runner._deliver = world.app.runner._deliver.delivery
    await world.db.run(lambda db: db.execute("UPDATE jobs SET deliver_after = 0"))
    await world.db.run(lambda db: db.conn.commit())
    await world.work()
    assert len(asked.response.attachments) == 3
    assert await world.rows("SELECT delivery FROM jobs") == [("delivered",)]


async def test_progress_that_cannot_be_shown_stops_nothing(world):
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=1)
    await world.work()
    assert len(asked.response.attachments) == 3


async def test_a_token_refused_before_its_time_is_no_loss(world):
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    world.app.runner._deliver = _Refusing(world.app.runner._deliver, 401)
    await world.work()
    assert len(asked.response.attachments) == 3  # edited as the bot, in the same message
    assert len(world.env.backend.messages[world.channel.id]) == 1
