"""The guard and the schemas: whatever writes a step, only what a tool takes gets through."""

import inspect
import json

import pytest
from jsonschema import Draft202012Validator

from bot.agent.at import At
from bot.agent.tools import REGISTRY, schema, validate
from bot.agent.tools.registry import Tool, check
from bot.agent.tools.types import LONGEST, LONGEST_WORDS
from bot.agent.values import Done, Step
from models.errors import Refusal

#: The contract with planner and chat models: tools and the names of their arguments.
CONTRACT = {
    "compose": "words style mood key tempo meter length purpose instruments without title taste",
    "song": "words style mood key tempo meter length purpose instruments without title taste theme "
    "scheme language first_line",
    "arrange": "which style ensemble instruments keep",
    "edit": "which section bars part tempo pace faster semitones key meter style mood avoid "
    "intensity fullness register loudness add remove swap_out swap_in reroll title length cut "
    "repeat",
    "vary": "which takes distance section part",
    "extend": "which length section",
    "lyrics": "which theme mood scheme language first_line required line again section",
    "recommend": "what style mood artist work like person count",
    "rate": "which opinion stars",
    "explain": "which about",
    "show": "which items",
    "library": "query style mood when",
    "open": "which",
    "style": "act name",
    "taste": "act person likes dislikes",
    "privacy": "act",
    "help": "about",
    "session": "",
    "cancel": "",
    "undo": "steps",
    "redo": "",
    "chat": "words",
    "other": "words",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_a_schema_is_the_signature(name):
    found = schema(REGISTRY[name])
    Draft202012Validator.check_schema(found)
    json.dumps(found)
    assert list(found["properties"]) == CONTRACT[name].split()
    assert found["additionalProperties"] is False
    assert REGISTRY[name].doc.endswith(".")
    described = [field.get("description") for field in found["properties"].values()]
    assert all(described), name
    parameters = inspect.signature(REGISTRY[name].run).parameters
    assert next(iter(parameters)) == "at"


def test_there_are_no_other_tools():
    assert set(REGISTRY) == set(CONTRACT)


async def double(at: At, count: int, words: str = "") -> Done:
    """Say it twice.

    words: what is said, however
      long it may be
    """
    return Done(text=words * count)


async def test_any_function_can_be_a_tool():
    tool = Tool.of(double)
    found = schema(tool)
    assert found["required"] == ["count"]
    assert found["properties"]["words"]["description"] == "what is said, however long it may be"
    step = check(Step("double", {"count": "2", "words": "ha"}), {"double": tool})
    assert (await tool.run(None, **step.args)).text == "haha"
    with pytest.raises(Refusal, match="needs “count”"):
        check(Step("double"), {"double": tool})


@pytest.mark.parametrize(
    ("tool", "args", "why"),
    [
        ("rm", {}, "no tool called “rm”"),
        ("__class__", {}, "no tool"),
        ("edit", {"which": "it", "sudo": "yes"}, "no “sudo”"),
        ("edit", {"at": "x"}, "no “at”"),
        ("edit", {"intensity": 5}, "“5” as “intensity”"),
        ("edit", {"add": ["flute", {"x": 1}]}, "“add”"),
        ("edit", {"add": ["flute"] * 50}, "longer than I read"),
        ("edit", {"register_": 1}, "no “register"),
        ("vary", {"takes": "lots"}, "“lots” as “takes”"),
        ("vary", {"distance": "beyond"}, "“beyond” as “distance”"),
        ("open", {}, "needs “which”"),
        ("compose", {"style": "a" * (LONGEST + 1)}, f"most is {LONGEST}"),
        ("chat", {"words": "a" * (LONGEST_WORDS + 1)}, f"most is {LONGEST_WORDS}"),
        ("privacy", {"act": "erase everybody"}, "erase everybody"),
        ("session", [1, 2], "by name"),
        ("session", "rm -rf", "by name"),
    ],
)
def test_what_is_no_step_of_ours_is_refused(tool, args, why):
    with pytest.raises(Refusal) as refused:
        validate(Step(tool, args))
    assert why in str(refused.value)


def test_the_markup_of_a_refused_step_is_harmless():
    with pytest.raises(Refusal) as refused:
        validate(Step("@everyone **now**", {}))
    assert "@everyone" not in str(refused.value).replace("\\@", "")
    assert "**" not in str(refused.value)


@pytest.mark.parametrize(
    ("tool", "given", "taken"),
    [
        ("edit", {"tempo": None, "pace": 2}, {"pace": 2.0}),
        ("edit", {"add": "piano, flute"}, {"add": ["piano", "flute"]}),
        ("edit", {"add": ""}, {"add": []}),
        ("edit", {"register": 1}, {"register": 1}),
        ("compose", {"tempo": 90}, {"tempo": "90"}),
        ("compose", {"words": " 一首 "}, {"words": "一首"}),
        ("vary", {"takes": "3"}, {"takes": 3}),
        ("undo", {}, {}),
    ],
)
def test_what_small_models_write_is_taken_as_meant(tool, given, taken):
    step = validate(Step(tool, given, after=(1,)))
    assert step == Step(tool, taken, after=(1,))
    assert validate(step) == step
