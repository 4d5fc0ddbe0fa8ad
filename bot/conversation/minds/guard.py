"""From a chat model's calls to a plan: only tools that exist, only values that were said.

In: calls, the message, the session. Out: a `Plan`, or `Mistaken` with what is wrong. The model is
not trusted at all: whoever wrote a lyric or a file name that it read may be speaking through it
(indirect prompt injection, Greshake et al., arXiv 2302.12173). What protects people is not its good
will but that no tool destroys anything, that tools check rights themselves, and this guard.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.agent.tools import REGISTRY, schema, validate
from bot.agent.values import MOST_STEPS, Option, Plan, Question, Session, Step
from bot.conversation.minds import grounds
from bot.conversation.minds.grounds import Said
from bot.conversation.minds.reading import Call, Mistaken
from bot.wording import quoted
from models.errors import Refusal

ASK = "ask"
#: A question and an option's label are the model's words, in the person's language already.
_WORDS = "{words}"
#: Tools whose step leaves a piece that "$n" means, and those that change what "it" is.
MAKERS = frozenset({"compose", "song", "arrange", "edit", "vary", "extend", "lyrics"})
_TURNS = frozenset({"undo", "redo", "open", "cancel", "style"})
#: What twice is not the same as once; of anything else small models write the same call again.
_AGAIN = MAKERS | {"undo", "redo"}
_NUMBER = re.compile(r"\$(\d+)")
#: What an argument about music never holds: mentions, links, code, hidden text, orders to a reader.
_BOMB = re.compile(r"@(?:everyone|here)|<(?:[@#]|a?:)|```|\|\||://|\bwww\.|discord\.gg|\]\(")
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Values that must stand in the message or the session word for word, and in whatever order.
_QUOTED = frozenset({"artist", "work", "title", "first_line", "opinion", "person"})
_RESTATED = frozenset({"theme", "required", "query"})
#: What is kept beyond the talk must be named in this very message, or in the vocabulary's words.
_KEPT = {("taste", "likes"), ("taste", "dislikes"), ("style", "name"), ("rate", "opinion")}
_REFERS = frozenset({"which", "like"})
#: Filled in by models where nobody named them: such an argument is left out, and stays open.
_OPEN = frozenset({"key", "tempo", "meter", "length"})
_WRITERS = frozenset({"compose", "song"})
_KEYS = re.compile(r"\b(?:key|major|minor|dorian|sharp|flat)\b|大调|小调|调")
#: What a message says that may stop something or change what lasts; see `_meant`.
_EVIDENCE = {
    "cancel": re.compile(
        r"stop|cancel|abort|halt|quit|never ?mind|forget it|停|取消|算了|别做|不要了"
    ),
    "style": re.compile(r"style|风格|曲风"),
}
_MOST_OPTIONS, _LONGEST_QUESTION, _LONGEST_LABEL = 4, 200, 60


def plan_of(calls: Sequence[Call], text: str, session: Session) -> Plan:
    """The plan that calls mean.

    Raises
    ------
    Mistaken
        When a call names no tool, does not fit its schema, holds something that nobody said, or
        when there are too many; nothing of such an answer is carried out.
    """
    if not calls or len(calls) > MOST_STEPS:
        raise Mistaken(f"Answer with 1 to {MOST_STEPS} calls.")
    said = Said.of(text, session)
    if any(call.name == ASK for call in calls):
        return _asked(calls, said, text)
    return Plan(_steps(calls, said, text))


def _steps(calls: Sequence[Call], said: Said, text: str) -> tuple[Step, ...]:
    """Every call as a checked step that waits for what it builds on."""
    steps: list[Step] = []
    made: int | None = None
    for number, call in enumerate(calls, 1):
        step = _checked(call, said, text)
        step = _joined(step, number, steps, made)
        if steps and step.tool not in _AGAIN and _same(step, steps[-1]):
            raise Mistaken(f"The same call of {step.tool} twice.")
        if step.tool in MAKERS:
            made = number
        elif step.tool in ("undo", "redo", "open"):
            made = None
        steps.append(step)
    return tuple(steps)


def _same(one: Step, other: Step) -> bool:
    return (one.tool, one.args) == (other.tool, other.args)


def _checked(call: Call, said: Said, text: str) -> Step:
    """A call as its tool takes it, grounded in what was said."""
    _harmless(call.args)
    tool = REGISTRY.get(call.name)
    if tool is None:
        raise Mistaken(f"There is no tool {call.name[:40]!r}.")
    step = _validated(Step(call.name, call.args))
    args = {k: v for k, v in step.args.items() if v not in ("", [], ()) or k == "act"}
    if step.tool in _WRITERS:
        args = {k: v for k, v in args.items() if k not in _OPEN or _was_said(k, str(v), said)}
    args = _own_words(step.tool, args, said, text)
    for name, value in args.items():
        for one in value if isinstance(value, list | tuple) else (value,):
            if not _grounded(step.tool, name, one, said):
                raise Mistaken(f"Invented: nobody said {name} {str(one)[:60]!r}.")
    _meant(step.tool, args, said)
    # What was read is read again: an argument that was left out may have been a needed one.
    return _validated(replace(step, args=args))


def _validated(step: Step) -> Step:
    try:
        return validate(step)
    except Refusal as refusal:
        raise Mistaken(str(refusal)) from None


def _own_words(tool: str, args: Mapping[str, Any], said: Said, text: str) -> dict[str, Any]:
    """`words` are the person's: what the model wrote in their place gives way to the message."""
    if "words" not in args or grounds.restates(str(args["words"]), said.text):
        return dict(args)
    rest = {name: value for name, value in args.items() if name != "words"}
    if rest or tool not in _WRITERS:
        return rest
    return {"words": text[:2000]}


