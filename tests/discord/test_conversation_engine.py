"""The engine: plans carried out step by step, questions, cancelling, restarts, turns that wait."""

from __future__ import annotations

import asyncio

from scripted_talk import ANN, BOB, ROOM, ScriptedMind, scene

from bot.agent import memory
from bot.agent.values import Asker, Option, Plan, Question, Step
from bot.conversation.values import MindError
from models.errors import Refusal
from storage import jobs, pieces, turns

WALTZ = Plan((Step("compose", {"words": "a calm waltz in D minor"}),))
WORDED = Plan(
    (
        Step("compose", {"words": "a calm waltz in D minor"}),
        Step("vary", {"which": "$1"}, (1,)),
        Step("undo", {}, (2,)),
    )
)
LOST = Plan((Step("vary", {"which": "the ninth one"}), Step("extend", {"which": "$1"}, (1,))))


async def session_of(world, who=ANN):
    return await memory.load(world.db, Asker(who, None, ROOM, "en"), False, world.time)


async def test_a_step_that_needs_a_worker_becomes_a_job_and_the_piece_lies_on_the_table(tmp_path):
    async with scene(tmp_path, ScriptedMind({"waltz": WALTZ})) as world:
        turn = await world.say("waltz")
        session = await session_of(world)
        page = world.pages.last(turn)
        assert turn.state == "done"
        assert turn.reply_id == 5000 + turn.id
        assert page.state == "done"
        assert page.show.pieces == (session.table,)
        assert await world.db.run(pieces.get, session.table)
        assert session.said[0] == ("person", "waltz")


async def test_the_same_message_again_is_the_same_turn(tmp_path):
    async with scene(tmp_path, ScriptedMind({"waltz": WALTZ})) as world:
        first = await world.say("waltz", message_id=77)
        again = await world.say("waltz", message_id=77)
        assert again.id == first.id
        assert len(world.studio.requests) == 1


async def test_steps_run_in_order_and_hand_their_piece_on(tmp_path):
    async with scene(tmp_path, ScriptedMind({"all": WORDED})) as world:
        turn = await world.say("all")
        made = [request["kind"] for request in world.studio.requests]
        assert made == ["compose", "rework"]
        assert world.studio.requests[1]["rework"]["source"]
        assert turn.state in ("done", "failed")
        text = world.pages.last(turn).text
        assert text.count("\n") >= 3
        assert "1. compose" in text


async def test_what_needs_a_failed_step_is_skipped_and_said(tmp_path):
    async with scene(tmp_path, ScriptedMind({"lost": LOST})) as world:
        turn = await world.say("lost")
        assert turn.state == "failed"
        assert world.studio.requests == []
        assert "⏭️ 2." in world.pages.last(turn).text


async def test_a_question_waits_for_an_answer_and_remembers_it(tmp_path):
    question = Question(
        ("Which one?", {}),
        (
            Option(("compose", {}), WALTZ.steps, "compose"),
            Option(("help", {}), (Step("help"),), "help"),
        ),
        said="a thing",
    )
    mind = ScriptedMind({"a thing": Plan(question=question)})
    async with scene(tmp_path, mind) as world:
        turn = await world.say("a thing")
        assert turn.state == "asking"
        assert len(world.pages.last(turn).show.options) == 2
        await world.talk.choose(turn.id, 0, ANN)
        await world.work()
        assert (await world.turn(turn)).state == "done"
        assert (await session_of(world)).question is None
        await world.say("a thing")
        assert mind.heard[-1] == ("a thing", "compose")


async def test_an_answer_in_words_goes_on_with_the_question(tmp_path):
    options = (Option(("compose", {}), WALTZ.steps), Option(("help", {}), (Step("help"),)))
    mind = ScriptedMind({"thing": Plan(question=Question(("Which?", {}), options))})
    async with scene(tmp_path, mind) as world:
        asking = await world.say("thing")
        answer = await world.say("the first one")
        assert (await world.turn(asking)).state == "done"
        assert answer.state == "done"
        assert len(world.studio.requests) == 1


async def test_only_the_asker_chooses_and_only_once(tmp_path):
    options = (Option(("help", {}), (Step("help"),)),)
    mind = ScriptedMind({"thing": Plan(question=Question(("Which?", {}), options))})
    async with scene(tmp_path, mind) as world:
        turn = await world.say("thing")
        for who, number in ((BOB, 0), (ANN, 4)):
            try:
                await world.talk.choose(turn.id, number, who)
            except Refusal:
                continue
            raise AssertionError("a stranger, or a choice that is none, was accepted")
        await world.talk.choose(turn.id, 0, ANN)
        assert (await world.turn(turn)).state == "done"


