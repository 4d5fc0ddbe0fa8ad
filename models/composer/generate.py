"""Plan to melody: the composer at work.

In: a `Plan`, a loaded `Composer` and a seed. Out: `Note`s of the melody part, in beats. Each label
of the form is written once, eight bars at a time: all candidates in one batch, the best by `critic`
kept, the earlier labels read as context. Returning sections repeat those notes; where the harmony
differs, and in the last two bars of the piece, only those bars are written again. A label's random
numbers depend on the seed and the label alone: a longer form leaves earlier music as it was.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from models import hub
from models.composer import critic, novelty, phrases
from models.composer.decode import Decoder
from models.composer.encode import FIELD, FIRST_ONSET, HOLD, REST, Event, Line, place_inputs
from models.composer.model import ComposerModel, Shape
from models.composer.places import (
    Ground,
    concatenated,
    ground,
    limits_of,
    manner,
    register_of,
    registers,
    shift_of,
)
from models.composer.rules import Limits, Rules
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT
from models.errors import Refusal
from models.planner.plan import Plan, PlanSection
from models.score import Note

_CHUNK = 8  # bars written before candidates are compared
_CONTEXT = 240  # events of earlier music that are read again
_TEMPERATURE, _TOP = 1.0, 0.98


@dataclass(frozen=True)
class Composer:
    """A loaded network and the index of what it was trained on. Safe to share between threads."""

    decoder: Decoder
    index: novelty.Keys
    strictness: float = 0.4


def load_composer(name: str = "composer") -> Composer:
    """The shipped composer, on CPU, ready; the caller keeps it.

    Raises
    ------
    Refusal
        When the weight is missing or not the shipped one.
    """
    tensors, facts = hub.load(name)
    index = tensors.pop("novelty").numpy().view(np.uint32).astype(np.int64)
    model = ComposerModel(Shape(**facts["shape"]))
    model.load_state_dict({k: v.float() for k, v in tensors.items()})
    return Composer(Decoder(model.eval().requires_grad_(False)), index)


@dataclass(frozen=True)
class _Task:
    """What holds for all sections of one call."""

    plan: Plan
    composer: Composer
    limits: Limits
    seed: int
    candidates: int


@dataclass
class _Stretch:
    """Bars to write: earlier sections as context, then this one, on one time line."""

    task: _Task
    line: Line
    rules: Rules
    first: int
    density: Sequence[int]
    label: int


def compose(
    plan: Plan,
    composer: Composer,
    seed: int,
    candidates: int = 6,
) -> tuple[Note, ...]:
    """Write the melody of a plan.

    Returns
    -------
    tuple of Note
        Onsets and durations in beats, sorted, one voice, inside the melody part's range; () when
        the plan has no melody part.

    Raises
    ------
    Refusal
        When the meter is not one the composer has learned.
    """
    if str(plan.meter) not in BAR_STEPS:
        raise Refusal(
            "I cannot write melodies in {meter} yet; ask for 4/4, 3/4, 6/8 or 2/4.",
            meter=str(plan.meter),
        )
    part = plan.part("melody")
    singing = [s for s in plan.sections if "melody" in s.roles]
    if part is None or not singing:
        return ()
    shift = shift_of(plan, part)
    limits = limits_of(plan, part, shift, composer.strictness)
    task = _Task(plan, composer, limits, seed & 0xFFFFFFFF, candidates)
    known: dict[str, tuple[Ground, list[list[Event]]]] = {}
    written: list[tuple[PlanSection, list[list[Event]]]] = []
    for number, section in enumerate(singing):
        here, label = ground(plan, section), section.section.label
        if label not in known:
            known[label] = (here, _write(task, here, known, {}))
        original, bars = known[label]
        kept = {b: bars[b] for b in range(here.bars) if here.same_bar(b, original, b)}
        final = number + 1 == len(singing) and not plan.loop
        for b in range(max(0, here.bars - 2), here.bars) if final else ():
            kept.pop(b, None)
        if len(kept) < here.bars:
            earlier = {k: v for k, v in known.items() if k != label}
            bars = _write(task, here, earlier, kept, final)
        written.append((section, bars))
    return _notes(plan, written, shift)


def _write(
    task: _Task,
    here: Ground,
    known: Mapping[str, tuple[Ground, list[list[Event]]]],
    kept: Mapping[int, Sequence[Event]],
    final: bool = False,
) -> list[list[Event]]:
    """Bars of one section, steps counted from its start; `kept` bars are taken as they are."""
    stretch = _stretch(task, here, list(known.values()), final)
    for start in range(0, here.bars, _CHUNK):
        stop = min(start + _CHUNK, here.bars)
        _chunk(stretch, start, stop, kept)
    offset = stretch.first * here.bar
    return [
        [event._replace(step=event.step - offset) for event in events]
        for events in stretch.line.by_bar[stretch.first :]
    ]


def _attributes(task: _Task, part: Ground) -> np.ndarray:
    """Bar attributes of a section: the same ones wherever it is read or written."""
    rng = np.random.default_rng((task.seed, _number(part)))
    wanted = phrases.attributes(
        part.bars,
        part.section.density,
        register_of(part.section, task.limits),
        registers(task.limits),
        task.plan.bpm / task.plan.meter.pulse,
        rng,
    )
    return phrases.honest_echoes(wanted, part.roots(), part.bar)


def _number(part: Ground) -> int:
    return zlib.crc32(part.section.section.label.encode())


def _stretch(
    task: _Task,
    here: Ground,
    known: Sequence[tuple[Ground, list[list[Event]]]],
    final: bool,
) -> _Stretch:
    grounds = [g for g, _ in known] + [here]
    symbols = concatenated(grounds)
    told = np.concatenate([_attributes(task, part) for part in grounds])
    key, meter = task.plan.key, str(task.plan.meter)
    place = place_inputs(meter, key.is_minor, manner(task.plan.style, meter), symbols, told)
    line = Line(place, here.bar)
    for _, bars in known:
        for event in (e for events in bars for e in events):
            line.push(event.kind, event.pitch, event.duration)
    first = sum(g.bars for g in grounds[:-1])
    ends = [end for g in grounds for end in phrases.phrase_ends(g.bars)]
    last_bars = [b == g.bars - 1 for g in grounds for b in range(g.bars)]
    end = None
    if final:  # the last tonic comes with the last chord, at the earliest on the last bar line
        last = (first + here.bars - 1) * here.bar
        end = max([last, *(step for step, _, _ in symbols if step >= last)])
        ends[-1] = False
    rules = Rules(
        meter,
        task.limits,
        place[:, FIELD["root"]].tolist(),
        np.concatenate([g.chord_tones for g in grounds]),
        np.concatenate([g.scale_tones for g in grounds]),
        ends,
        last_bars,
        frozenset({first * here.bar}),
        end,
    )
    density = told[first:, 2].tolist()
    return _Stretch(task, line, rules, first, density, _number(here))


def _chunk(stretch: _Stretch, start: int, stop: int, kept: Mapping[int, Sequence[Event]]) -> None:
    """Write bars start..stop of the section into the stretch's line: the best candidate."""
    line, bar = stretch.line, stretch.rules.bar
    while start < stop and start in kept:  # what is kept at the front is read, not written
        for event in kept[start]:
            line.push(event.kind, event.pitch, event.duration)
        start += 1
    if start == stop:
        return
    forced = {stretch.first + b: events for b, events in kept.items() if start <= b < stop}
    before = len(line.events)
    seed = (stretch.task.seed, stretch.label, start)
    rngs = [np.random.default_rng((*seed, row)) for row in range(stretch.task.candidates)]
    rows = _sample(stretch, forced, (stretch.first + stop) * bar, rngs)

    def mark(row: Line) -> float:
        bars = row.by_bar[stretch.first : stretch.first + stop]
        values = critic.marks(
            bars, start, stretch.rules, stretch.density[start:stop], stretch.task.composer.index
        )
        return critic.score(values)

    best = max(rows, key=mark)
    for event in best.events[before:]:
        line.push(event.kind, event.pitch, event.duration)


