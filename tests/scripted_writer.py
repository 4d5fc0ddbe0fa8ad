"""A writer of words for tests: exact syllables by the dictionary, from a short list, no model.

It keeps the contract of `models.lyricist.generate.Lyricist.write` (syllables, given lines, lines to
avoid, required words, the same words for the same seed); its lines mean little.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from models.lyricist.asks import SongAsk, WrittenLine, WrittenSong
from models.lyricist.hyphenate import split
from models.lyricist.own_line import read_line
from models.lyricist.pronounce import load

ONE = (
    "snow",
    "light",
    "sea",
    "road",
    "hill",
    "night",
    "wind",
    "star",
    "hand",
    "door",
    "rain",
    "day",
)
TWO = ("winter", "river", "morning", "window", "mountain", "garden", "candle", "harbour")


@dataclass
class ScriptedWriter:
    """Remembers what it was asked, in `asks`."""

    asks: list[SongAsk] = field(default_factory=list)

    def write(self, ask, seed, progress=None, cancelled=None):
        self.asks.append(ask)
        rng = random.Random(seed)
        said = set(ask.avoid)
        stanzas = tuple(
            tuple(self._line(line, rng, said, stanza.required if n == 0 else ())
                  for n, line in enumerate(stanza.lines))
            for stanza in ask.stanzas
        )  # fmt: skip
        if progress:
            progress(1, 1)
        hook = stanzas[0][0].text
        return WrittenSong(stanzas, hook.title(), hook)

    def _line(self, line, rng, said, required):
        count = len(line.weights)
        if line.given is not None:
            return read_line(line.given, count, load())
        while True:
            words = [w for w in required if min(load().counts(w)) <= count][:1]
            left = count - sum(load().counts(w)[0] for w in words)
            while left:
                words.append(rng.choice(TWO if left > 1 and rng.random() < 0.5 else ONE))
                left -= load().counts(words[-1])[0]
            text = " ".join(words)
            if text not in said:
                said.add(text)
                return WrittenLine(text, tuple(split(w, load().counts(w)[0]) for w in words))