async def test_cancel_stops_the_running_step_and_the_later_ones(tmp_path):
    async with scene(tmp_path, ScriptedMind({"all": WORDED})) as world:
        world.studio.hold.clear()
        turn = await world.say("all", work=False)
        await world.runner.step()
        await world.talk.cancel(turn.id, ANN)
        await world.work()
        turn = await world.turn(turn)
        assert turn.state == "cancelled"
        assert len(world.studio.requests) <= 1
        assert (await session_of(world)).table is None
        assert "Stopped" in world.pages.last(turn).text


async def test_the_cancel_tool_stops_what_the_same_person_has_at_work(tmp_path):
    mind = ScriptedMind({"all": WORDED, "stop": Plan((Step("cancel"),))})
    async with scene(tmp_path, mind) as world:
        world.studio.hold.clear()
        first = await world.say("all", work=False)
        await world.runner.step()
        await world.say("stop")
        assert (await world.turn(first)).state == "cancelled"


async def test_what_is_said_meanwhile_waits_and_is_planned_when_its_time_comes(tmp_path):
    mind = ScriptedMind({"waltz": WALTZ, "more": Plan((Step("extend", {"which": "it"}),))})
    async with scene(tmp_path, mind) as world:
        world.studio.hold.clear()
        await world.say("waltz", work=False)
        await world.runner.step()
        second = await world.say("more", work=False)
        assert (await world.turn(second)).plan == ""
        world.studio.hold.set()
        await world.work()
        await asyncio.sleep(0.05)
        await world.work()
        assert (await world.turn(second)).state == "done"
        assert [r["kind"] for r in world.studio.requests] == ["compose", "extend"]


async def test_a_restart_between_job_and_answer_goes_on(tmp_path):
    mind = ScriptedMind({"all": WORDED})
    async with scene(tmp_path, mind) as world:
        world.studio.hold.clear()
        turn = await world.say("all", work=False)
        await world.runner.step()
    async with scene(tmp_path, mind) as world:
        world.time += 3600  # the lease of the dead process has run out
        await world.talk.resume()
        await world.work()
        turn = await world.turn(turn)
        assert turn.state in ("done", "failed")
        kinds = [r["kind"] for r in world.studio.requests]
        assert kinds == ["compose", "rework"]


async def test_a_result_that_is_delivered_twice_counts_once(tmp_path):
    async with scene(tmp_path, ScriptedMind({"waltz": WALTZ})) as world:
        turn = await world.say("waltz", work=False)
        row = await world.db.run(turns.get, turn.id)
        job_id = row.job_id
        await world.work()
        before = await session_of(world)
        job = await world.db.run(jobs.get, job_id)
        await world.talk.finished(job, turn.id, {"clips": []})
        assert await session_of(world) == before


async def test_a_mind_that_passes_is_followed_by_the_next(tmp_path):
    silent = ScriptedMind({"waltz": MindError("down")})
    async with scene(tmp_path, silent, ScriptedMind({"waltz": WALTZ})) as world:
        turn = await world.say("waltz")
        assert turn.state == "done"


async def test_a_text_that_cannot_be_read_is_answered_in_one_sentence(tmp_path):
    refused = ScriptedMind({"x": Refusal("Too long, say it shorter.")})
    async with scene(tmp_path, refused) as world:
        turn = await world.say("x")
        assert world.pages.last(turn).text == "Too long, say it shorter."


async def test_policy_refuses_a_step_and_says_so(tmp_path):
    async with scene(tmp_path, ScriptedMind({"waltz": WALTZ})) as world:
        world.talk._settings = world.settings.model_copy(update={"guild_per_hour": 0})
        turn = await world.say("waltz")
        assert turn.state == "failed"
        assert world.studio.requests == []


async def test_two_people_share_the_table_of_a_thread(tmp_path):
    mind = ScriptedMind({"waltz": WALTZ, "more": Plan((Step("extend", {"which": "it"}),))})
    async with scene(tmp_path, mind) as world:
        await world.say("waltz", ANN, shared=True)
        turn = await world.say("more", BOB, shared=True)
        assert turn.state == "done", world.pages.last(turn).text


async def test_a_piece_that_was_answered_is_put_on_the_table(tmp_path):
    mind = ScriptedMind({"waltz": WALTZ, "more": Plan((Step("extend", {"which": "it"}),))})
    async with scene(tmp_path, mind) as world:
        await world.say("waltz")
        first = (await session_of(world)).table
        await world.say("waltz")
        await world.say("more", reply_to=(first,))
        assert world.studio.requests[-1]["parent"] == first
