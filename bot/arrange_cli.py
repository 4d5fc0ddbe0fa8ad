"""`python -m bot arrange`, `edit` and `hear`: bands, players and recordings without Discord.

In: a file of notes, a recording, or the folder of a finished piece. Out: the files of `compose` in
--out; `hear` prints what was heard and draws it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.domain import Arrangement, Request
from models.errors import Refusal

Music = Annotated[
    Path, typer.Argument(help="MIDI, MusicXML, ABC, a recording, or the folder of a piece.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.")]
Seed = Annotated[int | None, typer.Option(help="Same music, same seed, same result.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
Key = Annotated[str | None, typer.Option(help="Of a recording: the key that is meant.")]
Tempo = Annotated[float | None, typer.Option(help="Of a recording: quarter notes per minute.")]
Meter = Annotated[str | None, typer.Option(help="Of a recording: 4/4, 3/4, 6/8 or 2/4.")]


def arrange(
    music: Music,
    style: Annotated[str | None, typer.Option(help="Such as swing.")] = None,
    ensemble: Annotated[str | None, typer.Option(help="Such as string quartet.")] = None,
    instrument: Annotated[list[str] | None, typer.Option(help="Again for more.")] = None,
    keep: Annotated[
        str, typer.Option(help="Of a file: tune, drums, bass, rhythm or everything.")
    ] = "tune",
    like: Annotated[
        Path | None, typer.Option(help="A file or piece whose accompaniment is the model.")
    ] = None,
    key: Key = None,
    tempo: Tempo = None,
    meter: Meter = None,
    notes: Annotated[str, typer.Option(help="Of a recording: the notes, as hear prints.")] = "",
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Write a band or an ensemble for a tune, a rhythm, a recording or a finished piece."""
    from bot import arrange_ask

    if keep not in arrange_ask.KEEPS:
        raise Refusal(
            "I keep {choices}; I cannot read “{text}”.",
            choices=", ".join(arrange_ask.KEEPS),
            text=keep[:20],
        )
    asked = arrange_ask.arrangement(
        style, ensemble, ", ".join(instrument or ()), keep, key, tempo, meter
    )
    asked = replace(asked, source=_place(music), title=_title(music), notes=notes)
    if like is not None:
        asked = replace(asked, like=_place(like), like_title=_named(like))
    _do(asked, out, seed, as_json)


def edit(
    piece: Annotated[Path, typer.Argument(help="Folder of a finished piece.")],
    what: Annotated[str, typer.Argument(help="add, replace, mute or reroll.")],
    part: Annotated[str | None, typer.Option(help="Which part, such as drums or Piano.")] = None,
    instrument: Annotated[str | None, typer.Option(help="Such as cello.")] = None,
    bars: Annotated[str | None, typer.Option(help='5-8, or a section: "verse 2".')] = None,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Change the players of a finished piece; the others keep every note."""
    from bot import arrange_ask
    from bot.piece import PieceFile

    act = next((a for a in arrange_ask.WHAT_CHOICES if a == what), None)
    if act is None:
        raise Refusal(
            "An edit is one of {choices}; I cannot read “{text}”.",
            choices=", ".join(arrange_ask.WHAT_CHOICES),
            text=what[:20],
        )
    place = _place(piece)
    if not piece.is_dir():
        raise Refusal("I can change the players of a piece of mine; arrange your file first.")
    plan = PieceFile.load(piece).plan
    asked = arrange_ask.edit(act, plan, part=part, instrument=instrument, where=bars)
    _do(replace(asked, source=place), out, seed, as_json)


def hear(
    file: Annotated[Path, typer.Argument(help="A recording: .wav, .mp3, .ogg or .flac.")],
    key: Key = None,
    tempo: Tempo = None,
    meter: Meter = None,
    out: Out = Path("out"),
    as_json: AsJson = False,
) -> None:
    """Write down a hum, a whistle or a played line: its notes, key, tempo and meter."""
    from bot import arrange_ask, hearing
    from bot.studio import quiet
    from bot.terminal import open_folder

    asked = arrange_ask.arrangement(key=key, tempo=tempo, meter=meter)
    asked = replace(asked, source=_place(file), title=_title(file))
    open_folder(out)
    heard = hearing.show(asked, file, out / "heard.png", "en", quiet)
    if as_json:
        typer.echo(json.dumps({"heard": heard}, ensure_ascii=False))
        return
    typer.echo(f"{heard['title']}: {heard['count']} notes, {heard['bars']} bars")
    typer.echo(
        f"{heard['key']} · {heard['tempo']:g} bpm · {heard['meter']} · {heard['sure']} % sure"
    )
    typer.echo(heard["notes"])
    typer.echo(f"  {heard['picture']}")


def _place(path: Path) -> str:
    """A file or a piece's folder, as an `Arrangement` names it; what is no music is refused."""
    from bot.intake import AUDIO, SCORES
    from bot.terminal import check_music, check_piece

    if path.is_dir():
        check_piece(path)
    else:
        check_music(path, (*SCORES, *AUDIO))
    return str(path.resolve())


def _title(path: Path) -> str:
    """What a file is called; a piece has its own title."""
    return "" if path.is_dir() else path.stem


def _named(path: Path) -> str:
    """What a file or a piece is called."""
    from bot.piece import PieceFile

    return PieceFile.load(path).plan.title if path.is_dir() else path.stem


def _do(asked: Arrangement, out: Path, seed: int | None, as_json: bool) -> None:
    """Load the models and do it."""
    from bot import arranging
    from bot.terminal import make_drafts
    from models.planner.bounds import SECONDS

    request = Request("arrange", arrangement=replace(asked, longest=SECONDS[1]))

    def drafts(studio: Any, seed: int) -> list[Any]:
        makers = arranging.Makers(studio.composer, studio.arranger)
        return [arranging.draft(request, seed, out, makers)]

    make_drafts(request, drafts, out, seed, as_json)
