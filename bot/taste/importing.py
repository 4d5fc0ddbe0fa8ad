"""A person's own export as a job: taken in, read in a worker, stored after it, told about.

In: an attachment and a scope. Out: rows of listening. The worker writes what it counted beside the
upload and deletes the upload at once: from then on addresses and user names exist nowhere here.
The answer stores these rows in portions, so that nobody waits long for the database, and deletes
them. Every step may be done again after a crash: rows have their keys, and files their places.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot.domain import OnProgress, Progress, Request
from bot.i18n import translate
from bot.intake import UPLOADS, Sent
from bot.taste import imports
from models.errors import Refusal
from models.listening.aggregate import DAY, History, Track
from models.listening.values import Skip
from storage import consent
from storage.db import DbThread
from storage.jobs import Job

log = logging.getLogger(__name__)

#: What an export may be called.
SUFFIXES = (".zip", ".csv", ".json", ".jsonl")
#: Seconds to fetch an export from Discord: the person has been answered by then.
FETCH_SECONDS = 120.0
_ROWS = ".own.plays.jsonl"
#: Rows of one transaction (a track without days counts as one).
_PORTION = 1500
_TRACK = TypeAdapter(Track)

GONE = "I do not have that file any more; please send it again."
WRONG = "“{name}” is no export; send a .zip, .csv or .json file, as you downloaded it."
TOO_LARGE = "“{name}” is larger than the {most} MB I take; send a part of it."
LATE = "Discord did not hand me “{name}” in time; please try again."
STORED = (
    "**{plays} plays** of {tracks} tracks by {artists} artists, {first} to {last}, now count "
    "{where}. The file is deleted; I kept no more than how often you played what on which day."
)
WITHDRAWN = "I kept nothing of this file: you have paused or taken back your agreement meanwhile."
RATED = "{count} of them came with a rating of yours."
LEFT_OUT = "Left out: {reasons}."
SKIP_CHOICES: Mapping[Skip, str] = {
    "short": "{count} too short to count",
    "private": "{count} from private sessions",
    "spoken": "{count} podcasts, books or videos",
    "nameless": "{count} without an artist or a title",
    "date": "{count} with an impossible date",
    "twice": "{count} that were there twice",
    "damaged": "{count} damaged entries",
}


# --- taken in ------------------------------------------------------------------------------------


async def take_in(sent: Sent, owner_id: int, data_dir: Path, most_mb: int, nonce: str) -> str:
    """Fetch an export and store it; returns its path relative to the data folder.

    `nonce` (the interaction's id) makes the copy this job's own, which deletes it.

    Raises
    ------
    Refusal
        When it is called like no export, too large, or does not arrive in time.
    """
    name = sent.filename[:60]
    suffix = Path(sent.filename).suffix.lower()
    if suffix not in SUFFIXES:
        raise Refusal(WRONG, name=name)
    if sent.size > most_mb << 20:  # before anything is fetched
        raise Refusal(TOO_LARGE, name=name, most=most_mb)
    try:
        data = await asyncio.wait_for(sent.read(), FETCH_SECONDS)
    except TimeoutError:
        raise Refusal(LATE, name=name) from None
    if len(data) > most_mb << 20:
        raise Refusal(TOO_LARGE, name=name, most=most_mb)
    path = Path(UPLOADS, str(owner_id), f"export-{nonce}{suffix}")
    await asyncio.to_thread(_put, data_dir / path, data)
    return path.as_posix()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def discard(source: str, data_dir: Path) -> None:
    """Delete an upload and what was read of it."""
    path = data_dir / source
    for file in (path, path.with_suffix(".part"), _rows_of(path)):
        file.unlink(missing_ok=True)


# --- read, in a worker ---------------------------------------------------------------------------


def read(request: Request, data_dir: Path, on_progress: OnProgress) -> dict[str, Any]:
    """Read an export, put its rows beside it and delete it; the same file gives the same rows.

    Returns JSON values: `rows` (a path relative to the data folder), service, plays, tracks,
    artists, ratings, first and last (days since 1970-01-01), skipped, notes.

    Raises
    ------
    Refusal
        When it is no export, damaged, too large or not to be believed; it is deleted then, too.
    """
    asked = request.listening
    if asked is None:
        raise ValueError("a request to import has a file")
    path = data_dir / asked.source
    rows = _rows_of(path)
    on_progress(Progress(1, 2, "reading your listening history"))
    if not rows.is_file():  # else the job was interrupted after it had read
        if not path.is_file():
            raise Refusal(GONE)
        try:
            history = imports.read(path, asked.title, asked.now)
        except Refusal:
            discard(asked.source, data_dir)
            raise
        on_progress(Progress(2, 2, "counting plays by day"))
        _write(rows, history)
    path.unlink(missing_ok=True)
    with rows.open(encoding="utf-8") as file:
        figures: dict[str, Any] = json.loads(file.readline())
    return {**figures, "rows": rows.relative_to(data_dir).as_posix()}


def _rows_of(path: Path) -> Path:
    return path.with_name(path.stem + _ROWS)


def _write(rows: Path, history: History) -> None:
    """A line of figures, then a line for each track."""
    figures = {
        "service": history.service,
        "plays": history.plays,
        "tracks": len(history.tracks),
        "artists": history.artists,
        "ratings": sum(track.rating != 0 for track in history.tracks),
        "first": history.first,
        "last": history.last,
        "skipped": dict(history.skipped),
        "notes": [{"template": template, "values": dict(v)} for template, v in history.notes],
    }
    part = rows.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        for line in (figures, *map(asdict, history.tracks)):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    part.replace(rows)


# --- stored and told, in the bot -----------------------------------------------------------------


async def store(db: DbThread, data_dir: Path, job: Job, result: Mapping[str, Any]) -> bool:
    """Store what the worker counted, in portions, and delete its file; False without consent.

    Called again it stores the same rows again, or none when they are stored.
    """
    file = data_dir / result["rows"]
    agreed = await db.run(consent.scope, job.user_id, "listening", job.guild_id) is not None
    if agreed and file.is_file():
        lines = _portions(file)
        while (portion := await asyncio.to_thread(next, lines, None)) is not None:
            await db.run(
                imports.store, job.user_id, job.guild_id or 0, result["service"], portion,
                job.created,
            )  # fmt: skip
    await asyncio.to_thread(file.unlink, missing_ok=True)
    return agreed


def _portions(rows: Path) -> Iterator[list[Track]]:
    with rows.open(encoding="utf-8") as file:
        file.readline()  # the figures
        yield from _joined(_TRACK.validate_json(line) for line in file)


def _joined(tracks: Iterable[Track]) -> Iterator[list[Track]]:
    held: list[Track] = []
    size = 0
    for track in tracks:
        held.append(track)
        size += max(1, len(track.days))
        if size >= _PORTION:
            yield held
            held, size = [], 0
    if held:
        yield held


def told(result: Mapping[str, Any], *, everywhere: bool, kept: bool, locale: str) -> str:
    """What a person is told about their import."""
    if not kept:
        return translate(WITHDRAWN, locale)
    where = "everywhere" if everywhere else "in this server"
    years = [_year(result["first"]), _year(result["last"])]
    counts = {name: f"{result[name]:,}" for name in ("plays", "tracks", "artists")}
    lines = [
        translate(STORED, locale, **counts, first=years[0], last=years[1],
                  where=translate(where, locale))
    ]  # fmt: skip
    if result["ratings"]:
        lines.append(translate(RATED, locale, count=result["ratings"]))
    if result["skipped"]:
        reasons = [
            translate(SKIP_CHOICES[why], locale, count=f"{count:,}")
            for why, count in result["skipped"].items()
        ]
        lines.append(translate(LEFT_OUT, locale, reasons=translate(", ", locale).join(reasons)))
    lines += [translate(note["template"], locale, **note["values"]) for note in result["notes"][:3]]
    return "\n".join(lines)


def _year(day: int) -> int:
    return datetime.fromtimestamp(day * DAY, UTC).year
