"""Stands for `models.composer.uses` where a test is about what it is asked, not what it writes."""

from __future__ import annotations

from dataclasses import replace

from models.composer.sliders import Sliders
from models.composer.source import Source
from models.errors import Refusal
from models.planner import rework
from models.score import Note


class FakeUses:
    """Records every call; what it returns is plain, but a real plan and melody that fit."""

    Sliders = Sliders

    def __init__(self):
        self.calls = []

    def continue_(self, source, bars, composer, seed):
        self.calls.append(("continue_", bars, seed))
        plan = rework.continued(source.plan, bars, seed)
        return Source(plan, (*source.melody, *_scale(plan, source.plan.bars)))

    def vary(self, source, distance, composer, seed, count=4):
        self.calls.append(("vary", distance, seed, count))
        return [_moved(source, n + 1) for n in range(count)]

    def infill(self, source, first_bar, last_bar, composer, seed):
        if not 0 <= first_bar <= last_bar < source.plan.bars:
            raise Refusal("no such bars")
        self.calls.append(("infill", first_bar, last_bar, seed))
        return _moved(source, 1)

    def harmonise(self, source, composer, seed):
        self.calls.append(("harmonise", seed))
        return source

    def remelodise(self, source, composer, seed):
        self.calls.append(("remelodise", seed))
        return Source(source.plan, _scale(source.plan, 0))

    def blend(self, a, b, share, composer, seed):
        self.calls.append(("blend", b.plan.title, share, seed))
        return _moved(a, 1)

    def develop(self, motif, plan, composer, seed):
        self.calls.append(("develop", tuple(motif), str(plan.key), seed))
        return Source(plan, _scale(plan, 0))

    def manner(self, source, reference, composer, seed):
        self.calls.append(("manner", reference.plan.title, seed))
        return _moved(source, 1)

    def restyle(self, source, composer, seed, *, style=None, mood=None, sliders=None):
        self.calls.append(("restyle", style, mood, sliders, seed))
        return _moved(source, 1)


def _moved(source, octave):
    """The same melody an octave up or down, inside its player's range."""
    part = source.plan.part("melody")
    step = 12 * (-1) ** octave

    def pitch(n):
        return n.pitch + step if part.low <= n.pitch + step <= part.high else n.pitch

    return replace(source, melody=tuple(replace(n, pitch=pitch(n)) for n in source.melody))


def _scale(plan, first_bar):
    """A note on every bar from `first_bar` on: its chord's root, in the player's range."""
    part, bar = plan.part("melody"), plan.meter.bar_beats
    low = part.low + 3
    return tuple(Note(n * bar, low + n % 5, bar) for n in range(first_bar, plan.bars))
