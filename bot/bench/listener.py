"""The listener on messages it never saw: its own tests, SNIPS and MusicRecoNER, in one table.

In: the installed weights, and the data folder for the public sets. Out: a `Table` whose rows are
named "part: measure". `--only` runs some of the parts. What is measured stands in
`models.listener.evaluate`; here is the order. Wrong acts are messages of which an intent was heard
wrong, or an action missed or invented, and that would have been carried out without a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from bot.bench import Table, matcher_frames
from bot.bench.options import Options
from bot.bench.parts import Part, chosen, rows_of, say
from models import hub
from models.composer.evaluation.study import Figure
from models.errors import Refusal
from models.listener import evaluate
from models.listener.frames import Frame, Said
from models.listener.heard import Heard
from models.listener.predict import Listener, load_listener
from models.listener.scoring import Scores

_PAPER = "BERT-base 99.1 / 96.9 / 93.0"


@dataclass
class Ears:
    """What the parts share: the listener, its test messages and what it heard, each read once."""

    data: Path | None
    details: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def listener(self) -> Listener:
        """The shipped one."""
        return load_listener()

    @cached_property
    def one(self) -> list[tuple[Said, Heard]]:
        """The 400 messages with one action."""
        return self._heard("requests")

    @cached_property
    def several(self) -> list[tuple[Said, Heard]]:
        """The 80 messages with several."""
        return self._heard("several")

    def _heard(self, name: str) -> list[tuple[Said, Heard]]:
        said = evaluate.test_messages(name)
        return list(zip(said, evaluate.listen_all(self.listener, said), strict=True))

    def needed(self) -> Path:
        """The data folder. Refusal when none was given."""
        if self.data is None:
            raise Refusal("This benchmark needs the data sets; name their folder with --data DIR.")
        return self.data


def run(data: Path | None, options: Options) -> Table:
    """The table of all parts, or of those named.

    Raises
    ------
    Refusal
        When a part does not exist, a weight is missing, or a public set is wanted without data.
    """
    ears = Ears(data)
    rows = rows_of(chosen(_parts(ears), options.only), say)
    notes = (
        f"weight {hub.manifest('listener').sha256[:12]}; nothing was trained or tuned on these",
        "reference of the own messages: the vocabulary matcher, bot.agent.understand",
    )
    return Table("listener", 480, 0, rows, notes, dict(ears.details))


def _parts(ears: Ears) -> dict[str, Part]:
    return {
        "own": lambda: _own(ears),
        "several": lambda: _several(ears),
        "trust": lambda: _trust(ears),
        "speed": lambda: _speed(ears),
        "snips": lambda: _snips(ears),
        "artists": lambda: _artists(ears),
    }


def _own(ears: Ears) -> list[Figure]:
    """Intent, slots and whole frame of the 400, and by language."""
    said = [gold for gold, _ in ears.one]
    ours = [[frame.frame for frame in heard.frames] for _, heard in ears.one]
    theirs = [[matcher_frames.read(gold.text)] for gold in said]
    ears.details["own: not as written down"] = _missed(said, ours)
    figures = _figures(evaluate.scores(said, ours), evaluate.scores(said, theirs), (97, 93, 85))
    for language in ("en", "zh"):
        chosen_ones = [i for i, gold in enumerate(said) if gold.language == language]
        some = [said[i] for i in chosen_ones]
        matched = evaluate.scores(some, [theirs[i] for i in chosen_ones])
        figures += _figures(
            evaluate.scores(some, [ours[i] for i in chosen_ones]), matched, None, f" ({language})"
        )
    return figures


def _figures(
    ours: Scores, theirs: Scores, targets: tuple[int, int, int] | None, after: str = ""
) -> list[Figure]:
    rows = (
        ("intent", ours.intent, theirs.intent),
        ("slot F1", ours.slot_f1, theirs.slot_f1),
        ("whole frame", ours.whole, theirs.whole),
    )
    return [
        Figure(f"{name}{after}", value, "%", f">= {target}" if target else "", f"{matcher:.1f}")
        for (name, value, matcher), target in zip(rows, targets or (0, 0, 0), strict=True)
    ]


def _missed(said: Sequence[Said], heard: Sequence[Sequence[Frame]]) -> list[str]:
    """A line for each message that was not heard as it was written down."""
    return [
        f"{gold.text} | {[(f.intent, f.slots) for f in ours]}"
        for gold, ours in zip(said, heard, strict=True)
        if list(gold.frames) != list(ours)
    ]


def _several(ears: Ears) -> list[Figure]:
    """Messages with several actions: all frames right; then their number and intents alone."""
    said = [gold for gold, _ in ears.several]
    ours = [[frame.frame for frame in heard.frames] for _, heard in ears.several]
    ears.details["several: not as written down"] = _missed(said, ours)
    found = evaluate.scores(said, ours)
    counted = np.mean([len(a.frames) == len(b) for a, b in zip(said, ours, strict=True)])
    return [
        Figure("all frames right", found.whole, "%", ">= 80"),
        Figure("all intents right", found.intent, "%"),
        Figure("slot F1", found.slot_f1, "%"),
        Figure("right number of actions", 100 * float(counted), "%"),
    ]


def _trust(ears: Ears) -> list[Figure]:
    """Calibration, questions and wrong acts over the 400 and the 80."""
    both = [*ears.one, *ears.several]
    figures = []
    for name, pairs, targets in (
        ("", ears.one, ("<= .05", "<= 10", "<= 2")),
        (" (several actions)", ears.several, ("", "", "")),
        (" (all 480)", both, ("", "", "")),
    ):
        found = evaluate.trust([gold for gold, _ in pairs], [heard for _, heard in pairs])
        figures += [
            Figure(f"calibration error{name}", found.error, "", targets[0]),
            Figure(f"asked{name}", 100 * found.asked, "%", targets[1]),
            Figure(f"wrong acts without asking{name}", 100 * found.wrong, "%", targets[2]),
        ]
    return figures


def _speed(ears: Ears) -> list[Figure]:
    """Milliseconds a message on one thread."""
    texts = [gold.text for gold, _ in [*ears.one, *ears.several]]
    taken = 1000 * evaluate.seconds(ears.listener.listen, texts)
    return [
        Figure("p50", float(np.percentile(taken, 50)), "ms"),
        Figure("p95", float(np.percentile(taken, 95)), "ms", "< 60"),
    ]


def _snips(ears: Ears) -> list[Figure]:
    """SNIPS, 7 intents, the official test of 700."""
    found = evaluate.snips(evaluate.Tagger(*hub.load("listener_snips")), ears.needed())
    return [
        Figure("intent", found.intent, "%", ">= 98.5", _PAPER),
        Figure("slot F1", found.slot_f1, "%", ">= 95.5", _PAPER),
        Figure("whole frame", found.whole, "%", ">= 90", _PAPER),
    ]


def _artists(ears: Ears) -> list[Figure]:
    """MusicRecoNER, fold 1: a classification report, entities seen in training and not."""
    tagger = evaluate.Tagger(*hub.load("listener_artists"))
    lines = evaluate.music_reco_ner(tagger, ears.needed(), 1)
    return [
        Figure(f"{line.name} {measure}", 100 * value, "%", "", f"{line.support} entities")
        for line in lines
        for measure, value in (
            ("precision", line.precision), ("recall", line.recall), ("F1", line.f1)
        )
    ]  # fmt: skip
