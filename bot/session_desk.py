"""Where a talk stands, told to whoever asks: the table, the versions, the open question.

In: a person and the place they are in. Out: a message only they see, with a button that clears it.
In a thread that we opened everybody has one session; elsewhere each person sees their own. Titles
of pieces that the asker may not see here are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import discord

from bot import wording
from bot.agent import memory
from bot.agent import session as sessions_
from bot.agent.values import Session
from bot.client import Segno
from bot.i18n import translate
from bot.talk_desk import is_ours
from bot.ui import Interaction, button, view
from models.errors import Refusal
from storage import pieces, sessions
from storage.pieces import Piece
from storage.sessions import Row

#: Lines of the tree that are shown: the last ones.
_MOST_SHOWN = 20
_DAY = 86400
_INDENT = "\u2003"  # Discord drops plain spaces at the start of a line
NONE_YET = "There is no session here yet: mention me, or write me a direct message, and say what \
you would like."
EMPTY = "The table is empty. Ask me for some music and it fills."
KEPT = "I remember the last {count} things said here. All of it is deleted {when}, unless we go \
on; clearing it deletes it now. Pieces stay in your library."
HIDDEN = "a piece that is gone, or that you may not see here"


async def show(client: Segno, interaction: Interaction) -> None:
    """Tell the asker where the session of this place stands."""
    locale = await client.language(interaction)
    row = await _here(client, interaction)
    if row is None:
        await interaction.response.send_message(translate(NONE_YET, locale), ephemeral=True)
        return
    session = memory.from_row(row)
    known = await _seen(client, interaction, session)
    lines = [*_table(session, known, locale), *_offered(session, known, locale)]
    ends = round(row.used + client.settings.session_days * _DAY)
    lines += ["", translate(KEPT, locale, count=len(session.said), when=f"<t:{ends}:R>")]
    clear_ = button(translate("Clear it", locale), "tableclear", row.id,
                    style=discord.ButtonStyle.danger)  # fmt: skip
    text = "\n".join(lines)[: wording.MESSAGE]
    await interaction.response.send_message(text, view=view(clear_), ephemeral=True)


async def clear(client: Segno, interaction: Interaction) -> None:
    """Delete the session of this place."""
    row = await _here(client, interaction)
    locale = await client.language(interaction)
    if row is None:
        await interaction.response.send_message(translate(NONE_YET, locale), ephemeral=True)
        return
    done = await _cleared(client, interaction, row)
    await interaction.response.send_message(done, ephemeral=True)


async def cleared(client: Segno, interaction: Interaction, session_id: str) -> None:
    """Delete the session whose button was pressed."""
    row = await client.db.run(sessions.get, int(session_id))
    if row is None:
        raise Refusal("That session is cleared already.")
    done = await _cleared(client, interaction, row)
    await interaction.response.edit_message(content=done, view=None)


async def _cleared(client: Segno, interaction: Interaction, row: Row) -> str:
    """Delete a session for somebody whose it is: who opened it, or spoke in it.

    Raises
    ------
    Refusal
        When it is another person's.
    """
    mine = await client.db.run(sessions.of_user, interaction.user.id)
    if row.id not in {own.id for own in mine}:
        raise Refusal("Only somebody who has talked with me here can clear this session.")
    await client.db.run(sessions.delete, row.id)
    return translate(
        "Cleared: I start afresh here. What is being made just now goes on, and all pieces stay in "
        "your library.",
        await client.language(interaction),
    )


async def _here(client: Segno, interaction: Interaction) -> Row | None:
    """The session of the place that the interaction is in."""
    shared = is_ours(client, interaction.channel)
    return await client.db.run(
        sessions.find, interaction.user.id, interaction.channel_id or 0, shared
    )


async def _seen(client: Segno, interaction: Interaction, session: Session) -> Mapping[str, Piece]:
    """The session's pieces that the asker may see here."""
    ids = [*(version.piece_id for version in session.versions), *filter(None, session.choices)]
    found = await client.db.run(pieces.of_ids, list(dict.fromkeys(ids)))
    where = (interaction.user.id, interaction.guild_id, interaction.channel_id)
    return {piece.id: piece for piece in found if piece.seen_by(*where)}


def _named(piece_id: str, known: Mapping[str, Piece], locale: str) -> str:
    piece = known.get(piece_id)
    if piece is None:
        return translate(HIDDEN, locale)
    return f"“{wording.quoted(piece.title or piece.id, 60)}” `{piece.id}`"


def _table(session: Session, known: Mapping[str, Piece], locale: str) -> list[str]:
    """The versions as a tree, with what lies on the table."""
    rows = sessions_.tree(session)
    if session.file:
        name = wording.quoted(session.file.partition(":")[2], 60)
        told = translate("Your file “{title}” is on the table.", locale, title=name)
    elif session.table:
        told = translate("**On the table:** {piece}", locale,
                         piece=_named(session.table, known, locale))  # fmt: skip
    else:
        told = translate(EMPTY, locale)
    lines = [told]
    if len(rows) > 1:
        lines.append(translate("**Versions** ({count}):", locale, count=len(rows)))
        for depth, version, on_table in rows[-_MOST_SHOWN:]:
            template, values = version.done
            shown = template and version.piece_id in known
            how = f" – {wording.refusal(template, values, locale)[:120]}" if shown else ""
            mark = "▸" if on_table else "•"
            name = _named(version.piece_id, known, locale)
            lines.append(f"{_INDENT * min(depth, 8)}{mark} {name}{how}")
    if session.past or session.future:
        lines.append(
            translate("Steps back: {back}, steps forward: {ahead}.", locale,
                      back=len(session.past), ahead=len(session.future))
        )  # fmt: skip
    return lines


def _offered(session: Session, known: Mapping[str, Piece], locale: str) -> list[str]:
    """What there is to choose from, and what I asked."""
    lines = []
    comma = translate(", ", locale)
    if session.choices:
        named = [f"{n}. {_named(id, known, locale)}" for n, id in enumerate(session.choices, 1)]
        told = comma.join(named[:10])
        lines.append(translate("**To choose from:** {names}", locale, names=told))
    if session.suggested:
        told = comma.join(wording.quoted(name, 40) for name in session.suggested[:10])
        lines.append(translate("**Suggested last:** {names}", locale, names=told))
    if session.question:
        asked = wording.refusal(*session.question.text, locale)
        options = [wording.refusal(*option.label, locale) for option in session.question.options]
        lines.append(
            translate("**I asked:** {question} ({options})", locale, question=asked[:300],
                      options=" / ".join(options)[:300])
        )  # fmt: skip
    return lines
