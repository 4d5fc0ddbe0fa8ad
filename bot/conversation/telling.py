"""What the one message of a turn says while it grows: the plan, how far it is, what came of it.

In: a `Record` and a language. Out: text, whether it is still at work, and what stands beside it.
A plan of one step is told without a list; the piece itself is described by the front, from the
facts of its files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from bot import wording
from bot.agent.values import Question, Sentence, Show, Step
from bot.conversation.record import Line, Record
from bot.domain import Progress
from bot.i18n import translate

#: What begins a mention or a link, where nothing escapes it yet.
_LEADS = re.compile(r"(?<!\\)([@<\[])")
Told = tuple[str, Literal["working", "asking", "done"], Show]

BROKE = "Something broke while I did this, and it is not your fault. Please try again."
LATER = "Noted. I do this as soon as what I am at is finished."
STOPPED = "Stopped, as you asked."
DROPPED = "(You went on to something else, so I left this question.)"
#: What a step is called in a plan, by tool.
STEPS_CHOICES: dict[str, str] = {
    "compose": "compose", "song": "write the song", "arrange": "arrange", "edit": "change it",
    "vary": "make variations", "extend": "make it longer", "lyrics": "write the words",
    "recommend": "recommend", "rate": "note your opinion", "explain": "explain",
    "show": "bring the files", "library": "look in the library", "open": "put it on the table",
    "style": "your style", "taste": "your taste", "privacy": "your data", "help": "help",
    "session": "where we are", "cancel": "stop", "undo": "undo", "redo": "redo", "chat": "talk",
    "other": "talk",
}  # fmt: skip
_MARKS = {
    "waiting": "▫️", "running": "⏳", "done": "✅", "failed": "⚠️", "skipped": "⏭️", "cancelled": "✖️",
}  # fmt: skip


def later(locale: str) -> Told:
    """What was said while an earlier turn is at work."""
    return translate(LATER, locale), "working", Show()


def asking(question: Question, locale: str) -> Told:
    """A question with its options as buttons; in plain text they are numbered."""
    lines = [sentence(question.text, locale)]
    labels = tuple(option.label for option in question.options)
    lines += [f"{n}. {sentence(label, locale)}" for n, label in enumerate(labels, 1)]
    return "\n".join(lines), "asking", Show(options=labels)


def dropped(question: Question, locale: str) -> Told:
    """A question that was passed over."""
    return f"{sentence(question.text, locale)}\n-# {translate(DROPPED, locale)}", "done", Show()


def working(record: Record, locale: str, progress: Progress | None) -> Told:
    """The plan with how far it is."""
    now = record.at
    lines = _listed(record, locale, now)
    lines.append(wording.working(progress, locale) if progress else wording.queued(0, locale))
    return "\n".join(lines), "working", Show()


def stopped(record: Record, locale: str) -> Told:
    """A turn that was cancelled: what was finished before stays."""
    lines = [*_listed(record, locale, None), translate(STOPPED, locale)]
    return "\n".join(lines), "done", _shown(record)


def finished(record: Record, locale: str) -> Told:
    """Everything that was done, what could not be, and what was assumed."""
    notes = [sentence(note, locale) for note in record.plan.notes]
    lines = _listed(record, locale, None)
    if len(record.lines) < 2:
        lines = [part for line in record.lines for part in _parts(line, locale)]
    return "\n".join([*lines, *notes]).strip(), "done", _shown(record)


def sentence(said: Sentence, locale: str) -> str:
    """A sentence in a language, with the vocabulary's own names in it translated as well."""
    template, values = said
    return wording.refusal(template, values, locale) if template else ""


def harmless(template: str, values: Mapping[str, Any]) -> Sentence:
    """A refusal as a sentence of a page: what people wrote in it mentions nobody and links nowhere.

    What was made harmless already stays as it is.
    """
    escaped = {k: _LEADS.sub(r"\\\1", v) if isinstance(v, str) else v for k, v in values.items()}
    return template, escaped


def _listed(record: Record, locale: str, now: int | None) -> list[str]:
    """The plan as a numbered list; a plan of one step needs none."""
    if len(record.lines) < 2:
        return []
    lines = []
    for number, line in enumerate(record.lines, 1):
        mark = _MARKS["running" if number == now else line.state]
        lines.append(f"{mark} {number}. {_label(record.plan.steps[number - 1], locale)}")
        lines += [f"-# {part}" if "\n" not in part else part for part in _parts(line, locale)]
    return lines


def _label(step: Step, locale: str) -> str:
    return translate(STEPS_CHOICES.get(step.tool, step.tool), locale)


def _parts(line: Line, locale: str) -> list[str]:
    said = " ".join(sentence(s, locale) for s in line.said)
    return [part for part in (said.strip(), line.text) if part]


def _shown(record: Record) -> Show:
    """What stands beside the answer: the newest of each kind; files wanted by an earlier step too.

    Of several pieces in one plan the last one is shown: it is the one on the table.
    """
    shows = [line.show for line in record.lines if line.state == "done"]
    pieces = next((s.pieces for s in reversed(shows) if s.pieces), ())
    kinds = tuple(dict.fromkeys(kind for s in shows if s.pieces == pieces for kind in s.kinds))
    listing = next((s.listing for s in reversed(shows) if s.listing), None)
    command = next((s.command for s in reversed(shows) if s.command), "")
    return Show(pieces, kinds, listing, (), command)
