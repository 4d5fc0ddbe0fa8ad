"""A chat model behind a scripted server: what comes of good, broken and hostile answers."""

from __future__ import annotations

import json
import logging

import pytest
from pydantic import SecretStr

from bot.agent.values import Asker
from bot.bench.minds_script import TABLE, WALTZ, script, serving
from bot.conversation.minds.endpoint import Endpoint, address
from bot.conversation.minds.mind import ChatMind
from bot.conversation.values import MindError

ANN = Asker(1, None, 1, "en")
KEY = SecretStr("sk-very-secret-0123456789")
CASES = script()


async def nothing(session, asker):
    return {"table": {"id": session.table}}


async def planned(case, where, seconds=None):
    mind = ChatMind(Endpoint(address(where), KEY), nothing, seconds or case.seconds)
    try:
        return await mind.plan(case.text, TABLE, ANN, None)
    except MindError:
        return None


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
async def test_every_answer_has_its_outcome(number, caplog):
    case = CASES[number]
    caplog.set_level(logging.DEBUG)
    async with serving(CASES) as server:
        plan = await planned(case, server.address(number))
        assert case.met(plan), plan
        assert len(server.asked[number]) == case.tries
        assert server.strays == []
        for body, headers in server.asked[number]:
            assert headers["Authorization"] == f"Bearer {KEY.get_secret_value()}"
            assert "secret" not in json.dumps(body)
            assert body["stream"] is False
    assert "sk-very" not in caplog.text
    assert case.text not in caplog.text


def test_there_are_enough_cases():
    assert len(CASES) >= 25
    assert len({case.name for case in CASES}) == len(CASES)
    assert any(case.text == WALTZ and case.steps for case in CASES)
