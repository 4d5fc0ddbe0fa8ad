"""The arranger: a band for a melody, a rhythm, or some of the tracks of a piece.

In: a `Plan`, its melody (or none), tracks that are kept, and an `Arranger`. Out: a `Score` with
every planned part in it. The network writes what fits its slots; players beyond them follow the
rules of `plain`. The same arguments and seed give the same score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models import hub
from models.arranger import plain, strictness
from models.arranger.band import SLOTS
from models.arranger.batches import Codes
from models.arranger.choosing import Jury, best
from models.arranger.context import GIVEN, WRITE, Ids, Situation, bounds, encode_context, fields
from models.arranger.decode import Player, Sheet
from models.arranger.encode import Steps, encode, harmony_of
from models.arranger.judge import Judge, is_of_judge
from models.arranger.model import ArrangerNet, Config
from models.arranger.stage import Stage
from models.arranger.staging import band_of, cast, drum_notes, pitched_notes, situation
from models.composer.sheets import BAR_STEPS
from models.errors import Refusal
from models.planner.plan import Plan
from models.score import Note, Score, Track, sorted_notes
from models.vocabulary import load

#: Candidates that are played at once; the best is kept.
CANDIDATES = 6


@dataclass(frozen=True)
class Arranger:
    """A loaded network with its codes. Safe to share between threads."""

    player: Player
    jury: Jury

    @property
    def codes(self) -> Codes:
        """Shapes, styles and densities that the network was trained on."""
        return self.jury.codes


@dataclass(frozen=True, slots=True)
class Redo:
    """What is written again: these parts, by name, in these bars (0-based, both included)."""

    parts: tuple[str, ...]
    first_bar: int
    last_bar: int


@dataclass(frozen=True, eq=False)
class Texture:
    """Some bars of another band, played before ours begins, so that ours goes on like them.

    `ids` (T, fields) with `steps` and `roots` of those bars, `bar` steps to each.
    """

    ids: Ids
    steps: Steps
    roots: NDArray[np.int16]
    bar: int


def load_arranger(name: str = "arranger") -> Arranger:
    """The shipped arranger, on CPU, ready; the caller keeps it.

    Raises
    ------
    Refusal
        When the weight is missing or not the shipped one.
    """
    tensors, facts = hub.load(name)
    net = ArrangerNet(Config.of(facts["config"]))
    net.load_state_dict({k: v.float() for k, v in tensors.items() if not is_of_judge(k)})
    codes = Codes.of(facts)
    jury = Jury(codes, strictness.tone_table(codes.shapes), Judge.from_tensors(tensors))
    return Arranger(Player(net, codes.shapes.tones), jury)


def arrange(
    plan: Plan,
    melody: tuple[Note, ...],
    arranger: Arranger,
    seed: int,
    *,
    kept: Sequence[Track] = (),
    base: Score | None = None,
    redo: Redo | None = None,
    texture: Texture | None = None,
) -> Score:
    """Write the accompaniment of a melody.

    Parameters
    ----------
    plan : Plan
        Whose chords, parts, sections and style are obeyed.
    melody : tuple of Note
        In beats, sorted; () when only a rhythm is given.
    arranger, seed : Arranger and int
        Who writes, and from which randomness.
    kept : sequence of Track
        The person's own tracks, by part name: they come back note for note, and the others follow
        them.
    base, redo : Score and Redo
        A finished score, and the cells of it that are written again; everything else stays.
    texture : Texture, optional
        How the band of another piece moves.

    Raises
    ------
    Refusal
        When the texture's bars are of another length.
    """
    if plan.grade is not None or str(plan.meter) not in BAR_STEPS:
        return joined(plain.arrange(plan, melody), kept, base, redo)
    if texture is not None and texture.bar != BAR_STEPS[str(plan.meter)]:
        raise Refusal("Bars of that music are longer or shorter; name a model in the same meter.")
    stage = Stage(plan, load().styles[plan.style], melody)
    if base is not None:
        again = redo.parts if redo else ()
        kept = tuple(t for t in base.tracks if t.name not in again)
    there = {t.name: t for t in (*(base.tracks if base else ()), *kept)}
    players = cast(plan, redo.parts if redo else ())
    known = {slot: there[part.name] for slot, part in players.items() if part.name in there}
    whole = {t.name for t in kept}
    playing = {s: GIVEN if p.name in whole else WRITE for s, p in players.items()}
    fixed = situation(plan, melody, "mma", playing)
    sheet = _sheet(stage, fixed, known, arranger, redo if base is not None else None)
    rng = np.random.default_rng(seed)
    takes = _played(arranger.player, sheet, texture, rng)
    if base is not None:
        takes = _different(takes, sheet, arranger.player, rng)
    steps = best(takes, fixed, arranger.jury)
    written: dict[str, list[Note]] = {}
    for slot, part in players.items():
        if playing[slot] == GIVEN:
            continue
        if slot == "drums":
            written[part.name] = drum_notes(stage, part, steps.drums)
        else:
            shapes = arranger.codes.shapes
            written[part.name] = pitched_notes(stage, part, slot, steps, shapes, sheet.roots)
    return joined(plain.arrange(plan, melody, written), kept, base, redo)


def _sheet(
    stage: Stage,
    s: Situation,
    known: Mapping[str, Track],
    arranger: Arranger,
    redo: Redo | None,
) -> Sheet:
    """What is to be played, with what is known of the slots laid in."""
    codes, bar = arranger.codes, BAR_STEPS[s.meter]
    total = s.bars * bar
    ids = encode_context(s, codes.style_index)
    first = list(fields(len(codes.styles))).index(f"plays {SLOTS[0]}")
    states = ids[:, first : first + len(SLOTS)]
    if redo is not None:
        inside = np.zeros(total, bool)
        inside[redo.first_bar * bar : (redo.last_bar + 1) * bar] = True
        for number, slot in enumerate(SLOTS):
            if slot in known:
                states[~inside, number] = GIVEN
    steps = encode(band_of(stage.plan, stage.melody, known, s.family), codes.shapes)
    harmony = harmony_of(s.chords, total)
    asked = strictness.wanted(s, stage.plan.chords, arranger.jury.table)
    return Sheet(
        ids,
        states,
        steps,
        bar,
        _copies(stage.plan, s, states, harmony.qualities),
        asked,
        harmony.roots,
        strictness.holdable(stage.plan.chords, total),
    )


def _played(
    player: Player, sheet: Sheet, texture: Texture | None, rng: np.random.Generator
) -> list[Steps]:
    """Takes of a sheet; after the bars of a texture, which are left out again, if there is one."""
    if texture is None:
        return player.play(sheet, rng, CANDIDATES)
    before = len(texture.ids)
    first = sheet.ids.shape[1] - len(SLOTS)  # the fields "plays ..." are the last
    led = replace(
        sheet,
        ids=np.concatenate([texture.ids, sheet.ids]),
        states=np.concatenate([texture.ids[:, first:], sheet.states]),
        steps=Steps(
            *(
                np.concatenate(pair)
                for pair in zip(*map(_columns, (texture.steps, sheet.steps)), strict=True)
            )
        ),
        copies=np.concatenate(
            [np.full(before, -1), np.where(sheet.copies < 0, -1, sheet.copies + before)]
        ),
        wanted=np.concatenate(
            [np.zeros((before, *sheet.wanted.shape[1:]), np.float32), sheet.wanted]
        ),
        roots=np.concatenate([texture.roots, sheet.roots]),
        holdable=np.concatenate([np.ones((before, 12), bool), sheet.holdable]),
    )
    led.holdable[before] = False  # what the others held ends with them
    takes = player.play(led, rng, CANDIDATES)
    return [Steps(*(rows[before:] for rows in _columns(take))) for take in takes]


def _columns(steps: Steps) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    return steps.drums, steps.words, steps.octaves


def _different(
    takes: list[Steps], sheet: Sheet, player: Player, rng: np.random.Generator
) -> list[Steps]:
    """Takes that differ from what was there: the same beat again is no answer to a re-roll.

    Where the style leaves little choice they are played ever more freely.
    """
    for by in (1.5, 2.0, 3.0):
        if found := [take for take in takes if _differs(take, sheet)]:
            return found
        takes = player.play(replace(sheet, warmth=by * sheet.warmth), rng, CANDIDATES)
    return [take for take in takes if _differs(take, sheet)] or takes


def _differs(take: Steps, sheet: Sheet) -> bool:
    """Whether something is struck otherwise than it was where the sheet is to be written."""
    free, was = sheet.states == WRITE, sheet.steps
    drums = ((take.drums > 0) != (was.drums > 0))[free[:, 0]]
    words = (take.words != was.words)[free[:, 1:]]
    return bool(drums.any() or words.any())


def _copies(
    plan: Plan, s: Situation, states: NDArray[np.int16], qualities: NDArray[np.int16]
) -> NDArray[np.int64]:
    """Where a section returns, the step it repeats: its last bar is free to lead elsewhere."""
    bar = BAR_STEPS[s.meter]
    found = np.full(len(states), -1, np.int64)
    first: dict[tuple[str, int, int], tuple[int, int]] = {}
    for number, planned in enumerate(plan.sections):
        section, level = planned.section, s.density[number]
        start, end = bounds(s.sections[number], bar)
        origin = first.setdefault((section.label, section.bars, level), (start, end))
        if origin[0] == start:
            continue
        here = np.arange(start, end - bar)
        there = here - start + origin[0]
        same = (qualities[here] == qualities[there]) & (states[here] == states[there]).all(1)
        found[here[same]] = there[same]
    return found


def joined(new: Score, kept: Sequence[Track], base: Score | None, redo: Redo | None) -> Score:
    """The new score with what had to stay put back, note for note."""
    stays = {t.name: t for t in kept}
    old = {t.name: t for t in base.tracks} if base is not None else {}
    again = redo.parts if redo else ()
    stays = {name: t for name, t in old.items() if name not in again} | stays
    tracks = []
    for track in new.tracks:
        if track.name in stays:
            tracks.append(replace(track, notes=stays[track.name].notes))
        elif track.name in old and redo is not None:
            start = redo.first_bar * new.meter.bar_beats
            end = (redo.last_bar + 1) * new.meter.bar_beats
            tracks.append(spliced(old[track.name], track, start, end))
        else:
            tracks.append(track)
    return new.with_tracks(tracks)


def spliced(old: Track, new: Track, start: float, end: float) -> Track:
    """A track's old notes with those that begin in `start..end` (beats) taken from another."""
    before = [
        replace(n, duration=min(n.duration, start - n.onset)) for n in old.notes if n.onset < start
    ]
    inside = [
        replace(n, duration=min(n.duration, end - n.onset))
        for n in new.notes
        if start <= n.onset < end
    ]
    after = [n for n in old.notes if n.onset >= end]
    return replace(old, notes=sorted_notes([*before, *inside, *after]))
