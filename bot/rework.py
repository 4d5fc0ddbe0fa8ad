"""From "do this with that music" to pieces that can be recorded: the uses of the composer.

In: a `Request` of kind "rework", a seed and the folder of all pieces. Out: for each result one
`(PieceFile, melody)`: a plan, the melody to arrange over it, where it came from and what was done,
which the reply states in words (`bot.wording.done`). Runs in a worker or the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.agent.motif import MOST_BARS, is_in_steps, key_of, read_motif
from bot.domain import Melody, Request, Rework
from bot.piece import Lineage, PieceFile
from bot.policy import TOO_LONG
from bot.reading import reader
from models import midi
from models.composer import generate as uses
from models.composer.generate import Composer
from models.composer.opening import open_score
from models.composer.source import Source
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.score import Meter
from models.theory import Key

GONE = "I do not have that file any more; please send it again."


@dataclass(frozen=True, slots=True)
class Origin:
    """Music to work on, and the piece it is when it is one of ours."""

    source: Source
    piece: PieceFile | None = None


def draft(
    request: Request, seed: int, pieces: Path, composer: Composer
) -> list[tuple[PieceFile, Melody]]:
    """Do what a request of kind "rework" asks; the same arguments give the same music.

    Raises
    ------
    Refusal
        When the music is gone, cannot be read, or does not allow what is asked.
    """
    asked = request.rework
    if asked is None:
        raise ValueError("a rework says what to do")
    if asked.use == "develop":
        return [_developed(request, asked, seed, pieces, composer)]
    origin = open_music(asked.source, asked.title, pieces, asked.longest)
    other = open_music(asked.reference, "", pieces, asked.longest) if asked.reference else None
    source = _with_chords(origin.source, asked, composer, seed)
    reference = _with_chords(other.source, asked, composer, seed) if other else None
    results = _applied(asked, request.bars, source, reference, composer, seed)
    title = other.source.plan.title if other else ""
    drafts = []
    for number, made in enumerate(results):
        _within(made, asked.longest)
        take = number + 1 if len(results) > 1 else 0
        done: dict[str, Any] = {"other": title} if title else {}
        if asked.use == "blend":
            done["share"] = round(100 * _share(asked, number))
        drafts.append((_sketch(request, asked, seed, origin, made, take, done), made.melody))
    return drafts


def open_music(place: str | None, title: str, pieces: Path, longest: float | None = None) -> Origin:
    """Music by a piece's id, a piece's folder, or a file's path (see `Rework`).

    Raises
    ------
    Refusal
        When it is gone, has no melody, cannot be read or is longer than `longest` seconds.
    """
    if not place:
        raise Refusal("Tell me which music to work on: a piece of mine, or a file.")
    home = next((p for p in (pieces / place, pieces.parent / place) if p.exists()), None)
    if home is None:
        raise Refusal(GONE)
    if home.is_dir():
        piece = PieceFile.load(home)
        track = midi.read(home / "piece.mid").track("melody")
        if track is None or not track.notes:
            raise Refusal(
                "“{title}” has no melody that I could work on; choose another piece.",
                title=piece.plan.title,
            )
        origin = Origin(Source(piece.plan, track.notes), piece)
    else:
        source = open_score(reader.read(home, keep=not Path(place).is_absolute()))
        plan = replace(source.plan, title=title or source.plan.title)
        origin = Origin(replace(source, plan=plan))
    _within(origin.source, longest)
    return origin


def _within(music: Source, longest: float | None) -> None:
    if longest is not None and music.plan.length > longest:
        raise Refusal(TOO_LONG, asked=f"{music.plan.length:.0f}", most=f"{longest:g}")


def _with_chords(music: Source, asked: Rework, composer: Composer, seed: int) -> Source:
    """A file's lone melody gets chords first, so that there is something to play beside it."""
    if music.plan.chords or asked.use == "harmonise":
        return music
    return uses.harmonise(music, composer, seed)


def _applied(
    asked: Rework, bars: int, source: Source, other: Source | None, composer: Composer, seed: int
) -> list[Source]:
    """One call of `models.composer.uses` for each result."""
    match asked.use:
        case "continue":
            return [uses.continue_(source, bars, composer, seed)]
        case "vary":
            return uses.vary(source, asked.distance, composer, seed, asked.count)
        case "infill":
            first, last = asked.bars or (0, 0)
            return [uses.infill(source, first - 1, last - 1, composer, seed)]
        case "harmonise":
            return [uses.harmonise(source, composer, seed)]
        case "remelodise":
            return [uses.remelodise(source, composer, seed)]
        case "restyle":
            sliders = (asked.intensity, asked.polyphony, asked.register, asked.motion)
            shares = (None if value is None else value / 100 for value in sliders)
            return [
                uses.restyle(
                    source, composer, seed,
                    style=asked.style, mood=asked.mood, sliders=uses.Sliders(*shares),
                )
            ]  # fmt: skip
    if other is None:
        raise Refusal("That takes two pieces; name the other one as well.")
    if asked.use == "manner":
        return [uses.manner(source, other, composer, seed)]
    steps = range(asked.count)
    return [uses.blend(source, other, _share(asked, n), composer, seed) for n in steps]


