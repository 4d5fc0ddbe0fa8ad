"""A person's music as the arranger takes it: what stays, what follows from it, what is written.

In: a `Score` read from a file (a lead sheet, some tracks, only a rhythm), the style asked for and
the roles that are kept. Out: a `Guest`: a plan with a part for every kept track and for whoever
joins, the melody, and the kept tracks, whose notes come back as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from models import vocabulary
from models.arranger.roles import assign
from models.composer.opening import style_of
from models.composer.sheets import METERS
from models.composer.source import Source, source_of_score
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Part, Plan
from models.score import ROLES, Role, Score, Track

#: What stays of a file when nobody says more: the tune.
TUNE: tuple[Role, ...] = ("melody",)
EVERYTHING = ROLES


@dataclass(frozen=True)
class Guest:
    """Music to be arranged: `source.plan.chords` is empty where only a lone tune was given."""

    source: Source
    kept: tuple[Track, ...]


def open_guest(
    score: Score, style: str | None = None, keep: Collection[Role] = TUNE, seed: int = 0
) -> Guest:
    """A person's score as something to arrange.

    Parameters
    ----------
    score : Score
        As read from the file; tracks without a stated role get one by `roles.assign`.
    style : str, optional
        A vocabulary id; guessed from the tune (pop where there is none) when left out.
    keep : collection of Role
        What stays note for note; of several tracks with such a role, all.
    seed : int
        Of the chords that a lone rhythm gets.

    Raises
    ------
    Refusal
        When there is nothing in it, or its meter is beyond the arranger.
    """
    roles = assign(score.tracks, score.beats)
    tracks = [replace(t, role=r) for t, r in zip(score.tracks, roles, strict=True) if t.notes]
    if not tracks:
        raise Refusal("There are no notes in this file; send one that plays something.")
    kept = _named_apart([t for t in tracks if t.role in keep])
    if all(t.is_drum for t in tracks):
        return Guest(_over_rhythm(score, style or "pop", seed, kept), kept)
    source = _with_tune(score, style)
    sung = any(t.role == "melody" for t in tracks)
    plan = _with_parts(source.plan, kept, sung)
    return Guest(Source(plan, source.melody if sung else ()), kept)


def _with_tune(score: Score, style: str | None) -> Source:
    if style is not None:
        return source_of_score(score, style, whole=True)
    source = source_of_score(score, whole=True)
    return source_of_score(score, style_of(source), whole=True)


def _over_rhythm(score: Score, style: str, seed: int, kept: Sequence[Track]) -> Source:
    """A plan as long as the rhythm, in its meter and at its tempo; chords come with the style."""
    if str(score.meter) not in METERS:
        raise Refusal(
            "This file is in {meter}; I can work on music in 4/4, 3/4, 6/8 and 2/4.",
            meter=str(score.meter),
        )
    brief = Brief(
        style=style, meter=str(score.meter), tempo=round(score.bpm, 3), bars=score.bars,
        title=score.title.strip() or None,
    )  # fmt: skip
    plan = make_plan(brief, seed)
    return Source(_with_parts(plan, kept, sung=False), ())


def _with_parts(plan: Plan, kept: Sequence[Track], sung: bool) -> Plan:
    """The plan with the kept tracks' players in place of its own for their roles.

    Without a tune nobody is planned to play one: the others are the music.
    """
    taken = {t.role for t in kept}
    own = [p for p in plan.parts if p.role not in taken and (sung or p.role != "melody")]
    names = {t.name for t in kept}
    own = [replace(p, name=f"{p.name} (new)") if p.name in names else p for p in own]
    parts = tuple(sorted([*map(part_of, kept), *own], key=lambda p: ROLES.index(p.role)))
    roles = {p.role for p in parts}
    sections = tuple(
        replace(s, roles=tuple(r for r in ROLES if r in roles and (r in s.roles or r in taken)))
        for s in plan.sections
    )
    return replace(plan, parts=parts, sections=sections)


def part_of(track: Track) -> Part:
    """The part that plays a stranger's track: the instrument of its program, as wide as it goes."""
    pitches = [n.pitch for n in track.notes] or [60]
    words = vocabulary.load()
    if track.is_drum:
        kit = next((k for k in words.kits if k.program == track.program), None)
        player = kit.id if kit else "standard"
    else:
        player = next(i.id for i in words.instruments if i.program == track.program)
    return Part(
        track.role, player, track.name, track.program, min(pitches), max(pitches), track.is_drum
    )


def _named_apart(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks with names of their own, for parts are told apart by name."""
    found: list[Track] = []
    for track in tracks:
        name, number = track.name.strip() or track.role.capitalize(), 2
        base = name
        while any(name == other.name for other in found):
            name, number = f"{base} {number}", number + 1
        found.append(replace(track, name=name))
    return tuple(found)
