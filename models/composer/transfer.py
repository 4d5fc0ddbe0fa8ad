"""Style transfer: between two pieces, in the manner of another, as another style, with sliders.

In: one or two `Source`s, a `Composer` and a seed. Out: a new `Source`. Latents of bars carry how a
bar is made, chords and contour what it is (MuseMorphose, Wu and Yang 2021); between two latents
lies a blend (MusicVAE, Roberts et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from models.composer import phrases
from models.composer.encode import ECHO_OPEN, OPEN, Wishes
from models.composer.page import Bars, Composer, Told, borders, latents_of, write
from models.composer.places import registers
from models.composer.reading import Reading, has_notes, read, rewritten
from models.composer.sketching import loosened, near_latents, page_of, seed_of
from models.composer.sliders import Sliders
from models.composer.source import Source
from models.composer.structure import likeness
from models.composer.voices import thicken
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.plan import Plan, PlanSection
from models.planner.rework import parallel, parallel_pitch, restyled
from models.score import Note

#: A blend should sound like its latents, not like chance.
_FAITHFUL = 0.5


def blend(a: Source, b: Source, share: float, composer: Composer, seed: int) -> Source:
    """What lies between two pieces: `share` 0 is the first, 1 the second, both as they are.

    Latents move along the arc between the two (White, *Sampling generative networks*, 2016),
    attributes along a line; of the candidates for a bar the one whose distances to the two pieces
    stand in the wanted proportion is preferred, and near one end some of its bars are still as they
    were. Chords, form and players are those of the nearer piece, the tempo lies between; what is
    mixed is in the key of the first.

    Raises
    ------
    Refusal
        When the meters differ, or one has no melody.
    """
    if share <= 0:
        return a
    if share >= 1:
        return b
    if a.plan.meter != b.plan.meter:
        raise Refusal(
            "I can only blend pieces in one meter; these are in {first} and {second}.",
            first=str(a.plan.meter),
            second=str(b.plan.meter),
        )
    first, second = read(a), read(b)
    if share <= 0.5:
        mixed = _mixed(first, second, share, composer, seed)
    else:
        mixed = _mixed(second, first, 1 - share, composer, seed)
    bpm = round((1 - share) * a.plan.bpm + share * b.plan.bpm, 3)
    plan = replace(mixed.plan, bpm=bpm, seconds=None, last_bpm=None)
    return Source(_in_key_of(plan, a.plan), _moved(mixed.melody, a.plan, mixed.plan))


def _mixed(near: Reading, far: Reading, weight: float, composer: Composer, seed: int) -> Source:
    """The nearer piece moved by `weight` (0..0.5) towards the farther one, in its own key."""
    latents, known = latents_of(composer, near.encoded, near.sheet.bars)
    others, other_known = latents_of(composer, far.encoded, far.sheet.bars)
    pairs = _paired(near, far)
    wishes = near.wishes.copy()
    for mine, theirs in pairs.items():
        if known[mine] and other_known[theirs]:
            latents[mine] = slerp(latents[mine], others[theirs], weight)
            _between(wishes, mine, far.wishes, theirs, weight)
    style = (1 - weight) * near.style + weight * far.style
    given = {k: e for k, e in enumerate(near.bars) if not has_notes(e)}
    given |= {k: near.bars[k] for k in _still(near, seed, weight)}
    copies = near.copies().items()
    page = page_of(
        near, composer, wishes,
        told=Told(latents, known, style),
        copies={k: s for k, s in copies if k not in given and pairs.get(k) == pairs.get(s)},
        fresh=borders(given, near.sheet.bars),
        final=has_notes(near.bars[-1]),
        temperature=_FAITHFUL,
    )  # fmt: skip
    made = write(page, given, seed_of(seed, "blend"), prefer=_proportion(near, far, pairs, weight))
    return rewritten(near, made, [k for k in range(near.sheet.bars) if k not in given])


def _still(near: Reading, seed: int, weight: float) -> list[int]:
    """Bars of the nearer piece that have not begun to move: all at weight 0, none at 0.5.

    Which go first depends on the seed alone, so that a bar that has moved does not move back.
    """
    sung = [k for k, events in enumerate(near.bars) if has_notes(events)]
    order = np.random.default_rng(seed_of(seed, "still")).permutation(len(sung))
    return [sung[k] for k in order[round(2 * weight * len(sung)) :]]


def _in_key_of(plan: Plan, other: Plan) -> Plan:
    """A plan moved to the tonic of another; its mode stays."""
    key = replace(plan.key, tonic=other.key.tonic)
    chords = tuple(
        replace(c, chord=c.chord.transposed((key.tonic_pc - plan.key.tonic_pc) % 12, key))
        for c in plan.chords
    )
    return replace(plan, key=key, chords=chords)


def _moved(melody: Sequence[Note], to: Plan, since: Plan) -> tuple[Note, ...]:
    shift = (to.key.tonic_pc - since.key.tonic_pc + 6) % 12 - 6
    return tuple(replace(n, pitch=n.pitch + shift) for n in melody)


def slerp(a: torch.Tensor, b: torch.Tensor, weight: float) -> torch.Tensor:
    """The point at `weight` (0..1) of the arc between two vectors, lengths changing evenly."""
    angle = torch.acos((a @ b / (a.norm() * b.norm() + 1e-9)).clamp(-1, 1))
    if angle < 1e-3:
        return (1 - weight) * a + weight * b
    one, two = torch.sin((1 - weight) * angle), torch.sin(weight * angle)
    return (one * a + two * b) / torch.sin(angle)


def _paired(near: Reading, far: Reading) -> dict[int, int]:
    """For each sung bar of one piece the sung bar of the other at the same share of its length."""
    mine = [k for k, e in enumerate(near.bars) if has_notes(e)]
    theirs = [k for k, e in enumerate(far.bars) if has_notes(e)]
    if len(theirs) >= len(mine):
        return dict(zip(mine, theirs, strict=False))
    return {k: theirs[n % len(theirs)] for n, k in enumerate(mine)}


def _between(wishes: Wishes, bar: int, other: Wishes, theirs: int, weight: float) -> None:
    for name in ("density", "register", "motion", "syncopation"):
        mine, their = wishes.column(name)[bar], other.column(name)[theirs]
        if OPEN[name] not in (mine, their):
            wishes.column(name)[bar] = round((1 - weight) * mine + weight * their)
    if weight > 0.25:
        wishes.column("contour")[bar] = OPEN["contour"]
    if weight > 0.25 and other.echo[theirs] != wishes.echo[bar]:
        wishes.echo[bar], wishes.source[bar] = ECHO_OPEN, -1


def _proportion(
    near: Reading, far: Reading, pairs: dict[int, int], weight: float
) -> Callable[[Bars, int], float]:
    """Prefers bars whose distances to the two pieces are as `weight` wants them."""

    def mark(bars: Bars, start: int) -> float:
        gaps = []
        for k, events in enumerate(bars, start):
            if k in pairs:
                both = likeness([events, near.bars[k], far.bars[pairs[k]]], near.sheet.bar_steps)
                mine, theirs = 1 - both[0, 1], 1 - both[0, 2]
                gaps.append(abs(mine / (mine + theirs + 1e-9) - weight))
        return -4 * float(np.mean(gaps)) if gaps else 0.0

    return mark


def manner(source: Source, reference: Source, composer: Composer, seed: int) -> Source:
    """The source in the manner of the reference.

    From the reference: the latents of its bars, how busy, how smooth and how syncopated they are,
    its style vector, its style, players, tempo and swing. From the source: key, chords, form, what
    returns where, and the contour and the height of every bar.

    Raises
    ------
    Refusal
        When one of them has no melody.
    """
    model = read(reference)
    plan = source.plan
    theirs = reference.plan
    if plan.meter == theirs.meter:
        plan = replace(
            plan, style=theirs.style, swing=theirs.swing, parts=theirs.parts,
            sections=tuple(_played_by(s, theirs) for s in plan.sections),
        )  # fmt: skip
        if plan.seconds is None:  # an exact length stays
            plan = replace(plan, bpm=theirs.bpm, last_bpm=None)
    mine = read(Source(plan, source.melody))
    latents, known = latents_of(composer, mine.encoded, mine.sheet.bars)
    others, other_known = latents_of(composer, model.encoded, model.sheet.bars)
    wishes = mine.wishes.copy()
    for bar, like in _matched(mine, model).items():
        if model.sheet.meter == mine.sheet.meter and other_known[like]:
            latents[bar], known[bar] = others[like], True
        for name in ("density", "motion", "syncopation"):
            wishes.column(name)[bar] = model.wishes.column(name)[like]
    given = {b: e for b, e in enumerate(mine.bars) if not has_notes(e)}
    page = page_of(
        mine, composer, wishes,
        told=Told(latents, known, model.style),
        copies=mine.copies(),
        fresh=borders(given, mine.sheet.bars),
        final=has_notes(mine.bars[-1]),
    )  # fmt: skip
    made = write(page, given, seed_of(seed, "manner"))
    return rewritten(mine, made, [b for b in range(mine.sheet.bars) if b not in given])


def _played_by(section: PlanSection, other: Plan) -> PlanSection:
    """A section with the players of another plan; who was silent in it does not sing."""
    roles = tuple(dict.fromkeys(p.role for p in other.parts))
    sung = "melody" in section.roles
    return replace(section, roles=tuple(r for r in roles if r != "melody" or sung))


def _matched(mine: Reading, model: Reading) -> dict[int, int]:
    """For each sung bar the bar to be like, in turn: closing bars are like closing bars."""
    closed = model.wishes.column("close")
    pools = {
        close: [
            b for b, e in enumerate(model.bars) if has_notes(e) and int(closed[b] == 1) == close
        ]
        for close in (0, 1)
    }
    everything = sorted(pools[0] + pools[1])
    out, turns = {}, [0, 0]
    for b, events in enumerate(mine.bars):
        if has_notes(events):
            close = int(mine.wishes.column("close")[b] == 1)
            pool = pools[close] or everything
            out[b] = pool[turns[close] % len(pool)]
            turns[close] += 1
    return out


def restyle(
    source: Source,
    composer: Composer,
    seed: int,
    *,
    style: str | None = None,
    mood: str | None = None,
    sliders: Sliders | None = None,
) -> Source:
    """The piece as another style or mood would have it, and with sliders set.

    Key, chords and form stay; a mood on the other side turns the mode (the tune with it). A style
    writes the tune anew, near the old one; a mood alone keeps it. Sliders that change the melody
    rewrite it, polyphony adds voices below it.

    Raises
    ------
    Refusal
        When there is no melody.
    """
    sliders = sliders or Sliders()
    out = source
    if style or mood:
        plan = restyled(source.plan, Brief(style=style, moods=(mood,) if mood else ()), seed)
        out = Source(plan, _rebarred(source, plan))
        out = _turned(out) if mood else out
    melodic = Sliders(sliders.intensity, None, sliders.register, sliders.motion)
    if melodic != Sliders() or (style and style != source.plan.style):
        out = _restyled_melody(out, composer, seed, melodic)
    if sliders.polyphony is not None:
        out = Source(out.plan, thicken(out.melody, out.plan, sliders.polyphony))
    return out


def _turned(source: Source) -> Source:
    """The source in the other mode when its mood is clearly on that side."""
    plan = source.plan
    valence = float(np.mean([s.valence for s in plan.sections]))
    wanted = "minor" if valence < -0.25 else "major" if valence > 0.25 else plan.key.mode
    if plan.key.mode not in ("major", "minor") or plan.key.mode == wanted:
        return source
    turned = parallel(plan)
    melody = tuple(
        replace(n, pitch=parallel_pitch(n.pitch, plan.key, turned.key)) for n in source.melody
    )
    return Source(turned, melody)


def _rebarred(source: Source, plan: Plan) -> tuple[Note, ...]:
    """The melody in the plan's meter: bars stretched to the new bar, onsets on its sixteenths."""
    old, new = source.plan.meter.bar_beats, plan.meter.bar_beats
    if old == new:
        return source.melody

    def moved(beat: float) -> float:
        return round(beat / old * new * 4) / 4

    notes: list[Note] = []
    for note in source.melody:
        start, end = moved(note.onset), moved(note.end)
        if not notes or start > notes[-1].onset:
            notes.append(replace(note, onset=start, duration=max(0.25, end - start)))
    return tuple(notes)


