"""The listener's figures: its own test messages, SNIPS and MusicRecoNER.

In: a listener, or a weight, and test messages that nothing was trained or tuned on. Out: numbers;
`bot/bench/listener.py` makes a table of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.listener.calibrate import right_frames
from models.listener.calibration import expected_error
from models.listener.data import Example, music_reco
from models.listener.data import snips as snips_examples
from models.listener.decoding import Decoded, decode
from models.listener.frames import Frame, Said
from models.listener.heard import Heard
from models.listener.predict import Listener, merged, shape_of
from models.listener.reading import Reader
from models.listener.scoring import Scores, Told, score
from models.listener.words import runs

#: The project's test messages: 400 with one action each, 80 with several.
TESTS = {"requests": "requests_test.jsonl", "several": "multi_test.jsonl"}


@dataclass(frozen=True)
class Trust:
    """Shares of 0..1: calibration error of frames; messages asked about; acted on wrongly."""

    error: float
    asked: float
    wrong: float


@dataclass(frozen=True)
class Found:
    """A line of a classification report, shares of 0..1; `support` is how many there were."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def test_messages(name: str) -> list[Said]:
    """The messages of one of `TESTS` with their gold frames."""
    path = Path(__file__).with_name("evaluation") / TESTS[name]
    said = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        frames = tuple(
            Frame(frame["intent"], tuple((slot, words) for slot, words in frame["slots"]))
            for frame in row["frames"]
        )
        said.append(Said(row["text"], row["lang"], frames))
    return said


def told(frames: Iterable[Frame]) -> list[Told]:
    """Frames in the form that `score` compares."""
    return [(frame.intent, frame.slots) for frame in frames]


def scores(said: Sequence[Said], heard: Sequence[Sequence[Frame]]) -> Scores:
    """Frames heard against gold ones."""
    return score([told(s.frames) for s in said], [told(frames) for frames in heard])


def trust(said: Sequence[Said], heard: Sequence[Heard]) -> Trust:
    """How honest the confidence is and what its threshold does."""
    sure: list[float] = []
    right: list[bool] = []
    wrong = 0
    for gold, ours in zip(said, heard, strict=True):
        oks = right_frames([f.intent for f in gold.frames], [f.intent for f in ours.frames])
        sure += [frame.confidence for frame in ours.frames]
        right += oks
        wrong += ours.sure and not all(oks)
    asked = sum(not ours.sure for ours in heard)
    return Trust(expected_error(sure, right), asked / len(heard), wrong / len(heard))


def seconds(listen: Callable[[str], Any], texts: Sequence[str]) -> np.ndarray:
    """Wall-clock seconds of each call on one thread, after a warm-up."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for text in texts[:20]:
            listen(text)
        taken = []
        for text in texts:
            start = time.perf_counter()
            listen(text)
            taken.append(time.perf_counter() - start)
        return np.array(taken)
    finally:
        torch.set_num_threads(threads)


@dataclass(frozen=True)
class Tagger:
    """A network for one frame a message: SNIPS or MusicRecoNER."""

    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]

    def hear(self, examples: Sequence[Example]) -> list[Decoded]:
        """One frame for each message."""
        shape = shape_of(self.facts)
        reader = Reader(shape.signs, features=shape.features > 0)
        net = merged(self.tensors, shape, reader)
        frames: list[Decoded] = []
        for at in range(0, len(examples), 32):
            some = examples[at : at + 32]
            words = [reader.fitting(example.words) for example in some]
            marks = [reader.marks(e.text, w) for e, w in zip(some, words, strict=True)]
            with torch.inference_mode():
                found = decode(net, reader.inputs(words, marks), shape, several=False)
            frames += [row[0] for row in found]
        return frames


def snips(tagger: Tagger, data: Path) -> Scores:
    """The official test of SNIPS: 700 messages, 7 intents."""
    examples = [example for _, example in snips_examples(data, "validate")]
    heard = tagger.hear(examples)
    gold: list[list[Told]] = [[(e.intents[0], list(runs(e.tags)))] for e in examples]
    ours: list[list[Told]] = [[(frame.intent, list(frame.slots))] for frame in heard]
    return score(gold, ours)


def music_reco_ner(tagger: Tagger, data: Path, fold: int) -> list[Found]:
    """Artists and works of a fold's test messages, exact bounds and type.

    "seen" are entities whose words stand marked so in the fold's training part.
    """
    known = {entity[2:] for entity in _entities(music_reco(data, fold, "train"))}
    test = music_reco(data, fold, "test")
    gold = _entities(test)
    heard = _entities_of(test, [frame.slots for frame in tagger.hear(test)])
    lines = []
    for name in ("artist", "work", ""):
        for part in ("", "seen", "unseen"):

            def mine(entity: tuple[Hashable, ...], name: str = name, part: str = part) -> bool:
                kind, words = entity[2:]
                is_seen = (kind, words) in known
                return name in ("", kind) and part in ("", "seen" if is_seen else "unseen")

            title = " ".join(filter(None, (name or "all", part)))
            wanted, had = set(filter(mine, gold)), set(filter(mine, heard))
            lines.append(_found(title, wanted, had))
    return lines


def _found(name: str, gold: set[Any], heard: set[Any]) -> Found:
    right = len(gold & heard)
    precision, recall = right / max(1, len(heard)), right / max(1, len(gold))
    f1 = 2 * right / max(1, len(gold) + len(heard))
    return Found(name, precision, recall, f1, len(gold))


def _entities(examples: Sequence[Example]) -> list[tuple[Hashable, ...]]:
    return _entities_of(examples, [runs(example.tags) for example in examples])


def _entities_of(
    examples: Sequence[Example], slots: Sequence[Sequence[tuple[int, int, str]]]
) -> list[tuple[Hashable, ...]]:
    """(message, first word, kind, words) of every entity."""
    return [
        (number, start, kind, " ".join(w.plain for w in example.words[start:end]))
        for number, (example, found) in enumerate(zip(examples, slots, strict=True))
        for start, end, kind in found
    ]


def listen_all(listener: Listener, said: Sequence[Said]) -> list[Heard]:
    """What is heard in each message."""
    return [listener.listen(message.text) for message in said]
