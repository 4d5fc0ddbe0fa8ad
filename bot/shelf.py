"""Pieces on the shelf: who may take one down, what it was asked with, and its files.

In: a piece id from a button, a command or a result. Out: the stored `Piece`, its request, or what a
message needs to carry it. Facts and files are read from the piece's own folder, so a result can be
shown again years later.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import discord
from sqlite_utils import Database

from bot import piece_deeds, wording
from bot.client import Segno
from bot.files import files_in, remove_folders
from bot.ui import Interaction
from bot.wardrobe import row_of
from models import vocabulary
from models.errors import Refusal
from storage import jobs, pieces, styles
from storage.jobs import Job
from storage.pieces import Piece

#: What a result carries, in this order; the rest waits behind its buttons. Only loops have an OGG:
#: it is cut to the sample, which MP3 cannot be.
SHOWN = ("mp3", "loop", "png", "mid")
#: Discord takes ten files and about 25 MiB in one message.
MOST_BYTES = 24 * 2**20
#: Bytes of one file where Discord did not say what it takes.
DEFAULT_LIMIT = discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
#: The files of a piece are gone.
GONE = "That piece is not here any more; make it again from its recipe with /compose."
NO_ROOM = (
    "I may not attach files in this channel, so you could not hear the result. Please allow me "
    "“Attach Files” here, or ask me in a direct message."
)


def require_attachments(interaction: Interaction) -> None:
    """Refuse before the work where the answer could not be posted after it.

    Raises
    ------
    Refusal
        When this channel does not let the app attach files.
    """
    if interaction.guild_id is not None and not interaction.app_permissions.attach_files:
        raise Refusal(NO_ROOM)


def as_id(typed: str) -> str:
    """A piece's id as a person copied or typed it: ids are lower-case."""
    return typed.strip().strip("`").strip().lower()


async def visible(client: Segno, interaction: Interaction, piece_id: str) -> Piece:
    """The piece, if this person may see it: their own, their server's, or this channel's.

    Raises
    ------
    Refusal
        When there is none, or it belongs elsewhere; both say the same, to give nothing away.
    """
    piece = await client.db.run(pieces.get, as_id(piece_id))
    where = (interaction.user.id, interaction.guild_id, interaction.channel_id)
    if piece is None or not piece.seen_by(*where):
        raise Refusal(
            "I know no piece “{id}” here. Look through your pieces with /library.", id=piece_id[:40]
        )
    return piece


async def asked_for(client: Segno, piece: Piece) -> tuple[str, dict[str, Any]]:
    """(words, exact settings) a piece was asked for with; its brief where the job is gone."""
    job = None if piece.job_id is None else await client.db.run(jobs.get, piece.job_id)
    if job is not None:
        request = json.loads(job.request)
        if request["kind"] in ("compose", "song"):
            options = dict(request.get("desk", {}).get("options", {}))
            return str(request["text"]), {"seed": job.seed, **options}
    return "", json.loads(piece.brief or "{}")


def folder(client: Segno, piece: Piece) -> Path:
    """Where the piece's files are."""
    return client.pieces / piece.folder


async def remove(client: Segno, folders: Iterable[str]) -> None:
    """Delete piece folders from disk."""
    await asyncio.to_thread(remove_folders, client.pieces, folders)


def keep(db: Database, job: Job, result: Mapping[str, Any]) -> None:
    """Put a job's pieces on the shelf; runs in the transaction that finishes the job."""
    if job.kind in ("export", "hear", "listening") or "misfits" in result:
        return
    if job.kind == "learn":
        styles.save(db, **row_of(result["learned"], job.user_id), now=job.created)
        return
    words = vocabulary.load()
    for clip in result["clips"]:
        facts = clip["facts"]
        saved = json.loads((Path(clip["folder"]) / "piece.json").read_text(encoding="utf-8"))
        moods = list(facts.get("moods") or ())
        found = [words.styles.find(str(facts["style"])), *map(words.moods.find, moods)]
        names = [name for entry in found if entry for name in entry.names.values()]
        piece = Piece(
            id=clip["piece_id"],
            owner_id=job.user_id,
            guild_id=job.guild_id,
            channel_id=job.channel_id,
            message_id=None,
            title=str(facts["title"]),
            style=str(facts["style"]),
            mood=", ".join(moods),
            key=str(facts["key"]),
            seconds=float(facts["seconds"]),
            brief=json.dumps(saved["brief"], ensure_ascii=False),
            plan=json.dumps(saved["plan"], ensure_ascii=False),
            folder=Path(clip["folder"]).name,
            parent=saved["lineage"]["parent"],
            job_id=job.id,
            created=job.created,
        )
        if pieces.save(db, piece, words=" ".join(names)):
            piece_deeds.made(db, piece, job.created)


def clip_of(folder: Path) -> dict[str, Any]:
    """A finished piece read from its folder, as a worker's result describes it.

    Raises
    ------
    Refusal
        When the files are gone.
    """
    try:
        saved = json.loads((folder / "piece.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(GONE) from None
    files = {kind: str(path) for kind, path in files_in(folder).items()}
    return {"piece_id": saved["id"], "folder": str(folder), "files": files, "facts": saved["facts"]}


def attach(
    clips: Sequence[Mapping[str, Any]], kinds: Sequence[str], limit: int, locale: str
) -> tuple[list[discord.File], list[str]]:
    """Files of these kinds that Discord takes here, and a line for each that it does not.

    `limit` is bytes for one file; the whole message is held under `MOST_BYTES`. Reads megabytes:
    call it on a thread.
    """
    files: list[discord.File] = []
    missing: list[str] = []
    room = MOST_BYTES
    for number, clip in enumerate(clips, 1):
        for kind in kinds:
            path = Path(clip["files"].get(kind, ""))
            if not path.is_file():
                continue
            size = path.stat().st_size
            if size > min(limit, room):
                missing.append(
                    wording.too_big(kind, size, limit, locale)
                    if size > limit
                    else wording.no_room(kind, size, locale)
                )
                continue
            room -= size
            files.append(
                discord.File(
                    io.BytesIO(path.read_bytes()),
                    filename=_name(clip, path, number, len(clips)),
                )
            )
    return files[:10], missing


def _name(clip: Mapping[str, Any], path: Path, number: int, of: int) -> str:
    """A file name that says what it is: letters and digits of the title, the id, what it holds."""
    title = str(clip["facts"].get("title") or "")
    slug = "-".join(
        "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower()).split()
    )
    take = f"{number}-" if of > 1 else ""
    what = "" if path.stem == "piece" or ".own." in path.name else f"-{path.stem}"
    return f"{take}{slug[:40] or 'segno'}-{clip['piece_id'][:8]}{what}{path.suffix}"
