"""The composer's weights laid out for writing: one event at a time, for a few melodies at once.

In: integer inputs of the next events and the latents' shares. Out: logits of tokens and durations.
It does what `ComposerModel` does on whole pieces (the tests compare them), through a step in C
where that can be compiled, else in numpy. Same weights, inputs and machine: same results; in C
they do not depend on how many melodies are written beside one either.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.composer.decoding.native import NativeKernel, compiled
from models.composer.decoding.plain import Cache, Floats, Indices, Layout, NumpyKernel
from models.composer.model import ComposerModel

_AGREE = 1e-3


class Decoder:
    """A model that steps; holds no state between melodies and may be shared between threads."""

    def __init__(
        self, model: ComposerModel, native: bool = True, folder: Path | None = None
    ) -> None:
        """`native` allows the step in C, whose library is kept in `folder`."""
        self.model = model
        layout = Layout.of(model)
        self.kernel: NativeKernel | NumpyKernel = NumpyKernel(layout)
        library = compiled(folder) if native else None
        if library is not None:
            faster = NativeKernel(layout, library)
            if _agree(faster, self.kernel):
                self.kernel = faster

    def cache(self, slots: int, length: int) -> Cache:
        """Room for `slots` melodies of up to `length` events.

        Raises
        ------
        ValueError
            When the model has no place for that many.
        """
        if length > self.model.shape.positions:
            raise ValueError(f"{length} events, but the model has {self.model.shape.positions}")
        return Cache.empty(self.kernel.layout, slots, length)

    def read(self, inputs: npt.ArrayLike, shares: npt.ArrayLike, cache: Cache) -> None:
        """Let all melodies of an empty cache begin with the same N events.

        `inputs` is (N, fields), `shares` (N, width).
        """
        events = np.asarray(inputs, np.int32)
        if not len(events):
            return
        places = np.arange(len(events), dtype=np.int32)
        self._step(events, shares, np.zeros_like(places), places, cache)
        cache.filled[0] = len(events)
        cache.spread()

    def step(
        self, inputs: npt.ArrayLike, shares: npt.ArrayLike, cache: Cache, slots: npt.ArrayLike
    ) -> tuple[Floats, Floats]:
        """Read one event for each of M different `slots`: token logits and hidden states.

        `inputs` is (M, fields), `shares` (M, width); returns (M, tokens) and (M, width).

        Raises
        ------
        IndexError
            When an input is not a value of its field, or a melody is full.
        """
        chosen = np.asarray(slots, np.int32)
        found = self._step(inputs, shares, chosen, cache.filled[chosen], cache)
        cache.filled[chosen] += 1
        return found

    def durations(self, hidden: Floats, tokens: npt.ArrayLike) -> Floats:
        """Duration logits (M, durations) after `step`, for the tokens (M,) chosen there."""
        chosen = np.asarray(tokens, np.int32)
        if hidden.shape != (len(chosen), self.kernel.layout.width):
            raise ValueError(f"hidden states {hidden.shape} for {len(chosen)} tokens")
        return self.kernel.durations(np.ascontiguousarray(hidden, np.float32), chosen)

    def _step(
        self,
        inputs: npt.ArrayLike,
        shares: npt.ArrayLike,
        slots: Indices,
        places: Indices,
        cache: Cache,
    ) -> tuple[Floats, Floats]:
        layout = self.kernel.layout
        events = np.ascontiguousarray(inputs, np.int32)
        told, rows = np.ascontiguousarray(shares, np.float32), len(slots)
        if events.shape != (rows, len(layout.sizes)) or told.shape != (rows, layout.width):
            raise ValueError(f"inputs {events.shape}, shares {told.shape}, {rows} rows")
        if slots.min() < 0 or places.max() >= min(cache.length, len(layout.turn)):
            raise IndexError("no such melody, or it is longer than its cache")
        return self.kernel.step(events, told, slots, places, cache)


def _agree(first: NativeKernel, second: NumpyKernel) -> bool:
    """Whether two kernels find the same on three events of one melody."""
    layout = second.layout
    rng = np.random.default_rng(0)
    events = rng.integers(0, np.array(layout.sizes), (3, len(layout.sizes))).astype(np.int32)
    shares = np.zeros((3, layout.width), np.float32)
    places = np.arange(3, dtype=np.int32)
    results = []
    for kernel in (first, second):
        cache = Cache.empty(layout, 1, 3)
        logits, hidden = kernel.step(events, shares, np.zeros_like(places), places, cache)
        results.append((logits, kernel.durations(hidden, places)))
    return all(np.allclose(a, b, atol=_AGREE) for a, b in zip(*results, strict=True))
