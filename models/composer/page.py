"""The page that a melody is written on: everything that holds for a stretch of bars.

In: the grounds (chords, scales) of some sections laid end to end, what each bar should be like, and
what was written before. Out: bars of events, the best of several candidates by `critic`. All uses
of the composer write on a page: composing leaves it empty, continuing gives its beginning, filling
a gap also its end, varying tells it the latents of another melody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from models.composer import critic, novelty
from models.composer.adapting.habits import Habits
from models.composer.batches import bars_of, padded
from models.composer.decoding.decode import Decoder
from models.composer.encode import (
    AFTER_GAP,
    FIELD,
    FIRST_ONSET,
    IN_GAP,
    MOST_GAP,
    Encoded,
    Event,
    Ints,
    Line,
    Wishes,
    place_inputs,
)
from models.composer.features import Floats
from models.composer.harmony.harmoniser import Harmoniser
from models.composer.places import Ground, concatenated
from models.composer.rules import Limits, Rules, only

CHUNK = 8  # bars written before candidates are compared
_BATCHES = 4  # of candidates, until one does not quote training
_CONTEXT = 240  # events of earlier music that are read again
_TOP = 0.98  # of the probability is drawn from
Bars = Sequence[Sequence[Event]]


@dataclass(frozen=True)
class Composer:
    """A loaded network, its harmoniser, and the index of what it was trained on.

    `habits` are those of the musician whose style it has learned, if any. Safe to share between
    threads.
    """

    decoder: Decoder
    index: novelty.Index
    harmoniser: Harmoniser
    strictness: float = 0.2
    habits: Habits | None = None


@dataclass(frozen=True)
class Told:
    """What the network is told beside the place.

    `latents` (bars, latent) with `known` (bars,) marks the bars that have one; `style` is a style
    vector (60,).
    """

    latents: Tensor | None = None
    known: np.ndarray | None = None
    style: Floats | None = None


@dataclass(frozen=True)
class Page:
    """Bars to read and write, steps counted from the first bar.

    `ends` says which bars breathe; `targets` gives bars an exact number of notes; `rhythm` gives
    them all but their pitches; `copies` maps a bar to the earlier one whose notes it takes; no note
    is held into a bar of `fresh`; `final` says that the piece ends here; `tension` is the wanted
    course, 0..1 a bar; a `temperature` below 1 keeps closer to what is told.
    """

    composer: Composer
    meter: str
    minor: bool
    manner: str
    grounds: tuple[Ground, ...]
    wishes: Wishes
    limits: Limits
    ends: tuple[bool, ...]
    final: bool = False
    fresh: frozenset[int] = frozenset()
    targets: Mapping[int, int] = field(default_factory=dict)
    copies: Mapping[int, int] = field(default_factory=dict)
    rhythm: Mapping[int, Sequence[Event]] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    tension: Sequence[float] | None = None
    temperature: float = 1.0

    @property
    def bar(self) -> int:
        """Steps in a bar."""
        return self.grounds[0].bar

    @property
    def bars(self) -> int:
        """How many bars the page has."""
        return sum(g.bars for g in self.grounds)

    @cached_property
    def symbols(self) -> tuple[tuple[int, int, int], ...]:
        """Chords over the page: (step, root, quality)."""
        return concatenated(self.grounds)

    @cached_property
    def place(self) -> Ints:
        """The inputs that depend on the place: (steps, PLACE_FIELDS)."""
        return place_inputs(self.meter, self.minor, self.manner, self.symbols, self.wishes)

    @cached_property
    def rules(self) -> Rules:
        """What may be written where."""
        last_bars = [b == g.bars - 1 for g in self.grounds for b in range(g.bars)]
        end, ends = None, list(self.ends)
        if self.final:  # the last tonic comes with the last chord, at the earliest on the bar line
            last = (self.bars - 1) * self.bar
            end = max([last, *(step for step, _, _ in self.symbols if step >= last)])
            struck = (e.step for bar in self.rhythm.values() for e in bar if e.kind == FIRST_ONSET)
            end = max(struck, default=end)
            ends[-1] = False
        ends = [end_ and b not in self.rhythm for b, end_ in enumerate(ends)]
        return Rules(
            self.meter,
            self.limits,
            self.place[:, FIELD["root"]].tolist(),
            np.concatenate([g.chord_tones for g in self.grounds]),
            np.concatenate([g.scale_tones for g in self.grounds]),
            ends,
            last_bars,
            frozenset(b * self.bar for b in self.fresh),
            end,
            {b: n for b, n in self.targets.items() if not ends[b] and b != self.bars - 1},
        )

    @cached_property
    def shares(self) -> Tensor:
        """What latents and style add to the events of each bar: (bars, width)."""
        model = self.composer.decoder.model
        with torch.inference_mode():
            table = model.no_latent.expand(self.bars, -1).clone()
            if self.told.latents is not None and self.told.known is not None:
                known = torch.from_numpy(self.told.known)
                table[known] = model.from_latent(self.told.latents[known])
            style = np.zeros(len(model.style_mean)) if self.told.style is None else self.told.style
            told = torch.tensor([self.told.style is not None])
            vector = torch.from_numpy(np.asarray(style, np.float32)).unsqueeze(0)
            return table + model.style_share(vector, told)[0]


def borders(given: Mapping[int, Sequence[Event]], bars: int) -> frozenset[int]:
    """First bars of what is written anew: nothing is held into them from what is kept."""
    return frozenset(b for b in range(bars) if b not in given and (b == 0 or b - 1 in given))


def write(
    page: Page,
    given: Mapping[int, Sequence[Event]],
    seed: Sequence[int],
    candidates: int = 8,
    first: int = 0,
    prefer: critic.Preference | None = None,
) -> list[list[Event]]:
    """Fill every bar that is not `given` (or copied), in order.

    Bars before `first` are context: all must be given. `seed` names the random numbers: each chunk
    of eight bars from `first` on has its own. `prefer` adds a mark to the critic's.
    """
    many = _Choice(candidates, prefer)
    line = Line(page.place, page.bar, page.wishes.source)
    _push_bars(line, [given[b] for b in range(first)])
    for start in range(first, page.bars, CHUNK):
        stop = min(start + CHUNK, page.bars)
        begin = start
        while begin < stop and begin in given:  # what is kept at the front is read, not written
            _push_bars(line, [given[begin]])
            begin += 1
        if begin < stop:
            line = _chosen(page, line, given, (begin, stop), (*seed, start - first), many)
    return line.by_bar


def fill(
    page: Page,
    given: Mapping[int, Sequence[Event]],
    first: int,
    last: int,
    seed: Sequence[int],
    candidates: int = 8,
) -> list[list[Event]]:
    """Write bars first..last (at most `MOST_GAP`) between what stands before and after them.

    Every other bar must be given, at least one of them after the gap.
    """
    gap = slice(first * page.bar, (last + 1) * page.bar)
    rest = slice((last + 1) * page.bar, None)
    page.place[gap, FIELD["segment"]] = IN_GAP
    left = last + 1 - np.arange(first, last + 1)
    page.place[gap, FIELD["gap"]] = np.repeat(np.minimum(left, MOST_GAP), page.bar)
    page.place[rest, FIELD["segment"]] = AFTER_GAP
    page.place[rest, FIELD["gap"]] = min(last - first + 1, MOST_GAP)
    after = [given[b] for b in range(last + 1, page.bars)]
    goal = next((e.pitch for events in after for e in events if e.kind == FIRST_ONSET), None)
    line = Line(page.place, page.bar, page.wishes.source, goal=goal)
    _push_bars(line, [given[b] for b in range(first)])
    following = Line(page.place, page.bar, page.wishes.source, first=last + 1)
    following.by_bar[:first] = [list(events) for events in line.by_bar[:first]]
    prompt = _inputs(line) + _reading(following, after)[:_CONTEXT]
    choice = _Choice(candidates)
    best = _chosen(page, line, given, (first, last + 1), seed, choice, prompt)
    _push_bars(best, after)
    return best.by_bar


@torch.no_grad()
def latents_of(composer: Composer, events: Encoded, bars: int) -> tuple[Tensor, np.ndarray]:
    """The mean latent of each bar (bars, latent), and which bars hold notes (bars,)."""
    model = composer.decoder.model
    parts, places = bars_of(events)
    array, mask = padded(parts)
    mean, _ = model.encoder(torch.from_numpy(array), torch.from_numpy(mask))
    out = torch.zeros(bars, model.shape.latent)
    known = np.zeros(bars, bool)
    numbers = [int(events.bars[np.flatnonzero(places == k)[0]]) for k in range(len(parts))]
    out[numbers] = mean
    for number, part in zip(numbers, parts, strict=True):
        known[number] = bool((part[:, 0] >= FIRST_ONSET).any())
    return out, known


def _push_bars(line: Line, bars: Bars) -> None:
    for event in (e for events in bars for e in events):
        line.push(event.kind, event.pitch, event.duration)


@dataclass(frozen=True)
class _Choice:
    """How many candidates a batch has, and what is preferred beside the critic's marks."""

    candidates: int
    prefer: critic.Preference | None = None