def _restyled_melody(source: Source, composer: Composer, seed: int, sliders: Sliders) -> Source:
    """The tune written anew near itself, with sliders set."""
    reading = read(source)
    rng = np.random.default_rng(seed_of(seed, "restyle"))
    wishes = loosened(reading.wishes, 0.5, rng)
    ends, bar = reading.ends, reading.sheet.bar_steps
    low, high = registers(reading.limits)
    free = [b for b, e in enumerate(reading.bars) if has_notes(e)]
    targets: dict[int, int] = {}
    if sliders.intensity is not None:
        notes = sliders.notes(0.0, bar, reading.limits.shortest)
        for b, count in zip(free, phrases.spread(notes, len(free)), strict=True):
            wishes.column("density")[b] = phrases.density_of(notes, bar)
            wishes.echo[b], wishes.source[b] = ECHO_OPEN, -1
            if not ends[b]:
                targets[b] = count
    for b in free:
        if sliders.register is not None:
            wishes.column("register")[b] = round(low + sliders.register * (high - low))
        if sliders.motion is not None:
            wishes.column("motion")[b] = round(4 * sliders.motion)
            wishes.column("contour")[b] = OPEN["contour"]
    moved = sliders.intensity is not None or sliders.register is not None
    told = (
        Told(style=None)
        if moved or sliders.motion is not None
        else near_latents(reading, composer, 0.3, rng)
    )
    given = {b: e for b, e in enumerate(reading.bars) if not has_notes(e)}
    page = page_of(
        reading, composer, wishes,
        told=told, targets=targets, copies=reading.copies(),
        fresh=borders(given, reading.sheet.bars),
        final=has_notes(reading.bars[-1]),
    )  # fmt: skip
    made = write(page, given, seed_of(seed, "restyle"))
    return rewritten(reading, made, free)
