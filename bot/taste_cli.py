"""`python -m bot taste`: the recommender for whoever sits at this machine, without Discord.

In: words of our vocabulary, and exports of one's own listening. Out: suggestions with reasons, and
what is known. The person here is number 0; what they say stays in the database on this machine, and
`python -m bot forget 0` deletes it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.wardrobe import TERMINAL

if TYPE_CHECKING:
    from bot.taste.engine import Taste
    from bot.taste.values import Note
    from models.planner.brief import Brief

T = TypeVar("T")
taste_app = typer.Typer(help="Recommendations for whoever is here.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
UNKNOWN_KIND = "I recommend {kinds}; “{name}” is none of them."
UNKNOWN_WORD = (
    "I know no style, mood or instrument “{name}”; python -m bot taste recommend styles shows some."
)
NOTHING = "I know none to suggest yet: python -m bot taste listen FILE reads an export of yours."


@taste_app.command()
def declare(
    words: Annotated[list[str], typer.Argument(help="Styles, moods, instruments you like.")],
) -> None:
    """Say what you like, in place of what you said before."""
    named = _named(words)
    _run(lambda taste: taste.declare(TERMINAL, 0, *named), keep=True)
    count = sum(len(side) for side in named)
    typer.echo(f"Kept: {count} words. Forget them with: python -m bot forget {TERMINAL}")


@taste_app.command()
def listen(
    file: Annotated[Path, typer.Argument(help="A Spotify, ListenBrainz, Last.fm or Apple export.")],
) -> None:
    """Read an export of your own listening."""
    from bot.taste import imports
    from bot.terminal import MISSING
    from models.errors import Refusal

    if not file.is_file():
        raise Refusal(MISSING, name=file.name)
    now = time.time()
    history = imports.read(file, file.name, now)

    async def store(taste: Taste) -> int:
        new = 0
        for tracks in imports.portions(history):
            new += await taste.db.run(imports.store, TERMINAL, 0, history.service, tracks, now)
        await taste.refit_if_due()
        return new

    new = _run(store, keep=True)
    typer.echo(
        f"{history.plays} plays of {len(history.tracks)} tracks by {history.artists} artists; "
        f"{new} days of tracks are new."
    )


@taste_app.command()
def recommend(
    what: Annotated[str, typer.Argument(help="styles, moods, instruments, progressions, ...")],
    count: Annotated[int, typer.Option(min=1, max=25)] = 5,
    seed: Annotated[int | None, typer.Option(help="The same wildcard again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Suggest five of a kind, each with its reason."""
    from bot.taste.values import Wish
    from models.errors import Refusal
    from models.recommender.values import KINDS

    kinds = {f"{kind}s": kind for kind in KINDS} | {kind: kind for kind in KINDS}
    if what not in kinds:
        raise Refusal(UNKNOWN_KIND, kinds=", ".join(f"{kind}s" for kind in KINDS), name=what)
    drawn = int(time.time()) if seed is None else seed
    wish = Wish(TERMINAL, 0, kinds[what], count, seed=drawn, policy="personal")
    listing = _run(lambda taste: taste.recommend(wish))
    rows = [
        {
            "kind": s.item.kind,
            "key": s.item.key,
            "title": s.item.title,
            "artist": s.item.artist,
            "reason": s.reason.template.format(**s.reason.values),
            "wildcard": s.wildcard,
            "score": round(s.score, 3),
        }
        for s in listing.suggestions
    ]
    if as_json:
        typer.echo(json.dumps({"suggestions": rows}, ensure_ascii=False, indent=1))
        return
    if not rows:
        raise Refusal(NOTHING)
    for row in rows:
        by = f"{row['artist']} - " if row["artist"] else ""
        typer.echo(f"{by}{row['title']}  ({row['key']})\n    {row['reason']}")


@taste_app.command()
def me(as_json: AsJson = False) -> None:
    """Show what is known of your taste."""
    from dataclasses import asdict

    from models import vocabulary

    profile = _run(lambda taste: taste.profile(TERMINAL, 0))
    if as_json:
        typer.echo(json.dumps(asdict(profile), ensure_ascii=False, indent=1))
        return
    words = vocabulary.load().styles
    for style, share in profile.styles:
        typer.echo(f"{share:5.0%}  {words[style].name()}")
    for named in (*profile.artists, *profile.tracks):
        typer.echo(" - ".join(filter(None, (named.artist, named.title))))
    if not profile.counts:
        typer.echo("Nothing yet: python -m bot taste declare lofi jazz bossa_nova")


@taste_app.command("export-table")
def export_table(folder: Annotated[Path, typer.Argument(help="Where the table goes.")]) -> None:
    """Write everybody's confidences, naming nobody, for a fit on a Spark cluster."""
    from bot.settings import Settings
    from bot.taste import by_spark

    people = by_spark.export(Settings(), folder)
    typer.echo(f"{folder}: {people} people")


@taste_app.command("fit-spark")
def fit_spark() -> None:
    """Fit everybody's factors with Spark on this machine; the bot serves them as its own."""
    from bot.settings import Settings
    from bot.taste import by_spark

    fitted = by_spark.fit(Settings())
    typer.echo(f"{fitted.path}: " + json.dumps(fitted.metrics))


def filled(brief: Brief, seed: int | None, locale: str) -> tuple[Brief, tuple[Note, ...]]:
    """A brief whose open fields are drawn from the taste of whoever is here, and notes on that."""
    return _run(lambda taste: taste.brief_for((TERMINAL,), 0, brief, seed=seed, locale=locale))


def _named(words: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Words sorted into (styles, moods, instruments), as ids."""
    from models import vocabulary
    from models.errors import Refusal

    known = vocabulary.load()
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for word in words:
        entries = (known.styles.find(word), known.moods.find(word), known.instruments.find(word))
        at = next((n for n, entry in enumerate(entries) if entry is not None), None)
        if at is None:
            raise Refusal(UNKNOWN_WORD, name=word)
        entry = entries[at]
        found[at].append(entry.id if entry is not None else word)
    return found


def _run(do: Callable[[Taste], Awaitable[T]], *, keep: bool = False) -> T:
    """Open the recommender on this machine's database, do something with it, close it.

    `keep` says that whoever is here asked to have something kept, which is their consent.
    """
    from bot.settings import Settings

    return asyncio.run(_with_taste(Settings(), do, keep))


async def _with_taste(settings: Any, do: Callable[[Taste], Awaitable[T]], keep: bool) -> T:
    from bot import upkeep
    from bot.taste.engine import Taste
    from storage import consent
    from storage.db import DbThread

    async with DbThread(settings.database, settings.storage_synchronous) as db:
        await db.run(upkeep.forget_again, settings)
        if keep:
            await db.run(consent.grant, TERMINAL, ("listening", "reactions"), 0, time.time())
        taste = Taste(db, settings.taste_dir, database=settings.database, holdout=0.0)
        return await do(taste)
