"""A person's music as the arranger takes it: what stays, what follows from it, what is written.

In: a `Score` read from a file (a lead sheet, some tracks, only a rhythm), the style asked for and
the roles that are kept. Out: a `Guest`: a plan with a part for every kept track and for whoever
joins, the melody, and the kept tracks, whose notes come back as they are.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from models import vocabulary
from models.arranger.roles import assign, is_bass
from models.composer.melody_track import find_melody
from models.composer.opening import style_of
from models.composer.source import Source, felt_bpm, felt_meter, source_of_score
from models.errors import Refusal
from models.planner import make_plan
from models.planner.bounds import BARS
from models.planner.brief import Brief
from models.planner.plan import Part, Plan
from models.score import ROLES, Role, Score, Section, Track

#: What stays of a file when nobody says more: the tune.
TUNE: tuple[Role, ...] = ("melody",)
#: Players beside the drums that a file has channels for, and who of them comes in first.
_SEATS = 15
_FIRST: tuple[Role, ...] = ("melody", "bass", "chords", "pad", "counter", "other")
_EFFECTS = 112  # programs from here on have no pitch to speak of
_LONG = "This file is {bars} bars long; I can work on at most {most}. Send a part of it."


@dataclass(frozen=True)
class Guest:
    """Music to be arranged.

    `source.plan.chords` is empty where only one voice was given: they are to be found over `voice`,
    which is that voice (the tune, or somebody's bass) with a part for it. `source.melody` is the
    tune that the band accompanies, () where there is none.
    """

    source: Source
    kept: tuple[Track, ...]
    voice: Source


def open_guest(
    score: Score, style: str | None = None, keep: Collection[Role] = TUNE, seed: int = 0
) -> Guest:
    """A person's score as something to arrange.

    Parameters
    ----------
    score : Score
        As read from the file; each track's role is found by `roles_of`.
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
    roles = roles_of(score, keep)
    tracks = [replace(t, role=r) for t, r in zip(score.tracks, roles, strict=True) if t.notes]
    tracks = [
        replace(t, program=0) if t.role == "melody" and t.program >= _EFFECTS else t for t in tracks
    ]
    if not tracks:
        raise Refusal("There are no notes in this file; send one that plays something.")
    kept = _named_apart([t for t in tracks if t.role in keep])
    if any(t.is_drum for t in tracks) and not any(_has_pitch(t) for t in tracks):
        rhythm = _over_rhythm(score, style or "pop", seed, kept)
        return Guest(rhythm, kept, rhythm)
    source = _with_tune(score, style)
    voice = Source(_covering(source.plan, kept), source.melody)
    sung = any(t.role == "melody" for t in tracks)
    plan = with_parts(voice.plan, kept, sung)
    return Guest(Source(plan, source.melody if sung else ()), kept, voice)


def roles_of(score: Score, keep: Collection[Role] = ()) -> tuple[Role, ...]:
    """The role of each track, by `roles.assign`; a person who keeps the bass knows it is one.

    A voice that plays alone is always somebody's melody to `assign`.
    """
    roles = list(assign(score.tracks, score.beats))
    pitched = [i for i, t in enumerate(score.tracks) if t.notes and _has_pitch(t)]
    if not pitched and not any(t.is_drum for t in score.tracks):
        # A lead sheet whose program says "gunshot" is a tune all the same.
        pitched = [i for i, t in enumerate(score.tracks) if t.notes]
    lead = find_melody([score.tracks[i] for i in pitched])
    if "melody" not in roles and lead is not None:  # of too few notes for `assign`
        roles[pitched[lead]] = "melody"
    for i in pitched:
        lacking = [r for r in ROLES if r in keep and r not in roles and r != "drums"]
        if roles[i] == "melody" and "bass" in lacking and is_bass(score.tracks[i]):
            roles[i] = "bass"
        elif roles[i] == "melody" and len(pitched) == 1 and lacking and "melody" not in keep:
            roles[i] = lacking[0]
        elif roles[i] == "pad" and "pad" not in keep and "chords" in lacking:
            roles[i] = "chords"
    return tuple(roles)


def _has_pitch(track: Track) -> bool:
    return not track.is_drum and track.program < _EFFECTS


def _covering(plan: Plan, kept: Sequence[Track]) -> Plan:
    """The plan as long as what is kept: drums may go on when the tune is over."""
    end = max((n.end for t in kept for n in t.notes), default=0.0)
    bars = math.ceil(end / plan.meter.bar_beats - 1e-6)
    more = bars - plan.bars
    if more <= 0:
        return plan
    if bars > BARS[1]:
        raise Refusal(_LONG, bars=bars, most=BARS[1])
    last, chords = plan.sections[-1], plan.chords
    if chords:
        length = chords[-1].duration + more * plan.meter.bar_beats
        chords = (*chords[:-1], replace(chords[-1], duration=length))
    used = {s.section.label for s in plan.sections}
    label = next(c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in used)
    after = replace(
        last, section=Section("outro", label, plan.bars, more), roles=_unsung(last.roles)
    )
    return replace(plan, bars=bars, chords=chords, sections=(*plan.sections, after))


def _unsung(roles: Sequence[Role]) -> tuple[Role, ...]:
    return tuple(r for r in roles if r != "melody") or tuple(roles)


def _with_tune(score: Score, style: str | None) -> Source:
    if style is not None:
        return source_of_score(score, style, whole=True)
    source = source_of_score(score, whole=True)
    return source_of_score(score, style_of(source), whole=True)


def _over_rhythm(score: Score, style: str, seed: int, kept: Sequence[Track]) -> Source:
    """A plan as long as the rhythm, in its meter and at its tempo; chords come with the style."""
    meter = felt_meter(score)
    bars = math.ceil(score.beats / meter.bar_beats - 1e-6)
    if bars > BARS[1]:
        raise Refusal(_LONG, bars=bars, most=BARS[1])
    brief = Brief(
        style=style, meter=str(meter), tempo=felt_bpm(score), bars=bars,
        title=score.title.strip() or None,
    )  # fmt: skip
    plan = make_plan(brief, seed)
    return Source(with_parts(plan, kept, sung=False), ())


def with_parts(plan: Plan, kept: Sequence[Track], sung: bool) -> Plan:
    """The plan with the kept tracks' players in place of its own for their roles.

    Without a tune nobody is planned to play one: the others are the music. Where the kept ones
    leave little room, the foundation joins first.
    """
    taken = {t.role for t in kept}
    own = [p for p in plan.parts if p.role not in taken and (sung or p.role != "melody")]
    room = max(0, _SEATS - sum(not t.is_drum for t in kept))
    pitched = sorted((p for p in own if not p.is_drum), key=lambda p: _FIRST.index(p.role))
    own = [p for p in own if p.is_drum or p in pitched[:room]]
    names = {t.name for t in kept}
    own = [replace(p, name=f"{p.name} (new)") if p.name in names else p for p in own]
    parts = tuple(sorted([*map(part_of, kept), *own], key=lambda p: ROLES.index(p.role)))
    roles, taken = {p.role for p in parts}, taken - {"melody"}  # it sings where it is heard
    sections = tuple(
        replace(s, roles=tuple(r for r in ROLES if r in roles and (r in s.roles or r in taken)))
        for s in plan.sections
    )
    return replace(plan, parts=parts, sections=sections)


def with_guests(plan: Plan, kept: Sequence[Track]) -> Plan:
    """An ensemble's plan with the kept tracks' players beside its seats; one drummer is enough.

    The tune is played by a seat, and so is what has a seat's name.
    """
    seats = {p.name for p in plan.parts}
    beside = [part_of(t) for t in kept if t.role != "melody" and t.name not in seats]
    drums = any(p.is_drum for p in beside)
    parts = [*(p for p in plan.parts if not (p.is_drum and drums)), *beside]
    parts.sort(key=lambda p: ROLES.index(p.role))
    joining = {p.role for p in beside}
    sections = tuple(
        replace(s, roles=tuple(r for r in ROLES if r in s.roles or r in joining))
        for s in plan.sections
    )
    return replace(plan, parts=tuple(parts), sections=sections)


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
