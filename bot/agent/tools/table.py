"""Tools about where the conversation is: undo, redo, the session itself, stopping.

In: the session. Out: the session after it, and sentences that say what lies on the table now.
"""

from __future__ import annotations

from bot.agent import session as sessions
from bot.agent.at import At
from bot.agent.values import Done, Sentence, Session, Show
from bot.i18n import translate
from bot.wording import MESSAGE, quoted, refusal
from models.errors import Refusal
from storage import jobs, pieces

#: Versions of a tree that are shown.
_MOST_SHOWN = 20
UNDONE = "Undone: “{title}” is on the table again."
REDONE = "Redone: “{title}” is on the table again."
EMPTY = "The table is empty. Ask me for some music and it fills."
IDLE = "Nothing of yours is being made just now."
TOO_LATE = "That was finished before I could stop it."
STOPPING = "I am stopping it."
VERSIONS = "{count} versions so far; undo goes back, and /session clear forgets them all."
ONE_VERSION = "One version so far; /session clear forgets it."
ONLY_FILE = "Your file “{title}” is on the table; nothing has been made of it yet."


async def undo(at: At, steps: int = 1) -> Done:
    """Go back to the version that was on the table before.

    steps: how many versions back
    """
    after = sessions.undo(at.session, steps)
    if after is None:
        raise Refusal("There is nothing to undo: this is the first piece on the table.")
    return await _back(at, after, UNDONE)


async def redo(at: At) -> Done:
    """Take an undo back."""
    after = sessions.redo(at.session)
    if after is None:
        raise Refusal("There is nothing to redo.")
    return await _back(at, after, REDONE)


async def _back(at: At, after: Session, template: str) -> Done:
    """The piece that lies on the table now; a deleted one cannot come back."""
    piece = await at.db.run(pieces.get, after.table or "")
    if piece is None:
        raise Refusal("The version before that was deleted, so I cannot bring it back.")
    title = quoted(piece.title or piece.id, 80)
    return Done(((template, {"title": title}),), show=Show((piece.id,)), session=after)


async def session(at: At) -> Done:
    """Show what is on the table and which versions there are."""
    locale = at.asker.locale
    rows = sessions.tree(at.session)
    if not rows and at.session.file:
        title = quoted(at.session.file.partition(":")[2], 60)
        return Done(((ONLY_FILE, {"title": title}),))
    if not rows:
        return Done(((EMPTY, {}),))
    lines = []
    for depth, version, on_table in rows[-_MOST_SHOWN:]:
        template, values = version.done
        how = f" – {refusal(template, values, locale)}" if template else ""
        name = f"“{quoted(version.title or version.piece_id, 60)}”"
        mark = " " + translate("(on the table)", locale) if on_table else ""
        lines.append(f"{'  ' * min(depth, 8)}- {name}{mark}{how}")
    text = "\n".join(lines)[:MESSAGE]
    many: Sentence = (VERSIONS, {"count": len(rows)})
    return Done((many if len(rows) > 1 else (ONE_VERSION, {}),), text)


async def cancel(at: At) -> Done:
    """Stop what is being made right now."""
    if at.job_id is None:
        return Done(((IDLE, {}),))
    gone = await at.db.run(jobs.request_cancel, at.job_id, at.asker.user_id)
    if gone not in ("cancelled", "stopping"):
        return Done(((TOO_LATE, {}),))
    return Done(((STOPPING, {}),))
