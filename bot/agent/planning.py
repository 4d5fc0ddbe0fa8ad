"""From what was heard to a plan: typed steps in order, or a question where it is not clear.

In: the frames of a message (`models.listener.heard`), the session, who asks. Out: a `Plan` whose
steps are calls of the tools (`bot.agent.tools`). Pure: no database, no network, no torch. What a
later step works on is "$n", the piece that step n makes; edits in a row on one piece become one
where they do not contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.agent import ordering, planning_edit, planning_new, planning_rest, planning_words
from bot.agent.meaning.words import fold
from bot.agent.planning_said import Drafted, Told, told
from bot.agent.values import MOST_STEPS, Asker, Option, Plan, Question, Sentence, Session, Step
from bot.wording import quoted
from models.listener.heard import Heard, HeardFrame

NOT_SURE = "I am not sure what “{words}” means. Which is it?"
EMPTY_TABLE = "There is no piece on the table yet. What shall I work on?"
TOO_MANY = "That is more than {most} steps; I do the first {most}, then ask me for the rest."
NOT_MUSIC = "I leave out what is not about music."
#: What each intent is called where one of two readings is chosen.
READING_CHOICES: Mapping[str, str] = {
    "compose": "Compose something new", "song": "Write a new song with words",
    "arrange": "Arrange it for other players", "edit": "Change the piece",
    "vary": "Make other versions", "extend": "Make it longer", "lyrics": "Write words",
    "recommend": "Recommend something", "rate": "Rate it", "explain": "Explain the piece",
    "show": "Play or send it", "library": "Look in my library", "style": "My own style",
    "taste": "My taste", "privacy": "My data", "help": "Tell me how it works",
    "cancel": "Stop what is running", "undo": "Undo the last change", "chat": "Just talking",
    "other": "Something else", "latest": "Take my latest piece",
}  # fmt: skip
#: Tools that put a piece on the table, which "it" means afterwards.
_MAKERS = ("compose", "song", "arrange", "edit", "vary", "extend", "lyrics")
_ON_A_PIECE = ("edit", "vary", "extend")
_DRAFTS: Mapping[str, Callable[[Told], Drafted]] = {
    "compose": planning_new.compose, "song": planning_new.song, "arrange": planning_new.arrange,
    "vary": planning_new.vary, "extend": planning_new.extend, "lyrics": planning_words.lyrics,
    "edit": planning_edit.edit, **planning_rest.REST,
}  # fmt: skip
_LONGEST = 500
#: Nothing but which of the pieces that were offered.
_CHOICE = re.compile(
    r"(?:(?:ok(?:ay)?|yes|hmm|i(?:'ll)?\s+(?:take|like|want|choose|pick)|take|pick|use|choose|go\s+with"
    r"|let'?s\s+(?:take|use|go\s+with)|那?就?[选要用])[\s,，]*)*(?:the\s+)?"
    rf"(?:{ordering.NUMBERED.pattern}|(?:last|latest|newest)|最后一?个?|\d)"
    r"\s*(?:one|version|take|个|版)?[\s,，]*(?:please|pls|thanks|吧|好了|就好)?"
)
#: Stands for a piece on the table while a plan is made for one.
_SOME_PIECE = "-"
_MADE = re.compile(r"\$\d+")
_SESSION = re.compile(
    r"\b(?:what'?s\s+on\s+the\s+table|(?:our|this|the|my)\s+session|version\s+tree|where\s+are\s+we"
    r"|(?:list|show)\s+(?:me\s+)?(?:the|all|our|my)\s+versions)\b"
    r"|桌上|会话|版本树|所有版本|哪些版本"
)


def plan(
    heard: Heard,
    session: Session,
    asker: Asker,
    *,
    threshold: float,
    remembered: str | None = None,
) -> Plan:
    """The plan of a message.

    A frame that is less sure than `threshold`, or not `sure`, is asked about, with its two
    likeliest readings as options; `remembered` is the intent that this person has chosen for these
    words before, and settles it.
    """
    if session.choices and _CHOICE.fullmatch(fold(heard.text).strip(" .,!?。，！？~")):
        # Pieces were offered by number, and a number is all that was said.
        return Plan((Step("open", {"which": heard.text.strip()[:_LONGEST]}),))
    frames = _spoken(heard.frames)
    doubtful = _doubtful(frames, threshold)
    remembered = remembered if remembered in _DRAFTS else None
    if doubtful is not None and remembered:
        frames = _read_as(frames, doubtful, remembered)
        doubtful = None
    elif remembered and len(frames) == 1:
        frames = _read_as(frames, 0, remembered)
    drawn = _chain(heard, frames, session, asker)
    if doubtful is None:
        return drawn
    return _asked(heard, frames, doubtful, drawn, session, asker)


def _spoken(frames: Sequence[HeardFrame]) -> tuple[HeardFrame, ...]:
    """Small talk and what is not for us count only where nothing else is said."""
    asked = [f for f in frames if f.intent not in ("chat", "other")]
    if asked:
        return tuple(asked)
    return (next((f for f in frames if f.intent == "other"), frames[0]),)


def _doubtful(frames: Sequence[HeardFrame], threshold: float) -> int | None:
    """The place of the least sure frame that must be asked about, None where there is none."""
    unsure = [i for i, f in enumerate(frames) if not f.sure or f.confidence < threshold]
    return min(unsure, key=lambda i: frames[i].confidence, default=None)


def _read_as(frames: Sequence[HeardFrame], place: int, intent: str) -> tuple[HeardFrame, ...]:
    changed = replace(frames[place], intent=intent)
    return (*frames[:place], changed, *frames[place + 1 :])


def _asked(
    heard: Heard,
    frames: Sequence[HeardFrame],
    place: int,
    drawn: Plan,
    session: Session,
    asker: Asker,
) -> Plan:
    """The question between two readings; no question where both come to the same."""
    frame = frames[place]
    other = _chain(heard, _read_as(frames, place, frame.second), session, asker)
    if frame.second == frame.intent or other.steps == drawn.steps:
        return drawn
    options = tuple(
        Option((READING_CHOICES.get(intent, intent), {}), _steps_of(reading), intent)
        for intent, reading in ((frame.intent, drawn), (frame.second, other))
    )
    options = tuple(option for option in options if option.steps)
    if len(options) < 2:
        return drawn if drawn.steps or drawn.question else other
    words = " ".join(heard.text[slice(*frame.span)].split()) or heard.text
    return Plan((), (), Question((NOT_SURE, {"words": quoted(words, 80)}), options, heard.text))


def _steps_of(reading: Plan) -> tuple[Step, ...]:
    """The steps of a reading; of one that would ask again, those of its first option."""
    if reading.question is not None and reading.question.options:
        return reading.question.options[0].steps
    return reading.steps


def _chain(heard: Heard, frames: Sequence[HeardFrame], session: Session, asker: Asker) -> Plan:
    """Steps of all frames in order, each on what the one before it made."""
    steps: list[Step] = []
    notes: list[Sentence] = []
    made: int | None = None
    opened = False
    for place, frame in enumerate(frames):
        said = told(frame, heard.text, session, asker, made, opened)
        alone = len(frames) == 1
        if said.intent in _ON_A_PIECE and not (said.has_piece or said.named_piece):
            question = _on_nothing(heard, frames, place, session, asker)
            if question is not None:
                return question
        drafted = _drafted(said, alone)
        if drafted.ask is not None:
            text, options = drafted.ask
            choices = tuple(Option(label, (*steps, *more)) for label, more in options)
            return Plan((), tuple(notes), Question(text, choices, heard.text))
        notes += [n for n in drafted.notes if n not in notes]
        if not drafted.steps and said.intent in _MAKERS:
            break  # what follows would be done to something else
        before = len(steps)
        for drawn in _opening(drafted.steps, frames[place + 1 :], said):
            step = _onwards(drawn, steps, before)
            merged = _merged(steps, step)
            if merged is not None:
                steps[-1] = merged
                continue
            # Whatever undoes, opens or cancels must be done before what follows it.
            after = step.after or ((len(steps),) if steps and _orders(steps[-1]) else ())
            steps.append(replace(step, after=after))
            if step.tool in _MAKERS:
                made = len(steps)
            elif step.tool in ("undo", "redo", "open"):
                made, opened = None, True
    if len(heard.frames) > len(frames) and any(f.intent == "other" for f in heard.frames) and steps:
        notes.append((NOT_MUSIC, {}))
    if len(steps) > MOST_STEPS:
        steps = steps[:MOST_STEPS]
        notes.append((TOO_MANY, {"most": MOST_STEPS}))
    return Plan(tuple(steps), tuple(notes))


def _onwards(step: Step, steps: Sequence[Step], before: int) -> Step:
    """A further step of the same frame works on what the one before it made."""
    last = len(steps)
    if last <= before or steps[-1].tool not in _MAKERS or "which" not in step.args:
        return step
    return replace(step, args={**step.args, "which": f"${last}"}, after=(last,))


def _drafted(said: Told, alone: bool) -> Drafted:
    if alone and said.intent not in ("compose", "song") and said.says(_SESSION.pattern):
        return planning_rest.session(said)
    if answer := planning_rest.by_command(said):
        return answer
    drafted = _DRAFTS[said.intent](said)
    if said.intent == "arrange" and drafted.steps and (args := planning_edit.beside(said)):
        change = said.step("edit", which=said.which, **args)
        return replace(drafted, steps=(*drafted.steps, change))
    return drafted


def _orders(step: Step) -> bool:
    return step.tool in ("undo", "redo", "open", "cancel", "style")


def _opening(
    steps: Sequence[Step], following: Sequence[HeardFrame], said: Told
) -> tuple[Step, ...]:
    """Looking for a piece that something is then done with is opening it."""
    works = any(f.intent in (*_ON_A_PIECE, "lyrics", "show", "explain", "rate", "arrange")
                for f in following[:1])  # fmt: skip
    piece = said.one("which") or said.one("title")
    return tuple(steps) if not works else tuple(_opened(step, piece) for step in steps)


def _opened(step: Step, piece: str) -> Step:
    if step.tool != "library":
        return step
    told_of = [str(step.args[k]) for k in ("when", "mood", "style", "query") if k in step.args]
    return Step("open", {"which": piece or " ".join(told_of) or "the last one"}, step.after)


def _merged(steps: Sequence[Step], step: Step) -> Step | None:
    """The last step with a further edit in it, None where they are not one."""
    if not steps or step.tool != "edit" or steps[-1].tool != "edit":
        return None
    last = steps[-1]
    on_last = step.args.get("which") in (f"${len(steps)}", "it", last.args.get("which"))
    places = ("section", "bars", "part")
    if not on_last or any(last.args.get(p) != step.args.get(p) for p in places):
        return None
    args: dict[str, Any] = dict(last.args)
    for name, value in step.args.items():
        if name == "which":
            continue
        if isinstance(value, list):
            args[name] = list(dict.fromkeys([*args.get(name, []), *value]))
        elif args.get(name, value) != value:
            return None
        else:
            args[name] = value
    if _contradicts(args):
        return None
    return replace(last, args=args)


def _contradicts(args: Mapping[str, Any]) -> bool:
    """Whether one step would say two things of one: a tempo and a pace, a key and a move."""
    tempo = sum(name in args for name in ("tempo", "pace", "faster"))
    both = set(args.get("add", ())) & set(args.get("remove", ()))
    return tempo > 1 or ("key" in args and "semitones" in args) or bool(both)


def _on_nothing(
    heard: Heard, frames: Sequence[HeardFrame], place: int, session: Session, asker: Asker
) -> Plan | None:
    """What to ask where a piece is to be changed and there is none on the table.

    The whole message is planned for both answers: with the latest piece opened first, and with this
    frame read as a wish for a new piece.
    """
    latest = _steps_of(_chain(heard, frames, replace(session, table=_SOME_PIECE), asker))
    if not latest:
        return None
    fresh = _steps_of(_chain(heard, _read_as(frames, place, "compose"), session, asker))
    first = Step("open", {"which": "the last one"})
    # Nothing is remembered of the answer: another time there may be a piece on the table.
    options = (
        Option((READING_CHOICES["latest"], {}), (first, *map(_later, latest))),
        Option((READING_CHOICES["compose"], {}), fresh),
    )
    return Plan((), (), Question((EMPTY_TABLE, {}), options, heard.text))


def _later(step: Step) -> Step:
    """A step with one more before it: "$2" becomes "$3"."""
    args = {
        name: f"${int(value[1:]) + 1}"
        if isinstance(value, str) and _MADE.fullmatch(value)
        else value
        for name, value in step.args.items()
    }
    return replace(step, args=args, after=tuple(n + 1 for n in step.after) or (1,))