def _share(asked: Rework, number: int) -> float:
    """How much of the second piece is in a blend: evenly spaced where several are asked for."""
    return asked.share if asked.count == 1 else (number + 1) / (asked.count + 1)


def _developed(
    request: Request, asked: Rework, seed: int, pieces: Path, composer: Composer
) -> tuple[PieceFile, Melody]:
    """A new piece around a hook: typed, or the opening of a file or piece."""
    brief, done, lineage = request.brief, {"use": "develop"}, Lineage(None, "develop")
    if asked.motif:
        if brief.key is None and not is_in_steps(asked.motif):
            meter = Meter.parse(brief.meter) if brief.meter else Meter()
            brief = replace(brief, key=str(key_of(read_motif(asked.motif, meter, Key("C")))))
        plan = make_plan(brief, seed, request.locale)
        motif = read_motif(asked.motif, plan.meter, plan.key)
    else:
        origin = open_music(asked.source, asked.title, pieces)
        theirs, given = origin.source.plan, brief.to_json()
        wanted = {"key": str(theirs.key), "meter": str(theirs.meter)}
        brief = accepted(given, {k: v for k, v in wanted.items() if k not in given})
        plan = make_plan(brief, seed, request.locale)
        motif = opening(origin.source, plan.key)
        done["title"] = theirs.title
        lineage = Lineage(origin.piece.id if origin.piece else None, "develop")
    made = uses.develop(motif, plan, composer, seed)
    _within(made, asked.longest)
    sketch = PieceFile(
        replace(brief, seed=seed), made.plan, seed, lineage, locale=request.locale, done=done
    )
    return sketch, made.melody


def opening(source: Source, key: Key) -> Melody:
    """The hook of a melody: its first two bars with notes (up to four where they hold under three).

    Moved to `key` by the nearest way; onsets count from the start of its first bar.
    """
    bar = source.plan.meter.bar_beats
    start = source.melody[0].onset // bar * bar
    moved = (key.tonic_pc - source.plan.key.tonic_pc + 6) % 12 - 6
    for bars in range(2, MOST_BARS + 1):
        end = start + bars * bar
        heard = [n for n in source.melody if n.onset < end]
        if len(heard) >= 3:
            break
    return tuple(
        replace(
            n, onset=n.onset - start, pitch=n.pitch + moved, duration=min(n.duration, end - n.onset)
        )
        for n in heard
    )


def _sketch(
    request: Request,
    asked: Rework,
    seed: int,
    origin: Origin,
    made: Source,
    take: int,
    done: dict[str, Any],
) -> PieceFile:
    """A result as a piece to record; `done` is completed with what the reply states.

    The piece takes the seed of the request, with which the same can be asked for again.
    """
    piece, plan = origin.piece, replace(made.plan, seed=seed)
    done = {"use": asked.use, "title": origin.source.plan.title, **done}
    if asked.use == "continue":
        done["bars"] = plan.bars - origin.source.plan.bars
    if asked.use == "infill" and asked.bars:
        done["first"], done["last"] = asked.bars
    if asked.use == "vary":
        done["distance"] = asked.distance
    if asked.use == "restyle":
        names = ("style", "mood", "intensity", "polyphony", "register", "motion")
        changes = {name: getattr(asked, name) for name in names}
        done["changes"] = {k: v for k, v in changes.items() if v is not None}
    lineage = Lineage(piece.id if piece else None, asked.use)
    brief = _brief(asked, piece, made)
    return PieceFile(brief, plan, seed, lineage, take, request.locale, done=done)


def _brief(asked: Rework, piece: PieceFile | None, made: Source) -> Brief:
    """What could be asked for to get something like it: a start for "Again with changes"."""
    plan = made.plan
    told: dict[str, Any] = {"style": asked.style or plan.style, "mood": asked.mood}
    told["key"] = str(plan.key)
    if piece is None:
        told |= {"meter": str(plan.meter), "tempo": round(plan.bpm, 3), "title": plan.title}
        base: dict[str, Any] = {}
    else:
        base = {k: v for k, v in piece.brief.to_json().items() if k != "seed"}
    if piece is None or plan.bars != piece.plan.bars:
        base.pop("seconds", None)
        base.pop("form", None)
        told["bars"] = plan.bars
    return accepted(base, {k: v for k, v in told.items() if v is not None})


def accepted(base: Mapping[str, Any], more: Mapping[str, Any]) -> Brief:
    """A brief of `base` with what it can take of `more`; a stranger's file may be beyond it."""
    fields = dict(base)
    brief = brief_from_json(fields) if fields else Brief()
    for name, value in more.items():
        with suppress(Refusal):
            brief = brief_from_json({**fields, name: value})
            fields[name] = value
    return brief
