"""A musician's style from 1 to 20 of their pieces, learned on the spot on one CPU thread.

In: lead sheets of the pieces, a composer and the shipped replay. Out: a `Style`. Its vector takes
no training. With three pieces or more an embedding and low-rank changes are trained, and kept only
when they tell pieces that were left out better than the vector does, and the base is not forgotten:
so a musician gets what can be heard in their music, not what can be remembered of it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from models.composer.adapting.fit import (
    MARKS,
    Apprentice,
    Clock,
    Course,
    Settings,
    chosen,
    nats_per_note,
    vector_of,
)
from models.composer.adapting.habits import habits_of
from models.composer.adapting.replay import Replay, load_replay
from models.composer.adapting.style import (
    Report,
    Style,
    applied,
    fingerprint,
    share_of_vector,
)
from models.composer.data import Pieces
from models.composer.describe import sheet_profile
from models.composer.features import Floats
from models.composer.model import ComposerModel
from models.composer.novelty import Index
from models.composer.page import Composer
from models.composer.sheets import LeadSheet, build
from models.composer.source import Source
from models.errors import Refusal
from models.theory import QUALITY_CLASSES

__all__ = ["Report", "Style", "applied", "embed", "instant", "learn", "sheet_of"]

MOST_PIECES = 20
_MOST_BARS = 160  # of a piece
LEAST_TRAINED = 3  # pieces; with fewer nothing can be left out and learned from the rest
_GAIN, _FORGOTTEN = 0.02, 0.01
_FOR_TRAINING = 0.8  # of the time; the rest is for measuring
_TRAINED = ("embedding", "adapter")
Measure = Callable[[Apprentice], Floats]
OnProgress = Callable[[int, int], None]  # runs that are done, of how many


def sheet_of(source: Source, name: str = "") -> LeadSheet:
    """A piece of music as a lead sheet to learn from.

    Raises
    ------
    Refusal
        When its melody is too short or in a meter that the composer has not learned.
    """
    plan = source.plan
    sheet = build(
        piece=name or plan.title,
        source="own",
        style="unknown",
        meter=str(plan.meter),
        tonic=plan.key.tonic_pc,
        minor=plan.key.is_minor,
        notes=[(n.onset, n.duration, n.pitch) for n in source.melody],
        chords=[
            (c.onset, c.chord.root_pc, QUALITY_CLASSES.index(c.chord.quality_class))
            for c in plan.chords
        ],
    )
    if sheet is None:
        raise Refusal(
            "The melody of “{name}” is too short to learn from; choose a piece of 4 bars and 12"
            " notes or more.",
            name=name or plan.title,
        )
    return sheet


def instant(sheets: Sequence[LeadSheet], replay: Replay | None = None) -> Style:
    """A style without training.

    Raises
    ------
    Refusal
        Without a piece, or with more than `MOST_PIECES`.
    """
    return _instant(_known(sheets, replay or load_replay()))


def embed(
    sheets: Sequence[LeadSheet], composer: Composer | ComposerModel, replay: Replay | None = None
) -> Style:
    """A style whose embedding alone was trained, on all pieces and without a gate.

    Raises
    ------
    Refusal
        As `instant`.
    """
    model, pieces = _model(composer), _known(sheets, replay or load_replay())
    apprentice = Apprentice(model, share_of_vector(model, vector_of(pieces)), Settings.read())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        apprentice.embed(pieces, Course(0, math.inf, time.monotonic))
    style = _instant(pieces)
    return replace(style, embedding=apprentice.share, base=fingerprint(model))


def learn(
    sheets: Sequence[LeadSheet],
    composer: Composer | ComposerModel,
    replay: Replay | None = None,
    seconds: float = 170,
    on_progress: OnProgress = lambda done, of: None,
    settings: Settings | None = None,
    clock: Clock = time.monotonic,
) -> Style:
    """A style, trained as far as it helps, within about `seconds` of `clock`.

    With up to `settings.folds` pieces each is left out in turn, with more that many groups of them.
    The steps of a run are the recipe's, fewer when the time is short.

    Raises
    ------
    Refusal
        As `instant`.
    """
    replay, settings = replay or load_replay(), settings or Settings.read()
    pieces = _known(sheets, replay)
    plain = _instant(pieces)
    if len(pieces.sheets) < LEAST_TRAINED:
        return plain
    model, begun = _model(composer), clock()
    lesson = _Lesson(model, pieces, replay, settings, (clock, begun + seconds))
    folds = min(settings.folds, len(sheets))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = lesson.left_out(folds, on_progress)
        courses = lesson.courses(folds, 1)
        embedded, changed = lesson.apprentice(pieces), lesson.apprentice(pieces)
        embedded.embed(pieces, replace(courses[0], until=MARKS[found.stop("embedding")]))
        until = MARKS[found.stop("adapter")]
        changed.change(pieces, lesson.rehearsed, replace(courses[1], until=until))
        forgotten = lesson.forgotten(changed)
    on_progress(folds + 1, folds + 1)
    report = Report(
        "accepted",
        **found.means(),
        forgotten=forgotten,
        folds=folds,
        steps=changed.steps,
        seconds=clock() - begun,
        by_piece={k: tuple(map(float, v)) for k, v in found.by_piece().items()},
    )
    return _gated(plain, report, embedded, changed, fingerprint(model))


def _gated(
    plain: Style, report: Report, embedded: Apprentice, changed: Apprentice, base: str
) -> Style:
    """Keep what passes the gate: adapter, else embedding, else the vector."""
    if report.vector is None or report.adapter is None or report.forgotten is None:
        return plain
    most = (1 - _GAIN) * report.vector
    better = report.adapter <= most
    if better and report.forgotten <= _FORGOTTEN:
        lora = changed.lora()
        return replace(plain, report=report, embedding=changed.share, lora=lora, base=base)
    report = replace(report, verdict="forgets" if better else "no gain")
    if report.embedding is not None and report.embedding <= most:
        return replace(plain, report=report, embedding=embedded.share, base=base)
    return replace(plain, report=report)


class _Lesson:
    """What one call of `learn` learns from, and how long it may take."""

    def __init__(
        self,
        model: ComposerModel,
        pieces: Pieces,
        replay: Replay,
        settings: Settings,
        until: tuple[Clock, float],
    ) -> None:
        self.model, self.pieces, self.settings = model, pieces, settings
        self.clock, self.deadline = until
        self.rehearsed, self.held = Pieces.of(replay.rehearsed), Pieces.of(replay.held)

    def apprentice(self, pieces: Pieces) -> Apprentice:
        """One who begins where the pieces' vector lies."""
        share = share_of_vector(self.model, vector_of(pieces))
        return Apprentice(self.model, share, self.settings)

    def courses(self, seed: int, runs: int, measure: Measure | None = None) -> list[Course]:
        """An embedding's and an adapter's training in a `runs`-th of the time that is left."""
        clock, settings = self.clock, self.settings
        seconds = _FOR_TRAINING * max(0.0, self.deadline - clock()) / runs
        costs = (settings.embedding_steps, 1.2 * (1 + settings.replay) * settings.steps)
        return [Course(seed, seconds * c / sum(costs), clock, measure) for c in costs]

    def left_out(self, folds: int, on_progress: OnProgress) -> _LeftOut:
        """Nats per note of every piece, by what is learned from the other groups."""
        length, total = self.settings.length, len(self.pieces.sheets)
        order = np.random.default_rng(0).permutation(total)
        base = nats_per_note(self.model, self.pieces, length)
        vector = np.zeros_like(base)
        curves = {name: np.zeros((len(MARKS), total), np.float32) for name in _TRAINED}
        for fold in range(folds):
            on_progress(fold, folds + 1)
            out = order[fold::folds].tolist()
            rest = chosen(self.pieces, [n for n in range(total) if n not in out])
            test = chosen(self.pieces, out)
            vector[out] = nats_per_note(self.model, test, length, vector_of(rest))

            def measure(apprentice: Apprentice, test: Pieces = test) -> Floats:
                return apprentice.nats(test, told=True)

            courses = self.courses(fold, folds + 1 - fold, measure)
            found = self.apprentice(rest).embed(rest, courses[0])
            curves["embedding"][:, out] = found
            found = self.apprentice(rest).change(rest, self.rehearsed, courses[1])
            curves["adapter"][:, out] = found
        on_progress(folds, folds + 1)
        weights = np.array([len(s.notes) for s in self.pieces.sheets])
        parts = [order[fold::folds] for fold in range(folds)]
        return _LeftOut(base, vector, curves, weights, parts)

    def forgotten(self, apprentice: Apprentice) -> float:
        """How much worse held replay is told after the changes, as a share."""
        weights = [len(s.notes) for s in self.held.sheets]
        before = nats_per_note(self.model, self.held, self.settings.length)
        after = apprentice.nats(self.held, told=False)
        return float(np.average(after, weights=weights) / np.average(before, weights=weights) - 1)


