"""The table of a conversation: what lies on it, what came from what, what was offered.

In: a `Session` and what happened. Out: the session after it; nothing here reads or writes anything.
Versions are a tree, and undo and redo walk the order in which pieces lay on the table. Undo takes
nothing away, so a piece made after an undo is a branch beside what was undone.
Idea: Loop Copilot's table of what the conversation knows (Zhang et al., arXiv 2310.12404).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.agent.values import Question, Sentence, Session, Version

#: Versions and steps of undo that a session remembers.
MOST_VERSIONS = 200
#: The last ten turns: what a person said, and what was answered.
MOST_SAID = 20
#: Characters of one of these.
LONGEST_SAID = 1000
#: No story of how a version came about: it was opened, or taken from what was offered.
NOTHING: Sentence = ("", {})


def put(
    session: Session,
    piece_id: str,
    parent: str | None,
    title: str,
    done: Sentence,
    now: float,
) -> Session:
    """Lay a piece on the table; what lay there can be undone to, what was undone is left behind.

    A piece that is known already keeps its place in the tree. A new one without a parent begins
    something else, so that the numbers of what was offered before it mean nothing any more.
    """
    known = {version.piece_id for version in session.versions}
    versions, choices = session.versions, session.choices
    if piece_id not in known:
        parent = None if parent == piece_id else parent
        versions = (*versions, Version(piece_id, parent, title, done, now))
        if parent is None and piece_id not in choices:
            choices = ()
    elif title:
        versions = tuple(
            replace(version, title=title) if version.piece_id == piece_id else version
            for version in versions
        )
    session = replace(session, versions=versions, choices=choices, file=None)
    if piece_id == session.table:
        return _bounded(session)
    past = session.past if session.table is None else (*session.past, session.table)
    return _bounded(replace(session, table=piece_id, past=past, future=()))


def undo(session: Session, steps: int = 1) -> Session | None:
    """Go back to what lay on the table before, as far as there is; None when nothing did."""
    back = min(max(steps, 1), len(session.past))
    if not back:
        return None
    table = () if session.table is None else (session.table,)
    line = (*session.past, *table)
    at = len(session.past) - back
    return replace(
        session, table=line[at], past=line[:at], future=(*line[at + 1 :], *session.future)
    )


def redo(session: Session, steps: int = 1) -> Session | None:
    """Go forward to what undo left; None when there is nothing, as after a new piece."""
    ahead = min(max(steps, 1), len(session.future))
    if not ahead:
        return None
    table = () if session.table is None else (session.table,)
    line = (*session.past, *table, *session.future)
    at = len(line) - len(session.future) + ahead - 1
    return replace(session, table=line[at], past=line[:at], future=line[at + 1 :])


def offer(session: Session, piece_ids: Sequence[str]) -> Session:
    """Offer pieces to choose from by number, in place of those offered before."""
    return replace(session, choices=tuple(piece_ids))


def choose(session: Session, number: int, now: float | None = None) -> Session | None:
    """Lay the piece offered as `number` (from 1) on the table; None when there is none.

    Nothing is known of it but its id: `bot.agent.memory` fills in the rest when it saves.
    """
    if not 1 <= number <= len(session.choices) or not session.choices[number - 1]:
        return None
    newest = session.versions[-1].created if session.versions else 0.0
    return put(
        session, session.choices[number - 1], None, "", NOTHING, newest if now is None else now
    )


def listed(session: Session, listing: str, names: Sequence[str]) -> Session:
    """Remember a list of suggestions; from now on a number means one of these, not a piece."""
    return replace(session, listing=listing, suggested=tuple(names), choices=())


def ask(session: Session, question: Question) -> Session:
    """Wait for the answer to a question, in place of an earlier one."""
    return replace(session, question=question)


def answered(session: Session) -> Session:
    """Wait for no answer any more."""
    return replace(session, question=None)


def said(session: Session, who: Literal["person", "segno"], text: str) -> Session:
    """Remember something that was said; only the last turns are kept."""
    lines = (*session.said, (who, text[:LONGEST_SAID]))
    return replace(session, said=lines[-MOST_SAID:])


def version_of(session: Session, piece_id: str | None) -> Version | None:
    """The version that a piece is, or None."""
    return next((each for each in session.versions if each.piece_id == piece_id), None)


def tree(session: Session) -> list[tuple[int, Version, bool]]:
    """(depth, version, whether it is on the table) of all versions, each before what came of it.

    A version whose parent is not known begins a tree of its own.
    """
    known = {version.piece_id for version in session.versions}
    children: dict[str | None, list[Version]] = {}
    for version in session.versions:
        above = version.parent if version.parent in known else None
        children.setdefault(above, []).append(version)
    found: list[tuple[int, Version, bool]] = []
    pending = [(0, version) for version in reversed(children.get(None, []))]
    while pending:
        depth, version = pending.pop()
        found.append((depth, version, version.piece_id == session.table))
        below = children.get(version.piece_id, [])
        pending += [(depth + 1, child) for child in reversed(below)]
    return found


def merge(stored: Session, ours: Session) -> Session:
    """What to store when somebody else may have stored since we loaded.

    Nothing that was made or said is lost: versions and turns of both are kept. Of all else, such as
    what lies on the table, the last to save is right.
    """
    known = {version.piece_id for version in ours.versions}
    theirs = tuple(version for version in stored.versions if version.piece_id not in known)
    both = ours.versions
    if theirs:
        both = tuple(sorted((*theirs, *ours.versions), key=lambda version: version.created))
    heard = _both_said(stored.said, ours.said)
    return _bounded(replace(ours, versions=both, said=heard[-MOST_SAID:]))


def _both_said(
    stored: tuple[tuple[str, str], ...], ours: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    for start in range(len(stored)):
        tail = stored[start:]
        if ours[: len(tail)] == tail:
            return (*stored[:start], *ours)  # ours goes on where theirs ends
    same = 0
    while same < min(len(stored), len(ours)) and stored[same] == ours[same]:
        same += 1
    return (*stored, *ours[same:])


def _bounded(session: Session) -> Session:
    """Without the oldest versions beyond what is kept; never without what is on the table."""
    spare = len(session.versions) - MOST_VERSIONS
    past = session.past[-MOST_VERSIONS:]
    if spare <= 0:
        return replace(session, past=past)
    old = [each for each in session.versions if each.piece_id != session.table][:spare]
    gone = {each.piece_id for each in old}
    return replace(
        session,
        versions=tuple(each for each in session.versions if each.piece_id not in gone),
        past=tuple(id for id in past if id not in gone),
        future=tuple(id for id in session.future if id not in gone),
    )
