"""The command line, `python -m bot`: run, say, compose, rework, bench, doctor, train, backup, ...

In: words on a terminal. Out: files, tables, JSON for scripts; these commands are a public
interface. Heavy imports happen inside the commands, so that `--help` and the bot start at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.arrange_cli import arrange, edit, hear
from bot.export_cli import export
from bot.lyrics_cli import lyrics, song
from bot.rework_cli import rework_app
from bot.style_cli import style_app
from bot.taste_cli import taste_app
from models.errors import Refusal

app = typer.Typer(
    help="Segno makes music with people: in Discord, and from here.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
train_app = typer.Typer(help="Rebuild a shipped weight from raw data.", no_args_is_help=True)
app.command()(export)
app.command()(arrange)
app.command()(edit)
app.command()(hear)
app.command()(lyrics)
app.command()(song)
app.add_typer(train_app, name="train")
app.add_typer(rework_app, name="rework")
app.add_typer(style_app, name="style")
app.add_typer(taste_app, name="taste")

Out = Annotated[Path, typer.Option("--out", help="Folder for the files.")]
Data = Annotated[Path, typer.Option("--data", help="Folder of the data sets.")]
Worn = Annotated[str | None, typer.Option("--style", help="A style learned with style learn.")]
Held = Literal["validation", "test"]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]


@app.command()
def run() -> None:
    """Run the bot: on Discord with DISCORD_TOKEN set, else on a local page on 127.0.0.1."""
    from bot.app import main as run_bot
    from bot.settings import Settings

    run_bot(Settings())


@app.command()
def say(
    text: Annotated[str, typer.Argument(help='What you want, e.g. "a wistful waltz in D minor".')],
    out: Out = Path("out"),
    seed: Annotated[int | None, typer.Option(help="Same words, same seed, same piece.")] = None,
    style: Worn = None,
    as_json: AsJson = False,
) -> None:
    """Make what TEXT asks for, in English or Chinese, and write the files into --out."""
    from bot.terminal import make_from_text

    make_from_text(text, out, seed, as_json, style)


@app.command()
def chat() -> None:
    """Talk with Segno here: it remembers the piece on the table from one line to the next."""
    import asyncio

    from bot.conversation.terminal import chat as talk
    from bot.settings import Settings

    asyncio.run(talk(Settings()))


@app.command()
def compose(
    brief: Annotated[Path, typer.Option("--brief", help="JSON file; every field is optional.")],
    out: Out = Path("out"),
    style: Worn = None,
    as_json: AsJson = False,
) -> None:
    """Make exactly what a brief file states."""
    from bot.terminal import make_from_file

    make_from_file(brief, out, as_json, style)


@app.command()
def bench(
    name: Annotated[
        str, typer.Argument(help="control, speed, loudness, crash, composer, arranger, ...")
    ],
    as_json: AsJson = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer cases.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the data sets.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", "--part", help="composer, arranger, lyricist, recommender: parts."),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="composer: melodies of the weight before (JSON).")
    ] = None,
    unconditional: Annotated[
        Path | None, typer.Option(help="composer: weight of the network that is told nothing.")
    ] = None,
    tunes: Annotated[int | None, typer.Option(min=1, help="arranger: how many tunes.")] = None,
    files: Annotated[int | None, typer.Option(min=1, help="intake: files of each kind.")] = None,
    split: Annotated[
        Held,
        typer.Option(help="lyricist, recommender: validation is for tuning, test for the table."),
    ] = "test",
    limit: Annotated[int | None, typer.Option(min=3, help="lyricist: melodies in all.")] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="lyricist: write a sheet for blind judging here.")
    ] = None,
) -> None:
    """Measure, and print a table with its cases, seed and comparison."""
    from bot.bench.options import Options
    from bot.bench.registry import run_bench
    from bot.terminal import print_table

    parts = tuple(part for each in only or () for part in each.split(","))
    options = Options(parts, previous, unconditional, tunes, files, split, limit, sheet)
    table = run_bench(name, quick=quick, data=data, options=options)
    if as_json:
        _print_json(table.to_json())
    else:
        print_table(table)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the installation and say what is missing."""
    from bot.doctor import examine
    from bot.settings import Settings
    from bot.terminal import print_findings

    findings = examine(Settings())
    if as_json:
        _print_json({"findings": [finding.to_json() for finding in findings]})
    else:
        print_findings(findings)
    if not all(finding.ok for finding in findings if finding.needed):
        raise typer.Exit(1)