@torch.inference_mode()
def _sample(
    stretch: _Stretch,
    forced: Mapping[int, Sequence[Event]],
    end: int,
    rngs: Sequence[np.random.Generator],
) -> list[Line]:
    """Continue the stretch's line up to step `end`, once for each generator, in one batch."""
    decoder = stretch.task.composer.decoder
    model = decoder.model
    rows = [_copy(stretch.line) for _ in rngs]
    prefix = _prefix_inputs(stretch.line)
    most = len(prefix) + end - stretch.line.step
    cache = decoder.cache(len(rows), min(most, model.shape.positions))
    at = len(prefix)
    if at:
        single = decoder.cache(1, at)
        embedded = model.conditions(torch.tensor(prefix)) + model.no_latent
        decoder.forward(embedded.unsqueeze(0), single, 0)
        cache[..., :at, :] = single
    idle = [row.inputs() for row in rows]
    while any(row.step < end for row in rows):
        inputs = [row.inputs() if row.step < end else idle[i] for i, row in enumerate(rows)]
        idle = inputs
        embedded = model.conditions(torch.tensor(inputs)) + model.no_latent
        hidden = decoder.forward(embedded.unsqueeze(1), cache, at)[:, 0]
        at += 1
        logits = model.token_head(hidden).numpy()
        tokens = [
            _token(row, stretch.rules, forced, logits[i], rngs[i]) if row.step < end else REST
            for i, row in enumerate(rows)
        ]
        lengths = model.durations(hidden, torch.tensor(tokens)).numpy()
        for i, row in enumerate(rows):
            if row.step < end:
                _push(row, stretch.rules, forced, tokens[i], lengths[i], rngs[i])
    return rows


