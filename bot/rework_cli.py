"""`python -m bot rework`: the uses of the composer on files, one verb each.

In: MIDI or MusicXML files, or folders of finished pieces. Out: the files of `compose`, in --out, or
in its folders 1, 2, ... where there are several results to choose from.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.domain import Request, Use

rework_app = typer.Typer(no_args_is_help=True)

Music = Annotated[Path, typer.Argument(help="MIDI, MusicXML, or the folder of a piece.")]
Other = Annotated[Path, typer.Argument(help="The second one.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.")]
Seed = Annotated[int | None, typer.Option(help="Same music, same seed, same result.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
Percent = Annotated[int | None, typer.Option(min=0, max=100, help="0 to 100.")]


@rework_app.callback()
def in_style(
    context: typer.Context,
    style: Annotated[
        str | None, typer.Option("--style", help="Work in a style learned with style learn.")
    ] = None,
) -> None:
    """Work on music that exists: a MIDI or MusicXML file, or the folder of a piece."""
    context.obj = style


@rework_app.command("continue")
def continue_(
    context: typer.Context,
    file: Music,
    bars: Annotated[int, typer.Option(help="How many bars more.")] = 8,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Go on from where FILE stops."""
    _do(context, "continue", file, out, seed, as_json, bars=str(bars))


@rework_app.command()
def vary(
    context: typer.Context,
    file: Music,
    distance: Annotated[str, typer.Option(help="near, far, or a number from 0 to 1.")] = "near",
    count: Annotated[int, typer.Option(help="How many to choose from.")] = 4,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Make variations that differ from FILE and from each other."""
    _do(context, "vary", file, out, seed, as_json, distance=distance, count=count)


@rework_app.command()
def infill(
    context: typer.Context,
    file: Music,
    bars: Annotated[str, typer.Option(help="First and last bar, from 1: 5-8.")],
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Rewrite some bars and leave the others as they are."""
    _do(context, "infill", file, out, seed, as_json, bars=bars)


@rework_app.command()
def harmonise(
    context: typer.Context,
    file: Music,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Put new chords under the melody."""
    _do(context, "harmonise", file, out, seed, as_json)


@rework_app.command()
def remelodise(
    context: typer.Context,
    file: Music,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Write a new melody over the chords."""
    _do(context, "remelodise", file, out, seed, as_json)


@rework_app.command()
def blend(
    context: typer.Context,
    file: Music,
    other: Other,
    steps: Annotated[int, typer.Option(help="Blends on the way from one to the other.")] = 1,
    share: Annotated[float, typer.Option(help="How much of OTHER, for one step: 0 to 1.")] = 0.5,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Mix two pieces, evenly from one to the other."""
    _do(context, "blend", file, out, seed, as_json, other=other, count=steps, share=share)


@rework_app.command()
def manner(
    context: typer.Context,
    file: Music,
    other: Other,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Play FILE in the manner of OTHER."""
    _do(context, "manner", file, out, seed, as_json, other=other)


@rework_app.command()
def restyle(
    context: typer.Context,
    file: Music,
    style: Annotated[str | None, typer.Option(help="Such as tango.")] = None,
    mood: Annotated[str | None, typer.Option(help="Such as sad.")] = None,
    intensity: Percent = None,
    polyphony: Percent = None,
    register: Percent = None,
    motion: Percent = None,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Make FILE a tango, sadder, busier: a style, a mood, and sliders."""
    _do(
        context, "restyle", file, out, seed, as_json, style=style, mood=mood, intensity=intensity,
        polyphony=polyphony, register=register, motion=motion,
    )  # fmt: skip


@rework_app.command()
def develop(
    context: typer.Context,
    motif: Annotated[
        str, typer.Option(help='Notes "E4 G4 A4 G4 | E4 D4 C4" or scale steps "3 5 6 5".')
    ] = "",
    file: Annotated[Path | None, typer.Option(help="Or a file whose opening is the hook.")] = None,
    brief: Annotated[
        Path | None, typer.Option("--brief", help="JSON file; every field is optional.")
    ] = None,
    out: Out = Path("out"),
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Compose a piece in which a hook returns in every chorus."""
    from bot.agent.motif import HOW, read_motif
    from bot.terminal import read_brief
    from models.errors import Refusal
    from models.planner.brief import Brief
    from models.score import Meter
    from models.theory import Key

    if not motif.strip() and file is None:
        raise Refusal(HOW)
    wanted = read_brief(brief) if brief else Brief()
    if motif.strip():  # a slip of the pen is said before models load
        read_motif(motif, Meter.parse(wanted.meter) if wanted.meter else Meter(), Key("C"))
    seed = wanted.seed if seed is None else seed
    _do(context, "develop", file, out, seed, as_json, brief=wanted, motif=motif.strip())


def _do(
    context: typer.Context,
    use: Use,
    file: Path | None,
    out: Path,
    seed: int | None,
    as_json: bool,
    *,
    other: Path | None = None,
    brief: Any = None,
    **given: Any,
) -> None:
    """Check everything that can be, then load the models and do it."""
    from bot.rework_ask import wish
    from bot.settings import Settings
    from bot.terminal import make_rework, place_of
    from bot.wardrobe import folder_of
    from models.planner.bounds import SECONDS
    from models.planner.brief import Brief

    longest = SECONDS[1]
    rework, bars = wish(use, **given)
    rework = replace(
        rework,
        # Of a file with a hook only the opening counts.
        source=place_of(file, None if use == "develop" else longest) if file else None,
        reference=place_of(other, longest) if other else None,
        longest=longest,
    )
    worn = context.obj
    style = str(folder_of(Settings(), worn)) if worn else None
    request = Request("rework", brief or Brief(), bars=bars, rework=rework, style=style)
    make_rework(request, out, seed, as_json)