@train_app.command("composer")
def train_composer(
    data: Data,
    out: Annotated[Path, typer.Option(help="Checkpoints and weight.")] = Path("out/composer"),
    cache: Annotated[Path, typer.Option(help="Parsed data.")] = Path(".cache/composer"),
    minutes: Annotated[float | None, typer.Option(help="Wall clock; default: all steps.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Another recipe (TOML).")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = True,
    publish: Annotated[bool, typer.Option("--publish", help="Ship the weight when done.")] = False,
    search: Annotated[int, typer.Option(help="Try so many recipes of --minutes each.")] = 0,
) -> None:
    """Train the melody writer (Transformer-VAE) from raw files to its weight."""
    import logging

    from models import hub
    from models.composer.train import RECIPE, train

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if search:
        from models.composer.search import as_table
        from models.composer.search import search as try_recipes

        typer.echo(as_table(try_recipes(data, cache, out, search, minutes or 10)))
        return
    weight = train(data, cache, out, recipe or RECIPE, minutes, resume)
    typer.echo(str(weight))
    if publish:
        from models.composer.adapting.replay import PATH

        hub.publish("composer", weight, "Apache-2.0", "models/composer/train.py; see MODEL_CARD.md")
        PATH.write_bytes((out / PATH.name).read_bytes())


@train_app.command("arranger")
def train_arranger(
    data: Data,
    out: Annotated[Path, typer.Option(help="Checkpoints and weight.")] = Path("out/arranger"),
    cache: Annotated[Path, typer.Option(help="Bands, parsed and rendered.")] = Path(
        ".cache/arranger"
    ),
    minutes: Annotated[float | None, typer.Option(help="Wall clock; default: all steps.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Another recipe (TOML).")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = True,
    publish: Annotated[bool, typer.Option("--publish", help="Ship the weight when done.")] = False,
) -> None:
    """Train the arranger (dilated CNN and GRU) from raw files and MMA's renders to its weight."""
    import logging

    from models import hub
    from models.arranger.train import RECIPE, train

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    weight = train(data, cache, out, recipe or RECIPE, minutes, resume)
    typer.echo(str(weight))
    if publish:
        hub.publish("arranger", weight, "Apache-2.0", "models/arranger/train.py; see MODEL_CARD.md")


@train_app.command("lyricist")
def train_lyricist(
    data: Data,
    out: Annotated[Path | None, typer.Option(help="Checkpoints and weight.")] = None,
    cache: Annotated[Path, typer.Option(help="Labelled texts.")] = Path(".cache/lyricist"),
    language: Annotated[str, typer.Option(help="en (an adapter) or zh (a small model).")] = "en",
    publish: Annotated[bool, typer.Option("--publish", help="Ship the weight when done.")] = False,
) -> None:
    """Train the writer of words: an adapter of SmolLM2 on verse, or the Chinese character model."""
    import logging

    from bot.lyrics_cli import train

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    typer.echo(str(train(data, out, cache, language, publish)))


@train_app.command("listener")
def train_listener(
    data: Data,
    out: Annotated[Path, typer.Option(help="Checkpoints and weight.")] = Path("out/listener"),
    task: Annotated[str, typer.Option(help="requests, snips or artists.")] = "requests",
    recipe: Annotated[Path | None, typer.Option(help="Else the one beside the module.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from a checkpoint in --out.")] = True,
    publish: Annotated[bool, typer.Option("--publish", help="Ship the weight when done.")] = False,
) -> None:
    """Train what understands messages: an adapter of MiniLM with heads for intents and slots."""
    import logging

    from models.listener.training_run import run

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    typer.echo(str(run(task, data, out, recipe, resume, publish)))


@train_app.command("harmony")
def train_harmony(
    data: Data,
    out: Annotated[Path, typer.Option(help="File.")] = Path("models/planner/harmony.json.gz"),
) -> None:
    """Count chord progressions by style for the planner."""
    from models.planner.learn import rebuild

    typer.echo(rebuild(data, out))


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="composer, arranger, lyricist or harmony")],
    data: Data,
    as_json: AsJson = False,
) -> None:
    """Measure a shipped weight on held-out test pieces."""
    bench(model, as_json=as_json, data=data)


@app.command()
def gallery(
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files.")] = None,
    songs: Annotated[bool, typer.Option("--songs", help="The 20 songs with words.")] = False,
) -> None:
    """Make the gallery again: twelve pieces, one tune in twelve styles, pictures, the sheet."""
    from bot import gallery as pieces
    from bot import gallery_songs

    if songs:
        gallery_songs.rebuild(out or Path("docs/gallery/songs"), typer.echo)
    else:
        pieces.rebuild(out or Path("docs/gallery"), typer.echo)


@app.command()
def transcripts(
    out: Out = Path("docs/sessions"),
    only: Annotated[list[str] | None, typer.Option(help="Talks by number or name.")] = None,
) -> None:
    """Hold five talks with everything real, and write down every answer unedited."""
    from bot.transcripts import write

    write(out, typer.echo, only or ())


@app.command()
def backup(to: Annotated[Path | None, typer.Option(help="File to write.")] = None) -> None:
    """Copy the database safely while the bot runs, and check the copy."""
    from bot.settings import Settings
    from bot.upkeep import back_up

    typer.echo(str(back_up(Settings(), to)))


@app.command()
def forget(user_id: Annotated[int, typer.Argument(help="Discord user id.")]) -> None:
    """Delete everything stored about a person: rows and files."""
    from bot.settings import Settings
    from bot.upkeep import forget_user

    typer.echo(f"Deleted: {forget_user(Settings(), user_id)}")


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def main() -> None:
    """Run a command; a refusal is one line on standard error and exit code 2."""
    try:
        app()
    except Refusal as refusal:
        if "--json" in sys.argv:
            _print_json({"error": str(refusal)})
        typer.echo(str(refusal), err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