def _copy(line: Line) -> Line:
    """The same line so far; what is pushed to one is not pushed to the other."""
    other = Line(line.place, line.bar)
    other.events = list(line.events)
    other.by_bar = [list(events) for events in line.by_bar]
    other.last, other.move = line.last, line.move
    return other


def _prefix_inputs(line: Line) -> list[list[int]]:
    """Inputs of the last `_CONTEXT` events, from a bar line on."""
    reading, rows = Line(line.place, line.bar), []
    for event in line.events:
        rows.append(reading.inputs())
        reading.push(event.kind, event.pitch, event.duration)
    keep = max(0, len(rows) - _CONTEXT)
    while keep and keep < len(rows) and line.events[keep].step % line.bar:
        keep += 1
    return rows[keep:]


def _given(row: Line, forced: Mapping[int, Sequence[Event]]) -> Event | None:
    """The event that is already decided for this place, if any."""
    events = forced.get(row.step // row.bar)
    if events is None:
        return None
    position = row.step % row.bar
    return next(e for e in events if e.step % row.bar == position)


def _token(
    row: Line,
    rules: Rules,
    forced: Mapping[int, Sequence[Event]],
    logits: np.ndarray,
    rng: np.random.Generator,
) -> int:
    given = _given(row, forced)
    if given is not None:
        return row.token(given)
    return draw(logits + rules.tokens(row), rng)


def _push(
    row: Line,
    rules: Rules,
    forced: Mapping[int, Sequence[Event]],
    token: int,
    lengths: np.ndarray,
    rng: np.random.Generator,
) -> None:
    given = _given(row, forced)
    if given is not None:
        row.push(given.kind, given.pitch, given.duration)
        return
    duration = draw(lengths + rules.durations(row, token), rng) + 1
    if token >= FIRST_ONSET:
        row.push(FIRST_ONSET, rules.pitch(row.step, token), duration)
    else:
        row.push(token, 0, duration)


def draw(logits: np.ndarray, rng: np.random.Generator) -> int:
    """One index by nucleus sampling; -inf is never drawn."""
    scaled = (logits - logits.max()) / _TEMPERATURE
    weights = np.exp(scaled)
    weights /= weights.sum()
    order = np.argsort(-weights, kind="stable")
    total = np.cumsum(weights[order])
    count = int(np.searchsorted(total, _TOP)) + 1
    place = np.searchsorted(total[:count], rng.random() * total[min(count, len(total)) - 1])
    return int(order[place])


def _notes(
    plan: Plan, written: Sequence[tuple[PlanSection, list[list[Event]]]], shift: int
) -> tuple[Note, ...]:
    notes: list[Note] = []
    for section, bars in written:
        start = section.section.start_bar * plan.meter.bar_beats
        phrase = 4 * plan.meter.bar_beats
        for event in (e for events in bars for e in events):
            length = event.duration / STEPS_PER_BEAT
            if event.kind == FIRST_ONSET:
                inside = event.step / STEPS_PER_BEAT
                loud = _velocity(section.dynamics, inside, phrase, plan.meter.bar_beats)
                notes.append(Note(start + inside, event.pitch + shift, length, loud))
            elif event.kind == HOLD and notes:
                held = notes[-1]
                notes[-1] = Note(held.onset, held.pitch, held.duration + length, held.velocity)
    return tuple(notes)


def _velocity(dynamics: float, beat: float, phrase: float, bar: float) -> int:
    """70..105 over a phrase (swelling to two thirds of it), less when the section is soft."""
    place = (beat % phrase) / phrase
    arch = 1 - abs(place - 0.62) / 0.62
    accent = 1.0 if beat % bar == 0 else 0.5 if beat % 1 == 0 else 0.0
    return round((70 + 25 * arch + 10 * accent) * (0.72 + 0.28 * dynamics))
