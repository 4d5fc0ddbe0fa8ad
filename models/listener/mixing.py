"""The mixture of messages of each epoch of the listener's own training.

In: the grammar, the messages by hand and the public sets. Out: examples by epoch number, the same
for the same number, so that a broken run goes on with the messages it would have had.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.listener import data as sets
from models.listener.data import Example
from models.listener.grammar import Draft, drafts, joins


@dataclass(frozen=True)
class Mix:
    """What the messages come from; `held` is never trained on."""

    options: Mapping[str, Any]
    hand: Sequence[Draft]
    held: Sequence[Draft]
    strangers: Sequence[Example]
    half_marked: Sequence[Example]

    @classmethod
    def of(cls, data: Path, options: Mapping[str, Any]) -> Mix:
        """Read everything. FileNotFoundError where the data folder lacks a set."""
        hand, held = sets.by_hand()
        rng = random.Random(options["seed"])
        strangers = sets.strangers(data, rng, 4 * options["strangers"])
        reco = sets.music_reco(data, 1, "train") + sets.music_reco(data, 1, "test")
        half = [sets.half_marked(example, ("artist", "work")) for example in reco]
        return cls(options, hand, held, strangers, half)

    def epoch(self, number: int) -> Sequence[Example]:
        """The examples of an epoch, in no order."""
        options = self.options
        rng = random.Random(options["seed"] * 100 + number)
        last = number >= options["epochs"] - options["final_epochs"]
        grammar = options["final_grammar" if last else "grammar"]
        written = list(drafts(options["seed"] * 100 + number, grammar))
        words = sets.pool((*self.hand, *written))
        messages = list(written)
        for copy in range(options["final_hand" if last else "hand"]):
            messages += self.hand if copy == 0 else [sets.varied(d, words, rng) for d in self.hand]
        for _ in range(options["chained"]):
            messages.append(sets.varied(sets.chained(self.hand, joins(), rng), words, rng))
        examples = [e for e in map(sets.of_draft, sets.without_tests(messages)) if e]
        examples += rng.sample(self.strangers, min(len(self.strangers), options["strangers"]))
        examples += rng.sample(self.half_marked, options["half_marked"])
        return examples
