"""What a worker process runs: a stored request in, a stored result out, both JSON.

The studio (models, soundfont) is opened once per process and kept; everything else is a value.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot import arranging, hearing
from bot.domain import OnProgress, Request
from bot.studio import Studio, clip_to_json
from bot.styles import learn
from bot.taste import importing
from bot.writing import Misfits

_REQUEST = TypeAdapter(Request)


class _Process:
    """What lives as long as this worker process."""

    studio: Studio | None = None


def open_studio(
    soundfont: str | None = None, threads: int = 1, lyrics_model: str | None = None
) -> Studio:
    """Load the models of this process, once; arguments as `Studio.open`, `threads` for torch."""
    if _Process.studio is None:
        found = Path(soundfont) if soundfont else None
        _Process.studio = Studio.open(found, threads, lyrics_model)
    return _Process.studio


def request_to_json(request: Request) -> str:
    """A request as the job table keeps it."""
    return _REQUEST.dump_json(request).decode()


def request_from_json(text: str) -> Request:
    """The inverse of `request_to_json`.

    Raises
    ------
    pydantic.ValidationError
        When the text is not a request.
    """
    return _REQUEST.validate_json(text)


def execute(request_json: str, seed: int, out_dir: str, on_progress: OnProgress) -> str:
    """Make what a stored request asks for; `out_dir` is the folder that holds all pieces.

    Returns JSON `{"clips": [...]}`, `{"learned": {...}}` (see `bot.styles.learn`), `{"heard":
    {...}}` (see `bot.hearing.show`), `{"listening": {...}}` (see `bot.taste.importing.read`) or,
    where a person's own words do not fit their melody,
    `{"misfits": {"problems": [...], "text": ...}}`; the same arguments give the same pieces.

    Raises
    ------
    Refusal
        When it cannot be made, with what to do instead.
    """
    request = request_from_json(request_json)
    if request.kind == "listening":
        counted = importing.read(request, Path(out_dir).parent, on_progress)
        return json.dumps({"listening": counted}, ensure_ascii=False)
    studio = open_studio()
    if request.kind == "learn":
        learned = learn(request, Path(out_dir).parent, studio.composer, on_progress)
        return json.dumps({"learned": learned}, ensure_ascii=False)
    if request.kind == "hear":
        return json.dumps({"heard": _hear(request, Path(out_dir), on_progress)}, ensure_ascii=False)
    try:
        clips = studio.make(request, seed, Path(out_dir), on_progress)
    except Misfits as misfits:
        found = {"problems": misfits.problems, "text": misfits.text}
        return json.dumps({"misfits": found}, ensure_ascii=False)
    return json.dumps({"clips": [clip_to_json(c) for c in clips]}, ensure_ascii=False)


def _hear(request: Request, pieces: Path, on_progress: OnProgress) -> dict[str, Any]:
    """Listen to the recording of a request."""
    asked = request.arrangement
    if asked is None:
        raise ValueError("hearing needs a recording")
    path = arranging.home_of(asked.source, pieces)
    return hearing.show(asked, path, hearing.picture_of(path), request.locale, on_progress)