def _chosen(
    page: Page,
    line: Line,
    given: Mapping[int, Sequence[Event]],
    stretch: tuple[int, int],
    seed: Sequence[int],
    choice: _Choice,
    prompt: Sequence[tuple[int, list[int]]] | None = None,
) -> Line:
    """The best continuation of a line over bars `stretch`.

    One that quotes training is taken only when all do, in `_BATCHES` batches of candidates.
    """
    prompt = _inputs(line) if prompt is None else prompt
    found: list[tuple[float, float, Line]] = []
    for batch in range(_BATCHES):
        again = (batch,) if batch else ()
        rngs = [np.random.default_rng((*seed, k, *again)) for k in range(choice.candidates)]
        rows = _sample(page, line, prompt, given, stretch[1] * page.bar, rngs)
        found.extend(_judged(page, row, given, stretch, choice.prefer) for row in rows)
        if any(quoted == 0 for quoted, _, _ in found):
            break
    return max(found, key=lambda entry: (entry[0], entry[1]))[2]


def _judged(
    page: Page,
    row: Line,
    given: Mapping[int, Sequence[Event]],
    stretch: tuple[int, int],
    prefer: critic.Preference | None,
) -> tuple[float, float, Line]:
    """Minus the quotations that the new bars complete, the sum of marks, and the candidate."""
    start, stop = stretch
    value = critic.score(critic.marks(row.by_bar[:stop], start, page))
    value += prefer(row.by_bar[start:stop], start) if prefer else 0.0
    begin = max(0, start - novelty.MOST)
    around = row.by_bar[begin:stop]
    for b in range(stop, stop + novelty.MOST):  # what is kept behind them may end a quotation
        if b not in given:
            break
        around = [*around, list(given[b])]
    new = {b - begin for b in range(start, stop) if b not in given and b not in page.copies}
    return -novelty.quotations(around, page.bar, page.composer.index, new), value, row


