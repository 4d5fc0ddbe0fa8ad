"""`python -m bot style`: styles learned from files on this machine, with training.

In: MIDI, MusicXML or text files and a name. Out: a style in the database, for `--style NAME` here,
or for the person in Discord whom `--for` names. These files did not come through Discord, so its
policy says nothing about training on them.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.wardrobe import NOTHING, TERMINAL

style_app = typer.Typer(help="Learn styles from your own files.", no_args_is_help=True)

Owner = Annotated[int, typer.Option("--for", help="Discord user id of the style's owner.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]


@style_app.command()
def learn(
    name: Annotated[str, typer.Option(help="A style you have gets the files added.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="1 to 20 MIDI, MusicXML or text (.txt) files.")
    ] = None,
    vector_only: Annotated[bool, typer.Option("--vector-only", help="Train nothing.")] = False,
    owner: Owner = TERMINAL,
    as_json: AsJson = False,
) -> None:
    """Learn a style from FILES; without any, learn one you have again (for a new weight)."""
    from bot import style_words, wardrobe
    from bot.domain import Lesson, Request
    from bot.settings import Settings
    from bot.upkeep import opened
    from models.errors import Refusal
    from storage import styles

    settings, name = Settings(), wardrobe.named(name)
    with opened(settings) as db:
        earlier = styles.own(db, owner, name)
    if earlier is None and not files:
        raise Refusal("Name the files to learn from: 1 to 20 in MIDI, MusicXML or plain text.")
    files, refused = _checked(files or [])
    from_discord = earlier is not None and bool(json.loads(earlier.report).get("discord"))
    allowed = settings.train_on_discord_files or not from_discord
    lesson = Lesson(
        earlier.name if earlier else name,
        f"{owner}/{secrets.token_hex(8)}",
        tuple(str(file.resolve()) for file in files),
        tuple(file.name for file in files),
        earlier.folder if earlier else None,
        allowed and not vector_only,
    )
    learned = _learned(Request("learn", lesson=lesson), settings, as_json)
    learned["skipped"] = [*refused, *learned["skipped"]]
    with opened(settings) as db:
        styles.save(db, **wardrobe.row_of(learned, owner), now=time.time())
    if earlier and owner == TERMINAL:  # no job waits to compose in it
        wardrobe.remove(settings.data_dir, earlier.folder)
    why = style_words.AS_ASKED if vector_only else style_words.FROM_DISCORD
    then = style_words.WEAR_IT if owner == TERMINAL else style_words.USE_IT
    typer.echo(
        json.dumps(learned, ensure_ascii=False)
        if as_json
        else style_words.learned(learned, {}, untrained=why, then=then, quote=_cut)
    )


@style_app.command("list")
def list_(owner: Owner = TERMINAL, as_json: AsJson = False) -> None:
    """Show the styles learned here."""
    from dataclasses import asdict

    from bot import style_words
    from bot.settings import Settings
    from bot.upkeep import opened
    from storage import styles

    with opened(Settings()) as db:
        found = styles.of(db, owner)
    if as_json:
        rows = [asdict(style) | {"report": json.loads(style.report)} for style in found]
        typer.echo(json.dumps({"styles": rows}, ensure_ascii=False, indent=1))
        return
    for style in found:
        kind = style_words.KIND_CHOICES[style.kind]
        report = json.loads(style.report)
        about = style_words.described(report)
        count = style_words.counted(report, style.pieces)
        typer.echo(" · ".join(filter(None, (style.name, count, kind, about))))
    if not found:
        typer.echo("No styles yet: python -m bot style learn FILES --name NAME")


@style_app.command()
def forget(name: Annotated[str, typer.Argument(help="Its name.")], owner: Owner = TERMINAL) -> None:
    """Delete a style, its files and what it was learned from."""
    from bot import wardrobe
    from bot.settings import Settings
    from bot.upkeep import opened
    from storage import styles

    settings = Settings()
    with opened(settings) as db:
        style = wardrobe.require(db, name, owner)
        styles.delete(db, style.id, owner)
    wardrobe.remove(settings.data_dir, style.folder)
    typer.echo(f"Deleted: {style.name}")


def _checked(files: list[Path]) -> tuple[list[Path], list[str]]:
    """The files that may be music or words, and a line for each other, before models load."""
    from bot import style_texts
    from bot.terminal import check_music
    from models.errors import Refusal

    music, refused = list[Path](), list[str]()
    for file in files:
        try:
            if style_texts.is_text(file.name) and file.is_file():
                style_texts.read(file.read_bytes(), file.name)
            else:
                check_music(file)
            music.append(file)
        except Refusal as refusal:
            refused.append(str(refusal))
    if refused and not music:
        raise Refusal(NOTHING, reasons=" ".join(refused))
    return music, refused


def _cut(text: str, length: int) -> str:
    return text[:length]


def _learned(request: Any, settings: Any, as_json: bool) -> dict[str, Any]:
    """Load the composer and learn, with a progress bar for people."""
    import torch

    from bot.domain import Progress
    from bot.styles import learn
    from bot.terminal import progress_bar
    from models.composer.generate import load_composer

    torch.set_num_threads(settings.threads_per_worker)
    composer = load_composer()
    quiet: Callable[[Progress], None] = lambda _: None  # noqa: E731
    with nullcontext(quiet) if as_json else progress_bar("reading the pieces") as show:
        return learn(request, settings.data_dir, composer, show)
