"""`python -m bot export`: more files of a finished piece.

In: the folder of a piece and what is wanted of it. Out: the files beside the piece, and their paths
on the terminal. Paper (score, parts, lead sheet) and words load neither models nor soundfont.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.files import PAPER, WORDS, files_in, kinds_of
from models.errors import Refusal

FORMATS = ("wav", "stems", "voice", "sung", *PAPER, *WORDS)


def export(
    piece: Annotated[Path, typer.Argument(help="Folder of a finished piece.")] = Path("out"),
    formats: Annotated[
        list[str] | None, typer.Option("--formats", help=f"{', '.join(FORMATS)}; again for more.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Make more files of a finished piece: score, parts and lead sheet on paper, stems, words."""
    from bot.settings import Settings
    from bot.studio import Studio, put_on_paper
    from bot.worded import put_words

    wanted = tuple(name.strip() for text in formats or ["score"] for name in text.split(","))
    unknown = sorted(set(wanted) - set(FORMATS))
    if unknown:
        raise Refusal(
            "I make no file called “{name}”; choose from {choices}.",
            name=unknown[0][:40],
            choices=", ".join(FORMATS),
        )
    if not (piece / "piece.json").exists():
        raise Refusal(
            "The folder “{name}” holds no piece (piece.json); name a file in it.",
            name=piece.resolve().name,
        )
    if set(wanted) <= {*PAPER, *WORDS}:
        put_on_paper(piece, wanted)
        put_words(piece, wanted)
    else:
        settings = Settings()
        studio = Studio.of(settings)
        studio.export(piece, wanted)
    found = files_in(piece)
    made = {kind: str(found[kind]) for kind in kinds_of(wanted) if kind in found}
    if as_json:
        typer.echo(json.dumps({"files": made}, ensure_ascii=False))
    else:
        for path in made.values():
            typer.echo(path)