@dataclass(frozen=True)
class _LeftOut:
    """Nats per note of P left-out pieces: (P,), and along the trainings (len(MARKS), P)."""

    base: Floats
    vector: Floats
    curves: Mapping[str, Floats]
    weights: npt.NDArray[np.int64]
    parts: Sequence[npt.NDArray[np.int64]]

    def stop(self, name: str, without: Sequence[int] = ()) -> int:
        """The mark at which a training is best, judged without some pieces."""
        kept = [n for n in range(len(self.base)) if n not in without]
        return int(np.argmin(self.curves[name][:, kept] @ self.weights[kept]))

    def by_piece(self) -> dict[str, Floats]:
        """Each piece's figures; where to stop is judged by the other groups, not by its own."""
        out = {"base": self.base, "vector": self.vector}
        for name, curve in self.curves.items():
            out[name] = np.zeros_like(self.base)
            for part in self.parts:
                out[name][part] = curve[self.stop(name, part.tolist()), part]
        return out

    def means(self) -> dict[str, float]:
        """Over all notes."""
        found = self.by_piece()
        return {k: float(np.average(v, weights=self.weights)) for k, v in found.items()}


def _model(composer: Composer | ComposerModel) -> ComposerModel:
    return composer.decoder.model if isinstance(composer, Composer) else composer


