"""Talks are written down as they went: the scripts, and one short talk with real makers."""

from __future__ import annotations

import pytest

from bot import transcripts
from bot.app import OPEN_STUDIO, TASK
from bot.conversation import ear as ears
from bot.jobs.executor import InlineExecutor
from bot.jobs.worker import resolve
from bot.settings import Settings
from bot.transcripts import Act, Script


def test_there_are_five_talks_of_five_to_eight_turns_with_two_people_and_a_reaction():
    told = transcripts.scripts()
    assert [s.front for s in told] == ["terminal", "terminal", "dm", "channel", "dm"]
    assert all(5 <= len(s.acts) <= 8 for s in told)
    channel = told[3].acts
    assert {act.by for act in channel} == {"ann", "bob"}
    assert any(act.react for act in channel)


async def test_a_talk_is_written_as_it_was_shown(tmp_path):
    acts = (
        Act("ann", say="arrange this as a tango", file="tune.mid"),
        Act("bob", react="✉️"),
        Act("ann", say="thanks"),
    )
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    resolve(OPEN_STUDIO)()
    ear = ears.Ear(InlineExecutor(ears.TASK))
    async with transcripts.world(settings, InlineExecutor(TASK), ear) as talk:
        told = await talk.hold(Script("x", "X", "channel", acts), tmp_path)
        answer = talk.channel.history()[1]
    text = "\n\n".join(told)
    assert "**ann** says with `tune.mid`:\n\n```text\n<@" in text
    assert f"```text\n{answer.content}\n```" in told[1]
    assert all(f"`{a.filename}` (" in told[1] for a in answer.attachments)
    assert "edits: " in told[1]
    assert "[🎹 MIDI]" in told[1]
    assert "**bob** reacts with ✉️" in text
    assert told[-2].startswith("**ann** says:")
    assert len(told) == 5  # the reaction is answered in person, not here

    rows = transcripts.measured(tmp_path / "data" / "pieces").splitlines()
    piece = rows[-1].split(" | ")
    assert piece[1] == "tune"
    assert float(piece[4]) == pytest.approx(-14, abs=0.5)
    assert float(piece[5]) < -1


def test_a_text_cannot_end_its_block():
    assert transcripts._fenced("a\n```\nb") == "````text\na\n```\nb\n````"