def _was_said(name: str, value: str, said: Said) -> bool:
    """Whether a key, tempo, meter or length is anybody's wish; a word such as slow always is."""
    if grounds.restates(value, said.all):
        return True
    if name == "key":
        return bool(_KEYS.search(said.folded))
    return not any(c.isdigit() for c in value) or grounds.counts(value, said.all)


def _grounded(tool: str, name: str, value: Any, said: Said) -> bool:
    if name == "stars":
        return grounds.counts(value, said.text)
    if not isinstance(value, str):
        return True
    if (tool, name) in _KEPT:
        return grounds.quotes(value, said.text) or grounds.names_known(value, said.text)
    if name in _QUOTED:
        return grounds.quotes(value, said.all) or (name == "person" and value == "us")
    if name in _RESTATED:
        return grounds.restates(value, said.all) or grounds.names_known(value, said.all)
    if name in _REFERS and not _NUMBER.fullmatch(value):
        return grounds.refers(value, said.all) or grounds.names_known(value, said.all)
    return True


def _meant(tool: str, args: Mapping[str, Any], said: Said) -> None:
    """What stops work or lasts beyond the talk happens only where the message speaks of it."""
    if tool == "style" and (args.get("act") == "list" or args.get("name")):
        return  # a name is there only where the message says it
    if tool == "rate" and not (args.get("opinion") or args.get("stars")):
        raise Mistaken("rate needs the opinion in the person's own words.")
    if (evidence := _EVIDENCE.get(tool)) and not evidence.search(said.folded):
        raise Mistaken(f"Nobody asked for {tool}.")


def _joined(step: Step, number: int, before: Sequence[Step], made: int | None) -> Step:
    """A step with the numbers of those it waits for; "it" after a maker is what that one makes."""
    args, after = dict(step.args), set()
    named = "which" in schema(REGISTRY[step.tool])["properties"]
    if named and made and args.get("which", "it") in ("it", "this", "that"):
        args["which"] = f"${made}"
    for name, value in args.items():
        if isinstance(value, str) and (match := _NUMBER.fullmatch(value)):
            target = int(match[1])
            if not 1 <= target < number or before[target - 1].tool not in MAKERS:
                raise Mistaken(f"{name} {value} is no earlier call that makes a piece.")
            after.add(target)
    if before and before[-1].tool in _TURNS:
        after.add(number - 1)
    return replace(step, args=args, after=tuple(sorted(after)))


def _harmless(value: Any, depth: int = 0) -> None:
    """Nothing that a page, a database or a reader could trip over, at any depth.

    Raises
    ------
    Mistaken
    """
    if depth > 4:
        raise Mistaken("Arguments are not nested that deep.")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _harmless(name, depth + 1)
            _harmless(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _harmless(inner, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Mistaken("A number must be finite.")
    elif isinstance(value, int) and abs(value) > 10**6:
        raise Mistaken("That number is too large.")
    elif isinstance(value, str):
        _harmless_text(value)


def _harmless_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Mistaken("That text is not Unicode.") from None
    if _HIDDEN.search(text) or _BOMB.search(text.lower()):
        raise Mistaken("Arguments hold no mentions, links, code or control characters.")


def _asked(calls: Sequence[Call], said: Said, text: str) -> Plan:
    """A question instead of steps: with options that are checked like calls, or in words."""
    if len(calls) != 1:
        raise Mistaken("ask stands alone.")
    args = calls[0].args
    _harmless(args)
    question, options = args.get("question"), args.get("options") or []
    if not isinstance(question, str) or not question.strip().endswith(("?", "？")):
        raise Mistaken("ask needs a question that ends with a question mark.")
    if len(question) > _LONGEST_QUESTION or not isinstance(options, list):
        raise Mistaken(f"A question has at most {_LONGEST_QUESTION} characters.")
    asked = (_WORDS, {"words": quoted(question, _LONGEST_QUESTION)})
    if not options:
        return Plan(notes=(asked,))
    if not 2 <= len(options) <= _MOST_OPTIONS:
        raise Mistaken(f"A question has no options or 2 to {_MOST_OPTIONS}.")
    return Plan(question=Question(asked, tuple(_option(o, said, text) for o in options), text))


def _option(value: Any, said: Said, text: str) -> Option:
    """One way to go on: a label and the call behind it; nothing is remembered of the choice."""
    if not isinstance(value, Mapping) or not isinstance(value.get("label"), str):
        raise Mistaken("An option has a label, a name and arguments.")
    args = value.get("arguments", {})
    if not isinstance(value.get("name"), str) or not isinstance(args, Mapping):
        raise Mistaken("An option has a label, a name and arguments.")
    label = quoted(value["label"], _LONGEST_LABEL)
    if not label.strip():
        raise Mistaken("An option has a label.")
    steps = _steps((Call(value["name"], args),), said, text)
    return Option((_WORDS, {"words": label}), steps)
