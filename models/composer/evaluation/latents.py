"""What the latents of bars carry, and what lies between two pieces.

In: test pieces. Out: reconstruction (told the latents and the chords, nothing else) and 16-step
blends, by the protocol of MusicVAE (Roberts et al., *A hierarchical latent vector model for
learning long-term structure in music*, 2018, sections 5.2 and 5.3): accuracy with the true past
("teacher forcing") and when sampling; Hamming distance to the first piece along the way, and the
nats of an n-gram over those of the two ends; beside a cross-fade that takes each bar from one of
the two pieces by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch

from models.composer.batches import Window, bare, collate
from models.composer.describe import encode
from models.composer.encode import FIRST_ONSET, REST, Encoded, Event, Wishes
from models.composer.evaluation.pieces import cut, sheet_bars, source_of, workable
from models.composer.evaluation.study import Figure, Study, correlation, mean, spread
from models.composer.model import ComposerModel
from models.composer.ngram import Ngram
from models.composer.page import Told, latents_of, write
from models.composer.reading import has_notes, read
from models.composer.sheets import LeadSheet
from models.composer.sketching import page_of
from models.composer.transfer import blend

_PIECES, _PAIRS = 48, 12
_BARS, _SHORT, _STEPS = 16, 8, 16
_LENGTH = 320
_Bars = Sequence[Sequence[Event]]


def latents(study: Study) -> list[Figure]:
    """Reconstruction and interpolation."""
    return _reconstruction(study) + _interpolation(study)


@dataclass(frozen=True)
class _Hits:
    """Right answers event by event, (N,) each; `onset` marks true onsets, `bar` numbers bars."""

    token: np.ndarray
    duration: np.ndarray
    onset: np.ndarray
    bar: np.ndarray

    def rows(self) -> dict[str, float]:
        """Accuracy of events (kind, pitch), of onsets alone, of durations, and of whole bars."""
        both = self.token & self.duration
        whole = [both[self.bar == b].all() for b in np.unique(self.bar)]
        return {
            "events right (kind and pitch)": mean(self.token),
            "onset pitches right": mean(self.token[self.onset]),
            "durations right": mean(self.duration),
            "bars right": mean(whole),
        }


def _reconstruction(study: Study) -> list[Figure]:
    pieces = [s for s in study.sheets["test"] if workable(s, _BARS)]
    pieces = [cut(s, _BARS) for s in spread(pieces, study.cases(_PIECES))]
    forced: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    sampled: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    for number, sheet in enumerate(pieces):
        study.say(f"reconstruction {number + 1} of {len(pieces)}: {sheet.id}")
        for told in (True, False):
            forced[told].append(_forced(study.composer.decoder.model, encode(sheet), told))
            sampled[told].append(_sampled(study, sheet, told, number))
    words = f"{len(pieces)} pieces of {_BARS} bars; told chords, no latents: "
    out = []
    for way, found in (("true past", forced), ("sampling", sampled)):
        for name in found[True][0]:
            value, base = (mean([r[name] for r in found[told]]) for told in (True, False))
            name = f"reconstruction, {way}, {name}"
            out.append(Figure(name, 100 * value, "%", "", f"{words}{100 * base:.1f}"))
    return out


@torch.no_grad()
def _forced(model: ComposerModel, piece: Encoded, told: bool) -> dict[str, float]:
    """The likeliest event at each place, the true ones standing before it."""
    hits = []
    for at in range(0, len(piece.tokens), _LENGTH):
        part = piece.rows(slice(at, at + _LENGTH))
        batch = collate([Window(bare(part), latent=told)])
        shares, _ = model.latents(batch, sample=False)
        style = model.style_share(batch.style, batch.styled)
        embedded = model.embed(batch.inputs, shares, style)
        state = model.decoder(inputs_embeds=embedded, use_cache=False).last_hidden_state[0]
        tokens = model.token_head(state).argmax(-1).numpy()
        lengths = model.durations(state, batch.tokens[0]).argmax(-1).numpy()
        onset = part.tokens >= FIRST_ONSET
        hits.append((tokens == part.tokens, lengths == part.durations, onset, part.bars))
    return _Hits(*(np.concatenate(c) for c in zip(*hits, strict=True))).rows()


def _sampled(study: Study, sheet: LeadSheet, told: bool, seed: int) -> dict[str, float]:
    """One melody drawn by the decoder with its rules, at each sixteenth beside the true one."""
    reading = read(source_of(sheet))
    found, known = latents_of(study.composer, reading.encoded, sheet.bars)
    given = {b: e for b, e in enumerate(reading.bars) if not has_notes(e)}
    page = page_of(
        reading, study.composer, Wishes.open(sheet.bars),
        told=Told(found, known) if told else Told(), ends=(False,) * sheet.bars,
    )  # fmt: skip
    made = write(page, given, (study.seed, seed), candidates=1)
    free = [b for b in range(sheet.bars) if b not in given]
    truth = [grid([reading.bars[b]], sheet.bar_steps) for b in free]
    drawn = [grid([made[b]], sheet.bar_steps) for b in free]
    same = np.concatenate(truth) == np.concatenate(drawn)
    whole = [bool((a == b).all()) for a, b in zip(truth, drawn, strict=True)]
    return {"sixteenths right": mean(same), "bars right": mean(whole)}


def grid(bars: _Bars, steps: int) -> np.ndarray:
    """What each sixteenth holds, (bars * steps,): -1 silence, -2 a held note, or a new pitch."""
    out = np.full(len(bars) * steps, -2)
    for number, events in enumerate(bars):
        for event in events:
            start = number * steps + event.step % steps
            if event.kind == REST:
                out[start : start + event.duration] = -1
            elif event.kind == FIRST_ONSET:
                out[start] = event.pitch
    return out


@dataclass(frozen=True)
class _Way:
    """One way from a piece to another: distances to both ends and between neighbours, and nats.

    `first` and `last` (16,) are Hamming distances to the two pieces, `gaps` (15,) those between
    neighbours, `cost` (16,) the n-gram's nats a sixteenth over those of the mixed ends.
    """

    first: np.ndarray
    last: np.ndarray
    gaps: np.ndarray
    cost: np.ndarray


def _interpolation(study: Study) -> list[Figure]:
    pieces = [s for s in study.sheets["test"] if workable(s, _SHORT)]
    pairs = _pairs([cut(s, _SHORT) for s in pieces], study.cases(_PAIRS), study.seed)
    ngram = Ngram(5).fit(study.sheets["train"])
    ways: dict[str, list[_Way]] = {"blend": [], "cross-fade of bars": []}
    for number, (a, b) in enumerate(pairs):
        study.say(f"blends {number + 1} of {len(pairs)}: {a.id} to {b.id}")
        one, two = source_of(a), source_of(b)
        bars = [
            read(blend(one, two, k / (_STEPS - 1), study.composer, study.seed + number)).bars
            for k in range(_STEPS)
        ]
        ways["blend"].append(_way(bars, a, ngram))
        faded = _cross_faded(sheet_bars(a), sheet_bars(b), study.seed + number)
        ways["cross-fade of bars"].append(_way(faded, a, ngram))
    words = f"{len(pairs)} pairs of {_SHORT} bars, {_STEPS} steps"
    return [f for name, found in ways.items() for f in _smoothness(name, found, words)]


def _pairs(
    sheets: Sequence[LeadSheet], number: int, seed: int
) -> list[tuple[LeadSheet, LeadSheet]]:
    """Pairs of different pieces in one meter and mode, each piece used once."""
    rng = np.random.default_rng(seed)
    out: list[tuple[LeadSheet, LeadSheet]] = []
    waiting: dict[tuple[str, bool], LeadSheet] = {}
    chosen = spread(sheets, len(sheets))
    for k in rng.permutation(len(chosen)):
        sheet = chosen[k]
        other = waiting.pop((sheet.meter, sheet.minor), None)
        if other is None:
            waiting[sheet.meter, sheet.minor] = sheet
        elif len(out) < number:
            out.append((other, sheet))
    return out


def _cross_faded(a: _Bars, b: _Bars, seed: int) -> list[_Bars]:
    rng = np.random.default_rng(seed)
    return [
        [y if rng.random() < k / (_STEPS - 1) else x for x, y in zip(a, b, strict=True)]
        for k in range(_STEPS)
    ]


def _way(bars: Sequence[_Bars], like: LeadSheet, ngram: Ngram) -> _Way:
    steps = like.bar_steps
    grids = [grid(b, steps) for b in bars]
    nats = np.array([ngram.nats(_as_sheet(b, like)) for b in bars]) / len(grids[0])
    mixed = np.linspace(nats[0], nats[-1], len(bars))
    return _Way(
        np.array([np.mean(g != grids[0]) for g in grids]),
        np.array([np.mean(g != grids[-1]) for g in grids]),
        np.array([np.mean(x != y) for x, y in pairwise(grids)]),
        nats / mixed,
    )


def _as_sheet(bars: _Bars, like: LeadSheet) -> LeadSheet:
    """Bars as a melody without chords, what is held joined to its note."""
    notes: list[tuple[int, int, int]] = []
    for number, events in enumerate(bars):
        for event in events:
            at = number * like.bar_steps + event.step % like.bar_steps
            if event.kind == FIRST_ONSET:
                notes.append((at, event.duration, event.pitch))
            elif event.kind != REST and notes and notes[-1][0] + notes[-1][1] == at:
                notes[-1] = (notes[-1][0], notes[-1][1] + event.duration, notes[-1][2])
    return replace(like, notes=tuple(notes), chords=(), bars=len(bars))


def _smoothness(name: str, ways: Sequence[_Way], words: str) -> list[Figure]:
    places = list(range(_STEPS))
    away = mean([correlation(places, w.first.tolist()) for w in ways])
    nearer = mean([-correlation(places, w.last.tolist()) for w in ways])
    straight = [np.abs(w.first - np.linspace(0, w.first[-1], _STEPS)).mean() for w in ways]
    gaps = np.array([w.gaps for w in ways])
    rows = {
        "distance from the first, rank correlation with the step": (away, "rho"),
        "nearness to the second, rank correlation with the step": (nearer, "rho"),
        "distance of neighbours, mean": (float(gaps.mean()), "Hamming"),
        "distance of neighbours, deviation within a blend": (float(gaps.std(1).mean()), "Hamming"),
        "largest step": (float(gaps.max(1).mean()), "Hamming"),
        "off the straight line": (mean(straight), "Hamming"),
        "n-gram nats over the mixed ends": (
            float(np.mean([w.cost[1:-1].mean() for w in ways])), "times"
        ),
    }  # fmt: skip
    return [Figure(f"{name}, {what}", v, unit, "", words) for what, (v, unit) in rows.items()]
