"""What the end of a step's job means for the turn and the session.

In: a finished job with its result. Out: the line that states it, the piece it made, and the session
with that piece on the table, or with several to choose from. Results were checked where they were
made (`models.verify`, `bot.editing`): what did not hold is said, never hidden.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot import style_words, wording
from bot.agent import session as sessions
from bot.agent.values import Sentence, Session, Show, Step
from bot.conversation.record import Line
from bot.files import kinds_of
from storage.jobs import Job

MADE = "“{title}” is on the table."
SEVERAL = "{count} to choose from; say which one, such as “the second one”."
FILES = "The files of “{title}”."
FAILED = "What does not hold: {failed}."


@dataclass(frozen=True, slots=True)
class Made:
    """A line, the (first) piece that was made, and the session after it (None: as before)."""

    line: Line
    piece_id: str | None = None
    session: Session | None = None


def of_job(job: Job, result: Mapping[str, Any], session: Session, step: Step, now: float) -> Made:
    """Read the result of a step's job."""
    request = json.loads(job.request)
    if "learned" in result:
        text = style_words.learned(result["learned"], request.get("desk", {}), job.locale)
        return Made(Line("done", text=text))
    if "heard" in result:
        return Made(Line("done", text=wording.heard(result["heard"], job.locale)))
    if "misfits" in result:
        problems = (wording.quoted(str(told), 110) for told in result["misfits"]["problems"][:10])
        return Made(Line("failed", text="\n".join(f"- {told}" for told in problems)))
    clips = result["clips"]
    ids = tuple(str(clip["piece_id"]) for clip in clips)
    if job.kind == "export":
        title = _title(clips[0])
        show = Show(ids, tuple(kinds_of(request["formats"])))
        return Made(Line("done", ((FILES, {"title": title}),), show=show), ids[0])
    assumed = "\n".join(wording.asked(request.get("desk", {}), job.locale))
    if len(clips) > 1:
        said = ((SEVERAL, {"count": len(clips)}), *_failures(clips))
        offered = sessions.offer(session, ids)
        return Made(Line("done", said, assumed, Show(ids)), ids[0], offered)
    title = _title(clips[0])
    told: Sentence = (MADE, {"title": title})
    parent, named = _parent(request, session), str(clips[0]["facts"].get("title") or "")
    laid = sessions.put(session, ids[0], parent, named, told, now)
    return Made(Line("done", (told, *_failures(clips)), assumed, Show(ids)), ids[0], laid)


def _title(clip: Mapping[str, Any]) -> str:
    return wording.quoted(str(clip["facts"].get("title") or clip["piece_id"]), 80)


def _failures(clips: Sequence[Mapping[str, Any]]) -> tuple[Sentence, ...]:
    failed = dict.fromkeys(
        str(item)
        for clip in clips
        for item in (clip["facts"].get("verification") or {}).get("failed", ())
    )
    told = "; ".join(wording.quoted(item, 80) for item in list(failed)[:3])
    return ((FAILED, {"failed": told}),) if told else ()


def _parent(request: Mapping[str, Any], session: Session) -> str | None:
    """The version of this session that a piece was made from, if any."""
    named = [request.get("parent")]
    parts = ("edit", "rework", "arrangement", "writing")
    named += [(request.get(part) or {}).get("source") for part in parts]
    known = {version.piece_id for version in session.versions}
    return next((str(name) for name in named if name in known), None)