def _inputs(line: Line) -> list[tuple[int, list[int]]]:
    """Bar and inputs of the last `_CONTEXT` events, from a bar line on."""
    rows = _reading(Line(line.place, line.bar, line.source), line.by_bar)
    keep = max(0, len(rows) - _CONTEXT)
    while keep and keep < len(rows) and line.events[keep].step % line.bar:
        keep += 1
    return rows[keep:]


def _reading(line: Line, bars: Bars) -> list[tuple[int, list[int]]]:
    rows = []
    for event in (e for events in bars for e in events):
        rows.append((line.step // line.bar, line.inputs()))
        line.push(event.kind, event.pitch, event.duration)
    return rows


def _sample(
    page: Page,
    line: Line,
    prompt: Sequence[tuple[int, list[int]]],
    given: Mapping[int, Sequence[Event]],
    end: int,
    rngs: Sequence[np.random.Generator],
) -> list[Line]:
    """Continue a line up to step `end`, once for each generator, in one batch."""
    decoder, rules, shares = page.composer.decoder, page.rules, page.shares.numpy()
    lines = [line.copy() for _ in rngs]
    most = len(prompt) + end - line.step
    cache = decoder.cache(len(lines), min(most, decoder.model.shape.positions))
    decoder.read([row for _, row in prompt], shares[[bar for bar, _ in prompt]], cache)
    while slots := [i for i, row in enumerate(lines) if row.step < end]:
        rows = [lines[i] for i in slots]
        inputs = [row.inputs() for row in rows]
        bars = [row.step // page.bar for row in rows]
        logits, hidden = decoder.step(inputs, shares[bars], cache, slots)
        wanted = [_given(page, row, given) for row in rows]
        free = [k for k, event in enumerate(wanted) if event is None]
        for row, event in zip(rows, wanted, strict=True):
            if event is not None:
                row.push(event.kind, event.pitch, event.duration)
        if free:
            own = [rngs[slots[k]] for k in free]
            told = [_event_at(rows[k], page.rhythm) for k in free]
            masks = [
                rules.tokens(rows[k]) if beat is None else rules.pitches(rows[k], beat.duration)
                for k, beat in zip(free, told, strict=True)
            ]
            tokens = draw(logits[free] + masks, own, page.temperature)
            chosen = list(zip(free, tokens, strict=True))
            masks = [
                rules.durations(rows[k], token) if beat is None else only(beat.duration)
                for (k, token), beat in zip(chosen, told, strict=True)
            ]
            lengths = draw(decoder.durations(hidden[free], tokens) + masks, own, page.temperature)
            for (k, token), length in zip(chosen, lengths, strict=True):
                pitch = rules.pitch(rows[k].step, token) if token >= FIRST_ONSET else 0
                rows[k].push(min(token, FIRST_ONSET), pitch, length + 1)
    return lines


def _given(page: Page, row: Line, given: Mapping[int, Sequence[Event]]) -> Event | None:
    """The event that is already decided for this place, if any."""
    number = row.step // row.bar
    if number in page.copies:
        given = {number: row.by_bar[page.copies[number]]}
    event = _event_at(row, given)
    if event is None:
        told = _event_at(row, page.rhythm)
        return None if told is None or told.kind == FIRST_ONSET else told
    return event


def _event_at(row: Line, bars: Mapping[int, Sequence[Event]]) -> Event | None:
    """What some bars hold at the place that a line has come to."""
    number, position = divmod(row.step, row.bar)
    return next((e for e in bars.get(number, ()) if e.step % row.bar == position), None)


def draw(
    logits: np.ndarray, rngs: Sequence[np.random.Generator], temperature: float = 1.0
) -> list[int]:
    """One index for each row (M, N) by nucleus sampling, each with its own random numbers.

    What is -inf is never drawn.
    """
    weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    order = np.argsort(-weights, axis=1, kind="stable")
    rows = np.arange(len(logits))
    total = weights[rows[:, None], order].cumsum(axis=1)
    last = (total < _TOP * total[:, -1:]).sum(axis=1)
    numbers = np.array([rng.random() for rng in rngs]) * total[rows, last]
    places = (total < numbers[:, None]).sum(axis=1)
    return [int(index) for index in order[rows, places]]