def _known(sheets: Sequence[LeadSheet], replay: Replay) -> Pieces:
    """The pieces in the manner that they are told in: the nearest one, where none is stated."""
    if not 1 <= len(sheets) <= MOST_PIECES:
        raise Refusal(
            "A style is learned from 1 to {most} pieces, and these are {count}.",
            most=MOST_PIECES,
            count=len(sheets),
        )
    known = [_beginning(sheet) for sheet in sheets]
    if any(s.style == "unknown" for s in sheets):
        profiles = np.array([sheet_profile(s) for s in known])
        nearest = replay.manners.nearest(profiles.mean(0))
        known = [replace(s, style=nearest) for s in known]
    return Pieces.of(known)


def _beginning(sheet: LeadSheet) -> LeadSheet:
    """As much of a sheet as can be learned from in the time."""
    end = min(sheet.bars, _MOST_BARS) * sheet.bar_steps
    notes = tuple(
        (on, min(length, end - on), pitch) for on, length, pitch in sheet.notes if on < end
    )
    chords = tuple(c for c in sheet.chords if c[0] < end)
    return replace(sheet, bars=min(sheet.bars, _MOST_BARS), notes=notes, chords=chords)


def _instant(pieces: Pieces) -> Style:
    sheets = pieces.sheets
    manner = Counter(s.style for s in sheets).most_common(1)[0][0]
    own = Index.of(sheets).triples
    few = len(sheets) < LEAST_TRAINED
    report = Report("few" if few else "not trained")
    return Style(vector_of(pieces), habits_of(sheets, manner), len(sheets), report, own)
